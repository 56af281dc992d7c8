"""Quiet hours: until when a message to somebody waits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from listener.core.recipients import QuietHours, Recipient

_DAY = timedelta(days=1)


def quiet_until(recipient: Recipient, now: datetime) -> datetime | None:
    """When the recipient's quiet hours end (UTC), by their own clock; ``None`` where it is not quiet now.

    In the night in which clocks go forward, the end may lie in the hour that is left out: then it comes up to an hour late. In
    the night in which they go back, the hours that come twice are quiet twice.
    """
    quiet = recipient.quiet
    if quiet is None or not _is_quiet(quiet, recipient, now):
        return None
    local = now.astimezone(recipient.zone)
    ends_tomorrow = quiet.end <= local.time()
    wall = datetime.combine(local.date() + (_DAY if ends_tomorrow else timedelta()), quiet.end)
    ends = (wall.replace(tzinfo=recipient.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return next((end for end in ends if end > now and not _is_quiet(quiet, recipient, end)), now + _DAY / 24)


def all_quiet_until(recipients: Iterable[Recipient], now: datetime) -> datetime | None:
    """When the first of those who share an address wants to be told again (UTC); ``None`` where one of them does now."""
    ends = [quiet_until(recipient, now) for recipient in recipients]
    known = [end for end in ends if end is not None]
    return min(known) if known and len(known) == len(ends) else None


def _is_quiet(quiet: QuietHours, recipient: Recipient, moment: datetime) -> bool:
    clock = moment.astimezone(recipient.zone).time()
    if quiet.start < quiet.end:
        return quiet.start <= clock < quiet.end
    return clock >= quiet.start or clock < quiet.end
