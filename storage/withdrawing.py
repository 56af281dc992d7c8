"""Alerts of which something may not be kept: they are deleted, or their quotes cut, with what waits to tell of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, select, update

from listener.core.alerting import PROGRAM, WAITING, AlertState
from listener.core.messages import MessageKind, MessageState
from storage.database import batches
from storage.outbox import NOT_GONE, withdraw_messages
from storage.tables import authors, mentions
from storage.telling_tables import alert_messages, alert_quotes, alerts, outbox


def withdraw_alerts(connection: Connection, person_ids: Iterable[int], now: datetime) -> int:
    """Withdraw what waits to tell of alerts about the people; how many messages."""
    return _withdraw(connection, _messages_of(connection, _about(connection, person_ids)), now)


def forget_alerts(connection: Connection, person_ids: Iterable[int], now: datetime) -> None:
    """Delete all alerts about the people, with what waits to tell of them."""
    _delete_alerts(connection, _about(connection, person_ids), now)


def forget_old_alerts(connection: Connection, before: datetime, now: datetime) -> None:
    """Delete the alerts that are older, whatever became of them, with what waits to tell of them."""
    _delete_alerts(connection, connection.scalars(select(alerts.c.id).where(alerts.c.opened_at < before)).all(), now)


def _about(connection: Connection, person_ids: Iterable[int]) -> list[int]:
    ids: list[int] = []
    for chunk in batches(sorted(set(person_ids))):
        ids += connection.scalars(select(alerts.c.id).where(alerts.c.person_id.in_(chunk)))
    return ids


def _delete_alerts(connection: Connection, alert_ids: Sequence[int], now: datetime) -> None:
    _withdraw(connection, _messages_of(connection, alert_ids), now)
    for chunk in batches(alert_ids):
        connection.execute(delete(alerts).where(alerts.c.id.in_(chunk)))


def cut_quotes(connection: Connection, mention_ids: Iterable[int], now: datetime) -> int:
    """Take the mentions out of all alerts that quote them; how many messages were withdrawn."""
    gone: defaultdict[int, set[int]] = defaultdict(set)
    for chunk in batches(sorted(set(mention_ids))):
        for row in connection.execute(select(alert_quotes).where(alert_quotes.c.mention_id.in_(chunk))):
            gone[row.alert_id].add(row.mention_id)
    for chunk in batches(sorted(gone)):
        for row in connection.execute(select(alerts.c.id, alerts.c.words).where(alerts.c.id.in_(chunk))).all():
            connection.execute(update(alerts).where(alerts.c.id == row.id).values(words=_without(row.words, gone[row.id])))
            here = (alert_quotes.c.alert_id == row.id, alert_quotes.c.mention_id.in_(gone[row.id]))
            connection.execute(delete(alert_quotes).where(*here))
    return _withdraw(connection, _messages_of(connection, gone), now)


def withdraw_needless(connection: Connection, alert_ids: Iterable[int], now: datetime) -> int:
    """Withdraw messages about the alerts that nobody has tried to send, where none of their alerts is open any more; how many."""
    found: set[int] = set()
    also = alert_messages.alias("also")
    is_open = exists().where(
        also.c.message_id == outbox.c.id, alerts.c.id == also.c.alert_id, alerts.c.state == AlertState.OPEN.value
    )
    query = select(outbox.c.id).join(alert_messages, alert_messages.c.message_id == outbox.c.id)
    query = query.where(outbox.c.state == MessageState.WAITING.value, outbox.c.attempts == 0, ~is_open)
    for chunk in batches(sorted(alert_ids)):
        found.update(connection.scalars(query.where(alert_messages.c.alert_id.in_(chunk))))
    return withdraw_messages(connection, sorted(found), now)


def close_moved(connection: Connection, now: datetime) -> int:
    """Close alerts about people of whom something is quoted that turned out to be somebody else's: a link was undone, or a person
    parted; and withdraw what waits to tell of them. How many alerts.

    Whose words they are is told by the events of their own cases.
    """
    anothers = exists().where(
        alert_quotes.c.alert_id == alerts.c.id,
        mentions.c.id == alert_quotes.c.mention_id,
        authors.c.id == mentions.c.author_id,
        authors.c.person_id != alerts.c.person_id,
    )
    waits = alerts.c.state.in_([state.value for state in WAITING])
    moved = connection.scalars(select(alerts.c.id).where(waits, alerts.c.person_id.is_not(None), anothers)).all()
    closed = {"state": AlertState.CLOSED.value, "changed_at": now, "snoozed_until": None}
    messages: set[int] = set()
    for chunk in batches(moved):
        connection.execute(update(alerts).where(alerts.c.id.in_(chunk)).values(closed))
        here = select(alert_messages.c.message_id).where(alert_messages.c.alert_id.in_(chunk))
        messages.update(connection.scalars(select(outbox.c.id).where(outbox.c.id.in_(here), NOT_GONE)))
    _withdraw(connection, messages, now)
    return len(moved)


def _without(words: str, mention_ids: Collection[int]) -> str:
    """An alert in words without quotes of the mentions."""
    data: dict[str, Any] = json.loads(words)
    items = [_unquoted(item, mention_ids) for item in data.get("items", ())]
    return json.dumps({**data, "items": items}, ensure_ascii=False, separators=(",", ":"))


def _unquoted(item: dict[str, Any], mention_ids: Collection[int]) -> dict[str, Any]:
    quotes = item.get("quotes") or []
    return {**item, "quotes": [quote for quote in quotes if quote.get("mention_id") not in mention_ids]}


def _messages_of(connection: Connection, alert_ids: Iterable[int]) -> set[int]:
    """The messages that tell of the alerts."""
    found: set[int] = set()
    for chunk in batches(alert_ids):
        found.update(connection.scalars(select(alert_messages.c.message_id).where(alert_messages.c.alert_id.in_(chunk))))
    return found


def _withdraw(connection: Connection, message_ids: Collection[int], now: datetime) -> int:
    """Withdraw messages that have not gone out, how many; those that went out, by themselves or in a bundle, are recalled.

    The open alerts among what was withdrawn wake at once, to be told anew to those who were not told.
    """
    again = {"state": AlertState.SNOOZED.value, "snoozed_until": now, "changed_at": now, "actor": PROGRAM, "escalated_at": None}
    waiting: list[int] = []
    for chunk in batches(sorted(message_ids)):
        here = outbox.c.id.in_(chunk)
        bundled = select(outbox.c.bundle_id).where(here, ~NOT_GONE, outbox.c.bundle_id.is_not(None))
        gone = {*chunk, *connection.scalars(bundled)}
        sent = (outbox.c.id.in_(gone), outbox.c.state == MessageState.SENT.value)
        connection.execute(update(outbox).where(*sent).values(recalled_at=now))
        waiting += connection.scalars(select(outbox.c.id).where(here, NOT_GONE))
    for chunk in batches(waiting):
        told = select(alert_messages.c.alert_id).where(alert_messages.c.message_id.in_(chunk))
        connection.execute(update(alerts).where(alerts.c.id.in_(told), alerts.c.state == AlertState.OPEN.value).values(again))
    return withdraw_messages(connection, waiting, now)


_ABOUT_NOBODY = (MessageKind.ALERT.value, MessageKind.TEST.value, MessageKind.BUNDLE.value)
"""Without a link, an alert is one about sources, of an earlier version; a bundle goes with what it holds."""


def withdraw_unassigned(connection: Connection, now: datetime) -> int:
    """Withdraw messages that belong to neither a digest nor an alert, since nobody can tell whom they are about; how many."""
    told = select(alert_messages.c.message_id)
    query = select(outbox.c.id).where(NOT_GONE, outbox.c.digest_id.is_(None), outbox.c.id.not_in(told))
    return withdraw_messages(connection, connection.scalars(query.where(outbox.c.kind.not_in(_ABOUT_NOBODY))).all(), now)
