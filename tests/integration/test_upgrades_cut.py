"""Upgrades that are killed, begun twice, or find no room; copies of newer programs, and older programs."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from listener.core.errors import SchemaMismatch, StorageError
from storage import schema
from storage.copies import restore
from storage.database import Database
from storage.run_lock import run_lock
from storage.store import BUSY, open_store
from tests.support.commands import call
from tests.support.heard import NOW, PEPPER
from tests.support.old_stores import contents, fill, left_by, made, upgraded, version


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a database without tables."""
    return f"sqlite:///{tmp_path / 'old.db'}" if request.param == "sqlite" else str(request.getfixturevalue("empty_postgres_url"))


def forked(work: Callable[[], object]) -> int:
    """Do it in a process of its own; its exit status, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        try:
            work()
        except StorageError as problem:
            os.write(2, f"{problem}\n".encode())
            os._exit(1)
        except BaseException:  # the child must not go on with the tests
            os._exit(2)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at(statement: int) -> Callable[[str], None]:
    """Upgrade, and be killed before the so-manieth statement that changes anything; 0 is the commit."""

    def work(url: str) -> None:
        left = [statement]

        def count(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
            if sql.lstrip().upper().startswith(("SELECT", "PRAGMA", "BEGIN")):
                return
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        def commit(connection: Any) -> None:
            if statement == 0 and connection.get_execution_options().get("listener_write"):
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(Engine, "before_cursor_execute", count)
        event.listen(Engine, "commit", commit)
        upgraded(url)

    return work


@pytest.mark.parametrize("statement", [1, 60, 0])
def test_a_migration_that_is_killed_is_done_at_the_next_start(url: str, statement: int) -> None:
    made(url, "0001")
    fill(url)
    before = contents(url)
    assert forked(lambda: killed_at(statement)(url)) == -signal.SIGKILL
    assert version(url) == "0001"
    assert contents(url) == before
    upgraded(url)
    assert version(url) == schema.HEAD


def test_a_copy_that_is_killed_is_taken_for_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    left_by("0001", url, tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        assert forked(lambda: upgraded(url)) == -signal.SIGKILL
    assert len(list(tmp_path.glob("*.part"))) == 1
    assert list(tmp_path.glob("*.backup")) == []
    with open_store(url, now=NOW, upgrade=True) as store:
        assert store.admin.upgraded is not None
        assert store.admin.upgraded.backup is not None
    assert list(tmp_path.glob("*.part")) == []


def test_upgrades_that_are_killed_leave_one_copy_of_one_state(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    left_by("0001", url, tmp_path)

    def copies() -> list[Path]:
        return sorted(tmp_path.glob("*.backup"))

    def killed() -> None:
        assert forked(lambda: killed_at(1)(url)) == -signal.SIGKILL

    killed()
    [first] = copies()
    damaged = first.with_name(first.name.replace(".backup", ".9.backup"))
    damaged.write_bytes(first.read_bytes()[:-1] + b"!")
    own = first.with_name(first.name.replace(".backup", ".mine.backup"))
    own.write_bytes(first.read_bytes())
    link = first.with_name(f"old.db.20200101T000000Z-before-{schema.HEAD}.backup")
    link.symlink_to(first)
    before = contents(url)
    killed()
    killed()
    assert copies() == sorted([first, damaged, own, link]), "the first of that state, and what somebody else put there"
    assert contents(f"sqlite:///{first}") == before
    with closing(sqlite3.connect(tmp_path / "old.db")) as older, older:  # the former program goes on for a while
        older.execute("DELETE FROM mentions")
    open_store(url, now=NOW + timedelta(days=1)).close()
    assert len(copies()) == 5
    assert {first, damaged, own, link} < set(copies()), "the only copy of that state"


def test_the_copy_before_an_upgrade_is_the_whole_of_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    left_by("0001", url, tmp_path)
    before = contents(url)
    with open_store(url, now=NOW) as store:
        done = store.admin.upgraded
    assert done is not None
    copy = done.backup
    assert copy is not None
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert contents(f"sqlite:///{copy}") == before
    assert restore(url, copy, keep=tmp_path / "kept.db").schema == "0001"
    assert contents(url) == before
    assert version(f"sqlite:///{tmp_path / 'kept.db'}") == schema.HEAD
    open_store(url, now=NOW + timedelta(hours=1)).close()
    assert version(url) == schema.HEAD


def test_two_upgrades_at_once_are_one(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "PATIENCE", timedelta(minutes=2))  # the machine may be busy
    made(url, "0001")
    fill(url)
    ready, go = os.pipe()

    def both() -> None:
        os.read(ready, 1)
        upgraded(url)

    children = []
    for _ in range(2):
        if not (child := os.fork()):  # pragma: no cover - another process
            os._exit(0 if forked(both) == 0 else 1)
        children.append(child)
    os.write(go, b"xx")
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    assert version(url) == schema.HEAD
    assert len(list(tmp_path.glob("*.backup"))) == url.startswith("sqlite")


def test_an_upgrade_waits_for_nobody_who_works_on(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older program that is at work would go on writing in its own way."""
    made(url, "0006")
    monkeypatch.setattr(schema, "PATIENCE", timedelta(0))
    old = Database(url, BUSY)
    with run_lock(old), pytest.raises(StorageError, match=r"older schema \(0006\) and is in use; end that first\. Another run"):
        upgraded(url)
    old.close()
    assert version(url) == "0006"
    upgraded(url)


