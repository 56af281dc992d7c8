"""Comparing a display name with a customer's name: tolerant of accents, initials, nicknames, order and look-alike letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from functools import cache, lru_cache

from rapidfuzz.distance import JaroWinkler

from listener.core.marks import stream_safe
from listener.core.people import Customer
from nlp.identity.lists import NICKNAMES, PARTICLES, TITLES


class Agreement(StrEnum):
    SAME = "same"
    """First and last name."""
    PARTLY = "partly"
    """One of them, and the other is missing or could have changed (a surname)."""
    SILENT = "silent"
    """Nothing to compare: no name, a pseudonym."""
    RELATIVE = "relative"
    """The surname with another first name: rather somebody of the family."""
    OTHER = "other"
    """Another person's name."""


_LOOK_ALIKES = str.maketrans(
    "авеёкмнорстухіјѕԁӏαβεηικμνορτυχοѵ",
    "abeekmhopctyxijsdlabenikuvoptuxov",
)
"""Cyrillic and Greek letters that pass for Latin ones."""
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "a", "œ": "o", "þ": "th", "ı": "i", "'": "", "’": ""}
)
_UMLAUTS = re.compile(r"([aou])e")
"""``Müller``, ``Mueller`` and ``Muller`` become one; other long names lose the same letter on both sides."""
_CYRILLIC = str.maketrans(
    dict(zip("абвгґдеєёзиікклмнопрстуфыэјѕўљњћђ", "abvggdeeeziikklmnoprstufyejzulncd", strict=True))
    | {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "ъ": "", "ь": "", "џ": "dz"}
)
"""After decomposition: ``й`` and ``ї`` have lost their marks."""
_GREEK = str.maketrans(
    dict(zip("αβγδεζηικλμνξοπρσςτυφω", "avgdeziiklmnxoprsstyfo", strict=True)) | {"θ": "th", "χ": "ch", "ψ": "ps"}
)
_WHOLLY_CYRILLIC = re.compile(r"[\u0400-\u052f]+")
_WHOLLY_GREEK = re.compile(r"[\u0370-\u03ff]+")
_WORD = re.compile(r"[^\W_]+")
_CLOSE = 0.92


@lru_cache(maxsize=65536)
def words(name: str) -> tuple[str, ...]:
    """The words of a name, folded for comparison, without titles."""
    text = name.lower() if name.isascii() else unicodedata.normalize("NFKC", stream_safe(name)).casefold()
    if text.isascii():
        text = text.replace("'", "")
    else:
        text = "".join(char for char in text if unicodedata.category(char) != "Cf")
        text = unicodedata.normalize("NFKD", stream_safe(text.translate(_LETTERS)))
        text = "".join(char for char in text if not unicodedata.combining(char))
        text = _WORD.sub(_in_latin, text)
    return tuple(_without_umlauts(word) for word in _WORD.findall(text) if word not in TITLES)


_PRONOUNS = re.compile(
    r"[(\[|/·•-]?\s*\b(?:she|he|they|xe|ze|sie|er|elle|il|iel|ella|él|elle|ele|ela|ona|on|hij|zij|hen|hon|han|lui|lei|any)\s*/\s*\w+"
    r"(?:\s*/\s*\w+)?\s*[)\]]?",
    re.IGNORECASE,
)


@lru_cache(maxsize=65536)
def shown_words(display_name: str) -> tuple[str, ...]:
    """The words of a display name, without pronouns."""
    name = display_name[:LONGEST]
    return words(_PRONOUNS.sub(" ", stream_safe(name)) if "/" in name else name)


LONGEST = 200
"""Letters of a display name that are read."""


def _in_latin(found: re.Match[str]) -> str:
    """A word of one foreign script is spelt out; in a mixed word the foreign letters only pass for Latin ones."""
    word = found[0]
    if word.isascii():
        return word
    if _WHOLLY_CYRILLIC.fullmatch(word):
        return word.translate(_CYRILLIC)
    if _WHOLLY_GREEK.fullmatch(word):
        return word.translate(_GREEK)
    return word.translate(_LOOK_ALIKES)


def _without_umlauts(word: str) -> str:
    return _UMLAUTS.sub(r"\1", word) if len(word) > 4 and "e" in word else word


