"""Outgoing messages as rows: putting them in, reading them, taking them back before they go out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, delete, literal, null, or_, select, update

from listener.core.messages import (
    Card,
    Message,
    MessageKind,
    MessageState,
    Waiting,
    pictures_from_json,
    pictures_to_json,
)
from storage.database import Database, batches
from storage.telling_tables import alert_messages, alerts, outbox
from storage.types import Moment

NOT_GONE = or_(
    outbox.c.state.in_([MessageState.WAITING.value, MessageState.PARKED.value, MessageState.REFUSED.value]),
    and_(outbox.c.state == MessageState.BUNDLED.value, outbox.c.ended_at.is_(None)),
)
"""Messages whose words have not gone out so far: their own, and those of a bundle that waits."""
OVER = [each.value for each in MessageState if each is not MessageState.WAITING]
"""What a message may have come to; ``ended_at`` says when."""
BLANK: dict[str, str | None] = {"subject": "", "text": "", "html": None, "card": None, "pictures": None}
"""A message without what it says."""


def put_messages(
    database: Database,
    connection: Connection,
    messages: Sequence[Message],
    now: datetime,
    *,
    digest_id: int | None = None,
    alert_ids: Mapping[str, int] | None = None,
) -> int:
    """Put messages in, unless their key is known; how many are new. They are due at once, or when their quiet hours end.

    ``alert_ids`` are those of stored alerts by key: which message tells of which is kept as well.
    """
    known: set[str] = set()
    for chunk in batches(message.dedup_key for message in messages):
        known.update(connection.scalars(select(outbox.c.dedup_key).where(outbox.c.dedup_key.in_(chunk))))
    new: dict[str, Message] = {}
    for message in messages:
        if message.dedup_key not in known:
            new.setdefault(message.dedup_key, message)
    rows = [
        {
            "dedup_key": message.dedup_key,
            "digest_id": digest_id,
            "channel": message.channel,
            "recipient": message.recipient,
            "subject": message.subject,
            "text": message.text,
            "html": message.html,
            "kind": message.kind.value,
            "card": message.card.to_json() if message.card else None,
            "pictures": pictures_to_json(message.pictures) or None,
            "not_before": message.not_before,
            "state": MessageState.WAITING.value,
            "created_at": message.created_at or now,
            "attempts": message.attempts,
            "next_attempt_at": max(message.created_at or now, message.not_before or now),
        }
        for message in new.values()
    ]
    database.add(connection, outbox, rows)
    if alert_ids:
        _link(database, connection, list(new.values()), alert_ids)
    return len(rows)


def _link(database: Database, connection: Connection, messages: Sequence[Message], alert_ids: Mapping[str, int]) -> None:
    """Keep which alerts the messages tell of."""
    ids: dict[str, int] = {}
    for chunk in batches(message.dedup_key for message in messages):
        query = select(outbox.c.dedup_key, outbox.c.id).where(outbox.c.dedup_key.in_(chunk))
        ids.update((row.dedup_key, row.id) for row in connection.execute(query))
    links = [
        {"message_id": ids[message.dedup_key], "alert_id": alert_ids[key]}
        for message in messages
        for key in message.alert_keys
        if key in alert_ids
    ]
    database.add(connection, alert_messages, links)


def message_of(row: Any) -> Message:
    return Message(
        dedup_key=row.dedup_key,
        channel=row.channel,
        recipient=row.recipient,
        subject=row.subject,
        text=row.text,
        html=row.html,
        created_at=row.created_at,
        attempts=row.attempts,
        kind=MessageKind(row.kind),
        card=Card.from_json(row.card) if row.card else None,
        pictures=pictures_from_json(row.pictures),
        not_before=row.not_before,
    )


def alert_keys_of(connection: Connection, message_ids: Collection[int]) -> Mapping[int, tuple[str, ...]]:
    """The keys of the alerts that each of the messages tells of."""
    found: dict[int, tuple[str, ...]] = {}
    for chunk in batches(message_ids):
        query = select(alert_messages.c.message_id, alerts.c.key).join(alerts, alerts.c.id == alert_messages.c.alert_id)
        for row in connection.execute(query.where(alert_messages.c.message_id.in_(chunk)).order_by(alerts.c.id)):
            found[row.message_id] = (*found.get(row.message_id, ()), row.key)
    return found


LIGHT = tuple(outbox.c[each.name] for each in fields(Waiting))


def waiting_of(row: Any) -> Waiting:
    given = {each.name: getattr(row, each.name) for each in fields(Waiting)}
    return Waiting(**{**given, "kind": MessageKind(row.kind)})


_HANDED_OVER = and_(outbox.c.digest_id.is_(None), outbox.c.detail.is_not(None))
"""Whoever was killed between a notifier and the store left a file of it, perhaps. Files of digests are written anew instead."""


def withdraw_messages(connection: Connection, message_ids: Collection[int], now: datetime, *, recall: bool = True) -> int:
    """Withdraw messages that have not gone out, for they hold what may not be told any more; how many.

    A bundle that tells of one of them, or is one, is taken away: its other parts wait again. What was handed over to a notifier,
    and may have left a file, is recalled, unless ``recall`` is false.
    """
    recalled = case((_HANDED_OVER, literal(now, Moment)), else_=null()) if recall else None
    gone: dict[str, Any] = {"state": MessageState.WITHDRAWN.value, "ended_at": now, "next_attempt_at": None, "bundle_id": None}
    gone |= {"recalled_at": recalled, **BLANK}
    count = 0
    of_parts: set[int] = set()
    whole: set[int] = set()
    for chunk in batches(message_ids):
        here = (outbox.c.id.in_(chunk), NOT_GONE, outbox.c.kind != MessageKind.BUNDLE.value)
        of_parts.update(connection.scalars(select(outbox.c.bundle_id).where(*here, outbox.c.bundle_id.is_not(None))))
        bundles = (outbox.c.id.in_(chunk), NOT_GONE, outbox.c.kind == MessageKind.BUNDLE.value)
        whole.update(connection.scalars(select(outbox.c.id).where(*bundles)))
        count += connection.execute(update(outbox).where(*here).values(gone)).rowcount
    for chunk in batches(sorted(of_parts) if recall else ()):
        tried = (outbox.c.id.in_(chunk), outbox.c.state != MessageState.SENT.value, _HANDED_OVER)
        connection.execute(update(outbox).where(*tried).values(gone))
    unbundle(connection, sorted(of_parts | whole), now)
    return count


_KEPT = [MessageState.SENT.value, MessageState.WITHDRAWN.value]


def unbundle(connection: Connection, bundle_ids: Sequence[int], now: datetime) -> list[Waiting]:
    """Take bundles away that have not gone out; their parts, which wait again."""
    again = {"state": MessageState.WAITING.value, "bundle_id": None, "next_attempt_at": now}
    parts: list[int] = []
    for chunk in batches(bundle_ids):
        its = (outbox.c.bundle_id.in_(chunk), outbox.c.state == MessageState.BUNDLED.value, outbox.c.ended_at.is_(None))
        parts += connection.scalars(select(outbox.c.id).where(*its)).all()
        connection.execute(update(outbox).where(*its).values(again))
        connection.execute(delete(outbox).where(outbox.c.id.in_(chunk), outbox.c.state.not_in(_KEPT)))
    found: list[Waiting] = []
    for chunk in batches(parts):
        found += [
            waiting_of(row) for row in connection.execute(select(*LIGHT).where(outbox.c.id.in_(chunk)).order_by(outbox.c.id))
        ]
    return found
