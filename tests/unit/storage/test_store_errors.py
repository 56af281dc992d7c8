"""A locked, read-only, damaged or full database, and a server that is not there: one error that says what to do."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from listener.core.alerting import AlertPlan
from listener.core.brand import OPEN_WEB, Provenance
from listener.core.errors import StorageError
from listener.core.messages import Message
from listener.core.ports import StreamResult
from storage.errors import explain
from storage.store import Retention, Selector, Store, open_store
from tests.support.heard import (
    BRAND,
    JUDGE,
    MATCHER,
    NOW,
    PEPPER,
    customer,
    hear,
    identify,
    import_customers,
    judge,
    mention,
    opened,
    pending,
    understand,
)
from tests.support.outbox import entries

SHORT = timedelta(milliseconds=50)


def _open(url: str) -> Store:
    return open_store(url, now=NOW, pepper=PEPPER, busy=SHORT)


def _claim(store: Store) -> None:
    with store.jobs.claim("s", NOW, NOW):
        pass


WRITES: dict[str, Callable[[Store], object]] = {
    "mentions": lambda store: hear(store, mention(2)),
    "analyses": lambda store: store.analyses.save_analyses([], "a", NOW),
    "matches": lambda store: store.matches.save_matches([], "m", NOW),
    "standings": lambda store: store.standings.save_standings([], "j", NOW),
    "cases": lambda store: store.cases.apply(opened(1)),
    "customers": lambda store: store.customers.save_customers([(customer(1), [])], "i", NOW),
    "import": lambda store: store.customers.finish_import("i", NOW, allow_shrink=True),
    "digest": lambda store: store.digests.save_digest("kim", NOW.date(), NOW, NOW, "{}", [], NOW),
    "outbox": lambda store: store.outbox.put([Message("m", "mail", "kim", "S", "T")]),
    "delivery": lambda store: store.outbox.record([], NOW),
    "retry": lambda store: store.outbox.retry(["m"], NOW),
    "run": lambda store: store.runs.begin_run(NOW),
    "streams": lambda store: store.runs.log_streams(1, "rss", [StreamResult("s", "")], NOW),
    "end": lambda store: store.runs.end_run(1, NOW, {}),
    "cursors": lambda store: store.mentions.save_cursors([("s", "", "rss", {})], NOW),
    "policies": lambda store: store.mentions.adopt_policies({"s": OPEN_WEB}),
    "ledger": lambda store: store.ledgers.of("s", NOW.date()).charge({"reads": 1}),
    "job": _claim,
    "incidents": lambda store: store.incidents.save([], [], AlertPlan(), NOW),
    "rechecks": lambda store: store.rechecks.save_rechecked([1], [], NOW),
    "removal": lambda store: store.rechecks.save_rechecked([], [1], NOW),
    "erasure": lambda store: store.privacy.erase_person(Selector(contact_id="C1"), NOW),
    "retention": lambda store: store.privacy.prune(NOW, Retention()),
}
READS: dict[str, Callable[[Store], object]] = {
    "cursors": lambda store: store.mentions.cursors("s"),
    "mentions": lambda store: store.mentions.find(),
    "mention": lambda store: store.mentions.show(1),
    "analyses": lambda store: store.analyses.pending_analyses("a", 1),
    "matches": lambda store: store.matches.pending_matches(MATCHER, 1, {}),
    "candidates": lambda store: store.customers.candidates(["k"], 1),
    "bearers": lambda store: store.customers.bearers(["k"]),
    "total": lambda store: store.customers.total(),
    "accounts": lambda store: store.customers.accounts(["k"]),
    "customers": lambda store: store.customers.find(),
    "customer": lambda store: store.customers.get("C1"),
    "count": lambda store: store.customers.count(),
    "last import": lambda store: store.customers.last_import(),
    "standings": lambda store: store.standings.pending_standings(NOW, JUDGE, 1),
    "cases": lambda store: store.cases.find(),
    "case": lambda store: store.cases.get(1),
    "events": lambda store: store.cases.events(1),
    "facts": lambda store: store.cases.facts([(1, BRAND)], NOW, NOW),
    "digest": lambda store: store.digests.digest_facts(NOW, NOW),
    "told": lambda store: store.digests.told_until("kim"),
    "saved digest": lambda store: store.digests.saved_digest("kim", NOW.date()),
    "waiting": lambda store: store.outbox.waiting(),
    "messages to send": lambda store: store.outbox.load(["m"]),
    "messages": entries,
    "coverage": lambda store: store.runs.coverage(NOW, NOW),
    "since": lambda store: store.runs.listened_since("s"),
    "runs": lambda store: store.runs.latest(),
    "streams": lambda store: store.runs.stream_states(),
    "ledger": lambda store: store.ledgers.of("s", NOW.date()).used("reads", NOW.date(), NOW.date()),
    "orphans": lambda store: store.jobs.orphans(),
    "incidents": lambda store: store.incidents.open(),
    "health": lambda store: store.incidents.history(["s"]),
    "rechecks": lambda store: store.rechecks.due_rechecks("s", NOW, 1),
    "handles": lambda store: store.customers.known_handles("x", set(Provenance)),
    "export": lambda store: store.privacy.export_person(Selector(contact_id="C1")),
    "status": lambda store: store.admin.status(),
}


def test_every_write_says_that_the_database_is_locked(sqlite_file: Path) -> None:
    with _open(f"sqlite:///{sqlite_file}") as store:
        other = sqlite3.connect(sqlite_file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for write in WRITES.values():
            with pytest.raises(StorageError, match=r"store\.db is locked by another program"):
                write(store)
        other.execute("ROLLBACK")
        other.close()
        for write in WRITES.values():
            if write is not WRITES["cases"]:  # nobody is there to have a case
                write(store)


def test_reading_goes_on_while_another_program_writes(sqlite_file: Path) -> None:
    with _open(f"sqlite:///{sqlite_file}") as store:
        hear(store, mention(1))
        other = sqlite3.connect(sqlite_file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for read in READS.values():
            read(store)
        other.close()


def test_every_call_on_a_damaged_database_is_a_storage_error(sqlite_file: Path) -> None:
    with _open(f"sqlite:///{sqlite_file}") as store, store._database.write() as connection:
        connection.execute(text("PRAGMA writable_schema = ON"))
        connection.execute(text("UPDATE sqlite_master SET rootpage = 99999 WHERE type = 'table'"))
    store = _raw(sqlite_file)
    for call in (*WRITES.values(), *READS.values()):
        with pytest.raises(StorageError, match=r"is damaged; restore a backup|could not be used"):
            call(store)
    store.close()


def _raw(file: Path) -> Store:
    """A store whose opening looked at nothing."""
    from storage.admin import Admin
    from storage.database import Database
    from storage.keys import Pepper

    database = Database(f"sqlite:///{file}", SHORT)
    return Store(database, Admin(database, None), Pepper(PEPPER), {}, NOW)


def test_a_file_that_is_no_database_is_named(sqlite_file: Path) -> None:
    sqlite_file.write_bytes(b"Dear diary, " * 100)
    with pytest.raises(StorageError, match=r"store\.db is not a SQLite database"):
        _open(f"sqlite:///{sqlite_file}")


def test_a_truncated_database_is_damaged(sqlite_file: Path) -> None:
    with _open(f"sqlite:///{sqlite_file}") as store:
        hear(store, *(mention(number) for number in range(300)))
    sqlite_file.write_bytes(sqlite_file.read_bytes()[: 60 * 4096])
    with pytest.raises(StorageError, match="is damaged; restore a backup"), _open(f"sqlite:///{sqlite_file}") as store:
        store.mentions.find()


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be opened"):
        _open(f"sqlite:///{tmp_path}")


def test_a_read_only_database_cannot_be_written(sqlite_file: Path) -> None:
    _open(f"sqlite:///{sqlite_file}").close()
    with _open(f"sqlite:///file:{sqlite_file}?mode=ro&uri=true") as store:
        assert store.mentions.find() == []
        with pytest.raises(StorageError, match="cannot be written to; let this user write the file"):
            hear(store, mention(1))


def test_a_full_disk_keeps_what_was_there(sqlite_file: Path) -> None:
    with _open(f"sqlite:///{sqlite_file}") as store:
        hear(store, mention(1))
        with store._database.engine.connect() as connection:
            pages = connection.scalar(text("PRAGMA page_count"))
            connection.execute(text(f"PRAGMA max_page_count = {pages + 1}"))
        with pytest.raises(StorageError, match="disk is full; nothing half-written was kept"):
            hear(store, *(mention(number) for number in range(2, 900)), cursor={"n": 2})
        assert len(store.mentions.find()) == 1
        assert store.mentions.cursors("blogs") == {"": {"etag": "1"}}


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "cannot be read; write sqlite:///file.db"),
        ("mysql://localhost/x", "of kind mysql cannot be used"),
        ("postgresql://ada:secret@127.0.0.1:1/x", "is not to be reached"),
        ("sqlite:////proc/none/store.db", "could not be used|cannot be opened"),
    ],
)
def test_an_address_that_leads_nowhere(url: str, message: str) -> None:
    with pytest.raises(StorageError, match=message) as caught:
        open_store(url, now=NOW)
    assert "secret" not in str(caught.value)


def test_a_database_that_is_not_on_the_server(postgres_server: str) -> None:
    with pytest.raises(StorageError, match="does not exist on that server; create it"):
        _open(postgres_server.replace("/postgres?", "/nobody?"))


def test_a_login_that_is_refused(postgres_server: str) -> None:
    with pytest.raises(StorageError, match="refuses the login"):
        _open(postgres_server.replace("postgres@", "stranger@"))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ('FATAL:  too many connections for role "listener"', "no room for another connection"),
        ("FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute", "no room for another"),
        ("FATAL:  the database system is starting up", "shutting down or starting"),
        ("FATAL:  could not write init file", "the disk is full"),
        ('FATAL:  password authentication failed for user "listener"', "refuses the login"),
    ],
)
def test_a_server_that_lets_nobody_in_is_not_taken_for_a_wrong_password(said: str, meant: str) -> None:
    assert meant in explain(psycopg.OperationalError(f'connection to server at "db.example" failed: {said}'))


def test_a_table_that_another_program_holds_on_postgresql(postgres_url: str) -> None:
    with _open(postgres_url) as store, psycopg.connect(postgres_url) as other:
        other.execute("LOCK TABLE mentions IN EXCLUSIVE MODE")
        with pytest.raises(StorageError, match="is locked by another program"):
            hear(store, mention(1))


def test_a_read_only_postgresql(postgres_url: str) -> None:
    url = postgres_url + "&options=-c%20default_transaction_read_only%3Don"
    with _open(url) as store, pytest.raises(StorageError, match="is read-only now"):
        hear(store, mention(1))


def test_a_connection_that_is_cut_is_a_storage_error_and_the_next_one_works(postgres_url: str) -> None:
    with _open(postgres_url) as store, psycopg.connect(postgres_url, autocommit=True) as other:
        with pytest.raises(StorageError, match=r"shutting down or starting|not to be reached"):
            _cut_in_mid_write(store, other)
        hear(store, mention(1))
        assert len(store.mentions.find()) == 1


def _cut_in_mid_write(store: Store, other: psycopg.Connection) -> None:
    with store._database.write() as connection:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'listener'")
        connection.execute(text("SELECT 1"))


def test_an_error_never_quotes_a_stored_value(postgres_url: str) -> None:
    with _open(postgres_url) as store:
        hear(store, mention(1))
        with pytest.raises(StorageError) as caught, store._database.write() as connection:
            connection.execute(text("INSERT INTO meta (name, value) VALUES ('twice', 'a'), ('twice', 'b')"))
    assert "twice" not in str(caught.value)
    assert "duplicate key" in str(caught.value)


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (sqlite3.OperationalError("disk I/O error"), "disk error"),
        (sqlite3.OperationalError("something new"), "could not be used (something new)"),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "cannot grow because the disk is full; nothing half-written was kept; make room and run again",
        ),
        (OSError(errno.EISDIR, "Is a directory", "a.db.lock"), "could not be used (a.db.lock: Is a directory)"),
        (OSError("odd"), "could not be used (OSError)"),
        (OverflowError("Python int too large"), "could not be used (OverflowError)"),
        (psycopg.errors.DiskFull("x"), "disk is full"),
        (psycopg.errors.TooManyConnections("x"), "no room for another connection"),
        (psycopg.errors.InsufficientPrivilege("x"), "does not permit"),
        (psycopg.errors.DataCorrupted("x"), "damaged"),
        (psycopg.errors.DivisionByZero("x"), "could not be used (DivisionByZero)"),
        (psycopg.OperationalError("connection refused"), "not to be reached"),
    ],
)
def test_every_kind_of_error_says_what_to_do(error: Exception, meaning: str) -> None:
    assert meaning in explain(error)


def test_a_step_on_an_empty_store_does_nothing(sqlite_store: Store) -> None:
    import_customers(sqlite_store)
    understand(sqlite_store)
    identify(sqlite_store)
    judge(sqlite_store)
    assert pending(sqlite_store) == []
