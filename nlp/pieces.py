"""Cutting a text into what the engine ``target`` is shown of it: passages about a target, pieces of a long text, sentences."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice

from nlp.passages import MOST_PASSAGES, Passage, Sentence, find_passages
from nlp.sentences import Place, paragraphs
from nlp.splitting import split_sentences

MOST_PIECES = 50
"""Of one text; who writes more repeats themself."""
_MOST_PARAGRAPHS = MOST_PASSAGES
_MOST_SENTENCES = 3
_WORD = re.compile(r"\S+")


def naming_passages(text: str, places: Sequence[Place]) -> tuple[Passage, ...]:
    """The passages around the places. Paragraphs without any are passed over."""
    sentences = [
        Sentence(start + first, start + last, number)
        for number, (start, end) in enumerate(islice(_naming(text, places), _MOST_PARAGRAPHS))
        for first, last in split_sentences(text[start:end])
    ]
    return find_passages(text, sentences, places)


def _naming(text: str, places: Sequence[Place]) -> Iterator[Place]:
    starts = sorted(place[0] for place in places)
    for start, end in paragraphs(text):
        first = bisect_left(starts, start)
        if first == len(starts):
            return
        if starts[first] < end:
            yield start, end


def pieces(text: str, words: int) -> list[str]:
    """The beginning of the text in verbatim pieces of up to so many words, cut between sentences where it can be."""
    found: list[str] = []
    first, last, count = 0, 0, 0
    for start, end in _short_sentences(text, words):
        more = len(text[start:end].split())
        if count and count + more > words:
            found.append(text[first:last])
            count = 0
            if len(found) == MOST_PIECES:
                return found
        if not count:
            first = start
        last, count = end, count + more
    return [*found, text[first:last]] if count else found


def _short_sentences(text: str, words: int) -> Iterator[Place]:
    """The places of the sentences; one of too many words in several pieces."""
    for start, end in paragraphs(text):
        for first, last in split_sentences(text[start:end]):
            spans = [
                (start + first + one.start(), start + first + one.end())
                for one in _WORD.finditer(text[start + first : start + last])
            ]
            for at in range(0, len(spans), words):
                yield spans[at][0], spans[min(at + words, len(spans)) - 1][1]


def sentences_at(text: str, places: Sequence[Place]) -> tuple[str, ...]:
    """The sentences of a short text in which the places begin; the whole text where there is none."""
    found = [(a, b) for a, b in split_sentences(text) if any(a <= place[0] < b for place in places)] if places else []
    return tuple(text[a:b] for a, b in found[:_MOST_SENTENCES]) or (text.strip(),)
