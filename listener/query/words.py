"""Texts as words: folded, cut, and indexed by place. Queries and texts are cut by the same rules, so that they meet.

A word is a run of letters, digits, marks and underscores. Scripts that write no spaces (Chinese, Japanese, Korean, Thai, …) and
emoji count character by character, so that a name is found wherever it stands in them. Everything else only separates words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

from listener.core.mention import normal_text

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
_ONE_UNSPACED = re.compile(f"[{_UNSPACED}{_PICTURES}]")
_ASCII_WORD = re.compile(r"\w+", re.ASCII)


def fold(text: str) -> str:
    """Text as it is compared: Unicode folded, without case and without invisible characters; lone surrogates replaced."""
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text).translate(_UNSEEN)
    return normal_text(text)


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


def _found(folded: str) -> Iterator[re.Match[str]]:
    return (_ASCII_WORD if folded.isascii() else _word()).finditer(folded)


def cut(folded: str) -> list[str]:
    """The words of a folded text, in order."""
    return (_ASCII_WORD if folded.isascii() else _word()).findall(folded)


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
    """The words of some texts by place; the texts are kept apart from each other."""

    def __init__(self, folded: Sequence[str]) -> None:
        self._texts = folded
        self.sequence: list[str] = []
        for number, text in enumerate(folded):
            if number:
                self.sequence += [""] * GAP
            self.sequence += cut(text)
        self.known = frozenset(self.sequence)
        """The different words; beside them an empty one where there is a gap."""
        self._fitting: dict[str, list[str]] = {}
        self._places: dict[str, list[int]] | None = None
        self._signs: list[tuple[str, str]] | None = None

    def __contains__(self, pattern: str) -> bool:
        """Whether a word, or any word of a pattern, is there."""
        return bool(self._fit(pattern)) if "*" in pattern else pattern in self.known

    def _fit(self, pattern: str) -> list[str]:
        if pattern not in self._fitting:
            needed = max(pattern.split("*"), key=len)
            there = any(needed in text for text in self._texts)  # mostly not, and that is quickly seen
            self._fitting[pattern] = [word for word in self.known if word and glob(pattern, word)] if there else []
        return self._fitting[pattern]

    def places(self, pattern: str) -> Sequence[int]:
        """Where a word, or any word of a pattern, stands; in order."""
        if self._places is None:
            self._places = {}
            for place, word in enumerate(self.sequence):
                self._places.setdefault(word, []).append(place)
        if "*" not in pattern:
            return self._places.get(pattern, ())
        return sorted(place for word in self._fit(pattern) for place in self._places[word])

    def signs(self, place: int) -> tuple[str, str]:
        """The signs directly before and after the word at a place."""
        if self._signs is None:
            self._signs = []
            for number, text in enumerate(self._texts):
                if number:
                    self._signs += [("", "")] * GAP
                self._signs += [_around(text, each.start(), each.end()) for each in _found(text)]
        return self._signs[place]
