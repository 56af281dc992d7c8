"""A database that is locked, read-only, damaged or out of room; runs that are told to end, or meet another: nothing is lost."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from storage.store import open_store
from tests.support.commands import Ended, call, default_signals, finish, spawn, start
from tests.support.hostile_site import item, rss
from tests.unit.net.net_server import Site, raw, serve

CONFIG = '[nlp]\nengine = "vader"\n[[brands]]\nname = "Quillon"\n[[sources]]\nname = "export"\nkind = "file"\npath = "m.jsonl"\n'
CAP_DAC_OVERRIDE = 1
PR_CAPBSET_DROP = 24


def mentions(folder: Path, count: int) -> None:
    posts = ({"external_id": str(n), "text": f"Quillon is great, we love it, says number {n}."} for n in range(count))
    (folder / "m.jsonl").write_text("".join(json.dumps(post) + "\n" for post in posts))


def heard(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "listener.db")) as database:
        [(count,)] = database.execute("select count(*) from mentions")
        return int(count)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration, and a database with three mentions."""
    (tmp_path / "listener.toml").write_text(CONFIG)
    mentions(tmp_path, 3)
    assert call("run", folder=tmp_path).status == 0
    return tmp_path


def test_a_locked_database_says_so_and_what_to_do(folder: Path) -> None:
    a_moment = patch.dict(open_store.__kwdefaults__, busy=timedelta(milliseconds=200))
    with a_moment, closing(sqlite3.connect(folder / "listener.db", isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        ended = call("run", folder=folder)
        database.execute("ROLLBACK")
    assert (ended.status, ended.out) == (1, "")
    assert "listener.db is locked by another program; end that program, or wait for it, and run again" in ended.err
    assert len(ended.err.splitlines()) == 1
    assert call("run", folder=folder).status == 0


def as_ordinary_user() -> None:
    """Root minds no file modes; without this capability it does."""
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


def test_a_read_only_database_says_so_and_stays_as_it_is(folder: Path) -> None:
    database = folder / "listener.db"
    before = database.read_bytes()
    (folder / "listener.db.lock").unlink()
    database.chmod(0o444)
    folder.chmod(0o555)
    try:
        ended = spawn("run", folder=folder, before=as_ordinary_user)
    finally:
        folder.chmod(0o755)
    assert (ended.status, ended.out) == (1, "")
    assert "listener.db cannot be written to; let this user write the file, its -wal and -shm, and its folder" in ended.err
    assert database.read_bytes() == before


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            lambda old: b"nonsense" * 8 + old[64:],
            "is not a SQLite database, or is encrypted; check the path",
        ),
        (lambda old: old[:8192] + os.urandom(len(old) - 8192), "is damaged; restore a backup"),
        (lambda old: old[: len(old) // 3], "is damaged; restore a backup"),
    ],
    ids=["header", "pages", "cut off"],
)
@pytest.mark.parametrize("command", [["run"], ["cases", "--json"], ["db", "status"]], ids=" ".join)
def test_a_damaged_database_says_so_and_is_left_alone(folder: Path, damage, said: str, command: list[str]) -> None:
    database = folder / "listener.db"
    database.write_bytes(damage(database.read_bytes()))
    before = database.read_bytes()
    ended = call(*command, folder=folder)
    assert (ended.status, ended.out) == (1, "")
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert database.read_bytes() == before


def test_the_database_of_another_program_is_not_touched(folder: Path) -> None:
    (folder / "listener.db").unlink()
    with closing(sqlite3.connect(folder / "listener.db")) as database:
        database.execute("create table theirs (x)")
    ended = call("run", folder=folder)
    assert ended.status == 1
    assert "tables that are not listener's; name an empty database, or another file" in ended.err


def test_a_full_disk_ends_the_run_and_loses_nothing(folder: Path) -> None:
    """The limit on a file's size stands for the disk, so that the test needs no right to mount one."""
    mentions(folder, 2000)
    room = (folder / "listener.db").stat().st_size + 300_000

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    full = spawn("run", "--json", folder=folder, before=limited)
    assert (full.status, full.out) == (1, "")
    assert "listener.db" in full.err
    assert "full" in full.err or "check the disk and its free space" in full.err
    assert 3 <= heard(folder) < 2000
    again = call("run", "--json", folder=folder)
    assert again.status == 0
    assert heard(folder) == 2000
    assert "Integrity: nothing wrong found." in call("db", "status", folder=folder).out


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting needs root")
    try:
        (disk / "listener.toml").write_text(CONFIG)
        mentions(disk, 4000)
        ended = call("run", folder=disk)
        assert (ended.status, ended.out) == (1, "")
        assert "cannot grow because the disk is full; nothing half-written was kept; make room and run again" in ended.err
        assert heard(disk) < 4000
    finally:
        # Lazily: a thread that still reads the file it was fetching lets go of it a moment after the run has ended.
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


# ------------------------------------------------------------------------------------------------ told to end, and two at once


@pytest.fixture
def slow(folder: Path) -> Iterator[Site]:
    """Beside the file two feeds, one of which never comes to its end."""

    @raw
    def trickle(connection) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(600):
            connection.sendall(b" ")
            time.sleep(0.1)

    with serve() as site:
        site["/slow.xml"] = trickle
        site["/feed.xml"] = rss(item("1", "Nothing about anybody."))
        urls = {"slow": site.url("/slow.xml"), "feed": site.url("/feed.xml", host="localhost")}
        sources = [f'[[sources]]\nname = "{name}"\nkind = "rss"\nurl = "{url}"\nprivate = true\n' for name, url in urls.items()]
        (folder / "listener.toml").write_text(CONFIG + "".join(sources))
        yield site


def in_the_middle(folder: Path, site: Site) -> subprocess.Popen[str]:
    """A run that has stored the new mentions, has a process that reads feeds, and waits for the slow one."""
    mentions(folder, 900)
    process = start("run", folder=folder, before=default_signals)
    until = time.monotonic() + 60
    while not ("/slow.xml" in site.paths() and heard(folder) == 901):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)
    return process


