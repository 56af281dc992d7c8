"""Times on the command line."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from listener.core.errors import ConfigError, Problem
from listener.core.times import as_utc

_AGO = re.compile(r"(\d{1,5})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def is_length(text: str) -> bool:
    """Whether it is a length of time, such as ``4h``."""
    return _AGO.fullmatch(text.strip().lower()) is not None


def parse_moment(text: str, now: datetime, option: str, *, ahead: bool = False) -> datetime:
    """A time such as ``2026-03-01``, ``2026-03-01T08:00+01:00`` (without offset: UTC), or ``7d``: before, or ``ahead`` of, now.

    Raises:
        ConfigError: it is none of these.
    """
    try:
        if found := _AGO.fullmatch(text.strip().lower()):
            distance = timedelta(**{_UNITS[found[2]]: int(found[1])})
            return now + distance if ahead else now - distance
        parsed = datetime.fromisoformat(text.strip())
        return as_utc(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        allowed = "a time such as 2026-03-01, 2026-03-01T08:00+01:00 or 7d"
        raise ConfigError([Problem(option, f'"{text[:60]}"', allowed)]) from None


def parse_day(text: str, option: str) -> date:
    """A day such as ``2026-03-01``.

    Raises:
        ConfigError: it is none.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError([Problem(option, f'"{text[:60]}"', "a day such as 2026-03-01")]) from None
