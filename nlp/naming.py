"""What the scan, the matcher and the judging of relevance hand to each other: words of the rules, hits, findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from listener.core.analysis import Level, Relevance
from listener.core.brand import Target
from nlp.sentences import straight


class Hit(NamedTuple):
    """A target named at a place of the text. ``sure`` is false for an ambiguous name: it needs support from elsewhere.

    ``own`` is false for an ambiguous name that is not in its own capitals: only what was learned can make it count.
    """

    target: int
    start: int
    end: int
    sure: bool
    own: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """What a text is about: the hits that count, or why none does. The note also says why a level is not high."""

    relevance: Relevance
    hits: tuple[Hit, ...] = ()
    note: str | None = None
    level: Level | None = None


class Role(Enum):
    """What a word of the rules is there for."""

    NAME = auto()
    CONTEXT = auto()
    EXCLUSION = auto()


class Word(NamedTuple):
    """A word of the rules that the literal scan found. ``owner`` is a target's index, for an exclusion a rule's."""

    role: Role
    owner: int
    word: str


def names(words: Iterable[Word]) -> set[int]:
    """The targets whose names, handles or domains are among the words."""
    return {word.owner for word in words if word.role is Role.NAME}


def spellings(target: Target) -> list[str]:
    """How a target's names are written: as they are, and names of several words also hyphenated or as a hashtag."""
    found: list[str] = []
    for name in (target.name, *target.aliases):
        words = straight(name).split()
        found += [" ".join(words)] if len(words) < 2 else [" ".join(words), "-".join(words), "#" + "".join(words)]
    return [spelled for spelled in dict.fromkeys(found) if spelled]
