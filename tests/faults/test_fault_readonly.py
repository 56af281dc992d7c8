"""A disk, a folder or a file that may be read only: who runs it learns which, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fault_disk import as_ordinary_user, failed_clearly, said_clearly, small_disk, whole
from tests.support.fault_mails import Fact
from tests.support.fault_tally import Tally
from tests.support.faults import Stage, staged

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]


def test_a_disk_that_turned_read_only(tmp_path: Path, undisturbed: frozenset[Fact]) -> None:
    """As Linux makes it after an error of the disk."""
    tally = Tally("read-only disk")
    with small_disk(tmp_path / "disk", 24) as disk, staged(disk.folder / "stage") as stage:
        stage.promised = undisturbed
        assert stage.spawn("db", "upgrade").status == 0
        says = ("listener.db cannot be opened; check that its folder exists, that it is not read-only",)
        with disk.read_only():
            failed_clearly(tally, stage, "run", says=says)
            failed_clearly(tally, stage, "db", "backup", tmp_path / "copy.db", says=says)
        tally.recovered(stage.recover())
        stage.count(tally)
        whole(tally, stage)
        tally.close()


def test_files_and_folders_that_this_user_may_only_read(stage: Stage) -> None:
    tally = Tally("read-only files and folders")
    assert stage.spawn("db", "upgrade").status == 0
    lock = stage.database.with_name("listener.db.lock")
    lock.touch(0o444)
    failed_clearly(tally, stage, "run", says=(f"{lock}: Permission denied",), before=as_ordinary_user)
    lock.unlink()
    stage.database.chmod(0o444)
    says = ("listener.db cannot be written to; let this user write the file, its -wal and -shm, and its folder",)
    failed_clearly(tally, stage, "run", says=says, before=as_ordinary_user)
    for path in stage.folder.glob("listener.db*"):  # SQLite made those beside it as the file was
        path.chmod(0o600)
    _digests_read_only(stage, tally)
    whole(tally, stage)
    tally.close()


def _digests_read_only(stage: Stage, tally: Tally) -> None:
    """The run does all the rest, and what could not be written waits."""
    digests = stage.folder / "digests"
    digests.mkdir()
    digests.chmod(0o555)
    ended = stage.spawn("run", before=as_ordinary_user)
    tally.injected += 1
    tally.check(ended.status == 0, f"the run ended with {ended.status}: {ended.err[-300:]}")
    listed = stage.spawn("alerts", "list", "--state", "waiting")
    said_clearly(tally, listed.out, f"cannot write into {digests}: Permission denied")
    digests.chmod(0o755)
    tally.recovered(stage.recover("alerts", "retry", "--all"))
    tally.check(any(digests.iterdir()), "the digest was not written when it could be")
    tally.messages_lost += stage.rows("select count(*) from outbox where channel = 'folder' and state != 'sent'")[0][0]
    stage.count(tally)
