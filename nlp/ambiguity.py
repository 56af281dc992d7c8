"""What the words around an ambiguous name say about whether it means us, learned from people's corrections.

    examples ──words near the name──> features ──verdicts──> weights ──features of a text──> "means us", or not, or no idea

A logistic regression whose weights start from what holds for any brand (people log in to a product and pay for it; "a quill" is
a thing) and move only as far as the examples show. So a handful of examples is of use, and hundreds correct what does not hold
for this brand. Everything is plain arithmetic in a fixed order: the same examples always make the same model.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from listener.core.brand import Target
from listener.core.lessons import NameExample
from listener.core.mention import normal_text
from nlp.naming import spellings
from nlp.sentences import straight

FEWEST = 3
"""Examples of a target from which on something is learned."""
CONFIDENT = 0.7
"""Probability from which on what was learned overrules the configured context words."""
MOST_EXAMPLES = 1_000
"""Of a target; the latest count."""

_BEGINNING, _COMPARED = 4_000, 1_000
"""Characters by which texts are compared: of the text, and of its normal form."""
_NEAR = 120
"""Characters on each side of a name whose words are looked at."""
_MOST_PLACES = 10
_ROUNDS = 25
_WORD = re.compile(r"[^\W_]+(?:'[^\W\d_]+)?")
_BREAK = re.compile(r"[.!?…:;\n\"“”()\[\]]")

_TITLE = re.compile(r"\b(Dr|Mr|Mrs|Ms|Prof|St|Sgt|Capt)\.")

CONTEXT = "context"
"""The feature of a text in which a configured context word of the target stands."""

_SMALL_WORDS = (
    "a about after again all also am an and any are as at be because been before being but by can could dear did do does each "
    "even ever every for from had has have he hello her here hers hey hi him his how i i'm i've if in into is it it's its "
    "just last me more most my no nor not now of off on once one only or other our ours out over own same she since so some "
    "such than thank thanks that the their theirs them then there these they this those through to too two under until up us "
    "very was we were what when where which while who whom whose why will with would you your yours"
)
_PRODUCT_TALK = (
    "account api app bill billing browser bug cancel click crash customer dashboard data demo discount documentation download "
    "export feature fix free import install integration interface invite invoice issue license log login menu migrate "
    "notification onboarding outage paid pay plan plugin price pricing product recommend refund release renew renewal review "
    "seat server service setting shipped software startup subscribe subscription support switch sync team template tool trial "
    "tutorial update upgrade user version webhook website widget workflow workspace"
)
_STOP = frozenset(_SMALL_WORDS.split())
_EVERYDAY = {"own": 0.7, "start": 0.2, "caps": 0.0, "tag": 0.0, "lower": -1.2, "in-name": -1.5, CONTEXT: 1.0, "thing": -1.0}
"""What a name's spelling and place say of any brand, as log-odds."""
_TALK = 1.4
_SAID = {
    "own": "its capitals",
    "start": "how it is written",
    "caps": "how it is written",
    "tag": "how it is written",
    "lower": "its small letters",
    "in-name": "the longer name it is part of",
    "thing": "the article before it",
    CONTEXT: "its context words",
}
_ARTICLES = frozenset({"a", "an", "the", "my", "his", "her", "some", "this", "that", "each"})


class Opinion(NamedTuple):
    """Whether a name means us, and the words that decided, the weightiest first."""

    means_us: bool
    probability: float
    """Of what ``means_us`` says."""
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NameModel:
    """The weight of each feature, as log-odds of "means us"."""

    weights: Mapping[str, float]

    def opinion(self, features: Mapping[str, str]) -> Opinion | None:
        """``None`` where it is not confident, or where nothing that it learned of stands near the name."""
        total = sum(self.weights.get(feature, _usual(feature)) for feature in sorted(features))
        probability = _sigmoid(abs(total))
        if probability < CONFIDENT:
            return None
        sign = 1 if total > 0 else -1
        decided = sorted(
            (-sign * self.weights[feature], feature)
            for feature in features
            if feature in self.weights and sign * self.weights[feature] > 0
        )
        if not decided:
            return None
        return Opinion(total > 0, probability, tuple(dict.fromkeys(features[feature] for _, feature in decided))[:3])


def learn(examples: Sequence[tuple[Collection[str], bool]]) -> NameModel | None:
    """The model of one target; ``None`` from fewer than ``FEWEST`` examples."""
    rows = [(sorted(features), means_us) for features, means_us in examples[-MOST_EXAMPLES:] if features]
    if len(rows) < FEWEST:
        return None
    holders: dict[str, list[int]] = {}
    for i, (features, _) in enumerate(rows):
        for feature in features:
            holders.setdefault(feature, []).append(i)
    weights = {feature: _usual(feature) for feature in sorted(holders)}
    totals = [sum(weights[feature] for feature in features) for features, _ in rows]
    for _ in range(_ROUNDS):
        for feature, held in sorted(holders.items()):
            pull = sum((1.0 if rows[i][1] else 0.0) - _sigmoid(totals[i]) for i in held)
            pull -= _firmness(feature) * (weights[feature] - _usual(feature))
            step = pull / (0.25 * len(held) + _firmness(feature))  # 0.25 bounds the curvature: every step is an ascent
            weights[feature] += step
            for i in held:
                totals[i] += step
    return NameModel(weights)


