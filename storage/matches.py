"""Identifying's queue: authors who wait to be matched, and the matches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from listener.core.brand import MatchingPolicy
from listener.core.people import Match, MatchJob
from storage.author_keys import keep_author_keys
from storage.authors import to_author
from storage.database import Database, batches
from storage.deciding import SILENCE, words_on
from storage.due import brands_of_authors, outdated, queue_authors
from storage.identity_tables import merge_queue
from storage.keys import Pepper
from storage.rows import match_row
from storage.settling import settle
from storage.tables import authors, matches


class Matches:
    """Implements ``MatchQueue``."""

    def __init__(self, database: Database, pepper: Pepper) -> None:
        self._database = database
        self._pepper = pepper

    def pending_matches(self, fingerprint: str, limit: int, policies: Mapping[str, MatchingPolicy]) -> Sequence[MatchJob]:
        """Authors with something to say about us whose match is missing, outdated, or touched by changed customers.

        An author takes the policy of the source of their newest mention; where that source is configured no longer, nothing
        may be used to match them.
        """
        with self._database.read() as connection:
            rows = outdated(connection, select(authors), authors.c.matched_by, fingerprint, limit)
            return _jobs(connection, rows, policies)

    def jobs_of(self, author_ids: Collection[int], policies: Mapping[str, MatchingPolicy]) -> Sequence[MatchJob]:
        """These authors as jobs, whether they are due or not; those who say nothing about us are left out."""
        with self._database.read() as connection:
            rows: list[Any] = []
            for ids in batches(sorted(author_ids)):
                speaking = (authors.c.matched_by.is_(None)) | (authors.c.matched_by > "")
                rows += connection.execute(select(authors).where(authors.c.id.in_(ids), speaking).order_by(authors.c.id)).all()
            return _jobs(connection, rows, policies)

    def save_matches(self, done: Sequence[tuple[MatchJob, Match]], fingerprint: str, now: datetime) -> None:
        """Replace the authors' matches and give each author the person that they are.

        What people said goes before any match; an author about whom somebody decided something since the job was read is left
        out and stays due. Whoever gains or loses an author becomes due to be judged, and so does one who turns out to be on our
        own side. A link to a customer who is gone meanwhile leaves the author a person of their own.
        """
        with self._database.write() as connection:
            before = _own_sides(connection, [job.author_id for job, _ in done])
            words = words_on(connection, before)
            fresh = [
                (job.author_id, words.get(job.author_id, SILENCE).over(match))
                for job, match in done
                if job.author_id in before and words.get(job.author_id, SILENCE).was_heard(job)
            ]
            keys = {author: [self._pepper.number(key) for key in match.keys] for author, match in fresh}
            keep_author_keys(self._database, connection, keys)
            values = [match_row(author, match, now) for author, match in fresh]
            self._database.put(connection, matches, values, update=[column.name for column in matches.c][1:])
            statement = update(authors).where(authors.c.id == bindparam("row_id")).values(matched_by=fingerprint)
            for batch in batches(keys):
                connection.execute(statement, [{"row_id": author} for author in batch])
            self._database.add(connection, merge_queue, [{"author_id": author} for author in keys])
            settle(self._database, connection, list(keys))
            queue_sides(self._database, connection, [author for author, match in fresh if match.own_side != before[author]])


def _jobs(connection: Connection, rows: Sequence[Any], policies: Mapping[str, MatchingPolicy]) -> list[MatchJob]:
    words = words_on(connection, [row.id for row in rows])
    return [
        MatchJob(
            author_id=row.id,
            platform=row.platform,
            origin=row.origin,
            author=to_author(row),
            policy=policies.get(row.policy) or closed(row.policy),
            named=row.named,
            linked=words.get(row.id, SILENCE).linked,
            refused=words.get(row.id, SILENCE).refused,
        )
        for row in rows
    ]


def closed(name: str) -> MatchingPolicy:
    """The policy of a source that nobody can tell the terms of: nothing may be used, nothing quoted."""
    return MatchingPolicy(name, evidence=frozenset(), provenance=frozenset(), may_quote=False)


def queue_sides(database: Database, connection: Connection, author_ids: Collection[int]) -> None:
    """Authors who turned out to be on our own side, or not to be: their person is due to be judged."""
    brands = brands_of_authors(connection, author_ids)
    queue_authors(database, connection, {(author, brand) for author, of in brands.items() for brand in of})


def _own_sides(connection: Connection, author_ids: Sequence[int]) -> dict[int, bool]:
    """Which of the authors there (still) are, and whether each was on our own side."""
    found: dict[int, bool] = {}
    for ids in batches(author_ids):
        query = select(authors.c.id, matches.c.own_side).outerjoin(matches, matches.c.author_id == authors.c.id)
        found.update((row.id, bool(row.own_side)) for row in connection.execute(query.where(authors.c.id.in_(ids))))
    return found
