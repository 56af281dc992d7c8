"""The engine ``vader``: vaderSentiment's own scores (by ``nlp.valence``), on the sentences that speak of a target.

VADER is a lexicon of English with rules. Its score saturates with length, so it is never given a page: each sentence is scored by
itself, and the scores are averaged, weighted by their strength. It knows no target, so a comparison is cut at words
like "than". That hardly moves the figures (macro-recall on 6,000 tweets about topics 49.3 → 49.2, 6,000 of Dong 2014 52.8 → 53.0,
opposite-sign errors there 9.3 → 9.1 %), but "X is better than Y" must not praise Y.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from typing import NamedTuple

from listener.core.analysis import Label, Sentiment
from nlp.engines import Said, unscored
from nlp.language import identify
from nlp.passages import Passage, Sentence, find_passages, named_places
from nlp.sentences import straight
from nlp.splitting import split_sentences
from nlp.valence import Valencer

THRESHOLD = 0.05
"""The library's own: a compound from here on is positive, mirrored negative."""
SURE = 0.4
"""Weaker than this, fewer than half of VADER's polar labels are right on three sets of tweets (complaints to airlines: more)."""
LONGEST = 1_000
"""Characters of a sentence, or of a whole text, that are scored in one piece."""
_MOST_SENTENCES = 200  # of a whole text
_MOST_EVIDENCE = 3
_LONGEST_TEXT, _LONGEST_NAME = 200_000, 200  # characters that are read of a text and of a target's name

_RULES = 2
"""Of this file: raised with every change of what is scored or how scores become a verdict."""

_NO_TEXT = "no text"
_NOTHING_READABLE = "nothing in it that the engine can read"

# What stands beyond one of these is said of something else.
_CUT = re.compile(r"\b(?:than|vs\.?|versus|compared (?:to|with)|unlike|instead of|rather than|while|whereas)\b|;", re.IGNORECASE)
# These part what is said of two targets, and only then: "slow but good" is all about one.
_CONTRAST = re.compile(r"\b(?:but|though|although|however|yet)\b", re.IGNORECASE)


class _Scored(NamedTuple):
    sentence: str
    compound: float
    read: bool
    """Whether any word of it is in the lexicon."""


class Vader:
    """The engine. It reads English only; ``score_many`` finds out the language by itself."""

    name = "vader"
    languages = frozenset({"en"})

    def __init__(self) -> None:
        self.version = f"{version('vaderSentiment')}+rules{_RULES}"
        self._valence = Valencer()

    def compound(self, text: str) -> float:
        """The library's own compound score of the text as it is."""
        return self._valence.compound(text).compound

    def score_many(self, items: Iterable[tuple[str, str | None]]) -> Iterator[Sentiment]:
        """The sentiment of each ``(text, target)``, in order.

        A target of ``None``, or one that the text does not name, means the whole text: as a whole where it is short, sentence by
        sentence where it is longer than ``LONGEST``.
        """
        return (self._score_item(text, target) for text, target in items)

    def score_passages(self, items: Sequence[Said]) -> list[Sentiment]:
        return [self._score_passages(item.passages, item.language) for item in items]

    def _score_passages(self, passages: Sequence[Passage], language: str | None) -> Sentiment:
        if reason := _unreadable(" ".join(p.sentence for p in passages), language):
            return unscored(self, reason, tuple(p.sentence for p in passages[:_MOST_EVIDENCE]))
        groups = [
            [self._score(p.sentence, straight(_said_of_target(p))), *(self._score(s, straight(s[:LONGEST])) for s in p.following)]
            for p in passages
        ]
        return self._verdict(groups, language)

    def _score_item(self, text: str, target: str | None) -> Sentiment:
        text, target = text[:_LONGEST_TEXT], target and target[:_LONGEST_NAME]
        language = identify(text)
        if reason := _unreadable(text, language):
            return unscored(self, reason)
        places = named_places(text, target) if target else []
        if places:
            passages = find_passages(text, _sentences(text), places)
            if passages:
                return self._score_passages(passages, language)
        if len(text) <= LONGEST:
            return self._whole(text, language)
        sentences = (text[s.start : s.end] for s in _sentences(text)[:_MOST_SENTENCES])
        return self._verdict([[self._score(s, s[:LONGEST])] for s in sentences], language)

    def _whole(self, text: str, language: str | None) -> Sentiment:
        """What ``_verdict`` makes of a single piece, without its detours: most texts are short."""
        score, read = self._valence.compound(text)
        if not read and not _has_letters(text):
            return unscored(self, _NOTHING_READABLE)
        unsure = language is None or abs(score) < SURE
        return Sentiment(_label(score), score, self.name, self.version, unsure=unsure, evidence=(text,))

    def _score(self, sentence: str, said: str) -> _Scored:
        return _Scored(sentence, *self._valence.compound(said))

    def _verdict(self, groups: list[list[_Scored]], language: str | None) -> Sentiment:
        """One sentiment from scored sentences; each group is a passage, led by the sentence that names the target."""
        scored = [one for group in groups for one in group]
        if not any(one.read or _has_letters(one.sentence) for one in scored):
            return unscored(self, _NOTHING_READABLE)
        strength = sum(abs(one.compound) for one in scored)
        score = sum(one.compound * abs(one.compound) for one in scored) / strength if strength else 0.0
        best, worst = max(one.compound for one in scored), min(one.compound for one in scored)
        label, unsure = _label(score), abs(score) < SURE or language is None
        if best >= SURE and worst <= -SURE:
            label, unsure = Label.MIXED, language is None
        return Sentiment(label, score, self.name, self.version, unsure=unsure, evidence=_evidence(groups))


