"""The engine ``target``: a small network of our own that reads a text together with the target whose sentiment is asked for.

    text, target ──readable?──> short: the whole text ─┐
                                long: its passages ────┴─pairs──> network ──probabilities──> one verdict

A text as short as those that the network was trained on is given whole, and costs no more than that: neither spaCy nor language
identification is loaded for plain English. Of a longer one, the sentences that speak of the target are given, passage by passage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice, repeat
from pathlib import Path
from typing import NamedTuple

from listener.core.analysis import Label, Sentiment
from nlp.combining import LABELS, probabilities, unpraised, verdict
from nlp.encoder import Encoder, Triple
from nlp.engines import Said, unscored
from nlp.language import identify
from nlp.pairs import pair
from nlp.passages import Passage, named_places
from nlp.pieces import naming_passages, pieces, sentences_at

SHORT_WORDS = 40
"""A text of no more words is given whole: it fits the network, and longer ones were not trained on."""
_SHORT = 1_000  # characters, beyond which words are not even counted
_LONGEST, _LONGEST_NAME = 200_000, 200  # characters that are looked at: a book chapter, far beyond any post
_FIRST_BATCH, _BATCH = 32, 1_024  # the first is small, so that the first answer comes soon; in many, like lengths meet
_MOST_EVIDENCE = 3

_RULES = 1
"""Of this engine: raised with every change of what is scored or how scores become a verdict."""

_NO_TEXT = "no text"
_NOTHING_READABLE = "nothing in it that the engine can read"
_LETTER = re.compile(r"[^\W\d_]")
_OTHER_SCRIPT = re.compile("[\u0370-\u1dff\u2e80-\ud7ff\uf900-\ufdff\ufe70-\ufeff\U00010000-\U0001efff\U00020000-\U0003ffff]")
_LOOKED_AT = 1_000


class _Ask(NamedTuple):
    """One pair of segments for the network, and the sentences of the text that it stands for."""

    first: str
    second: str
    said: tuple[str, ...]
    beside: bool = False
    """The target only serves to measure another, or was left for another."""


class _Question(NamedTuple):
    """What is asked about one item, or why nothing is."""

    asks: Sequence[_Ask] = ()
    unknown_language: bool = False
    reason: str | None = None
    shown: tuple[str, ...] = ()
    """Sentences for people to read, where the engine cannot."""

    @property
    def of_whole(self) -> bool:
        """Whether no target is asked about."""
        return not any(ask.second for ask in self.asks)


class TargetEngine:
    """The engine; may be used by several threads at once. It reads English only, and finds out the language by itself."""

    name = "target"
    languages = frozenset({"en"})

    def __init__(self, folder: Path | None = None, threads: int = 1) -> None:
        """Load the model in ``folder``, or the one that is shipped; ``threads`` are those of one run of the network.

        Raises:
            EngineError: a library or a file is missing, or a file is damaged.
        """
        self._encoder = Encoder(folder, threads)
        self._settings = self._encoder.settings
        self._of_whole = replace(self._settings, logit_shift=self._settings.whole_shift)
        self.version = f"{self._settings.version}+rules{_RULES}"

    def score_many(self, items: Iterable[tuple[str, str | None]]) -> Iterator[Sentiment]:
        """The sentiment of each ``(text, target)``, in order; with a target of ``None``, or ``""``, that of the whole text."""
        waiting = iter(items)
        for size in chain((_FIRST_BATCH,), repeat(_BATCH)):
            batch = list(islice(waiting, size))
            if not batch:
                return
            yield from self._answers([_about_item(text, target) for text, target in batch])

    def score_passages(self, items: Sequence[Said]) -> list[Sentiment]:
        return self._answers([_about_said(item) for item in items])

    def _answers(self, questions: Sequence[_Question]) -> list[Sentiment]:
        """All questions go through the network together: it is faster on many texts at once."""
        asks = [ask for question in questions for ask in question.asks]
        logits = iter(self._encoder.logits([(ask.first, ask.second) for ask in asks]).tolist() if asks else ())
        return [self._answer(question, list(islice(logits, len(question.asks)))) for question in questions]

    def _answer(self, question: _Question, logits: Sequence[Sequence[float]]) -> Sentiment:
        if question.reason is not None:
            return unscored(self, question.reason, question.shown)
        found = [probabilities(one, self._settings.temperature, self._settings.floor) for one in logits]
        found = [unpraised(one) if ask.beside else one for ask, one in zip(question.asks, found, strict=True)]
        said = verdict(found, self._of_whole if question.of_whole else self._settings)
        return Sentiment(
            said.label,
            said.score,
            self.name,
            self.version,
            said.probability,
            unsure=said.unsure or question.unknown_language,
            evidence=_evidence(said.label, question.asks, found),
        )


def _about_item(text: str, target: str | None) -> _Question:
    text = text[:_LONGEST]
    if not text or text.isspace():
        return _Question(reason=_NO_TEXT)
    language = identify(text)
    if reason := _unreadable(text, language):
        return _Question(reason=reason)
    name = target[:_LONGEST_NAME].strip() if target else ""
    return _question(_whole(text, name) if _is_short(text) else _long(text, name), language)


def _about_said(item: Said) -> _Question:
    shown = tuple(passage.sentence for passage in item.passages[:_MOST_EVIDENCE])
    spoken = " ".join(passage.sentence for passage in item.passages)
    if not spoken.strip():
        return _Question(reason=_NO_TEXT)
    if reason := _unreadable(spoken, item.language):
        return _Question(reason=reason, shown=shown)
    if item.places and len(item.passages) == 1 and _is_short(item.text):
        (passage,) = item.passages
        sentences = (passage.sentence, *passage.following)
        asks = [_Ask(*pair(item.text, "", item.places), sentences, _is_beside(passage))]
    else:
        asks = _of_passages(item.passages)
    return _question(asks, item.language)._replace(shown=shown)


def _is_short(text: str) -> bool:
    """Whether the text is given whole: the network was trained on such."""
    return bool(text) and len(text) <= _SHORT and len(text.split()) <= SHORT_WORDS


def _question(asks: Sequence[_Ask], language: str | None) -> _Question:
    """Without the pairs in which nothing is left to read once links and invisible characters are gone."""
    readable = [ask for ask in asks if _LETTER.search(ask.first.replace("@user", ""))]
    return _Question(readable, language is None) if readable else _Question(reason=_NOTHING_READABLE)


def _whole(text: str, name: str) -> list[_Ask]:
    """The text as it is, as in training."""
    if not name:
        return [_Ask(*pair(text, None), (text.strip(),))]
    places = named_places(text, name)
    beside = len(places) == 1 and _is_beside(Passage(text, *places[0]))
    return [_Ask(*pair(text, name, places), sentences_at(text, places), beside)]


def _long(text: str, name: str) -> list[_Ask]:
    """The passages that speak of the target; without a target, all of the text piece by piece."""
    if not name:
        return [_Ask(*pair(piece, None), (piece,)) for piece in pieces(text, SHORT_WORDS)]
    if passages := naming_passages(text, named_places(text, name)):
        return _of_passages(passages)
    return [_Ask(*pair(text, name), tuple(pieces(text, SHORT_WORDS)[:1]))]


def _of_passages(passages: Sequence[Passage]) -> list[_Ask]:
    asks = []
    for passage in passages:
        said = (passage.sentence, *passage.following)
        asks.append(_Ask(*pair(" ".join(said), "", passage.own or ((passage.start, passage.end),)), said, _is_beside(passage)))
    return asks


def _is_beside(passage: Passage) -> bool:
    return passage.is_measure or passage.is_left


def _unreadable(text: str, language: str | None) -> str | None:
    """Why the engine cannot read the text, or ``None`` where it can try."""
    if language not in {None, "en"}:
        return f"the engine reads English only, and the text is in another language ({language})"
    if text.isascii():
        return None
    start = text[:_LOOKED_AT]
    foreign = len(_OTHER_SCRIPT.findall(start))
    if foreign and foreign > len(_LETTER.findall(start)) / 2:
        return "the engine reads Latin script only"
    return None


def _evidence(label: Label, asks: Sequence[_Ask], found: Sequence[Triple]) -> tuple[str, ...]:
    """The sentences of the passages that speak most clearly for the label, in the order of the text."""
    if label is Label.MIXED:
        strongest = [*_strongest(found, 0)[:1], *_strongest(found, 2)[:1]]
    else:
        strongest = _strongest(found, LABELS.index(label))[:_MOST_EVIDENCE]
    sentences = [sentence for i in sorted(strongest) for sentence in asks[i].said if sentence]
    return tuple(dict.fromkeys(sentences))[:_MOST_EVIDENCE]


def _strongest(found: Sequence[Triple], at: int) -> list[int]:
    """The places of the passages, the one with the highest probability of the class first."""
    return sorted(range(len(found)), key=lambda i: -found[i][at])
