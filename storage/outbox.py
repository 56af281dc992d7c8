"""Outgoing messages: put in once, sent at least once, tried again with growing pauses, blanked when they have gone out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from listener.core.telling import Delivery, Message
from storage.database import Database, batches
from storage.telling_tables import outbox

PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
"""Before the second attempt, the third, and so on; the last repeats."""
GIVE_UP = timedelta(hours=24)
"""A message this old is not tried again by itself."""


class MessageState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    PARKED = "parked"
    """Failed for a day; ``retry`` makes it wait again."""
    REFUSED = "refused"
    """Trying again cannot help: the recipient does not exist."""
    WITHDRAWN = "withdrawn"
    """Held data of an erased person, and had not gone out."""


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A message's way, without what it says."""

    dedup_key: str
    channel: str
    recipient: str
    state: MessageState
    created_at: datetime
    attempts: int
    next_attempt_at: datetime | None
    detail: str | None


class Outbox:
    """Implements the port ``Outbox``."""

    def __init__(self, database: Database, opened_at: datetime) -> None:
        self._database = database
        self._opened_at = opened_at

    def put(self, messages: Sequence[Message]) -> int:
        """Put messages in, unless they are there (or were sent) already; how many are new.

        A message without a time counts as created when the store was opened.
        """
        with self._database.write() as connection:
            return put_messages(self._database, connection, messages, self._opened_at)

    def due(self, now: datetime, limit: int) -> Sequence[Message]:
        """Messages whose time has come, oldest first."""
        query = select(outbox).where(outbox.c.state == MessageState.WAITING.value, outbox.c.next_attempt_at <= now)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(outbox.c.next_attempt_at, outbox.c.id).limit(limit))
            return [_message(row) for row in rows]

    def record(self, results: Sequence[tuple[Message, Delivery]], now: datetime) -> None:
        """Write down what became of attempts. What went out keeps its key and loses its text."""
        sent = [(message, delivery) for message, delivery in results if delivery.ok]
        failed = [(message, delivery) for message, delivery in results if not delivery.ok]
        here = update(outbox).where(outbox.c.dedup_key == bindparam("of_key"), outbox.c.state == MessageState.WAITING.value)
        gone = {"state": MessageState.SENT.value, "ended_at": now, "next_attempt_at": None, **BLANK}
        with self._database.write() as connection:
            for batch in batches(sent):
                values = [{"of_key": message.dedup_key, "why": delivery.detail} for message, delivery in batch]
                statement = here.values(**gone, attempts=outbox.c.attempts + 1, detail=bindparam("why"))
                connection.execute(statement, values)
            names = ("state", "attempts", "next_attempt_at", "ended_at", "detail")
            for failures in batches(failed):
                connection.execute(
                    here.values({name: bindparam(f"new_{name}") for name in names}),
                    [{"of_key": message.dedup_key, **_after_failure(message, why, now)} for message, why in failures],
                )

    def find(self, *, state: MessageState | None = None, limit: int = 100) -> Sequence[OutboxEntry]:
        """Messages and their state, newest first."""
        query = select(outbox).order_by(outbox.c.id.desc()).limit(limit)
        if state is not None:
            query = query.where(outbox.c.state == state.value)
        with self._database.read() as connection:
            return [
                OutboxEntry(
                    dedup_key=row.dedup_key,
                    channel=row.channel,
                    recipient=row.recipient,
                    state=MessageState(row.state),
                    created_at=row.created_at,
                    attempts=row.attempts,
                    next_attempt_at=row.next_attempt_at,
                    detail=row.detail,
                )
                for row in connection.execute(query)
            ]

    def retry(self, dedup_keys: Collection[str], now: datetime) -> int:
        """Let parked and refused messages wait again, for at least one more attempt; how many there were."""
        states = (MessageState.PARKED.value, MessageState.REFUSED.value)
        again = {"state": MessageState.WAITING.value, "next_attempt_at": now, "ended_at": None}
        count = 0
        with self._database.write() as connection:
            for chunk in batches(dedup_keys):
                where = (outbox.c.dedup_key.in_(chunk), outbox.c.state.in_(states))
                count += connection.execute(update(outbox).where(*where).values(again)).rowcount
        return count


BLANK: dict[str, str | None] = {"subject": "", "text": "", "html": None}
"""A message without what it says."""


def put_messages(
    database: Database, connection: Connection, messages: Sequence[Message], now: datetime, *, digest_id: int | None = None
) -> int:
    """Put messages in, unless their key is known; how many are new. They are due at once."""
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
            "state": MessageState.WAITING.value,
            "created_at": message.created_at or now,
            "attempts": message.attempts,
            "next_attempt_at": message.created_at or now,
        }
        for message in new.values()
    ]
    database.add(connection, outbox, rows)
    return len(rows)


def _message(row: Any) -> Message:
    return Message(
        dedup_key=row.dedup_key,
        channel=row.channel,
        recipient=row.recipient,
        subject=row.subject,
        text=row.text,
        html=row.html,
        created_at=row.created_at,
        attempts=row.attempts,
    )


def _after_failure(message: Message, why: Delivery, now: datetime) -> dict[str, Any]:
    attempts = message.attempts + 1
    pause = PAUSES[min(attempts, len(PAUSES)) - 1]
    again = now + max(pause, why.retry_after or pause)
    too_old = message.created_at is not None and again - message.created_at > GIVE_UP
    state = MessageState.REFUSED if why.permanent else MessageState.PARKED if too_old else MessageState.WAITING
    waits = state == MessageState.WAITING
    return {
        "new_state": state.value,
        "new_attempts": attempts,
        "new_next_attempt_at": again if waits else None,
        "new_ended_at": None if waits else now,
        "new_detail": why.detail,
    }
