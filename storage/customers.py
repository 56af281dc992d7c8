"""Customers: found by blocking key for the matcher, looked up by people, imported as a whole."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Text, cast, func, or_, select

from listener.core.brand import Provenance
from listener.core.errors import ImportRefused
from listener.core.mention import normal_handle
from listener.core.people import Customer
from listener.core.ports import Saved
from storage import keys
from storage.database import Database, batches
from storage.imports import LAST_IMPORT, discard, finish, shrunk, stage
from storage.keys import Pepper
from storage.rows import to_customer
from storage.tables import customer_domains, customer_keys, customers, meta
from storage.tombstones import Tombstones


class Customers:
    """Implements ``CustomerIndex`` and ``CustomerBook``."""

    def __init__(self, database: Database, tombstones: Tombstones, pepper: Pepper) -> None:
        self._database = database
        self._tombstones = tombstones
        self._pepper = pepper
        self._importing: str | None = None

    def candidates(self, keys: Collection[str], cap: int) -> Mapping[str, Sequence[Customer]]:
        """The customers that share each key; a key that more than ``cap`` share carries no evidence and is left out."""
        hashed = self._hashed("key", keys)
        found: dict[str, list[Customer]] = defaultdict(list)
        seen: dict[int, Customer] = {}
        with self._database.read() as connection:
            for chunk in batches(hashed):
                telling = (
                    select(customer_keys.c.key)
                    .where(customer_keys.c.key.in_(chunk))
                    .group_by(customer_keys.c.key)
                    .having(func.count() <= cap)
                )
                query = (
                    select(customer_keys.c.key, customers)
                    .join(customers, customers.c.id == customer_keys.c.customer_id)
                    .where(customer_keys.c.key.in_(telling))
                    .order_by(customers.c.id)
                )
                for row in connection.execute(query):
                    customer = seen.get(row.id) or seen.setdefault(row.id, to_customer(row))
                    found[hashed[row.key]].append(customer)
        return dict(found)

    def name_frequency(self, names: Collection[str]) -> Mapping[str, int]:
        """How many customers bear each ``normal_text`` full name; 0 where nobody does."""
        hashed = self._hashed("name", names)
        counts = dict.fromkeys(names, 0)
        with self._database.read() as connection:
            for chunk in batches(hashed):
                query = select(customers.c.name_key, func.count().label("bearers"))
                query = query.where(customers.c.name_key.in_(chunk), customers.c.retired_at.is_(None))
                for row in connection.execute(query.group_by(customers.c.name_key)):
                    counts[hashed[row.name_key]] = row.bearers
        return counts

    def accounts(self, domains: Collection[str]) -> Mapping[str, str]:
        """The customer company of each registrable domain, in its most frequent spelling (the first by alphabet of equals)."""
        hashed = self._hashed("domain", {domain.lower() for domain in domains})
        best: dict[str, tuple[int, str]] = {}
        with self._database.read() as connection:
            for chunk in batches(hashed):
                query = (
                    select(customer_domains.c.domain, customers.c.company, func.count().label("contacts"))
                    .join(customers, customers.c.id == customer_domains.c.customer_id)
                    .where(customer_domains.c.domain.in_(chunk), customers.c.company != "")
                    .group_by(customer_domains.c.domain, customers.c.company)
                )
                for row in connection.execute(query):
                    domain = hashed[row.domain]
                    best[domain] = min(best.get(domain, (0, "")), (-row.contacts, row.company))
        return {domain: company for domain, (_, company) in best.items()}

    def save_customers(self, page: Sequence[tuple[Customer, Collection[str]]], import_id: str, now: datetime) -> Saved:  # noqa: ARG002 - the port's signature
        """Take a page of an import in; nothing changes for anybody until ``finish_import``."""
        with self._database.write() as connection:
            if import_id != self._importing:
                discard(connection)  # what an import that was cut short left behind, of this file or another
            saved = stage(self._database, connection, self._tombstones, self._pepper, page, import_id)
        self._importing = import_id
        return saved

    def finish_import(self, import_id: str, now: datetime, *, allow_shrink: bool, retire: bool = True) -> int:
        """Carry an import out in one transaction: new, changed and retired customers; how many were retired.

        Without ``retire`` nobody is: where rows could not be read, nobody knows who is gone.

        Raises:
            ImportRefused: the file shrank by more than half and ``allow_shrink`` is not set; nothing is changed.
        """
        self._importing = None
        with self._database.write() as connection:
            refused = None if allow_shrink else shrunk(connection, import_id)
            retired = 0 if refused else finish(self._database, connection, import_id, now, retire=retire)
            discard(connection)
        if refused:
            raise ImportRefused(refused)
        return retired

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

    def _hashed(self, purpose: str, values: Collection[str]) -> dict[str, str]:
        return {self._pepper.hash(purpose, value): value for value in values}
