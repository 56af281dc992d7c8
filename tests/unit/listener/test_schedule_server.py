"""The process that serves: what it schedules, what it does when a job comes too late, and when it gives up."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from listener import job
from listener.core.errors import StorageError
from listener.schedule import server as module
from listener.schedule.server import Server
from listener.schedule.trouble import LOST_AFTER
from listener.wiring import App, load_app, system_clock
from storage.store import Store

CONFIG = """
[[brands]]
name = "Quillon"
[[sources]]
name = "often"
kind = "file"
path = "posts.jsonl"
every = "1m"
[[sources]]
name = "nightly"
kind = "file"
path = "posts.jsonl"
cron = "30 2 * * *"
[schedule]
jitter = "0s"
misfire_grace = "10m"
"""


@pytest.fixture
def app(tmp_path: Path) -> App:
    (tmp_path / "listener.toml").write_text(CONFIG)
    post = {"platform": "forum", "external_id": "1", "text": "Quillon is great, we love it."}
    (tmp_path / "posts.jsonl").write_text(json.dumps(post) + "\n")
    return load_app(tmp_path / "listener.toml", {})


@pytest.fixture
def store(app: App) -> Iterator[Store]:
    with app.open_store(system_clock()) as store:
        yield store


def after(
    true: Callable[[], object], then: Callable[[Server], None] = lambda _: None, *, server: Server
) -> Callable[[float], bool]:
    """A wait that ends the server once something is true, having done something with it."""
    deadline = time.monotonic() + 20

    def wait(_: float) -> bool:
        time.sleep(0.01)
        assert time.monotonic() < deadline
        if not true():
            return False
        then(server)
        return True

    return wait


def all_asked(store: Store) -> bool:
    return {state.source for state in store.runs.stream_states()} == {"often", "nightly"}


def test_everything_is_due_at_the_start_and_then_in_its_slots(app: App, store: Store) -> None:
    server = Server(app, store, alone=True)
    planned: dict[str, datetime] = {}

    def look(server: Server) -> None:
        planned.update({each.id: each.next_run_time for each in server._scheduler.get_jobs()})

    assert server.serve(after(lambda: all_asked(store), look, server=server))
    assert {"source:often", "source:nightly", "work", "digest", "retention", "orphans"} <= set(planned)
    assert planned["source:often"].timestamp() % 60 == 0
    assert f"{planned['source:nightly']:%H:%M:%S}" == "02:30:00"
    assert f"{planned['digest']:%H:%M:%S}" == "07:00:00"


@pytest.mark.parametrize(("source", "made_up"), [("nightly", True), ("often", False)])
def test_what_came_too_late_is_made_up_for_unless_its_next_slot_is_soon(
    app: App, store: Store, source: str, made_up: bool
) -> None:
    server = Server(app, store, alone=True)
    late: list[str] = []

    def miss(server: Server) -> None:
        server._scheduler.pause()
        due = system_clock() - timedelta(hours=8)
        server._missed(SimpleNamespace(job_id=f"source:{source}", scheduled_run_time=due))
        late.extend(each.id for each in server._scheduler.get_jobs() if each.id.startswith("source:") and "again" in each.id)

    with capture_logs() as logged:
        server.serve(after(lambda: all_asked(store), miss, server=server))
    assert late == ([f"source:{source}, again"] if made_up else [])
    assert [line["made_up"] for line in logged if line["action"] == "job_missed"] == [made_up]


def test_a_store_that_is_lost_ends_it_with_what_is_wrong(app: App, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise StorageError("the disk is full")

    for name in ("listen", "work", "tidy"):
        monkeypatch.setattr(job, name, gone)
    later = [timedelta()]
    server = Server(app, store, alone=True, clock=lambda: system_clock() + later[0])

    def wait(_: float) -> bool:
        time.sleep(0.05)
        if server._jobs.trouble.lost(system_clock() + LOST_AFTER):
            later[0] = LOST_AFTER
        return False

    with pytest.raises(StorageError, match="the disk is full"):
        server.serve(wait)


def test_a_job_that_does_not_stop_in_time_is_told_of(app: App, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, over = threading.Event(), threading.Event()

    def deaf(*_: Any, **__: Any) -> job.Heard:
        begun.set()
        over.wait(20)
        return job.Heard()

    monkeypatch.setattr(job, "listen", deaf)
    monkeypatch.setattr(module, "GRACE", 0.2)
    server = Server(app, store, alone=True)
    try:
        assert not server.serve(after(begun.is_set, server=server))
    finally:
        over.set()
    assert server._jobs.wait_until_idle(10)
