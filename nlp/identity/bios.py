"""What a profile says in words: whom the author works for, or worked for, and where they live.

No language is understood here: a bio is cut at its punctuation, and what stands at a word like "at", "bei" or "chez", after an @,
or beside a job title is a phrase that may name a company. Whether it does, the customers' companies say.
How a bio is made ready and cut stands in ``bio_text``, the words that lead to a company in ``lists``.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from nlp.identity.bio_text import fold, plain, segments_of
from nlp.identity.company_names import slug_of_words
from nlp.identity.lists import (
    AFTER_FORMER,
    AT_WORDS,
    FIELDS,
    FORMER_WORDS,
    HEADS,
    LEGAL_FORMS,
    NAME_LINKS,
    NO_END,
    OF_WORDS,
    ONWARD,
    ROLE_ENDS,
    ROLES,
    STOP_WORDS,
    SURE_AT_WORDS,
    WORK_WORDS,
)
from nlp.identity.names import words

MOST_PHRASES = 8
MOST_READ = 80
"""Words of a bio that are read."""
MOST_RUN = 5
LONGEST_NAME = 80
"""Letters of a company's name."""
MOST_WORDS = 6
_YEARS = re.compile(r"\d+")


class Strength(IntEnum):
    """How surely a phrase names an employer."""

    MENTIONED = 0
    """It stands by itself: a company, a town, a hobby."""
    NAMED = 1
    """It is written like a name inside a sentence."""
    BESIDE = 2
    """It stands beside a job title."""
    STATED = 3
    """"works at", "@company", "employed by"."""


class Phrase(NamedTuple):
    """A phrase that may name a company: itself, and its beginnings, folded and written together, longest first."""

    slug: str
    slugs: tuple[str, ...]
    strength: Strength
    former: bool
    at_sign: bool = False


@lru_cache(maxsize=2048)
def runs(bio: str) -> frozenset[str]:
    """Every run of up to five words of a bio, written together: a company that is named in it at all is one of them."""
    found = words(plain(bio).replace(".", ""))[:MOST_READ]
    every = {"".join(found[start : start + count]) for start in range(len(found)) for count in range(1, MOST_RUN + 1)}
    return frozenset(every)


@lru_cache(maxsize=2048)
def phrases(bio: str) -> tuple[Phrase, ...]:
    """The phrases of a bio that may name a company, surest first."""
    text = plain(bio)
    found: dict[tuple[str, bool], Phrase] = {}
    segments = segments_of(text)
    roles = [_has_role(segment.tokens) for segment in segments]
    for number, segment in enumerate(segments):
        before = number > 0 and roles[number - 1] and segment.joined
        after = number + 1 < len(segments) and roles[number + 1] and segments[number + 1].joined
        later = number + 1 < len(segments) and fold(segments[number + 1].tokens[0]) in FORMER_WORDS
        for phrase in _of_segment(segment.tokens, role=roles[number], beside=before or after or later):
            key = (phrase.slug, phrase.former)
            if phrase.slug and (key not in found or found[key].strength < phrase.strength):
                found[key] = phrase
    ordered = sorted(found.values(), key=lambda phrase: -phrase.strength)
    return tuple(ordered[:MOST_PHRASES])


def _has_role(tokens: list[str]) -> bool:
    """Whether a segment has a job title: a word of one, or nothing but words of fields of work."""
    return any(_is_title(token) for token in tokens) or all(fold(token) in FIELDS for token in tokens)


def _is_role(token: str) -> bool:
    return fold(token) in FIELDS or _is_title(token)


def _is_title(token: str) -> bool:
    word = fold(token)
    return word in ROLES or (len(word) > 6 and word.endswith(ROLE_ENDS))


