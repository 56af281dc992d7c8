"""The command is told to end in the middle of its work: it does within ten seconds, and what is there is whole."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from tests.support.faults import Fault, Stage, Tally, idle
from tests.support.serving import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

STEPS = {
    "collecting": "storage.mentions:Mentions.save_page",
    "reading a batch": "storage.analyses:Analyses.begin_analyses",
    "judging": "storage.standings:Standings.save_standings",
    "sending": "smtplib:SMTP.sendmail",
}


@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_is_told_to_end_does(stage: Stage, step: str) -> None:
    tally = Tally(f"SIGTERM while {step}")
    began = time.monotonic()
    ended = stage.spawn("run", fault=Fault(STEPS[step], "after", action="term"))
    tally.injected += 1
    tally.check(ended.status in {143, -signal.SIGTERM}, f"it ended with {ended.status}")
    tally.check(time.monotonic() - began < 90, "it went on")
    stage.settle(tally)
    tally.close()


@pytest.mark.parametrize("seen", ["mentions", "analyses", "outbox"])
def test_serve_that_is_told_to_end_in_a_batch_does_within_ten_seconds(stage: Stage, seen: str) -> None:
    tally = Tally(f"SIGTERM to serve, {seen} being written")
    process = stage.start("serve")
    until(_written(stage, seen), 400)
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    took = time.monotonic() - asked
    tally.injected += 1
    tally.check(took <= (10 if idle() else 30), f"it took {took:.1f} s to end")
    tally.check(process.returncode == 0, f"it ended with {process.returncode}: {(out + err)[-300:]}")
    stage.settle(tally)
    tally.close()


def _written(stage: Stage, table: str) -> Callable[[], object]:
    def look() -> object:
        tables = stage.rows("select name from sqlite_master where type = 'table'") if stage.database.exists() else []
        return (table,) in tables and stage.rows(f"select 1 from {table} limit 1")

    return look
