"""How an author's display name and handle compare with a customer's name: one level of the field ``name``."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from nlp.identity.lists import PARTICLES
from nlp.identity.names import canonical, same_group

MOST_WORDS = 6
"""Words of a display name that are compared."""


class Shown(NamedTuple):
    """An author's name as it is compared."""

    words: tuple[str, ...]
    """The folded words of the display name, particles and all."""
    spaced: bool
    """The display name is several words of letters: ``Rosie Bailey``, not ``lunar-goblin75``."""
    handle: str
    """The letters of the handle."""
    pieces: tuple[str, ...]
    """The parts of the handle between punctuation and digits."""


class Named(NamedTuple):
    """A customer's name as it is compared: folded words, the last name without particles."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    together: str
    """All words of the last name, particles too, written together."""


_EXACT, _NICK, _TYPO, _GUESS, _INITIAL, _NOT = range(6)


def name_level(shown: Shown, named: Named) -> str | None:  # noqa: PLR0911 - levels in order, the first that holds
    """The level's name; ``None`` where the customer has no name to compare."""
    given, family = named.given, named.family
    if not given and not family:
        return None
    level = _display(shown, named)
    handle = _handle(shown, named)
    if level in {"first", "initial", "short"} and handle in {"full", "last"}:
        return "handle_completes"
    if level == "changed" and handle in {"full", "last"} and not _in_display(shown, named):
        return "changed_kept"
    if level in {"relative", "kin"} and handle in {"full", "first"} and _first_in_handle(shown, named):
        return "short"  # the first name that the display name changes stands in the handle
    if level == "last" and handle in {"full", "first"}:
        return "handle_completes"
    if level == "silent":
        return {"full": "handle", "last": "handle_initial"}.get(handle or "", "silent")
    return level


def _in_display(shown: Shown, named: Named) -> bool:
    """Whether a last name of the customer stands in the display name too, maybe as a first name."""
    return any(word in shown.words for word in named.family)


def _display(shown: Shown, named: Named) -> str:  # noqa: C901, PLR0911 - the orders in which names are written
    """The level of the display name alone."""
    given, family = named.given, named.family
    names = [word for word in shown.words if len(word) == 1 or word not in PARTICLES][:MOST_WORDS]
    if not names:
        return "silent"
    if given and family and tuple(names) == (given[0], family[-1]):
        return "full"
    if not shown.spaced and _together("".join(shown.words), named):
        return "full"
    if len(names) > 2 and _together("".join(names), named):
        return "full"
    given_level: Callable[[str, str], int] = _given
    if len(given) > 1:
        given, given_level = (*given, "".join(given)), _given_part
    first, first_at = _best(names, given, given_level)
    last, last_at = _best(names, family, _family, taken=first_at if first <= _TYPO else None)
    if first_at == last_at and first_at is not None:
        if first <= _TYPO and last == _NOT:
            last_at = None
        elif last <= _TYPO:  # one word cannot be both
            first, first_at = _best(names, given, given_level, taken=last_at)
    if last == _NOT and first != _NOT and family:  # the same word may be the better last name
        other, other_at = _best(names, family, _family)
        if other < first:
            last, last_at = other, other_at
            first, first_at = _best(names, given, given_level, taken=last_at)
    if first <= _TYPO and last <= _TYPO and _other_part(names, first_at, last_at, named):
        return "kin"
    level = _combined(first, last, names, first_at, last_at, named)
    if level is None:
        return "other" if shown.spaced and sum(len(word) > 1 for word in names) > 1 else "silent"
    return level


def _combined(first: int, last: int, names: list[str], first_at: int | None, last_at: int | None, named: Named) -> str | None:  # noqa: PLR0911 - levels in order, the first that holds
    others = [word for place, word in enumerate(names) if place not in {first_at, last_at} and len(word) > 1]
    if first <= _GUESS and last <= _TYPO:
        left = [word for word in named.family if word not in names and not any(_family(other, word) <= _TYPO for other in names)]
        if (
            left
            and others
            and len(named.family) > 1
            and not any(_given(word, own) <= _TYPO for word in others for own in named.given)
        ):
            return "shared"  # one of two last names agrees, the other does not
        if first == _GUESS:
            return "short"
        if _TYPO in (first, last):
            return "variant"
        return "nickname" if first == _NICK else "full"
    if (first == _INITIAL and last <= _TYPO) or (first <= _TYPO and last == _INITIAL):
        return "initial"
    if first <= _TYPO:
        if not others or not named.family:
            return "first"
        return "changed"
    if last <= _TYPO:
        if not others or not named.given:
            return "last"
        return "relative" if any(_alike(word, own) for word in others for own in named.given) else "kin"
    return None


def _other_part(names: list[str], first_at: int | None, last_at: int | None, named: Named) -> bool:
    """Whether a first name of several parts agrees in one part and contradicts in another: Sung-min and Min-jun."""
    if len(named.given) < 2 or first_at is None or names[first_at] == "".join(named.given):
        return False
    left = [own for own in named.given if not any(_given_part(word, own) <= _INITIAL for word in names)]
    beside = [names[at] for at in (first_at - 1, first_at + 1) if 0 <= at < len(names) and at != last_at]
    between = last_at is not None and abs(first_at - last_at) == 1 and (first_at == 0 or last_at == 0)
    if between and last_at is not None and first_at < last_at:
        beside = []  # what follows the last name is another last name
    swapped = not left and first_at + 1 < len(names) and _turned(names, named)
    return swapped or bool(left and any(len(word) > 1 and word.isalpha() and word not in named.family for word in beside))


