"""A database file that is damaged is recognised at the start, left as it is, and one command puts the last copy back."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.fault_disk import failed_clearly, whole
from tests.support.fault_tally import Tally
from tests.support.faults import Stage

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

PAGE = 4096
DAMAGED = "listener.db is damaged; restore a backup: listener db restore FILE"
NOT_ONE = "listener.db is not a SQLite database, or is encrypted; check the path, or restore a backup: listener db restore FILE"


def overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def in_the_middle(path: Path) -> None:
    """The first page of the table of mentions becomes noise, as after a bad sector."""
    with closing(sqlite3.connect(path)) as database:
        [(page,)] = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'mentions'")
    overwrite(path, (page - 1) * PAGE, os.urandom(PAGE))


MET_LATE = "page"
"""A bad page is met when it is read, not at the start: the beginning of the run is recorded before."""
DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "header": (lambda path: overwrite(path, 0, os.urandom(64)), NOT_ONE),
    "format": (lambda path: overwrite(path, 40, b"\xff" * 60), "listener.db is damaged, or of a newer SQLite; restore a backup"),
    MET_LATE: (in_the_middle, DAMAGED),
    "truncated": (lambda path: os.truncate(path, path.stat().st_size // PAGE // 3 * PAGE), DAMAGED),
    "no database": (lambda path: path.write_bytes(b"This is a letter.\n" * 1000), NOT_ONE),
    "zero bytes": (lambda path: os.truncate(path, 0), "listener.db is empty, though it was in use before; restore a backup"),
}


def test_a_damaged_file_is_recognised_left_alone_and_replaced_by_the_copy(stage: Stage, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    stage.recover()
    assert stage.spawn("db", "backup", copy).status == 0
    for name, (damage, says) in DAMAGES.items():
        tally = Tally(f"database file: {name}")
        damage(stage.database)
        before = stage.database.read_bytes()
        failed_clearly(tally, stage, "run", says=(says, "listener db restore FILE"))
        if name != MET_LATE:
            tally.check(stage.database.read_bytes() == before, "the damaged file was changed")
        restored = stage.spawn("db", "restore", copy)
        tally.check(restored.status == 0, f"the copy was not put back: {restored.err}")
        stage.count(tally)
        whole(tally, stage)
        tally.close()
    tally = Tally("database file: after all copies were put back", injected=1)
    tally.recovered(stage.recover())
    stage.count(tally)
    tally.close()
    _noise_beside(stage)


def _noise_beside(stage: Stage) -> None:
    """Noise in the place of SQLite's log and of its index: no frame of it counts, and the run goes on as if it were not there."""
    tally = Tally("database file: noise in -wal and -shm")
    for suffix in ("-wal", "-shm"):
        stage.database.with_name(f"listener.db{suffix}").write_bytes(os.urandom(20 * PAGE))
        tally.injected += 1
    tally.recovered(stage.recover())
    stage.count(tally)
    whole(tally, stage)
    tally.close()
