"""What an import would meet: the customers as they are, looked up a page at a time. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import select

from listener.core.brand import Evidence
from listener.core.people import Customer, Outcome
from storage import keys
from storage.database import BATCH, Database, batches
from storage.imports import graves
from storage.rows import to_customer
from storage.tables import authors, customers, matches
from storage.tombstones import Tombstones


class ImportPreview:
    """The stored customers, for comparing them with an export."""

    def __init__(self, database: Database, tombstones: Tombstones) -> None:
        self._database = database
        self._tombstones = tombstones

    def known(self, contact_ids: Collection[str]) -> Mapping[str, Customer]:
        """The active customers among these, by the CRM's id."""
        by_key = {keys.contact_key(contact): contact for contact in contact_ids}
        found: dict[str, Customer] = {}
        with self._database.read() as connection:
            for chunk in batches(by_key):
                query = select(customers).where(customers.c.contact_key.in_(chunk), customers.c.retired_at.is_(None))
                found.update((by_key[row.contact_key], to_customer(row)) for row in connection.execute(query))
        return found

    def erased(self, page: Sequence[Customer]) -> frozenset[str]:
        """Ids of those who asked to be erased: no import brings them back."""
        theirs = {customer.contact_id: graves(customer) for customer in page}
        with self._database.read() as connection:
            buried = self._tombstones.among(connection, [grave for found in theirs.values() for grave in found])
        return frozenset(contact for contact, found in theirs.items() if not buried.isdisjoint(found))

    def links_on_accounts(self, platforms: Collection[str]) -> Mapping[str, int]:
        """How many links of authors on these platforms rest on the account that the CRM knows there."""
        found: Counter[str] = Counter()
        query = select(authors.c.platform, matches.c.evidence).join(authors, authors.c.id == matches.c.author_id)
        query = query.where(matches.c.outcome == Outcome.LINK.value, authors.c.platform.in_(sorted(platforms)))
        with self._database.read() as connection:
            for row in connection.execute(query) if platforms else ():
                found[row.platform] += any(why["kind"] == Evidence.HANDLE and why["weight_bits"] > 0 for why in row.evidence)
        return found

    def active(self) -> Iterator[Sequence[str]]:
        """The ids of all active customers, a page at a time."""
        last = 0
        query = select(customers.c.id, customers.c.contact_id).where(customers.c.retired_at.is_(None)).order_by(customers.c.id)
        while True:
            with self._database.read() as connection:
                rows = connection.execute(query.where(customers.c.id > last).limit(BATCH)).all()
            if not rows:
                return
            last = rows[-1].id
            yield [row.contact_id for row in rows]
