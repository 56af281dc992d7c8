"""Making the keys of all stored customers anew, where a new version finds customers by other keys, without a new export."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlalchemy import Connection, bindparam, delete, select, update

from listener.core.people import Customer
from storage.authors import NOTHING_TO_SAY
from storage.blocking import carry_out, changing, coming, packed
from storage.database import BATCH, Database
from storage.identity_tables import author_keys, key_counts
from storage.imports import content_hash
from storage.keys import Pepper
from storage.rows import to_customer
from storage.tables import authors, customer_keys, customers

KEYS_VERSION = "keys_version"
"""The name under which ``meta`` keeps by which version the keys were made."""


def rekey(database: Database, connection: Connection, pepper: Pepper, keys_of: Callable[[Customer], Collection[str]]) -> int:
    """Replace all keys, page by page of customers, and make every match due; how many customers there are.

    Authors were looked up by the keys of before, so these are forgotten: matching notes the new ones. What the hash of a customer
    covers can have changed with the version, too: it is made anew, lest the next import take everybody for changed.
    """
    for table in (customer_keys, key_counts, author_keys):
        connection.execute(delete(table))
    done, last = 0, 0
    query = select(customers).where(customers.c.retired_at.is_(None)).order_by(customers.c.id).limit(BATCH)
    note = update(customers).where(customers.c.id == bindparam("row_id"))
    note = note.values(blocking=bindparam("packed"), content_hash=bindparam("hashed"))
    with changing(database, connection):
        while rows := connection.execute(query.where(customers.c.id > last)).all():
            last = rows[-1].id
            done += len(rows)
            found = [(row.id, to_customer(row)) for row in rows]
            packs = [(number, packed(pepper, keys_of(customer))) for number, customer in found]
            hashes = [content_hash(customer) for _, customer in found]
            values = zip(packs, hashes, strict=True)
            connection.execute(note, [{"row_id": at, "packed": keys, "hashed": hashed} for (at, keys), hashed in values])
            coming(database, connection, packs)
        carry_out(database, connection)
    connection.execute(update(authors).where(authors.c.matched_by > NOTHING_TO_SAY).values(matched_by=None))
    return done
