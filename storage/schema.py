"""Which schema a database has, and bringing it up to date. Alembic is imported only where there is something to do."""

from __future__ import annotations

import os
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from listener.core.errors import SchemaMismatch, StorageError
from storage.database import Database
from storage.errors import mapped

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0007"
"""The revision that this program knows as the newest; a test holds that it is Alembic's."""


def current(connection: Connection) -> str | None:
    """The database's revision; ``None`` where there is no schema at all.

    Raises:
        SchemaMismatch: the database holds tables of something else.
    """
    names = inspect(connection).get_table_names()
    if not names:
        return None
    if "alembic_version" not in names or "mentions" not in names:
        raise SchemaMismatch("The database holds tables that are not listener's; name an empty database, or another file")
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def prepare(database: Database, now: datetime, *, upgrade: bool) -> Path | None:
    """Make sure that the database has the newest schema; the backup made before a migration, if any.

    An empty database gets its tables. An older one is migrated: on SQLite by default, after a backup beside it; on PostgreSQL
    only where ``upgrade`` is true.

    Raises:
        SchemaMismatch: it is older and may not be migrated, newer than this program, or not ours.
    """
    with database.read() as connection:
        found = current(connection)
    if found == HEAD:
        return None
    saved = None
    if found is not None:
        refuse_if_newer(found)
        if not upgrade and not database.is_sqlite:
            raise SchemaMismatch(f"{database.name} has an older schema ({found}); back it up, then run `listener db upgrade`")
        if database.path is not None:
            saved = database.path.with_name(f"{database.path.name}.{now:%Y%m%dT%H%M%SZ}-before-{HEAD}.backup")
            backup(database, saved)
    migrate(database)
    return saved


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
    with mapped(f"The backup {target}"):
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
    try:
        with mapped(database.name):
            source, copy = sqlite3.connect(database.path), sqlite3.connect(target)
            try:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it when it is read
            finally:
                source.close()
                copy.close()
    except StorageError:
        target.unlink(missing_ok=True)
        raise
