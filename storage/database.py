"""One database: connections, transactions and the few statements that SQLite and PostgreSQL spell differently."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, StaticPool, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError

from listener.core.errors import StorageError
from storage.errors import mapped
from storage.keys import Pepper
from storage.policies import Policies

BATCH = 1_000
"""Rows a statement, and values in an IN list: enough to be fast, within every limit of both databases."""

WRITER_LOCK = 0x6C697374656E7772
"""The advisory lock of writers on PostgreSQL ("listenwr")."""

T = TypeVar("T")
Row = Mapping[str, Any]


def batches(items: Iterable[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    """The items in lists of at most ``size``."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


class Database:
    """Where everything is kept. ``read`` and ``write`` are the only ways in; both map errors."""

    def __init__(self, url: str, busy: timedelta, *, throwaway: bool = False) -> None:
        self.url = _parsed(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        name = self.url.database or ""
        self.path = Path(name.removeprefix("file:")) if self.is_sqlite and name not in {"", ":memory:"} else None
        """The file of a SQLite database; ``None`` for PostgreSQL and in memory."""
        self.emptied = self.path is not None and _emptied(self.path)
        """Whether it is a file without a byte that was in use before: what was in it is lost."""
        self.shown = str(self.path) if self.path else _shown(self.url)
        """The address as it is configured, without its password."""
        self.name = f"The database {self.shown}"
        self._alone: AbstractContextManager[object] = threading.RLock() if self.is_sqlite and self.path is None else nullcontext()
        """Held through each transaction where all threads share one connection: that of a database in memory."""
        self._pepper: Pepper | None = None
        self.policies = Policies()
        """Under which terms what is stored stands; those of the configured sources once the store is open."""
        with mapped(self.name):
            if self.is_sqlite:
                self.engine = _sqlite_engine(self.url, self.path, busy, throwaway)
            else:
                self.engine = _postgres_engine(self.url, busy)

    @property
    def pepper(self) -> Pepper:
        """By which keys are hashed before they are kept; known once the store is open."""
        if self._pepper is None:
            raise RuntimeError("the store of this database is not open yet")
        return self._pepper

    def use_pepper(self, pepper: Pepper) -> None:
        self._pepper = pepper

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading, in one transaction: all that is read in it belongs together."""
        with self._alone, mapped(self.name), self.engine.connect() as connection:
            if not self.is_sqlite:  # there each statement would see what others committed meanwhile
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def write(self, *, alone: bool = True) -> Iterator[Connection]:
        """One transaction: everything in it is kept, or nothing.

        Writers come one after the other, on PostgreSQL as on SQLite, so that what one of them decides by what it read (who is
        known, what is a copy) still holds when it writes. Those that add to one row and decide nothing need not be ``alone``.
        """
        with self._alone, mapped(self.name), self.engine.connect() as connection:
            connection.execution_options(listener_write=True)
            with connection.begin():
                if alone and not self.is_sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITER_LOCK})
                yield connection

    @contextmanager
    def outside_transaction(self) -> Iterator[Connection]:
        """A connection on which every statement stands alone, for what cannot be done in a transaction."""
        with self._alone, mapped(self.name), self.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT", listener_plain=True)
            yield connection

    def erase_bytes(self, connection: Connection) -> None:
        """From now on in this connection overwrite what is deleted (SQLite; PostgreSQL's vacuum does that in its own time)."""
        if self.is_sqlite:
            connection.execute(text("PRAGMA secure_delete = ON"))

    def cut_log(self) -> None:
        """Write SQLite's log into the file and cut it, so that it holds no old page either."""
        if self.path is not None:
            with self.outside_transaction() as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))

    def insert(self, table: Table) -> Any:
        """The dialect's INSERT, which knows ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def add(self, connection: Connection, table: Table, rows: Iterable[Row]) -> None:
        """Insert rows by ``executemany``; those whose key is already there are left as they are."""
        statement = self.insert(table).on_conflict_do_nothing()
        for batch in batches(rows):
            connection.execute(statement, batch)

    def put(self, connection: Connection, table: Table, rows: Iterable[Row], *, update: Collection[str]) -> None:
        """Insert rows by ``executemany``; of those whose primary key is already there, set the ``update`` columns."""
        statement = self.insert(table)
        statement = statement.on_conflict_do_update(
            index_elements=list(table.primary_key.columns), set_={name: statement.excluded[name] for name in update}
        )
        for batch in batches(rows):
            connection.execute(statement, batch)

    def reserve(self, connection: Connection, table: Table, count: int) -> list[int]:
        """Ids for that many new rows, known before they are inserted, never given twice."""
        if not count:
            return []
        if self.is_sqlite:  # an insert with its own id moves sqlite_sequence on; the write lock is ours
            last = connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}) or 0
            return list(range(last + 1, last + 1 + count))
        ids = connection.scalars(
            text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)"),
            {"name": table.name, "count": count},
        )
        return list(ids)


def _emptied(path: Path) -> bool:
    """Whether a file without a byte held something before.

    A run writes who it is into the lock beside a database that has tables, and SQLite's log outlives a crash. To be asked before
    SQLite opens the file, because it deletes the log of an empty one.
    """
    beside = (path.with_name(f"{path.name}{suffix}") for suffix in (".lock", "-wal"))
    return path.is_file() and not path.stat().st_size and any(file.is_file() and file.stat().st_size for file in beside)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StorageError("The address of the database cannot be read; write sqlite:///file.db or postgresql://…") from error
    if parsed.drivername in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise StorageError(f"A database of kind {parsed.drivername} cannot be used; write sqlite:///file.db or postgresql://…")
    return parsed


def _shown(url: URL) -> str:
    """Without the driver that we chose, and without secrets, which the options behind the address may hold as well."""
    told = url.set(drivername=url.get_backend_name()).difference_update_query(("password", "sslpassword"))
    return told.render_as_string(hide_password=True)


def _sqlite_engine(url: URL, path: Path | None, busy: timedelta, throwaway: bool) -> Engine:
    options: dict[str, Any] = {"connect_args": {"timeout": busy.total_seconds(), "check_same_thread": False}}
    if path is None:
        options["poolclass"] = StaticPool  # a database in memory lives as long as its one connection
    elif not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))  # it will hold personal data: for this user's eyes only
    engine = create_engine(url, hide_parameters=True, json_serializer=_written, json_deserializer=_read, **options)

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin when we say so, not when the driver guesses
        kept = ("journal_mode=OFF", "synchronous=OFF") if throwaway else ("journal_mode=WAL", "synchronous=NORMAL")
        for pragma in (*kept, "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("listener_plain"):
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("listener_write") else "BEGIN DEFERRED")

    return engine


def _written(value: Any) -> str:
    """A JSON column's text. Most are empty lists, and hundreds of thousands are written in an import."""
    return "[]" if value == [] else json.dumps(value)


def _read(data: str) -> Any:
    if data == "[]":
        return []
    return {} if data == "{}" else json.loads(data)


def _postgres_engine(url: URL, busy: timedelta) -> Engine:
    given = url.query.get("options", "")
    settings = f"{given if isinstance(given, str) else ' '.join(given)} -c timezone=UTC"
    settings += f" -c lock_timeout={int(busy.total_seconds() * 1000)}"
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={"options": settings, "connect_timeout": max(2, int(busy.total_seconds())), "application_name": "listener"},
    )
