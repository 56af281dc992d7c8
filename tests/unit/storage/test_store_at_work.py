"""Whether somebody works on a store: what tells a run that is under way from one that was killed."""

import fcntl
from pathlib import Path
from threading import Timer

import psycopg

from storage.store import Store, open_store
from tests.support.heard import NOW, PEPPER


def test_a_run_or_a_job_that_is_held_is_work_until_it_is_let_go(any_store: Store) -> None:
    assert not any_store.admin.at_work(), "nobody ever did"
    with any_store.admin.run_lock():
        assert any_store.admin.at_work()
    assert not any_store.admin.at_work()
    with any_store.jobs.hold(["source:blogs"]):
        at_work = any_store.admin.at_work()
    assert at_work is (any_store.path is None), "on SQLite `serve` holds the run's lock all the time"
    assert not any_store.admin.at_work()


def test_asking_keeps_no_run_from_beginning(any_store: Store) -> None:
    any_store.admin.at_work()
    with any_store.admin.run_lock():
        any_store.admin.at_work()
    with any_store.admin.run_lock():
        pass


def test_a_look_at_the_lock_keeps_no_run_from_beginning(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'a.db'}", now=NOW) as store:
        with store.admin.run_lock():
            pass
        with (tmp_path / "a.db.lock").open("rb") as looking:
            fcntl.flock(looking, fcntl.LOCK_SH)
            Timer(0.05, lambda: fcntl.flock(looking, fcntl.LOCK_UN)).start()
            with store.admin.run_lock():
                assert store.admin.at_work()


def test_locks_of_other_programs_are_no_work(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as other, open_store(postgres_url, now=NOW, pepper=PEPPER) as store:
        other.execute("SELECT pg_advisory_lock(7)")
        assert not store.admin.at_work()
