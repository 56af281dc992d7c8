"""When an edition is due: once for each time that the hour passed, whatever the clocks do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.core.recipients import Recipient
from listener.core.trends import Weeks
from listener.digest.due import daily_is_due, edition_day, weekly_is_due
from listener.telling import runs_often

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
KIM = Recipient("mail", "kim@us.example", zone=BERLIN, zone_name="Europe/Berlin", hour=7, weekday=0)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "America/Santiago", "UTC")


def at(text: str, fold: int = 0) -> datetime:
    """A moment by the clock of Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).astimezone(UTC)


def test_who_was_never_told_anything_is_told_at_once() -> None:
    assert daily_is_due(KIM, None, at("2026-11-23 01:00"))


@pytest.mark.parametrize(
    ("told", "now", "due"),
    [
        ("2026-11-22 07:00", "2026-11-23 06:59", False),
        ("2026-11-22 07:00", "2026-11-23 07:00", True),
        ("2026-11-23 07:00", "2026-11-23 23:59", False),
        ("2026-11-22 23:00", "2026-11-23 07:00", True),
        ("2026-11-21 06:00", "2026-11-22 06:00", True),  # a job before the hour tells what yesterday's hour left
        ("2026-11-22 07:30", "2026-11-26 12:00", True),  # a machine that was off, or a clock that was set ahead
    ],
)
def test_a_digest_is_due_once_its_hour_has_passed(told: str, now: str, due: bool) -> None:
    assert daily_is_due(KIM, at(told), at(now)) is due


def test_a_clock_that_is_set_back_tells_nobody_twice() -> None:
    told = at("2026-11-23 07:10")
    assert not daily_is_due(KIM, told, told - HOUR)
    assert not daily_is_due(KIM, told, told - timedelta(days=1))
    assert daily_is_due(KIM, told, told + timedelta(days=1))


def test_who_was_told_before_the_hour_is_told_at_the_hour_of_the_next_day_where_somebody_looks_often() -> None:
    first = at("2026-11-23 06:30")
    looked = [at("2026-11-23 06:30") + n * HOUR / 2 for n in range(1, 150)]
    told = [first]
    for now in looked:
        if daily_is_due(KIM, told[-1], now, often=True):
            told.append(now)
    assert told[1:] == [at("2026-11-24 07:00"), at("2026-11-25 07:00"), at("2026-11-26 07:00")]
    left = at("2026-11-22 07:00")  # a server that was down over the hour tells when it is back
    assert daily_is_due(KIM, left, at("2026-11-24 03:00"), often=True)
    assert not daily_is_due(KIM, at("2026-11-24 03:00"), at("2026-11-24 07:00"), often=True)


@pytest.mark.parametrize(
    ("hours_ago", "often"),
    [
        ((0,), False),
        ((0, 1), True),
        ((0, 8, 24, 48, 72), False),  # a job once a day, and one run by hand
        ((0, 0.25, 0.5, 0.75, 30, 31), True),  # a machine that was off
    ],
)
def test_single_runs_do_not_say_how_often_there_are_some(hours_ago: tuple[float, ...], often: bool) -> None:
    now = at("2026-11-23 06:00")
    assert runs_often([now - hours * HOUR for hours in hours_ago]) is often


def test_an_hour_that_clocks_skip_passes_all_the_same() -> None:
    night = replace(KIM, hour=2)  # 2026-03-29: 02:00 is 03:00
    told = at("2026-03-28 02:00")
    assert not daily_is_due(night, told, at("2026-03-29 01:59"))
    assert daily_is_due(night, told, at("2026-03-29 03:00"))
    assert not daily_is_due(night, at("2026-03-29 03:00"), at("2026-03-29 03:05"))


def test_of_an_hour_that_comes_twice_the_first_counts() -> None:
    night = replace(KIM, hour=2)  # 2026-10-25: 02:00 to 03:00 comes twice
    told = at("2026-10-24 02:00")
    assert not daily_is_due(night, told, at("2026-10-25 01:59"))
    assert daily_is_due(night, told, at("2026-10-25 02:00"))
    assert not daily_is_due(night, at("2026-10-25 02:00"), at("2026-10-25 02:01", fold=1))
    assert daily_is_due(night, told, at("2026-10-25 02:01", fold=1))


@given(
    st.sampled_from(ZONES),
    st.integers(0, 23),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - made aware below
    st.lists(st.integers(5, 240), min_size=40, max_size=200),
)
def test_whoever_looks_often_enough_is_told_exactly_once_a_day(zone: str, hour: int, start: datetime, steps: list[int]) -> None:
    who = replace(KIM, zone=ZoneInfo(zone), zone_name=zone, hour=hour)
    told = now = start.replace(tzinfo=UTC)
    days = []
    for minutes in steps:
        now += timedelta(minutes=minutes)
        if daily_is_due(who, told, now, often=True):
            days.append(who.day(now))
            told = now
    assert len(days) == len(set(days))
    first, last = who.day(start.replace(tzinfo=UTC)), who.day(now)
    between = {first + timedelta(days=n) for n in range(1, (last - first).days)}
    late = {day - timedelta(days=1) for day in days}  # whose hour is at the end of the day is told after midnight
    assert between <= {*days, *late}


def test_the_weekly_edition_is_of_the_day_whose_hour_passed_last() -> None:
    assert edition_day(KIM, at("2026-11-23 06:59")) == date(2026, 11, 16)
    assert edition_day(KIM, at("2026-11-23 07:00")) == date(2026, 11, 23)
    assert edition_day(replace(KIM, weekday=4), at("2026-11-26 12:00")) == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("told", "began", "now", "due"),
    [
        (None, None, "2026-11-23 09:00", False),  # nothing was ever heard
        (None, "2026-11-23 08:00", "2026-11-23 09:00", False),  # there is no week to tell
        (None, "2026-11-18 08:00", "2026-11-23 06:00", False),
        (None, "2026-11-18 08:00", "2026-11-23 07:00", True),
        (None, "2026-11-18 08:00", "2026-11-25 07:00", True),  # a job that runs on Wednesdays only
        ("2026-11-16 07:00", "2026-01-01 00:00", "2026-11-22 23:00", False),
        ("2026-11-16 07:00", "2026-01-01 00:00", "2026-11-23 07:00", True),
        ("2026-11-23 07:00", "2026-01-01 00:00", "2026-11-23 06:00", False),  # the clock was set back
        ("2026-11-23 07:00", "2026-01-01 00:00", "2026-11-29 12:00", False),
        ("2026-11-18 12:00", "2026-01-01 00:00", "2026-11-23 07:00", True),  # last week's was late
    ],
)
def test_a_weekly_edition_is_due_once_a_week(told: str | None, began: str | None, now: str, due: bool) -> None:
    assert weekly_is_due(KIM, at(told) if told else None, at(began) if began else None, at(now)) is due


def test_weeks_are_of_the_recipients_calendar() -> None:
    weeks = Weeks.before(date(2026, 11, 2), BERLIN, 2)
    assert (weeks.number, weeks.days[0], weeks.days[-1]) == (2, date(2026, 10, 19), date(2026, 11, 1))
    assert weeks.edges[0] == datetime(2026, 10, 18, 22, tzinfo=UTC)
    assert weeks.until == datetime(2026, 11, 1, 23, tzinfo=UTC)
    assert weeks.edges[7] - weeks.edges[6] == timedelta(hours=25)  # 25 October
    assert list(weeks.starts()) == [weeks.edges[0], weeks.edges[7]]
    assert weeks.since == weeks.edges[7]
