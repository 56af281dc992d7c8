"""Copies of a SQLite database: made and put back while it is in use, by SQLite's own online backup.

On PostgreSQL its own tools do that; the errors name their commands.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import URL

from listener.core.errors import SchemaMismatch, StorageError
from storage import schema
from storage.database import Database
from storage.errors import explain, mapped
from storage.run_lock import run_lock

BUSY = timedelta(seconds=30)
"""How long a copy waits for a writer."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied. ``schema`` is the revision of what was copied, ``former`` where a restore kept what was there before."""

    file: Path
    size_bytes: int
    schema: str
    former: Path | None = None


def back_up(url: str, target: Path) -> Copied:
    """Copy the database at ``url`` into a new file, for the owner's eyes only, as it was at one moment; writers go on.

    Raises:
        StorageError: it is no SQLite file or is not there, the target exists or cannot be written, or the copy is damaged.
    """
    file = url.removeprefix("sqlite:///")
    if file != url and not Path(file).is_file():
        raise StorageError(f"The database {file} does not exist yet: there is nothing to back up")
    with _opened(url) as database:
        if database.path is None:
            raise StorageError(f"{database.name} is backed up by PostgreSQL's own tool: {_dump(database, target)}")
        revision = _revision(database.path)
        schema.backup(database, target)
    try:
        _check(target)
    except StorageError:
        target.unlink(missing_ok=True)
        raise
    return Copied(target, target.stat().st_size, revision)


def restore(url: str, source: Path, *, keep: Path) -> Copied:
    """Put a copy back in the place of the database at ``url``; what was there before is kept in ``keep``.

    It is one transaction of SQLite's: a kill in the middle leaves the former state. Nobody may be running meanwhile.

    Raises:
        StoreBusy: a run or ``listener serve`` holds the database.
        StorageError: the copy is damaged, of a newer program or of something else, or is the database itself; or the database
            cannot be written.
    """
    with _opened(url) as database:
        if database.path is None:
            raise StorageError(
                f"{database.name} is restored by PostgreSQL's own tool, once it is empty: {_undump(database, source)}"
            )
        if source.exists() and database.path.exists() and source.samefile(database.path):
            raise StorageError(f"{source} is the database itself: name a file that `listener db backup` wrote")
        with run_lock(database), _no_empty_file_left(database, database.path):
            revision = _revision(source)
            _check(source)
            former = None
            if database.path.is_file() and database.path.stat().st_size:
                _keep(database, database.path, keep)
                former = keep
            with mapped(database.name):
                _replace(source, database.path)
        return Copied(source, database.path.stat().st_size, revision, former)


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = Database(url, BUSY)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _no_empty_file_left(database: Database, path: Path) -> Iterator[None]:
    """Where nothing was before and nothing could be put, an empty file beside its lock would be taken for a lost database.

    One that is lost indeed stays, so that no run begins anew in its place.
    """
    lost = database.emptied or path.stat().st_size > 0
    try:
        yield
    except BaseException:
        if not lost and path.is_file() and not path.stat().st_size:
            path.unlink()
        raise


def _keep(database: Database, path: Path, keep: Path) -> None:
    """Copy what is there before; where it is damaged, which is why somebody restores, put its files aside as they are."""
    if not _is_damaged(path):
        schema.backup(database, keep)
        return
    if keep.exists():
        raise StorageError(f"{keep} exists already; the damaged database stays where it is")
    with mapped(database.name):
        for suffix in ("-wal", "-shm", ""):
            beside = path.with_name(f"{path.name}{suffix}")
            if beside.exists():
                shutil.move(beside, keep.with_name(f"{keep.name}{suffix}"))


def _is_damaged(path: Path) -> bool:
    """Whether SQLite finds it so; it is opened for reading only, so that its log stays as it is."""
    try:
        with closing(_readonly(path)) as live:
            return [row[0] for row in live.execute("PRAGMA integrity_check(1)")] != ["ok"]
    except sqlite3.DatabaseError as error:
        return error.sqlite_errorcode & 0xFF not in _NOT_ITS_FAULT


_NOT_ITS_FAULT = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}
"""Locked, or not to be opened: nothing is known to be wrong with the database itself."""


def _replace(source: Path, target: Path) -> None:
    """Into the database as it stands, not over its file: whoever has it open sees the new state, and no old page is left."""
    if not target.exists():
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
    with closing(_readonly(source)) as copy, closing(sqlite3.connect(target, timeout=BUSY.total_seconds())) as live:
        copy.backup(live)
        live.execute("PRAGMA journal_mode=WAL")
        live.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _readonly(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _revision(path: Path) -> str:
    """The schema of a copy.

    Raises:
        StorageError: it cannot be read, or is no database of ours.
        SchemaMismatch: it is of a newer program.
    """
    if not path.is_file():
        raise StorageError(f"There is no file {path}")
    try:
        with closing(_readonly(path)) as copy:
            names = {row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not {"alembic_version", "mentions"} <= names:
                raise SchemaMismatch(f"{path} is a database of something else, or an empty one")
            revision = str(copy.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    except sqlite3.OperationalError as error:
        raise StorageError(f"{path} {explain(error)}") from error
    except (sqlite3.Error, TypeError) as error:
        raise StorageError(f"{path} is no SQLite database, or is damaged ({error})") from error
    schema.refuse_if_newer(revision)
    return revision


def _check(path: Path) -> None:
    """Read the whole copy.

    Raises:
        StorageError: it is damaged.
    """
    try:
        with closing(_readonly(path)) as copy:
            found = [str(row[0]) for row in copy.execute("PRAGMA integrity_check(3)")]
    except sqlite3.Error as error:
        raise StorageError(f"{path} is damaged ({error})") from error
    if found != ["ok"]:
        raise StorageError(f"{path} is damaged: {'; '.join(found)}")


def _address(database: Database) -> str:
    """The address for PostgreSQL's tools, without its password: they ask for it, or take it from ``~/.pgpass``."""
    of = database.url
    options = {name: value for name, value in of.query.items() if "password" not in name}  # such as sslmode, or a socket's folder
    plain = URL.create("postgresql", of.username, None, of.host, of.port, of.database, options)
    return shlex.quote(plain.render_as_string())


def _dump(database: Database, target: Path) -> str:
    return f"pg_dump --format=custom --file={shlex.quote(str(target))} {_address(database)}"


def _undump(database: Database, source: Path) -> str:
    """Into an empty database: in one of a newer schema, ``--clean`` stumbles over tables that the copy does not know."""
    return f"pg_restore --single-transaction --no-owner --dbname={_address(database)} {shlex.quote(str(source))}"
