"""When a source fails or is silent, and when it is heard again: rules, and simulated months of publishing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.core.health import Incident, IncidentKind, SourceHistory
from listener.health_rules import (
    FAILURES,
    GAPS,
    LONG_WEEKEND,
    SHORTEST,
    judge_health,
    longest_gap,
    published,
    silence_limit,
    usual_gap,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hourly(last: datetime, number: int = 101, gap: timedelta = HOUR) -> tuple[datetime, ...]:
    return tuple(last - gap * place for place in range(number))


def history(**facts: object) -> SourceHistory:
    return replace(SourceHistory("forum", last_success=NOW), **facts)


def incident(kind: IncidentKind, opened_at: datetime = NOW - timedelta(hours=5)) -> Incident:
    return Incident(7, "forum", kind, "403", opened_at)


# ---------------------------------------------------------------------------------------------------------- failing


@pytest.mark.parametrize("failures", range(5))
def test_three_failures_in_a_row_are_one_incident(failures: int) -> None:
    opened, closed = judge_health([history(failures=failures, reason="403")], [], NOW)
    expected = [Incident(None, "forum", IncidentKind.FAILING, "403", NOW)] if failures >= FAILURES else []
    assert (opened, closed) == (expected, [])


def test_a_source_that_rests_on_purpose_is_neither_failing_nor_silent() -> None:
    resting = history(failures=9, paused=True, times=hourly(NOW - timedelta(days=9)))
    assert judge_health([resting], [], NOW) == ([], [])
    assert judge_health([replace(resting, failures=0)], [], NOW) == ([], [])


def test_an_incident_that_lasts_is_not_opened_again() -> None:
    for kind in IncidentKind:
        still = history(failures=4, last_success=NOW - timedelta(days=1), times=hourly(NOW - timedelta(days=1)))
        assert judge_health([still], [incident(kind)], NOW) == ([], [])


def test_one_success_after_the_alert_ends_a_failure() -> None:
    failing = incident(IncidentKind.FAILING)
    assert judge_health([history()], [failing], NOW) == ([], [replace(failing, closed_at=NOW)])
    before = history(last_success=failing.opened_at - HOUR)
    assert judge_health([before], [failing], NOW) == ([], [])
    assert judge_health([history(last_success=None)], [failing], NOW) == ([], [])


def test_a_source_that_pauses_while_it_fails_is_not_heard_again() -> None:
    paused = history(paused=True, last_success=NOW - timedelta(days=1))
    assert judge_health([paused], [incident(IncidentKind.FAILING)], NOW) == ([], [])


def test_failing_recovering_and_failing_has_at_most_one_open_incident() -> None:
    """Every order of successes and failures, an attempt an hour: alerts and recoveries take turns, three failures before each."""
    for seed in range(40):
        chance = random.Random(seed)
        open_now: list[Incident] = []
        failures, last_success, news = 0, None, []
        for hour in range(200):
            now = NOW + HOUR * hour
            if chance.random() < 0.6:
                failures += 1
            else:
                failures, last_success = 0, now
            opened, closed = judge_health([history(failures=failures, last_success=last_success)], open_now, now)
            assert len(opened) + len(closed) <= 1
            assert not opened or failures == FAILURES
            news += ["alert"] * len(opened) + ["recovery"] * len(closed)
            open_now = [*(one for one in open_now if not closed), *opened]
            assert len(open_now) <= 1
        assert news[::2] == ["alert"] * len(news[::2])
        assert news[1::2] == ["recovery"] * len(news[1::2])
        assert news


# ----------------------------------------------------------------------------------------------------------- silent


def test_silence_far_beyond_the_usual_gap_is_an_incident_that_says_why() -> None:
    (found,), _ = judge_health([history(times=hourly(NOW - 4 * HOUR))], [], NOW)
    assert (found.kind, found.opened_at) == (IncidentKind.SILENT, NOW)
    assert "nothing new for 4 hours" in found.reason
    assert "60 min" in found.reason
    assert judge_health([history(times=hourly(NOW - 2.9 * HOUR))], [], NOW) == ([], [])


def test_silence_is_counted_until_the_source_was_last_heard() -> None:
    """A source that nobody asked, or that did not answer, is not silent for that time."""
    times = hourly(NOW - timedelta(days=3))
    assert judge_health([history(times=times, last_success=NOW - timedelta(days=3) + HOUR)], [], NOW) == ([], [])
    assert judge_health([history(times=times, last_success=None)], [], NOW) == ([], [])
    assert judge_health([history(times=times, failures=1)], [], NOW) == ([], [])


def test_only_a_post_newer_than_the_silence_ends_it() -> None:
    silent = incident(IncidentKind.SILENT)
    old = hourly(silent.opened_at - SHORTEST - HOUR)
    assert judge_health([history(times=old)], [silent], NOW) == ([], [])
    assert judge_health([history(times=())], [silent], NOW) == ([], [])
    assert judge_health([history(times=old[:5])], [silent], NOW) == ([], [])  # retention took the others
    assert judge_health([history(times=(NOW, *old))], [silent], NOW) == ([], [replace(silent, closed_at=NOW)])


def test_a_post_dated_into_the_future_neither_hides_nor_ends_a_silence() -> None:
    forged = (NOW + timedelta(days=900), *hourly(NOW - 9 * HOUR))
    (found,), _ = judge_health([history(times=forged)], [], NOW)
    assert found.kind is IncidentKind.SILENT
    assert judge_health([history(times=forged)], [incident(IncidentKind.SILENT)], NOW) == ([], [])


def test_nothing_is_said_before_there_are_ten_gaps() -> None:
    gap = timedelta(days=2)
    assert silence_limit(hourly(NOW, GAPS, gap)) is None
    assert silence_limit(hourly(NOW, GAPS + 1, gap)) == 3 * gap


def test_a_record_that_has_seen_no_weekend_waits_for_a_long_one() -> None:
    assert silence_limit(hourly(NOW, 80)) == LONG_WEEKEND
    assert silence_limit(hourly(NOW, 101)) == 3 * HOUR  # four days without any pause
    assert silence_limit(hourly(NOW, 101, timedelta(minutes=5))) == LONG_WEEKEND
    assert silence_limit(hourly(NOW, 3000, timedelta(minutes=5))) == SHORTEST


def test_the_usual_gap_is_the_90th_percentile_and_the_longest_counts_half_as_long_again() -> None:
    gaps = [HOUR] * 90 + [5 * HOUR] * 9 + [60 * HOUR]
    times = [NOW]
    for gap in gaps:
        times.append(times[-1] - gap)
    assert usual_gap(times) == HOUR
    assert longest_gap(times) == 60 * HOUR
    assert silence_limit(times) == 90 * HOUR


@given(st.lists(st.integers(0, 10**7), max_size=130), st.integers(0, 10**7))
def test_any_times_are_judged(seconds: list[int], until: int) -> None:
    times = published([NOW + timedelta(seconds=each) for each in seconds], NOW + timedelta(seconds=until))
    limit = silence_limit(times)
    assert (limit is None) == (len(times) <= GAPS)
    assert limit is None or limit >= max(SHORTEST, 3 * usual_gap(times), 1.5 * longest_gap(times))


# ---------------------------------------------------------------------------------------------- simulated publishing

START = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""


def office_hours(start: datetime, days: int, every: timedelta, chance: random.Random) -> list[datetime]:
    """Posts from 8 to 17 o'clock on weekdays, a little late each."""
    found = []
    for day in (start + timedelta(days=number) for number in range(days)):
        moment = day.replace(hour=8)
        while day.weekday() < 5 and moment.hour < 17:
            found.append(moment + timedelta(seconds=chance.uniform(0, 120)))
            moment += every
    return found


