"""The cheapest faults of storage, in the ordinary suite: files that keep their former content, a log without room, a file cut to
nothing. All others are in the files beside this one (``-m faults``)."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from listener.cli.sheets import private
from tests.support.commands import call, spawn
from tests.support.fault_disk import errors_to

CONFIG = '[[brands]]\nname = "Quillon"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "listener.toml").write_text(CONFIG)
    return tmp_path


def test_a_file_that_finds_no_room_keeps_its_former_content_and_leaves_no_part(tmp_path: Path) -> None:
    """The limit on a file's size stands for the disk."""
    target = tmp_path / "cases.csv"
    target.write_text("the former one")
    target.chmod(0o640)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large") as refused, private(target) as file:
            file.write("x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert refused.value.filename == str(target)
    assert target.read_text() == "the former one"
    assert [path.name for path in tmp_path.iterdir()] == ["cases.csv"]
    with private(target) as file:
        file.write("the next one")
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("the next one", 0o640)


def test_a_new_file_is_for_its_owner_only_and_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    with private(tmp_path / "link.csv") as file:
        file.write("words")
    assert (tmp_path / "link.csv").is_symlink()
    assert ((tmp_path / "real.csv").read_text(), (tmp_path / "real.csv").stat().st_mode & 0o777) == ("words", 0o600)


def test_a_device_is_written_to_and_says_that_it_has_no_room(folder: Path) -> None:
    ended = call("cases", "export", "/dev/full", folder=folder)
    assert (ended.status, ended.err) == (1, "Error: /dev/full: No space left on device; make room and run again\n")
    assert Path("/dev/full").is_char_device()


def test_a_log_without_room_does_not_end_the_work(folder: Path) -> None:
    ended = spawn("run", "--verbose", folder=folder, before=errors_to(Path("/dev/full")))
    assert ended.status == 0, ended.out
    assert "Told:" in ended.out
    failed = spawn("cases", "show", "1", folder=folder, before=errors_to(Path("/dev/full")))
    assert failed.status == 1, "and an error keeps its exit status"


def test_a_database_cut_to_nothing_is_not_taken_for_a_new_one(folder: Path) -> None:
    assert call("run", folder=folder).status == 0
    copy = folder / "copy.db"
    assert call("db", "backup", copy, folder=folder).status == 0
    os.truncate(folder / "listener.db", 0)
    ended = call("run", folder=folder)
    assert ended.status == 1
    assert "listener.db is empty, though it was in use before; restore a backup (listener db restore FILE)" in ended.err
    assert (folder / "listener.db").stat().st_size == 0
    assert call("db", "restore", copy, folder=folder).status == 0
    assert call("run", folder=folder).status == 0
    for path in folder.glob("listener.db*"):
        if not path.name.endswith(".lock"):
            path.unlink()
    assert call("run", folder=folder).status == 0, "who deletes the file begins anew"
