"""Runs of combining marks, kept short before anything normalises a text.

Normalisation sorts every run of marks, in time that grows with the square of its length: one post of a letter and 200,000 marks
would take minutes. No writing system needs more than a few; UAX #15 allows 30 in a row ("stream-safe text").
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

MOST_MARKS = 30
"""Combining marks in a row, as in the stream-safe text format of UAX #15."""
_FIRST, _LAST = 0x300, 0x1FFFF
"""Between these stand all characters that are sorted; the few marks beyond (variation selectors) keep their place."""


def stream_safe(text: str) -> str:
    """The text with at most ``MOST_MARKS`` combining marks in a row; what is left of it can be normalised in linear time."""
    if text.isascii():
        return text
    mark, too_many = _patterns()
    if mark.search(text[:: MOST_MARKS + 1]) is None:  # a longer run holds one of these places
        return text
    return too_many.sub(r"\1", text)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """One mark, and more of them than are left."""
    marks = _ranges()
    return re.compile(f"[{marks}]"), re.compile(f"([{marks}]{{{MOST_MARKS}}})[{marks}]++")


def _ranges() -> str:
    """The characters that are a combining mark or become one (half-width katakana marks), as a character class."""
    ranges: list[tuple[int, int]] = []
    for code in range(_FIRST, _LAST + 1):
        char = chr(code)
        if unicodedata.category(char) not in {"Mn", "Mc", "Me", "Lm"}:
            continue
        if unicodedata.combining(unicodedata.normalize("NFKD", char)[0]):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1] = (ranges[-1][0], code)
            else:
                ranges.append((code, code))
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
