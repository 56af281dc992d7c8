"""Outgoing messages: put in once, sent at least once, tried again with growing pauses, blanked when they have gone out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, case, func, literal, select, true, update

from listener.core.messages import Delivery, Message, MessageKind, MessageState, Waiting
from storage.database import Database, batches
from storage.messages import (
    BLANK,
    LIGHT,
    NOT_GONE,
    OVER,
    alert_keys_of,
    message_of,
    put_messages,
    unbundle,
    waiting_of,
    withdraw_messages,
)
from storage.telling_tables import outbox
from storage.types import Moment

__all__ = ["BLANK", "NOT_GONE", "OVER", "MessageState", "Outbox", "put_messages", "withdraw_messages"]


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

    def waiting(self) -> Sequence[Waiting]:
        """All that wait, without what they say, those first that were put in first."""
        query = select(*LIGHT).where(outbox.c.state == MessageState.WAITING.value).order_by(outbox.c.id)
        with self._database.read() as connection:
            return [waiting_of(row) for row in connection.execute(query)]

    def load(self, dedup_keys: Collection[str]) -> Mapping[str, Message]:
        """Messages by key, with what they say; those that do not wait any more are missing."""
        loaded: dict[str, Message] = {}
        with self._database.read() as connection:
            for chunk in batches(dedup_keys):
                query = select(outbox).where(outbox.c.dedup_key.in_(chunk), outbox.c.state == MessageState.WAITING.value)
                rows = connection.execute(query).all()
                keys = alert_keys_of(connection, [row.id for row in rows])
                loaded |= {row.dedup_key: replace(message_of(row), alert_keys=keys.get(row.id, ())) for row in rows}
        return loaded

    def record(
        self,
        results: Sequence[tuple[Message | Waiting, Delivery]],
        now: datetime,
        *,
        begun: tuple[Message, Delivery] | None = None,
    ) -> None:
        """Write down what became of attempts, as the rule decided it. What went out keeps its key and loses its text.

        ``begun`` is the message that is handed over next, with what is to be believed of it if nobody lives to write down more.
        """
        here = update(outbox).where(outbox.c.dedup_key == bindparam("of_key"), outbox.c.state == MessageState.WAITING.value)
        gone = here.values(state=MessageState.SENT.value, ended_at=now, next_attempt_at=None, down=False, **BLANK)
        stays = here.values({name: bindparam(f"new_{name}") for name in ("state", "next_attempt_at", "ended_at", "down")})
        also: dict[str, Any] = {"attempts": bindparam("new_attempts"), "detail": bindparam("new_detail")}
        sent = [(one, outcome) for one, outcome in results if outcome.ok]
        failed = [(one, outcome) for one, outcome in (*results, *([begun] if begun else ())) if not outcome.ok]
        with self._database.write() as connection:
            for batch in batches(_tried(one, outcome) for one, outcome in sent):
                connection.execute(gone.values(also), batch)
            for keys in batches(one.dedup_key for one, _ in sent if one.kind is MessageKind.BUNDLE):
                its = select(outbox.c.id).where(outbox.c.dedup_key.in_(keys))
                parts = update(outbox).where(outbox.c.bundle_id.in_(its), outbox.c.state == MessageState.BUNDLED.value)
                connection.execute(parts.values(ended_at=now, **BLANK))
            for batch in batches(_tried(one, outcome) | _failed(outcome, now) for one, outcome in failed):
                connection.execute(stays.values(also), batch)

    def bundle(self, bundle: Message, parts: Collection[str], now: datetime) -> bool:
        """Put the bundle in and its parts under it, in one transaction; ``False``, and nothing, where one waits no more.

        The parts keep what they say until the bundle has gone out.
        """
        with self._database.write() as connection:
            count = select(func.count()).select_from(outbox).where(outbox.c.state == MessageState.WAITING.value)
            here = [outbox.c.dedup_key.in_(chunk) for chunk in batches(parts)]
            if sum(connection.scalar(count.where(where)) or 0 for where in here) != len(parts):
                return False
            if not put_messages(self._database, connection, [bundle], now):
                return False
            its = select(outbox.c.id).where(outbox.c.dedup_key == bundle.dedup_key).scalar_subquery()
            under = {"state": MessageState.BUNDLED.value, "bundle_id": its, "next_attempt_at": None}
            for where in here:
                connection.execute(update(outbox).where(where).values(under))
        return True

    def unbundle(self, dedup_key: str, now: datetime) -> Sequence[Waiting]:
        """Take the bundle away, if it has not gone out; its parts, which wait again and are due."""
        query = select(outbox.c.id).where(outbox.c.dedup_key == dedup_key, outbox.c.state == MessageState.WAITING.value)
        with self._database.write() as connection:
            return unbundle(connection, connection.scalars(query).all(), now)

    def hold(self, until: Mapping[str, datetime]) -> None:
        """Let messages wait until then, by key, since their quiet hours began. What was tried keeps its day."""
        by_end: defaultdict[datetime, list[str]] = defaultdict(list)
        for key, end in until.items():
            by_end[end].append(key)
        with self._database.write() as connection:
            for end, keys in by_end.items():
                fresh = case((outbox.c.attempts == 0, literal(end, Moment)), else_=outbox.c.not_before)
                for chunk in batches(keys):
                    here = (outbox.c.dedup_key.in_(chunk), outbox.c.state == MessageState.WAITING.value)
                    waits = update(outbox).where(*here).values(not_before=fresh, next_attempt_at=end, down=False)
                    connection.execute(waits)

    def drop(self, dedup_keys: Collection[str], now: datetime) -> int:
        """Withdraw messages that nobody needs any more, unless they went out; how many. A bundle goes with all that it tells."""
        open_ = [MessageState.WAITING.value, MessageState.PARKED.value, MessageState.REFUSED.value]
        ids: list[int] = []
        with self._database.write() as connection:
            for chunk in batches(dedup_keys):
                ids += connection.scalars(select(outbox.c.id).where(outbox.c.dedup_key.in_(chunk), outbox.c.state.in_(open_)))
            parts: list[int] = []
            for numbers in batches(ids):
                parts += connection.scalars(select(outbox.c.id).where(outbox.c.bundle_id.in_(numbers)))
            withdraw_messages(connection, [*ids, *parts], now, recall=False)
        return len(ids)

    def retry(self, dedup_keys: Collection[str] | None, now: datetime) -> int:
        """Let messages that failed be tried at once; how many there were.

        Parked and refused ones get a new day; those that wait for their next attempt need not wait longer. ``None`` means all but
        the refused.
        """
        waiting = and_(outbox.c.state == MessageState.WAITING.value, outbox.c.attempts > 0)
        over = [MessageState.PARKED.value] if dedup_keys is None else [MessageState.PARKED.value, MessageState.REFUSED.value]
        a_day = {"state": MessageState.WAITING.value, "attempts": 0, "not_before": now, "next_attempt_at": now, "ended_at": None}
        count = 0
        with self._database.write() as connection:
            for where in [true()] if dedup_keys is None else [outbox.c.dedup_key.in_(chunk) for chunk in batches(dedup_keys)]:
                count += connection.execute(update(outbox).where(where, waiting).values(next_attempt_at=now)).rowcount
                again = update(outbox).where(where, outbox.c.state.in_(over))
                count += connection.execute(again.values(a_day)).rowcount
        return count


def _tried(one: Message | Waiting, outcome: Delivery) -> dict[str, Any]:
    """``attempts`` is written as a number, not counted up: an attempt that was begun is the one that ended."""
    return {"of_key": one.dedup_key, "new_attempts": one.attempts + 1, "new_detail": outcome.detail}


def _failed(why: Delivery, now: datetime) -> dict[str, Any]:
    state = MessageState.REFUSED if why.permanent else MessageState.PARKED if why.parked else MessageState.WAITING
    waits = state is MessageState.WAITING
    return {
        "new_state": state.value,
        "new_next_attempt_at": now + (why.retry_after or timedelta()) if waits else None,
        "new_ended_at": None if waits else now,
        "new_down": why.down and waits,
    }
