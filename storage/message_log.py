"""Outgoing messages as people look at them: what each was about, to whom it went, and what became of it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from listener.core.messages import MessageKind, MessageState
from storage.database import batches
from storage.telling_tables import alert_messages, alerts, digests, outbox


@dataclass(frozen=True, slots=True)
class SentLine:
    """One message, without its text."""

    id: int
    dedup_key: str
    kind: MessageKind
    what: str
    """Its subject; what it was about where it went out and its words were forgotten."""
    channel: str
    recipient: str
    state: MessageState
    created_at: datetime
    attempts: int
    next_attempt_at: datetime | None
    not_before: datetime | None
    ended_at: datetime | None
    detail: str | None
    alerts: tuple[str, ...] = ()
    """The keys of the alerts that it tells of."""


def find_messages(
    connection: Connection, *, state: MessageState | None, limit: int, ids: Collection[int] | None = None
) -> Sequence[SentLine]:
    """The newest messages, at most so many; of one state, or those of the ``ids``."""
    columns = [column for column in outbox.c if column.name not in {"text", "html", "card", "pictures"}]
    query = select(*columns, digests.c.day).outerjoin(digests, digests.c.id == outbox.c.digest_id)
    query = query.order_by(outbox.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(outbox.c.state == state.value)
    if ids is None:
        rows = list(connection.execute(query))
    else:
        rows = [row for chunk in batches(sorted(ids)) for row in connection.execute(query.where(outbox.c.id.in_(chunk)))]
    told = _alerts_of(connection, [row.id for row in rows])
    return [_line(row, told.get(row.id, [])) for row in rows]


def count_messages(connection: Connection, state: MessageState | None) -> int:
    """How many messages there are, of one state or of any."""
    query = select(func.count()).select_from(outbox)
    return connection.scalar(query if state is None else query.where(outbox.c.state == state.value)) or 0


def _alerts_of(connection: Connection, message_ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """The alerts that each of the messages tells of: key and news."""
    found: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for ids in batches(message_ids):
        query = select(alert_messages.c.message_id, alerts.c.key, alerts.c.words)
        query = query.join(alerts, alerts.c.id == alert_messages.c.alert_id).order_by(alerts.c.id)
        for row in connection.execute(query.where(alert_messages.c.message_id.in_(ids))):
            found[row.message_id].append((row.key, str(json.loads(row.words).get("news", ""))))
    return found


def _line(row: Any, told: Sequence[tuple[str, str]]) -> SentLine:
    kind = MessageKind(row.kind)
    return SentLine(
        id=row.id,
        dedup_key=row.dedup_key,
        kind=kind,
        what=row.subject or _about(kind, row.day, told),
        channel=row.channel,
        recipient=row.recipient,
        state=MessageState(row.state),
        created_at=row.created_at,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        not_before=row.not_before,
        ended_at=row.ended_at,
        detail=row.detail,
        alerts=tuple(key for key, _ in told),
    )


def _about(kind: MessageKind, day: str | None, told: Sequence[tuple[str, str]]) -> str:
    if told:
        return told[0][1] + (f", and {len(told) - 1:,} more" if len(told) > 1 else "")
    if day is not None:
        return f"digest of {day}" if kind is MessageKind.DIGEST else f"{kind} edition of {day}"
    return {MessageKind.BUNDLE: "alerts that had waited", MessageKind.TEST: "a test"}.get(kind, str(kind))