def _turned(names: list[str], named: Named) -> bool:
    """Whether the parts of a first name stand in the other order."""
    places = [names.index(own) for own in named.given if own in names]
    return len(places) > 1 and places != sorted(places)


_STARTS = str.maketrans("cqgyjzpwx", "kkjjjsfvs")


def _alike(word: str, own: str) -> bool:
    """Whether two first names begin alike or share a syllable, so that one could be a short form that no list has."""
    if word[:1].translate(_STARTS) == own[:1].translate(_STARTS):
        return True
    return any(word[at : at + 3] in own for at in range(len(word) - 2))


def _first_in_handle(shown: Shown, named: Named) -> bool:
    whole = "".join(named.given)
    if len(named.given) > 1 and len(whole) > 3 and whole in shown.handle:
        return True
    return any(len(word) > 3 and (shown.handle.startswith(word) or word in shown.pieces) for word in named.given)


def _best(names: list[str], own: tuple[str, ...], compare, taken: int | None = None) -> tuple[int, int | None]:  # type: ignore[no-untyped-def]
    best, at = _NOT, None
    for place, word in enumerate(names):
        if place == taken:
            continue
        for other in own:
            found = compare(word, other)
            if found < best:
                best, at = found, place
                if best == _EXACT:
                    return best, at
    return best, at


@lru_cache(maxsize=65536)
def _given(word: str, own: str) -> int:  # noqa: PLR0911 - levels in order, the first that holds
    if word == own:
        return _EXACT
    if len(word) == 1 or len(own) == 1:
        return _INITIAL if word[0] == own[0] else _NOT
    if same_group(word, own):
        return _NICK
    if is_close(word, own):
        return _TYPO
    shorter, longer = sorted((word, own), key=len)
    stem = shorter.rstrip(_SMALL) if shorter[-1] in _SMALL else shorter
    if len(shorter) >= 3 and longer.startswith(shorter):
        return _GUESS
    if len(stem) >= 3 and longer.startswith(stem) and len(stem) < len(shorter) <= len(stem) + 2 and len(longer) > len(stem) + 1:
        return _GUESS
    return _GUESS if len(stem) >= 4 and stem in longer else _NOT


_SMALL = "aeiouy"
"""Letters on which short forms end."""


def _given_part(word: str, own: str) -> int:
    """The same where the first name has several parts: one of them with more behind it is another name."""
    found = _given(word, own)
    return _NOT if found == _GUESS and (len(word) > len(own) or len(own) < 6) else found


@lru_cache(maxsize=65536)
def _family(word: str, own: str) -> int:
    if word == own:
        return _EXACT
    if len(word) == 1 or len(own) == 1:
        return _INITIAL if word[0] == own[0] else _NOT
    return _TYPO if is_close(word, own) else _NOT


def is_close(one: str, other: str) -> bool:
    """Whether two words are one with a slip or in another spelling: a letter more, less, other, or two exchanged."""
    if abs(len(one) - len(other)) > 2 or min(len(one), len(other)) < 4:
        return False
    if sound(one) == sound(other):
        return True
    if DamerauLevenshtein.distance(one, other, score_cutoff=1) <= 1:
        return one[0] == other[0] or len(one) > 5
    return min(len(one), len(other)) > 6 and JaroWinkler.similarity(one, other) >= 0.95


_SOUNDS = (
    ("kh", "h"),
    ("ck", "k"),
    ("ph", "f"),
    ("ou", "u"),
    ("sch", "sh"),
    ("tch", "ch"),
    ("cz", "ch"),
    ("sz", "sh"),
    ("th", "t"),
)
_LETTERS = str.maketrans("yjwczq", "iivksk")


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """One form for spellings that transliteration varies: Petrov and Petroff, Yury and Jurij, Mohamed and Muhammad do not all
    meet, but most pairs of this kind do."""
    for one, other in _SOUNDS:
        if one in word:
            word = word.replace(one, other)
    word = word.translate(_LETTERS)
    if word.endswith("ff"):
        word = f"{word[:-2]}v"
    kept = [letter for place, letter in enumerate(word) if place == 0 or letter != word[place - 1]]
    return "".join(kept)


def _together(text: str, named: Named) -> bool:
    first = "".join(named.given)
    if not first or not named.together:
        return False
    if text.isascii() and (len(first) < 2 or len(named.together) < 2 or len(text) < 5):
        return False
    last = named.together
    return text in {first + last, last + first, named.given[0] + last, last + named.given[0]}


def _handle(shown: Shown, named: Named) -> str | None:
    """What the handle shows of the name: ``full``, ``last`` (with or without an initial), ``first``."""
    handle = shown.handle
    if len(handle) < 3:
        return None
    last = next((word for word in (named.together, *named.family) if len(word) > 2 and word in handle), "")
    first = next((word for word in named.given if len(word) > 1 and word in handle), "")
    if last and first and first != last:
        return "full" if first in handle.replace(last, " ", 1) else "last"
    if last:
        rest = handle.replace(last, "", 1)
        if len(rest) > 1 and named.given and same_group(rest, named.given[0]):
            return "full"
        fits = not rest or (named.given and (rest[0] == named.given[0][0] or rest[-1] == named.given[0][0]))
        return "last" if fits and (len(last) > 3 or len(rest) <= 1 or last in shown.pieces) else None
    return "first" if first else None


def given_key(given: tuple[str, ...]) -> str:
    """The first name under which its bearers are counted."""
    return canonical(given[0]) if given else ""
