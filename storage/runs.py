"""The run log: what happened, run by run and source by source, and how each stream stands now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from listener.core.errors import RetryLater, SourceError
from listener.core.ports import RETRY_DEFAULT, StreamResult
from listener.core.telling import Coverage, Health
from listener.core.times import as_utc
from storage.database import Database
from storage.tables import cursors, run_sources, runs, stream_states


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
    """How one stream of a source stands now; ``failures`` in a row."""

    source: str
    stream: str
    last_attempt: datetime
    last_success: datetime | None
    last_error: str | None
    not_before: datetime | None
    failures: int


class Runs:
    """Implements ``RunLog``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin_run(self, now: datetime) -> int:
        with self._database.write() as connection:
            (run_id,) = self._database.reserve(connection, runs, 1)
            self._database.add(connection, runs, [{"id": run_id, "started_at": now, "counts": {}}])
            return run_id

    def log_streams(self, run_id: int, kind: str, results: Sequence[StreamResult], now: datetime) -> None:
        """Keep how each stream went and, by source, what it brought; several calls in one run add up."""
        with self._database.write() as connection:
            by_source: dict[str, list[StreamResult]] = defaultdict(list)
            for result in results:
                by_source[result.source].append(result)
            known = _states(connection, by_source)
            states = [_state(known.get((result.source, result.stream)), result, run_id, now) for result in results]
            if not states:
                return
            self._database.put(connection, stream_states, states, update=set(states[0]) - {"source", "stream"})
            now_known = _states(connection, by_source)
            rows = []
            for source, theirs in by_source.items():
                logged = connection.execute(
                    select(run_sources).where(run_sources.c.run_id == run_id, run_sources.c.source == source)
                ).first()
                current = [row for (name, _), row in now_known.items() if name == source and _counts_now(row, run_id, now)]
                rows.append({"run_id": run_id, "source": source, "kind": kind, **_summary(logged, theirs, current, now)})
            self._database.put(connection, run_sources, rows, update=set(rows[0]) - {"run_id", "source"})

    def end_run(self, run_id: int, now: datetime, counts: Mapping[str, int], error: str | None = None) -> None:
        with self._database.write() as connection:
            values = {"ended_at": now, "counts": dict(counts), "error": error}
            connection.execute(update(runs).where(runs.c.id == run_id).values(values))

    def coverage(self, since: datetime, until: datetime) -> Sequence[Coverage]:
        """How well each source that was ever asked was heard after ``since`` until ``until``, by name."""
        with self._database.read() as connection:
            return coverage(connection, as_utc(since), as_utc(until))

    def listened_since(self, source: str) -> Mapping[str, datetime]:
        """When each stream of the source was first heard; what was published long before is history."""
        with self._database.read() as connection:
            query = select(cursors.c.stream, cursors.c.first_saved_at).where(cursors.c.source == source)
            return {row.stream: row.first_saved_at for row in connection.execute(query)}

    def not_before(self, source: str) -> Mapping[str, datetime]:
        """Streams that asked to be left alone, and until when."""
        with self._database.read() as connection:
            query = select(stream_states.c.stream, stream_states.c.not_before)
            query = query.where(stream_states.c.source == source, stream_states.c.not_before.is_not(None))
            return {row.stream: row.not_before for row in connection.execute(query)}

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
                    row.source, row.stream, row.last_attempt, row.last_success, row.last_error, row.not_before, row.failures
                )
                for row in connection.execute(query)
            ]


def _counts_now(row: Any, run_id: int, now: datetime) -> bool:
    """Whether the stream's state says how the source is heard in this run: asked in it, or left alone since it asked for that."""
    return bool(row.run_id == run_id or (row.not_before is not None and row.not_before > now))


def _states(connection: Connection, sources: Iterable[str]) -> dict[tuple[str, str], Any]:
    query = select(stream_states).where(stream_states.c.source.in_(list(sources)))
    return {(row.source, row.stream): row for row in connection.execute(query)}


def _state(known: Any, result: StreamResult, run_id: int, now: datetime) -> dict[str, Any]:
    error = result.error
    failed = error is not None
    return {
        "source": result.source,
        "stream": result.stream,
        "run_id": run_id,
        "last_attempt": now,
        "last_success": (known.last_success if known else None) if failed else now,
        "last_error": error.reason if error else None,
        "not_before": _left_alone_until(error, now),
        "failures": (known.failures if known else 0) + 1 if failed else 0,
    }


def _left_alone_until(error: SourceError | None, now: datetime) -> datetime | None:
    if not isinstance(error, RetryLater):
        return None
    return now + (RETRY_DEFAULT if error.after is None else error.after)


def _summary(logged: Any, results: Sequence[StreamResult], states: Sequence[Any], now: datetime) -> dict[str, Any]:
    """The source's row of this run: counts added up, health from how its streams stand."""
    failed = [row for row in states if row.last_error is not None]
    heard = [row.last_success for row in states]
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
        "health": _health(states, failed, now).value,
        "at": now,
        "heard_until": None if None in heard else min(heard),
        "streams": len(states),
        "streams_failed": len(failed),
        "rejected": dict(rejected),
        "reason": _reason(failed),
    }


def _health(states: Sequence[Any], failed: Sequence[Any], now: datetime) -> Health:
    if not failed:
        return Health.OK
    if len(failed) < len(states):
        return Health.PARTIAL
    waiting = all(row.not_before is not None and row.not_before > now for row in failed)
    return Health.WAITING if waiting else Health.FAILED


def _reason(failed: Sequence[Any]) -> str | None:
    """The most frequent reason, and how many streams have others."""
    if not failed:
        return None
    (reason, times), *others = Counter(row.last_error for row in failed).most_common()
    return reason if not others else f"{reason} ({times} streams; {sum(count for _, count in others)} for other reasons)"


def coverage(connection: Connection, since: datetime, until: datetime) -> list[Coverage]:
    """How well each source was heard: its latest state until then, and what the runs in the window brought."""
    in_window = (run_sources.c.at > since, run_sources.c.at <= until)
    last = select(run_sources.c.source, func.max(run_sources.c.run_id).label("run_id")).where(run_sources.c.at <= until)
    newest = last.group_by(run_sources.c.source).subquery()
    latest = select(run_sources).join(
        newest, (newest.c.source == run_sources.c.source) & (newest.c.run_id == run_sources.c.run_id)
    )
    brought: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(select(run_sources).where(*in_window)):
        brought[row.source].append(row)
    found = []
    for row in connection.execute(latest.order_by(run_sources.c.source)):
        window = brought[row.source]
        rejected: Counter[str] = Counter()
        for one in window:
            rejected.update(one.rejected)
        found.append(
            Coverage(
                source=row.source,
                kind=row.kind,
                health=Health(row.health),
                heard_until=row.heard_until,
                runs=len(window),
                failed_runs=sum(one.streams_failed == one.streams for one in window),
                streams=row.streams,
                streams_failed=row.streams_failed,
                new=sum(one.new for one in window),
                changed=sum(one.changed for one in window),
                duplicates=sum(one.duplicates for one in window),
                rejected=dict(rejected),
                reason=row.reason,
            )
        )
    return found