def _of_segment(tokens: list[str], *, role: bool, beside: bool) -> list[Phrase]:  # noqa: C901 - one branch a way in which a company is led in
    """The phrases of one segment: at each word that leads to a company; else what is left of it beside a job title."""
    folded = [fold(token) for token in tokens]
    working = role or any(word in WORK_WORDS for word in folded)
    found: list[Phrase] = []
    former = False
    place = 0
    while place < len(tokens):
        word, token = folded[place], tokens[place]
        strength: Strength | None = None
        start = place + 1
        if word.startswith("ex-") and len(word) > 4:
            tokens = [*tokens[:place], token[3:], *tokens[start:]]
            strength, start, former = Strength.STATED, place, True
        elif word in FORMER_WORDS:
            former = True
            while start < len(tokens) and folded[start] in AFTER_FORMER:
                start += 1
            strength = Strength.STATED
        elif former and word in ONWARD:
            former, strength = False, Strength.STATED
        elif token.startswith(("@", "#")) and len(token) > 1:
            strength, start = Strength.STATED, place
        elif word in SURE_AT_WORDS or token == "@":  # noqa: S105 - a token of text
            strength = Strength.STATED
        elif word in AT_WORDS:
            strength = Strength.STATED if working else Strength.MENTIONED
        elif word in OF_WORDS and place and working:
            strength = Strength.STATED if folded[place - 1] in HEADS else Strength.BESIDE
        if strength is None or start >= len(tokens):
            place += 1
            continue
        at_sign = len(tokens[start]) > 1 and tokens[start].startswith(("@", "#"))
        phrase, used = _phrase(tokens[start : start + 1] if at_sign else tokens[start:], strength, former=former, at_sign=at_sign)
        if phrase.slug:
            found.append(phrase)
        place = start + max(used, 0 if start > place else 1)
    return found or [*_rest(tokens, role=role, beside=beside), *_capital(tokens)]


def _rest(tokens: list[str], *, role: bool, beside: bool) -> list[Phrase]:
    """A segment without a word that leads to a company: all of it, without the job title."""
    rest = [token for token in tokens if not _is_role(token)] if role else tokens
    if not rest or len(rest) > MOST_WORDS:
        return []
    named = role and rest[0][:1].isupper() and (_is_role(tokens[0]) or _is_role(tokens[-1]))
    strength = Strength.BESIDE if beside or (named and len(rest) < len(tokens)) else Strength.MENTIONED
    phrase, _ = _phrase(rest, strength, former=False)
    return [phrase] if phrase.slug else []


def _capital(tokens: list[str]) -> list[Phrase]:
    """Runs of words with a capital that do not open the segment: some name, in whatever language the rest is."""
    found = []
    for place in range(1, len(tokens)):
        token, before = tokens[place], tokens[place - 1]
        if not token[:1].isupper() or _is_role(token) or (before[:1].isupper() and place > 1):
            continue
        phrase, _ = _phrase(tokens[place:], Strength.NAMED, former=False)
        if len(phrase.slug) > 3:
            found.append(phrase)
    return found[:3]


def _phrase(tokens: list[str], strength: Strength, *, former: bool, at_sign: bool = False) -> tuple[Phrase, int]:
    """The phrase at the beginning of the tokens, and how many of them it takes."""
    kept: list[str] = []
    used = 0
    for used, token in enumerate(tokens):  # noqa: B007 - where the loop stopped is what was used
        word = fold(token)
        if not kept and word in {"the", "a", "an", "our", "der", "die", "das", "le", "la", "les", "l", "el", "my", "@"}:
            continue
        lower = kept and kept[0][:1].isupper() and not token[:1].isupper() and word not in NAME_LINKS
        if lower or word in STOP_WORDS or word in FORMER_WORDS or (kept and _YEARS.fullmatch(word)) or len(kept) == MOST_WORDS:
            break
        kept.append(token)
    else:
        used = len(tokens)
    parts = words(" ".join(kept).replace(".", ""))[:MOST_WORDS]
    whole = slug_of_words(parts)
    beginnings = [slug_of_words(parts[:count]) for count in range(len(parts), 0, -1) if parts[count - 1] not in NO_END]
    slugs = tuple(dict.fromkeys(each for each in beginnings if 1 < len(each) <= LONGEST_NAME))
    if strength is Strength.BESIDE and parts[-1:] and parts[-1] in LEGAL_FORMS:
        strength = Strength.STATED
    if all(_is_role(token) or fold(token) in WORK_WORDS for token in kept):
        whole = ""
    return Phrase(whole if 1 < len(whole) <= LONGEST_NAME else "", slugs, strength, former, at_sign), used
