"""Second entries of one person: what makes two of them alike, and what only makes them colleagues."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.core.people import Customer, KnownHandle
from nlp.identity.duplicates import PROPOSED, Conflict, Frequencies, compare, pair_keys, stored_keys

MANY = Frequencies(50_000, {})


def entry(number: int, first: str = "Anna", last: str = "Ostrander", **values: Any) -> Customer:
    return Customer(f"C{number}", first, last, **{"company": "Fenwick Tools", "title": "Buyer", "city": "Elmstead", **values})


def likely(one: Customer, other: Customer) -> float:
    return compare(one, other, MANY).probability


@pytest.mark.parametrize(
    "other",
    [
        entry(2),
        entry(2, "ANNA", "OSTRANDER", company="Fenwick Tools Ltd"),
        entry(2, "Anna B.", email="anna.b@mail.example"),
        entry(2, "A.", title="Buyer"),
        entry(2, "Anne"),
        entry(2, "Anna", "Ostranter"),
        entry(2, "Ostrander", "Anna"),
        entry(2, "Anna", "Quell", company="Brightmoor", city="Halden", title="", email="anna.ostrander@fenwick.example"),
        entry(2, "Annie", "", email="annaostrander77@mail.example"),
        entry(2, company="", city="Halden", handles=(KnownHandle("x", "anna_o"),)),
    ],
    ids=["same", "written otherwise", "second name", "initial", "form", "typo", "order", "new name", "mailbox", "account"],
)
def test_one_person_entered_twice(other):
    one = entry(1, email="anna.ostrander@fenwick.example", handles=(KnownHandle("x", "anna_o"),))
    assert likely(one, other) >= PROPOSED
    assert pair_keys(one) & stored_keys(other)
    assert pair_keys(other) & stored_keys(one)


@pytest.mark.parametrize(
    "other",
    [
        entry(2, "Peter", email="peter@fenwick.example"),
        entry(2, "Berta", "Quell"),
        entry(2, company="Brightmoor", city="Halden", title="Pilot", email="anna@brightmoor.example"),
        entry(2, "Anna", "Quell", email="anna.quell@fenwick.example"),
        entry(2, "", ""),
    ],
    ids=["family", "colleague", "namesake elsewhere", "same first name", "no name"],
)
def test_two_people(other):
    common = {"#f:anna": 900, "#l:ostrander": 60, "c:fenwicktools": 400}
    one = entry(1, email="anna.ostrander@fenwick.example")
    assert compare(one, other, Frequencies(50_000, common)).probability < PROPOSED


def test_two_people_with_one_address_or_account_are_a_conflict():
    one = entry(1, email="office.north@fenwick.example")
    found = compare(one, entry(2, "Bela", "Quell", email="Office.North@fenwick.example"), MANY)
    assert (found.conflict, found.probability < PROPOSED) == (Conflict.EMAIL, True)
    account = (KnownHandle("x", "fenwick"),)
    assert compare(entry(1, handles=account), entry(2, "Bela", "Quell", handles=account), MANY).conflict is Conflict.ACCOUNT


def test_a_mailbox_of_several_people_says_little():
    found = compare(entry(1, email="info@fenwick.example"), entry(2, "Bela", "Quell", email="info@fenwick.example"), MANY)
    assert (found.conflict, found.probability < PROPOSED) == (None, True)


def test_a_frequent_name_is_worth_less():
    one, other = entry(1, company="A", city=""), entry(2, company="", city="")
    rare = Frequencies(50_000, {"#f:anna": 2, "#l:ostrander": 2})
    frequent = Frequencies(50_000, {"#f:anna": 4000, "#l:ostrander": 3000})
    assert compare(one, other, rare).probability > compare(one, other, frequent).probability


def test_what_speaks_for_and_against_is_said():
    found = compare(entry(1), entry(2, city="Halden", handles=()), MANY)
    assert [why.what for why in found.evidence] == ["the same name", "the same company", "the same job title", "another town"]


def test_pairs_are_looked_for_under_keys_that_are_stored():
    one = entry(1, email="anna.ostrander@fenwick.example", handles=(KnownHandle("x", "anna_o"),))
    assert pair_keys(one) - stored_keys(one) == {"p:j:ostranderanna"}
    assert pair_keys(one) & stored_keys(entry(2, "Ostrander", "Anna"))


words = st.text(max_size=40)


@given(words, words, words, words, words)
def test_whatever_the_crm_holds_two_entries_can_be_compared(first, last, email, company, city):
    one = Customer("1", first, last, email=email, company=company, city=city)
    other = Customer("2", last, first, email=email, company=city, city=company)
    here, there = compare(one, other, MANY), compare(other, one, MANY)
    assert 0 <= here.probability <= 1
    assert here.probability == pytest.approx(there.probability)
