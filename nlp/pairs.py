"""A text and its target in the form that the encoder was trained on. Training and scoring share it: a difference costs accuracy.

Links go, other people's handles become ``@user``, emoji become their names, and every naming of the target is marked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from nlp.passages import named_places
from nlp.sentences import Place

OPEN, CLOSE = "«", "»"
"""What marks the target. Both are single words of the vocabulary; a text's own are made plain quotes."""
MOST_WORDS = 90
"""Words around the first naming of the target (of a whole text: from its start) that the encoder is shown."""
_MOST_MARKED = 4
_MOST_CHARACTERS = 20_000  # of a whole text that are looked at at all

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w@])@\w{1,64}")
_OWN_MARKS = str.maketrans({OPEN: '"', CLOSE: '"'})
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe0f\ud800-\udfff]")


def pair(text: str, target: str | None, places: Sequence[Place] | None = None) -> tuple[str, str]:
    """The two segments that the encoder reads: the marked text, and the target (``""`` for the sentiment of the whole text).

    ``places`` are those of the target in ``text`` where they are known; otherwise it is looked for by its name.
    """
    if target is None:
        return _plain(_cut(text[:_MOST_CHARACTERS], 0)), ""
    named = places if places is not None else named_places(text[:_MOST_CHARACTERS], target)
    found = [(a, min(b, len(text))) for a, b in named if 0 <= a < min(b, len(text))]
    if not found:
        return _plain(_cut(text[:_MOST_CHARACTERS], 0)), _plain(target)
    found = _apart(sorted(found))[:_MOST_MARKED]
    start, end = _window(text, found[0][0])
    found = [(max(a, start), min(b, end)) for a, b in found if a < end and b > start]
    parts, last = [], start
    for a, b in found:
        parts += [_plain(text[last:a]), OPEN, _bare(text[a:b]), CLOSE]
        last = b
    parts.append(_plain(text[last:end]))
    return " ".join(part for part in parts if part), _bare(text[found[0][0] : found[0][1]])


def _apart(places: Sequence[Place]) -> list[Place]:
    """The places, which are in order, without those that overlap an earlier one."""
    kept: list[Place] = []
    for place in places:
        if not kept or place[0] >= kept[-1][1]:
            kept.append(place)
    return kept


def _window(text: str, at: int) -> Place:
    """The part of the text that is shown: up to ``MOST_WORDS`` words, a third of them before the target."""
    before = [m.start() for m in re.finditer(r"\S+", text[max(0, at - 2_000) : at])]
    start = max(0, at - 2_000) + (before[-(MOST_WORDS // 3)] if len(before) > MOST_WORDS // 3 else 0)
    return start, start + len(_cut(text[start : start + 4_000], 0))


def _cut(text: str, start: int) -> str:
    """The first ``MOST_WORDS`` words from ``start`` on."""
    end = start
    for count, word in enumerate(re.finditer(r"\S+", text[start:])):
        if count == MOST_WORDS:
            break
        end = start + word.end()
    return text[start:end]


def _bare(name: str) -> str:
    return " ".join(_INVISIBLE.sub("", name).translate(_OWN_MARKS).split())


def _plain(text: str) -> str:
    text = _HANDLE.sub("@user", _LINK.sub(" ", text)).translate(_OWN_MARKS)
    if not text.isascii():
        if not _emoji_signs().isdisjoint(text):
            text = _emoji().sub(lambda found: f" {_emoji_names()[found[0]]} ", text)
        text = _INVISIBLE.sub("", text)
    return " ".join(text.split())


@cache
def _emoji_names() -> dict[str, str]:
    """Emoji and what they show in words, from the list that vaderSentiment brings."""
    lines = (files("vaderSentiment") / "emoji_utf8_lexicon.txt").read_text(encoding="utf-8").splitlines()
    return {emoji: name for emoji, _, name in (line.partition("\t") for line in lines) if emoji and not emoji.isascii()}


@cache
def _emoji_signs() -> frozenset[str]:
    """One character of each emoji that no plain text has: most texts beyond ASCII have quotes or accents, and no emoji."""
    return frozenset(next(sign for sign in emoji if not sign.isascii()) for emoji in _emoji_names())


@cache
def _emoji() -> re.Pattern[str]:
    return re.compile("|".join(re.escape(one) for one in sorted(_emoji_names(), key=len, reverse=True)))
