"""A text that kills whatever reads it: the machine runs again and again, and comes to its end without that one text."""

from __future__ import annotations

import signal

import pytest

from listener.careful import GIVEN_UP, TRIES
from tests.support.faults import Fault, Stage, Tally

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

WORD = "tidied my Quillon contract templates"
"""Words of one post of the sample, whose author is no customer: without it nobody is told anything else."""


def test_a_text_that_crashes_the_reader_costs_three_restarts_and_itself(stage: Stage) -> None:
    tally = Tally("poison: a text crashes the reader in C")
    deadly = Fault("nlp.reading:read", nth=f"with {WORD}", action="abort")
    for _ in range(1 + TRIES):
        ended = stage.spawn("run", fault=deadly)
        assert ended.status == -signal.SIGABRT, ended.said[-1000:]
        tally.injected += 1
    tally.recovered(stage.recover(fault=deadly))
    stage.count(tally)
    unread = stage.rows("select m.text from analyses a join mentions m on m.id = a.mention_id where a.note = '" + GIVEN_UP + "'")
    tally.check(len(unread) == 1 and WORD in unread[0][0], f"{len(unread)} texts were given up")
    tally.check(not stage.rows("select 1 from mentions where analysed_by is null"), "some texts were never read")
    tally.close()


@pytest.mark.parametrize("step", ["connectors._document:read_document", "connectors._article:article_text"])
def test_a_page_that_crashes_its_reader_costs_that_page(stage: Stage, step: str) -> None:
    """Foreign documents are read by processes of their own; the run goes on, says what it could not hear, and hears it later."""
    tally = Tally(f"poison: a page crashes {step.partition(':')[2]}")
    ended = stage.spawn("run", fault=Fault(step, nth=2, action="abort"))
    tally.injected += 1
    tally.check(ended.status == 0, f"the run ended with {ended.status}")
    tally.recovered(stage.recover())
    stage.count(tally)
    tally.close()


def test_a_step_that_runs_out_of_memory_at_one_text_goes_on(stage: Stage) -> None:
    tally = Tally("poison: no memory for one text")
    ended = stage.spawn("run", fault=Fault("nlp.reading:read", nth=f"with {WORD}", action="memory"))
    tally.injected += 1
    tally.check(ended.status == 0, f"the run ended with {ended.status}")
    stage.count(tally)
    tally.check(not stage.rows("select 1 from mentions where analysed_by is null"), "some texts were never read")
    tally.close()
