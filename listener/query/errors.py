"""The one error of the query language: what is wrong, and at which character."""

from __future__ import annotations

import unicodedata

from listener.core.errors import ListenerError

_AROUND = 60
"""Characters shown on either side of the place."""


class QueryError(ListenerError):
    """A query cannot be understood. Its text shows the query with a caret under the place.

    ``position`` counts characters from 0; ``brief`` is the same on one line, for places that have no room for a caret.
    """

    def __init__(self, message: str, position: int, query: str = "") -> None:
        self.message = message
        self.position = max(0, min(position, len(query)))
        self.query = query
        self.brief = f"{message}, at character {self.position + 1}"
        super().__init__("\n".join([message, *_pointed(query, self.position)]))

    def __reduce__(self) -> tuple[type[QueryError], tuple[str, int, str]]:
        return type(self), (self.message, self.position, self.query)


def _pointed(query: str, position: int) -> list[str]:
    """The part of the query around the place, and a line with a caret under it."""
    if not query:
        return []
    start, end = max(0, position - _AROUND), position + _AROUND
    before = ("…" if start else "") + "".join(map(_shown, query[start:position]))
    after = "".join(map(_shown, query[position:end])) + ("…" if end < len(query) else "")
    return [f"  {before}{after}", "  " + " " * sum(map(_width, before)) + "^"]


def _shown(char: str) -> str:
    """One visible character for each, so that the caret stays under its place."""
    return char if char.isprintable() else " " if char.isspace() else "\ufffd"


def _width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
