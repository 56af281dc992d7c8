"""Entries of the CRM that people said are one person count as one, whatever stands in them."""

from __future__ import annotations

from dataclasses import replace

from listener.core.brand import OPEN_WEB, OwnSide
from listener.core.mention import Author
from listener.core.people import Customer, Match, MatchJob, Outcome
from nlp.identity.matcher import build_matcher
from tests.support.crm_index import Crm

ONE = Customer("C1", "Maya", "Lindqvist", "maya@halden-print.example", "Halden Print", "https://halden-print.example")
OTHER = replace(ONE, contact_id="C2", email="m.lindqvist@halden-print.example", title="Head of Operations")
REST = [Customer(f"C{at}", f"Omar{at}", f"Tessier{at}", f"omar{at}@borea.example", "Borea Works") for at in range(3, 40)]
JOB = MatchJob(7, "forum", "board.example", Author(display_name="Maya Lindqvist", bio="Printing at Halden Print"), OPEN_WEB)


def matched(*customers: Customer, job: MatchJob = JOB) -> Match:
    (found,) = build_matcher(OwnSide()).match([job], Crm(*customers, *REST))
    return found


def test_two_entries_stand_in_each_others_way_until_people_say_that_they_are_one() -> None:
    apart = matched(ONE, OTHER)
    assert apart.outcome is not Outcome.LINK
    assert apart.runner_up is not None
    same = matched(replace(ONE, same_as="C1"), replace(OTHER, same_as="C1"))
    assert (same.outcome, same.contact_id, same.runner_up) == (Outcome.LINK, "C2", None)
    assert same.evidence[-1].what == "the CRM has 2 entries of this person; the most complete is taken"


def test_who_is_in_another_group_stays_apart() -> None:
    assert matched(replace(ONE, same_as="C1"), replace(OTHER, same_as="C3")).outcome is not Outcome.LINK


def test_who_is_turned_down_is_turned_down_with_every_entry() -> None:
    job = replace(JOB, refused=frozenset({"C2"}))
    assert matched(ONE, OTHER, job=job).contact_id == "C1"
    assert matched(replace(ONE, same_as="C1"), replace(OTHER, same_as="C1"), job=job).contact_id is None
