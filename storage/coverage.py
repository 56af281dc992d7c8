"""Coverage: how well each source was heard in a window, from the run log and from what was stored."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from listener.core.mention import Gap
from listener.core.telling import Coverage, Health
from storage.listening_tables import cursors, gaps, run_sources, stream_states, used
from storage.tables import mentions


def coverage(connection: Connection, since: datetime, until: datetime) -> list[Coverage]:
    """How well each source was heard: its latest state until then, and what the runs in the window brought.

    ``since`` and ``until`` are in UTC.
    """
    runs: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(select(run_sources).where(run_sources.c.at > since, run_sources.c.at <= until)):
        runs[row.source].append(row)
    latest = _latest(connection, until)
    lags = _lags(connection, since, until)
    lost = _gaps(connection, since, until)
    notices = _notices(connection, latest)
    charged = _used(connection, since, until)
    return [
        _of_source(
            row,
            runs[row.source],
            lag_p95=lags.get(row.source),
            gaps=tuple(lost[row.source]),
            notices=tuple(notices[row.source]),
            used=charged[row.source],
        )
        for row in latest
    ]


def _of_source(row: Any, runs: Sequence[Any], **found: Any) -> Coverage:
    rejected: Counter[str] = Counter()
    for one in runs:
        rejected.update(one.rejected)
    return Coverage(
        source=row.source,
        kind=row.kind,
        health=Health(row.health),
        heard_until=row.heard_until,
        runs=len(runs),
        failed_runs=sum(one.streams_failed == one.streams for one in runs),
        streams=row.streams,
        streams_failed=row.streams_failed,
        new=sum(one.new for one in runs),
        changed=sum(one.changed for one in runs),
        duplicates=sum(one.duplicates for one in runs),
        rejected=dict(rejected),
        reason=row.reason,
        refused_runs=sum(one.streams_refused > 0 for one in runs),
        **found,
    )


def _latest(connection: Connection, until: datetime) -> Sequence[Any]:
    """The newest row of each source, by name: one step in the index a source, however long the log is."""
    sources = select(stream_states.c.source).distinct().subquery()
    newest = (
        select(run_sources.c.run_id)
        .where(run_sources.c.source == sources.c.source, run_sources.c.at <= until)
        .order_by(run_sources.c.run_id.desc())
        .limit(1)
        .correlate(sources)
        .scalar_subquery()
    )
    query = select(run_sources).join(sources, (run_sources.c.source == sources.c.source) & (run_sources.c.run_id == newest))
    return connection.execute(query.order_by(run_sources.c.source)).all()


def _lags(connection: Connection, since: datetime, until: datetime) -> dict[str, timedelta]:
    """Of the news heard in the window: so soon after they were published 95 of 100, or sooner, were heard.

    What was published before its stream was first listened to says nothing of how soon it is heard, and is left out.
    ``said_at`` is the time of publishing here, but for what claims to be of the future.
    """
    here = (mentions.c.heard_at > since, mentions.c.heard_at <= until, ~mentions.c.history, mentions.c.published_at.is_not(None))
    place = func.row_number().over(partition_by=mentions.c.source, order_by=_seconds(connection)).label("place")
    of = func.count().over(partition_by=mentions.c.source).label("of")
    listening = (cursors.c.source == mentions.c.source) & (cursors.c.stream == mentions.c.stream)
    query = select(mentions.c.source, mentions.c.heard_at, mentions.c.said_at, place, of).join(cursors, listening)
    ranked = query.where(*here, mentions.c.said_at >= cursors.c.first_saved_at).subquery()
    at = (ranked.c.place * 100 >= ranked.c.of * 95) & ((ranked.c.place - 1) * 100 < ranked.c.of * 95)
    return {row.source: row.heard_at - row.said_at for row in connection.execute(select(ranked).where(at))}


def _seconds(connection: Connection) -> ColumnElement[Any]:
    """How long after it was said a mention was heard, for ordering."""
    if connection.dialect.name == "sqlite":
        return func.julianday(mentions.c.heard_at) - func.julianday(mentions.c.said_at)
    return mentions.c.heard_at - mentions.c.said_at


def _gaps(connection: Connection, since: datetime, until: datetime) -> Mapping[str, list[Gap]]:
    """What was lost, as noticed in the window; the same window lost by several streams of a source counts once."""
    what = (gaps.c.source, gaps.c.since, gaps.c.until, gaps.c.reason)
    query = select(*what).distinct().where(gaps.c.noticed_at > since, gaps.c.noticed_at <= until)
    found: dict[str, list[Gap]] = defaultdict(list)
    for row in connection.execute(query.order_by(*what)):
        found[row.source].append(Gap(row.since, row.until, row.reason))
    return found


def _notices(connection: Connection, latest: Sequence[Any]) -> Mapping[str, list[str]]:
    """What a person should know now about streams that are still asked."""
    found: dict[str, list[str]] = defaultdict(list)
    newest = {row.source: row for row in latest}
    query = select(stream_states).where(stream_states.c.notice.is_not(None))
    for row in connection.execute(query.order_by(stream_states.c.source, stream_states.c.stream)):
        last = newest.get(row.source)
        if last is not None and is_asked(row, last.run_id, last.at) and row.notice not in found[row.source]:
            found[row.source].append(row.notice)
    return found


def is_asked(state: Any, run_id: int, at: datetime) -> bool:
    """Whether a stream is still part of its source: asked in the source's newest run, or left alone then; else it was removed."""
    return bool(state.run_id >= run_id or (state.not_before is not None and state.not_before > at))


def _used(connection: Connection, since: datetime, until: datetime) -> Mapping[str, dict[str, int]]:
    days = (used.c.day >= since.date().isoformat(), used.c.day <= until.date().isoformat())
    query = select(used.c.source, used.c.unit, func.sum(used.c.amount).label("amount")).where(*days)
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in connection.execute(query.group_by(used.c.source, used.c.unit).order_by(used.c.unit)):
        found[row.source][row.unit] = int(row.amount)
    return found


def most_frequent(reasons: Iterable[str]) -> str | None:
    """The most frequent reason, and how many streams have others; ``None`` where there is none."""
    counted = Counter(reasons).most_common()
    if not counted:
        return None
    (reason, times), *others = counted
    return reason if not others else f"{reason} ({times} streams; {sum(count for _, count in others)} for other reasons)"