def agreement(display_name: str | None, customer: Customer) -> Agreement:
    """How a display name compares with the customer's name."""
    given, family = words(customer.first_name), tuple(w for w in words(customer.last_name) if w not in PARTICLES)
    shown = words(display_name or "")
    if not shown or not (given or family):
        return Agreement.SILENT
    if _written_together("".join(shown), given, family):
        return Agreement.SAME
    first = [word for word in shown if any(_same_given(word, own) for own in given)]
    last = [word for word in shown if any(_same_family(word, own) for own in family)]
    if first and last and len({*first, *last}) > 1:
        whole = any(len(word) > 1 for word in (*first, *last))
        return Agreement.SAME if whole else Agreement.PARTLY
    names = [word for word in shown if len(word) > 1 and word not in PARTICLES]
    if any(len(word) > 1 for word in first):
        return Agreement.PARTLY
    if any(len(word) > 1 for word in last):
        others = [word for word in names if word not in last]
        # A first name with the same initial may be a nickname that no list has.
        clash = given and others and not any(word[0] == own[0] for word in others for own in given)
        return Agreement.RELATIVE if clash else Agreement.PARTLY
    return Agreement.OTHER if _is_a_name(display_name or "", shown, names) else Agreement.SILENT


def same_person(one: Customer, other: Customer) -> bool:
    """Whether two entries of a CRM bear the same name, so that one is a duplicate of the other."""
    return bool(one.first_name and one.last_name) and agreement(one.name, other) is Agreement.SAME


def is_name_in_one_word(word: str, customer: Customer) -> bool:
    """Whether a word (a domain's label) is first and last name written together."""
    return _written_together("".join(words(word)), words(customer.first_name), words(customer.last_name))


def common_name(names: Iterable[str], others: Iterable[str]) -> bool:
    """Whether two people's names (and handles) have anything in common: a word of one stands in a word of the other.

    Words of one or two letters say nothing; where there are no others, nothing speaks against it.
    """
    one, other = ([word for name in each for word in words(name[:200])] for each in (names, others))
    if not (any(len(word) > 2 for word in one) and any(len(word) > 2 for word in other)):
        return True
    return any((len(mine) > 2 and mine in theirs) or (len(theirs) > 2 and theirs in mine) for mine in one for theirs in other)


def canonical(given: str) -> str:
    """One form for a first name and its nicknames, where that is clear; for blocking keys."""
    forms = _nicknames().get(given, frozenset())
    return min(forms) if len(forms) == 1 else given


def forms(given: str) -> tuple[str, ...]:
    """The full names that a first name may stand for, itself where none is known; for blocking keys."""
    return tuple(sorted(_nicknames().get(given, ())))[:3] or (given,)


def _is_a_name(display_name: str, shown: tuple[str, ...], names: list[str]) -> bool:
    """Two words of letters, written apart: ``Rosie Bailey``, not ``lunar-goblin75``."""
    return len(names) > 1 and len(display_name.split()) > 1 and all(word.isalpha() for word in shown)


def _same_given(shown: str, own: str) -> bool:
    if len(shown) == 1 or len(own) == 1:
        return shown[0] == own[0]
    return _close(shown, own) or bool(_groups(shown) & _groups(own))


def _same_family(shown: str, own: str) -> bool:
    return shown == own[0] if len(shown) == 1 else _close(shown, own)


def _close(one: str, other: str) -> bool:
    return one == other or (min(len(one), len(other)) >= 4 and JaroWinkler.similarity(one, other) >= _CLOSE)


def _written_together(shown: str, given: tuple[str, ...], family: tuple[str, ...]) -> bool:
    first, last = "".join(given), "".join(family)
    both = {_without_umlauts(first + last), _without_umlauts(last + first)}
    return len(first) > 1 and len(last) > 1 and _without_umlauts(shown) in both


def same_group(one: str, other: str) -> bool:
    """Whether two first names may be forms of one."""
    return bool(_groups(one) & _groups(other))


def _groups(name: str) -> frozenset[str]:
    return _nicknames().get(name, frozenset())


@cache
def _nicknames() -> dict[str, frozenset[str]]:
    """Name -> the groups of names that it can stand for, each by its first member."""
    found: dict[str, set[str]] = {}
    for group in NICKNAMES.split(","):
        members = [_without_umlauts(member) for member in group.split()]
        for member in members:
            found.setdefault(member, set()).add(members[0])
    return {name: frozenset(groups) for name, groups in found.items()}
