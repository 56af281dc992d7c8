"""Which schema a database has, and bringing it up to date. Alembic is imported only where there is something to do."""

from __future__ import annotations

import filecmp
import os
import re
import sqlite3
import tempfile
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, closing, suppress
from datetime import datetime, timedelta
from glob import escape
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, inspect, text

from listener.core.errors import SchemaMismatch, StorageError, StoreBusy
from storage.database import Database
from storage.errors import mapped
from storage.run_lock import run_lock

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0007"
"""The revision that this program knows as the newest; a test holds that it is Alembic's."""
NAMED = 5
"""Tables that are missing, at most, in a message."""


class Upgraded(NamedTuple):
    """What a migration was from, and the copy that was made before it, where one was."""

    former: str
    backup: Path | None


def current(connection: Connection) -> str | None:
    """The database's revision; ``None`` where there is no schema at all.

    Raises:
        SchemaMismatch: the database holds tables of something else, or lacks some of ours.
    """
    names = set(inspect(connection).get_table_names())
    if not names:
        return None
    found: str | None = None
    if {"alembic_version", "mentions"} <= names:
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if found is None or found == HEAD:  # of another schema, nobody here knows which tables it had
        _refuse_if_parted(names)
    return found


def _refuse_if_parted(names: AbstractSet[str]) -> None:
    """Refuse tables that are not all of ours: most of them are a damaged database, fewer are another program's."""
    from storage.metadata import metadata

    ours = {"alembic_version", *metadata.tables}
    if len(ours & names) <= len(ours) / 2:
        raise SchemaMismatch("The database holds tables that are not listener's; name an empty database, or another file")
    if missing := sorted(ours - names):
        named = ", ".join(missing[:NAMED]) + (f" and {len(missing) - NAMED} more" if len(missing) > NAMED else "")
        raise SchemaMismatch(
            f"The database lacks tables that listener made in it: {named}; "
            "restore a backup (listener db restore FILE, or pg_restore: docs/operations.md)"
        )


def prepare(database: Database, now: datetime, *, upgrade: bool) -> Upgraded | None:
    """Make sure that the database has the newest schema; ``None`` where it had, or was empty.

    An empty database gets its tables. An older one is migrated: on SQLite by default, after a backup beside it; on PostgreSQL
    only where ``upgrade`` is true.

    Raises:
        SchemaMismatch: it is older and may not be migrated, newer than this program, or not ours.
        StorageError: something cut it to nothing: new tables in it would hide that.
    """
    if database.emptied:
        raise StorageError(
            f"{database.name} is empty, though it was in use before; restore a backup (listener db restore FILE), "
            "or delete the empty file to begin anew"
        )
    found = _revision(database)
    if found == HEAD:
        return None
    if not upgrade and not database.is_sqlite:
        raise SchemaMismatch(f"{database.name} has an older schema ({found}); back it up, then run `listener db upgrade`")
    with ExitStack() as held:
        if database.path is not None or not database.is_sqlite:  # an older program at work would go on writing in its own way
            try:
                held.enter_context(run_lock(database, PATIENCE))
            except StoreBusy as busy:
                use = f"{database.name} has an older schema ({found}) and is in use; end that first. {busy}"
                raise StorageError(use) from busy
        return _upgrade(database, now)


def _revision(database: Database) -> str:
    """The schema's; an empty database gets its tables first.

    Raises:
        SchemaMismatch: it is newer than this program, or not ours.
    """
    with database.read() as connection:
        found = current(connection)
    if found is None:
        migrate(database)
        return HEAD
    if found != HEAD:
        refuse_if_newer(found)
    return found


def _upgrade(database: Database, now: datetime) -> Upgraded | None:
    former = _revision(database)
    if former == HEAD:
        return None  # whoever held the lock before has done it
    saved = None
    if database.path is not None:
        for left in database.path.parent.glob(f"{escape(database.path.name)}.*-before-*{PART}"):
            left.unlink(missing_ok=True)  # what an upgrade left that was killed; no other one is at work while the lock is held
        saved = _copy_name(database.path, now)
        backup(database, saved)
        saved = _first_alike(database.path, saved)
    migrate(database)
    return Upgraded(former, saved)


