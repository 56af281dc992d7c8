"""A database that another program has locked for 30 seconds: a clear error or patience, and nothing lost."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.support.commands import finish
from tests.support.fault_disk import failed_clearly, whole
from tests.support.fault_postgres import on_postgres
from tests.support.fault_tally import Tally
from tests.support.faults import Stage

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

HELD = 30.0
LOCKED = ("is locked by another program; end that program, or wait for it, and run again",)


def opened_by(pid: int, path: Path) -> bool:
    """Whether the process has the file open."""
    handles = Path(f"/proc/{pid}/fd")
    return any(str(handle.readlink()) == str(path) for handle in list(handles.iterdir()) if handle.is_symlink())


def wait(seconds: float) -> None:
    """The length of a lock is the fault itself: there is no event to wait for."""
    threading.Event().wait(max(0.0, seconds))


def test_a_database_locked_for_half_a_minute(stage: Stage) -> None:
    """The first run gives up after the ten seconds that it waits; the second begins shortly before the end, waits, goes on."""
    tally = Tally("SQLite locked for 30 s")
    assert stage.spawn("db", "upgrade").status == 0
    with closing(sqlite3.connect(stage.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        failed_clearly(tally, stage, "run", says=(f"listener.db {LOCKED[0]}",))
        wait(HELD - 5 - (time.monotonic() - began))
        patient = stage.start("run")
        while not opened_by(patient.pid, stage.database):
            assert patient.poll() is None, patient.communicate()
            wait(0.05)
        wait(max(1.0, HELD - (time.monotonic() - began)))
        other.execute("ROLLBACK")
    ended = finish(patient, 120)
    tally.check(ended.status == 0, f"the run that waited ended with {ended.status}: {ended.said[-300:]}")
    tally.recovered(stage.recover())
    stage.count(tally)
    whole(tally, stage)
    tally.close()


def test_a_table_of_postgresql_locked_for_longer_than_a_run_waits(stage: Stage, empty_postgres_url: str) -> None:
    tally = Tally("PostgreSQL: table locked")
    stage = on_postgres(stage, empty_postgres_url)
    assert stage.spawn("db", "upgrade").status == 0
    with psycopg.connect(empty_postgres_url) as other:
        other.execute("LOCK TABLE mentions IN ACCESS EXCLUSIVE MODE")
        failed_clearly(tally, stage, "run", says=LOCKED)
        other.rollback()
    tally.recovered(stage.recover())
    stage.count(tally)
    tally.close()
