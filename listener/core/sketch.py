"""Sketches of texts: how alike two texts are, and by which keys those that are nearly alike are found.

A sketch (``nlp.sketch`` makes it) is a version byte, ``BANDS`` keys of 8 bytes, and the lowest hashes of the text's features, 4
bytes each, ascending, at most ``SIZE``: a bottom-k sketch, little-endian. Of a text with fewer features it holds all, so that
the likeness of two posts is exact and not an estimate.
"""

from __future__ import annotations

import re
from itertools import islice, pairwise
from struct import Struct, unpack_from

VERSION = 1
"""The first byte of every sketch; sketches of different versions are never alike."""
SIZE = 256
"""Hashes kept of a text; for texts of more features the likeness has a standard error of at most 0.03."""
NEAR = 0.67
"""From this likeness on two texts are the same words: each has four of five of its features in common with the other.
Chosen on the development half of ``benchmarks/data/near_duplicates.jsonl``."""
BANDS = 16
"""How many keys there are at most; texts that are nearly alike share at least one with high probability."""

_WORD = re.compile(r"\w+")
_KEYS = Struct(f"<x{BANDS}q")


def similarity(a: bytes, b: bytes) -> float:
    """The Jaccard similarity of the two texts' features, from 0 to 1; 0 where the sketches cannot be compared."""
    mine, other = _hashes(a), _hashes(b)
    if not mine or not other:
        return 0.0
    both = set(mine).intersection(other)
    total = len(mine) + len(other) - len(both)
    if total <= SIZE:
        return len(both) / total
    lowest = islice(sorted({*mine, *other}), SIZE)  # what a sketch of both texts together would hold
    return sum(value in both for value in lowest) / SIZE


def same_words(text: str, other: str) -> bool:
    """Whether two texts are nearly the same words, told by the texts themselves: by their pairs of neighbouring words."""
    mine, its = _pairs(text), _pairs(other)
    return bool(mine and its) and len(mine & its) >= NEAR * len(mine | its)


def bands(sketch: bytes) -> tuple[int, ...]:
    """Signed 64-bit keys by which the sketch is found; none where it is no sketch of this version."""
    return tuple(filter(None, _KEYS.unpack_from(sketch))) if _is_sketch(sketch) else ()


def _pairs(text: str) -> set[tuple[str, str]]:
    words = _WORD.findall(text.casefold())
    return set(pairwise(words))


def _hashes(sketch: bytes) -> tuple[int, ...]:
    return unpack_from(f"<{(len(sketch) - _KEYS.size) // 4}I", sketch, _KEYS.size) if _is_sketch(sketch) else ()


def _is_sketch(sketch: bytes) -> bool:
    return len(sketch) > _KEYS.size and sketch[0] == VERSION and (len(sketch) - _KEYS.size) % 4 == 0
