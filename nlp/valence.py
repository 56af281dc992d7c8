"""VADER's valence of a text, to the last digit what vaderSentiment gives, and linear in the text's length.

The rules are those of C. J. Hutto and Eric Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social
Media Text" (2014), as the package vaderSentiment (MIT licence) has them, oddities included; its lexicon, tables and constants
are used as they are. Only the way of computing differs: a text is lower-cased once, only words of the lexicon are looked at,
emoji are looked for only where there can be any, and what surrounds "but" is weighed in one pass. Tests compare the results with
the library's own, and fail when its code is no longer the code that these rules were written from.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from itertools import compress
from typing import NamedTuple

from vaderSentiment.vaderSentiment import (
    BOOSTER_DICT,
    C_INCR,
    N_SCALAR,
    NEGATE,
    SPECIAL_CASES,
    SentimentIntensityAnalyzer,
    normalize,
)

_PUNCTUATION = string.punctuation
_BOOSTERS: Mapping[str, float] = BOOSTER_DICT
_PHRASES: Mapping[str, float] = SPECIAL_CASES
_NEGATIONS = frozenset(NEGATE)
_CAPITALS: float = C_INCR
_NEGATED: float = N_SCALAR
# Of each phrase its longest word: a text that has none of them has no phrase.
_OF_PHRASES = frozenset(max(phrase.split(), key=len) for phrase in [*_PHRASES, *_BOOSTERS] if " " in phrase)
# What changes the valence of a word from one, two or three words before it ("n't" aside).
_MODIFIERS = frozenset({word for word in _BOOSTERS if " " not in word} | _NEGATIONS | {"never", "without"})
_BEYOND_ASCII = re.compile("[^\x00-\x7f]")  # a class of all emoji would be searched thirty times slower
_NEVER = frozenset({"so", "this"})
_BY_DISTANCE = (1.0, 0.95, 0.9)


class Valence(NamedTuple):
    """The compound score, and whether any word of the text has a valence."""

    compound: float
    read: bool


class Valencer:
    """The scorer. It holds the library's lexicon and can be shared."""

    def __init__(self) -> None:
        loaded = SentimentIntensityAnalyzer()
        self._lexicon: dict[str, float] = loaded.lexicon
        self._telling = frozenset(word for word in loaded.lexicon if word not in _BOOSTERS)
        # The library goes by single characters, so an emoji made of several is never found.
        self._emoji: dict[str, str] = {sign: text for sign, text in loaded.emojis.items() if len(sign) == 1}
        self._signs = frozenset(self._emoji)

    def compound(self, text: str) -> Valence:
        """The library's ``compound``, without the other scores."""
        text, _, values = self._values(text)
        if not values:
            return Valence(0.0, False)
        return Valence(_compound(sum(values), _emphasis(text)), True)

    def polarity_scores(self, text: str) -> dict[str, float]:
        """All four scores, as the library's method of this name gives them."""
        text, count, values = self._values(text)
        if not count:
            return {"neg": 0.0, "neu": 0.0, "pos": 0.0, "compound": 0.0}
        emphasis = _emphasis(text)
        positive = negative = 0.0
        for value in values:  # not sum(), which adds up more exactly than the library from Python 3.12 on
            if value > 0:
                positive += value + 1
            else:
                negative += value - 1
        if positive > -negative:
            positive += emphasis
        elif positive < -negative:
            negative -= emphasis
        neutral = count - len(values)
        total = positive - negative + neutral
        return {
            "neg": round(abs(negative / total), 3),
            "neu": round(neutral / total, 3),
            "pos": round(positive / total, 3),
            "compound": _compound(sum(values), emphasis),
        }

    def _values(self, text: str) -> tuple[str, int, list[float]]:
        """The text with its emoji in words, the number of its words, and the valences of those that have one."""
        if not text.isascii() and not self._signs.isdisjoint(text):
            text = _BEYOND_ASCII.sub(self._described, text)
        words = [bare if len(bare := word.strip(_PUNCTUATION)) > 2 else word for word in text.split()]
        # At once, and still word by word: a line's end parts them for the only rule of lower-casing that looks around (sigma).
        lower = "\n".join(words).lower().split("\n") if words else []
        places = list(compress(range(len(lower)), map(self._telling.__contains__, lower)))
        if not places:
            return text, len(words), []
        with_phrases = not _OF_PHRASES.isdisjoint(lower)
        is_mixed = 0 < sum(map(str.isupper, words)) < len(words)
        values: list[float] = []
        counted: list[int] = []
        for i in places:
            if value := self._value(words, lower, i, is_mixed, with_phrases):
                values.append(value)
                counted.append(i)
        if "but" in lower:
            _weigh_around(values, counted, lower.index("but"))
        return text, len(words), values

    def _described(self, found: re.Match[str]) -> str:
        description = self._emoji.get(found[0])
        if description is None:
            return found[0]
        start = found.start()
        return description if start == 0 or found.string[start - 1] == " " else " " + description

    def _value(self, words: Sequence[str], lower: Sequence[str], i: int, is_mixed: bool, with_phrases: bool) -> float:
        """The valence of the word at ``i``, which is in the lexicon. ``is_mixed``: some words are in capitals and some not."""
        lexicon = self._lexicon
        word = lower[i]
        last = len(lower) - 1
        if word == "kind" and i < last and lower[i + 1] == "of":
            return 0.0
        value = lexicon[word]
        one = lower[i - 1] if i > 0 else ""
        two = lower[i - 2] if i > 1 else ""
        three = lower[i - 3] if i > 2 else ""
        if one == "no" or two == "no" or (three == "no" and one in {"or", "nor"}):
            value *= _NEGATED
        elif word == "no" and i < last and lower[i + 1] in lexicon:
            value = 0.0
        if is_mixed and words[i].isupper():
            value += _CAPITALS if value > 0 else -_CAPITALS
        if one in _MODIFIERS or "n't" in one:
            value = self._modified(value, words, lower, i, 1, is_mixed)
        if two in _MODIFIERS or "n't" in two:
            value = self._modified(value, words, lower, i, 2, is_mixed)
        if three and (three in _MODIFIERS or "n't" in three or one in _NEVER):
            value = self._modified(value, words, lower, i, 3, is_mixed)
        if with_phrases and three and three not in lexicon:
            value = _with_phrases(value, lower, i)
        if one == "least" and one not in lexicon and two not in {"at", "very"}:
            value *= _NEGATED
        return value

    def _modified(self, value: float, words: Sequence[str], lower: Sequence[str], i: int, distance: int, is_mixed: bool) -> float:
        """What the word ``distance`` words before the one at ``i`` makes of its valence: first boosted, then negated."""
        word = lower[i - distance]
        if word in self._lexicon:
            return value
        if boost := _BOOSTERS.get(word, 0.0):
            boost = -boost if value < 0 else boost
            if is_mixed and words[i - distance].isupper():
                boost += _CAPITALS if value > 0 else -_CAPITALS
            value += boost * _BY_DISTANCE[distance - 1]
        one, two = lower[i - 1], lower[i - 2] if distance > 1 else ""
        if distance == 2 and word == "never" and one in _NEVER:
            return value * 1.25
        if distance == 3 and ((word == "never" and two in _NEVER) or one in _NEVER):
            return value * 1.25
        if word == "without" and distance > 1 and (one == "doubt" or (distance == 3 and two == "doubt")):
            return value
        return value * _NEGATED if word in _NEGATIONS or "n't" in word else value


