"""What was erased, as keyed hashes, so that it does not come back."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from storage.database import Database, batches
from storage.keys import Pepper
from storage.tables import tombstones

Grave = tuple[str, str]
"""Of what kind a key is (mention, author, handle, contact, email), and the key."""


class Tombstones:
    """Remembers keys of what was erased, and nothing else about it."""

    def __init__(self, database: Database, pepper: Pepper) -> None:
        self._database = database
        self._pepper = pepper

    def among(self, connection: Connection, candidates: Collection[Grave]) -> set[Grave]:
        """Those of the keys that were erased."""
        if connection.execute(select(tombstones.c.key).limit(1)).first() is None:
            return set()  # the usual case: nobody was ever erased
        hashed = {self._hash(grave): grave for grave in candidates}
        found: set[Grave] = set()
        for chunk in batches(hashed):
            found.update(hashed[key] for key in connection.scalars(select(tombstones.c.key).where(tombstones.c.key.in_(chunk))))
        return found

    def bury(self, connection: Connection, graves: Iterable[Grave], now: datetime) -> None:
        """Remember that these were erased."""
        keys = {self._hash(grave) for grave in graves}
        self._database.add(connection, tombstones, [{"key": key, "erased_at": now} for key in sorted(keys)])

    def _hash(self, grave: Grave) -> str:
        return self._pepper.hash(f"tombstone {grave[0]}", grave[1])