class NameLessons:
    """The examples of all ambiguous targets: texts that people judged, and what they teach about others.

    ``has_context`` says whether one of a target's context words stands in a text. A model is made when it is first asked for.
    """

    def __init__(
        self, targets: Sequence[Target], examples: Sequence[NameExample], has_context: Callable[[int, str], bool]
    ) -> None:
        self._numbers = {target.key: i for i, target in enumerate(targets) if target.ambiguous}
        self._spellings = {i: frozenset(name.lstrip("#") for name in spellings(targets[i])) for i in self._numbers.values()}
        self._has_context = has_context
        self._examples: dict[int, dict[str, NameExample]] = {}
        for example in examples:
            if (number := self._numbers.get(example.target)) is not None:
                self._examples.setdefault(number, {})[_same(example.text)] = example
        self._models: dict[int, NameModel | None] = {}

    def __contains__(self, target: int) -> bool:
        return target in self._examples

    def told(self, target: int, texts: Iterable[str]) -> bool | None:
        """What a person said of one of these forms of a text, if anything."""
        known = self._examples.get(target)
        if not known:
            return None
        found = (known.get(_same(text)) for text in texts)
        return next((example.means_us for example in found if example), None)

    def opinion(self, target: int, text: str, *, context: bool) -> Opinion | None:
        """What was learned says of a text that names the target; ``context``: one of its context words stands there too."""
        if target not in self._examples:
            return None
        if target not in self._models:
            self._models[target] = learn([(self._features(target, e.text), e.means_us) for e in self._examples[target].values()])
        model = self._models[target]
        return model.opinion(self._features(target, text, context=context)) if model else None

    def _features(self, target: int, text: str, *, context: bool | None = None) -> dict[str, str]:
        found = surroundings(straight(text), self._spellings[target])
        if found and (self._has_context(target, text) if context is None else context):
            found[CONTEXT] = _SAID[CONTEXT]
        return found


def _same(text: str) -> str:
    """What is equal for texts that count as the same: long ones by their beginning, for examples may be cut."""
    return normal_text(text[:_BEGINNING])[:_COMPARED]


def surroundings(text: str, spellings: Iterable[str]) -> dict[str, str]:
    """The features of all places where the text spells the name, capitals aside, each in words for people; empty without one.

    ``spellings`` are in the name's own capitals. The text's apostrophes are straight.
    """
    own = frozenset(spellings)
    any_case = "|".join(re.escape(name) for name in sorted(own, key=lambda name: (-len(name), name)))
    found: dict[str, str] = {}
    if any_case:
        names = re.compile(rf"(?<![^\W_])(?:{any_case})(?![^\W_])", re.IGNORECASE)
        for place, _ in zip(names.finditer(text), range(_MOST_PLACES), strict=False):
            found.update(_around(text, place, own, names))
    return found


def _around(text: str, place: re.Match[str], own: Collection[str], names: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    left, right = text[max(place.start() - _NEAR, 0) : place.start()], text[place.end() : place.end() + _NEAR]
    if place.start() > _NEAR:
        left = left.partition(" ")[2]  # no half words
    if place.end() + _NEAR < len(text):
        right = right.rpartition(" ")[0]
    shape = _shape(place.group(), left, right, own)
    yield shape, _SAID[shape]
    before, after = _WORD.findall(_within(_TITLE.sub(r"\1", left), last=True)), _WORD.findall(_within(right, last=False))
    if before:
        yield f"before:{_stem(before[-1])}", _quoted(before[-1])
        if before[-1].casefold() in _ARTICLES and not _is_named(after[:1]) and place.group()[:1].islower():
            yield "thing", _SAID["thing"]
    if after:
        yield f"after:{_stem(after[0])}", _quoted(after[0])
    if not (left + right).isupper() and (_is_named(before[-1:], first=len(before) == 1) or _is_named(after[:1])):
        yield "in-name", _SAID["in-name"]
    for side in (left, right):
        words = (word.casefold().removesuffix("'s") for word in _WORD.findall(names.sub(" ", side)))
        yield from ((f"word:{_stem(word)}", _quoted(word)) for word in words if len(word) > 1 and word not in _STOP)


def _shape(surface: str, left: str, right: str, own: Collection[str]) -> str:
    """How the name is written where it stands; capitals say little at the start of a sentence and in shouting."""
    if left.endswith("#"):
        return "tag"
    if surface.islower() and surface not in own:
        return "lower"
    if (left + right).isupper() or surface not in own:
        return "caps"
    return "own" if _within(left, last=True).strip() else "start"


def _within(side: str, *, last: bool) -> str:
    """The part of one side that belongs to the name's own clause."""
    parts = _BREAK.split(side)
    return parts[-1 if last else 0]


def _is_named(words: Sequence[str], *, first: bool = False) -> bool:
    """Whether there is a word with a name's capital; the first of a sentence has one anyway, so that must look like a title."""
    if not words or len(words[0]) < 2 or not words[0][0].isupper() or words[0].casefold() in _STOP:
        return False
    return not first or not (words[0].endswith(("ed", "ing")) or _stem(words[0]) in _TALK_STEMS)


def _stem(word: str) -> str:
    """Crude on purpose: forms of one word should meet, and a wrong meeting costs little."""
    word = word.casefold()
    for ending in ("ing", "ies", "ed", "es", "s", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


_TALK_STEMS = frozenset(map(_stem, _PRODUCT_TALK.split()))


def _usual(feature: str) -> float:
    """What a feature says before anything is learned."""
    kind, _, word = feature.partition(":")
    if kind == "word":
        return _TALK if word in _TALK_STEMS else 0.0
    return _EVERYDAY.get(feature, 0.0)


def _firmness(feature: str) -> float:
    """How much evidence it takes to move a weight; spelling and place are firmer than single words."""
    return 0.5 if ":" in feature else 2.0


def _quoted(word: str) -> str:
    return f'"{word.casefold()}"'


def _sigmoid(value: float) -> float:
    if value < -30:
        return 0.0
    return 1 / (1 + math.exp(-value))