def _with_phrases(value: float, lower: Sequence[str], i: int) -> float:
    """Idioms with a valence of their own around the word at ``i``, which has three before it; then boosters of several words."""
    three, two, one, zero = lower[i - 3 : i + 1]
    before = (f"{three} {two} {one}", f"{three} {two}", f"{two} {one}")
    for phrase in (f"{one} {zero}", f"{two} {one} {zero}", before[2], before[0], before[1]):
        if phrase in _PHRASES:
            value = _PHRASES[phrase]
            break
    for following in (2, 3):
        if i + following <= len(lower):
            value = _PHRASES.get(" ".join(lower[i : i + following]), value)
    for phrase in before:
        value += _BOOSTERS.get(phrase, 0.0)
    return value


def _weigh_around(values: list[float], places: Sequence[int], but: int) -> None:
    """Halve what stands before the first "but" and raise what stands behind it, in place.

    The library looks each valence up by value, so of several equal ones it changes the first each time; so must this. ``places``
    are those of the words.
    """
    where: dict[float, list[int]] = {}
    for k, value in enumerate(values):
        where.setdefault(value, []).append(k)
    for k in range(len(values)):
        value = values[k]
        first = where[value][0]
        if places[first] != but:
            heappop(where[value])
            values[first] = value * (0.5 if places[first] < but else 1.5)
            heappush(where.setdefault(values[first], []), first)


def _emphasis(text: str) -> float:
    """What exclamation and question marks add to the strength of a text."""
    questions = text.count("?")
    asked = 0.0
    if questions > 1:
        asked = questions * 0.18 if questions <= 3 else 0.96
    return min(text.count("!"), 4) * 0.292 + asked


def _compound(total: float, emphasis: float) -> float:
    if total > 0:
        total += emphasis
    elif total < 0:
        total -= emphasis
    return round(float(normalize(total)), 4)
