"""An alert as data: what is told at once, already in words. Nothing in it is personal data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AlertItem:
    """One source that is not heard, or is heard again. All text is on one line."""

    source: str
    kind: str
    news: str
    """``print-forum has not been heard since 12 Nov 14:05 (3 failures in a row)``."""
    what: str
    since: str
    why: str
    lost: str
    """What was lost for good, as far as it is known; empty where nothing can be said."""
    step: str
    command: str
    recovered: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """One message: the news of one source, or of many at once. ``key`` is the same whenever it is told."""

    key: str
    news: str
    at: datetime
    """In the reader's zone, which ``zone`` names."""
    zone: str
    recovered: bool
    items: tuple[AlertItem, ...]
