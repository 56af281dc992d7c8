"""Texts as words: folded, cut, and indexed by place. Queries and texts are cut by the same rules, so that they meet.

A word is a run of letters, digits, marks and underscores. Scripts that write no spaces (Chinese, Japanese, Korean, Thai, …) and
emoji count character by character, so that a name is found wherever it stands in them. Everything else only separates words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from itertools import chain
from typing import TypeVar

from listener.core.mention import folded_text

_T = TypeVar("_T")

GAP = 200
"""Places between the title's last word and the text's first: further than any NEAR or phrase reaches."""

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_PICTURES = "\u2190-\u2bff\U0001f000-\U0001faff"
_LEADS = "#@$"
_TAILS = "+#%"
_SURROGATE = re.compile("[\ud800-\udfff]")
_INVISIBLE = dict.fromkeys(
    map(ord, "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
)
_TRADE = dict.fromkeys(map(ord, "\u2120\u2122"), " ")
"""Trade marks would otherwise fold to letters and become a part of the name before them."""
_UNSEEN = {**_INVISIBLE, **_TRADE}
_ODD = re.compile(f"[\ud800-\udfff{''.join(map(chr, _UNSEEN))}]")
_ONE_UNSPACED = re.compile(f"[{_UNSPACED}{_PICTURES}]")
_RUN = re.compile(r"\w+")
_APART = "".join(chr(code) if chr(code).isalnum() or chr(code) == "_" else " " for code in range(128))
"""ASCII with a space for all that separates words."""


def fold(text: str) -> str:
    """Text as it is compared: Unicode folded, without case and without invisible characters; lone surrogates replaced."""
    return " ".join(fold_words(text).split())


def fold_words(text: str) -> str:
    """The same with its white space as it stands, for what is only cut into words."""
    if not text.isascii() and _ODD.search(text):  # to look is cheap, and most texts have none of these
        text = _SURROGATE.sub("\ufffd", text).translate(_UNSEEN)
    return folded_text(text)


@cache
def _word(wild: bool = False) -> re.Pattern[str]:
    """What a word is, where there is more than ASCII; ``wild`` ones may contain asterisks."""
    star = "*" if wild else ""
    return re.compile(rf"[{_UNSPACED}{_PICTURES}]|(?:[^\W{_UNSPACED}]++|[{_marks()}{star}]++)++")


@cache
def _marks() -> str:
    """The combining marks of scripts with spaces as a character class; Python's ``\\w`` leaves them out."""
    ranges: list[tuple[int, int]] = []
    for code in range(0x300, 0xFE00):
        if unicodedata.category(chr(code)) in {"Mn", "Mc", "Me"} and not _ONE_UNSPACED.match(chr(code)):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1] = (ranges[-1][0], code)
            else:
                ranges.append((code, code))
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


def is_unspaced(char: str) -> bool:
    """Whether the character is a word of its own."""
    return _ONE_UNSPACED.match(char) is not None


@cache
def _special() -> re.Pattern[str]:
    """What makes a word other than a run of ``\\w``; most texts have none of it."""
    return re.compile(f"[{_UNSPACED}{_PICTURES}{_marks()}]")


def _word_of(folded: str) -> re.Pattern[str]:
    """What a word is in this text."""
    return _RUN if folded.isascii() or not _special().search(folded) else _word()


def cut(folded: str) -> list[str]:
    """The words of a folded text, in order."""
    if folded.isascii():
        return folded.translate(_APART).split()  # the same words in half the time
    return _word_of(folded).findall(folded)


def cut_wild(folded: str) -> list[tuple[str, str, str]]:
    """The words of a folded query with their asterisks, each with the signs that must stand before and after it."""
    found = []
    for each in _word(wild=True).finditer(folded):
        word = each[0]
        beside = folded[max(each.start() - 1, 0) : each.start()] + folded[each.end() : each.end() + 1]
        if not word.strip("*") and any(map(is_unspaced, beside)):
            continue  # in such scripts beginnings and ends are found as they are
        found.append((word, *_around(folded, each.start(), each.end())))
    return found


def _around(folded: str, start: int, end: int) -> tuple[str, str]:
    """The signs that belong to a word: ``#`` of a hashtag, ``@`` of a handle, the end of ``c++``."""
    first, last = start, end
    while first > 0 and folded[first - 1] in _LEADS:
        first -= 1
    while last < len(folded) and folded[last] in _TAILS:
        last += 1
    return folded[first:start], folded[end:last]


def glob(pattern: str, word: str) -> bool:
    """Whether a word is as a pattern says; ``*`` stands for anything, also nothing. Linear in the word's length."""
    if "*" not in pattern:
        return pattern == word
    first, *middle, last = pattern.split("*")
    if len(word) < len(first) + len(last) or not (word.startswith(first) and word.endswith(last)):
        return False
    at, end = len(first), len(word) - len(last)
    for part in middle:
        at = word.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


class Words:
    """The words of some texts, which are kept apart from each other; places are counted only if something asks for them."""

    def __init__(self, *folded: str) -> None:
        self.texts = folded
        self._cut = [cut(text) for text in folded]
        self._fitting: dict[str, list[str]] = {}

    @cached_property
    def known(self) -> frozenset[str]:
        """The different words."""
        return frozenset(chain(*self._cut))

    @cached_property
    def sequence(self) -> list[str]:
        """The words in order; between two texts empty ones."""
        return _with_gaps(self._cut, "")

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for place, word in enumerate(self.sequence):
            places.setdefault(word, []).append(place)
        return places

    @cached_property
    def _signs(self) -> list[tuple[str, str]]:
        found = ([_around(text, each.start(), each.end()) for each in _word_of(text).finditer(text)] for text in self.texts)
        return _with_gaps(found, ("", ""))

    def __contains__(self, pattern: str) -> bool:
        """Whether a word, or any word of a pattern, is there."""
        return bool(self._fit(pattern)) if "*" in pattern else pattern in self.known

    def _fit(self, pattern: str) -> list[str]:
        if pattern not in self._fitting:
            needed = max(pattern.split("*"), key=len)
            there = any(needed in text for text in self.texts)  # mostly not, and that is quickly seen
            self._fitting[pattern] = [word for word in self.known if glob(pattern, word)] if there else []
        return self._fitting[pattern]

    def places(self, pattern: str) -> Sequence[int]:
        """Where a word, or any word of a pattern, stands; in order."""
        if "*" not in pattern:
            return self._places.get(pattern, ())
        return sorted(place for word in self._fit(pattern) for place in self._places[word])

    def signs(self, place: int) -> tuple[str, str]:
        """The signs directly before and after the word at a place."""
        return self._signs[place]


def _with_gaps(texts: Iterable[list[_T]], nothing: _T) -> list[_T]:
    found: list[_T] = []
    for number, its in enumerate(texts):
        if number:
            found += [nothing] * GAP
        found += its
    return found
