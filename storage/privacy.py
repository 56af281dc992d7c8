"""Everything kept about a person, on request: handed out, or erased for good."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, or_, select, text, update

from listener.core.mention import Json, digest, normal_handle, normal_text
from storage.database import Database, batches
from storage.outbox import BLANK, MessageState
from storage.persons import ABOUT, Scope, Selector, scope_of
from storage.retention import Pruned, Retention, blank_mentions, prune
from storage.tables import authors, customers, digests, matches, mentions, outbox
from storage.tombstones import Grave, Tombstones


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure removed, as rows by table; all zero where nobody is known by that name."""

    rows: dict[str, int] = field(default_factory=dict)
    copies_blanked: int = 0
    """Copies and reposts of the person's words by others, whose text was taken away."""
    digest_entries: int = 0
    """Entries taken out of digests that were told."""
    messages_withdrawn: int = 0
    """Messages that had not gone out and could have told of the person; the digest itself is kept and can be sent again."""

    def __bool__(self) -> bool:
        return any(self.rows.values())


class Privacy:
    """Export, erasure and retention."""

    def __init__(self, database: Database, tombstones: Tombstones) -> None:
        self._database = database
        self._tombstones = tombstones

    def export_person(self, selector: Selector) -> dict[str, Json]:
        """Everything kept about the person, as JSON: rows by table, and their entries in digests; ``{}`` for nobody known."""
        with self._database.read() as connection:
            scope = scope_of(connection, selector)
            if not scope:
                return {}
            found: dict[str, Json] = {}
            for table, where in ABOUT:
                rows = connection.execute(select(table).where(where(scope)).order_by(*table.primary_key.columns))
                found[table.name] = [_plain(row) for row in rows]
            found["digests"] = [
                {"recipient": row.recipient, "day": row.day, "people": mine} for row, mine, _ in _digests_with(connection, scope)
            ]
            return found

    def erase_person(self, selector: Selector, now: datetime) -> Erased:
        """Remove everything about the person in one transaction, and remember keyed hashes of their keys.

        The person is the customer with all authors matched to them. Neither the same feed nor the same export of the CRM brings
        them back. The bytes are overwritten too (SQLite); backups made before still hold them.
        """
        with self._database.write() as connection:
            scope = scope_of(connection, selector)
            if not scope:
                return Erased()
            if self._database.is_sqlite:
                connection.execute(text("PRAGMA secure_delete = ON"))
            self._tombstones.bury(connection, _graves(connection, scope), now)
            copies = _blank_copies(connection, scope, now)
            entries, withdrawn = _take_out_of_digests(connection, scope, now)
            _forget_links(connection, scope)
            rows = {table.name: connection.execute(delete(table).where(where(scope))).rowcount for table, where in ABOUT}
        self._overwrite()
        return Erased(rows, copies, entries, withdrawn)

    def prune(self, now: datetime, retention: Retention) -> Pruned:
        """Take away what is no longer needed, by age; ids and keys stay, so that nothing old counts as new."""
        with self._database.write() as connection:
            if self._database.is_sqlite:
                connection.execute(text("PRAGMA secure_delete = ON"))
            done = prune(connection, now, retention)
        self._overwrite()
        return done

    def _overwrite(self) -> None:
        """Write the log into the file and cut it, so that it holds no old page either."""
        if self._database.path is not None:
            with self._database.outside_transaction() as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def _plain(row: Row[Any]) -> dict[str, Json]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row._mapping.items()}  # noqa: SLF001 - SQLAlchemy's public name


def _graves(connection: Connection, scope: Scope) -> Iterator[Grave]:
    """All keys by which the person or their words could come back."""
    for row in connection.execute(select(authors).where(authors.c.id.in_(scope.author_ids))):
        yield "author", row.key
        if row.handle_key:
            yield "handle", row.handle_key
            if row.handle:  # the same account may come without its id next time
                yield "author", digest("author-handle", row.platform, normal_handle(row.handle))
    for key in connection.scalars(select(mentions.c.key).where(mentions.c.author_id.in_(scope.author_ids))):
        yield "mention", key
    for row in connection.execute(select(customers).where(customers.c.id.in_(scope.customer_ids))):
        yield "contact", row.contact_id
        if row.email:
            yield "email", normal_text(row.email)


def _blank_copies(connection: Connection, scope: Scope, now: datetime) -> int:
    """Others' copies and reposts of the person's words."""
    told = select(mentions.c.story_id).where(mentions.c.author_id.in_(scope.author_ids), mentions.c.own_words)
    copies = (mentions.c.story_id.in_(told), ~mentions.c.own_words, mentions.c.author_id.not_in(scope.author_ids))
    ids = list(connection.scalars(select(mentions.c.id).where(*copies)))
    return blank_mentions(connection, ids, now)


def _forget_links(connection: Connection, scope: Scope) -> None:
    """Other authors who might have been this customer are to be matched anew."""
    linked = or_(matches.c.contact_id.in_(scope.contact_ids), matches.c.runner_up_id.in_(scope.contact_ids))
    others = list(connection.scalars(select(matches.c.author_id).where(linked)))
    for ids in batches(others):
        connection.execute(delete(matches).where(matches.c.author_id.in_(ids)))
        connection.execute(update(authors).where(authors.c.id.in_(ids)).values(matched_by=None))


def _digests_with(connection: Connection, scope: Scope) -> Iterator[tuple[Any, list[Json], str]]:
    """Digests that tell of the person: the row, the person's entries, and the digest without these."""
    marks = [str(person) for person in scope.person_ids]
    for row in connection.execute(select(digests).order_by(digests.c.id)):
        if not any(mark in row.data for mark in marks):
            continue
        data = json.loads(row.data)
        entries = data.get("people", [])
        mine = [entry for entry in entries if entry.get("person_id") in scope.person_ids]
        if mine:
            data["people"] = [entry for entry in entries if entry.get("person_id") not in scope.person_ids]
            yield row, mine, json.dumps(data, ensure_ascii=False)


def _take_out_of_digests(connection: Connection, scope: Scope, now: datetime) -> tuple[int, int]:
    """Remove the person's entries, and withdraw messages that have not gone out and could tell of the person.

    These are the messages of such digests, and all that belong to no digest, since nobody can tell whom those are about.
    """
    changed = [(row.id, len(mine), rest) for row, mine, rest in _digests_with(connection, scope)]
    for digest_id, _, rest in changed:
        connection.execute(update(digests).where(digests.c.id == digest_id).values(data=rest))
    kept = (MessageState.SENT.value, MessageState.WITHDRAWN.value)
    could_tell = or_(outbox.c.digest_id.in_([digest_id for digest_id, _, _ in changed]), outbox.c.digest_id.is_(None))
    gone = {"state": MessageState.WITHDRAWN.value, "ended_at": now, "next_attempt_at": None, **BLANK}
    withdrawn = connection.execute(update(outbox).where(outbox.c.state.not_in(kept), could_tell).values(gone)).rowcount
    return sum(count for _, count, _ in changed), withdrawn
