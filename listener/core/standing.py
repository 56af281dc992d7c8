"""What all that a person said over time amounts to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from listener.core.analysis import Intent, Sentiment
from listener.core.cases import Case


class Stance(StrEnum):
    PROMOTER = "promoter"
    PASSIVE = "passive"
    DETRACTOR = "detractor"
    UNKNOWN = "not enough evidence"


@dataclass(frozen=True, slots=True)
class Opinion:
    """One thing a person said about a brand: what judging needs of a mention, and nothing else."""

    mention_id: int
    story_id: int
    said_at: datetime
    sentiment: Sentiment
    intents: tuple[Intent, ...] = ()
    rating: float | None = None
    platform: str = ""
    own_words: bool = True
    """False for reposts and copies of another author's words: these are heard, not judged."""
    history: bool = False
    """Published before its source was listened to: counts in standings, is never news."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The stance of one person toward one brand as of 00:00 UTC of a day.

    ``probability`` is ``(promoter, passive, detractor)``; ``interval`` the 80 % interval of the promoter probability;
    ``effective_n`` the sum of the decayed weights; ``deciding`` the ids of up to three mentions that weighed most.
    """

    stance: Stance
    probability: tuple[float, float, float]
    interval: tuple[float, float]
    effective_n: float
    as_of: datetime
    last_said_at: datetime | None
    mentions: int
    days: int
    """On how many distinct days the person spoke."""
    deciding: tuple[int, ...] = ()
    why: str = ""
    """One line for people: ``3 positive posts on 3 days in 2 sources, none negative in 90 days``."""
    next_change_at: datetime | None = None
    """When decay alone could next change the stance; nothing need be recomputed before."""


@dataclass(frozen=True, slots=True)
class JudgeJob:
    """A person whose standing toward a brand is due.

    ``person_id`` is the store's id of the person (an unmatched author is a person of their own). ``customer`` says whether the
    person is a known customer, ``own_side`` whether they are one of us: heard, never judged.
    """

    person_id: int
    brand: str
    opinions: tuple[Opinion, ...]
    """Everything the person said about the brand, oldest first; unscored mentions included."""
    previous: Standing | None
    cases: tuple[Case, ...] = ()
    """The person's cases about the brand, closed ones included (at most one of a kind)."""
    customer: bool = False
    own_side: bool = False
    moved: frozenset[int] = frozenset()
    """Mentions that the cases rest on and that turned out to be another person's."""
