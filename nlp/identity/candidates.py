"""The customers who may be an author, and which signs of theirs count as a person's own or as a name.

Several entries of the CRM that are one person are one candidate (``persons_of``): else they would be each other's rivals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from listener.core.people import Customer
from nlp.identity.company_names import slug
from nlp.identity.domains import mail_domain
from nlp.identity.keys import normal_email
from nlp.identity.names import same_person
from nlp.identity.records import CustomerRecord
from nlp.identity.weights import Scored

_UNLIKELY = -12.0
"""Candidates below are nobody's rivals."""
OWN_SIGNS = frozenset({"email.same", "account.known", "link.known", "link.second", "link.site"})
"""Signs that one person alone should have: where two customers share one, it is nobody's own."""
NAMED = frozenset(
    f"name.{level}"
    for level in ("full", "handle_completes", "variant", "nickname", "short", "handle", "initial", "first", "last")
)
SAME_NAME = frozenset({"name.full", "name.variant", "name.nickname"})
WELL_NAMED = NAMED - {"name.first", "name.last"}


class Candidate(NamedTuple):
    """A customer who may be the author, and why."""

    record: CustomerRecord
    scored: Scored
    entries: int = 1
    """How many entries of the CRM were taken for this person."""
    other_account: bool = False
    """Whether any of these entries has another account on the platform, and none the author's own."""

    @property
    def bits(self) -> float:
        return self.scored.bits

    @property
    def customer(self) -> Customer:
        return self.record.customer

    def levels(self) -> set[str]:
        return {finding.level for finding in self.scored.findings}


# ------------------------------------------------------------------------------------------------ one person, several entries


def persons_of(ranked: Sequence[Candidate]) -> list[Candidate]:
    """Entries of the CRM that are one person are one candidate: only those that could matter are looked at."""
    persons: list[list[Candidate]] = []
    for candidate in ranked[:50]:
        if candidate.bits < _UNLIKELY and persons:
            break
        for person in persons:
            said = any(_said_same(each.customer, candidate.customer) for each in person)
            if said or is_duplicate(person[0].customer, candidate.customer):
                person.append(candidate)
                break
        else:
            persons.append([candidate])
    return [_merged(person) for person in persons]


def is_duplicate(one: Customer, other: Customer) -> bool:
    """Whether two entries are one person: people said so, or the same name and mailbox or account, or the same name, company,
    title and town.

    Two people of one name at one company each have a mailbox there.
    """
    if _said_same(one, other):
        return True
    return _alike(one, other) and _shares_much(one, other) and same_person(one, other)


def _said_same(one: Customer, other: Customer) -> bool:
    return one.same_as is not None and one.same_as == other.same_as


def _shares_much(one: Customer, other: Customer) -> bool:
    """Whether two entries of one name have what makes them one person; cheaper than to compare the names."""
    if one.email and other.email and one.email.strip().casefold() == other.email.strip().casefold():
        return True
    if {(each.platform, each.handle) for each in one.handles} & {(each.platform, each.handle) for each in other.handles}:
        return True
    if slug(one.company) != slug(other.company) and one.company and other.company:
        return False
    if not (one.company and other.company):
        return False
    same_place = not one.city or not other.city or slug(one.city) == slug(other.city)
    same_title = not one.title or not other.title or slug(one.title) == slug(other.title)
    boxes = {mail_domain(one.email), mail_domain(other.email)}
    if _two_of_everything(one, other):
        return False
    two_boxes = len(boxes) == 1 and None not in boxes  # a company gives each of its people one
    return same_place and same_title and not two_boxes and bool(one.city or one.title)


def _alike(one: Customer, other: Customer) -> bool:
    """What two entries of one person must have in common, cheaply."""
    if one.company and other.company and slug(one.company) == slug(other.company):
        return True
    return bool(one.email and other.email) or bool(one.handles and other.handles)


def _two_of_everything(one: Customer, other: Customer) -> bool:
    """Whether two entries have each a mailbox and accounts of their own: then they are two people of one name."""
    mailboxes = bool(one.email and other.email) and normal_email(one.email) != normal_email(other.email)
    return mailboxes and bool(one.handles and other.handles)


def _merged(person: Sequence[Candidate]) -> Candidate:
    """Several entries of one person: the evidence of the best, and the entry that has it; where none has a sign of the person's
    own, the entry with most data, else the lowest id. What one entry says against the author counts for all."""
    best = person[0]
    every = set().union(*(each.levels() for each in person))
    other = bool(every & {"account.other", "account.copied"}) and "account.known" not in every
    if len(person) == 1:
        return best._replace(other_account=other)
    entry = min(person, key=lambda each: (-_completeness(each.customer), each.customer.contact_id))
    if own := best.levels() & OWN_SIGNS:
        bearers = [each for each in person if each.levels() >= own]
        entry = min(bearers, key=lambda each: (-_completeness(each.customer), each.customer.contact_id))
    return Candidate(entry.record, best.scored, len(person), other)


def _completeness(customer: Customer) -> int:
    fields = (customer.email, customer.company, customer.website, customer.title, customer.city, customer.customer_since)
    return sum(bool(value) for value in fields) + len(customer.handles) + len(customer.products)
