"""Incidents: troubles with sources, from the alert to the notice of recovery, and what they are judged by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select, union_all, update

from listener.core.alerting import AlertPlan
from listener.core.health import Incident, IncidentKind, SourceHistory
from storage.alerts import put_plan
from storage.coverage import is_asked, most_frequent
from storage.database import Database, batches
from storage.listening_tables import incidents, stream_states
from storage.tables import mentions

TIMES = 101
"""Moments of publishing that tell a hundred gaps: so many are looked at however long ago they were."""
RECORD = timedelta(days=14)
"""Of the time before a source was last asked all moments are looked at: its nights and weekends are in it."""
MOST_TIMES = 3_000
"""But no more than that of a source."""
_AT_ONCE = 100
"""Sources a statement: SQLite joins no more than 500 queries into one."""


class Incidents:
    """Keeps incidents; at most one of a source and kind is open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self) -> Sequence[Incident]:
        """The incidents that are open now, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(incidents).where(incidents.c.closed_at.is_(None)).order_by(incidents.c.id))
            return [_incident(row) for row in rows]

    def latest(self, limit: int = 50) -> Sequence[Incident]:
        """The incidents that were opened last, newest first."""
        with self._database.read() as connection:
            return [_incident(row) for row in connection.execute(select(incidents).order_by(incidents.c.id.desc()).limit(limit))]

    def history(self, sources: Collection[str]) -> Sequence[SourceHistory]:
        """What is known of the sources, by name; one that was never asked is left out."""
        with self._database.read() as connection:
            streams: dict[str, list[Any]] = defaultdict(list)
            for names in batches(sorted(set(sources))):
                for row in connection.execute(select(stream_states).where(stream_states.c.source.in_(names))):
                    streams[row.source].append(row)
            asked_at = {source: max(row.last_attempt for row in its) for source, its in streams.items()}
            times = publication_times(connection, asked_at)
        return [_history(source, its, times.get(source, ())) for source, its in sorted(streams.items())]

    def save(self, opened: Sequence[Incident], closed: Sequence[Incident], plan: AlertPlan, now: datetime) -> None:
        """Keep what changed with its alerts and messages, in one transaction.

        One that is opened while its source has an open one of its kind adds nothing.
        """
        with self._database.write() as connection:
            ended = [{"of_id": incident.id, "at": incident.closed_at or now} for incident in closed]
            here = update(incidents).where(incidents.c.id == bindparam("of_id"), incidents.c.closed_at.is_(None))
            for batch in batches(ended):
                connection.execute(here.values(closed_at=bindparam("at")), batch)
            still = select(incidents.c.source, incidents.c.kind).where(incidents.c.closed_at.is_(None))
            there = {(row.source, row.kind) for row in connection.execute(still)}
            rows = {(one.source, one.kind.value): _row(one) for one in opened}
            self._database.add(connection, incidents, [row for key, row in rows.items() if key not in there])
            put_plan(self._database, connection, plan, now)


def publication_times(connection: Connection, asked_at: Mapping[str, datetime]) -> Mapping[str, tuple[datetime, ...]]:
    """When each of the sources published: the latest distinct moments that it gave itself, newest first.

    ``asked_at`` is when each was asked last.
    """
    found: dict[str, list[datetime]] = defaultdict(list)
    for names in batches(asked_at, _AT_ONCE):
        of_each = []
        for name in names:
            moments = select(mentions.c.source, mentions.c.said_at).distinct()
            moments = moments.where(mentions.c.source == name, mentions.c.published_at.is_not(None))
            moments = moments.order_by(mentions.c.said_at.desc())
            recent = moments.where(mentions.c.said_at >= asked_at[name] - RECORD).limit(MOST_TIMES).subquery()
            of_each += [select(moments.limit(TIMES).subquery()), select(recent)]
        for row in connection.execute(union_all(*of_each)):
            found[row.source].append(row.said_at)
    return {source: tuple(sorted(set(times), reverse=True)) for source, times in found.items()}


def _history(source: str, streams: Sequence[Any], times: tuple[datetime, ...]) -> SourceHistory:
    run_id, at = max(row.run_id for row in streams), max(row.last_attempt for row in streams)
    asked = [row for row in streams if is_asked(row, run_id, at)]
    working = [row for row in asked if row.outcome != "paused"]
    told = working or asked
    return SourceHistory(
        source=source,
        failures=min(row.failures for row in told),
        reason=most_frequent([row.last_error for row in told if row.last_error is not None]),
        times=times,
        paused=not working,
        last_success=max((row.last_success for row in told if row.last_success is not None), default=None),
    )


def _row(incident: Incident) -> dict[str, Any]:
    values = {"source": incident.source, "kind": incident.kind.value, "reason": incident.reason}
    return {**values, "opened_at": incident.opened_at, "closed_at": incident.closed_at}


def _incident(row: Any) -> Incident:
    return Incident(row.id, row.source, IncidentKind(row.kind), row.reason, row.opened_at, row.closed_at)
