"""The import of customers: pages are staged, and the finished import is carried out in one transaction.

A killed import leaves nothing but staged rows, which the next import throws away.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, func, select, update

from listener.core.mention import digest, normal_text
from listener.core.people import Customer
from listener.core.ports import Saved
from storage.authors import NOTHING_TO_SAY
from storage.database import BATCH, Database, batches
from storage.keys import Pepper, contact_key
from storage.rows import customer_values
from storage.tables import authors, customer_domains, customer_keys, customers, meta, staged_customers
from storage.tombstones import Grave, Tombstones

LAST_IMPORT = "last_import"


def stage(
    database: Database,
    connection: Connection,
    tombstones: Tombstones,
    pepper: Pepper,
    page: Sequence[tuple[Customer, Collection[str]]],
    import_id: str,
) -> Saved:
    """Keep a page for ``finish``, with full data only where it is new or changed.

    Of two rows with one contact id the first counts; who was erased stays out; both count as duplicates.
    """
    here = staged_customers.c.import_id == import_id
    erased = tombstones.among(connection, [grave for customer, _ in page for grave in graves(customer)])
    last = connection.scalar(select(func.max(staged_customers.c.position)).where(here)) or 0
    rows: dict[str, dict[str, Any]] = {}
    for position, (customer, keys) in enumerate(page, start=last + 1):
        key = contact_key(customer.contact_id)
        if key not in rows and erased.isdisjoint(graves(customer)):
            place = {"import_id": import_id, "contact_key": key, "position": position}
            rows[key] = {**place, **_staged(pepper, customer, keys)}
    for chunk in batches(list(rows)):
        query = select(staged_customers.c.contact_key).where(here, staged_customers.c.contact_key.in_(chunk))
        for repeated in connection.scalars(query):
            del rows[repeated]
    before = _content_hashes(connection, rows)
    same = [key for key in rows if before.get(key) == rows[key]["content_hash"]]
    for key in same:
        rows[key] |= {"data": None, "blocking": None, "domains": None}
    database.add(connection, staged_customers, rows.values())
    changed = sum(key in before for key in rows) - len(same)
    new = len(rows) - changed - len(same)
    return Saved(new, changed, len(page) - new - changed)


def graves(customer: Customer) -> list[Grave]:
    """Under which keys the customer may have been erased."""
    found = [("contact", customer.contact_id)]
    return [*found, ("email", normal_text(customer.email))] if customer.email else found


def discard(connection: Connection) -> None:
    """Throw all staged rows away."""
    connection.execute(delete(staged_customers))


def shrunk(connection: Connection, import_id: str) -> str | None:
    """Why the import must not be carried out without asking: it has less than half of the customers."""
    here = staged_customers.c.import_id == import_id
    staged = connection.scalar(select(func.count()).select_from(staged_customers).where(here)) or 0
    active = connection.scalar(select(func.count()).select_from(customers).where(customers.c.retired_at.is_(None))) or 0
    if staged * 2 >= active:
        return None
    return (
        f"The import has {staged} customers where the last one had {active}; nothing was changed. "
        "If more than half of them are really gone, run it again with --allow-shrink"
    )


def finish(database: Database, connection: Connection, import_id: str, now: datetime, *, retire: bool = True) -> int:
    """Write the staged customers, retire those the import no longer had, and make matches due if anything changed.

    All matches become due, not only those that share a key with a changed customer: the store does not know the keys of authors
    (the matcher computes them), a change may lift another customer over or under the cap of a key or alter how frequent a name
    is, and matching an author costs far less than a wrong link kept.
    """
    written = _write_staged(database, connection, import_id, now)
    retired = _retire(connection, import_id, now) if retire else 0
    if written or retired:
        connection.execute(update(authors).where(authors.c.matched_by > NOTHING_TO_SAY).values(matched_by=None))
    database.put(connection, meta, [{"name": LAST_IMPORT, "value": import_id}], update=("value",))
    return retired


def _staged(pepper: Pepper, customer: Customer, keys: Iterable[str]) -> dict[str, Any]:
    data = customer_values(customer)
    name = normal_text(customer.name)
    distinct = sorted(set(keys))
    return {
        "content_hash": digest("customer", json.dumps(data, sort_keys=True), *distinct),
        "data": {**data, "name_key": pepper.hash("name", name) if name else None},
        "blocking": [pepper.hash("key", item) for item in distinct],
        "domains": sorted(pepper.hash("domain", domain) for domain in company_domains(customer)),
    }


def company_domains(customer: Customer) -> set[str]:
    """Every domain that the host of the e-mail address or site lies in, without the top level.

    Which of these is the registrable one is known to whoever asks for an account; for others nobody asks.
    """
    hosts = [customer.email.rpartition("@")[2]] if customer.email else []
    if customer.website:
        site = customer.website if "//" in customer.website else f"//{customer.website}"
        with suppress(ValueError):  # no address, so no domain; the text itself is kept as exported
            hosts.append(urlsplit(site).hostname or "")
    found = set()
    for host in hosts:
        labels = host.lower().strip(". ").split(".")[-5:]
        found |= {".".join(labels[start:]) for start in range(len(labels) - 1)}
    return found


def _content_hashes(connection: Connection, wanted: Iterable[str]) -> dict[str, str]:
    """Of active customers; one who was retired and is back counts as new."""
    found: dict[str, str] = {}
    for chunk in batches(wanted):
        query = select(customers.c.contact_key, customers.c.content_hash)
        query = query.where(customers.c.contact_key.in_(chunk), customers.c.retired_at.is_(None))
        found.update((row.contact_key, row.content_hash) for row in connection.execute(query))
    return found


def _write_staged(database: Database, connection: Connection, import_id: str, now: datetime) -> int:
    written, last = 0, 0
    query = select(staged_customers).where(staged_customers.c.import_id == import_id, staged_customers.c.data.is_not(None))
    query = query.order_by(staged_customers.c.position).limit(BATCH)
    while rows := connection.execute(query.where(staged_customers.c.position > last)).all():
        last = rows[-1].position
        written += len(rows)
        _write(database, connection, rows, now)
    return written


def _write(database: Database, connection: Connection, rows: Sequence[Any], now: datetime) -> None:
    wanted = [row.contact_key for row in rows]
    known = select(customers.c.contact_key, customers.c.id).where(customers.c.contact_key.in_(wanted))
    ids: dict[str, int] = {row.contact_key: row.id for row in connection.execute(known)}
    _forget_keys(connection, list(ids.values()))
    new = [key for key in wanted if key not in ids]
    ids |= dict(zip(new, database.reserve(connection, customers, len(new)), strict=True))
    values = [
        {
            **row.data,
            "id": ids[row.contact_key],
            "contact_key": row.contact_key,
            "content_hash": row.content_hash,
            "imported_at": now,
            "changed_at": now,
            "retired_at": None,
        }
        for row in rows
    ]
    database.put(connection, customers, values, update=set(values[0]) - {"id", "contact_key", "imported_at"})
    database.add(
        connection, customer_keys, ({"key": key, "customer_id": ids[row.contact_key]} for row in rows for key in row.blocking)
    )
    database.add(
        connection,
        customer_domains,
        ({"domain": domain, "customer_id": ids[row.contact_key]} for row in rows for domain in row.domains),
    )


def _forget_keys(connection: Connection, customer_ids: Sequence[int]) -> None:
    for table in (customer_keys, customer_domains):
        connection.execute(delete(table).where(table.c.customer_id.in_(customer_ids)))


def _retire(connection: Connection, import_id: str, now: datetime) -> int:
    there = select(staged_customers.c.contact_key).where(
        staged_customers.c.import_id == import_id, staged_customers.c.contact_key == customers.c.contact_key
    )
    gone = update(customers).where(customers.c.retired_at.is_(None), ~there.exists()).values(retired_at=now)
    retired = connection.execute(gone).rowcount
    if retired:
        idle = select(customers.c.id).where(customers.c.retired_at == now)
        for table in (customer_keys, customer_domains):
            connection.execute(delete(table).where(table.c.customer_id.in_(idle)))
    return retired
