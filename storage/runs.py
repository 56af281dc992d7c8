"""The run log: what happened, run by run and source by source, and how each stream stands now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select, update

from listener.core.errors import RetryLater, SourceError, SourcePaused, SourceRejected
from listener.core.ports import RETRY_DEFAULT, RETRY_LONGEST, StreamResult
from listener.core.telling import Coverage, Health
from listener.core.times import as_utc
from storage.coverage import coverage, most_frequent
from storage.database import Database, Row, batches
from storage.listening_tables import cursors, gaps, run_sources, runs, stream_states


class Outcome(StrEnum):
    """How the last attempt to hear a stream ended."""

    OK = "ok"
    RETRY = "retry"
    """It may work later: too many requests, a time-out, a server in trouble."""
    REFUSED = "refused"
    """A person must act."""
    PAUSED = "paused"
    """On purpose: a cap is reached. No failure."""
    BROKEN = "broken"
    """The answer was not what the source promises."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run; ``ended_at`` is ``None`` where it is under way or was killed."""

    run_id: int
    started_at: datetime
    ended_at: datetime | None
    counts: Mapping[str, int]
    error: str | None


@dataclass(frozen=True, slots=True)
class StreamState:
    """How one stream of a source stands now; ``failures`` in a row.

    ``outcome`` is ``None`` for one that was asked last by a program that did not write it down. ``heard_until`` is earlier than
    ``last_success`` where more is to be fetched.
    """

    source: str
    stream: str
    last_attempt: datetime
    last_success: datetime | None
    last_error: str | None
    not_before: datetime | None
    failures: int
    outcome: Outcome | None = None
    notice: str | None = None
    heard_until: datetime | None = None


class Runs:
    """Implements ``RunLog``."""

    def __init__(self, database: Database, opened_at: datetime) -> None:
        self._database = database
        self._opened_at = as_utc(opened_at)

    def begin_run(self, now: datetime) -> int:
        with self._database.write() as connection:
            (run_id,) = self._database.reserve(connection, runs, 1)
            self._database.add(connection, runs, [{"id": run_id, "started_at": now, "counts": {}}])
            return run_id

    def log_streams(self, run_id: int, kind: str, results: Sequence[StreamResult], now: datetime) -> None:
        """Keep how each stream went, what was lost and, by source, what the run brought; several calls in one run add up."""
        if not results:
            return
        now = as_utc(now)
        by_source: dict[str, list[StreamResult]] = defaultdict(list)
        for result in results:
            by_source[result.source].append(result)
        with self._database.write() as connection:
            states = _states(connection, by_source)
            asked = {}
            for result in results:
                key = (result.source, result.stream)
                asked[key] = states[key] = _state(states.get(key), result, run_id, now)
            update = set(stream_states.c.keys()) - {"source", "stream"}
            self._database.put(connection, stream_states, asked.values(), update=update)
            standing: dict[str, list[Row]] = defaultdict(list)
            for (source, _), row in states.items():
                if row["run_id"] == run_id or (row["not_before"] is not None and row["not_before"] > now):
                    standing[source].append(row)  # asked in this run, or left alone since it asked for that
            logged = _logged(connection, run_id, by_source)
            rows = [
                {"run_id": run_id, "source": source, "kind": kind, **_summary(logged.get(source), theirs, standing[source], now)}
                for source, theirs in by_source.items()
            ]
            self._database.put(connection, run_sources, rows, update=set(rows[0]) - {"run_id", "source"})
            self._database.add(connection, gaps, _gaps(results, now))

    def end_run(self, run_id: int, now: datetime, counts: Mapping[str, int], error: str | None = None) -> None:
        with self._database.write() as connection:
            values = {"ended_at": now, "counts": dict(counts), "error": error}
            connection.execute(update(runs).where(runs.c.id == run_id).values(values))

    def died(self, since: datetime) -> bool:
        """Whether a run that began after ``since``, and before this store was opened, never came to its end."""
        with self._database.read() as connection:
            query = select(runs.c.id).where(runs.c.ended_at.is_(None), runs.c.started_at > as_utc(since))
            return connection.scalar(query.where(runs.c.started_at < self._opened_at).limit(1)) is not None

    def coverage(self, since: datetime, until: datetime) -> Sequence[Coverage]:
        """How well each source that was ever asked was heard after ``since`` until ``until``, by name."""
        with self._database.read() as connection:
            return coverage(connection, as_utc(since), as_utc(until))

    def listened_since(self, source: str) -> Mapping[str, datetime]:
        """When each stream of the source was first heard; what was published long before is history."""
        with self._database.read() as connection:
            query = select(cursors.c.stream, cursors.c.first_saved_at).where(cursors.c.source == source)
            return {row.stream: row.first_saved_at for row in connection.execute(query)}

    def latest(self, limit: int = 10) -> Sequence[RunRecord]:
        """The last runs, newest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(runs).order_by(runs.c.id.desc()).limit(limit))
            return [RunRecord(row.id, row.started_at, row.ended_at, row.counts, row.error) for row in rows]

    def stream_states(self, source: str | None = None) -> Sequence[StreamState]:
        """Every stream that was ever asked, by source and name."""
        query = select(stream_states).order_by(stream_states.c.source, stream_states.c.stream)
        if source is not None:
            query = query.where(stream_states.c.source == source)
        with self._database.read() as connection:
            return [
                StreamState(
                    source=row.source,
                    stream=row.stream,
                    last_attempt=row.last_attempt,
                    last_success=row.last_success,
                    last_error=row.last_error,
                    not_before=row.not_before,
                    failures=row.failures,
                    outcome=Outcome(row.outcome) if row.outcome else None,
                    notice=row.notice,
                    heard_until=row.heard_until,
                )
                for row in connection.execute(query)
            ]


def _states(connection: Connection, sources: Iterable[str]) -> dict[tuple[str, str], Row]:
    found: dict[tuple[str, str], Row] = {}
    for names in batches(sources):
        rows = connection.execute(select(stream_states).where(stream_states.c.source.in_(names))).mappings()
        found.update(((row["source"], row["stream"]), row) for row in rows)  # type: ignore[misc]  # its keys are plain texts
    return found


def _logged(connection: Connection, run_id: int, sources: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for names in batches(sources):
        query = select(run_sources).where(run_sources.c.run_id == run_id, run_sources.c.source.in_(names))
        found.update((row.source, row) for row in connection.execute(query))
    return found


def _state(known: Row | None, result: StreamResult, run_id: int, now: datetime) -> Row:
    """The stream's state after an attempt. What an attempt that did not end well leaves open stays as it was."""
    outcome = _outcome(result.error)
    before = known or {"last_success": None, "notice": None, "heard_until": None, "failures": 0}
    heard = outcome == Outcome.OK
    failures = 0 if heard else before["failures"] + (outcome != Outcome.PAUSED)
    return {
        "source": result.source,
        "stream": result.stream,
        "run_id": run_id,
        "last_attempt": now,
        "last_success": now if heard else before["last_success"],
        "last_error": result.error.reason if result.error else None,
        "not_before": _left_alone_until(result.error, failures, now),
        "failures": failures,
        "outcome": outcome.value,
        "notice": result.notice if heard else result.notice or before["notice"],
        "heard_until": (result.heard_until or now) if heard else before["heard_until"],
    }


