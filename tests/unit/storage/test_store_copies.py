"""Copies of the database: made while somebody writes, whole, and put back in one piece."""

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from listener.core.errors import SchemaMismatch, StorageError, StoreBusy
from storage import copies
from storage.copies import back_up, restore
from storage.store import Store, open_store
from tests.support.heard import NOW, PEPPER, sqlite_url


def of(file: Path) -> str:
    """The address of the store in a file, which is left as it is."""
    return f"sqlite:///{file}"


def runs_in(url: str) -> int:
    with open_store(url, now=NOW, pepper=PEPPER) as store:
        return store.admin.status().rows["runs"]


def filled(file: Path, runs: int = 3) -> str:
    url = sqlite_url(file)
    with open_store(url, now=NOW, pepper=PEPPER) as store:
        for _ in range(runs):
            store.runs.begin_run(NOW)
    return url


def test_a_copy_made_while_somebody_writes_is_as_it_was_at_one_moment(sqlite_file: Path, tmp_path: Path) -> None:
    url = filled(sqlite_file)
    with closing(sqlite3.connect(sqlite_file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO runs (started_at, counts) VALUES ('2026-11-23', '{}')")
        done = back_up(url, tmp_path / "copy.db")
        writer.execute("COMMIT")
    assert runs_in(of(tmp_path / "copy.db")) == 3, "what is not committed is not in it"
    assert runs_in(url) == 4
    assert done.size_bytes == (tmp_path / "copy.db").stat().st_size > 0
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600


def test_a_copy_is_one_file_and_never_overwrites(sqlite_file: Path, tmp_path: Path) -> None:
    url, target = filled(sqlite_file), tmp_path / "copies" / "a.db"
    target.parent.mkdir()
    back_up(url, target)
    with pytest.raises(StorageError, match="exists already"):
        back_up(url, target)
    with pytest.raises(StorageError, match=r"damaged|no SQLite"):
        restore(url, _cut(target, tmp_path / "cut.db"), keep=tmp_path / "kept.db")
    assert [path.name for path in target.parent.iterdir()] == ["a.db"]
    assert runs_in(url) == 3, "a damaged copy is not put in the place of anything"


def _cut(source: Path, target: Path) -> Path:
    """The first half of a file."""
    data = source.read_bytes()
    target.write_bytes(data[: len(data) // 2])
    return target


def test_what_is_put_back_is_what_was_copied_and_the_former_state_is_kept(sqlite_file: Path, tmp_path: Path) -> None:
    url = filled(sqlite_file)
    back_up(url, tmp_path / "copy.db")
    with open_store(url, now=NOW, pepper=PEPPER) as store:
        store.runs.begin_run(NOW)
    done = restore(url, tmp_path / "copy.db", keep=tmp_path / "former.db")
    assert runs_in(url) == 3
    assert done.former == tmp_path / "former.db"
    assert runs_in(of(tmp_path / "former.db")) == 4


def test_a_connection_that_is_open_sees_what_was_put_back(sqlite_file: Path, tmp_path: Path) -> None:
    url = filled(sqlite_file)
    back_up(url, tmp_path / "copy.db")
    with closing(sqlite3.connect(sqlite_file)) as reader:
        reader.execute("DELETE FROM runs")
        reader.commit()
        restore(url, tmp_path / "copy.db", keep=tmp_path / "former.db")
        assert reader.execute("SELECT count(*) FROM runs").fetchone() == (3,)


def test_it_is_put_back_where_nothing_is(sqlite_file: Path, tmp_path: Path) -> None:
    url = filled(sqlite_file)
    back_up(url, tmp_path / "copy.db")
    elsewhere = tmp_path / "new.db"
    done = restore(of(elsewhere), tmp_path / "copy.db", keep=tmp_path / "former.db")
    assert done.former is None
    assert runs_in(of(elsewhere)) == 3
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o600


def test_where_nothing_was_and_nothing_can_be_put_no_empty_database_is_left(
    sqlite_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    back_up(filled(sqlite_file), tmp_path / "copy.db")
    elsewhere, lost = tmp_path / "new.db", tmp_path / "lost.db"
    filled(lost)
    lost.write_bytes(b"")
    lost.with_name("lost.db.lock").write_text("1\n")
    with monkeypatch.context() as patch:
        patch.setattr(copies, "_replace", full)
        for file in (elsewhere, lost):
            with pytest.raises(StorageError, match="disk is full"):
                restore(of(file), tmp_path / "copy.db", keep=tmp_path / "former.db")
    assert not elsewhere.exists(), "a run begins anew there"
    assert lost.is_file(), "and does not where something was"
    assert runs_in(of(elsewhere)) == 0


def test_nothing_is_put_back_while_somebody_runs(sqlite_store: Store, sqlite_file: Path, tmp_path: Path) -> None:
    url = of(sqlite_file)
    back_up(url, tmp_path / "copy.db")
    with sqlite_store.admin.run_lock(), pytest.raises(StoreBusy, match=str(os.getpid())):
        restore(url, tmp_path / "copy.db", keep=tmp_path / "former.db")
    assert not (tmp_path / "former.db").exists()


@pytest.mark.parametrize("left", [b"no database at all" * 500, None])
def test_what_is_damaged_is_put_aside_as_it_is_and_the_copy_in_its_place(
    sqlite_file: Path, tmp_path: Path, left: bytes | None
) -> None:
    url = filled(sqlite_file)
    back_up(url, tmp_path / "copy.db")
    damaged = left or sqlite_file.read_bytes()[:100] + b"\xff" * 8000
    sqlite_file.write_bytes(damaged)
    sqlite_file.with_name(f"{sqlite_file.name}-wal").write_bytes(b"its log")
    done = restore(url, tmp_path / "copy.db", keep=tmp_path / "former.db")
    assert runs_in(url) == 3
    assert done.former == tmp_path / "former.db"
    assert done.former.read_bytes() == damaged
    assert sqlite_file.with_name("former.db-wal").read_bytes() == b"its log"


def test_where_a_copy_cannot_be_written_the_error_names_it(sqlite_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "copy.db"
    with pytest.raises(StorageError, match=rf"The backup {target} could not be used \(No such file or directory\)"):
        back_up(filled(sqlite_file), target)


def test_a_copy_of_a_newer_program_or_of_something_else_is_refused(sqlite_file: Path, tmp_path: Path) -> None:
    url = filled(sqlite_file)
    newer, other = tmp_path / "newer.db", tmp_path / "other.db"
    back_up(url, newer)
    with closing(sqlite3.connect(newer)) as copy:
        copy.execute("UPDATE alembic_version SET version_num = '9999'")
        copy.commit()
    with closing(sqlite3.connect(other)) as copy:
        copy.execute("CREATE TABLE songs (name TEXT)")
        copy.commit()
    for file, reason in ((newer, "newer listener"), (other, "something else")):
        with pytest.raises(SchemaMismatch, match=reason):
            restore(url, file, keep=tmp_path / "kept.db")
    with pytest.raises(StorageError, match="There is no file"):
        restore(url, tmp_path / "nowhere.db", keep=tmp_path / "kept.db")
    assert runs_in(url) == 3


def test_there_is_nothing_to_copy_before_the_first_run(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="does not exist yet"):
        back_up(of(tmp_path / "none.db"), tmp_path / "copy.db")
    assert not (tmp_path / "none.db").exists()


def test_on_postgresql_the_error_names_the_command_without_the_password(tmp_path: Path) -> None:
    url = "postgresql://listener:s3cr3t@db.example:5433/voices?sslmode=require"
    with pytest.raises(StorageError) as dumped:
        back_up(url, tmp_path / "my copy.dump")
    with pytest.raises(StorageError) as restored:
        restore(url, tmp_path / "my copy.dump", keep=tmp_path / "kept.db")
    assert "pg_dump --format=custom --file='" in str(dumped.value)
    assert "once it is empty: pg_restore --single-transaction --no-owner" in str(restored.value)
    for said in (str(dumped.value), str(restored.value)):
        assert "postgresql://listener@db.example:5433/voices?sslmode=require" in said
        assert "s3cr3t" not in said
