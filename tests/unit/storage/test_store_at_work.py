"""Whether somebody works on a store: what tells a run that is under way from one that was killed."""

from storage.store import Store


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
