"""Metrics of a scheduled job, as a text file that Prometheus' node exporter (or a sidecar) reads.

A job that ends cannot be asked; so each pass leaves a file with how it went, written beside and moved into place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from listener.core.telling import Coverage, Health

if TYPE_CHECKING:
    from listener.wiring import App
    from storage.store import Store

log = structlog.get_logger()

PREFIX = "listener"
DAY = timedelta(days=1)


def leave_metrics(app: App, store: Store, now: datetime, *, worked: bool, counts: Mapping[str, int], seconds: float) -> None:
    """Write how a pass went and how everything stands, where a file is configured; one that cannot be written is no failure of
    the pass, and is logged."""
    file = app.settings.metrics_file
    if file is None:
        return
    from storage import schema

    waits = store.attention(now)
    measured = Measured(
        began_at=now,
        seconds=seconds,
        worked=worked,
        counts=counts,
        coverage=store.runs.coverage(now - DAY, now),
        messages={"waiting": waits.waiting, "parked": waits.parked, "refused": waits.refused},
        overdue=waits.overdue,
        undecided=waits.new,
        alerts=waits.alerts,
        database_bytes=waits.size_bytes,
        version=version("listener"),
        schema=schema.HEAD,
    )
    try:
        write_metrics(file, measured)
    except OSError as problem:
        log.warning("The metrics could not be written.", action="metrics_failed", file=str(file), reason=problem.strerror)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a pass leaves. ``coverage`` is of the last 24 hours, ``waiting`` and the like are as of its end."""

    began_at: datetime
    """Of the moment that the pass works with: its beginning."""
    seconds: float
    worked: bool
    counts: Mapping[str, int]
    coverage: Sequence[Coverage]
    messages: Mapping[str, int]
    """By state."""
    overdue: int
    undecided: int
    alerts: int
    database_bytes: int
    version: str
    schema: str


def write_metrics(file: Path, measured: Measured) -> None:
    """Write the file in one piece.

    Raises:
        OSError: it cannot be written.
    """
    from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

    registry = CollectorRegistry()

    def gauge(name: str, what: str, values: Mapping[tuple[str, ...], float], labels: Sequence[str] = ()) -> None:
        found = Gauge(f"{PREFIX}_{name}", what, labels, registry=registry)
        for of, value in values.items():
            (found.labels(*of) if labels else found).set(value)

    run = measured
    heard: dict[tuple[str, ...], Coverage] = {(each.source,): each for each in run.coverage}
    gauge("build_info", "Version of the program and of its schema.", {(run.version, run.schema): 1}, ["version", "schema"])
    gauge("run_timestamp_seconds", "When the last run began.", {(): run.began_at.timestamp()})
    gauge("run_seconds", "How long the last run took.", {(): run.seconds})
    gauge("run_worked", "1 where the last run as a whole worked.", {(): run.worked})
    gauge("run_items", "What the last run did, by what.", {(key,): n for key, n in run.counts.items()}, ["what"])
    gauge("source_up", "1 where the source was heard without gaps.", {of: _up(line) for of, line in heard.items()}, ["source"])
    until: dict[tuple[str, ...], float] = {of: line.heard_until.timestamp() for of, line in heard.items() if line.heard_until}
    gauge("source_heard_until_timestamp_seconds", "Everything published until then was heard.", until, ["source"])
    lag: dict[tuple[str, ...], float] = {
        of: line.lag_p95.total_seconds() for of, line in heard.items() if line.lag_p95 is not None
    }
    gauge("source_lag_seconds", "95 of 100 mentions of the last day were heard so soon.", lag, ["source"])
    gauge("source_failed_runs", "Failed runs in the last day.", {of: line.failed_runs for of, line in heard.items()}, ["source"])
    gauge("source_new_mentions", "New mentions in the last day.", {of: line.new for of, line in heard.items()}, ["source"])
    gauge("messages", "Outgoing messages, by state.", {(state,): n for state, n in run.messages.items()}, ["state"])
    gauge("cases_overdue", "Follow-ups whose day is over.", {(): run.overdue})
    gauge("cases_undecided", "Cases that nobody has decided about.", {(): run.undecided})
    gauge("alerts_open", "Alerts that nobody acknowledged.", {(): run.alerts})
    gauge("database_bytes", "Size of the database.", {(): run.database_bytes})
    write_to_textfile(str(file), registry)


def _up(line: Coverage) -> float:
    """A source that rests on purpose is up; one that is switched off is not asked."""
    return float(line.health in {Health.OK, Health.PAUSED})
