"""The import of customers: pages are staged, and the finished import is carried out in one transaction.

A killed import leaves nothing but staged rows, which the next import throws away.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, update

from listener.core.crm import why_not_imported
from listener.core.mention import digest, normal_text
from listener.core.people import Customer
from listener.core.ports import Saved
from storage.author_keys import touch_changed
from storage.authors import NOTHING_TO_SAY
from storage.blocking import carry_out, changing, coming, leaving, packed
from storage.database import BATCH, Database, batches
from storage.employments import keep_employments
from storage.identity_tables import identity_decisions
from storage.keys import Pepper, contact_key
from storage.rows import customer_values
from storage.tables import authors, customers, meta, people, staged_customers
from storage.ties import part_from
from storage.tombstones import Grave, Tombstones

LAST_IMPORT = "last_import"
_EMPTY = customer_values(Customer(""))


@dataclass(frozen=True, slots=True)
class Staged:
    """What became of a page; ``rows`` counts what was staged, unchanged customers included."""

    saved: Saved
    rows: int


def stage(
    database: Database,
    connection: Connection,
    tombstones: Tombstones,
    pepper: Pepper,
    page: Sequence[tuple[Customer, Collection[str]]],
    import_id: str,
) -> Staged:
    """Keep a page for ``finish``, with full data only where it is new or changed.

    Of two rows with one contact id the first counts; who was erased stays out; both count as duplicates.
    """
    erased = tombstones.among(connection, [grave for customer, _ in page for grave in graves(customer)])
    last = connection.scalar(select(func.max(staged_customers.c.position))) or 0
    rows: dict[str, dict[str, Any]] = {}
    keys_of: dict[str, Collection[str]] = {}
    for position, (customer, keys) in enumerate(page, start=last + 1):
        key = contact_key(customer.contact_id)
        if key not in rows and erased.isdisjoint(graves(customer)):
            rows[key] = {"position": position, "import_id": import_id, "contact_key": key, **_hashed(customer)}
            keys_of[key] = keys
    for chunk in batches(list(rows)):
        query = select(staged_customers.c.contact_key).where(staged_customers.c.contact_key.in_(chunk))
        for repeated in connection.scalars(query):
            del rows[repeated]
    before = _content_hashes(connection, rows)
    same = {key for key, row in rows.items() if before.get(key) == row["content_hash"]}
    for key, row in rows.items():
        row.update({"data": None, "blocking": None} if key in same else {"blocking": packed(pepper, keys_of[key])})
    database.add(connection, staged_customers, rows.values())
    changed = sum(key in before for key in rows) - len(same)
    new = len(rows) - changed - len(same)
    return Staged(Saved(new, changed, len(page) - new - changed), len(rows))


def _hashed(customer: Customer) -> dict[str, Any]:
    """What is staged of a customer: what the CRM leaves empty takes no room."""
    data = customer_values(customer)
    return {"content_hash": _hash(data), "data": {name: value for name, value in data.items() if value}}


def content_hash(customer: Customer) -> str:
    """What tells whether the CRM says something else of a customer."""
    return _hash(customer_values(customer))


def _hash(data: Mapping[str, Any]) -> str:
    return digest("customer", json.dumps(data, sort_keys=True))


def graves(customer: Customer) -> list[Grave]:
    """Under which keys the customer may have been erased."""
    found = [("contact", customer.contact_id)]
    return [*found, ("email", normal_text(customer.email))] if customer.email else found


def discard(connection: Connection) -> None:
    """Throw all staged rows away."""
    connection.execute(delete(staged_customers))


def refusal(connection: Connection, import_id: str, expected: int, *, allow_shrink: bool, retire: bool) -> str | None:
    """Why the import must not be carried out: somebody else's came between, or more than half of the customers would be lost."""
    staged = connection.scalar(select(func.count()).select_from(staged_customers)) or 0
    ours = select(func.count()).select_from(staged_customers).where(staged_customers.c.import_id == import_id)
    if staged != expected or connection.scalar(ours) != expected:
        return "Another import of customers ran at the same time; nothing was changed. Run this one again"
    if allow_shrink:
        return None
    active = select(func.count()).select_from(customers).where(customers.c.retired_at.is_(None))
    gone = connection.scalar(active.where(_not_staged())) if retire else None
    why = why_not_imported(staged, connection.scalar(active) or 0, gone or 0)
    return why and f"{why}; nothing was changed. If that is right, run `listener customers import` with --allow-shrink"


