"""What lies in the outbox, as a test looks at it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from listener.core.messages import Message, MessageKind, MessageState
from storage.store import Store
from storage.telling_tables import outbox


def due(store: Store, now: datetime) -> list[Message]:
    """The messages that wait and whose time has come, those first whose time came first."""
    waiting = sorted((one for one in store.outbox.waiting() if one.next_attempt_at <= now), key=lambda one: one.next_attempt_at)
    loaded = store.outbox.load([one.dedup_key for one in waiting])
    return [loaded[one.dedup_key] for one in waiting]


class Entry:
    """A message's way, without what it says: the columns of the outbox, and the key of the bundle that it is told in."""

    def __init__(self, row: Any) -> None:
        self.__dict__.update(row._mapping)
        self.state, self.kind = MessageState(row.state), MessageKind(row.kind)


def entries(store: Store, state: MessageState | None = None) -> Sequence[Entry]:
    """Messages and their state, newest first."""
    whole = outbox.alias("whole")
    shown = (column for column in outbox.c if column.name not in {"subject", "text", "html", "card", "pictures"})
    query = select(*shown, whole.c.dedup_key.label("bundle")).outerjoin(whole, whole.c.id == outbox.c.bundle_id)
    if state is not None:
        query = query.where(outbox.c.state == state.value)
    with store._database.read() as connection:
        return [Entry(row) for row in connection.execute(query.order_by(outbox.c.id.desc()))]
