"""Bursts of mentions: what is counted, and the incidents that people are told of once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Measure(StrEnum):
    """What is counted of a brand's mentions by the hour of their publication."""

    VOLUME = "volume"
    """Mentions by others than our own side."""
    NEGATIVE = "negative"
    """Those of them that are surely negative."""
    SHARE = "share"
    """The negative ones of all: judged where there are ten or more."""
    AUTHORS = "authors"
    """Distinct authors: a flood by one person is none by many."""


class SpikeChange(StrEnum):
    OPENED = "opened"
    GREW = "grew"
    """The excess is half as large again as when people were last told."""
    CLOSED = "closed"
    """Twelve hours without excess."""


@dataclass(frozen=True, slots=True)
class SpikeIncident:
    """One burst of one measure of one series, from its first hour to its end. ``id`` is ``None`` until it is stored."""

    id: int | None
    brand: str
    measure: Measure
    start: datetime
    """The start of the first hour that was too much."""
    detected_at: datetime
    """The end of the last hour that was needed to tell."""
    last_excess_at: datetime
    """The end of the latest hour with an excess."""
    hours: int
    """The length of the window that was too much when it was last told: 1 or 3."""
    count: float
    """In that window. Of ``SHARE``: the share of negative ones, from 0 to 1."""
    expected: float
    """As usual at that time of day."""
    p_value: float
    """How likely as much or more would be, were all as usual."""
    told_excess: float = 0.0
    """``count - expected`` when people were last told, over as long a stretch as the burst was detected in."""
    total: int | None = None
    """Of ``SHARE``: the mentions that it is a share of."""
    closed_at: datetime | None = None
