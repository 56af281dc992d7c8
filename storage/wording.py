"""Which of many posts say nearly the same: the wording that most people repeat tells what a burst is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from listener.core.mention import normal_text

ALIKE = 0.5
"""Two texts that share so much of the words that either uses say the same."""


def wordings(texts: Sequence[str]) -> list[int]:
    """By text, the place of the first text that says nearly the same, its own where none before it does.

    Takes time with the square of the number of texts at worst: for hundreds of them.
    """
    words = [frozenset(normal_text(text).split()) for text in texts]
    leaders: list[int] = []
    found: list[int] = []
    for place, mine in enumerate(words):
        alike = next((leader for leader in leaders if _alike(mine, words[leader])), place)
        if alike == place:
            leaders.append(place)
        found.append(alike)
    return found


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    both = len(one & other)
    return both > 0 and both >= ALIKE * (len(one) + len(other) - both)


def most_repeated(texts: Sequence[str]) -> list[int]:
    """The places of the texts: first those that open the most repeated wordings, then the rest, else in the order given."""
    of = wordings(texts)
    often = Counter(of)
    return sorted(range(len(texts)), key=lambda place: (of[place] != place, -often[of[place]], place))
