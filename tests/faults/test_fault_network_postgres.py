"""The connection to PostgreSQL is lost in the middle of a pass, where that hurts most: nothing is lost, nothing done twice."""

from __future__ import annotations

import os

import pytest

from tests.support.fault_disk import said_clearly
from tests.support.fault_postgres import Break, Wire, crashed, on_postgres, terminated, up_again, wired
from tests.support.fault_tally import Tally
from tests.support.faults import Stage

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

AWAY = "is not to be reached; check that the server runs and that the address is right"
RESTARTING = "is shutting down or starting; run again later"


def cut_off(tally: Tally, stage: Stage, wire: Wire, broken: Break) -> None:
    """A run whose connection breaks there."""
    wire.waiting = broken
    ended = stage.spawn("run")
    tally.injected += broken.done.is_set()
    tally.check(broken.done.is_set(), f"nothing broke at {broken.words}")
    tally.check(ended.status == 1, f"at {broken.words} the run ended with {ended.status}")
    tally.check(AWAY in ended.err or RESTARTING in ended.err, f"at {broken.words} it did not say what to do: {ended.err[-300:]}")
    said_clearly(tally, ended.err, "The database postgresql")


def test_the_connection_is_cut_at_chosen_statements(stage: Stage, empty_postgres_url: str) -> None:
    """Of a commit without an answer nobody knows whether it was done: the next run must find out by itself."""
    tally = Tally("PostgreSQL: connection cut in a transaction")
    with wired(empty_postgres_url) as wire:
        stage = on_postgres(stage, empty_postgres_url, wire.url)
        cut_off(tally, stage, wire, Break([b"INSERT INTO mentions"]))
        cut_off(tally, stage, wire, Break([b"INSERT INTO mentions", b"COMMIT"], unanswered=True))
        cut_off(tally, stage, wire, Break([b"INSERT INTO outbox", b"COMMIT"], unanswered=True))
        tally.recovered(stage.recover())
        stage.count(tally)
    tally.close()


def test_the_server_ends_the_connection_or_is_restarted(stage: Stage, empty_postgres_url: str) -> None:
    tally = Tally("PostgreSQL: connections ended, server restarted")
    with wired(empty_postgres_url) as wire:
        stage = on_postgres(stage, empty_postgres_url, wire.url)
        cut_off(tally, stage, wire, Break([b"INSERT INTO analyses"], harm=terminated(empty_postgres_url)))
        if "TEST_DATABASE_URL" not in os.environ:  # another's server is not ours to crash
            cut_off(tally, stage, wire, Break([b"INSERT INTO outbox"], harm=crashed(empty_postgres_url)))
            up_again(empty_postgres_url)
        tally.recovered(stage.recover())
        stage.count(tally)
    tally.close()
