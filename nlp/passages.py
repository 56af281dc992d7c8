"""The passages of a text that speak of one target: what an engine scores, and what people are shown as evidence.

A passage is a sentence that names the target and up to two sentences after it that name no target at all: people write
"I moved to Quillon in May. Worst decision ever." Measured on development data with VADER (macro-recall, sentence alone → with two
more): 6,000 tweets about topics 46.5 → 49.2, 6,000 of Dong 2014 51.6 → 53.0, laptop reviews unchanged (one sentence a text).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from nlp.sentences import Place

MOST_PASSAGES = 50
"""Of one target in one text; who says more repeats themself."""
_FOLLOWING = 2
# What these make of a target: the thing that another is measured by, or that was left for another. What follows is not about it.
_MEASURE = re.compile(r"\b(?:than|compared (?:to|with)|unlike|instead of|rather than)\s(?:\S+\s){0,2}\W*$", re.IGNORECASE)
_LEFT = re.compile(
    r"\b(?:(?:switch|mov|migrat|chang|convert)\w*\b[^.,;]{0,40}\bfrom|(?:ditch|dump|replac|dropp|leav)\w*|left)\s(?:(?:our|my|the|old)\s)*\W*$",
    re.IGNORECASE,
)
_FOR_ANOTHER = re.compile(r"\W{0,20}(?:\S++\s){0,2}(?:to|for|with|in favou?r of)\b", re.IGNORECASE)


class Sentence(NamedTuple):
    """A sentence by its place in the text; sentences of one ``run`` stand directly one after the other."""

    start: int
    end: int
    run: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence that names the target, and what follows it. All are verbatim pieces of the text.

    ``start`` and ``end`` span the namings of the target within ``sentence``, each of which is in ``own`` where they are known;
    ``others`` are the places of other targets there.
    """

    sentence: str
    start: int
    end: int
    others: tuple[Place, ...] = ()
    following: tuple[str, ...] = ()
    own: tuple[Place, ...] = field(default=(), compare=False)

    @property
    def is_measure(self) -> bool:
        """Whether the target only serves to measure another: "better than X"."""
        return _MEASURE.search(self.sentence[max(0, self.start - 80) : self.start]) is not None

    @property
    def is_left(self) -> bool:
        """Whether the target was left for another: "moved from X to Y", "ditched X for Y"."""
        before = self.sentence[max(0, self.start - 80) : self.start]
        return _LEFT.search(before) is not None and _FOR_ANOTHER.match(self.sentence, self.end) is not None


def spoken_of(sentences: Sequence[Sentence], own: Sequence[Place], others: Sequence[Place] = ()) -> list[tuple[int, ...]]:
    """For each sentence that names the target (at one of ``own``): its index, and those of the sentences that go on about it."""
    named = _by_sentence(sentences, own)
    named_others = _by_sentence(sentences, others)
    groups = []
    for i, sentence in enumerate(sentences):
        if not named[i]:
            continue
        group = [i]
        for j in range(i + 1, min(i + 1 + _FOLLOWING, len(sentences))):
            if named[j] or named_others[j] or sentences[j].run != sentence.run:
                break
            group.append(j)
        groups.append(tuple(group))
    return groups[:MOST_PASSAGES]


def find_passages(
    text: str, sentences: Sequence[Sentence], own: Sequence[Place], others: Sequence[Place] = ()
) -> tuple[Passage, ...]:
    """The passages about a target named at ``own``, where other targets are named at ``others``; all places in ``text``."""
    named = _by_sentence(sentences, own)
    named_others = _by_sentence(sentences, others)
    found = []
    for first, *rest in spoken_of(sentences, own, others):
        start, end, _ = sentences[first]
        passage = Passage(
            sentence=text[start:end],
            start=named[first][0][0] - start,
            end=min(max(place[1] for place in named[first]), end) - start,
            others=tuple((a - start, b - start) for a, b in named_others[first]),
            own=tuple((a - start, min(b, end) - start) for a, b in named[first]),
        )
        if not (passage.is_measure or passage.is_left):
            passage = replace(passage, following=tuple(text[sentences[i].start : sentences[i].end] for i in rest))
        found.append(passage)
    return tuple(found)


def _by_sentence(sentences: Sequence[Sentence], places: Sequence[Place]) -> list[list[Place]]:
    """For each sentence the places that begin in it."""
    found: list[list[Place]] = [[] for _ in sentences]
    starts = [sentence.start for sentence in sentences]
    for place in sorted(places):
        i = bisect_right(starts, place[0]) - 1
        if i >= 0 and place[0] < sentences[i].end:
            found[i].append(place)
    return found


def named_places(text: str, name: str) -> list[Place]:
    """Where the text names a target of which only the name is known: as a word, in any case, also ``@name``, ``#name``."""
    words = [re.escape(word) for word in name.strip().lstrip("@#").split()]
    if not words:
        return []
    pattern = r"(?<!\w)[@#]?" + r"[\s_-]{0,3}".join(words) + r"(?!\w)"
    return [found.span() for found in re.finditer(pattern, text, re.IGNORECASE)]
