"""A text that kills whatever reads it: the machine runs again and again, and comes to its end without that one text."""

from __future__ import annotations

import signal

import pytest

from listener.careful import TRIES
from listener.core.analysis import GIVEN_UP
from tests.support.fault_tally import Tally
from tests.support.faults import Fault, Stage

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

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
    tally.check("1 text left unread" in stage.spawn("status").said, "status does not count the text that was given up")
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


def test_a_text_that_crashes_its_cleaning_costs_one_restart_and_itself(stage: Stage) -> None:
    tally = Tally("poison: a text crashes its cleaning in C")
    deadly = Fault("nlp.text:to_text", nth=f"with {WORD}", action="abort")
    ended = stage.spawn("run", fault=deadly)
    assert ended.status == -signal.SIGABRT, ended.said[-1000:]
    tally.injected += 1
    tally.recovered(stage.recover(fault=deadly))
    found = stage.heard()
    tally.check((stage.expected - found).total() == 1, f"{(stage.expected - found).total()} posts were not heard")
    told = stage.spawn("sources", "--json")
    tally.check("CleaningFailed" in told.said, "the list of sources does not say what was left out")
    stage.expected = stage.expected & found  # that one is heard once its source serves it anew
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
