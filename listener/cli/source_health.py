"""How every source stands, gathered from the configuration, the run log, the ledgers and the schedule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from listener.allowances import run_words, spent_by, spent_words
from listener.core.mention import Gap
from listener.core.telling import Coverage, Health

if TYPE_CHECKING:
    from listener.core.health import Incident
    from listener.sources import Source
    from listener.wiring import App
    from storage.runs import StreamState
    from storage.store import Store

WINDOW = timedelta(days=1)
GAPS = timedelta(days=30)
"""What was lost is told for longer than what was brought: nobody looks every day."""


@dataclass(frozen=True, slots=True)
class Used:
    """An allowance of a source and what was used of it in its period; amounts divided by ``scale`` are in units of ``label``."""

    unit: str
    label: str
    per: str
    scale: int
    limit: int
    used: int
    left: int
    most_per_run: int | None
    words: str
    run_words: str


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """One source. Counts, runs and the lag are of the last 24 hours, ``gaps`` of the last 30 days."""

    source: str
    kind: str
    health: str
    heard_until: datetime | None
    """Everything that it published until then was heard."""
    last_attempt: datetime | None
    last_success: datetime | None
    """Of any part of it."""
    new: int
    failures: int
    """In a row, of the part that failed most often."""
    next_at: datetime | None
    """When it is asked next, by its schedule and the pauses that it asked for."""
    reason: str | None
    changed: int = 0
    duplicates: int = 0
    rejected: Mapping[str, int] | None = None
    """Entries that could not be used, by reason."""
    runs: int = 0
    failed_runs: int = 0
    refused_runs: int = 0
    streams: int = 0
    streams_failed: int = 0
    lag_p95: timedelta | None = None
    left_alone_until: datetime | None = None
    """Set where it asked for a pause, or rests because a cap is reached."""
    gaps: Sequence[Gap] = ()
    notices: Sequence[str] = ()
    allowances: Sequence[Used] = ()
    incident: Mapping[str, Any] | None = None
    """The trouble that people were told of, while it lasts: its kind, its reason, and since when."""
    policy: str | None = None
    """The terms that it is heard under; ``listener check`` says what they allow."""

    @property
    def coverage(self) -> Coverage:
        """The line that is told of it, as in the digest."""
        return Coverage(
            source=self.source,
            kind=self.kind,
            health=Health(self.health),
            heard_until=self.heard_until,
            runs=self.runs,
            failed_runs=self.failed_runs,
            streams=self.streams,
            streams_failed=self.streams_failed,
            refused_runs=self.refused_runs,
            reason=self.reason,
        )


def gather(app: App, store: Store, now: datetime) -> Iterator[SourceHealth]:
    """Configured sources in their order; then those that were heard once and are configured no more."""
    from listener.schedule import next_runs

    known = {line.source: line for line in store.runs.coverage(now - WINDOW, now)}
    lost = {line.source: line.gaps for line in store.runs.coverage(now - GAPS, now)}
    states: dict[str, list[StreamState]] = {}
    for state in store.runs.stream_states():
        states.setdefault(state.source, []).append(state)
    upcoming = next_runs(app, [state for theirs in states.values() for state in theirs], now)
    incidents = {incident.source: incident for incident in store.incidents.open()}
    for source in app.sources:
        line = known.pop(source.name, None) or _never_run(source)
        found = _health(line, states.get(source.name, ()), lost.get(source.name, ()), now)
        if source.disabled:
            found = replace(found, health=Health.DISABLED.value, reason=source.disabled)
        yield replace(
            found,
            next_at=upcoming.get(source.name),
            allowances=tuple(_used(store, source, now.astimezone(UTC).date())),
            incident=_incident(incidents.get(source.name)),
            policy=source.policy.name,
        )
    for line in known.values():
        found = _health(line, states.get(line.source, ()), lost.get(line.source, ()), now)
        yield replace(found, health=Health.DISABLED.value, reason="it is not in the configuration any more")


def _never_run(source: Source) -> Coverage:
    return Coverage(source.name, source.kind, Health.WAITING, None, streams=0, reason="never run so far")


def _health(line: Coverage, states: Sequence[StreamState], gaps: Sequence[Gap], now: datetime) -> SourceHealth:
    pauses = [state.not_before for state in states if state.not_before and state.not_before > now]
    return SourceHealth(
        source=line.source,
        kind=line.kind,
        health=line.health.value,
        heard_until=line.heard_until,
        last_attempt=max((state.last_attempt for state in states), default=None),
        last_success=max((state.last_success for state in states if state.last_success), default=None),
        new=line.new,
        failures=max((state.failures for state in states), default=0),
        next_at=None,
        reason=line.reason,
        changed=line.changed,
        duplicates=line.duplicates,
        rejected=line.rejected,
        runs=line.runs,
        failed_runs=line.failed_runs,
        refused_runs=line.refused_runs,
        streams=line.streams,
        streams_failed=line.streams_failed,
        lag_p95=line.lag_p95,
        left_alone_until=min(pauses, default=None),
        gaps=gaps,
        notices=line.notices,
    )


def _used(store: Store, source: Source, today: date) -> Iterator[Used]:
    for spent in spent_by(store.ledgers, source.name, source.spec.allowances(source.options), today):
        allowance = spent.allowance
        yield Used(
            unit=allowance.unit,
            label=allowance.label,
            per=allowance.per,
            scale=allowance.scale,
            limit=allowance.limit,
            used=spent.used,
            left=spent.left,
            most_per_run=allowance.most_per_run,
            words=spent_words(spent),
            run_words=run_words(allowance),
        )


def _incident(incident: Incident | None) -> Mapping[str, Any] | None:
    if incident is None:
        return None
    return {"kind": incident.kind.value, "opened_at": incident.opened_at, "reason": incident.reason}
