"""Everything kept about a person, on request: handed out, or erased for good."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, or_, select, update

from listener.core.mention import Json, digest, normal_handle, normal_text
from storage import keys
from storage.blocking import drop_customers_keys
from storage.database import Database, batches
from storage.near_tables import near_sketches
from storage.persons import ABOUT, Scope, Selector, scope_of
from storage.policies import Policies
from storage.retention import Pruned, Retention, blank_mentions, prune
from storage.settling import settle
from storage.tables import authors, customers, matches, mention_revisions, mentions
from storage.ties import tied
from storage.told import Cut, ToldDigest, changed, cuts, take_out, withdraw
from storage.tombstones import Grave, Tombstones
from storage.withdrawing import cut_quotes, withdraw_alerts, withdraw_unassigned


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure removed, as rows by table; all zero where nobody is known by that name."""

    rows: dict[str, int] = field(default_factory=dict)
    copies_blanked: int = 0
    """Copies and reposts of the person's words by others, whose text was taken away."""
    digest_entries: int = 0
    """Entries taken out of digests that were told."""
    digests: tuple[ToldDigest, ...] = ()
    """The digests that told of the person or quoted their words. What was delivered of these still does: see
    ``listener.tell.rewrite``."""
    messages_withdrawn: int = 0
    """Messages that had not gone out and could have told of the person; the digest itself is kept and can be sent again."""

    def __bool__(self) -> bool:
        return any(self.rows.values())


class Privacy:
    """Export, erasure and retention."""

    def __init__(self, database: Database, tombstones: Tombstones, policies: Policies) -> None:
        self._database = database
        self._policies = policies
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
                {"recipient": cut.recipient, "day": cut.day, "people": cut.entries}
                for cut in cuts(connection, scope.person_ids, (), scope.customer_ids)
            ]
            return found

    def erase_person(self, selector: Selector, now: datetime) -> Erased:
        """Remove everything about the person in one transaction, and remember keyed hashes of their keys.

        The person is the customer with all authors matched to them, or all authors that are merged. Neither the same feed, a
        copy of their words, nor the same export of the CRM brings them back. The bytes are overwritten too (SQLite). Backups
        made before and digests that were delivered still hold them; ``Erased.digests`` says which.
        """
        with self._database.write() as connection:
            scope = scope_of(connection, selector)
            if not scope:
                return Erased()
            self._database.erase_bytes(connection)
            self._tombstones.bury(connection, _graves(connection, scope), now)
            copies = _copies(connection, scope)
            blank_mentions(connection, copies, now)
            cut = _cut_out_of_digests(connection, scope, copies)
            withdrawn = withdraw_unassigned(connection, now) + withdraw(connection, cut, now)
            withdrawn += withdraw_alerts(connection, scope.person_ids, now)
            withdrawn += cut_quotes(connection, _said(connection, scope, copies), now)
            told = changed(connection, cut)
            _forget_links(connection, scope)
            others = tied(connection, scope.author_ids) - set(scope.author_ids)
            drop_customers_keys(self._database, connection, scope.customer_ids)
            rows = {table.name: connection.execute(delete(table).where(where(scope))).rowcount for table, where in ABOUT}
            settle(self._database, connection, others)
        self._database.cut_log()
        return Erased(rows, len(copies), sum(len(one.entries) for one in cut), told, withdrawn)

    def prune(self, now: datetime, retention: Retention) -> Pruned:
        """Take away what is no longer needed, by age; ids and keys stay, so that nothing old counts as new.

        Whoever loses their name here loses their entry in every stored digest too, and a mention that loses its text is no
        longer quoted there, however long digests are kept. ``Pruned.told`` says in which, since files of them were delivered.
        """
        with self._database.write() as connection:
            self._database.erase_bytes(connection)
            done = prune(self._database, connection, now, retention, self._policies)
        self._database.cut_log()
        return done


def _plain(row: Row[Any]) -> dict[str, Json]:
    return {name: _as_json(value) for name, value in row._mapping.items()}  # noqa: SLF001 - SQLAlchemy's public name


def _as_json(value: Any) -> Json:
    if isinstance(value, datetime):
        return value.isoformat()
    plain: Json = value.hex() if isinstance(value, bytes) else value
    return plain


