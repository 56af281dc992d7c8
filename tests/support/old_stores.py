"""Databases as former versions of the program left them, on SQLite and PostgreSQL, and what is in a database.

``tests/data/stores/NNNN.sql.xz`` holds what the program of that schema made of the bundled sample: ``listener demo``, dumped by
SQLite. ``fill`` puts rows into the tables of any schema: each column empty, each filled, and mixtures.
"""

from __future__ import annotations

import json
import lzma
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Column, Connection, DateTime, Float, Integer, LargeBinary, MetaData, Table, text
from sqlalchemy.types import JSON

from storage import schema
from storage.database import Database
from storage.keys import Pepper
from storage.store import BUSY, open_store
from tests.support.heard import NOW, PEPPER

DATA = Path(__file__).parent.parent / "data" / "stores"
LEFT = ("0001", "0006")
"""The schemas of which there is a database that their program left."""
ROWS = 6
AT = datetime(2026, 3, 10, 9, 0, 0, 123456, tzinfo=UTC)

Rows = dict[str, list[dict[str, Any]]]

QUOTING: tuple[Mapping[str, Any], ...] = (
    {},
    {"people": []},
    {"people": [{"person_id": 1}, {"quotes": None}]},
    {"people": [{"quotes": [{"mention_id": 1, "text": "Quillon!"}, {"mention_id": 2, "text": "", "url": None}]}]},
    {"people": [{"quotes": [{"mention_id": 3, "text": ""}]}, {"quotes": [{"mention_id": 3, "url": "https://a.example"}]}]},
    {"people": [{"quotes": [{"mention_id": 4, "text": "“é”"}, {"mention_id": 4, "text": ""}]}]},
)
"""Digests as the first version kept them: with and without quotes, shown and withheld, one mention quoted twice."""
OUTGOING = ("alert:blogs:1", "recovery:blogs:1", "digest:kim:2026-03-10", "digest:alert:x", "digest:y", "alert")


def made(url: str, revision: str) -> None:
    """The empty tables of that schema."""
    database = Database(url, BUSY)
    schema.migrate(database, to=revision)
    database.close()


def left_by(revision: str, url: str, scratch: Path) -> None:
    """What the program of that schema left of the sample."""
    script = lzma.decompress((DATA / f"{revision}.sql.xz").read_bytes()).decode()
    file = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else scratch / f"{revision}.db"
    connection = sqlite3.connect(file)
    connection.executescript(script)
    connection.close()
    if not url.startswith("sqlite"):
        made(url, revision)
        write(url, contents(f"sqlite:///{file}"))


def fill(url: str) -> None:
    """Rows in all tables, whatever they are."""
    database = Database(url, BUSY)
    with database.read() as connection:
        known = _tables(connection)
    database.close()
    write(url, {table.name: [_row(table, at) for at in range(ROWS)] for table in known.sorted_tables if table.name != VERSION})
    database = Database(url, BUSY)
    with database.write() as connection:
        add = text("INSERT INTO meta (name, value) VALUES ('pepper_check', :check)")
        connection.execute(add, {"check": Pepper(PEPPER).hash("check", "")})
    database.close()


VERSION = "alembic_version"


def write(url: str, rows: Rows) -> None:
    """Into the tables as they are; ids go on after the highest."""
    database = Database(url, BUSY)
    with database.write() as connection:
        for table in _tables(connection).sorted_tables:
            if table.name == VERSION or not rows.get(table.name):
                continue
            connection.execute(table.insert(), [_for(table, row, database.is_sqlite) for row in rows[table.name]])
            if "id" in table.c and not database.is_sqlite:
                connection.execute(
                    text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}")
                )
    database.close()


def contents(url: str) -> Rows:
    """Every row of every table, in one form on both databases: moments in UTC."""
    database = Database(url, BUSY)
    with database.read() as connection:
        found = {
            table.name: sorted((_plain(row._mapping) for row in connection.execute(table.select())), key=repr)
            for table in _tables(connection).sorted_tables
            if table.name != VERSION
        }
    database.close()
    return found


def _tables(connection: Connection) -> MetaData:
    found = MetaData()
    found.reflect(connection)
    return found


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for name, value in row.items()}


def _for(table: Table, row: Mapping[str, Any], sqlite: bool) -> dict[str, Any]:
    """SQLite's reflected columns know no zone."""
    return {
        name: value.replace(tzinfo=None) if sqlite and isinstance(value, datetime) else value
        for name, value in row.items()
        if name in table.c
    }


def _row(table: Table, at: int) -> dict[str, Any]:
    return {column.name: _value(column, at, place) for place, column in enumerate(table.c)}


def _value(column: Column[Any], at: int, place: int) -> Any:
    """The first row has nothing where nothing may stand, the second everything, the others mixtures."""
    if column.nullable and at != 1 and (at == 0 or (at + place) % 2):
        return None
    special = {("digests", "data"): json.dumps(QUOTING[at]), ("outbox", "dedup_key"): OUTGOING[at]}
    return special.get((column.table.name, column.name)) or next(_of_its_kind(column, at))


def _of_its_kind(column: Column[Any], at: int) -> Iterator[Any]:
    kind = column.type
    if isinstance(kind, Boolean):
        yield bool(at % 2)
    elif isinstance(kind, Integer):  # ids and what refers to them: row for row
        yield at + 1
    elif isinstance(kind, Float):
        yield at / 8
    elif isinstance(kind, DateTime):
        yield AT + timedelta(hours=at)
    elif isinstance(kind, LargeBinary):
        yield bytes([0, at, 255])
    elif isinstance(kind, JSON):
        yield ([], {}, {"a": [1, None, "é"]}, ["x"], [1.5], {"b": {}})[at]
    else:
        yield f"{column.name} {at} é ☃ '\"\\ %s :x\n"


def version(url: str) -> str | None:
    """The schema that a database has."""
    database = Database(url, BUSY)
    with database.read() as connection:
        found = schema.current(connection)
    database.close()
    return found


def upgraded(url: str) -> Path | None:
    """Bring it up to date and check it; the copy that was made before."""
    with open_store(url, now=NOW, pepper=PEPPER, upgrade=True) as store:
        assert store.admin.status().problems == ()
        return store.admin.upgraded and store.admin.upgraded.backup