def _outcome(error: SourceError | None) -> Outcome:
    if error is None:
        return Outcome.OK
    for kind, outcome in ((RetryLater, Outcome.RETRY), (SourceRejected, Outcome.REFUSED), (SourcePaused, Outcome.PAUSED)):
        if isinstance(error, kind):
            return outcome
    return Outcome.BROKEN


def _left_alone_until(error: SourceError | None, failures: int, now: datetime) -> datetime | None:
    """As the source asked; where it named no time, for longer with each failure in a row."""
    if isinstance(error, SourcePaused):
        return error.until
    if not isinstance(error, RetryLater):
        return None
    if error.after is not None:
        return now + error.after
    return now + min(RETRY_DEFAULT * (1 << min(failures - 1, 10)), RETRY_LONGEST)


def _gaps(results: Sequence[StreamResult], now: datetime) -> list[Row]:
    return [
        {
            "source": result.source,
            "stream": result.stream,
            "since": gap.since,
            "until": gap.until,
            "reason": gap.reason,
            "noticed_at": now,
        }
        for result in results
        for gap in result.gaps
    ]


def _summary(logged: Any, results: Sequence[StreamResult], states: Sequence[Row], now: datetime) -> Row:
    """The source's row of this run: counts added up, health from how its streams stand."""
    resting = [row for row in states if row["outcome"] == Outcome.PAUSED]
    failed = [row for row in states if row["last_error"] is not None and row["outcome"] != Outcome.PAUSED]
    heard = [row["heard_until"] for row in states]
    rejected = Counter(logged.rejected if logged else {})
    for result in results:
        rejected.update(result.rejected)
    sums = {
        "pages": sum(result.pages for result in results),
        "new": sum(result.saved.new for result in results),
        "changed": sum(result.saved.changed for result in results),
        "duplicates": sum(result.saved.duplicates for result in results),
    }
    return {
        **{name: count + (getattr(logged, name) if logged else 0) for name, count in sums.items()},
        "health": _health(len(states), failed, len(resting), now).value,
        "at": now,
        "heard_until": None if None in heard else min(heard),
        "streams": len(states),
        "streams_failed": len(failed),
        "streams_refused": sum(row["outcome"] == Outcome.REFUSED for row in failed),
        "rejected": dict(rejected),
        "reason": most_frequent([row["last_error"] for row in failed or resting]),
    }


def _health(streams: int, failed: Sequence[Row], resting: int, now: datetime) -> Health:
    """``PAUSED`` where nothing is wrong but that a part rests on purpose."""
    if not failed:
        return Health.PAUSED if resting else Health.OK
    if len(failed) + resting < streams:
        return Health.PARTIAL
    waiting = all(row["not_before"] is not None and row["not_before"] > now for row in failed)
    return Health.WAITING if waiting else Health.FAILED
