"""A disk that is full: at the store, at the checkpoint of its log, and at everything that a run or a command writes beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.fault_disk import Disk, errors_to, failed_clearly, output_to, said_clearly, small_disk, whole
from tests.support.fault_mails import Fact
from tests.support.fault_tally import Tally
from tests.support.faults import Stage, staged

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

FULL = ("listener.db cannot grow because the disk is full", "make room and run again")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk", 24) as made:
        yield made


@pytest.fixture
def on_disk(disk: Disk, undisturbed: frozenset[Fact]) -> Iterator[Stage]:
    """A stage whose folder, with database, digests and customers, is on that disk."""
    with staged(disk.folder / "stage") as made:
        made.promised = undisturbed
        yield made


def test_the_disk_fills_while_posts_are_stored(disk: Disk, on_disk: Stage) -> None:
    tally = Tally("disk full at the store")
    for room in (250_000, 1_300_000):  # before the tables are there, and in the middle of the pass
        disk.free()
        disk.fill(leaving=room)
        failed_clearly(tally, on_disk, "run", says=FULL)
    disk.free()
    tally.recovered(on_disk.recover())
    on_disk.count(tally)
    whole(tally, on_disk)
    tally.close()


def test_the_disk_fills_before_the_log_is_written_into_the_database(disk: Disk, on_disk: Stage) -> None:
    """A reader keeps SQLite's log from being written back during the run; when it goes, there is no room for that any more."""
    tally = Tally("disk full at the checkpoint")
    assert on_disk.spawn("db", "upgrade").status == 0
    with closing(sqlite3.connect(on_disk.database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM mentions").fetchone()
        assert on_disk.spawn("run").status == 0
        wal = on_disk.database.with_name("listener.db-wal")
        assert wal.stat().st_size > on_disk.database.stat().st_size, "all of the run is in the log"
        disk.fill()
    status = on_disk.spawn("status")
    tally.injected += 1
    said_clearly(tally, status.said, "0.0 GB free", "make room on its disk")
    if status.status != 1:
        tally.wrong.append(f"status ended with {status.status} on a full disk")
    on_disk.count(tally)
    disk.free()
    tally.recovered(on_disk.recover())
    on_disk.count(tally)
    whole(tally, on_disk)
    tally.close()


@pytest.fixture
def beside(stage: Stage, tmp_path: Path) -> Iterator[tuple[Stage, Disk]]:
    """The database has room; the log, the digests and the metrics are on a disk that has none."""
    with small_disk(tmp_path / "beside", 8) as disk:
        (disk.folder / "digests").mkdir()
        stage.env = {
            "LISTENER_DIGEST__OUT": str(disk.folder / "digests"),
            "LISTENER_METRICS__TEXTFILE": str(disk.folder / "listener.prom"),
        }
        disk.fill()
        yield stage, disk


def test_what_a_run_writes_beside_the_database_finds_no_room(beside: tuple[Stage, Disk]) -> None:
    stage, disk = beside
    tally = Tally("disk full at log, digests and metrics")
    ended = stage.spawn("run", "--verbose", before=errors_to(disk.folder / "log"))
    tally.injected += 3
    if ended.status != 0:
        tally.wrong.append(f"the run ended with {ended.status}")
    said_clearly(tally, ended.out, "failed")
    listed = stage.spawn("alerts", "list", "--state", "waiting")
    said_clearly(tally, listed.out, f"cannot write into {disk.folder / 'digests'}: No space left on device")
    left = [path.name for path in (disk.folder / "digests").iterdir()]
    tally.wrong += [f"left a part of a file: {name}" for name in left]
    disk.free()
    for command in (["alerts", "retry", "--all"], ["run"]):
        tally.recovered(stage.recover(*command))
    written = {path.suffix for path in (disk.folder / "digests").iterdir()}
    if not {".txt", ".html"} <= written or not (disk.folder / "listener.prom").stat().st_size:
        tally.wrong.append("the digest or the metrics were not written when there was room")
    tally.messages_lost += stage.rows("select count(*) from outbox where channel = 'folder' and state != 'sent'")[0][0]
    stage.count(tally)
    whole(tally, stage)
    tally.close()
    _exports_and_copies_find_no_room(stage, disk)


def _exports_and_copies_find_no_room(stage: Stage, disk: Disk) -> None:
    """On the stage of the case above, so that it need not be heard again."""
    tally = Tally("disk full at exports and copies")
    for name in ("cases.csv", "day.html"):
        (disk.folder / name).write_text("the former one")
    disk.fill()
    no_room = ("No space left on device; make room and run again",)
    failed_clearly(tally, stage, "cases", "export", disk.folder / "cases.csv", says=("cases.csv: ", *no_room))
    failed_clearly(tally, stage, "digest", "--format", "html", "--out", disk.folder / "day.html", says=("day.html: ", *no_room))
    failed_clearly(tally, stage, "db", "backup", disk.folder / "copy.db", says=("copy.db", "full", "make room"))
    to_file = output_to(disk.folder / "person.json")
    failed_clearly(tally, stage, "person", "export", "--author", 1, says=no_room, before=to_file)
    for name in ("cases.csv", "day.html"):
        if (disk.folder / name).read_text() != "the former one":
            tally.wrong.append(f"{name}: the former one was lost")
    kept = {"ballast", "cases.csv", "day.html", "digests", "listener.prom", "log", "person.json"}
    tally.wrong += [f"left behind: {path.name}" for path in disk.folder.iterdir() if path.name not in kept]
    disk.free()
    for command in (["cases", "export", disk.folder / "cases.csv"], ["db", "backup", disk.folder / "copy.db"]):
        tally.recovered(stage.recover(*command))
    stage.count(tally)
    tally.close()
