"""Text of strangers made fit to be shown: one line, nothing invisible, of bounded length.

This is not escaping: whoever writes HTML, CSV or a mail header still escapes for that place.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

_JOINERS = "\u200c\u200d"
"""Invisible, but part of Persian words and of composed emoji."""
_FILLERS = "\u115f\u1160\u3164\uffa0\u034f"
"""Letters and marks by their category that show nothing: the usual way to an "empty" name."""
_SPACE = re.compile(r"\s+")
_PILED_UP = re.compile(r"([\u0300-\u036f\u0489\u20d0-\u20ff]{3})[\u0300-\u036f\u0489\u20d0-\u20ff]+")
"""More than three marks on one letter only smear over the lines around."""


def visible(text: str) -> str:
    """The text without control, direction-changing and other invisible characters; all white space is plain spaces.

    Lone surrogates, which no encoding can carry, become U+FFFD; noncharacters, of which no text consists, are left out.
    """
    return _PILED_UP.sub(r"\1", "".join(map(_shown, _SPACE.sub(" ", text))))


def one_line(text: str, limit: int | None = None) -> str:
    """The visible text on one line, at most ``limit`` characters, the ellipsis of a cut included."""
    shown = _SPACE.sub(" ", visible(text)).strip()
    if limit is not None and len(shown) > limit:
        return shown[: max(limit - 1, 0)].rstrip() + "…"
    return shown


def _shown(char: str) -> str:
    if char.isascii():
        return char if char.isprintable() else ""
    category = unicodedata.category(char)
    if category == "Cs":
        return "\ufffd"
    if category == "Cn" and (ord(char) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(char) <= 0xFDEF):
        return ""
    return "" if (category in {"Cc", "Cf"} and char not in _JOINERS) or char in _FILLERS else char


def web_link(url: str | None, limit: int = 500) -> str | None:
    """The address if it is a plain ``http`` or ``https`` one that is safe to put behind a link, else ``None``.

    Addresses with user names are refused: they are there to look like another site.
    """
    if not url or len(url) > limit or url != one_line(url) or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
    except ValueError:
        return None
    return url if usable else None