def _copy_name(path: Path, now: datetime) -> Path:
    """What is not there yet: an upgrade that was killed after its copy may begin again in the same second."""
    start = f"{path.name}.{now:%Y%m%dT%H%M%SZ}-before-{HEAD}"
    names = (path.with_name(f"{start}{again}.backup") for again in chain([""], (f".{at}" for at in count(2))))
    return next(name for name in names if not name.exists())


def _first_alike(path: Path, saved: Path) -> Path:
    """An earlier upgrade's copy that is the new one to the last byte, which then goes; each killed upgrade leaves one.

    Only the copy that was just made is ever taken away.
    """
    written = re.compile(rf"{re.escape(path.name)}\.\d{{8}}T\d{{6}}Z-before-{HEAD}(\.\d+)?\.backup")
    for one in sorted(path.parent.glob(f"{escape(path.name)}.*-before-{HEAD}*.backup")):
        if one != saved and written.fullmatch(one.name) and not one.is_symlink() and _same(one, saved):
            with suppress(OSError):  # then both stay
                saved.unlink()
                return one
    return saved


def _same(one: Path, other: Path) -> bool:
    """Whether two copies are the same to the last byte."""
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:  # it cannot be read: nobody knows that it may stand for the other
        return False


def create(database: Database) -> None:
    """Make the newest tables in an empty database, without Alembic, whose start takes longer than they do."""
    from storage.metadata import metadata

    with database.write() as connection:
        metadata.create_all(connection)
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version (version_num) VALUES (:head)"), {"head": HEAD})


def migrate(database: Database, to: str = HEAD) -> None:
    """Run the missing migrations in one transaction; what another process migrated meanwhile is not repeated."""
    from alembic import command

    with database.write() as connection:
        if not database.is_sqlite:  # SQLite's write lock is held; PostgreSQL would let two create the same tables
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        if current(connection) != to:
            config = alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, to)


PATIENCE = timedelta(seconds=10)
"""How long an upgrade waits for whoever works on the database, which may be another upgrade."""

PART = ".part"
"""The end of a copy's name until it is whole."""

MIGRATION_LOCK = 0x6C697374656E6D67
"""The advisory lock of migrations on PostgreSQL ("listenmg")."""


def alembic_config() -> Config:
    """Alembic's configuration without a file: the migrations are those shipped in this package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def refuse_if_newer(found: str) -> None:
    """Refuse a schema that this program does not know.

    Raises:
        SchemaMismatch: it is of a newer one.
    """
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
    if found not in known:
        raise SchemaMismatch(
            f"The database was written by a newer listener (schema {found}, this one knows {HEAD}); update listener"
        )


def backup(database: Database, target: Path) -> None:
    """Copy a SQLite database while it is in use, by SQLite's own online backup.

    Raises:
        StorageError: it is not a SQLite file, the target exists, or the copy failed (then nothing is left of it).
    """
    if database.path is None:
        raise StorageError(f"{database.name} is no file; use pg_dump to back it up")
    if target.exists():
        raise StorageError(f"The backup {target} exists already; name another file")
    part = _part(target)
    try:
        with mapped(f"The backup {target} of {database.shown}"):
            with closing(sqlite3.connect(database.path)) as source, closing(sqlite3.connect(part)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it when it is read
            part.rename(target)
    finally:
        part.unlink(missing_ok=True)


def _part(target: Path) -> Path:
    """A new file beside the target, for the owner's eyes only; its own name would say nothing to anybody."""
    with mapped(f"The backup {target}"):
        try:
            handle, name = tempfile.mkstemp(prefix=f"{target.name}.", suffix=PART, dir=target.parent)
        except OSError as problem:
            raise OSError(problem.errno, problem.strerror) from problem
        os.close(handle)
    return Path(name)
