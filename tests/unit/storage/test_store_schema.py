"""Opening a database: created, migrated after a backup, or refused with what to do."""

from __future__ import annotations

import json
import os
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
from listener.core.ports import Saved, StreamResult
from listener.core.telling import Health
from storage import schema
from storage.database import Database
from storage.keys import Pepper
from storage.metadata import metadata
from storage.store import BUSY, Store, open_store
from tests.support.heard import HOUR, NOW, PEPPER, customer, hear, import_customers, mention


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
        assert store.admin.upgraded is None


def test_a_store_in_memory_is_a_store(sqlite_file: Path) -> None:
    with _open("sqlite://") as store:
        hear(store, mention(1))
        assert store.admin.status().rows["mentions"] == 1
        with store.admin.run_lock(), pytest.raises(StoreBusy), store.admin.run_lock():
            pass
        with pytest.raises(StorageError, match="is no file"):
            store.admin.backup(sqlite_file)


# ------------------------------------------------------------------------------------------------ from an older schema

FIRST = "0001"
TOLD = json.dumps(
    {"people": [{"person_id": 1, "quotes": [{"mention_id": 1, "text": "Quillon!"}, {"mention_id": 2, "text": "", "url": None}]}]}
)
AT = "2026-03-10 09:00:00+00:00"


def _older(url: str) -> None:
    """A database as the first version left it, with a person, a post, a run and a digest in it."""
    database = Database(url, BUSY)
    schema.migrate(database, to=FIRST)
    at = AT.removesuffix("+00:00") + ".000000" if database.is_sqlite else AT
    database.close()
    numbered = () if database.is_sqlite else ("people", "customers", "authors", "mentions", "runs", "digests")
    key = Pepper(PEPPER).hash("check", "")
    mention_values = (
        "1, 'k1', 1, 1, 'blogs', '', 'rss', 'o', 'e', 'open-web', 'post', 'Quillon!', "
        f"'{at}', '{at}', '{at}', false, true, 1, 'h', 'a 1'"
    )
    _execute(
        url,
        f"INSERT INTO meta (name, value) VALUES ('pepper_check', '{key}')",
        "INSERT INTO people (id) VALUES (1)",
        "INSERT INTO customers (id, contact_key, contact_id, first_name, last_name, company, products, handles, do_not_contact,"
        " extra, content_hash, imported_at, changed_at)"
        f" VALUES (1, 'c1', 'C1', 'Ada', 'Lind', 'Firm', '[]', '[]', false, '{{}}', 'h', '{at}', '{at}')",
        "INSERT INTO customer_keys (key, customer_id) VALUES ('hash of before', 1)",
        "INSERT INTO people (id, customer_id) VALUES (2, 1)",
        "INSERT INTO authors (id, key, own_person_id, person_id, platform, origin, named, handle, links, policy, first_heard_at,"
        " last_heard_at, last_said_at)"
        f" VALUES (1, 'a1', 1, 1, 'rss', 'o', true, 'ada', '[]', 'open-web', '{at}', '{at}', '{at}')",
        "INSERT INTO mentions (id, key, author_id, story_id, source, stream, platform, origin, external_id, policy, kind, text,"
        f" published_at, said_at, heard_at, history, own_words, revision, content_hash, analysed_by) VALUES ({mention_values})",
        f"INSERT INTO runs (id, started_at, counts) VALUES (1, '{at}', '{{}}')",
        "INSERT INTO run_sources (run_id, source, kind, health, at, heard_until, streams, streams_failed, pages, new, changed,"
        f" duplicates, rejected) VALUES (1, 'blogs', 'rss', 'ok', '{at}', '{at}', 1, 0, 1, 1, 0, 0, '{{}}')",
        "INSERT INTO stream_states (source, stream, run_id, last_attempt, last_success, failures)"
        f" VALUES ('blogs', '', 1, '{at}', '{at}', 0)",
        "INSERT INTO digests (id, recipient, day, since, until, data, saved_at)"
        f" VALUES (1, 'kim', '2026-03-10', '{at}', '{at}', '{TOLD.replace(':', chr(92) + ':')}', '{at}')",
        *(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), 2)" for name in numbered),
    )


