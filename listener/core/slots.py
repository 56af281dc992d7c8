"""When something is due: slots, moments that every process computes alike, of an interval or of a cron line.

A **slot** is a moment at which a job should be done. Slots are counted from a fixed moment or read off the calendar, never from
when a process was started: of several processes each knows the slots of all, and a lock on a slot lets one of them do it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_PAUSE = 41 * 366
"""Days: from one 29 February to the next on the same day of the week, over a century's turn that has none."""


class Slots(Protocol):
    """Moments in UTC, in order."""

    def before(self, moment: datetime) -> datetime:
        """The last slot that is not after the moment."""
        ...

    def after(self, moment: datetime) -> datetime:
        """The first slot that is after the moment."""
        ...


@dataclass(frozen=True, slots=True)
class Every:
    """Slots at a fixed distance, counted from 1970-01-01 00:00 UTC: no clock change moves them."""

    interval: timedelta

    def before(self, moment: datetime) -> datetime:
        return EPOCH + (moment - EPOCH) // self.interval * self.interval

    def after(self, moment: datetime) -> datetime:
        return self.before(moment) + self.interval


@dataclass(frozen=True, slots=True)
class Together:
    """The slots of several, each once; there is at least one."""

    parts: tuple[Slots, ...]

    def before(self, moment: datetime) -> datetime:
        return max(part.before(moment) for part in self.parts)

    def after(self, moment: datetime) -> datetime:
        return min(part.after(moment) for part in self.parts)


@dataclass(frozen=True, slots=True)
class CronFields:
    """A cron line, read: the numbers that each field allows; ``weekdays`` count from Monday = 0, as Python's do."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    """The field of the day of the month begins with a star."""
    any_weekday: bool
    any_hour: bool

    def on(self, day: date) -> bool:
        """Whether there are slots on that day: as cron has it, one of the two day fields is enough where both say something."""
        of_month, of_week = day.day in self.days, day.weekday() in self.weekdays
        fits = (of_month or of_week) if not (self.any_day or self.any_weekday) else (of_month and of_week)
        return day.month in self.months and fits


@dataclass(frozen=True, slots=True)
class Cron:
    """Slots by the clock on the wall of a time zone, when clocks change as cron daemons do it.

    In the hour that clocks skip, a slot is moved by as much as they are; in the hour that comes twice, a slot at a fixed hour
    comes the first time only, and one at every hour both times. So 02:30 comes exactly once on each day.
    """

    fields: CronFields
    zone: tzinfo

    def before(self, moment: datetime) -> datetime:
        day = _day(moment, self.zone)
        for back in range(-1, LONGEST_PAUSE):  # from the day after, since a slot that clocks skip can move into the next day
            of_day = _of_day(self.fields, self.zone, day - timedelta(days=back))
            if at := bisect_right(of_day, moment):
                return of_day[at - 1]
        raise ValueError("the cron line fits no day")

    def after(self, moment: datetime) -> datetime:
        day = _day(moment, self.zone)
        for ahead in range(-1, LONGEST_PAUSE):
            of_day = _of_day(self.fields, self.zone, day + timedelta(days=ahead))
            if (at := bisect_right(of_day, moment)) < len(of_day):
                return of_day[at]
        raise ValueError("the cron line fits no day")


def _day(moment: datetime, zone: tzinfo) -> date:
    return moment.astimezone(zone).date()


def _of_day(fields: CronFields, zone: tzinfo, day: date) -> tuple[datetime, ...]:
    """The slots of one day of the calendar, in order, each once."""
    return _slots_of(fields, zone, day) if fields.on(day) else ()


@lru_cache(maxsize=1024)
def _slots_of(fields: CronFields, zone: tzinfo, day: date) -> tuple[datetime, ...]:
    walls = (datetime(day.year, day.month, day.day, hour, minute) for hour in fields.hours for minute in fields.minutes)  # noqa: DTZ001 - the wall's clock
    return tuple(sorted({moment for wall in walls for moment in _moments(wall, zone, twice=fields.any_hour)}))


def _moments(wall: datetime, zone: tzinfo, *, twice: bool) -> Iterator[datetime]:
    """When the clock on the wall shows that: once, moved ahead where it never does; where it does so twice, as asked."""
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    yield first
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if twice and second > first:
        yield second


# ------------------------------------------------------------------------------------------------- reading a cron line

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(?:(\*)|(\w{1,3})(?:-(\w{1,3}))?)(?:/([0-9]{1,2}))?")


def parse_cron(line: str) -> CronFields:
    """Read ``minute hour day-of-month month day-of-week``: numbers, names, ranges, lists and steps; Sunday is 0 and 7.

    Raises:
        ValueError: it is no such line, or fits no day at all; the text says what is wrong.
    """
    parts = line.lower().split()
    if len(parts) != 5:
        raise ValueError("it needs five fields: minute, hour, day of the month, month, day of the week")
    minutes = _field(parts[0], "minute", 0, 59)
    hours = _field(parts[1], "hour", 0, 23)
    days = _field(parts[2], "day of the month", 1, 31)
    months = _field(parts[3], "month", 1, 12, _MONTHS)
    weekdays = frozenset((number - 1) % 7 for number in _field(parts[4], "day of the week", 0, 7, _WEEKDAYS))
    stars = [part.startswith("*") for part in parts]
    longest = max(monthrange(2024, month)[1] for month in months)  # of a leap year
    if min(days) > longest and (stars[2] or stars[4]):
        raise ValueError("no month has that day")
    return CronFields(minutes, hours, days, months, weekdays, any_day=stars[2], any_weekday=stars[4], any_hour=stars[1])


def _field(text: str, name: str, first: int, last: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        read = _PART.fullmatch(part)
        if read is None:
            raise ValueError(f"the {name} cannot be read")
        star, low, high, step = read.groups()
        begin = first if star else _number(low, name, first, last, names)
        end = last if star or (step and not high) else _number(high or low, name, first, last, names)
        if high == "sun":
            end = last  # a week that is told by names ends with it
        if end < begin:
            raise ValueError(f"the {name} has a range that goes backwards")
        if step and int(step) == 0:
            raise ValueError(f"the {name} has a step of 0")
        found.update(range(begin, end + 1, int(step or 1)))
    return frozenset(found)


def _number(text: str, name: str, first: int, last: int, names: tuple[str, ...]) -> int:
    if text in names:
        return names.index(text) + first
    if not (text.isascii() and text.isdecimal()) or not first <= int(text) <= last:
        raise ValueError(f"the {name} must be from {first} to {last}")
    return int(text)


def gap(slots: Slots, slot: datetime) -> timedelta:
    """How long it is from a slot to the next."""
    return slots.after(slot) - slot


def slots_between(slots: Slots, start: datetime, end: datetime) -> list[datetime]:
    """The slots from ``start`` until before ``end``."""
    found = []
    at = slots.after(start - timedelta(microseconds=1))
    while at < end:
        found.append(at)
        at = slots.after(at)
    return found
