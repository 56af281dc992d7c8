"""Slots: moments that every process computes alike, also when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given
from hypothesis import strategies as st

from listener.core.slots import Cron, Every, gap, parse_cron, slots_between

BERLIN = ZoneInfo("Europe/Berlin")
GAP_DAY = datetime(2026, 3, 29, tzinfo=BERLIN)
"""02:00 becomes 03:00."""
FOLD_DAY = datetime(2026, 10, 25, tzinfo=BERLIN)
"""03:00 becomes 02:00."""

moments = st.integers(0, 7 * 366 * 86_400 * 10**6).map(lambda us: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(microseconds=us))


def local(slots: list[datetime], zone: ZoneInfo = BERLIN) -> list[str]:
    return [slot.astimezone(zone).strftime("%d. %H:%M%z") for slot in slots]


def of_day(line: str, day: datetime) -> list[str]:
    """The slots of a calendar day, which may have 23 or 25 hours."""
    end = (day + timedelta(days=1)).astimezone(UTC)
    return local(slots_between(Cron(parse_cron(line), BERLIN), day.astimezone(UTC), end))


@given(moments, st.integers(1, 10**7))
def test_an_intervals_slots_are_counted_from_a_fixed_moment(moment: datetime, seconds: int) -> None:
    slots = Every(timedelta(seconds=seconds))
    slot = slots.before(moment)
    assert slot <= moment < slots.after(moment) == slot + slots.interval
    assert slot.timestamp() % seconds == 0
    assert slots.before(slot) == slot


def test_an_interval_is_not_moved_by_clocks() -> None:
    hourly = slots_between(Every(timedelta(hours=1)), GAP_DAY.astimezone(UTC), GAP_DAY.astimezone(UTC) + timedelta(hours=6))
    assert {later - slot for slot, later in pairwise(hourly)} == {timedelta(hours=1)}


def test_a_fixed_time_that_clocks_skip_is_an_hour_later_and_comes_once() -> None:
    assert of_day("30 2 * * *", GAP_DAY) == ["29. 03:30+0200"]
    assert of_day("30 2,3 * * *", GAP_DAY) == ["29. 03:30+0200"]


def test_a_fixed_time_that_comes_twice_is_used_once() -> None:
    assert of_day("30 2 * * *", FOLD_DAY) == ["25. 02:30+0200"]


@pytest.mark.parametrize(("line", "gap_day", "fold_day"), [("*/20 * * * *", 23 * 3, 25 * 3), ("15 * * * *", 23, 25)])
def test_what_comes_every_hour_follows_the_hours_that_there_are(line: str, gap_day: int, fold_day: int) -> None:
    assert (len(of_day(line, GAP_DAY)), len(of_day(line, FOLD_DAY))) == (gap_day, fold_day)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Kolkata"])
@pytest.mark.parametrize("line", ["30 2 * * *", "0 0 * * *", "15 1 * * *"])
def test_a_daily_slot_comes_exactly_once_on_each_of_ten_years_days(zone: str, line: str) -> None:
    slots = Cron(parse_cron(line), ZoneInfo(zone))
    start = datetime(2024, 1, 1, 12, tzinfo=UTC)
    found = slots_between(slots, start, start + timedelta(days=3653))
    assert len(found) == 3653
    distances = {later - slot for slot, later in pairwise(found)}
    assert all(timedelta(hours=22) <= distance <= timedelta(hours=26) for distance in distances)


LINES = st.tuples(
    st.sampled_from(["0", "*/7", "5,10-20/3", "*", "59"]),
    st.sampled_from(["0", "*", "*/5", "8-18", "23,1"]),
    st.sampled_from(["*", "1", "31", "*/9", "28-31"]),
    st.sampled_from(["*", "2", "jan-mar", "12,6", "*/4"]),
)


@given(LINES, moments)
def test_in_utc_they_are_those_of_apschedulers_own_cron_trigger(fields: tuple[str, ...], moment: datetime) -> None:
    line = " ".join(fields)
    try:
        slots = Cron(parse_cron(f"{line} *"), ZoneInfo("UTC"))
    except ValueError:  # the 31st of February, on which theirs would look for ever
        return
    theirs = CronTrigger.from_crontab(f"{line} *", timezone="UTC").get_next_fire_time(None, moment + timedelta(microseconds=1))
    assert slots.after(moment) == theirs
    assert slots.before(slots.after(moment)) == slots.after(moment)
    assert slots.before(slots.after(moment) - timedelta(microseconds=1)) <= moment


@given(moments)
def test_before_and_after_fit_together_where_clocks_change(moment: datetime) -> None:
    for line in ("*/30 * * * *", "30 2 * * *", "0 1-3 * * *"):
        slots = Cron(parse_cron(line), BERLIN)
        slot = slots.before(moment)
        assert slot <= moment < slots.after(moment)
        assert slots.after(slot) == slots.after(moment)
        assert gap(slots, slot) == slots.after(moment) - slot


@pytest.mark.parametrize(
    ("line", "weekdays"),
    [
        ("0 7 * * 0", "Sun"),
        ("0 7 * * 7", "Sun"),
        ("0 7 * * 1", "Mon"),
        ("0 7 * * mon-fri", "Mon Tue Wed Thu Fri"),
        ("0 7 * * sat-sun", "Sat Sun"),
        ("0 7 * * SUN-tue", "Mon Tue Sun"),
        ("0 7 * * 5-7", "Fri Sat Sun"),
        ("0 7 * * */2", "Tue Thu Sat Sun"),
    ],
)
def test_weekdays_are_cron_s_not_apscheduler_s(line: str, weekdays: str) -> None:
    monday = datetime(2026, 11, 2, tzinfo=UTC)
    found = slots_between(Cron(parse_cron(line), ZoneInfo("UTC")), monday, monday + timedelta(days=7))
    assert " ".join(f"{slot:%a}" for slot in found) == weekdays


def test_of_two_fields_for_the_day_one_is_enough() -> None:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    found = slots_between(Cron(parse_cron("0 7 13 * fri"), ZoneInfo("UTC")), start, start + timedelta(days=30))
    assert [f"{slot:%d}" for slot in found] == ["06", "13", "20", "27"]


def test_a_rare_day_is_found_over_a_century_that_lacks_it() -> None:
    slots = Cron(parse_cron("0 0 29 2 *"), ZoneInfo("UTC"))
    assert slots.after(datetime(2096, 3, 1, tzinfo=UTC)) == datetime(2104, 2, 29, tzinfo=UTC)
    assert slots.before(datetime(2104, 2, 1, tzinfo=UTC)) == datetime(2096, 2, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        *("", "* * * *", "* * * * * *", "60 * * * *", "-1 * * * *", "5-1 * * * *", "*/0 * * * *", "1,,2 * * * *", "a * * * *"),
        *("0 0 0 * *", "0 0 31 2 *", "0 0 31 feb,apr *", "0 0 * 13 *", "0 0 * * 8", "0 0 * * monday", "٣ * * * *"),
        *("1/2/3 * * * *", "*5 * * * *", "1- * * * *"),
    ],
)
def test_what_is_no_cron_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"the |it needs|no month"):
        parse_cron(line)


@given(st.text(max_size=30))
def test_nothing_but_a_value_error_comes_of_any_text(line: str) -> None:
    try:
        fields = parse_cron(line)
    except ValueError:
        return
    assert Cron(fields, BERLIN).after(datetime(2026, 1, 1, tzinfo=UTC))
