"""Time is a parameter: aware UTC datetimes only."""

from __future__ import annotations

from datetime import UTC, datetime, time


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC.

    Raises:
        ValueError: the datetime is naive; guessing its zone would be wrong twice a year.
    """
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError("a datetime without a time zone was given")
    return moment.astimezone(UTC)


def midnight(moment: datetime) -> datetime:
    """00:00 UTC of that moment's UTC day: the time as of which a day's standings are computed."""
    return datetime.combine(as_utc(moment).date(), time.min, tzinfo=UTC)