def ended_by(process: subprocess.Popen[str], number: signal.Signals) -> tuple[Ended, float]:
    children = descendants(process.pid)
    assert children, "the process that reads feeds"
    started = time.monotonic()
    process.send_signal(number)
    ended = finish(process, 30)
    seconds = time.monotonic() - started
    until = time.monotonic() + 20
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < until:
        time.sleep(0.05)
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
    return ended, seconds


def descendants(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in found.read_text().split()] if found.exists() else []


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [
        (signal.SIGTERM, 143, "Ended by SIGTERM"),
        (signal.SIGINT, 130, "Ended by Ctrl-C"),
    ],
)
def test_a_run_that_is_told_to_end_ends_at_once_and_the_next_completes_it(
    folder: Path, slow: Site, number: signal.Signals, status: int, said: str
) -> None:
    ended, seconds = ended_by(in_the_middle(folder, slow), number)
    assert (ended.status, ended.out, ended.err) == (status, "", f"{said}; what was stored is kept\n")
    assert seconds < 20, "the slow answer takes a minute"
    assert heard(folder) == 901
    (folder / "listener.toml").write_text(CONFIG)
    following = call("run", "--json", folder=folder)
    assert following.status == 0, following.err
    [report] = following.lines
    assert (report["new"], report["understood"]) == (0, 898), "everything that the first left undone, and nothing twice"


def test_of_two_runs_at_once_the_second_says_who_holds_the_store_and_is_0(folder: Path, slow: Site) -> None:
    first = in_the_middle(folder, slow)
    try:
        second = call("run", "--json", folder=folder)
        assert (second.status, second.out) == (0, '{"busy": true}\n')
        assert f"Another run (process {first.pid}) holds" in second.err
        assert call("cases", folder=folder).status == 0, "reading goes on"
    finally:
        first.kill()
        finish(first)
    (folder / "listener.toml").write_text(CONFIG)
    assert call("run", folder=folder).status == 0, "a killed run leaves no lock"


# ------------------------------------------------------------------------------------------------ closed and full outputs


def test_a_reader_that_goes_away_ends_the_command_quietly(folder: Path) -> None:
    mentions(folder, 900)
    assert call("run", folder=folder).status == 0
    process = start("mentions", "--limit", "900", "--json", folder=folder, before=default_signals)
    assert process.stdout
    assert process.stderr
    assert json.loads(process.stdout.readline())
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(30) in {0, 1, 128 + signal.SIGPIPE}


def test_an_output_without_room_is_an_error(folder: Path) -> None:
    script = f"{Path(sys.executable).with_name('listener')} check"
    full = subprocess.run(["sh", "-c", f"{script} > /dev/full"], cwd=folder, capture_output=True, text=True, check=False)
    assert (full.returncode, full.stderr) == (1, "Error: No space left on device; make room and run again\n")
    closed = subprocess.run(["sh", "-c", f"{script} >&-"], cwd=folder, capture_output=True, text=True, check=False)
    assert (closed.returncode, closed.stderr) == (0, "")
