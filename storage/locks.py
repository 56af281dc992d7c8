"""Locks by name on a whole store, which end with the process that holds them, however it ends.

PostgreSQL keeps them for a session (advisory locks); on a SQLite file the operating system does (byte ranges of a file beside
it); in memory nobody else is there.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Protocol

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from storage.database import Database
from storage.errors import mapped

KEEPALIVE = (("tcp_keepalives_idle", "15"), ("tcp_keepalives_interval", "5"), ("tcp_keepalives_count", "3"))
"""Seconds, seconds, times: a server notices within half a minute that the machine of a session is gone, and frees its locks."""


def lock_key(name: str) -> int:
    """63 bits of a hash: a key of an advisory lock, and a place in a file."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8, person=b"listener job").digest()) >> 1


class _Outside(Protocol):
    """Keeps other processes out; called by one thread at a time."""

    def take(self, keys: Collection[int]) -> set[int]:
        """Those of the keys that are now held."""
        ...

    def free(self, keys: Collection[int]) -> None: ...

    def taken(self, keys: Collection[int]) -> set[int]:
        """Those of the keys that another process holds; those held here may be among them."""
        ...

    def close(self) -> None: ...


class Locks:
    """Holds names, for this process and its threads; may be used from any thread."""

    def __init__(self, database: Database) -> None:
        self._name = database.name
        self._guard = threading.Lock()
        self._held: set[int] = set()
        self._outside: _Outside
        if not database.is_sqlite:
            self._outside = _Session(database, self._held)
        elif database.path is not None:
            self._outside = _File(database.path.with_name(f"{database.path.name}.jobs.lock"))
        else:
            self._outside = _Nobody()

    @contextmanager
    def hold(self, names: Collection[str]) -> Iterator[frozenset[str]]:
        """Hold those of the names that nobody else holds, for the length of the block; which these are."""
        keys = {lock_key(name): name for name in names}
        with self._guard, mapped(self._name):
            got = self._outside.take(keys.keys() - self._held)
            self._held |= got
        try:
            yield frozenset(keys[key] for key in got)
        finally:
            with self._guard, mapped(self._name):
                self._held -= got
                self._outside.free(got)

    def taken(self, names: Collection[str]) -> set[str]:
        """Those of the names that somebody holds."""
        keys = {lock_key(name): name for name in names}
        with self._guard, mapped(self._name):
            found = (self._held & keys.keys()) | self._outside.taken(keys.keys() - self._held)
        return {keys[key] for key in found}

    def close(self) -> None:
        with self._guard:
            self._outside.close()


class _Nobody:
    """A database in memory has no other process."""

    def take(self, keys: Collection[int]) -> set[int]:
        return set(keys)

    def free(self, keys: Collection[int]) -> None: ...

    def taken(self, keys: Collection[int]) -> set[int]:  # noqa: ARG002 - the shape of the protocol
        return set()

    def close(self) -> None: ...


class _Session:
    """Advisory locks on a connection of their own, which is opened at the first use and again where it was lost.

    With a connection its locks are lost, and somebody else may get them: those that are held here are asked for again at the
    next use, and whoever has them meanwhile keeps them.
    """

    def __init__(self, database: Database, held: Collection[int]) -> None:
        self._database = database
        self._held = held
        self._connection: Connection | None = None

    def take(self, keys: Collection[int]) -> set[int]:
        return self._try(self._session(), keys) if keys else set()

    def free(self, keys: Collection[int]) -> None:
        if not keys or self._connection is None:
            return
        try:
            self._connection.execute(text("SELECT pg_advisory_unlock(key) FROM unnest(:keys) AS key"), {"keys": list(keys)})
        except DBAPIError as problem:
            if not problem.connection_invalidated:
                raise
            self.close()  # the server freed them when the connection ended

    def taken(self, keys: Collection[int]) -> set[int]:
        rows = self._session().execute(text(_TAKEN), {"keys": list(keys)}) if keys else ()
        return {row.key for row in rows}

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _session(self) -> Connection:
        if self._connection is not None:
            try:
                self._connection.execute(text("SELECT 1"))
            except DBAPIError:
                self.close()
            else:
                return self._connection
        connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()  # not one of the pool's, so that it is never handed out and the locks end with it
        self._connection = connection
        for name, value in (*KEEPALIVE, ("idle_session_timeout", "0")):
            given = {"name": name, "value": value}  # asked for by name, since older servers do not know all of them
            connection.execute(text("SELECT set_config(name, :value, false) FROM pg_settings WHERE name = :name"), given)
        self._try(connection, self._held)
        return connection

    @staticmethod
    def _try(connection: Connection, keys: Collection[int]) -> set[int]:
        query = text("SELECT key FROM unnest(:keys) AS key WHERE pg_try_advisory_lock(key)")
        return set(connection.scalars(query, {"keys": list(keys)})) if keys else set()


_TAKEN = """
SELECT ((classid::bigint << 32) | objid::bigint) AS key FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND ((classid::bigint << 32) | objid::bigint) = ANY(:keys)
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class _File:
    """Locks on single bytes of a file beside the database, which stays there and stays empty."""

    def __init__(self, path: os.PathLike[str]) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self, keys: Collection[int]) -> set[int]:
        return {key for key in keys if self._lock(key, fcntl.F_WRLCK)}

    def free(self, keys: Collection[int]) -> None:
        for key in keys:
            self._lock(key, fcntl.F_UNLCK)

    def taken(self, keys: Collection[int]) -> set[int]:
        free = self.take(keys)
        self.free(free)
        return set(keys) - free

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _lock(self, key: int, kind: int) -> bool:
        if self._handle is None:
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if sys.platform == "linux":  # locks of the open file: another store of this process is somebody else, too
                wanted = struct.pack("hhqqi", kind, os.SEEK_SET, key, 1, 0)
                fcntl.fcntl(self._handle, fcntl.F_OFD_SETLK, wanted)
            else:
                flags = fcntl.LOCK_UN if kind == fcntl.F_UNLCK else fcntl.LOCK_EX | fcntl.LOCK_NB
                fcntl.lockf(self._handle, flags, 1, key)
        except (BlockingIOError, PermissionError):  # which of the two says "held by somebody else" is left to the system
            return False
        return True
