"""Jobs, their slots and who holds them: between threads, between stores, and when a process is killed."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import psycopg
import pytest

from storage.locks import lock_key
from storage.store import Store, open_store
from tests.support.heard import DAY, HOUR, NOW, PEPPER, sqlite_url


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return sqlite_url(tmp_path / "store.db") if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def _open(url: str) -> Store:
    return open_store(url, now=NOW, pepper=PEPPER)


def _claimed(store: Store, job: str = "blogs", slot: object = NOW) -> bool:
    with store.jobs.claim(job, slot, NOW) as mine:  # type: ignore[arg-type]  # a moment
        return mine


def test_a_slot_is_done_once(any_store: Store) -> None:
    assert [_claimed(any_store), _claimed(any_store), _claimed(any_store, slot=NOW - HOUR)] == [True, False, False]
    assert _claimed(any_store, slot=NOW + HOUR)
    assert _claimed(any_store, "others")
    assert any_store.jobs.orphans() == []


def test_a_job_is_held_by_one_at_a_time(url: str) -> None:
    with _open(url) as one, _open(url) as other:
        with one.jobs.claim("blogs", NOW, NOW) as mine:
            assert mine
            assert not _claimed(other, slot=NOW + HOUR)
            assert not _claimed(one, slot=NOW + HOUR)
            assert one.jobs.orphans() == other.jobs.orphans() == []
            assert _claimed(other, "others")
        assert _claimed(other, slot=NOW + HOUR)


def test_of_many_threads_one_gets_the_slot(any_store: Store) -> None:
    ready, over = threading.Barrier(8), threading.Barrier(8)
    got: list[bool] = []

    def work() -> None:
        ready.wait()
        with any_store.jobs.claim("blogs", NOW, NOW) as mine:
            got.append(mine)
            over.wait()  # nobody leaves before all have asked

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 7 + [True]


def test_work_that_fails_stays_to_be_done(any_store: Store) -> None:
    with pytest.raises(ValueError, match="broken"), any_store.jobs.claim("blogs", NOW, NOW):
        raise ValueError("broken")
    assert any_store.jobs.orphans() == [("blogs", NOW)]
    assert _claimed(any_store)
    assert any_store.jobs.orphans() == []


def test_work_that_was_begun_for_a_later_slot_is_done_with_an_earlier_one(any_store: Store) -> None:
    with pytest.raises(ValueError, match="broken"), any_store.jobs.claim("blogs", NOW + DAY, NOW):
        raise ValueError("broken")
    assert _claimed(any_store)
    assert any_store.jobs.orphans() == []
    assert not _claimed(any_store, slot=NOW + DAY)


def test_those_that_are_free_can_be_held_together(url: str) -> None:
    with _open(url) as one, _open(url) as other:
        with one.jobs.claim("a", NOW, NOW), other.jobs.hold(["a", "b", "c"]) as held:
            assert held == {"b", "c"}
            with one.jobs.hold(["a", "b", "d"]) as rest, one.jobs.hold([]) as nothing:
                assert (rest, nothing) == ({"d"}, frozenset())
            assert not _claimed(one, "b")
        assert _claimed(one, "b")
        assert one.jobs.orphans() == []


def test_the_work_of_a_killed_process_can_be_taken_over_at_once(url: str) -> None:
    ready, child_ready = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - ends by being killed
        with _open(url) as mine, mine.jobs.claim("blogs", NOW, NOW):
            os.write(child_ready, b"x")
            signal.pause()
    os.read(ready, 1)
    with _open(url) as store:
        assert not _claimed(store, slot=NOW + HOUR)
        assert store.jobs.orphans() == []
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while not store.jobs.orphans():  # the server needs a moment to see that its client is gone
            pass
        assert store.jobs.orphans() == [("blogs", NOW)]
        assert _claimed(store)
    for end in (ready, child_ready):
        os.close(end)


def test_a_connection_that_is_cut_is_opened_again_with_its_locks(postgres_url: str) -> None:
    with _open(postgres_url) as one, _open(postgres_url) as other, one.jobs.claim("blogs", NOW, NOW) as mine:
        assert mine
        _cut(postgres_url, "blogs")
        assert other.jobs.orphans() == [("blogs", NOW)]
        assert _claimed(one, "others")  # any use notices, and takes the lost locks again
        assert other.jobs.orphans() == []
        assert not _claimed(other, slot=NOW + HOUR)


@pytest.mark.parametrize("error", [OSError(28, "the disk is full"), OverflowError("too far")])
def test_an_error_of_a_run_is_not_taken_for_one_of_the_database(any_store: Store, error: Exception) -> None:
    with pytest.raises(type(error)) as raised, any_store.admin.run_lock():
        raise error
    assert raised.value is error
    with any_store.admin.run_lock():
        pass


def test_work_ends_well_although_its_lock_was_lost(postgres_url: str) -> None:
    with _open(postgres_url) as store:
        with store.jobs.claim("blogs", NOW, NOW):
            _cut(postgres_url, "blogs")
        assert store.jobs.orphans() == []
        assert _claimed(store, slot=NOW + HOUR)


def _cut(url: str, job: str) -> None:
    """End the session that holds the job."""
    key = lock_key(job)
    query = "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s"
    with psycopg.connect(url) as connection:
        assert connection.execute(query, (key >> 32, key & 0xFFFFFFFF)).fetchall() == [(True,)]


def test_a_store_in_memory_has_jobs_too() -> None:
    with _open("sqlite://") as store:
        with store.jobs.claim("a", NOW, NOW) as mine, store.jobs.hold(["a", "b"]) as held:
            assert (mine, held) == (True, {"b"})
        assert not _claimed(store, "a")


def test_writers_on_postgresql_come_one_after_the_other(postgres_url: str) -> None:
    """Two pages with the same new author at once: without that the second finds an author who is not there yet twice."""
    from tests.support.heard import hear, mention

    with _open(postgres_url) as one, _open(postgres_url) as other:
        failed: list[Exception] = []
        ready = threading.Barrier(4)

        def work(store: Store, name: int) -> None:
            try:
                for turn in range(8):
                    ready.wait()
                    page = (mention(f"{turn} {number}", by=f"new{turn} {number}") for number in range(10))
                    hear(store, *page, source=f"s{name}", stream=str(name))
            except Exception as problem:  # told by the assertion below
                failed.append(problem)
                ready.abort()

        threads = [threading.Thread(target=work, args=(store, name)) for name, store in enumerate((one, other, one, other))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        assert len(one.mentions.find(limit=500)) == 80
