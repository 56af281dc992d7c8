"""Entries of the CRM that people said are one person count as one, whatever stands in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from listener.core.brand import OPEN_WEB, OwnSide
from listener.core.mention import Author
from listener.core.people import Customer, Match, MatchJob, Outcome
from nlp.identity.customer_keys import customer_keys
from nlp.identity.matcher import build_matcher

ONE = Customer("C1", "Maya", "Lindqvist", "maya@halden-print.example", "Halden Print", "https://halden-print.example")
OTHER = replace(ONE, contact_id="C2", email="m.lindqvist@halden-print.example", title="Head of Operations")
REST = [Customer(f"C{at}", f"Omar{at}", f"Tessier{at}", f"omar{at}@borea.example", "Borea Works") for at in range(3, 40)]
JOB = MatchJob(7, "forum", "board.example", Author(display_name="Maya Lindqvist", bio="Printing at Halden Print"), OPEN_WEB)


class Crm:
    """A ``CustomerIndex`` of a few customers."""

    def __init__(self, *customers: Customer) -> None:
        self._customers = customers

    def candidates(self, keys: Collection[str], cap: int) -> Mapping[str, Sequence[Customer]]:
        found = {key: [one for one in self._customers if key in customer_keys(one)] for key in keys}
        return {key: some for key, some in found.items() if 0 < len(some) <= cap}

    def bearers(self, keys: Collection[str]) -> Mapping[str, int]:
        return {key: sum(key in customer_keys(one) for one in self._customers) for key in keys}

    def total(self) -> int:
        return len(self._customers)

    def accounts(self, keys: Collection[str]) -> Mapping[str, str]:
        return {key: one.company for one in self._customers for key in set(keys) & set(customer_keys(one))}


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
