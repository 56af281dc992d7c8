"""Looking after the database: its state, its integrity, copies, and the lock that lets only one run work on it."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select, text

from listener.core.errors import StoreBusy
from storage import schema
from storage.database import Database
from storage.errors import mapped
from storage.metadata import metadata

RUN_LOCK = 0x6C697374656E7275
"""The advisory lock of runs on PostgreSQL ("listenru")."""


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """The state of the database. ``problems`` is empty where its own check finds nothing wrong."""

    database: str
    schema: str
    size_bytes: int
    rows: Mapping[str, int]
    problems: tuple[str, ...] = ()


class Admin:
    """What ``listener db`` needs, and the run lock."""

    def __init__(self, database: Database, migrated_from_backup: Path | None) -> None:
        self._database = database
        self.backup_before_upgrade = migrated_from_backup
        """The copy that was made when opening the store migrated it, if it did."""
        self._held = threading.Lock()

    def status(self) -> StoreStatus:
        """Size, rows by table, and what the database's own integrity check finds (reads all of it)."""
        with self._database.read() as connection:
            rows = {
                table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in metadata.sorted_tables
            }
            if self._database.is_sqlite:
                size = connection.scalar(text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"))
                found = [str(line) for line in connection.scalars(text("PRAGMA integrity_check(20)"))]
                found += [f"{row[0]}: a row refers to a missing row of {row[2]}" for row in connection.execute(text(_FOREIGN))]
            else:
                size = connection.scalar(text("SELECT pg_database_size(current_database())"))
                found = ["ok"]  # PostgreSQL checks its pages when it reads them; a damaged one raises an error
        problems = tuple(line for line in found if line != "ok")
        return StoreStatus(self._database.shown, schema.HEAD, int(size or 0), rows, problems)

    def backup(self, target: Path) -> None:
        """Copy a SQLite database to a new file while it is in use.

        Raises:
            StorageError: it is no SQLite file, the target exists, or it cannot be written.
        """
        schema.backup(self._database, target)

    @contextmanager
    def run_lock(self) -> Iterator[None]:
        """Hold the store for one run; the operating system or the server frees it if the process is killed.

        Raises:
            StoreBusy: another run holds it; its text says who.
        """
        if not self._database.is_sqlite:
            with self._advisory_lock():
                yield
        elif self._database.path is not None:
            with self._file_lock(self._database.path.with_name(self._database.path.name + ".lock")):
                yield
        else:
            if not self._held.acquire(blocking=False):
                raise StoreBusy("Another run of this process holds the store")
            try:
                yield
            finally:
                self._held.release()

    @contextmanager
    def _file_lock(self, path: Path) -> Iterator[None]:
        """A lock on a file beside the database, which stays there: removing it would let two hold two files of one name."""
        with mapped(self._database.name):
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = os.pread(handle, 20, 0).decode(errors="replace").strip() or "unknown"
                raise StoreBusy(f"Another run (process {holder}) holds {self._database.shown}; it goes on alone") from error
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(handle)

    @contextmanager
    def _advisory_lock(self) -> Iterator[None]:
        """Only what is done about the lock is the database's: an error of the block stays what it is."""
        name = self._database.name
        with ExitStack() as held:
            with mapped(name):
                connection = held.enter_context(self._database.engine.connect())
                connection.execution_options(isolation_level="AUTOCOMMIT")
                self._take(connection)
            try:
                yield
            finally:
                with mapped(name):
                    connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": RUN_LOCK})

    def _take(self, connection: Connection) -> None:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": RUN_LOCK}):
            holder = connection.execute(text(_HOLDER), {"key": RUN_LOCK}).first()
            who = (
                f"from {holder.address or 'the server itself'}, since {holder.since:%Y-%m-%d %H:%M} UTC" if holder else "unknown"
            )
            raise StoreBusy(f"Another run ({who}) holds {self._database.shown}; it goes on alone")


_FOREIGN = "PRAGMA foreign_key_check"

_HOLDER = """
SELECT host(client_addr) AS address, backend_start AS since
FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND ((classid::bigint << 32) | objid::bigint) = :key
  AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
