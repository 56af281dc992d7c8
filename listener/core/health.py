"""Sources that fail or fall silent: what is known of each, and the incidents that people are told of once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class IncidentKind(StrEnum):
    FAILING = "failing"
    """Several attempts in a row brought nothing from any part of the source."""
    SILENT = "silent"
    """It answers, and has published nothing for far longer than it usually does."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One trouble with one source, from its one alert to its one notice of recovery. ``id`` is ``None`` until it is stored;
    ``closed_at`` is ``None`` while it lasts. A source has at most one open incident of each kind."""

    id: int | None
    source: str
    kind: IncidentKind
    reason: str
    opened_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceHistory:
    """What tells whether a source fails or is silent."""

    source: str
    failures: int = 0
    """Failures in a row of the part that failed least, of those that do not rest by a cap: above 0 only where all these fail."""
    reason: str | None = None
    """Why it was not heard the last time, wholly or in part; ``None`` where all of it was heard."""
    times: tuple[datetime, ...] = ()
    """When it published: the latest distinct moments, newest first."""
    paused: bool = False
    """Every part of it rests on purpose, because a cap is reached: then its silence says nothing."""
    last_success: datetime | None = None
    """When any part of it was last heard."""
