"""Customers of the CRM, and who an author is among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from listener.core.brand import Evidence, MatchingPolicy, Provenance
from listener.core.mention import Author, Cursor, Rejected


@dataclass(frozen=True, slots=True)
class KnownHandle:
    """An account that the CRM says belongs to a customer; ``handle`` is normalised (``normal_handle``)."""

    platform: str
    handle: str
    provenance: Provenance = Provenance.UNKNOWN


@dataclass(frozen=True, slots=True)
class Customer:
    """One contact of the CRM. ``contact_id`` is the CRM's own id."""

    contact_id: str
    first_name: str = ""
    last_name: str = ""
    email: str | None = None
    company: str = ""
    website: str | None = None
    """The company's site, as exported."""
    domains: tuple[str, ...] = ()
    """Further domains of the company, or of the person, as exported."""
    title: str | None = None
    city: str | None = None
    region: str | None = None
    """Country, state or sales region, as exported."""
    language: str | None = None
    """The language in which they are written to, as exported."""
    segment: str | None = None
    products: tuple[str, ...] = ()
    customer_since: str | None = None
    """ISO 8601 date."""
    customer_until: str | None = None
    """ISO 8601 date: since then they are no customer any more."""
    owner: str | None = None
    """Who looks after this customer."""
    handles: tuple[KnownHandle, ...] = ()
    do_not_contact: bool = False
    extra: Mapping[str, str] = field(default_factory=dict)
    """Columns of the export that have no place of their own."""
    same_as: str | None = field(default=None, compare=False, repr=False)
    """Only of candidates: one of the entries of which people said that they are one person, for each of them the same."""

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part)


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """A part of a customer source: what could be read, and what could not (named by row)."""

    customers: tuple[Customer, ...]
    rejected: tuple[Rejected, ...] = ()
    cursor: Cursor = field(default_factory=dict)


class Outcome(StrEnum):
    LINK = "link"
    REVIEW = "review"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Reason:
    """One labelled piece of evidence, in bits: log2 of how much more likely it makes the match; negative speaks against."""

    what: str
    weight_bits: float
    kind: Evidence


@dataclass(frozen=True, slots=True)
class RunnerUp:
    contact_id: str
    probability: float


@dataclass(frozen=True, slots=True)
class Match:
    """Who an author is, or that nobody can tell. ``contact_id`` is the best contact for ``LINK`` and ``REVIEW``.

    ``account`` is the customer company where that is clear even if the person is not: the most frequent spelling among
    the contacts of its domain.
    """

    outcome: Outcome
    probability: float
    policy: str
    engine: str
    version: str
    contact_id: str | None = None
    account: str | None = None
    evidence: tuple[Reason, ...] = ()
    runner_up: RunnerUp | None = None
    own_side: bool = False
    """The author is one of us (then the outcome is ``NONE``): heard, never judged."""
    prior_bits: float = 0.0
    """Where the evidence starts: log2 of the odds that an author is a given customer before anything is known of them."""
    keys: tuple[str, ...] = ()
    """The blocking keys that could find this author: a change of a customer under one of them makes the match due."""


@dataclass(frozen=True, slots=True)
class MatchJob:
    """One author that waits to be identified. ``platform`` is where the author writes; ``origin`` the instance, forum or feed."""

    author_id: int
    platform: str
    origin: str
    author: Author
    policy: MatchingPolicy
    named: bool = True
    """False where the author stands for the origin itself."""
    linked: str | None = None
    """The contact whom a person said that this author is: no evidence is asked for."""
    refused: frozenset[str] = frozenset()
    """Contacts whom a person said that this author is not: never linked, never proposed again."""
