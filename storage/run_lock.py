"""The lock that lets only one run work on a database; the system or the server frees it when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, text

from listener.core.errors import StoreBusy
from storage.database import Database
from storage.errors import mapped

RUN_LOCK = 0x6C697374656E7275
"""The advisory lock of runs on PostgreSQL ("listenru")."""

AGAIN = 0.1
"""Seconds until a held lock is asked for again."""
LEAST = 0.3
"""Seconds that are waited for a file at the least: who only looks whether it is locked locks it for a moment, too."""


@contextmanager
def run_lock(database: Database, wait: timedelta = timedelta(0)) -> Iterator[None]:
    """Hold the database, which is PostgreSQL or a file, for one run; wait for another one's end as long as said.

    Raises:
        StoreBusy: another run holds it; its text says who.
        StorageError: the lock cannot be asked for.
    """
    until = time.monotonic() + wait.total_seconds()
    if database.path is None:
        with _advisory_lock(database, until):
            yield
    else:
        with _file_lock(database, database.path.with_name(f"{database.path.name}.lock"), until):
            yield


def at_work(database: Database) -> bool:
    """Whether somebody works on the database now, which is PostgreSQL or a file: a run, or ``listener serve``.

    Raises:
        StorageError: it cannot be asked.
    """
    if database.path is None:
        with database.read() as connection:
            return bool(connection.scalar(text(_ANY_HOLDER), {"key": RUN_LOCK}))
    with mapped(database.name):
        try:
            handle = os.open(database.path.with_name(f"{database.path.name}.lock"), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except PermissionError:
            return True  # another user's: nobody here can say that it is free
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
    return False


@contextmanager
def _file_lock(database: Database, path: Path, until: float) -> Iterator[None]:
    """A lock on a file beside the database, which stays there: removing it would let two hold two files of one name."""
    with mapped(database.name):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _in_time(lambda: _flock(handle), max(until, time.monotonic() + LEAST)):
            holder = os.pread(handle, 20, 0).decode(errors="replace").strip() or "unknown"
            raise StoreBusy(f"Another run (process {holder}) holds {database.shown}; it goes on alone")
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def _flock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _advisory_lock(database: Database, until: float) -> Iterator[None]:
    """Only what is done about the lock is the database's: an error of the block stays what it is."""
    with ExitStack() as held:
        with mapped(database.name):
            connection = held.enter_context(database.engine.connect())
            connection.execution_options(isolation_level="AUTOCOMMIT")
            if not _in_time(lambda: _advisory(connection), until):
                raise _busy(database, connection)
        try:
            yield
        finally:
            with mapped(database.name):
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": RUN_LOCK})


def _advisory(connection: Connection) -> bool:
    return bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": RUN_LOCK}))


def _busy(database: Database, connection: Connection) -> StoreBusy:
    holder = connection.execute(text(_HOLDER), {"key": RUN_LOCK}).first()
    who = f"from {holder.address or 'the server itself'}, since {holder.since:%Y-%m-%d %H:%M} UTC" if holder else "unknown"
    return StoreBusy(f"Another run ({who}) holds {database.shown}; it goes on alone")


def _in_time(take: Callable[[], bool], until: float) -> bool:
    while not (taken := take()) and time.monotonic() < until:
        time.sleep(AGAIN)
    return taken


_HELD = """
FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND objsubid = 1
  AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_IS_A_RUNS = "((classid::bigint << 32) | objid::bigint) = :key"
_HOLDER = f"SELECT host(client_addr) AS address, backend_start AS since {_HELD} AND {_IS_A_RUNS}"
_ANY_HOLDER = f"SELECT EXISTS (SELECT {_HELD} AND ({_IS_A_RUNS} OR application_name = 'listener'))"
"""Of runs, or of the jobs of ``serve``, which hold one each (``storage.locks``); other programs' locks do not count."""
