"""The command is told to end in the middle of its work: it does within ten seconds, and what is there is whole."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from tests.support.fault_tally import Tally, Took, children_cpu, idle
from tests.support.faults import Fault, Stage, cpu_of
from tests.support.serving import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

STEPS = {
    "collecting": "storage.mentions:Mentions.save_page",
    "reading a batch": "storage.analyses:Analyses.begin_analyses",
    "judging": "storage.standings:Standings.save_standings",
    "sending": "smtplib:SMTP.sendmail",
}


ENDING = 10.0
"""Seconds from the signal to the end; on a busy machine, the processor's."""


@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_is_told_to_end_does(stage: Stage, step: str) -> None:
    tally = Tally(f"SIGTERM while {step}")
    mark, before = stage.folder / "told", children_cpu()
    ended = stage.spawn("run", fault=Fault(STEPS[step], "after", action="term"), env={"FAULT_MARK": str(mark)})
    tally.injected += mark.exists()
    moment, used = map(float, mark.read_text(encoding="ascii").split())
    tally.check(ended.status in {143, -signal.SIGTERM}, f"it ended with {ended.status}")
    _soon(tally, Took(time.time() - moment, children_cpu() - before - used))
    stage.settle(tally)
    tally.close()


@pytest.mark.parametrize("seen", ["mentions", "analyses", "outbox"])
def test_serve_that_is_told_to_end_in_a_batch_does_within_ten_seconds(stage: Stage, seen: str) -> None:
    tally = Tally(f"SIGTERM to serve, {seen} being written")
    before = children_cpu()
    process = stage.start("serve")
    until(_written(stage, seen), 400)
    asked, used = time.monotonic(), cpu_of(process)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=300)
    tally.injected += 1
    _soon(tally, Took(time.monotonic() - asked, children_cpu() - before - used))
    tally.check(process.returncode == 0, f"it ended with {process.returncode}: {(out + err)[-300:]}")
    stage.settle(tally)
    tally.close()


def _soon(tally: Tally, took: Took) -> None:
    """Of the processor's, what its children did before is counted as well: too much rather than too little."""
    seconds = took.seconds if idle() else took.cpu
    tally.check(seconds <= ENDING, f"it took {seconds:.1f} s to end")


def _written(stage: Stage, table: str) -> Callable[[], object]:
    def look() -> object:
        tables = stage.rows("select name from sqlite_master where type = 'table'") if stage.database.exists() else []
        return (table,) in tables and stage.rows(f"select 1 from {table} limit 1")

    return look
