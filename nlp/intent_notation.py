"""A small notation for token patterns of spaCy's matcher, in which the rules of intents are written.

A pattern is tokens parted by spaces, compared in lower case. spaCy splits contractions ("wouldn't" is ``would n't``):

    better|worse     one of these words                <we>      one word of a group of ``nlp.intent_words``; also ``<we>|they``
    OURS  RIVAL      a name of ours, of a rival        NAMED     either of them
    NAME             another name: capitalised, not a common word, not first in its sentence
    NUM              a number, in digits or words      WORD  PUNCT   any word; any punctuation
    ..4              up to four tokens, no punctuation among them
    ..4-OURS         the same, but without our name    x?  x*3   optional; up to three of them
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from listener.core.analysis import Intent
from nlp.intent_words import GROUPS

Pattern = list[dict[str, Any]]

KINDS = frozenset({"OURS", "RIVAL"})

_SPECIAL: dict[str, dict[str, Any]] = {
    "OURS": {"ENT_TYPE": "OURS"},
    "RIVAL": {"ENT_TYPE": "RIVAL"},
    "NAMED": {"ENT_TYPE": {"IN": ["OURS", "RIVAL"]}},
    "NAME": {"IS_TITLE": True, "IS_STOP": False, "IS_SENT_START": False, "ENT_TYPE": {"NOT_IN": ["OURS"]}},
    "NUM": {"LIKE_NUM": True},
    "WORD": {"IS_ALPHA": True},
    "PUNCT": {"IS_PUNCT": True},
}
_TOKEN = re.compile(r"(?P<gap>\.\.(?P<most>\d)(?:-(?P<without>OURS|RIVAL))?)|(?P<what>(?!\.\.)[^\s?*]+)(?P<op>\?|\*\d)?")


def token_pattern(written: str) -> Pattern:
    """The matcher's form of a pattern in the notation above.

    Raises:
        ValueError: it is not in that notation, or names an unknown group.
    """
    return [_token(part) for part in written.split()]


def needed_words(pattern: Pattern) -> list[frozenset[str]]:
    """Sets of words of each of which a sentence must hold one, or the pattern cannot match: a cheap test before the matcher.

    ``OURS`` and ``RIVAL`` among them stand for a name of that kind.
    """
    return [needed for token in pattern if "OP" not in token and (needed := _needed(token))]


def _needed(token: dict[str, Any]) -> frozenset[str]:
    words = token.get("LOWER") or token.get("ENT_TYPE") or {}
    return frozenset([words] if isinstance(words, str) else words.get("IN", ()))


def _token(written: str) -> dict[str, Any]:
    found = _TOKEN.fullmatch(written)
    if found is None:
        raise ValueError(f"not a token of a pattern: {written}")
    if found["gap"]:
        free: dict[str, Any] = {"IS_PUNCT": False, "OP": f"{{0,{found['most']}}}"}
        return free | {"ENT_TYPE": {"NOT_IN": [found["without"]]}} if found["without"] else free
    token = _one(found["what"])
    match found["op"]:
        case None:
            return token
        case "?":
            return token | {"OP": "?"}
        case most:
            return token | {"OP": f"{{0,{most[1:]}}}"}


def _one(what: str) -> dict[str, Any]:
    if what in _SPECIAL:
        return dict(_SPECIAL[what])
    return {"LOWER": {"IN": [word for part in what.split("|") for word in _words(part)]}}


def _words(part: str) -> list[str]:
    if not part.startswith("<"):
        if part != part.lower():
            raise ValueError(f"not a token of a pattern: {part} (words are compared in lower case, names stand alone)")
        return [part]
    if part[1:-1] not in GROUPS:
        raise ValueError(f"no such group of words: {part}")
    return GROUPS[part[1:-1]].split()


@dataclass(frozen=True, slots=True)
class Rule:
    """An intent holds where one of ``patterns`` matches a sentence and no veto of ``unless`` overlaps that match.

    ``at_start`` and ``at_end`` tie the match to the sentence's ends. An ``alone`` rule speaks of the target as "it" or not at
    all, so it needs a sentence without a rival; an ``unnamed`` one needs a sentence that names nobody, which goes on about
    the target. ``questions`` says whether a question may carry the intent.
    """

    intent: Intent
    patterns: tuple[str, ...]
    unless: tuple[str, ...] = ()
    at_start: bool = False
    at_end: bool = False
    alone: bool = False
    unnamed: bool = False
    questions: bool = False