def _assert_migrated(store: Store) -> None:
    """What the first version kept is there, and the new columns say what can be known."""
    (found,) = store.mentions.find()
    assert (found.text, found.author.handle, found.heard_at, found.withheld) == ("Quillon!", "ada", NOW, None)
    assert store.customers.rekey("1", lambda one: [f"n:{one.name}"]) == 1
    assert [one.contact_id for one in store.customers.candidates(["n:Ada Lind"], 1)["n:Ada Lind"]] == ["C1"]
    with store._database.read() as connection:
        assert connection.scalars(text("SELECT customer_id FROM people ORDER BY id")).all() == [None, 1]
    (state,) = store.runs.stream_states()
    assert (state.heard_until, state.outcome, state.notice) == (NOW, None, None)
    (line,) = store.runs.coverage(NOW - HOUR, NOW)
    assert (line.health, line.heard_until, line.refused_runs, line.lag_p95) == (Health.OK, NOW, 0, None)
    assert store.digests.saved_digest("kim", NOW.date()) == TOLD
    with store._database.read() as connection:
        assert connection.execute(text("SELECT digest_id, mention_id, shown FROM digest_quotes ORDER BY 2")).all() == [
            (1, 1, True),
            (1, 2, False),
        ]
    store.runs.log_streams(store.runs.begin_run(NOW + HOUR), "rss", [StreamResult("blogs", "")], NOW + HOUR)
    assert hear(store, mention(2), now=NOW + HOUR) == Saved(new=1)
    assert len(store.mentions.find()) == 2
    assert store.runs.coverage(NOW, NOW + HOUR)[0].heard_until == NOW + HOUR
    assert store.admin.status().problems == ()


def test_an_older_sqlite_database_is_copied_and_migrated(sqlite_file: Path) -> None:
    _older(f"sqlite:///{sqlite_file}")
    with _open(sqlite_file) as store:
        done = store.admin.upgraded
        _assert_migrated(store)
    assert done is not None
    assert done.former == FIRST
    backup = done.backup
    assert backup is not None
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    copy = sqlite3.connect(backup)
    assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [(FIRST,)]
    assert copy.execute("SELECT text FROM mentions").fetchall() == [("Quillon!",)]
    copy.close()


def test_an_older_postgresql_database_is_migrated_only_when_asked(empty_postgres_url: str) -> None:
    _older(empty_postgres_url)
    with pytest.raises(SchemaMismatch, match="listener db upgrade"):
        _open(empty_postgres_url)
    with _open(empty_postgres_url, upgrade=True) as store:
        _assert_migrated(store)


def test_a_migrated_database_has_the_tables_that_the_program_knows(empty_postgres_url: str, sqlite_file: Path) -> None:
    for url in (empty_postgres_url, f"sqlite:///{sqlite_file}"):
        _older(url)
        _open(url, upgrade=True).close()
        database = Database(url, BUSY)
        with database.read() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
            assert compare_metadata(context, metadata) == []
        database.close()


def test_a_migration_that_fails_leaves_everything_as_it_was(sqlite_file: Path) -> None:
    url = f"sqlite:///{sqlite_file}"
    _older(url)
    _execute(url, "ALTER TABLE stream_states RENAME COLUMN last_success TO gone")
    with pytest.raises(StorageError, match="lacks a column"):
        _open(sqlite_file)
    kept = sqlite3.connect(sqlite_file)
    assert kept.execute("SELECT version_num FROM alembic_version").fetchall() == [(FIRST,)]
    assert "confirmed_at" not in {row[1] for row in kept.execute("PRAGMA table_info(mentions)")}
    kept.close()


def test_a_database_of_a_newer_program_is_refused(sqlite_file: Path) -> None:
    _open(sqlite_file).close()
    _execute(f"sqlite:///{sqlite_file}", "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaMismatch, match=r"newer listener.*update listener"):
        _open(sqlite_file)


def test_a_database_of_something_else_is_refused(sqlite_file: Path) -> None:
    _execute(f"sqlite:///{sqlite_file}", "CREATE TABLE recipes (id INTEGER)")
    with pytest.raises(SchemaMismatch, match="not listener's"):
        _open(sqlite_file)


def test_a_database_that_lacks_some_of_its_tables_says_which(empty_postgres_url: str, sqlite_file: Path) -> None:
    for url, cascade in ((f"sqlite:///{sqlite_file}", ""), (empty_postgres_url, " CASCADE")):
        _open(url).close()
        for gone, lacks in (
            ("cases", "cases"),
            ("mentions", "cases, mentions"),
            ("alembic_version", "alembic_version, cases, mentions"),
        ):
            _execute(url, f"DROP TABLE {gone}{cascade}")
            with pytest.raises(SchemaMismatch, match=rf"lacks tables that listener made in it: {lacks}; restore a backup"):
                _open(url)


def test_an_address_is_shown_as_it_is_configured_and_without_its_secrets() -> None:
    given = "postgresql://listener:hunter2-topsecret@db.example:5433/listener?sslmode=verify-full"
    database = Database(f"{given}&password=hunter2-topsecret", BUSY)
    database.close()
    assert database.shown == given.replace("hunter2-topsecret", "***")


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