def finish(database: Database, connection: Connection, import_id: str, now: datetime, *, retire: bool = True) -> int:
    """Retire those that the import no longer had, write the new and the changed ones, and make the matches due that these touch.

    Those are of authors who were looked up under a key that such a customer had or has, who are linked to one, or of whom a
    person said that they are one. How frequent names are changes with every import a little; nobody is matched anew for that.
    """
    with changing(database, connection):
        retired = _retire(database, connection, now) if retire else 0
        written = _write_staged(database, connection, now)
        if written or retired:
            touch_changed(connection)
            _make_due(connection, now)
            carry_out(database, connection)
    database.put(connection, meta, [{"name": LAST_IMPORT, "value": import_id}], update=("value",))
    return retired


def _make_due(connection: Connection, now: datetime) -> None:
    """Authors who are a changed customer, and those of whom a person said that they are."""
    changed = or_(customers.c.changed_at == now, customers.c.retired_at == now)
    persons = select(people.c.id).join(customers, customers.c.id == people.c.customer_id).where(changed)
    said = select(identity_decisions.c.author_id).join(customers, customers.c.contact_key == identity_decisions.c.contact_key)
    said = said.where(identity_decisions.c.ended_at.is_(None), changed)
    theirs = or_(authors.c.person_id.in_(persons), authors.c.id.in_(said))
    connection.execute(update(authors).where(authors.c.matched_by > NOTHING_TO_SAY, theirs).values(matched_by=None))


def _content_hashes(connection: Connection, wanted: Iterable[str]) -> dict[str, str]:
    """Of active customers; one who was retired and is back counts as new."""
    found: dict[str, str] = {}
    for chunk in batches(wanted):
        query = select(customers.c.contact_key, customers.c.content_hash)
        query = query.where(customers.c.contact_key.in_(chunk), customers.c.retired_at.is_(None))
        found.update((row.contact_key, row.content_hash) for row in connection.execute(query))
    return found


def _not_staged() -> ColumnElement[bool]:
    """Of customers: the import does not have them."""
    staged = select(staged_customers.c.contact_key).where(staged_customers.c.contact_key == customers.c.contact_key)
    return ~staged.exists()


def _retire(database: Database, connection: Connection, now: datetime) -> int:
    query = select(customers.c.id, customers.c.blocking).where(customers.c.retired_at.is_(None), _not_staged())
    query = query.order_by(customers.c.id).limit(BATCH)
    retired, last = 0, 0
    while rows := connection.execute(query.where(customers.c.id > last)).all():
        last = rows[-1].id
        retired += len(rows)
        leaving(database, connection, [(row.id, row.blocking) for row in rows])
        gone = update(customers).where(customers.c.id.in_([row.id for row in rows]))
        connection.execute(gone.values(retired_at=now, blocking=None))
    return retired


def _write_staged(database: Database, connection: Connection, now: datetime) -> int:
    """Write the staged customers, taking each page out of the stage, so that SQLite uses its room again."""
    written, last = 0, 0
    query = select(staged_customers).where(staged_customers.c.data.is_not(None))
    query = query.order_by(staged_customers.c.position).limit(BATCH)
    while rows := connection.execute(query.where(staged_customers.c.position > last)).all():
        last = rows[-1].position
        written += len(rows)
        _write(database, connection, rows, now)
        connection.execute(delete(staged_customers).where(staged_customers.c.position.between(rows[0].position, last)))
    return written


def _write(database: Database, connection: Connection, rows: Sequence[Any], now: datetime) -> None:
    wanted = [row.contact_key for row in rows]
    query = select(customers.c.contact_key, customers.c.id, customers.c.blocking).where(customers.c.contact_key.in_(wanted))
    known = connection.execute(query).all()
    ids: dict[str, int] = {row.contact_key: row.id for row in known}
    leaving(database, connection, [(row.id, row.blocking) for row in known])
    said = {row.contact_key: {**_EMPTY, **row.data} for row in rows}
    if known:
        others = keep_employments(database, connection, {customer: said[key] for key, customer in ids.items()}, now)
        part_from(database, connection, others, now)
    new = [key for key in wanted if key not in ids]
    ids |= dict(zip(new, database.reserve(connection, customers, len(new)), strict=True))
    values = [
        {
            **said[row.contact_key],
            "id": ids[row.contact_key],
            "contact_key": row.contact_key,
            "content_hash": row.content_hash,
            "blocking": row.blocking,
            "imported_at": now,
            "changed_at": now,
            "retired_at": None,
        }
        for row in rows
    ]
    database.put(connection, customers, values, update=set(values[0]) - {"id", "contact_key", "imported_at"})
    coming(database, connection, [(ids[row.contact_key], row.blocking) for row in rows])
