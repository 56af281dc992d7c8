"""Mentions by the hour: what counts in which hour, in which hours nobody listened, and since when what is usual is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from listener.core.alert_ports import HourlySeries
from listener.core.analysis import Label, Level
from listener.core.brand import TargetKind
from listener.core.errors import RetryLater, SourceError, SourcePaused
from listener.core.mention import Gap, Mention
from listener.core.ports import StreamResult
from listener.core.terms import REDDIT
from storage.store import Store
from storage.unheard import Hours, Listening, spans
from tests.support.heard import (
    BRAND,
    DAY,
    HOUR,
    NOW,
    OFF_TARGET,
    ONE_OF_US,
    about,
    customer,
    hear,
    identify,
    import_customers,
    linked,
    mention,
    target,
    understand,
)

NEGATIVE = about(target(Label.NEGATIVE, "It broke."))
UNTIL = NOW  # 09:00


def said(number: int | str, hours: float, **values: Any) -> Mention:
    """Said so many hours before 09:00."""
    return mention(number, published_at=NOW - timedelta(hours=hours), **values)


def series(store: Store, hours: int = 4, brand: str = BRAND, until: datetime = UNTIL) -> HourlySeries:
    (found,) = store.spikes.hourly([brand], until, hours)
    return found


def log(store: Store, at: datetime, source: str = "blogs", error: SourceError | None = None, **values: Any) -> None:
    run = store.runs.begin_run(at)
    store.runs.log_streams(run, "rss", [StreamResult(source, "", error=error, **values)], at)
    store.runs.end_run(run, at, {})


def test_posts_count_in_the_hour_of_their_publication(any_store: Store) -> None:
    hear(any_store, said(1, 3.5), said(2, 2.0), said(3, 1.99), said(4, 0.01), said(5, 0), said(6, 4.01))
    understand(any_store)
    found = series(any_store)
    assert found.first == NOW - 4 * HOUR
    assert found.mentions == found.fresh == (1, 0, 2, 1)
    assert series(any_store, until=NOW + timedelta(minutes=59)).mentions == (1, 0, 2, 1), "the hour that runs is none yet"
    assert series(any_store, until=NOW + HOUR).mentions == (0, 2, 1, 1)


def test_what_counts_and_what_does_not(any_store: Store) -> None:
    either = about(target(Label.NEGATIVE, kind=TargetKind.PRODUCT), target(Label.POSITIVE, "Fine."))
    verdicts = {
        1: NEGATIVE,
        2: about(target(Label.POSITIVE, "Fine.")),
        3: about(replace(target(), sentiment=replace(NEGATIVE.targets[0].sentiment, unsure=True))),
        4: about(target(Label.NEGATIVE, kind=TargetKind.COMPETITOR)),
        5: OFF_TARGET,
        6: replace(NEGATIVE, level=Level.LOW),
        7: either,
        8: about(
            target(Label.UNSCORED, kind=TargetKind.PRODUCT), target(Label.NEGATIVE, kind=TargetKind.PRODUCT, key="quillon/b")
        ),
        9: about(target(Label.NEGATIVE, brand="brimtel", key="brimtel"), target(Label.POSITIVE, "Fine.")),
        10: NEGATIVE,
    }
    posts = [said(number, 0.5, by="ours" if number == 10 else f"writer{number}") for number in verdicts]
    hear(any_store, *posts)
    understand(any_store, *verdicts.values())
    identify(any_store, {"ours": ONE_OF_US})
    found = series(any_store, 1)
    assert found.mentions == found.authors == (6,), "1, 2, 3, 7, 8 and 9"
    assert found.negative == (2,), "1 and 8: the brand's own target speaks for it, else the first that was scored"
    ours, theirs, nobody = any_store.spikes.hourly([BRAND, "brimtel", "none"], UNTIL, 1)
    assert ours == found
    assert (theirs.brand, theirs.mentions, theirs.negative) == ("brimtel", (1,), (1,))
    assert (nobody.mentions, nobody.since) == ((0,), None)


def test_posts_without_a_date_or_with_one_of_the_future_count_in_no_hour(any_store: Store) -> None:
    hear(any_store, said(1, -48), mention(2, published_at=None), said(3, 0.2), now=NOW - HOUR / 2)
    understand(any_store)
    assert series(any_store).mentions == (0, 0, 0, 1)


def test_history_counts_and_is_nothing_fresh(any_store: Store) -> None:
    hear(any_store, said(1, 1.5), said(2, 0.5), said(3, 0.4), news_since=NOW - HOUR)
    understand(any_store)
    found = series(any_store, 2)
    assert (found.mentions, found.fresh) == ((1, 2), (0, 2))


def test_a_person_counts_once_an_hour_whatever_the_account(any_store: Store) -> None:
    import_customers(any_store, customer(1))
    hear(any_store, said(1, 0.5, by="a"), said(2, 0.4, by="b"), said(3, 0.3, by="a"), said(4, 0.2, by="c"), said(5, 1.5, by="a"))
    understand(any_store)
    identify(any_store, {"a": linked("C1"), "b": linked("C1")})
    assert series(any_store, 2).authors == (1, 2)


def test_what_may_only_be_counted_has_no_hour(any_store: Store) -> None:
    hear(any_store, said(1, 0.5), source="reddit", policy=REDDIT.name)
    hear(any_store, said(2, 0.5))
    understand(any_store)
    assert series(any_store, 1).mentions == (1,)


# -------------------------------------------------------------------------------------------------- hours not heard


def bring(store: Store, source: str, since: datetime, *posts: Mention) -> None:
    """A source that was first listened to then, and its posts, heard now."""
    hear(store, said(f"first of {source}", (NOW - since) / HOUR + 1, by=source), source=source, now=since)
    hear(store, *posts, source=source)
    understand(store)


def every_so_often(source: str, every: int, hours: int) -> list[Mention]:
    return [said(f"{source}{hour}", hour + 0.5, by=source) for hour in range(0, hours, every)]


def week(store: Store, **sources: int) -> None:
    """A mention every so many hours from each source, for a week."""
    for source, every in sources.items():
        bring(store, source, NOW - 30 * DAY, *every_so_often(source, every, 7 * 24))


@pytest.mark.parametrize(("every", "much"), [(1, True), (2, True), (5, False)])
def test_an_hour_is_not_heard_where_sources_fail_that_bring_a_quarter(any_store: Store, every: int, much: bool) -> None:
    week(any_store, blogs=1, forum=every)
    for hour in range(12, 0, -1):
        log(any_store, NOW - hour * HOUR)
        failing = 8 >= hour > 4
        log(any_store, NOW - hour * HOUR, "forum", RetryLater("down") if failing else None)
    heard = series(any_store, 24).heard
    assert heard == ((True,) * 16 + (False,) * 4 + (True,) * 4 if much else (True,) * 24)


def test_a_source_that_rests_at_its_cap_is_not_heard_and_one_that_fails_in_part_is(any_store: Store) -> None:
    week(any_store, blogs=1)
    log(any_store, NOW - 9 * HOUR)
    log(any_store, NOW - 8 * HOUR, error=SourcePaused("the budget is spent", until=NOW))
    run = any_store.runs.begin_run(NOW - 5 * HOUR)
    parts = [StreamResult("blogs", name, error=RetryLater("down") if name == "b" else None) for name in ("", "b", "c")]
    any_store.runs.log_streams(run, "rss", parts, NOW - 5 * HOUR)
    assert series(any_store, 12).heard == (True,) * 4 + (False,) * 3 + (True,) * 5


def test_what_was_lost_for_good_was_not_heard(any_store: Store) -> None:
    week(any_store, blogs=1)
    lost = Gap(NOW - 6.5 * HOUR, NOW - 4 * HOUR, "the service goes back no further")
    log(any_store, NOW - HOUR, gaps=(lost,))
    assert series(any_store, 12).heard == (True,) * 5 + (False,) * 3 + (True,) * 4


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ([(0, True), (1, True), (30, True)], []),
        ([(0, True), (40, True)], [(1, 40)]),
        ([(0, True), (2, False), (5, True)], [(1, 5)]),
        ([(0, False), (5, True)], [(0, 5)]),
        ([(0, True), (5, False)], [(1, 100)]),
        ([(0, True), (1, True)], []),
        ([(0, True), *((hour, False) for hour in range(1, 180))], []),
        ([(0, True), (1, False), (2, True), (3, False), (4, True)], [(1, 2), (3, 4)]),
    ],
    ids=["a job once a day", "nobody ran", "failed", "failed first", "still fails", "gone", "given up", "flapping"],
)
def test_between_the_last_success_and_the_next_nothing_was_heard(
    attempts: list[tuple[int, bool]], expected: list[tuple[int, int]]
) -> None:
    assert list(spans(attempts, 100)) == expected


def test_a_source_that_was_down_for_long_keeps_its_weight() -> None:
    hours = Hours(0, 100)
    how = Listening(hours, {"forum": frozenset(range(10, 100))}, {})
    heard = how.heard({"forum": dict.fromkeys(range(10), 1)}, total=10 + 200)
    assert heard == (True,) * 10 + (False,) * 90, "it brought one of three an hour while it was heard"


# ------------------------------------------------------------------------------------------------------ since when


def test_a_brand_is_listened_to_since_its_first_mention_was_heard(any_store: Store) -> None:
    hear(any_store, said(1, 0.5), now=NOW - 20 * DAY)
    hear(any_store, said(2, 0.5), now=NOW - 3 * DAY)
    understand(any_store, OFF_TARGET, about())
    assert series(any_store).since == NOW - 3 * DAY
    understand(any_store, about(), fingerprint="analyzer 2")
    assert series(any_store).since == NOW - 20 * DAY


@pytest.mark.parametrize(("every", "learnt_anew"), [(1, True), (2, True), (12, False)])
def test_a_new_source_that_brings_much_makes_the_usual_unknown(any_store: Store, every: int, learnt_anew: bool) -> None:
    week(any_store, blogs=1)
    added = NOW - 4 * DAY
    bring(any_store, "forum", added, *every_so_often("forum", every, 96))
    assert series(any_store, 7 * 24).since == (added if learnt_anew else NOW - 30 * DAY)


def test_a_burst_from_a_small_new_source_does_not_make_the_usual_unknown(any_store: Store) -> None:
    week(any_store, blogs=1)
    bring(any_store, "forum", NOW - 4 * DAY, *(said(n, 0.5, by=f"somebody{n}") for n in range(50)))
    found = series(any_store, 7 * 24)
    assert (found.mentions[-1], found.since) == (51, NOW - 30 * DAY)
