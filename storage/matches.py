"""Identifying's queue: authors who wait to be matched, and the matches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from listener.core.brand import MatchingPolicy
from listener.core.people import Match, MatchJob, Outcome
from storage import keys
from storage.authors import to_author
from storage.database import Database, batches
from storage.due import OURS, outdated, queue_persons
from storage.rows import match_row
from storage.tables import analysis_targets, authors, customers, matches, mentions, people


class Matches:
    """Implements ``MatchQueue``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pending_matches(self, fingerprint: str, limit: int, policies: Mapping[str, MatchingPolicy]) -> Sequence[MatchJob]:
        """Authors with something to say about us whose match is missing, outdated, or touched by changed customers.

        An author takes the policy of the source of their newest mention; where that source is configured no longer, nothing
        may be used to match them.
        """
        with self._database.read() as connection:
            rows = outdated(connection, select(authors), authors.c.matched_by, fingerprint, limit)
        return [
            MatchJob(
                author_id=row.id,
                platform=row.platform,
                origin=row.origin,
                author=to_author(row),
                policy=policies.get(row.policy) or closed(row.policy),
                named=row.named,
            )
            for row in rows
        ]

    def save_matches(self, done: Sequence[tuple[MatchJob, Match]], fingerprint: str, now: datetime) -> None:
        """Replace the authors' matches and move each author to the person that they are.

        Whoever gains or loses an author becomes due to be judged, and so does one who turns out to be on our own side. A link to
        a customer who is gone meanwhile leaves the author a person of their own.
        """
        with self._database.write() as connection:
            before = _before(connection, [job.author_id for job, _ in done])
            fresh = [(job.author_id, match) for job, match in done if job.author_id in before]
            persons = self._customer_persons(
                connection, {match.contact_id for _, match in fresh if match.outcome == Outcome.LINK and match.contact_id}
            )
            moved: dict[int, set[int]] = {}
            rows = []
            for author_id, match in fresh:
                old = before[author_id]
                linked = persons.get(match.contact_id) if match.outcome == Outcome.LINK and match.contact_id else None
                person = linked or old.own_person_id
                if person != old.person_id or match.own_side != bool(old.own_side):
                    moved[author_id] = {person, old.person_id}
                rows.append({"row_id": author_id, "person": person})
            statement = update(authors).where(authors.c.id == bindparam("row_id"))
            for batch in batches(rows):
                connection.execute(statement.values(person_id=bindparam("person"), matched_by=fingerprint), batch)
            values = [match_row(author_id, match, now) for author_id, match in fresh]
            self._database.put(connection, matches, values, update=[column.name for column in matches.c][1:])
            brands = brands_of_authors(connection, moved)
            queue_persons(
                self._database,
                connection,
                {(who, brand) for author, both in moved.items() for who in both for brand in brands[author]},
            )

    def _customer_persons(self, connection: Connection, contact_ids: Iterable[str]) -> dict[str, int]:
        """The person of each customer who is (still) one, created where it is missing; by the CRM's id."""
        by_key = {keys.contact_key(contact_id): contact_id for contact_id in contact_ids}
        found: dict[str, int] = {}
        missing: dict[str, int] = {}
        for chunk in batches(by_key):
            query = select(customers.c.contact_key, customers.c.id, people.c.id.label("person_id"))
            query = query.outerjoin(people, people.c.customer_id == customers.c.id)
            for row in connection.execute(query.where(customers.c.contact_key.in_(chunk), customers.c.retired_at.is_(None))):
                contact_id = by_key[row.contact_key]
                if row.person_id is None:
                    missing[contact_id] = row.id
                else:
                    found[contact_id] = row.person_id
        ids = self._database.reserve(connection, people, len(missing))
        created = [{"id": person, "customer_id": customer} for person, customer in zip(ids, missing.values(), strict=True)]
        self._database.add(connection, people, created)
        return found | dict(zip(missing, ids, strict=True))


def closed(name: str) -> MatchingPolicy:
    """The policy of a source that nobody can tell the terms of: nothing may be used, nothing quoted."""
    return MatchingPolicy(name, evidence=frozenset(), provenance=frozenset(), may_quote=False)


def _before(connection: Connection, author_ids: Sequence[int]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for ids in batches(author_ids):
        query = select(authors.c.id, authors.c.person_id, authors.c.own_person_id, matches.c.own_side)
        query = query.outerjoin(matches, matches.c.author_id == authors.c.id).where(authors.c.id.in_(ids))
        found.update((row.id, row) for row in connection.execute(query))
    return found


def brands_of_authors(connection: Connection, author_ids: Iterable[int]) -> Mapping[int, set[str]]:
    """The brands of ours that the authors spoke about."""
    found: dict[int, set[str]] = defaultdict(set)
    for ids in batches(author_ids):
        query = (
            select(mentions.c.author_id, analysis_targets.c.brand)
            .join(analysis_targets, analysis_targets.c.mention_id == mentions.c.id)
            .where(mentions.c.author_id.in_(ids), mentions.c.about_us, analysis_targets.c.kind.in_(OURS))
            .distinct()
        )
        for row in connection.execute(query):
            found[row.author_id].add(row.brand)
    return found
