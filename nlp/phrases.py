"""Phrase rules: what words mean in our community, applied before any engine reads a text.

A phrase with a rule is replaced by a plain word that every engine reads so: an engine need not know of the rules, and a new one
obeys them too. People see their own sentences: the evidence of a verdict is given back verbatim.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from listener.core.analysis import Label, Sentiment
from listener.core.lessons import PhraseRule
from nlp.engines import Said
from nlp.passages import Passage
from nlp.sentences import Place, straight

PLAIN = {Label.POSITIVE: "great", Label.NEGATIVE: "terrible", Label.NEUTRAL: "usual"}
"""What a phrase becomes: words that lexicon and networks agree on; the neutral one is in no lexicon of feelings."""

_DOT = "\u0307"

Restore = Callable[[Sequence[Sentiment]], list[Sentiment]]


class _Compiled(NamedTuple):
    pattern: re.Pattern[str]
    plain: Mapping[str, str]


def teach(items: Sequence[tuple[Said, str]], rules: Sequence[PhraseRule]) -> tuple[list[Said], Restore]:
    """What the engine is to read of each ``(said, brand)``, and what gives its verdicts their verbatim evidence back."""
    if not rules:
        return [said for said, _ in items], list
    taught: list[Said] = []
    verbatim: list[dict[str, str]] = []
    for said, brand in items:
        compiled = _compiled(tuple(rules), brand)
        passages = [_taught(passage, compiled) for passage in said.passages] if compiled else list(said.passages)
        said_so = compiled is not None and compiled.pattern.search(_folded(said.text)[0]) is not None
        taught.append(said._replace(passages=tuple(passages), text="" if said_so else said.text))
        verbatim.append(_originals(said.passages, passages))

    def restore(sentiments: Sequence[Sentiment]) -> list[Sentiment]:
        return [
            replace(one, evidence=tuple(dict.fromkeys(words.get(sentence, sentence) for sentence in one.evidence)))
            for one, words in zip(sentiments, verbatim, strict=True)
        ]

    return taught, restore


@lru_cache(maxsize=64)
def _compiled(rules: tuple[PhraseRule, ...], brand: str) -> _Compiled | None:
    """The rules for a brand's mentions; one of its own goes before one for all, and of two for the same the later."""
    plain: dict[str, str] = {}
    for rule in sorted(rules, key=lambda rule: rule.brand is not None):
        if rule.brand in {None, brand} and (phrase := _key(rule.phrase)) and rule.label in PLAIN:
            plain[phrase] = PLAIN[rule.label]
    if not plain:
        return None
    longest_first = sorted(plain, key=lambda phrase: (-len(phrase), phrase))
    spelled = "|".join(r"\s+".join(re.escape(word) for word in phrase.split()) for phrase in longest_first)
    return _Compiled(re.compile(rf"(?<!\w)(?:{spelled})(?!\w)"), plain)


def _key(phrase: str) -> str:
    return " ".join(_folded(phrase)[0].split())


def _folded(text: str) -> tuple[str, Sequence[int]]:
    """The text without case, as rules are compared with it, and where each of its characters (and its end) stands in ``text``.

    Folding makes some letters longer: "ß" is "ss", "ﬁ" is "fi". A dot over an "i", which folding leaves of "İ", says nothing.
    """
    folded = straight(text.casefold())
    if len(folded) == len(text) and _DOT not in folded:
        return folded, range(len(text) + 1)
    letters: list[str] = []
    where: list[int] = []
    for at, char in enumerate(text):
        for letter in straight(char.casefold()):
            if letter != _DOT or letters[-1:] != ["i"]:
                letters.append(letter)
                where.append(at)
    return "".join(letters), [*where, len(text)]


def _taught(passage: Passage, compiled: _Compiled) -> Passage:
    """The passage with plain words; every place in it is where it was in the words."""
    own = passage.own or ((passage.start, passage.end),)
    changes = _changes(passage.sentence, compiled, (*own, *passage.others))
    following = tuple(_replaced(sentence, _changes(sentence, compiled, ())) for sentence in passage.following)
    if not changes:
        return passage if following == passage.following else replace(passage, following=following)

    def moved(place: Place) -> Place:
        return _moved(place[0], changes), _moved(place[1], changes)

    start, end = moved((passage.start, passage.end))
    return replace(
        passage,
        sentence=_replaced(passage.sentence, changes),
        start=start,
        end=end,
        others=tuple(map(moved, passage.others)),
        own=tuple(map(moved, passage.own)),
        following=following,
    )


def _changes(sentence: str, compiled: _Compiled, named: Sequence[Place]) -> list[tuple[int, int, str]]:
    """What is replaced by what, in order; never a part of a target's name."""
    found = []
    folded, where = _folded(sentence)
    for match in compiled.pattern.finditer(folded):
        first, last = where[match.start()], where[match.end()]
        word = compiled.plain.get(" ".join(match.group().split()))
        in_letter = last == where[match.end() - 1] or (match.start() > 0 and first == where[match.start() - 1])
        if word is None or in_letter or any(start < last and first < end for start, end in named):
            continue
        shouted = last - first > 1 and sentence[first:last].isupper()
        found.append((first, last, word.upper() if shouted else word))
    return found


def _replaced(sentence: str, changes: Sequence[tuple[int, int, str]]) -> str:
    parts, last = [], 0
    for start, end, word in changes:
        parts += [sentence[last:start], word]
        last = end
    return "".join([*parts, sentence[last:]])


def _moved(at: int, changes: Sequence[tuple[int, int, str]]) -> int:
    """Where a place outside the changes stands after them."""
    return at + sum(len(word) - (end - start) for start, end, word in changes if end <= at)


def _originals(before: Sequence[Passage], after: Sequence[Passage]) -> dict[str, str]:
    """The verbatim sentence of each one that the engine reads; of two that became alike the first."""
    found: dict[str, str] = {}
    for old, new in zip(before, after, strict=True):
        for verbatim, read in zip((old.sentence, *old.following), (new.sentence, *new.following), strict=True):
            found.setdefault(read, verbatim)
    return found
