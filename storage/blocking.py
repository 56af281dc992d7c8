"""The keys under which customers are found, and how many customers share each: changed together, so that the counts stay exact.

Changes are gathered in a temporary table and carried out in the order of the keys. One by one, sixteen million keys of a million
customers would each change another page of the database; in their order they fill one page after the other.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import repeat

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    bindparam,
    delete,
    func,
    literal,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.schema import CreateTable, DropTable

from storage.columns import Id, Key
from storage.database import Database, batches
from storage.identity_tables import key_counts
from storage.keys import Pepper
from storage.tables import customer_keys, customers

COUNTED = "#"
"""With it begins a key that is only counted (how frequent a name is) and finds nobody."""
EVERYBODY = COUNTED
"""The counted key of every customer: how many there are, without reading them."""

changes = Table(
    "key_changes",
    MetaData(),
    Column("key", Key, nullable=False),
    Column("customer_id", Id, nullable=False),
    Column("change", Integer, nullable=False),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)
"""``change`` is 1 for a key that a customer gets, -1 for one that a customer loses."""


# --------------------------------------------------------------------------------------------------------- packed


def packed(pepper: Pepper, keys: Iterable[str]) -> bytes:
    """The hashes of a customer's keys and of the one that everybody has, in order, eight bytes each."""
    numbers = sorted({pepper.number(key) for key in {*keys, EVERYBODY}})
    return struct.pack(f">{len(numbers)}q", *numbers)


def unpacked(blocking: bytes | None) -> tuple[int, ...]:
    data = blocking or b""
    return struct.unpack(f">{len(data) // 8}q", data)


# -------------------------------------------------------------------------------------------------------- changing


@contextmanager
def changing(database: Database, connection: Connection) -> Iterator[None]:
    """Gather changes by ``coming`` and ``leaving``; ``carry_out`` must be called in the block.

    A transaction that fails takes the temporary table with it.
    """
    with _roomy(database, connection):
        connection.execute(CreateTable(changes))
        yield
        connection.execute(DropTable(changes))


def coming(database: Database, connection: Connection, packs: Iterable[tuple[int, bytes | None]]) -> None:
    """Each customer (id, packed keys) gets these keys."""
    _gather(database, connection, packs, 1)


def leaving(database: Database, connection: Connection, packs: Iterable[tuple[int, bytes | None]]) -> None:
    """Each customer (id, packed keys) loses these keys; who keeps some gets them again."""
    _gather(database, connection, packs, -1)


def changed_keys(connection: Connection) -> int:
    """How many changes were gathered."""
    return connection.scalar(select(func.count()).select_from(changes)) or 0


def carry_out(database: Database, connection: Connection) -> None:
    """Write what was gathered."""
    pair = (changes.c.key, changes.c.customer_id)
    net = func.sum(changes.c.change)
    lost = select(*pair).group_by(*pair).having(net < 0)
    connection.execute(delete(customer_keys).where(tuple_(customer_keys.c.key, customer_keys.c.customer_id).in_(lost)))
    got = select(*pair).group_by(*pair).having(net > 0).order_by(*pair)
    connection.execute(customer_keys.insert().from_select(["key", "customer_id"], got))
    _count(database, connection)


def drop_customers_keys(database: Database, connection: Connection, customer_ids: Collection[int]) -> None:
    """Take all keys from these customers; to be called before their rows are deleted."""
    with changing(database, connection):
        for ids in batches(customer_ids):
            rows = connection.execute(select(customers.c.id, customers.c.blocking).where(customers.c.id.in_(ids)))
            leaving(database, connection, [(row.id, row.blocking) for row in rows])
            connection.execute(update(customers).where(customers.c.id.in_(ids)).values(blocking=None))
        carry_out(database, connection)


# ---------------------------------------------------------------------------------------------------------- inside


def _count(database: Database, connection: Connection) -> None:
    net = func.sum(changes.c.change)
    sums = select(changes.c.key, net).group_by(changes.c.key).having(net != 0).order_by(changes.c.key)
    insert = database.insert(key_counts).from_select(["key", "bearers"], sums)
    more = key_counts.c.bearers + insert.excluded.bearers
    connection.execute(insert.on_conflict_do_update(index_elements=[key_counts.c.key], set_={"bearers": more}))
    gone = select(changes.c.key).where(changes.c.change < 0)
    connection.execute(delete(key_counts).where(key_counts.c.bearers <= 0, key_counts.c.key.in_(gone)))


def _gather(database: Database, connection: Connection, packs: Iterable[tuple[int, bytes | None]], change: int) -> None:
    """The driver's own statements: a dictionary for each of sixteen million rows takes longer than everything else."""
    for batch in batches(packs):
        if database.is_sqlite:
            rows = [row for owner, blocking in batch for row in zip(unpacked(blocking), repeat(owner), repeat(change))]
            if rows:
                connection.exec_driver_sql("INSERT INTO key_changes (key, customer_id, change) VALUES (?, ?, ?)", rows)
        else:
            keys = [key for _, blocking in batch for key in unpacked(blocking)]
            owners = [owner for owner, blocking in batch for _ in unpacked(blocking)]
            unnest = select(
                func.unnest(bindparam("keys", keys, ARRAY(BigInteger))),
                func.unnest(bindparam("owners", owners, ARRAY(BigInteger))),
                literal(change),
            )
            connection.execute(changes.insert().from_select(["key", "customer_id", "change"], unnest))


@contextmanager
def _roomy(database: Database, connection: Connection) -> Iterator[None]:
    """More of SQLite's page cache for the time of many changes: a page is written once and not each time that it is touched."""
    if not database.is_sqlite:
        yield
        return
    before = connection.scalar(text("PRAGMA cache_size"))
    connection.execute(text(f"PRAGMA cache_size = -{ROOM_KIB}"))
    try:
        yield
    finally:
        connection.execute(text(f"PRAGMA cache_size = {before}"))


ROOM_KIB = 32 * 1024
