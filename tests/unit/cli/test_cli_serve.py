"""`listener serve` on the command line: what it announces, when there is nothing to do for it, and how it ends."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from listener.cli.serve import _end_at_once
from listener.wiring import load_app

SOURCE = '[[sources]]\nname = "s{n}"\nkind = "file"\npath = "posts.jsonl"\nevery = "{n}h"\n'
BRAND = '[[brands]]\nname = "Quillon"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "posts.jsonl").write_text(
        json.dumps({"platform": "forum", "external_id": "1", "text": "Quillon is great."}) + "\n"
    )
    (tmp_path / "listener.toml").write_text(BRAND + "".join(SOURCE.format(n=n) for n in (3, 1, 2)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@contextmanager
def ended_soon(number: signal.Signals) -> Iterator[None]:
    """The signal comes while the block runs."""
    timer = threading.Timer(1.0, os.kill, (os.getpid(), number))
    timer.start()
    try:
        yield
    finally:
        timer.join()


def test_it_says_what_it_serves_and_when_each_source_is_asked_next(run, folder: Path) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with ended_soon(signal.SIGTERM):
        ended = run("serve")
    assert ended.status == 0
    lines = ended.out.splitlines()
    assert lines[0] == "Serving 3 sources until Ctrl-C. Each is asked now if it is due, and then:"
    assert lines[1].split() == ["source", "next", "(UTC)"]
    assert {line.split()[0] for line in lines[2:]} == {"s1", "s2", "s3"}
    # not the names: at some hours of the day the slots of all three fall together
    times = [line.split(maxsplit=1)[1] for line in lines[2:]]
    assert times == sorted(times), "the soonest first"
    assert "Ended; what was stored is kept" in ended.err
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_programs_get_it_as_one_line(run, folder: Path) -> None:
    config = (folder / "listener.toml").read_text().replace('name = "s2"', 'name = "s2"\nenabled = false')
    (folder / "listener.toml").write_text(config)
    with ended_soon(signal.SIGINT):
        ended = run("serve", "--json")
    assert ended.status == 0
    (line,) = ended.lines
    assert [each["source"] for each in line["sources"]] == ["s3", "s1"]
    assert all(datetime.fromisoformat(each["next"]) > datetime.now(UTC) for each in line["sources"])
    assert line["disabled"] == ["s2"]


def test_many_sources_are_not_all_named(run, folder: Path) -> None:
    (folder / "listener.toml").write_text(BRAND + "".join(SOURCE.format(n=n) for n in range(1, 14)))
    with ended_soon(signal.SIGTERM):
        ended = run("serve")
    assert ended.out.splitlines()[-1] == "and 3 more: listener sources"


def test_without_any_source_it_says_so_and_serves_all_the_same(run, folder: Path) -> None:
    (folder / "listener.toml").write_text(BRAND)
    with ended_soon(signal.SIGTERM):
        ended = run("serve")
    assert (ended.status, len(ended.out.splitlines())) == (0, 1)
    assert "no source can be listened to" in ended.out


def test_where_another_process_holds_the_store_there_is_nothing_to_do(run, folder: Path) -> None:
    app = load_app(folder / "listener.toml", {})
    with app.open_store(datetime.now(UTC)) as store, store.admin.run_lock():
        ended = run("serve")
    assert (ended.status, ended.out) == (0, "")
    assert f"process {os.getpid()}" in ended.err


def test_a_wrong_schedule_is_2_and_a_store_that_cannot_be_opened_1(run, folder: Path) -> None:
    config = folder / "listener.toml"
    good = config.read_text()
    config.write_text(good.replace('every = "3h"', 'cron = "every day"'))
    wrong = run("serve")
    assert wrong.status == 2
    assert "five fields" in wrong.err
    config.write_text(good + f'[storage]\nurl = "sqlite:///{folder}"\n')
    assert run("serve").status == 1


class Full(io.StringIO):
    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_jobs_that_do_not_stop_are_left_where_the_streams_are_full_too(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    with monkeypatch.context() as patch:
        for name in ("stdout", "stderr"):
            patch.setattr(sys, name, Full())
        patch.setattr(os, "_exit", left.append)
        _end_at_once()
    assert left == [0]
