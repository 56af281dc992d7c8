"""What the scheduler's jobs do, on a real store with a simulated clock: claim, listen, rest, work, tell, stop, take over."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from listener import alerting, job, telling
from listener.core.errors import StorageError
from listener.schedule.jobs import AGAIN, SETTLE, Jobs
from listener.schedule.plan import DIGEST, ORPHANS, RETENTION, WORK
from listener.schedule.trouble import LOST_AFTER, Trouble
from listener.tell import Desk, Told
from listener.wiring import App, load_app
from storage.store import Store

NOW = datetime(2026, 11, 20, 9, 7, tzinfo=UTC)

CONFIG = """
[[brands]]
name = "Quillon"
[digest]
hour = 6
[[sources]]
name = "good"
kind = "file"
path = "good.jsonl"
every = "15m"
[[sources]]
name = "bad"
kind = "file"
path = "missing.jsonl"
every = "15m"
"""


class Bench:
    """The jobs of one process, with everything around them in the test's hands."""

    def __init__(self, app: App, store: Store, *, alone: bool = True) -> None:
        self.now = NOW
        self.asked_for: list[tuple[str, datetime | None, timedelta]] = []
        self.stop = threading.Event()
        self.store = store
        self._door = app.open_door()
        self.jobs = Jobs(
            app,
            store,
            self._door.__enter__(),
            later=lambda *asked: self.asked_for.append(asked),
            stop=self.stop,
            clock=lambda: self.now,
            alone=alone,
        )

    def due(self, name: str) -> datetime:
        return self.jobs.planned[name].slots.before(self.now)

    def perform(self, name: str) -> list[str]:
        """Do what is due; the actions that were logged."""
        with capture_logs() as logged:
            self.jobs.perform(name, self.due(name))
        return [line["action"] for line in logged]


@pytest.fixture
def app(tmp_path: Path) -> App:
    (tmp_path / "listener.toml").write_text(CONFIG)
    post = {
        "platform": "forum",
        "external_id": "1",
        "text": "Quillon is great, we love it.",
        "published_at": "2026-11-20T08:00:00Z",
    }
    (tmp_path / "good.jsonl").write_text(json.dumps(post) + "\n")
    return load_app(tmp_path / "listener.toml", {})


@pytest.fixture
def store(app: App) -> Iterator[Store]:
    with app.open_store(NOW) as store:
        yield store


@pytest.fixture
def bench(app: App, store: Store) -> Bench:
    return Bench(app, store)


def runs(store: Store) -> int:
    return len(store.runs.latest(100))


def test_a_source_is_asked_once_for_a_slot_in_a_run_of_its_own(bench: Bench, store: Store) -> None:
    assert "source_asked" in bench.perform("source:good")
    assert bench.asked_for == [(WORK, None, SETTLE)]
    assert bench.perform("source:good") == ["slot_taken"]
    run = store.runs.latest()[0]
    assert (runs(store), run.counts["new"], run.error) == (1, 1, None)
    bench.now += timedelta(minutes=15)
    assert "source_asked" in bench.perform("source:good")


