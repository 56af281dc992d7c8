"""What a profile says in words: whom the author works for, or worked for, and where they live.

No language is understood here: a bio is cut at its punctuation, and what stands at a word like "at", "bei" or "chez", after an @,
or beside a job title is a phrase that may name a company. Whether it does, the customers' companies say.
"""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from listener.core.marks import stream_safe
from nlp.identity.domains import host_of, site_domain
from nlp.identity.lists import (
    AT_WORDS,
    FIELDS,
    FORMER_WORDS,
    LEGAL_FORMS,
    LEGAL_LINKS,
    OF_WORDS,
    ROLE_ENDS,
    ROLES,
    STOP_WORDS,
    WORK_WORDS,
)
from nlp.identity.names import words

LONGEST = 600
"""Characters of a bio that are read; profiles have some 200."""
MOST_PHRASES = 8
MOST_READ = 80
"""Words of a bio that are read."""
MOST_RUN = 5
LONGEST_NAME = 80
"""Letters of a company's name."""
MOST_WORDS = 6


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


_CUTS = re.compile(
    r"\s{1,20}[-–—~]{1,20}\s{1,20}|[-–—]{2,}|[|•·;:!?/\n\r\t()\[\]{}\"“”„«»…<>*]+|\.(?=\s|$)|,(?=\s|$)|[^\w\s.,&'’@#+-]+"
)
_ADDRESS = re.compile(
    r"@?[^\s@]{1,64}@(?:[^\s@.]{1,63}\.){1,6}[^\s@.]{1,63}|(?<!\w)\w{1,20}://\S+|www\.\S+"
    r"|(?<![\w-])@?(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}(?:/\S*)?",
    re.IGNORECASE,
)
"""Mail addresses, links and bare hosts. Every repetition has an end: a bio is anybody's text."""
_SCRIPTS = re.compile(r"([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]+)")
"""Scripts that are written without spaces, or join particles to foreign names."""
_TOKEN = re.compile(r"[@#]?[\w&'’+.-]+|@")
_JOINS = frozenset("-–—|•·/:@>~")
"""Marks that set job title and company beside each other; a comma or a full stop begins something else."""
_YEARS = re.compile(r"\d+")


def fold(token: str) -> str:
    """One token as it is looked up in word lists."""
    return unicodedata.normalize("NFKC", token).casefold().strip(".,'’-+&")


@lru_cache(maxsize=4096)
def slug(name: str) -> str:
    """A company's name as it is compared: folded, without its legal form, written together. Empty where nothing is left."""
    return _slug(words(name.replace(".", "")))


def _slug(parts: tuple[str, ...]) -> str:
    first, end = 0, len(parts)
    while end > first:
        last = parts[end - 1]
        if last in LEGAL_FORMS or (last in LEGAL_LINKS and end < len(parts) and end > 1):
            end -= 1
        elif end > 2 and parts[end - 2 : end] in {("a", "s"), ("s", "a"), ("k", "k"), ("e", "k")}:
            end -= 2
        else:
            break
    while first < end - 1 and parts[first] in LEGAL_FORMS:
        first += 1
    return _FORMS_OF_ASIA.sub("", "".join(parts[first:end]))


_FORMS_OF_ASIA = re.compile("株式会社|有限会社|合同会社|有限公司|股份有限公司|주식회사")


@lru_cache(maxsize=2048)
def runs(bio: str) -> frozenset[str]:
    """Every run of up to five words of a bio, written together: a company that is named in it at all is one of them."""
    found = words(_plain(bio).replace(".", ""))[:MOST_READ]
    every = {"".join(found[start : start + count]) for start in range(len(found)) for count in range(1, MOST_RUN + 1)}
    return frozenset(every)


@lru_cache(maxsize=64)
def _plain(bio: str) -> str:
    """The beginning of a bio with the addresses' hosts as words, and spaces where the script changes."""
    text = stream_safe(bio[:LONGEST])
    text = _ADDRESS.sub(_host_label, text)
    text = _USED_TO.sub("formerly", text)
    text = _ALUMNI.sub(r"ex \1", text)
    return _SCRIPTS.sub(r" \1 ", text)


_USED_TO = re.compile(
    r"\b(?:used to (?:work|be)|no longer(?: works?| working)?|(?:was|worked|working) until recently)\b", re.IGNORECASE
)
_ALUMNI = re.compile(r"(?<![\w])((?:[A-Z@#][\w&'’-]{0,40}\s{1,5}){1,4})alum(?:n[aius]|nae)?\b")
"""``Acme alum``: the word for a former company can stand behind it."""


def _host_label(address: re.Match[str]) -> str:
    """``https://www.acme.example/jobs`` and ``acme.example`` read as ``@acme``; a mail address says nothing here."""
    if "@" in address[0].lstrip("@"):
        return " "
    host = host_of(address[0].strip(".,;:()[]"))
    return f" @{(site_domain(host) or '').partition('.')[0]} " if host and site_domain(host) else " "


