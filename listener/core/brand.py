"""What we listen for, who is on our own side, and what a source's terms allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class TargetKind(StrEnum):
    BRAND = "brand"
    PRODUCT = "product"
    COMPETITOR = "competitor"


@dataclass(frozen=True, slots=True)
class Target:
    """One thing a text can be about.

    ``key`` is stable and unique in the configuration (``"quillon"``, ``"quillon/flow"``); ``brand`` is the key of the
    brand it belongs to (a competitor belongs to the brand that it competes with).
    """

    key: str
    kind: TargetKind
    brand: str
    name: str
    aliases: tuple[str, ...] = ()
    """Other spellings. The name itself is always one of the words looked for."""
    handles: tuple[str, ...] = ()
    """``@handles`` that mean this target when a text names them."""
    domains: tuple[str, ...] = ()
    ambiguous: bool = False
    """The name is also a common word: it counts only with its own capitals and with context, or not at all."""
    context: tuple[str, ...] = ()
    """Words one of which must stand in the text for an ambiguous name to count."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A feature or theme that people speak of, by the words that name it."""

    key: str
    name: str
    words: tuple[str, ...]
    """Words and phrases, the name not among them unless it is one."""


@dataclass(frozen=True, slots=True)
class ListeningRule:
    """What a brand listens for: its targets, and what makes a text not about it."""

    brand: str
    targets: tuple[Target, ...]
    exclusions: tuple[str, ...] = ()
    """A text that contains one of these phrases is excluded, whatever else it says."""
    query: str | None = None
    """In the listening query language: a text must also match it. ``None``: whatever names a target."""
    unless: tuple[tuple[str, str], ...] = ()
    """Named exclusion sets ``(name, query)``: a text that matches one is excluded."""
    sets: tuple[tuple[str, str], ...] = ()
    """The configured sets ``(name, query)`` that ``query`` and ``unless`` may name with an @, beside the presets."""
    topics: tuple[Topic, ...] = ()


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand as configured. ``handles`` maps a platform to the brand's own accounts there."""

    key: str
    name: str
    rule: ListeningRule
    domains: tuple[str, ...] = ()
    handles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OwnSide:
    """Employees, partners, agencies and our own accounts: heard, never judged.

    E-mail addresses and domains are lower-case; ``accounts`` holds ``(platform, normalised handle)``; ``names`` are compared
    as ``normal_text`` and only within ``domains`` or where nothing else identifies the author.
    """

    emails: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    accounts: frozenset[tuple[str, str]] = frozenset()
    names: frozenset[str] = frozenset()


class Evidence(StrEnum):
    """Kinds of evidence that a policy can allow or forbid for connecting an author with a customer."""

    EMAIL = "email"
    HANDLE = "handle"
    LINK = "link"
    NAME = "name"
    COMPANY = "company"
    PLACE = "place"
    """Location and language."""


class Provenance(StrEnum):
    """Where a customer's handle in the CRM came from."""

    GIVEN = "given"
    PUBLIC = "public"
    BOUGHT = "bought"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class MatchingPolicy:
    """What a source's terms allow, as data: recorded with each match made under it."""

    name: str
    evidence: frozenset[Evidence] = frozenset(Evidence)
    """What may be used to connect an author with a customer; empty forbids matching persons at all."""
    provenance: frozenset[Provenance] = frozenset(Provenance)
    """Which CRM handles may be used."""
    may_quote: bool = True
    """Whether the text may be quoted to our own people (never: in public without the author's approval)."""
    keep_days: int | None = None
    """After so many days the content is taken away; ``None``: as the configuration says for every post."""
    honour_deletion: bool = False
    """What was deleted at its source must be deleted here: what people were shown is checked again every day, and text that was
    not confirmed for a day is hidden."""
    counts_only: bool = False
    """Nothing about single posts or their authors is kept: only how many posts a day spoke of which target in which way."""
    basis: str = ""
    """Why: the terms that it follows, for whoever must answer for it."""


OPEN_WEB = MatchingPolicy("open-web", basis="published by their authors for everybody; no terms of a platform beyond copyright")
"""Feeds and sites. What the terms of platforms allow stands in ``listener.core.terms``."""
