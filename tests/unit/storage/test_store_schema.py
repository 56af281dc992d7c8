"""Opening a database: created, migrated after a backup, or refused with what to do."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from listener.core.errors import SchemaMismatch, StorageError, StoreBusy
from storage import schema
from storage.database import Database
from storage.store import BUSY, Store, open_store
from storage.tables import metadata
from tests.support.heard import NOW, PEPPER, customer, hear, import_customers, mention


def _open(file: Path | str, **values: object) -> Store:
    url = file if isinstance(file, str) else f"sqlite:///{file}"
    return open_store(url, now=NOW, **{"pepper": PEPPER, **values})  # type: ignore[arg-type]


def _execute(url: str, *statements: str) -> None:
    engine = Database(url, BUSY).engine
    with engine.connect() as connection, connection.begin():
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_the_newest_revision_is_the_one_that_the_program_knows() -> None:
    assert ScriptDirectory.from_config(schema.alembic_config()).get_current_head() == schema.HEAD


def test_the_migrations_make_the_tables_that_the_program_knows(empty_postgres_url: str, sqlite_file: Path) -> None:
    for url in (empty_postgres_url, f"sqlite:///{sqlite_file}"):
        _open(url).close()
        database = Database(url, BUSY)
        with database.read() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
            assert compare_metadata(context, metadata) == []
        database.close()


def test_a_new_file_is_for_its_owner_only_and_its_folder_is_made(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "store.db"
    _open(file).close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_was_kept_is_there_when_it_is_opened_again(sqlite_file: Path) -> None:
    with _open(sqlite_file, pepper=None) as store:
        hear(store, mention(1))
        import_customers(store, customer(1))
    with _open(sqlite_file, pepper=None) as store:
        assert len(store.mentions.find()) == 1
        assert store.customers.candidates(["email:ada1@firm1.example"], 1)
        assert store.admin.backup_before_upgrade is None


def test_a_store_in_memory_is_a_store(sqlite_file: Path) -> None:
    with _open("sqlite://") as store:
        hear(store, mention(1))
        assert store.admin.status().rows["mentions"] == 1
        with store.admin.run_lock(), pytest.raises(StoreBusy), store.admin.run_lock():
            pass
        with pytest.raises(StorageError, match="is no file"):
            store.admin.backup(sqlite_file)


def _older(url: str) -> None:
    """The database as an older program would have left it: another revision that this one knows is needed for a migration."""
    _execute(url, "UPDATE alembic_version SET version_num = '0000'")


NEWER = """
from alembic import op
revision = "0001"
down_revision = "0000"
def upgrade(): op.execute("UPDATE mentions SET revision = 9")
"""


@pytest.fixture
def two_revisions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Migrations with one more: ``0000``, an older schema without its last table."""
    folder = tmp_path / "migrations"
    shutil.copytree(Path(schema.__file__).parent / "migrations", folder)
    first = folder / "versions" / "0001_first.py"
    older = first.read_text().replace('revision = "0001"', 'revision = "0000"')
    (folder / "versions" / "0000_older.py").write_text(older)
    first.write_text(NEWER)
    config = schema.alembic_config()
    config.set_main_option("script_location", str(folder))
    monkeypatch.setattr(schema, "alembic_config", lambda: config)


@pytest.mark.usefixtures("two_revisions")
def test_an_older_sqlite_database_is_copied_and_migrated(sqlite_file: Path) -> None:
    with _open(sqlite_file) as store:
        hear(store, mention(1))
    _older(f"sqlite:///{sqlite_file}")
    with _open(sqlite_file) as store:
        assert store.mentions.find()[0].revision == 9
        backup = store.admin.backup_before_upgrade
        assert backup is not None
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert sqlite3.connect(backup).execute("SELECT revision FROM mentions").fetchall() == [(1,)]


