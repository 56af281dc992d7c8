"""`listener db backup` and `listener db restore`: what they say, as JSON too, and how they fail."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from listener.wiring import load_app


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with one run in the log."""
    config = tmp_path / "listener.toml"
    config.write_text('[[brands]]\nname = "Quillon"\n')
    begin_run(config)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def begin_run(config: Path) -> None:
    with load_app(config, {}).open_store(datetime.now(UTC)) as store:
        store.runs.begin_run(datetime.now(UTC))


def runs_in(file: Path) -> int:
    with closing(sqlite3.connect(file)) as database:
        return int(database.execute("SELECT count(*) FROM runs").fetchone()[0])


def test_a_copy_is_made_and_put_back_and_what_was_there_is_kept(run, folder: Path) -> None:
    made = run("db", "backup", "copy.db")
    assert (made.status, made.err) == (0, "")
    assert made.out.startswith(f"Copied to {folder / 'copy.db'}: ".replace("\n", ""))
    assert made.out.rstrip().endswith("whole.")
    begin_run(folder / "listener.toml")
    back = run("db", "restore", "copy.db")
    assert back.status == 0
    assert f"Restored the database from {folder / 'copy.db'}" in back.out
    assert runs_in(folder / "listener.db") == 1
    (former,) = folder.glob("listener.db.*-before-restore.backup")
    assert former.name in back.out
    assert runs_in(former) == 2
    assert run("db", "status").status == 0


def test_as_json_both_name_the_files_and_the_schema(run, folder: Path) -> None:
    (made,) = run("db", "backup", "copy.db", "--json").lines
    size = (folder / "copy.db").stat().st_size
    assert (made["file"], made["size_bytes"]) == (str(folder / "copy.db"), size)
    assert made["schema"].isdigit()
    (back,) = run("db", "restore", "copy.db", "--json").lines
    assert (back["restored"], back["size_bytes"], back["schema"]) == (made["file"], size, made["schema"])
    assert runs_in(Path(back["former"])) == 1


def test_a_copy_is_never_written_over(run, folder: Path) -> None:
    assert run("db", "backup", "copy.db").status == 0
    before = (folder / "copy.db").read_bytes()
    again = run("db", "backup", "copy.db")
    assert again.status == 1
    assert "exists already" in again.err
    assert (folder / "copy.db").read_bytes() == before


def test_what_is_no_copy_is_not_put_in_the_place_of_the_database(run, folder: Path) -> None:
    (folder / "notes.txt").write_text("no database at all, whatever it is called\n" * 40)
    before = runs_in(folder / "listener.db")
    for name, said in (("notes.txt", "is no SQLite database, or is damaged"), ("nowhere.db", "There is no file")):
        ended = run("db", "restore", name)
        assert (ended.status, ended.out) == (1, "")
        assert said in ended.err.replace("\n", " ")
    assert runs_in(folder / "listener.db") == before
    assert list(folder.glob("*before-restore*")) == []


def test_nothing_is_put_back_while_somebody_runs(run, folder: Path) -> None:
    assert run("db", "backup", "copy.db").status == 0
    with load_app(folder / "listener.toml", {}).open_store(datetime.now(UTC)) as store, store.admin.run_lock():
        ended = run("db", "restore", "copy.db")
    assert ended.status != 0
    assert ended.out == ""
    assert runs_in(folder / "listener.db") == 1
    assert list(folder.glob("*before-restore*")) == []


def test_where_there_is_no_database_there_is_nothing_to_copy(run, folder: Path) -> None:
    (folder / "listener.toml").write_text('[[brands]]\nname = "Quillon"\n[storage]\nurl = "sqlite:///other.db"\n')
    ended = run("db", "backup", "copy.db")
    assert ended.status == 1
    assert "there is nothing to back up" in ended.err.replace("\n", " ")
    assert not (folder / "copy.db").exists()
    assert not (folder / "other.db").exists()


def test_the_database_is_not_restored_onto_itself(run, folder: Path) -> None:
    (folder / "same.db").hardlink_to(folder / "listener.db")
    for name in ("listener.db", "same.db"):
        ended = run("db", "restore", name)
        assert ended.status == 1
        assert "is the database itself" in ended.err
    assert not list(folder.glob("*.backup"))