def alarms(posts: Sequence[datetime], start: datetime, days: int, *, kept: int = 101) -> list[datetime]:
    """When the source would be told as silent, asked every hour; the store knows the last posts as they come in."""
    found, open_now, known, place = [], [], [], 0
    for hour in range(24 * days):
        now = start + HOUR * hour
        while place < len(posts) and posts[place] <= now:
            known.insert(0, posts[place])
            place += 1
        del known[kept:]
        opened, closed = judge_health([history(times=tuple(known), last_success=now)], open_now, now)
        open_now = [*(one for one in open_now if not closed), *opened]
        found += [now] * len(opened)
    return found


@pytest.mark.parametrize("first_day", range(7))
@pytest.mark.parametrize("minutes", [60, 10])
def test_nights_and_weekends_of_a_regular_source_never_alarm(first_day: int, minutes: int) -> None:
    start = START + timedelta(days=first_day)
    posts = office_hours(start, 120, timedelta(minutes=minutes), random.Random(first_day))
    assert alarms(posts, start, 120) == []


@pytest.mark.parametrize(
    ("posts", "least", "most"),
    [
        ([START + HOUR * number for number in range(24 * 20)], 3, 4),
        ([START + timedelta(minutes=20) * number for number in range(72 * 20)], 90, 100),
        ([START + timedelta(days=number) for number in range(30)], 72, 74),
        (office_hours(START, 26, HOUR, random.Random(1)), 94, 97),
    ],
    ids=["hourly", "more often than is kept", "daily", "office hours"],
)
def test_a_source_that_dies_is_told_once_and_in_time(posts: list[datetime], least: int, most: int) -> None:
    (alarm,) = alarms(posts, START, 45)
    assert least <= (alarm - posts[-1]) / HOUR <= most


def test_with_all_posts_of_weeks_kept_a_busy_source_is_told_within_hours() -> None:
    posts = [START + timedelta(minutes=20) * number for number in range(72 * 12)]
    (alarm,) = alarms(posts, START, 20, kept=1500)
    assert alarm - posts[-1] <= 4 * HOUR
