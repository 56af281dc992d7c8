"""What a query becomes: a small tree of frozen nodes, each of which knows whether it holds of a document."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from listener.query.document import Reading
from listener.query.words import Words, glob

Span: TypeAlias = tuple[int, int]
"""The places of a find's first and last word."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One word of a term: as it is, or with asterisks; ``lead`` and ``tail`` are signs that must stand around it."""

    word: str
    lead: str = ""
    tail: str = ""

    @property
    def wild(self) -> bool:
        return "*" in self.word

    @property
    def literals(self) -> list[str]:
        """What stands in every word that fits."""
        return [part for part in self.word.split("*") if part]

    def fits(self, words: Words, place: int) -> bool:
        word = words.sequence[place]
        if not word or not glob(self.word, word):
            return False
        if not (self.lead or self.tail):
            return True
        before, after = words.signs(place)
        return before.endswith(self.lead) and (not self.tail or after == self.tail)


class Node:
    """A part of a query."""

    __slots__ = ()

    def holds(self, reading: Reading) -> bool:
        raise NotImplementedError

    def inner(self) -> str:
        """As written within something else: in brackets where they are needed."""
        return str(self)


def written(text: str, quoted: bool) -> str:
    """A word as it is, a phrase in its quotes."""
    return f'"{text}"' if quoted else text


@dataclass(frozen=True, slots=True)
class Term(Node):
    """A word or a phrase: its pieces follow each other, with nothing but signs and space between them."""

    text: str
    quoted: bool
    pieces: tuple[Piece, ...]

    def __str__(self) -> str:
        return written(self.text, self.quoted)

    def holds(self, reading: Reading) -> bool:
        return self.stands_in(reading.words)

    def stands_in(self, words: Words) -> bool:
        first = self.pieces[0]
        if len(self.pieces) == 1 and not (first.lead or first.tail):
            return first.word in words
        return next(self._starts(words), None) is not None

    def spans(self, words: Words) -> list[Span]:
        """Where it stands, in order."""
        return [(start, start + len(self.pieces) - 1) for start in self._starts(words)]

    def _starts(self, words: Words) -> Iterator[int]:
        anchor = self._anchor(words)
        for place in words.places(self.pieces[anchor].word):
            start = place - anchor
            if start < 0 or start + len(self.pieces) > len(words.sequence):
                continue
            if all(piece.fits(words, start + number) for number, piece in enumerate(self.pieces)):
                yield start

    def _anchor(self, words: Words) -> int:
        """The piece that is looked for first: the rarest of the exact ones, else the longest."""
        exact = [number for number, piece in enumerate(self.pieces) if not piece.wild]
        if exact:
            return min(exact, key=lambda number: len(words.places(self.pieces[number].word)))
        return max(range(len(self.pieces)), key=lambda number: len(self.pieces[number].word))


@dataclass(frozen=True, slots=True)
class Near(Node):
    """Terms, each within so many words of the one before, in any order; each is a term or several of which one will do."""

    parts: tuple[tuple[Term, ...], ...]
    distances: tuple[int, ...]

    def __str__(self) -> str:
        shown = [str(part[0]) if len(part) == 1 else f"({' OR '.join(map(str, part))})" for part in self.parts]
        steps = (f" NEAR/{distance} {part}" for distance, part in zip(self.distances, shown[1:], strict=True))
        return shown[0] + "".join(steps)

    def holds(self, reading: Reading) -> bool:
        return self.stands_in(reading.words)

    def stands_in(self, words: Words) -> bool:
        reached = _spans(self.parts[0], words)
        for part, distance in zip(self.parts[1:], self.distances, strict=True):
            if not reached:
                return False
            starts, ends = sorted(first for first, _ in reached), sorted(last for _, last in reached)
            reached = [
                (first, last)
                for first, last in _spans(part, words)
                if _any_within(ends, first - distance, first - 1) or _any_within(starts, last + 1, last + distance)
            ]
        return bool(reached)


def _spans(part: Sequence[Term], words: Words) -> list[Span]:
    return part[0].spans(words) if len(part) == 1 else [span for term in part for span in term.spans(words)]


def _any_within(places: Sequence[int], low: int, high: int) -> bool:
    at = bisect_left(places, low)
    return at < len(places) and places[at] <= high


@dataclass(frozen=True, slots=True)
class And(Node):
    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " AND ".join(part.inner() for part in self.parts)

    def inner(self) -> str:
        return f"({self})"

    def holds(self, reading: Reading) -> bool:
        return all(part.holds(reading) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or(Node):
    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " OR ".join(part.inner() for part in self.parts)

    def inner(self) -> str:
        return f"({self})"

    def holds(self, reading: Reading) -> bool:
        return any(part.holds(reading) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not(Node):
    part: Node

    def __str__(self) -> str:
        return f"NOT {self.part.inner()}"

    def holds(self, reading: Reading) -> bool:
        return not self.part.holds(reading)


@dataclass(frozen=True, slots=True)
class Named(Node):
    """An exclusion set: another query, by its name."""

    name: str
    part: Node

    def __str__(self) -> str:
        return f"@{self.name}"

    def holds(self, reading: Reading) -> bool:
        return self.part.holds(reading)


@dataclass(frozen=True, slots=True)
class Title(Node):
    """A word, phrase or NEAR that must stand in the title."""

    part: Term | Near

    def __str__(self) -> str:
        return f"title:{self.part}" if isinstance(self.part, Term) else f"title:({self.part})"

    def holds(self, reading: Reading) -> bool:
        return self.part.stands_in(reading.title_words)
