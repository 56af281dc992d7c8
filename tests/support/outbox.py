"""What lies in the outbox, as a test looks at it."""

from __future__ import annotations

from datetime import datetime

from listener.core.messages import Message
from storage.store import Store


def due(store: Store, now: datetime) -> list[Message]:
    """The messages that wait and whose time has come, those first whose time came first."""
    waiting = sorted((one for one in store.outbox.waiting() if one.next_attempt_at <= now), key=lambda one: one.next_attempt_at)
    loaded = store.outbox.load([one.dedup_key for one in waiting])
    return [loaded[one.dedup_key] for one in waiting]
