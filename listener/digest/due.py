"""When an edition is due: once for each time that the recipient's hour passed, whatever the clocks do meanwhile. Pure rules.

All comparisons are of moments in UTC. The hour that clocks skip passes when they have skipped it; of the hour that comes twice
the first counts. A clock that is set back finds nothing due that was told already.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from listener.core.recipients import Recipient


def daily_is_due(recipient: Recipient, told_until: datetime | None, now: datetime, *, often: bool = False) -> bool:
    """Once for each time that the hour passed since the last digest; at once for somebody who was never told anything.

    Not only in the rest of the day: a job that runs once a day before the hour tells what yesterday's hour left. One digest a day
    at most, since a day's digest is kept as it was told. Where somebody looks ``often``, a day that was told before its hour (as
    the first one is) leaves nothing: the next digest waits for the next day's hour.
    """
    if told_until is None:
        return True
    day, passed = recipient.day(told_until), last_hour(recipient, now)
    left = day < recipient.day(passed) if often else told_until < passed
    return left and day < recipient.day(now)


def weekly_is_due(recipient: Recipient, told_until: datetime | None, began: datetime | None, now: datetime) -> bool:
    """Once for each time that the hour of the recipient's weekday passed since the last edition.

    The first one comes when that hour has passed for the first time since listening ``began``: before, there is no week to tell.
    """
    since = told_until or began
    return since is not None and since < _passed(recipient.hour, recipient.zone, edition_day(recipient, now))


def last_hour(recipient: Recipient, now: datetime) -> datetime:
    """When the recipient's hour passed last, in UTC."""
    today = _passed(recipient.hour, recipient.zone, recipient.day(now))
    return today if today <= now else _passed(recipient.hour, recipient.zone, recipient.day(now) - timedelta(days=1))


def edition_day(recipient: Recipient, now: datetime) -> date:
    """The day of the weekly edition that was due last: the recipient's weekday, once its hour has passed.

    The edition tells of the seven days before that day, whenever it is made.
    """
    today = recipient.day(now)
    day = today - timedelta(days=(today.weekday() - recipient.weekday) % 7)
    return day if _passed(recipient.hour, recipient.zone, day) <= now else day - timedelta(days=7)


def _passed(hour: int, zone: tzinfo, day: date) -> datetime:
    """When the clocks of the zone show that hour on that day, in UTC."""
    return datetime.combine(day, time(hour), zone).astimezone(UTC)
