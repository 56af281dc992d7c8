"""What waits for somebody, in numbers: for the answer to "is all well?"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select, text

from listener.core.analysis import GIVEN_UP
from listener.core.cases import CaseKind, CaseState
from storage.alerts import UNSEEN
from storage.database import Database
from storage.outbox import MessageState
from storage.tables import analyses, cases
from storage.telling_tables import alerts, digests, outbox


@dataclass(frozen=True, slots=True)
class Attention:
    """Counts as of one moment."""

    waiting: int
    """Messages that have not gone out, quiet hours left aside."""
    quiet: int
    """Further messages, which wait for somebody's quiet hours to end."""
    waiting_since: datetime | None
    """When the oldest of those that were tried and failed was first due; ``None`` where none failed."""
    parked: int
    refused: int
    told_at: datetime | None
    """When the last digest was made."""
    alerts: int
    """That nobody acknowledged, and whose case nobody decided on: as ``listener alerts open`` lists them."""
    overdue: int
    """Follow-ups whose day is over."""
    new: int
    """Cases that nobody has decided about."""
    size_bytes: int
    unread: int = 0
    """Mentions that ended the program each time they were read, and are left alone."""


def attention(database: Database, now: datetime) -> Attention:
    """Read all counts at one moment, a few grouped queries."""
    state, attempts = outbox.c.state, outbox.c.attempts
    waiting = state == MessageState.WAITING.value
    with database.read() as connection:
        by_state = {row[0]: row[1] for row in connection.execute(select(state, func.count()).group_by(state))}
        quiet = connection.scalar(select(func.count()).select_from(outbox).where(waiting, outbox.c.not_before > now)) or 0
        first_due = case((outbox.c.not_before > outbox.c.created_at, outbox.c.not_before), else_=outbox.c.created_at)
        failing = connection.scalar(select(func.min(first_due)).where(waiting, attempts > 0))
        overdue = (
            select(func.count())
            .select_from(cases)
            .where(
                cases.c.kind == CaseKind.FOLLOW_UP.value,
                cases.c.state.in_([CaseState.NEW.value, CaseState.CONFIRMED.value]),
                cases.c.due_at < now,
            )
        )
        new = select(func.count()).select_from(cases).where(cases.c.state == CaseState.NEW.value)
        unseen = select(func.count()).select_from(alerts).where(UNSEEN)
        size = (
            "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            if database.is_sqlite
            else "SELECT pg_database_size(current_database())"
        )
        return Attention(
            waiting=by_state.get(MessageState.WAITING.value, 0) - quiet,
            quiet=quiet,
            waiting_since=failing,
            parked=by_state.get(MessageState.PARKED.value, 0),
            refused=by_state.get(MessageState.REFUSED.value, 0),
            told_at=connection.scalar(select(func.max(digests.c.saved_at))),
            alerts=connection.scalar(unseen) or 0,
            overdue=connection.scalar(overdue) or 0,
            new=connection.scalar(new) or 0,
            size_bytes=int(connection.scalar(text(size)) or 0),
            unread=connection.scalar(select(func.count()).select_from(analyses).where(analyses.c.note == GIVEN_UP)) or 0,
        )
