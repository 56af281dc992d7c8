"""Posts that must be shown to be still there: which ones, and what becomes of those that are not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from listener.core.deletions import hidden_before
from listener.core.ports import Posted
from listener.core.times import as_utc, midnight
from storage.database import Database, batches
from storage.forgetting import remove_mentions
from storage.mentions import confirm
from storage.policies import Policies
from storage.retention import CLOSED
from storage.tables import cases, mentions
from storage.telling_tables import alert_quotes, digest_quotes
from storage.told import changed, cuts_of_shown, take_out, withdraw
from storage.withdrawing import cut_quotes


class Rechecks:
    """Implements ``RecheckBook``."""

    def __init__(self, database: Database, policies: Policies) -> None:
        self._database = database
        self._policies = policies

    def daily_rechecks(self, source: str, now: datetime) -> int:  # noqa: ARG002 - the port's signature
        """How many of the source's posts are to be checked every day: those of open cases and those that people were shown."""
        with self._database.read() as connection:
            return len(self._shown(connection, source))

    def due_rechecks(self, source: str, now: datetime, limit: int) -> Sequence[Posted]:
        """Those of them that were not seen at their source on this UTC day, the longest unseen first."""
        today = midnight(as_utc(now))
        with self._database.read() as connection:
            due = [row for row in self._shown(connection, source) if row.seen_at < today]
        due.sort(key=lambda row: (row.seen_at, row.id))
        return [Posted(row.id, row.external_id) for row in due[:limit]]

    def save_rechecked(self, there: Sequence[int], gone: Sequence[int], now: datetime) -> Sequence[tuple[str, date]]:
        """Confirm some mentions and remove others: of these nothing stays but that there was one and that it was removed.

        Returns the stored digests that were changed by that, by recipient and day: their files are to be written again. The
        bytes are overwritten too (SQLite).
        """
        with self._database.write() as connection:
            confirm(connection, there, now)
            if not gone:
                return ()
            self._database.erase_bytes(connection)
            told = remove_mentions(self._database, connection, gone, now)
        self._database.cut_log()
        return [(one.recipient, one.day) for one in told]

    def hide_overdue(self, now: datetime) -> Sequence[tuple[str, date]]:
        """Take quotes of posts that nobody could confirm for a day out of the stored digests and alerts, for good.

        Messages that hold them and have not gone out are withdrawn. Returns the digests that were changed by that, by recipient
        and day: their files are to be written again. The bytes are overwritten too (SQLite).
        """
        with self._database.read() as connection:
            if not self._overdue(connection, now):
                return ()
        with self._database.write() as connection:
            self._database.erase_bytes(connection)
            overdue = self._overdue(connection, now)
            cut = list(cuts_of_shown(connection, overdue))
            take_out(connection, cut)
            withdraw(connection, cut, now)
            cut_quotes(connection, overdue, now)
            told = changed(connection, cut)
        self._database.cut_log()
        return [(one.recipient, one.day) for one in told]

    def _overdue(self, connection: Connection, now: datetime) -> Sequence[int]:
        """The mentions that a stored digest or alert shows and that may not be shown any more."""
        shown = select(digest_quotes.c.mention_id).where(digest_quotes.c.shown).union(select(alert_quotes.c.mention_id))
        query = select(mentions.c.id).where(mentions.c.id.in_(shown), self._policies.unconfirmed(hidden_before(now)))
        return connection.scalars(query.order_by(mentions.c.id)).all()

    def _shown(self, connection: Connection, source: str) -> list[Any]:
        """The source's posts under terms that honour deletions, of open cases or shown in a stored digest or alert: id and when
        seen."""
        open_cases = connection.scalars(select(cases.c.mention_ids).where(cases.c.state.not_in(CLOSED)))
        wanted = {mention_id for mention_ids in open_cases for mention_id in mention_ids}
        wanted.update(connection.scalars(select(digest_quotes.c.mention_id).where(digest_quotes.c.shown).distinct()))
        wanted.update(connection.scalars(select(alert_quotes.c.mention_id).distinct()))
        seen_at = func.coalesce(mentions.c.confirmed_at, mentions.c.heard_at, type_=mentions.c.heard_at.type).label("seen_at")
        query = select(mentions.c.id, mentions.c.external_id, seen_at).where(
            mentions.c.source == source,
            mentions.c.blanked_at.is_(None),
            mentions.c.external_id != "",
            self._policies.honour_deletion(mentions.c.policy),
            ~self._policies.are_counts_only(mentions.c.policy),
        )
        return [row for ids in batches(sorted(wanted)) for row in connection.execute(query.where(mentions.c.id.in_(ids)))]
