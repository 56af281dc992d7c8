"""How the signs of noise are written down.

A sign of weight 2 is enough by itself, one of weight 1 needs another beside it. Every pattern is matched against case-folded text
with plain apostrophes, and every gap in one is bounded, so that a hostile text costs no more than its length.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from listener.core.analysis import Noise


class Sign(NamedTuple):
    """Something that noise of a kind shows; ``words`` say to people what was seen."""

    noise: Noise
    weight: int
    words: str
    pattern: re.Pattern[str]


def signs(noise: Noise, *rows: tuple[int, str, str]) -> tuple[Sign, ...]:
    return tuple(Sign(noise, weight, words, re.compile(pattern)) for weight, words, pattern in rows)
