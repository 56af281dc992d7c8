"""Texts made of labelled ones: another target in the named one's place, and two joined. Nobody labelled them.

Of a few thousand texts a small network learns the names and the sentences by heart. In recombined ones a larger network shows it
more of what it knows: which part of a text speaks of the target (augmentation for distilling: Jiao et al., TinyBERT, 2020).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

from nlp.pairs import pair
from nlp.training.data import is_for_choosing, key, rows

_LONGEST_TARGET = 40
_LONGEST = 300
"""Characters of two joined texts."""


def recombined(path: Path, swapped: int, joined: float, held_out: frozenset[str], seed: int) -> Iterator[tuple[str, str]]:
    """Pairs as the encoder reads them: of each text up to ``swapped`` with another's target, and ``joined`` with another text.

    ``joined`` is a mean between 0 and 1. Texts that are kept out for choosing lend neither words nor targets.
    """
    chance = random.Random(seed)  # noqa: S311 - must be repeatable, not secret
    texts = list(_learnt(path, held_out))
    targets = sorted({target for _, target in texts if len(target) < _LONGEST_TARGET})
    seen: set[str] = set()
    for text, target in texts:
        named = re.compile(rf"(?<!\w){re.escape(target)}(?!\w)", re.IGNORECASE)
        for _ in range(swapped if targets else 0):
            other = chance.choice(targets)
            new = named.sub(lambda _, other=other: other, text)  # type: ignore[misc]
            if other.lower() not in text.lower() and new != text and new not in seen:
                seen.add(new)
                yield pair(new, other)
        if chance.random() < joined:
            beside, _ = chance.choice(texts)
            new = f"{text} {beside}" if chance.random() < 0.5 else f"{beside} {text}"
            if target.lower() not in beside.lower() and len(new) < _LONGEST:
                yield pair(new, target)


def _learnt(path: Path, held_out: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The texts that are learned from, with their targets; those without one are left out."""
    for row in rows(path):
        text, target = str(row["text"]), row.get("target")
        its = key(text)
        if target and its not in held_out and not is_for_choosing(its):
            yield text, str(target)
