"""Trends from both databases: counted by the recipient's days, by publication, our own side left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from listener.core.analysis import Analysis, AspectSentiment, Label, Relevance, TargetSentiment
from listener.core.brand import MatchingPolicy, TargetKind
from listener.core.cases import Action, CaseKind, CaseState, EventKind
from listener.core.spikes import Measure
from listener.core.standing import JudgeJob, Stance
from listener.core.trends import TrendFacts, VoiceCount, Weeks
from storage.store import Store, open_store
from storage.telling_tables import spike_incidents
from tests.support.heard import (
    BRAND,
    DAY,
    HOUR,
    JUDGE,
    ONE_OF_US,
    PEPPER,
    about,
    customer,
    hear,
    identify,
    import_customers,
    linked,
    mention,
    opened,
    pending,
    sentiment,
    sqlite_url,
    standing,
    target,
    understand,
)
from tests.support.weeks import NOW, VOLUMES, WEEKS, decision, ten_weeks

BERLIN = ZoneInfo("Europe/Berlin")
COUNTS_ONLY = MatchingPolicy("counts", counts_only=True)
SUNDAY_NIGHT = datetime(2026, 11, 22, 22, 59, tzinfo=UTC)
"""The last minute of the week in Berlin."""


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = str(request.getfixturevalue("postgres_url")) if request.param == "postgres" else sqlite_url(tmp_path / "store.db")
    with open_store(url, now=NOW, pepper=PEPPER, policies={"counts": COUNTS_ONLY}) as opened_store:
        yield opened_store


def facts(store: Store, *brands: str, weeks: Weeks = WEEKS) -> TrendFacts:
    return store.trends.trend_facts(weeks, brands or (BRAND,))


def by_week(found: TrendFacts) -> list[int]:
    return [sum(day.mentions for day in found.days[n : n + 7]) for n in range(0, len(found.days), 7)]


def test_weeks_are_counted_without_our_own_side(store: Store) -> None:
    ten_weeks(store)
    found = facts(store)
    assert by_week(found) == list(VOLUMES[-8:])
    assert len(found.days) == 56
    assert all(0 < people <= posts for people, posts in zip(found.authors, by_week(found), strict=True))
    assert sum(one.mentions for one in found.topics if one.week == 7) < VOLUMES[-1]
    assert found.began == datetime(2026, 9, 20, 21, tzinfo=UTC)
    assert found.added == ()
    assert [line.source for line in found.coverage] == ["blogs"]


def test_a_post_belongs_to_the_day_of_the_reader_on_which_it_was_published(store: Store) -> None:
    moments = (
        SUNDAY_NIGHT,
        SUNDAY_NIGHT + timedelta(minutes=1),
        datetime(2026, 11, 15, 23, tzinfo=UTC),
        datetime(2026, 11, 15, 22, 59, tzinfo=UTC),
    )
    hear(store, *(mention(n, published_at=at) for n, at in enumerate(moments)), now=NOW)
    understand(store, now=NOW)
    found = facts(store)
    assert by_week(found)[-2:] == [1, 2]
    assert (found.days[-1].mentions, found.days[-7].mentions) == (1, 1)
    auckland = facts(store, weeks=Weeks.before(date(2026, 11, 23), ZoneInfo("Pacific/Auckland"), 8))
    assert by_week(auckland)[-2:] == [0, 2]


def test_history_counts_by_its_publication(store: Store) -> None:
    old = mention(1, published_at=NOW - 20 * DAY)
    hear(store, old, mention(2, published_at=NOW - 2 * DAY), now=NOW, news_since=NOW - 7 * DAY)
    understand(store, now=NOW)
    assert by_week(facts(store))[-4:] == [0, 1, 0, 1]


def test_labels_are_those_of_own_words_and_sure_verdicts(store: Store) -> None:
    said = [
        mention(
            n,
            f"Quillon number {n} of the trays and queues ran through the night without a single stop at our plant",
            published_at=SUNDAY_NIGHT - n * HOUR,
        )
        for n in range(5)
    ]
    hear(store, *said, mention(9, said[0].text, published_at=SUNDAY_NIGHT), now=NOW)
    unsure = Analysis(Relevance.ABOUT, "en", (_unsure(),))
    verdicts = (
        about(target(Label.POSITIVE)),
        about(target(Label.NEGATIVE)),
        about(target(Label.UNSCORED)),
        unsure,
        about(target(Label.NEUTRAL)),
    )
    understand(store, *verdicts, now=NOW)
    week = facts(store).days[-7:]
    labels = {label: sum(day.labels.get(label, 0) for day in week) for label in Label}
    assert labels == {Label.POSITIVE: 1, Label.NEUTRAL: 1, Label.NEGATIVE: 1, Label.MIXED: 0, Label.UNSCORED: 1}
    assert (sum(day.unsure for day in week), sum(day.shared for day in week)) == (1, 1)
    assert sum(day.mentions for day in week) == 6


def _unsure() -> TargetSentiment:
    return replace(target(Label.NEGATIVE), sentiment=sentiment(Label.NEGATIVE, unsure=True))


def test_a_post_about_two_brands_counts_once_for_whoever_reads_of_both(store: Store) -> None:
    both = about(target(Label.POSITIVE), target(Label.NEGATIVE, brand="press", key="press"))
    hear(store, mention(1, published_at=SUNDAY_NIGHT), now=NOW)
    understand(store, both, now=NOW)
    assert by_week(facts(store, BRAND, "press"))[-1] == 1
    (press,) = [day for day in facts(store, "press").days if day.mentions]
    assert press.labels == {Label.NEGATIVE: 1}
    assert by_week(facts(store, "other"))[-1] == 0


def test_share_of_voice_counts_posts_about_competitors_alone_and_what_is_low_for_nobody(store: Store) -> None:
    rival = target(Label.NEUTRAL, kind=TargetKind.COMPETITOR, key="quillon/brixa")
    low = Analysis(Relevance.AMBIGUOUS, "en", (rival,))
    verdicts = (about(target()), about(target(), rival), Analysis(Relevance.ABOUT, "en", (rival,)), low)
    posts = [mention(n, f"Post number {n} about presses and trays", published_at=SUNDAY_NIGHT - n * HOUR) for n in range(4)]
    hear(store, *posts, mention(5, "Another one of the week before that", published_at=SUNDAY_NIGHT - 8 * DAY), now=NOW)
    understand(store, *verdicts, Analysis(Relevance.ABOUT, "en", (rival,)), now=NOW)
    assert facts(store).voices == (VoiceCount("", 2, 0), VoiceCount("quillon/brixa", 2, 1))


def test_topics_are_counted_once_a_post(store: Store) -> None:
    product = target(Label.POSITIVE, kind=TargetKind.PRODUCT, key="quillon/flow")
    twice = tuple(AspectSentiment("pricing", key, "price", sentiment(Label.NEGATIVE)) for key in (BRAND, "quillon/flow"))
    hear(store, mention(1, published_at=SUNDAY_NIGHT), mention(2, published_at=SUNDAY_NIGHT - 40 * DAY), now=NOW)
    understand(store, Analysis(Relevance.ABOUT, "en", (target(), product), aspects=twice), now=NOW)
    (one,) = facts(store).topics
    assert (one.week, one.topic, one.labels, one.unsure) == (7, "pricing", {Label.NEGATIVE: 1}, 0)


def test_what_may_only_be_counted_is_in_the_days(store: Store) -> None:
    hear(store, mention(1, published_at=SUNDAY_NIGHT - HOUR), now=NOW, policy="counts")
    understand(store, about(target(Label.NEGATIVE)), now=NOW)
    found = facts(store)
    assert found.days[-1].labels == {Label.NEGATIVE: 1}
    assert found.voices == ()
    assert sum(found.authors) == 0


def test_turns_compare_the_end_of_the_week_with_its_beginning(store: Store) -> None:
    _known(store)
    began = WEEKS.since - DAY
    for at, stances in (
        (began, {"C1": Stance.PASSIVE, "C2": Stance.DETRACTOR}),
        (WEEKS.since + DAY, {"C1": Stance.DETRACTOR, "C2": Stance.DETRACTOR, "C3": Stance.PROMOTER}),
        (WEEKS.since + 2 * DAY, {"C1": Stance.PROMOTER, "C2": Stance.DETRACTOR, "C3": Stance.PROMOTER}),
        (WEEKS.until + HOUR, {"C1": Stance.PASSIVE, "C2": Stance.PASSIVE, "C3": Stance.PASSIVE}),
    ):
        jobs = {_contact(store, job.person_id): job for job in _jobs(store)}
        done = [(jobs[who], standing(stance, as_of=at), []) for who, stance in stances.items()]
        store.standings.save_standings(done, JUDGE, at)
    found = {(one.before, one.after, one.whose.segment) for one in facts(store).turns}
    assert found == {(Stance.PASSIVE, Stance.PROMOTER, "Gold"), (None, Stance.PROMOTER, "Gold")}


def test_follow_ups_and_steps_of_the_week(store: Store) -> None:
    _known(store)
    persons = sorted(job.person_id for job in _jobs(store))
    at = WEEKS.since + DAY
    for person, when, due in (
        (persons[0], at - 9 * DAY, at),
        (persons[1], at, NOW + DAY),
        (persons[2], at - 30 * DAY, at - 20 * DAY),
    ):
        store.cases.apply(opened(person, CaseKind.FOLLOW_UP, at=when, due_at=due, mention_ids=()))
    first = next(case for case in store.cases.find() if case.person_id == persons[0])
    store.cases.apply(decision(first, Action.CONTACTED, CaseState.CONTACTED, at + HOUR))
    store.cases.apply(decision(first, Action.CONTACTED, CaseState.CONTACTED, at + 9 * HOUR))
    found = {one.whose.person_id: (one.opened_at, one.contacted_at, one.overdue) for one in facts(store).follow_ups}
    assert found == {
        persons[0]: (at - 9 * DAY, at + HOUR, False),
        persons[1]: (at, None, False),
        persons[2]: (at - 30 * DAY, None, True),
    }
    steps = {(one.whose.person_id, one.event, one.action) for one in facts(store).steps}
    assert steps == {(persons[0], EventKind.DECIDED, Action.CONTACTED), (persons[1], EventKind.OPENED, None)}


def test_customers_who_spoke_most_go_first(store: Store) -> None:
    _known(store)
    found = facts(store).speakers
    assert [(one.name, one.mentions, one.positive, one.negative) for one in found] == [
        ("Ada Lind1", 3, 3, 0),
        ("Ada Lind2", 2, 2, 0),
        ("Ada Lind3", 1, 1, 0),
    ]
    assert found[0].whose.owner == "Kim"


def test_bursts_that_went_on_in_the_week(store: Store) -> None:
    row = {"brand": BRAND, "measure": "volume", "hours": 1, "count": 9.0, "expected": 1.0, "p_value": 1e-5, "told_excess": 8.0}
    starts = (WEEKS.since - 9 * DAY, WEEKS.since - HOUR, WEEKS.since + DAY, WEEKS.until + HOUR)
    rows = [{**row, "start": at, "detected_at": at + HOUR, "last_excess_at": at + 2 * HOUR} for at in starts]
    with store._database.write() as connection:  # written by the part that finds bursts
        connection.execute(spike_incidents.insert(), rows)
    found = facts(store).spikes
    assert [(one.start, one.measure) for one in found] == [(starts[1], Measure.VOLUME), (starts[2], Measure.VOLUME)]


def test_sources_that_are_new_are_named(store: Store) -> None:
    hear(store, mention(1), now=NOW - 40 * DAY, source="old")
    hear(store, mention(2), now=NOW - 10 * DAY, source="forum")
    hear(store, mention(3), now=NOW - 10 * DAY, source="old", stream="second")
    hear(store, mention(4), now=NOW + DAY, source="tomorrow")
    assert facts(store).added == ("forum",)
    assert store.trends.began() == NOW - 40 * DAY


def test_an_empty_store_has_no_trends(store: Store) -> None:
    found = facts(store)
    assert (by_week(found), found.authors, found.began) == ([0] * 8, (0,) * 8, None)
    assert (found.voices, found.topics, found.turns, found.speakers, found.follow_ups) == ((), (), (), (), ())


def _known(store: Store) -> None:
    """Three customers, of whom the first spoke three times in the week, the second twice, the third once."""
    import_customers(store, *(customer(n) for n in (1, 2, 3)), now=NOW - 50 * DAY)
    posts = [
        mention(
            f"{n}-{turn}",
            f"Quillon is what we use on press {n}, shift {turn}",
            by=f"writer{n}",
            published_at=SUNDAY_NIGHT - (5 * n + turn) * HOUR,
        )
        for n in (1, 2, 3)
        for turn in range(4 - n)
    ]
    hear(store, *posts, mention("us", by="us", published_at=SUNDAY_NIGHT), now=NOW)
    understand(store, now=NOW)
    identify(store, {**{f"writer{n}": linked(f"C{n}") for n in (1, 2, 3)}, "us": ONE_OF_US}, now=NOW)


def _jobs(store: Store) -> Sequence[JudgeJob]:
    people = [row.whose.person_id for row in facts(store).speakers]
    waiting = pending(store, NOW + 99 * DAY, "another judge")
    return [job for job in waiting if job.person_id in people]


def _contact(store: Store, person_id: int) -> str:
    names = {one.whose.person_id: one.name for one in facts(store).speakers}
    return names[person_id].replace("Ada Lind", "C")