def _label(score: float) -> Label:
    if score >= THRESHOLD:
        return Label.POSITIVE
    return Label.NEGATIVE if score <= -THRESHOLD else Label.NEUTRAL


def _evidence(groups: list[list[_Scored]]) -> tuple[str, ...]:
    """The naming sentence of the strongest passage, and the strongest others, in the order of the text."""
    leading = max(groups, key=lambda group: max(abs(one.compound) for one in group))[0]
    everything = [one for group in groups for one in group]
    strongest = sorted((one for one in everything if one is not leading), key=lambda one: -abs(one.compound))
    chosen = {id(one) for one in [leading, *(one for one in strongest if abs(one.compound) >= THRESHOLD)][:_MOST_EVIDENCE]}
    return tuple(dict.fromkeys(one.sentence for one in everything if id(one) in chosen))


def _unreadable(text: str, language: str | None) -> str | None:
    """Why VADER cannot read the text, or ``None`` where it can try."""
    if not text or text.isspace():
        return _NO_TEXT
    if language not in {None, "en"}:
        return f"the engine reads English only, and the text is in another language ({language})"
    if text.isascii():
        return None
    letters = [c for c in text[:LONGEST] if c.isalpha()]
    if sum(c > "\u024f" for c in letters) > len(letters) / 2:
        return "the engine reads Latin script only"
    return None


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))


def _said_of_target(passage: Passage) -> str:
    """The part of the sentence that speaks of the target, at most ``LONGEST`` characters."""
    sentence = passage.sentence
    left, right = 0, len(sentence)
    for cut in _CUT.finditer(sentence):
        if cut.end() <= passage.start:
            left = cut.end()
        elif cut.start() >= passage.end:
            right = cut.start()
            break
    if passage.is_left:
        return sentence[passage.start : passage.end]
    if passage.is_measure and (comma := sentence.find(",", passage.end)) >= 0:
        right = min(right, comma)
    for start, end in passage.others:
        if end <= passage.start and (contrast := _CONTRAST.search(sentence, end, passage.start)):
            left = max(left, contrast.end())
        if start >= passage.end and (contrast := _CONTRAST.search(sentence, passage.end, start)):
            right = min(right, contrast.start())
    left = max(left, passage.start - LONGEST // 2)
    return sentence[left : min(right, left + LONGEST)]


def _sentences(text: str) -> list[Sentence]:
    """All sentences of the text, as one run."""
    return [Sentence(start, end, 0) for start, end in split_sentences(text)]
