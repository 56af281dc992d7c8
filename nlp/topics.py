"""Which of the configured features and themes a text speaks of, and of which of our targets it says so."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from listener.core.brand import ListeningRule, TargetKind, Topic
from nlp.passages import Sentence, spoken_of
from nlp.reading import SHORT
from nlp.sentences import Place, straight
from nlp.targets import Hit

_REST = re.compile(r"\w{0,40}")
_SIBILANT = ("s", "x", "z", "ch", "sh")
MOST_PLACES = 20
"""Of one topic in one text."""


class TopicHit(NamedTuple):
    """A topic named at ``places`` of the text (in order, at least one), of the target with that index."""

    aspect: str
    target: int
    places: tuple[Place, ...]

    @property
    def place(self) -> Place:
        """The first place, by which the text is said to name it."""
        return self.places[0]


class _Word(NamedTuple):
    """A word of a topic, as a pattern of the automaton; an open one may go on to the end of the word it begins."""

    rule: int
    aspect: str
    is_open: bool


class TopicFinder:
    """Finds the topics of a set of rules; built once, used for every text."""

    def __init__(self, rules: Sequence[ListeningRule]) -> None:
        kinds = [(i, target.kind) for i, rule in enumerate(rules) for target in rule.targets]
        self._ours = [i if kind is not TargetKind.COMPETITOR else None for i, kind in kinds]
        patterns: dict[str, dict[_Word, None]] = defaultdict(dict)
        for i, rule in enumerate(rules):
            for topic in rule.topics:
                for spelled, is_open in _patterns(topic):
                    patterns[spelled][_Word(i, topic.key, is_open)] = None
        self._words = [tuple(words) for words in patterns.values()]
        self._automaton = AhoCorasick(list(patterns)) if patterns else None

    def find(self, text: str, sentences: Sequence[Sentence], hits: Sequence[Hit]) -> list[TopicHit]:
        """At most one hit for each topic of each brand, in the order of the text.

        ``hits`` are all targets that the text names. A topic counts in a sentence that speaks of a target of ours; in a short
        text, which is one train of thought, in any sentence that does not speak of somebody else.
        """
        named = self._named(text) if self._automaton and hits else []
        if not named:
            return []
        found: dict[tuple[int, str], tuple[int, list[Place]]] = {}
        speaking = {rule: self._speaking(text, sentences, hits, rule) for rule in {word.rule for word, _ in named}}
        said = _Said(sentences, hits, self._ours)
        for word, place in named:
            so_far = found.get((word.rule, word.aspect))
            if (so_far and len(so_far[1]) >= MOST_PLACES) or said.is_in_a_name(place):
                continue
            target = said.target(word.rule, place, speaking[word.rule])
            if target is not None:
                found.setdefault((word.rule, word.aspect), (target, []))[1].append(place)
        return [TopicHit(aspect, target, tuple(places)) for (_, aspect), (target, places) in found.items()]

    def _named(self, text: str) -> list[tuple[_Word, Place]]:
        assert self._automaton is not None  # noqa: S101 - the caller asked; a slip of the programmer, not of the data
        folded = _folded(text)
        found: dict[tuple[_Word, Place], None] = {}
        for pattern, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            if start and folded[start - 1].isalnum():
                continue
            for word in self._words[pattern]:
                rest = _REST.match(folded, end)
                stop = rest.end() if word.is_open and rest else end
                if stop == len(folded) or not folded[stop].isalnum():
                    found[word, (start, stop)] = None
        return sorted(found, key=lambda each: (each[1][0], -each[1][1], each[0]))

    def _speaking(self, text: str, sentences: Sequence[Sentence], hits: Sequence[Hit], rule: int) -> set[int]:
        """The sentences in which a topic of the rule would be one of its targets'."""
        own = [(hit.start, hit.end) for hit in hits if self._ours[hit.target] == rule]
        if not own:
            return set()
        others = [(hit.start, hit.end) for hit in hits if self._ours[hit.target] != rule]
        ours = {i for group in spoken_of(sentences, own, others) for i in group}
        if len(text) > SHORT:
            return ours
        theirs = {i for group in spoken_of(sentences, others, own) for i in group}
        return ours | (set(range(len(sentences))) - theirs)


class _Said:
    """What a text names, in order, so that what stands around a place is found by bisection: there may be thousands of each.

    Hits do not overlap, but several targets may be named at one and the same place; then the first of them is meant.
    """

    def __init__(self, sentences: Sequence[Sentence], hits: Sequence[Hit], ours: Sequence[int | None]) -> None:
        self._sentences = sentences
        self._sentence_starts = [sentence.start for sentence in sentences]
        self._hits = sorted(hits, key=_start_of)
        self._starts = [hit.start for hit in self._hits]
        self._ours = ours
        self._own: dict[int | None, list[Hit]] = defaultdict(list)
        for hit in self._hits:
            self._own[ours[hit.target]].append(hit)

    def is_in_a_name(self, place: Place) -> bool:
        """Whether the place is a part of a name: "Sign" in "Quillon Sign"."""
        last = bisect_left(self._starts, place[1]) - 1
        return last >= 0 and self._hits[last].end > place[0]

    def target(self, rule: int, place: Place, speaking: set[int]) -> int | None:
        """Whose topic it is: that of the target named nearest in its sentence, else of ours that was named last before it."""
        here = bisect_right(self._sentence_starts, place[0]) - 1
        if here not in speaking or place[0] >= self._sentences[here].end:
            return None
        first, last = (bisect_left(self._starts, at) for at in self._sentences[here][:2])
        if first < last:
            after = bisect_left(self._starts, place[0], first, last)
            beside = [self._hits[bisect_left(self._starts, self._starts[after - 1])]] if after > first else []
            beside += self._hits[after : min(after + 1, last)]
            nearest = min(beside, key=lambda hit: (max(hit.start - place[1], place[0] - hit.end), hit.start))
            return nearest.target if self._ours[nearest.target] == rule else None
        own = self._own[rule]
        return own[max(bisect_left(own, place[0], key=_start_of) - 1, 0)].target


def _start_of(hit: Hit) -> int:
    return hit.start


def _patterns(topic: Topic) -> Iterator[tuple[str, bool]]:
    """How the topic's words may stand in a text: plain ones also in the plural or singular, ``price*`` as a beginning."""
    for word in topic.words:
        spelled = " ".join(_folded(word).split())
        is_open = spelled.endswith("*")
        spelled = spelled.rstrip("*").strip()
        if not spelled:
            continue
        forms = {spelled} if is_open else _numbers(spelled)
        for form in sorted(forms):
            for joined in dict.fromkeys((form, form.replace("-", " "), form.replace(" ", "-"))):
                yield joined, is_open


def _numbers(word: str) -> set[str]:
    """The word with its regular plural or singular, as far as spelling tells."""
    forms = {word}
    if word.endswith("ies") and len(word) > 5:
        forms.add(word[:-3] + "y")
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        forms.add(word[:-1])
        if word.endswith("es") and word[:-2].endswith(_SIBILANT):
            forms.add(word[:-2])
    elif word.endswith("y") and len(word) > 2 and word[-2] not in "aeiou":
        forms.add(word[:-1] + "ies")
    elif word[-1].isalpha():
        forms.add(word + ("es" if word.endswith(_SIBILANT) else "s"))
    return forms


def _folded(text: str) -> str:
    """The text in small letters, character for character: places in it are places in ``text``."""
    folded = straight(text.casefold())
    if len(folded) == len(text):
        return folded
    return straight("".join(low if len(low := char.casefold()) == 1 else char for char in text))
