"""Bursts in the store: a month of mentions at one an hour, watched pass by pass."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from listener.alerts.model import Alert
from listener.core.alerting import AlertChange, AlertPlan, AlertPolicy, AlertRule, AlertState
from listener.core.analysis import Analysis, AspectSentiment, Label
from listener.core.errors import StorageError
from listener.core.spikes import Measure, SpikeIncident
from storage.alert_facts import SINCE
from storage.store import Store, open_store
from storage.tables import meta
from tests.support.bursts import BEGUN, TEAM, Month
from tests.support.heard import BRAND, HOUR, NOW, PEPPER, about, hear, sqlite_url, target, understand


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Month]:
    """The file of a store in which 30 days were heard, and what goes on from there."""
    file = tmp_path_factory.mktemp("month") / "store.db"
    with open_store(sqlite_url(file), now=NOW, pepper=PEPPER) as store:
        month = Month(store)
        month.usual_days(30)
        assert month.told == []
        assert store.spikes.between(BEGUN, month.now) == []
        with store._database.outside_transaction() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    return file, month


@pytest.fixture
def month(made: tuple[Path, Month], sqlite_file: Path) -> Iterator[Month]:
    """After 30 days of about one mention an hour, at midnight."""
    file, before = made
    shutil.copy(file, sqlite_file)
    with open_store(f"sqlite:///{sqlite_file}", now=before.now, pepper=PEPPER) as store:
        yield Month(store, before.now, deepcopy(before.random), before.number)


def incidents(month: Month) -> dict[Measure, SpikeIncident]:
    return {each.measure: each for each in month.store.spikes.between(BEGUN, month.now)}


def words(month: Month, number: int = -1) -> Alert:
    return Alert.from_json(month.told[number].words)


def facts(alert: Alert) -> dict[str, str]:
    return dict(alert.items[0].facts)


def test_a_burst_is_told_once_and_kept_until_it_is_over(any_store: Store) -> None:
    month = Month(any_store)
    month.usual_days(30)
    month.now += 12 * HOUR
    begun = month.now
    for _ in range(3):
        month.hour(*month.many(month.now, 12, Label.NEGATIVE))
    for _ in range(10):
        month.hour()
    (told,) = month.told
    assert (told.rule, told.subject, told.brand, told.state) == (AlertRule.SPIKE, "spike:quillon", BRAND, AlertState.OPEN)
    assert told.opened_at == begun + HOUR
    assert told.person_id is None
    assert re.fullmatch(
        r"Quillon: 12 negative mentions between 1\d:00 and 13:00, mostly since 12:00, usually fewer than 1", words(month).news
    )
    assert facts(words(month))["Said"].startswith("12 negative")
    assert len(words(month).items[0].quotes) == 2
    assert month.messages == len(TEAM)
    for _ in range(5):
        month.hour()
    assert len(month.told) == month.messages == 1, "nothing is told of its end"
    kept = incidents(month)
    assert set(kept) == set(Measure)
    for each in kept.values():
        assert each.closed_at
        assert each.last_excess_at <= begun + 5 * HOUR
    assert kept[Measure.NEGATIVE].start == begun
    assert kept[Measure.NEGATIVE].detected_at == begun + HOUR
    assert any_store.spikes.open_spikes() == []
    assert any_store.spikes.between(begun - timedelta(days=2), begun) == []


def test_what_is_caught_up_after_a_day_without_listening_is_no_burst(month: Month) -> None:
    begun = month.now
    for _ in range(24):
        month.now += HOUR
        month.log(month.now, failed=True)
        month.watch()
    missed = [one for hour in range(24) for one in month.usual(begun + hour * HOUR, mean=2.0)]
    undated = [month.say(month.now, Label.NEGATIVE, published_at=None) for _ in range(30)]
    month.hour(*missed, *undated)
    for _ in range(4):
        month.hour()
    assert month.told == []
    assert incidents(month) == {}


def test_a_burst_of_the_day_that_was_missed_is_told_when_it_is_caught_up(month: Month) -> None:
    begun = month.now
    for _ in range(24):
        month.now += HOUR
        month.log(month.now, failed=True)
        month.watch()
    month.hour(*month.many(begun + 6 * HOUR, 20, Label.NEGATIVE))
    assert len(month.told) == 1
    assert re.search(r"on 31 Mar between 0\d:00 and 0\d:00", words(month).news)
    assert re.fullmatch(r"began 31 Mar 06:00; over: nothing unusual since 31 Mar 0\d:00", facts(words(month))["Burst"])


def test_a_backfill_and_history_alert_nobody(month: Month) -> None:
    old = [one for day in range(20) for one in month.many(month.now - timedelta(days=day, hours=3), 40, Label.NEGATIVE)]
    month.hour(*old, stream="", news_since=month.now + timedelta(days=1))
    assert month.told == []
    assert incidents(month) == {}


def test_a_job_that_runs_once_a_day_finds_yesterdays_burst_once(month: Month) -> None:
    begun = month.now
    day = [one for hour in range(24) for one in month.usual(begun + hour * HOUR)]
    burst = month.many(begun + 5 * HOUR, 15, Label.POSITIVE)
    month.now += timedelta(days=1, minutes=7)
    month.hear([*day, *burst], month.now)
    month.watch()
    month.watch()
    assert len(month.told) == 1
    assert words(month).good
    assert words(month).news.startswith("Quillon: 1")
    assert re.search(r"between 0\d:00 and 0\d:00, usually", words(month).news)
    month.now += timedelta(days=1)
    month.hear([], month.now)
    month.watch()
    assert len(month.told) == 1
    assert month.store.spikes.open_spikes() == []


def test_posts_that_are_heard_late_are_found_in_an_hour_that_was_judged(month: Month) -> None:
    late = month.many(month.now, 12, Label.NEGATIVE)
    for _ in range(3):
        month.hour()
    assert month.told == []
    month.hear(late, month.now + timedelta(minutes=20))
    month.now += timedelta(minutes=20)
    month.watch()
    assert len(month.told) == 1
    assert words(month).news.endswith("and 01:00, mostly since 00:00, usually fewer than 1")
    month.now += timedelta(minutes=40)
    for _ in range(14):
        month.hour()
    assert len(month.told) == month.messages == 1
    assert len(month.store.spikes.between(BEGUN, month.now)) == len(incidents(month)), "one of each measure"


def test_a_burst_that_grows_much_is_told_again(month: Month) -> None:
    month.hour(*month.many(month.now, 10, Label.NEUTRAL))
    assert len(month.told) == 1
    month.hour(*month.many(month.now, 40, Label.NEUTRAL))
    assert len(month.told) == 2
    assert "the burst has grown" in words(month).news
    month.hour(*month.many(month.now, 40, Label.NEUTRAL))
    assert len(month.told) == 2


def test_a_burst_that_turns_negative_is_told_again_and_one_of_more_authors_is_not(month: Month) -> None:
    month.hour(*month.many(month.now, 10, Label.NEUTRAL))
    month.hour(*month.many(month.now, 9, Label.NEUTRAL))
    assert len(month.told) == 1
    month.hour(*month.many(month.now, 9, Label.NEGATIVE))
    assert len(month.told) == 2
    assert "negative mentions" in words(month).news


def test_a_look_that_is_killed_repeats_and_loses_nothing(month: Month) -> None:
    stop = "CREATE TRIGGER stop BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'killed'); END"
    with month.store._database.outside_transaction() as connection:
        connection.execute(text(stop))
    before = month.store.spikes.marks([BRAND])
    with pytest.raises(StorageError):
        month.hour(*month.many(month.now, 20, Label.NEGATIVE))
    assert month.told == []
    assert incidents(month) == {}
    assert month.store.spikes.marks([BRAND]) == before
    with month.store._database.outside_transaction() as connection:
        connection.execute(text("DROP TRIGGER stop"))
    month.watch()
    assert len(month.told) == month.messages == 1
    assert set(incidents(month)) == set(Measure)


def test_two_that_look_at_the_same_time_keep_and_tell_one_burst(month: Month) -> None:
    month.hear(month.many(month.now, 20, Label.NEGATIVE), month.now + HOUR)
    month.now += HOUR
    book = month.store.spikes
    marks, known = book.marks([BRAND]), book.latest(BEGUN)
    month.watch()
    opened = [replace(each, id=None) for each in book.open_spikes()]
    assert (known, len(opened)) == ([], 4)
    book.save(opened, {BRAND: marks[BRAND].judged_until}, AlertPlan(), month.now)
    assert len(book.open_spikes()) == 4


def test_in_the_first_two_weeks_only_a_flood_is_told_of(any_store: Store) -> None:
    month = Month(any_store)
    month.usual_days(4)
    month.hour(*month.many(month.now, 20, Label.NEGATIVE))
    assert month.told == []
    month.hour(*month.many(month.now, 20, Label.NEGATIVE))
    assert len(month.told) == 1
    assert "usually" not in words(month).news
    assert facts(words(month))["Usually"].startswith("not known yet")


def test_a_first_pass_tells_of_nothing_that_came_before_it(sqlite_store: Store) -> None:
    month = Month(sqlite_store)
    month.hear(month.many(month.now - 3 * HOUR, 200, Label.NEGATIVE), month.now)
    month.watch()
    assert month.told == []
    assert sqlite_store.spikes.marks([BRAND])[BRAND].judged_until == month.now


def test_a_store_that_is_upgraded_tells_of_no_burst_that_came_before(month: Month) -> None:
    begun = month.now
    burst = [one for hour in range(3) for one in month.many(begun + hour * HOUR, 15, Label.NEGATIVE)]
    month.now += 5 * HOUR
    month.hear(burst, month.now)
    with month.store._database.write() as connection:
        connection.execute(text("DELETE FROM spike_marks"))
        connection.execute(meta.insert().values(name=SINCE, value=month.now.isoformat()))
    for _ in range(3):
        month.watch()
        month.hour()
    assert month.told == []
    month.hour(*month.many(month.now, 15, Label.NEGATIVE))
    assert len(month.told) == 1, "what comes now is told"


def test_the_rule_switched_off_keeps_bursts_and_tells_nobody(month: Month) -> None:
    month.hear(month.many(month.now, 20, Label.NEGATIVE), month.now + HOUR)
    month.now += HOUR
    month.watch(policy=AlertPolicy(rules=frozenset()))
    assert [record.state for record in month.told] == [AlertState.HELD]
    assert month.messages == 0
    assert len(incidents(month)) == 4


def test_a_burst_of_a_brand_that_is_listened_to_no_more_is_closed_without_a_word(month: Month) -> None:
    month.hour(*month.many(month.now, 20, Label.NEGATIVE))
    month.watch(brimtel="Brimtel")
    assert month.store.spikes.open_spikes() == []
    assert len(month.told) == 1


@pytest.mark.parametrize(("decided", "after"), [(True, AlertState.CLOSED), (False, AlertState.OPEN)])
def test_when_a_burst_is_over_what_somebody_acknowledged_is_closed(month: Month, decided: bool, after: AlertState) -> None:
    month.hour(*month.many(month.now, 20, Label.NEGATIVE))
    if decided:
        change = AlertChange(month.told[0].id, AlertState.ACKNOWLEDGED, month.now, "kim")
        month.store.alerts.save(AlertPlan(changes=(change,)), month.now)
    for _ in range(16):
        month.hour()
    assert [record.state for record in month.told] == [after]


def test_quotes_are_of_the_most_heard_and_nothing_of_people_is_kept_with_a_burst(month: Month) -> None:
    burst = month.many(month.now, 12, Label.NEGATIVE)
    loud = replace(burst[4][0], engagement=500)
    month.hour(*burst[:4], (loud, Label.NEGATIVE), *burst[5:])
    assert words(month).items[0].quotes[0].text == loud.text
    with month.store._database.read() as connection:
        kept = repr(connection.execute(text("SELECT * FROM spike_incidents")).all())
    assert "writer" not in kept
    assert "Post number" not in kept


def test_quotes_are_of_the_burst_the_most_repeated_wording_first(month: Month) -> None:
    """Not the loudest of the hours that were counted before it began, nor a loud voice that speaks of something else."""
    early = month.say(month.now - HOUR / 2, Label.NEGATIVE, text="Quillon Flow never liked my printer.", engagement=9_000)
    other = month.say(month.now, Label.NEGATIVE, text="Nobody at Quillon Flow ever answers a letter of mine.", engagement=800)
    same = [
        month.say(
            month.now + n * HOUR / 20,
            Label.NEGATIVE,
            text=f"Quillon Flow invoices are wrong again, we were charged twice, case {n}.",
        )
        for n in range(15)
    ]
    month.hour(early, other, *same)
    first, second = words(month).items[0].quotes
    assert "charged twice" in first.text
    assert second.text == other[0].text


def test_what_was_said_in_a_burst(any_store: Store) -> None:
    month = Month(any_store)
    said: list[Any] = [*month.many(month.now, 5, Label.NEGATIVE), *month.many(month.now, 2, Label.POSITIVE)]
    said += [month.say(month.now + HOUR / 2, Label.NEGATIVE, by="writer1"), month.say(month.now + 2 * HOUR, Label.NEGATIVE)]
    month.hear(said, month.now + HOUR)
    end: datetime = month.now + HOUR
    burst = SpikeIncident(None, BRAND, Measure.VOLUME, month.now, end, end, 1, 8, 1, 1e-9)
    (found,) = any_store.spikes.spike_facts([burst], end)
    assert (found.mentions, found.labels, found.authors) == (8, {Label.NEGATIVE: 6, Label.POSITIVE: 2}, 7)
    assert found.sources == (("blogs", 8),)
    assert found.topics == ()
    assert [each.label for each in found.quotes] == [Label.NEGATIVE] * 2


def test_the_topics_of_a_burst_are_of_its_brand_and_hours(sqlite_store: Store) -> None:
    month = Month(sqlite_store)
    hear(sqlite_store, *(one for one, _ in month.many(month.now, 4, Label.NEGATIVE)), now=month.now + HOUR)
    felt = target(Label.NEGATIVE).sentiment

    def about_topics(*topics: str) -> Analysis:
        return replace(about(target(Label.NEGATIVE)), aspects=tuple(AspectSentiment(each, BRAND, each, felt) for each in topics))

    understand(sqlite_store, about_topics("log-in", "price"), about_topics("log-in"), about_topics("log-in", "log-in"), about())
    end = month.now + HOUR
    burst = SpikeIncident(None, BRAND, Measure.VOLUME, month.now, end, end, 1, 4, 1, 1e-9)
    other = replace(burst, brand="brimtel")
    found, nothing = sqlite_store.spikes.spike_facts([burst, other], end)
    assert found.topics == (("log-in", 3), ("price", 1))
    assert (nothing.topics, nothing.mentions, nothing.quotes) == ((), 0, ())