def _graves(connection: Connection, scope: Scope) -> Iterator[Grave]:
    """All keys by which the person or their words could come back."""
    for row in connection.execute(select(authors).where(authors.c.id.in_(scope.author_ids))):
        yield "author", row.key
        if row.handle_key:
            yield "handle", row.handle_key
            if row.handle:  # the same account may come without its id next time
                yield "author", digest("author-handle", row.platform, normal_handle(row.handle))
        if row.email:
            yield "email", normal_text(row.email)
    yield from _graves_of_words(connection, scope)
    for row in connection.execute(select(customers).where(customers.c.id.in_(scope.customer_ids))):
        yield "contact", row.contact_id
        if row.email:
            yield "email", normal_text(row.email)


def _graves_of_words(connection: Connection, scope: Scope) -> Iterator[Grave]:
    """Of all that the person said, and of their own words, former ones included; not of words that they copied."""
    said = select(mentions.c.id, mentions.c.key, mentions.c.words_key, mentions.c.own_words)
    own = []
    for row in connection.execute(said.where(mentions.c.author_id.in_(scope.author_ids))):
        yield "mention", row.key
        if row.own_words:
            own.append(row.id)
            if row.words_key:
                yield "words", row.words_key
    for ids in batches(own):
        for former in connection.scalars(select(mention_revisions.c.text).where(mention_revisions.c.mention_id.in_(ids))):
            if key := keys.words_key(former):
                yield "words", key


def _copies(connection: Connection, scope: Scope) -> list[int]:
    """Others' copies and reposts of the person's words, near-copies too; not what is somebody else's words in a story that they
    share."""
    theirs = (mentions.c.author_id.in_(scope.author_ids), mentions.c.own_words)
    other = mentions.alias("other")
    by_another = (other.c.words_key == mentions.c.words_key, other.c.own_words, other.c.author_id.not_in(scope.author_ids))
    near, near_other = near_sketches.alias("near"), near_sketches.alias("near_other")
    nearly = select(near_other.c.mention_id).join(near, near.c.near_id == near_other.c.near_id)
    nearly = nearly.join(other, other.c.id == near.c.mention_id)
    nearly_theirs = nearly.where(other.c.author_id.in_(scope.author_ids), other.c.own_words)
    nearly_anothers = nearly.where(other.c.author_id.not_in(scope.author_ids), other.c.own_words)
    copied = or_(
        mentions.c.words_key.in_(select(mentions.c.words_key).where(*theirs, mentions.c.words_key.is_not(None))),
        mentions.c.id.in_(nearly_theirs),
        mentions.c.story_id.in_(select(mentions.c.story_id).where(*theirs))
        & ~select(other.c.id).where(*by_another).exists()
        & mentions.c.id.not_in(nearly_anothers.where(near_other.c.mention_id == mentions.c.id)),
    )
    query = select(mentions.c.id).where(~mentions.c.own_words, mentions.c.author_id.not_in(scope.author_ids), copied)
    return list(connection.scalars(query))


def _forget_links(connection: Connection, scope: Scope) -> None:
    """Other authors who might have been this customer are to be matched anew."""
    linked = or_(matches.c.contact_id.in_(scope.contact_ids), matches.c.runner_up_id.in_(scope.contact_ids))
    others = list(connection.scalars(select(matches.c.author_id).where(linked)))
    for ids in batches(others):
        connection.execute(delete(matches).where(matches.c.author_id.in_(ids)))
        connection.execute(update(authors).where(authors.c.id.in_(ids)).values(matched_by=None))


def _said(connection: Connection, scope: Scope, copies: Sequence[int]) -> set[int]:
    """All that holds the person's words."""
    return {*connection.scalars(select(mentions.c.id).where(mentions.c.author_id.in_(scope.author_ids))), *copies}


def _cut_out_of_digests(connection: Connection, scope: Scope, copies: Sequence[int]) -> list[Cut]:
    """Remove the person's entries from digests, and what other entries quote of them."""
    cut = list(cuts(connection, scope.person_ids, _said(connection, scope, copies), scope.customer_ids))
    take_out(connection, cut)
    return cut