@lru_cache(maxsize=2048)
def phrases(bio: str) -> tuple[Phrase, ...]:
    """The phrases of a bio that may name a company, surest first."""
    text = _plain(bio)
    found: dict[tuple[str, bool], Phrase] = {}
    segments = _segments(text)
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


class _Segment(NamedTuple):
    """What stands between two cuts, and whether the cut before it joins it to what it follows."""

    tokens: list[str]
    joined: bool


def _segments(text: str) -> list[_Segment]:
    segments: list[_Segment] = []
    end, joined = 0, False
    for cut in _CUTS.finditer(text):
        _add(segments, text[end : cut.start()], joined=joined)
        joined, end = bool(_JOINS.intersection(cut[0])), cut.end()
    _add(segments, text[end:], joined=joined)
    return segments[:24]


def _add(segments: list[_Segment], text: str, *, joined: bool) -> None:
    tokens = _TOKEN.findall(text)[:20]
    if tokens:
        segments.append(_Segment(tokens, joined))


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
            while start < len(tokens) and folded[start] in _AFTER_FORMER:
                start += 1
            strength = Strength.STATED
        elif former and word in _ONWARD:
            former, strength = False, Strength.STATED
        elif token.startswith(("@", "#")) and len(token) > 1:
            strength, start = Strength.STATED, place
        elif word in _SURE or token == "@":  # noqa: S105 - a token of text
            strength = Strength.STATED
        elif word in AT_WORDS:
            strength = Strength.STATED if working else Strength.MENTIONED
        elif word in OF_WORDS and place and working:
            strength = Strength.STATED if folded[place - 1] in _HEADS else Strength.BESIDE
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


_AFTER_FORMER = frozenset(
    [
        "at",
        "@",
        "from",
        "of",
        "with",
        "by",
        "bei",
        "von",
        "der",
        "de",
        "du",
        "la",
        "da",
        "del",
        "chez",
        "en",
        "em",
        "na",
        "u",
        "w",
        "hos",
        "hos",
        "på",
        "ved",
        "vid",
        "employee",
        "member",
        "staff",
    ]
)
_ONWARD = frozenset(["to", "now", "nach", "zu", "vers", "à", "a", "jetzt", "nun", "maintenant", "ahora", "ora", "nu", "joined"])
_HEADS = frozenset(
    [
        "ceo",
        "founder",
        "cofounder",
        "co-founder",
        "owner",
        "president",
        "chairman",
        "chair",
        "member",
        "part",
        "team",
        "staff",
        "employee",
        "employees",
        "cto",
        "cfo",
        "coo",
        "cmo",
        "partner",
        "gründer",
        "gründerin",
        "inhaber",
        "inhaberin",
        "geschäftsführer",
        "geschäftsführerin",
        "mitglied",
        "teil",
        "fondateur",
        "fondatrice",
        "membre",
        "fundador",
        "fundadora",
        "miembro",
        "fondatore",
        "fondatrice",
        "membro",
        "oprichter",
        "lid",
    ]
)
_SURE = frozenset({"at", "bei", "beim", "chez", "presso", "bij", "hos", "@", "w"})


def _phrase(tokens: list[str], strength: Strength, *, former: bool, at_sign: bool = False) -> tuple[Phrase, int]:
    """The phrase at the beginning of the tokens, and how many of them it takes."""
    kept: list[str] = []
    used = 0
    for used, token in enumerate(tokens):  # noqa: B007 - where the loop stopped is what was used
        word = fold(token)
        if not kept and word in {"the", "a", "an", "our", "der", "die", "das", "le", "la", "les", "l", "el", "my", "@"}:
            continue
        lower = kept and kept[0][:1].isupper() and not token[:1].isupper() and word not in _LINKS
        if lower or word in STOP_WORDS or word in FORMER_WORDS or (kept and _YEARS.fullmatch(word)) or len(kept) == MOST_WORDS:
            break
        kept.append(token)
    else:
        used = len(tokens)
    parts = words(" ".join(kept).replace(".", ""))[:MOST_WORDS]
    whole = _slug(parts)
    beginnings = [_slug(parts[:count]) for count in range(len(parts), 0, -1) if parts[count - 1] not in _NO_END]
    slugs = tuple(dict.fromkeys(each for each in beginnings if 1 < len(each) <= LONGEST_NAME))
    if strength is Strength.BESIDE and parts[-1:] and parts[-1] in LEGAL_FORMS:
        strength = Strength.STATED
    if all(_is_role(token) or fold(token) in WORK_WORDS for token in kept):
        whole = ""
    return Phrase(whole if 1 < len(whole) <= LONGEST_NAME else "", slugs, strength, former, at_sign), used


_LINKS = frozenset(
    [
        "",
        *[
            "of",
            "de",
            "di",
            "von",
            "van",
            "der",
            "den",
            "the",
            "and",
            "und",
            "et",
            "du",
            "da",
            "del",
            "do",
            "dos",
            "das",
            "la",
            "le",
            "e",
            "y",
            "for",
        ],
    ]
)
"""Words that are small inside names."""
_NO_END = frozenset({"of", "de", "di", "von", "the", "and", "und", "et", "du", "da", "del", "van"})
