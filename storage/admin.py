"""Looking after the database: its state, its integrity, copies, and the lock that lets only one run work on it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select, text

from listener.core.errors import StoreBusy
from storage import schema
from storage.database import Database
from storage.metadata import metadata
from storage.run_lock import at_work, run_lock
from storage.schema import Upgraded


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

    def __init__(self, database: Database, upgraded: Upgraded | None) -> None:
        self._database = database
        self.upgraded = upgraded
        """What opening the store migrated it from, if it did."""
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
        if self._database.path is not None or not self._database.is_sqlite:
            with run_lock(self._database):
                yield
            return
        if not self._held.acquire(blocking=False):
            raise StoreBusy("Another run of this process holds the store")
        try:
            yield
        finally:
            self._held.release()

    def at_work(self) -> bool:
        """Whether a run or ``listener serve`` works on the store now; a run without an end is under way only then."""
        if self._database.path is not None or not self._database.is_sqlite:
            return at_work(self._database)
        return self._held.locked()


_FOREIGN = "PRAGMA foreign_key_check"
