"""Under which keys authors were looked for among the customers: who is touched when one of these comes, changes or goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, Select, delete, select, tuple_, update

from storage.authors import NOTHING_TO_SAY
from storage.blocking import changed_keys, changes
from storage.database import Database, batches
from storage.identity_tables import author_keys
from storage.tables import authors

MOST = 1_000_000
"""Of more changed keys nobody asks who is touched: it is nearly everybody, and finding out takes as long as matching them."""


def keep_author_keys(database: Database, connection: Connection, keys: Mapping[int, Collection[int]]) -> None:
    """Replace the keys of each author (id -> hashed keys)."""
    before: dict[int, set[int]] = defaultdict(set)
    for ids in batches(keys):
        for row in connection.execute(select(author_keys).where(author_keys.c.author_id.in_(ids))):
            before[row.author_id].add(row.key)
    gone = [(key, author) for author, its in before.items() for key in sorted(its.difference(keys[author]))]
    for chunk in batches(gone, 500):  # two values each
        connection.execute(delete(author_keys).where(tuple_(author_keys.c.key, author_keys.c.author_id).in_(chunk)))
    new = ((author, sorted(set(its) - before[author])) for author, its in keys.items())
    database.add(connection, author_keys, ({"key": key, "author_id": author} for author, its in new for key in its))


def touch(connection: Connection, keys: Collection[int]) -> int:
    """Make the match of every author under one of the (hashed) keys due; how many."""
    found: set[int] = set()
    for chunk in batches(keys):
        found.update(connection.scalars(select(author_keys.c.author_id).where(author_keys.c.key.in_(chunk))))
    return sum(_due(connection, ids) for ids in batches(sorted(found)))


def touch_changed(connection: Connection) -> int:
    """Make the match of every author due who was looked for under a key that changes (``storage.blocking``); how many."""
    if connection.scalar(select(author_keys.c.author_id).limit(1)) is None:
        return 0
    theirs = select(author_keys.c.author_id)
    if changed_keys(connection) <= MOST:
        theirs = theirs.where(author_keys.c.key.in_(select(changes.c.key)))
    return _due(connection, theirs)


def _due(connection: Connection, author_ids: Collection[int] | Select[tuple[int]]) -> int:
    waiting = update(authors).where(authors.c.matched_by > NOTHING_TO_SAY, authors.c.id.in_(author_ids))
    return connection.execute(waiting.values(matched_by=None)).rowcount
