"""Customers: found by blocking key for the matcher, looked up by people, imported as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Text, cast, func, or_, select

from listener.core.brand import Provenance
from listener.core.errors import ImportRefused
from listener.core.mention import normal_handle
from listener.core.people import Customer
from listener.core.ports import Saved
from storage import keys
from storage.candidates import Candidates
from storage.database import Database
from storage.imports import LAST_IMPORT, discard, finish, refusal, stage
from storage.keys import Pepper
from storage.rekeying import KEYS_VERSION, rekey
from storage.rows import to_customer
from storage.tables import customers, meta
from storage.tombstones import Tombstones

MANY = 10_000
"""Of so many customers SQLite's log would stay as large as they are."""


class Customers:
    """Implements ``CustomerIndex`` and ``CustomerBook``."""

    def __init__(self, database: Database, tombstones: Tombstones, pepper: Pepper) -> None:
        self._database = database
        self._tombstones = tombstones
        self._pepper = pepper
        self._index = Candidates(database, pepper)
        self._importing: str | None = None
        self._staged = 0

    def candidates(self, keys: Collection[str], cap: int) -> Mapping[str, Sequence[Customer]]:
        """The customers that share each key; a key that more than ``cap`` share carries no evidence and is left out.

        They come without their ``extra`` columns: no matcher needs what the CRM has no place for.
        """
        return self._index.sharing(keys, cap)

    def bearers(self, keys: Collection[str]) -> Mapping[str, int]:
        """How many customers have each key; 0 where nobody has."""
        return self._index.bearers(keys)

    def total(self) -> int:
        """How many customers there are, as they are counted, which does not read them."""
        return self._index.total()

    def accounts(self, keys: Collection[str]) -> Mapping[str, str]:
        """The customer company under each key, in its most frequent spelling (the first by alphabet of equals)."""
        return self._index.accounts(keys)

    def save_customers(self, page: Sequence[tuple[Customer, Collection[str]]], import_id: str, now: datetime) -> Saved:  # noqa: ARG002 - the port's signature
        """Take a page of an import in; nothing changes for anybody until ``finish_import``."""
        with self._database.write() as connection:
            if import_id != self._importing:
                discard(connection)  # what an import that was cut short left behind, of this file or another
                self._staged = 0
            done = stage(self._database, connection, self._tombstones, self._pepper, page, import_id)
        self._importing = import_id
        self._staged += done.rows
        return done.saved

    def finish_import(self, import_id: str, now: datetime, *, allow_shrink: bool, retire: bool = True) -> int:
        """Carry an import out in one transaction: new, changed and retired customers; how many were retired.

        Without ``retire`` nobody is: where rows could not be read, nobody knows who is gone.

        Raises:
            ImportRefused: more than half of the customers would be lost and ``allow_shrink`` is not set, or another import of
                the same store came between; nothing is changed.
        """
        ours, staged = import_id == self._importing, self._staged
        self._importing, self._staged = None, 0
        with self._database.write() as connection:
            if not ours:
                discard(connection)  # of this import no page was saved
            refused = refusal(connection, import_id, staged if ours else 0, allow_shrink=allow_shrink, retire=retire)
            retired = 0 if refused else finish(self._database, connection, import_id, now, retire=retire)
            discard(connection)
        if staged > MANY:
            self._database.cut_log()
        if refused:
            raise ImportRefused(refused)
        return retired

    def rekey(self, version: str, keys_of: Callable[[Customer], Collection[str]]) -> int:
        """Make the keys of every customer anew if they are not of this version; then every author is due. How many customers.

        It is one transaction: one that is cut short is as if it had not begun.
        """
        if self._keys_version() == version:
            return 0
        with self._database.write() as connection:
            done = rekey(self._database, connection, self._pepper, keys_of)
            self._database.put(connection, meta, [{"name": KEYS_VERSION, "value": version}], update=("value",))
        if done > MANY:
            self._database.cut_log()
        return done

    def _keys_version(self) -> str | None:
        with self._database.read() as connection:
            return connection.scalar(select(meta.c.value).where(meta.c.name == KEYS_VERSION))

    def last_import(self) -> str | None:
        """The id of the import that was finished last."""
        with self._database.read() as connection:
            return connection.scalar(select(meta.c.value).where(meta.c.name == LAST_IMPORT))

    def count(self) -> int:
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).where(customers.c.retired_at.is_(None))) or 0

    def find(self, query: str = "", limit: int = 50) -> Sequence[Customer]:
        """Customers whose name, company, e-mail address or id contains the query, in the order of the import."""
        condition: Iterable[ColumnElement[bool]] = [customers.c.retired_at.is_(None)]
        if query:
            name = customers.c.first_name + " " + customers.c.last_name
            places = (name, customers.c.company, customers.c.email, customers.c.contact_id)
            condition = [*condition, or_(*(place.icontains(query, autoescape=True) for place in places))]
        with self._database.read() as connection:
            rows = connection.execute(select(customers).where(*condition).order_by(customers.c.id).limit(limit))
            return [to_customer(row) for row in rows]

    def known_handles(self, platform: str, provenance: Collection[Provenance]) -> Sequence[str]:
        """The accounts of customers on a platform, normalised and sorted, that came to the CRM in one of the ways."""
        found: set[str] = set()
        # Few customers have an account there: the rest is not even read.
        here = cast(customers.c.handles, Text).contains(json.dumps(platform), autoescape=True)
        query = select(customers.c.handles).where(customers.c.retired_at.is_(None), here)
        with self._database.read() as connection:
            for handles in connection.scalars(query):
                found.update(normal_handle(known[1]) for known in handles if known[0] == platform and known[2] in provenance)
        return sorted(found - {""})

    def get(self, contact_id: str) -> Customer | None:
        with self._database.read() as connection:
            query = select(customers).where(customers.c.contact_key == keys.contact_key(contact_id))
            row = connection.execute(query.where(customers.c.retired_at.is_(None))).first()
            return to_customer(row) if row else None
