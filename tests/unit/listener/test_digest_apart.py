"""What a digest counts apart: who may not be called, strangers to a reader of some customers, what is due tomorrow."""

from __future__ import annotations

import shlex
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len

from listener.core.cases import CaseKind, EventKind
from listener.core.plain import visible
from listener.core.recipients import Recipient
from listener.digest import Digest, build_digest
from listener.digest.build import PEOPLE
from listener.digest.parts import TopicLine
from listener.render.digest import render_digest
from listener.render.lines import authors_line, headline, quiet_line, subject, waiting_line
from listener.render.text import WIDTH, render_text
from tests.support.digest_facts import BRANDS, DAY, ZONE, case_of, person, proposals, quiet_facts, quote, realistic_facts

CALL = CaseKind.FOLLOW_UP
NORTH = Recipient("mail", "kim", owners=frozenset({"kim"}))


def told(*people: object, **more: object) -> Digest:
    return build_digest(replace(quiet_facts(), people=people), DAY, ZONE, BRANDS, **more)  # type: ignore[arg-type]  # as given


def late(number: int, *, stop: bool) -> object:
    case = case_of(number, CALL, number, EventKind.OPENED, due_in_days=-2)
    return person(number, f"Person {number}", cases=(case,), do_not_contact=stop)


def test_whom_nobody_may_call_is_not_among_those_to_call() -> None:
    both = told(late(1, stop=True), late(2, stop=True))
    assert headline(both) == "2 not to be contacted"
    assert "NEEDS A CALL (2 NOT TO BE CONTACTED)" in render_text(both)
    mixed = told(late(1, stop=True), late(2, stop=False))
    assert headline(mixed) == "1 to call (1 overdue), 1 not to be contacted"
    assert subject(mixed).startswith("1 to call (1 overdue), 1 not to call - ")
    assert "1 and 1 not to be contacted" in render_digest(mixed).html
    assert Digest.from_json(mixed.to_json()) == mixed


def test_whom_nobody_may_call_is_counted_apart_among_those_who_are_not_shown() -> None:
    crowd = told(*(late(number, stop=number > 2) for number in range(1, 4 * PEOPLE)))
    assert headline(crowd) == f"2 to call (2 overdue), {4 * PEOPLE - 3} not to be contacted"


@pytest.mark.parametrize(("hours", "number"), [(2, 0), (20, 1), (23, 1)])
def test_a_follow_up_that_is_due_tomorrow_waits_by_the_readers_day(hours: float, number: int) -> None:
    due = person(1, cases=(case_of(1, CALL, 1, due_in_days=hours / 24),))
    digest = told(due)
    assert sum(line.number for line in digest.waiting) == number
    assert len(digest.people) == 1 - number
    assert ("1 follow-up not due yet" in waiting_line(digest)) is bool(number)


def test_what_is_due_today_and_tomorrow_depends_on_where_the_reader_is() -> None:
    due = replace(quiet_facts(), people=(person(1, cases=(case_of(1, CALL, 1, due_in_days=12 / 24),)),))
    home, east = (build_digest(due, DAY, zone, BRANDS) for zone in (ZONE, ZoneInfo("Asia/Tokyo")))
    assert [(len(each.people), len(each.waiting)) for each in (home, east)] == [(1, 0), (0, 1)]


def test_to_a_reader_of_some_customers_strangers_are_not_counted() -> None:
    facts = replace(realistic_facts(), people=(), spikes=(), proposals=())
    assert facts.unmatched
    mine, everybody = (build_digest(facts, DAY, ZONE, BRANDS, only=only) for only in (NORTH, None))
    assert authors_line(mine).startswith("0 of your customers spoke")
    assert "not known" not in authors_line(mine)
    assert "none by your customers." in quiet_line(mine)
    assert "not known" in authors_line(everybody)
    assert "none by a customer." in quiet_line(everybody)


def test_the_figures_of_a_topic_with_a_long_name_are_kept() -> None:
    heard = told(person(1, cases=(case_of(1, CaseKind.HEARD, 1, EventKind.OPENED),), quotes=(quote(1, "Hello"),)))
    text = render_text(replace(heard, topics=(TopicLine("東" * 45, 12, 3, 4), TopicLine("Price", 2, 1, 0))))
    assert "3 positive, 4 negative of 12" in text
    assert max(map(cell_len, text.splitlines())) <= WIDTH


@pytest.mark.parametrize("contact", ["-C1", "--all", "C" * 120, "plain"])
def test_any_id_of_the_crm_can_be_confirmed_as_it_is(contact: str) -> None:
    asked = replace(proposals()[0], match=replace(proposals()[0].match, contact_id=contact))
    (line,) = build_digest(replace(quiet_facts(), proposals=(asked,)), DAY, ZONE, BRANDS).proposals
    for command in (line.link, line.refuse):
        words = shlex.split(command)
        assert words[-1] == contact
        assert ("--" in words) is contact.startswith("-")


@pytest.mark.parametrize("code", [0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF, 0xFDD0, 0xFDEF])
def test_noncharacters_are_left_out(code: int) -> None:
    assert visible(f"a{chr(code)}b") == "ab"
    assert visible("\ufdf0\ufffd") == "\ufdf0\ufffd"