@pytest.mark.usefixtures("two_revisions")
def test_an_older_postgresql_database_is_migrated_only_when_asked(empty_postgres_url: str) -> None:
    with _open(empty_postgres_url) as store:
        hear(store, mention(1))
    _older(empty_postgres_url)
    with pytest.raises(SchemaMismatch, match="listener db upgrade"):
        _open(empty_postgres_url)
    with _open(empty_postgres_url, upgrade=True) as store:
        assert store.mentions.find()[0].revision == 9


@pytest.mark.usefixtures("two_revisions")
def test_a_migration_that_fails_leaves_everything_as_it_was(sqlite_file: Path) -> None:
    _open(sqlite_file).close()
    url = f"sqlite:///{sqlite_file}"
    _older(url)
    _execute(url, "ALTER TABLE mentions RENAME COLUMN revision TO gone")
    with pytest.raises(StorageError, match="lacks a column"):
        _open(sqlite_file)
    assert sqlite3.connect(sqlite_file).execute("SELECT version_num FROM alembic_version").fetchall() == [("0000",)]


def test_a_database_of_a_newer_program_is_refused(sqlite_file: Path) -> None:
    _open(sqlite_file).close()
    _execute(f"sqlite:///{sqlite_file}", "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaMismatch, match=r"newer listener.*update listener"):
        _open(sqlite_file)


def test_a_database_of_something_else_is_refused(sqlite_file: Path) -> None:
    _execute(f"sqlite:///{sqlite_file}", "CREATE TABLE recipes (id INTEGER)")
    with pytest.raises(SchemaMismatch, match="not listener's"):
        _open(sqlite_file)


def test_migrating_twice_at_once_migrates_once(sqlite_file: Path) -> None:
    _open(sqlite_file).close()
    database = Database(f"sqlite:///{sqlite_file}", BUSY)
    schema.migrate(database)
    database.close()


def test_a_backup_is_a_whole_database(sqlite_store: Store, tmp_path: Path) -> None:
    hear(sqlite_store, mention(1))
    copy = tmp_path / "copy.db"
    sqlite_store.admin.backup(copy)
    with _open(copy) as store:
        assert len(store.mentions.find()) == 1
    with pytest.raises(StorageError, match="exists already"):
        sqlite_store.admin.backup(copy)
    with pytest.raises(StorageError):
        sqlite_store.admin.backup(tmp_path / "missing" / "copy.db")


def test_another_pepper_is_refused(sqlite_file: Path, tmp_path: Path) -> None:
    _open(sqlite_file).close()
    with pytest.raises(StorageError, match="another configured pepper"):
        _open(sqlite_file, pepper="other")
    with pytest.raises(StorageError, match="with a configured pepper; configure the same one"):
        _open(sqlite_file, pepper=None)
    own = tmp_path / "own.db"
    _open(own, pepper=None).close()
    with pytest.raises(StorageError, match="its own pepper"):
        _open(own)


def test_the_pepper_keeps_keys_unreadable(sqlite_store: Store, sqlite_file: Path) -> None:
    import_customers(sqlite_store, customer(1), keys=["email:findme@firm.example"])
    assert b"findme" not in sqlite_file.read_bytes() + sqlite_file.with_name("store.db-wal").read_bytes()


def test_a_damaged_row_is_found_by_the_check(sqlite_file: Path) -> None:
    with _open(sqlite_file) as store:
        hear(store, mention(1))
    engine = create_engine(f"sqlite:///{sqlite_file}")
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM authors"))
    engine.dispose()
    with _open(sqlite_file) as store:
        assert any("missing row of authors" in problem for problem in store.admin.status().problems)


def test_the_lock_is_free_again_after_its_holder_is_killed(sqlite_file: Path) -> None:
    with _open(sqlite_file) as store:
        ready, child_ready = os.pipe()
        child = os.fork()
        if child == 0:  # pragma: no cover - ends by being killed
            with _open(sqlite_file) as mine, mine.admin.run_lock():
                os.write(child_ready, b"x")
                signal.pause()
        os.read(ready, 1)
        with pytest.raises(StoreBusy, match=f"process {child}"), store.admin.run_lock():
            pass
        os.kill(child, 9)
        os.waitpid(child, 0)
        with store.admin.run_lock():
            pass
