"""Text as it may be stored: without the characters that no database and no terminal should get."""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONE_HALF = re.compile("[\ud800-\udfff]")


def tidy(text: str) -> str:
    """``text`` without control characters (line breaks and tabs stay); half a surrogate pair becomes U+FFFD."""
    return _LONE_HALF.sub("\ufffd", _UNSTORABLE.sub("", text))


def line(text: str, longest: int = 1000) -> str:
    """``text`` as one line of at most ``longest`` characters."""
    return " ".join(tidy(text[: 4 * longest]).split())[:longest]