def test_a_full_disk_leaves_the_former_schema(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    left_by("0001", url, tmp_path)
    before = contents(url)

    def full(connection: Any, _record: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 4}")

    event.listen(Engine, "connect", full)
    try:
        with pytest.raises(StorageError, match="disk is full; nothing half-written was kept; make room and run again"):
            open_store(url, now=NOW)
    finally:
        event.remove(Engine, "connect", full)
    assert (version(url), contents(url)) == ("0001", before)
    open_store(url, now=NOW + timedelta(hours=1)).close()


def test_a_disk_without_room_for_the_copy_leaves_everything(tmp_path: Path) -> None:
    import resource

    url = f"sqlite:///{tmp_path / 'old.db'}"
    left_by("0001", url, tmp_path)

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        open_store(url, now=NOW).close()

    assert forked(limited) == 1
    assert version(url) == "0001"
    assert [path.suffix for path in tmp_path.iterdir() if path.suffix in {".backup", ".part"}] == []


# -------------------------------------------------------------------------------------------------------------- there and back


def test_a_copy_of_a_newer_program_is_not_put_back(tmp_path: Path) -> None:
    url, newer = f"sqlite:///{tmp_path / 'mine.db'}", tmp_path / "newer.db"
    for file in ("mine.db", "newer.db"):
        open_store(f"sqlite:///{tmp_path / file}", now=NOW).close()
    with sqlite3.connect(newer) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0042'")
    connection.close()
    with pytest.raises(SchemaMismatch, match=r"newer listener \(schema 0042, this one knows 0007\); update listener"):
        restore(url, newer, keep=tmp_path / "kept.db")
    assert version(url) == schema.HEAD
    assert not (tmp_path / "kept.db").exists()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_an_older_program_refuses_a_newer_schema(url: str, tmp_path: Path) -> None:
    upgraded(url)
    database = Database(url, BUSY)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0042'"))
    database.close()
    before = contents(url)
    (tmp_path / "listener.toml").write_text('[[brands]]\nname = "Quillon"\n')
    for command in (("status",), ("run",), ("db", "upgrade"), ("db", "status"), ("person", "export", "--author", "1")):
        ended = call(*command, folder=tmp_path, env={"LISTENER_STORAGE__URL": url, "LISTENER_STORAGE__PEPPER": PEPPER})
        assert ended.status == 1
        assert "newer listener (schema 0042, this one knows 0007); update listener" in ended.err
    assert contents(url) == before
