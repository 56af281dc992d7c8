"""What people decide about who authors are: remembered, undone, and obeyed by every later pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from listener.core.people import MatchJob, Reason
from listener.core.terms import platform_name


class DecisionKind(StrEnum):
    LINK = "link"
    """The author is this contact."""
    REFUSE = "refuse"
    """The author is not this contact: an unlinked match, or a proposal that was turned down."""
    MERGE = "merge"
    """Two authors are one person."""
    SPLIT = "split"
    """Two authors are not one person."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person said about an author and a contact, or about two authors; it holds until ``ended_at``."""

    id: int
    kind: DecisionKind
    author_id: int
    actor: str
    at: datetime
    contact_id: str | None = None
    other_author_id: int | None = None
    note: str = ""
    ended_at: datetime | None = None
    ended_by: str | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """Two authors who may be one person: how likely, and why. ``author_id`` is the lower of the two ids."""

    author_id: int
    other_author_id: int
    probability: float
    certain: bool
    """Likely enough to be carried out; otherwise it is proposed to a person."""
    prior_bits: float
    evidence: tuple[Reason, ...]
    engine: str
    version: str


@dataclass(frozen=True, slots=True)
class MergeWork:
    """Authors who are to be compared with others: each pair that shares a key, once, the author with the lower id first."""

    author_ids: tuple[int, ...]
    """Whose merges are to be found anew."""
    pairs: tuple[tuple[MatchJob, MatchJob], ...] = ()
    total: int = 0
    """How many authors there are to be compared with."""


@dataclass(frozen=True, slots=True)
class Account:
    """One author as people are shown it, with the customer whom it is taken for, if any."""

    author_id: int
    person_id: int
    platform: str
    handle: str | None
    display_name: str | None
    profile_url: str | None
    contact_id: str | None = None
    customer_name: str | None = None

    @property
    def name(self) -> str:
        return self.display_name or self.handle or f"author {self.author_id}"


@dataclass(frozen=True, slots=True)
class MergeProposal:
    """Two accounts that may be one person and are not treated as one now: for a person to decide."""

    merge: Merge
    one: Account
    other: Account

    @property
    def conflict(self) -> bool:
        """Whether the two are taken for different customers."""
        return self.one.contact_id is not None and self.other.contact_id is not None


_SITES = frozenset({"blog", "feed", "file", "rss", "site", "web", "website"})
_MANY_ROOMS = frozenset({"discourse", "stackexchange"})


def account_room(platform: str, origin: str) -> str | None:
    """Where one person has one account, so that two accounts there are two people; ``None`` where that says nothing.

    A person may write on two sites, and in two forums that run the same software.
    """
    name = platform_name(platform)
    if name in _SITES:
        return None
    return f"{name} {origin.casefold()}" if name in _MANY_ROOMS else name