def test_the_scheduler_looks_often_however_seldom_sources_are_asked(
    bench: Bench, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks: list[Desk] = []
    monkeypatch.setattr(telling, "tell", lambda made, *_, **__: (desks.append(made), Told())[1])
    for name in ("source:bad", "source:good", WORK):
        bench.perform(name)
    assert [made.often for made in desks][-1:] == [True]


def test_another_process_does_not_do_the_slot_again(bench: Bench, app: App) -> None:
    bench.perform("source:good")
    with app.open_store(NOW) as theirs:
        assert Bench(app, theirs).perform("source:good") == ["slot_taken"]


def test_a_source_that_fails_rests_and_then_is_asked_again(bench: Bench, store: Store) -> None:
    asked = []
    for _ in range(16):  # four hours of quarters
        asked.append("source_asked" in bench.perform("source:bad"))
        bench.now += timedelta(minutes=15)
    assert [number for number, yes in enumerate(asked) if yes] == [0, 2, 6, 14]
    assert store.runs.stream_states("bad")[0].failures == 4


def test_work_is_done_only_where_there_is_something_new_but_health_always(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    for module, name in ((job, "work"), (alerting, "alert_people"), (telling, "tell_people")):
        real = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *args, name=name, real=real, **named: (done.append(name), real(*args, **named))[1]
        )
    bench.perform("source:bad")
    bench.jobs.perform(WORK)
    assert done == ["alert_people"], "nothing is told before every source was asked"
    bench.perform("source:good")
    bench.jobs.perform(WORK)
    bench.jobs.perform(WORK)
    assert done[1:] == ["work", "alert_people", "tell_people", "alert_people", "tell_people"]
    bench.perform(WORK)
    assert done[-3:] == ["work", "alert_people", "tell_people"], "at its own slot, all of it"


def test_the_first_digest_waits_for_every_source_but_not_for_ever(bench: Bench, store: Store) -> None:
    bench.perform("source:good")
    bench.perform(DIGEST)
    assert store.digests.told_until("folder:digest") is None
    bench.now += timedelta(minutes=11)
    bench.perform(WORK)
    assert store.digests.told_until("folder:digest") == bench.now


def test_nobody_s_first_digest_is_made_before_anything_was_heard(bench: Bench, store: Store, tmp_path: Path) -> None:
    (tmp_path / "good.jsonl").unlink()
    for name in ("source:good", "source:bad", DIGEST):
        bench.perform(name)
    assert store.digests.told_until("folder:digest") is None


def test_retention_is_not_done_again_after_a_run_did_it_today(bench: Bench, app: App, store: Store) -> None:
    job.run_pass(app, store, NOW)
    assert bench.perform(RETENTION) == ["slot_taken"]
    bench.now += timedelta(days=1)
    assert "slot_taken" not in bench.perform(RETENTION)


def test_a_defect_is_told_and_costs_its_slot_only(bench: Bench, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(job, "listen", lambda *_, **__: 1 / 0)
        assert "job_defect" in bench.perform("source:good")
    assert store.runs.latest()[0].error == "ZeroDivisionError"
    assert store.jobs.orphans() == []
    bench.now += timedelta(minutes=15)
    assert "source_asked" in bench.perform("source:good")


@pytest.mark.parametrize("rule", ["watch_health", "watch_people", "watch_stories", "watch_bursts", "look_after"])
def test_a_rule_with_a_defect_keeps_no_other_alert_and_no_digest_from_going_out(
    bench: Bench, app: App, store: Store, rule: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looked: list[datetime] = []
    monkeypatch.setattr(alerting, "look_after", lambda _app, _store, now: looked.append(now))
    monkeypatch.setattr(alerting, rule, lambda *_: 1 / 0)
    report = job.run_pass(app, store, NOW)
    assert "alert_defect" in capsys.readouterr().out
    assert report.told.digests == 1
    assert len(looked) == (rule != "look_after")
    assert [each.rpartition(": ")[2] for each in report.defects] == ["ZeroDivisionError"]
    assert store.runs.latest()[0].error == report.defects[0]
    for name in ("source:good", "source:bad"):
        bench.perform(name)
    bench.now += timedelta(days=1)
    bench.perform(DIGEST)
    assert store.digests.told_until("folder:digest") == bench.now


def test_a_store_that_cannot_be_used_ends_the_pass(app: App, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(alerting, "watch_people", fail)
    with pytest.raises(StorageError):
        job.run_pass(app, store, NOW)
    assert store.runs.latest()[0].error == "StorageError"


def test_an_engine_that_cannot_work_keeps_nobody_from_learning_of_dead_sources(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched: list[datetime] = []
    monkeypatch.setattr(job, "work", lambda *_, **__: 1 / 0)
    monkeypatch.setattr(alerting, "alert_people", lambda _app, _store, now: watched.append(now))
    assert "job_defect" in bench.perform(WORK)
    assert watched == [NOW]


def test_a_store_that_fails_leaves_the_slot_open_and_asks_for_it_again(
    bench: Bench, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise StorageError("the database is shutting down")

    slot = bench.due("source:good")
    with monkeypatch.context() as patched:
        patched.setattr(job, "listen", gone)
        assert bench.perform("source:good") == ["store_unavailable"]
        assert bench.perform("source:good") == ["store_still_unavailable"], "said once, then only to who debugs"
    assert bench.asked_for == [("source:good", slot, AGAIN)] * 2
    assert store.jobs.orphans() == [("source:good", slot)]
    assert bench.perform("source:good")[-1] == "store_available"
    assert store.jobs.orphans() == []


def test_told_to_stop_a_source_s_slot_stays_open_and_nothing_more_is_begun(
    bench: Bench, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = job.listen

    def told_meanwhile(*args: object, **named: object) -> job.Heard:
        bench.stop.set()
        return real(*args, **named)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(job, "listen", told_meanwhile)
    assert bench.perform("source:good") == ["job_stopped"]
    assert store.jobs.orphans() == [("source:good", bench.due("source:good"))]
    assert store.runs.latest()[0].error == "Stopped"
    assert bench.perform(WORK) == []
    assert bench.jobs.wait_until_idle(0)


def test_told_to_stop_work_ends_after_the_batch_and_goes_on_the_next_time(bench: Bench, app: App, store: Store) -> None:
    bench.perform("source:good")
    real = store.analyses.save_analyses

    def told_meanwhile(*args: object) -> None:
        real(*args)  # type: ignore[arg-type]  # as it was called
        bench.stop.set()

    store.analyses.save_analyses = told_meanwhile  # type: ignore[method-assign]  # the moment at which the process is told
    assert bench.perform(WORK)[-1] == "job_stopped"
    assert store.jobs.orphans() == [(WORK, bench.due(WORK))]
    bench.stop.clear()
    assert "job_stopped" not in bench.perform(WORK)
    assert store.jobs.orphans() == []


def test_what_was_begun_and_is_held_by_nobody_is_taken_over(bench: Bench, app: App, store: Store) -> None:
    slot = bench.due("source:good")

    class Killed(BaseException): ...

    for name in ("source:good", "source:of another configuration"):
        with pytest.raises(Killed), store.jobs.claim(name, slot, NOW):
            raise Killed
    assert bench.perform(ORPHANS) == ["orphan"]
    assert bench.asked_for == [("source:good", slot, timedelta())]
    with store.jobs.claim("source:good", slot, NOW):
        bench.asked_for.clear()
        bench.perform(ORPHANS)
    assert bench.asked_for == []


def test_news_that_come_while_others_are_worked_on_are_asked_for_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "work", lambda *_, **__: bench.perform("source:good"))
    bench.perform(WORK)
    assert bench.asked_for == [(WORK, None, SETTLE)] * 2, "by the source, which was too early, and by the work at its end"


def test_a_job_that_this_process_is_doing_is_not_begun_a_second_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr(alerting, "alert_people", lambda *_: seen.append(bench.perform(WORK)))
    bench.perform(WORK)
    assert seen == [[]]


def test_where_others_share_the_store_steps_are_done_by_one_at_a_time(app: App, store: Store) -> None:
    bench = Bench(app, store, alone=False)
    with app.open_store(NOW) as theirs, theirs.admin.run_lock():
        assert bench.perform(WORK) == ["store_busy"]
        assert bench.asked_for == [(WORK, bench.due(WORK), AGAIN)]
        assert "source_asked" in bench.perform("source:good"), "listening is no such step"
    assert "store_busy" not in bench.perform(WORK)


def test_a_job_of_another_configuration_is_left_alone(bench: Bench, store: Store) -> None:
    with capture_logs() as logged:
        bench.jobs.perform("source:gone", NOW)
    assert [line["action"] for line in logged] == ["job_unknown"]
    assert runs(store) == 0


def test_a_store_is_lost_when_it_could_not_be_used_for_long() -> None:
    trouble, problem = Trouble(), StorageError("the disk is full")
    assert trouble.lost(NOW) is None
    trouble.met(problem, NOW)
    trouble.met(problem, NOW + LOST_AFTER / 2)
    assert trouble.lost(NOW + LOST_AFTER - timedelta(seconds=1)) is None
    assert trouble.lost(NOW + LOST_AFTER) is problem
    trouble.over()
    assert trouble.lost(NOW + 2 * LOST_AFTER) is None
