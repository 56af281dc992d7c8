"""Whom a person turned down is neither linked nor proposed again, nor is another entry of the CRM for the same person."""

from __future__ import annotations

from dataclasses import replace

from listener.core.brand import OPEN_WEB, OwnSide
from listener.core.mention import Author
from listener.core.people import Customer, MatchJob, Outcome
from nlp.identity.matcher import build_matcher
from tests.support.crm_index import Crm

MAYA = Customer("C1", "Maya", "Lindqvist", "maya@halden-print.example", "Halden Print")
TWIN = replace(MAYA, contact_id="C2", title="Head of Operations")
OTHER = Customer("C3", "Omar", "Tessier", "omar@borea.example", "Borea Works")
JOB = MatchJob(7, "forum", "board.example", Author(display_name="Maya Lindqvist", email="maya@halden-print.example"), OPEN_WEB)


def test_another_entry_of_a_contact_who_was_turned_down_is_not_taken_instead() -> None:
    matcher = build_matcher(OwnSide())
    (before,) = matcher.match([JOB], Crm(MAYA, TWIN, OTHER))
    assert (before.outcome, before.contact_id in {"C1", "C2"}) == (Outcome.LINK, True)
    for refused in ("C1", "C2"):
        (after,) = matcher.match([replace(JOB, refused=frozenset({refused}))], Crm(MAYA, TWIN, OTHER))
        assert (after.outcome, after.contact_id, after.runner_up) == (Outcome.NONE, None, None)
    (still,) = matcher.match([replace(JOB, refused=frozenset({"C3"}))], Crm(MAYA, TWIN, OTHER))
    assert still.contact_id == before.contact_id
