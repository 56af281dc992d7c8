"""On which line of the TOML text each key stands.

``tomllib`` does not tell. This walks over a text that ``tomllib`` has already accepted, so that it needs to find its way, not
to judge.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Loc: TypeAlias = tuple[str | int, ...]
"""A way through the file's tables and lists: ``("sources", 2, "url")``."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where things stand: by line in the file, or as a variable of the environment."""

    lines: Mapping[Loc, int] = field(default_factory=dict)
    variables: Mapping[Loc, str] = field(default_factory=dict)

    def name(self, loc: Loc) -> str:
        """``sources[2].url (line 14)``; a missing key gets the line of the table that lacks it."""
        if variable := self.variables.get(loc):
            return f"{variable} (environment)"
        path = dotted(loc)
        for length in range(len(loc), 0, -1):
            if line := self.lines.get(loc[:length]):
                return f"{path} (line {line})"
        return path


def dotted(loc: Loc) -> str:
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def lines_of(text: str) -> dict[Loc, int]:
    """The line (from 1) of every table, list item and key of a valid TOML text."""
    return _Walk(text.replace("\r\n", "\n")).lines


_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_STRING = re.compile(
    r"""
    \"{3}(?:[^\\]|\\.)*?\"{3,5}(?!\")   # of several lines, with escapes; its end may touch up to two quotes of its own
    | '{3}.*?'{3,5}(?!')                  # of several lines, without escapes
    | "(?:[^"\\\n]|\\.)*"
    | '[^'\n]*'
    """,
    re.DOTALL | re.VERBOSE,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}\n#]*")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_SHORT = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


class _Walk:
    """One pass over the text; ``at`` is where it stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.counted = 0
        self.lines: dict[Loc, int] = {}
        self.items: dict[Loc, int] = {}
        """How many tables each list of tables has so far."""
        table: Loc = ()
        self._skip(_BLANK)
        while self.at < len(text):
            if text.startswith("[", self.at):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:  # cannot be, in a text that tomllib accepts; going on by one keeps the walk finite
            self.at += 1
            return ""
        self.at = found.end()
        return found[0]

    def _mark(self, loc: Loc, start: int) -> None:
        self.line += self.text.count("\n", self.counted, start)
        self.counted = start
        self.lines.setdefault(loc, self.line)

    def _header(self) -> Loc:
        start = self.at
        many = self.text.startswith("[[", start)
        self.at += 2 if many else 1
        keys = self._keys()
        self.at += 2 if many else 1
        loc: Loc = ()
        for key in keys[:-1]:
            loc = self._current((*loc, key))
        loc = (*loc, keys[-1])
        if many:
            self._mark(loc, start)
            number = self.items.get(loc, 0)
            self.items[loc] = number + 1
            loc = (*loc, number)
        else:
            loc = self._current(loc)
        self._mark(loc, start)
        return loc

    def _current(self, loc: Loc) -> Loc:
        """In a list of tables, a name means the table that was begun last."""
        return (*loc, self.items[loc] - 1) if loc in self.items else loc

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._skip(_SPACE)
            if self.text[self.at : self.at + 1] in {'"', "'"}:
                keys.append(_unquoted(self._skip(_STRING)))
            else:
                keys.append(self._skip(_BARE_KEY))
            self._skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    def _pair(self, table: Loc) -> None:
        start = self.at
        loc = table
        for key in self._keys():
            loc = (*loc, key)
            self._mark(loc, start)
        self.at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(loc)

    def _value(self, loc: Loc) -> None:
        opening = self.text[self.at : self.at + 1]
        if opening == "[":
            self._members(loc, "]", number=True)
        elif opening == "{":
            self._members(loc, "}", number=False)
        elif opening in {'"', "'"}:
            self._skip(_STRING)
        else:
            self._skip(_SCALAR)

    def _members(self, loc: Loc, closing: str, *, number: bool) -> None:
        self.at += 1
        count = 0
        while True:
            self._skip(_BLANK)
            if self.at >= len(self.text) or self.text.startswith(closing, self.at):
                self.at += 1
                return
            if self.text.startswith(",", self.at):
                self.at += 1
            elif number:
                self._mark((*loc, count), self.at)
                self._value((*loc, count))
                count += 1
            else:
                self._pair(loc)


def _unquoted(key: str) -> str:
    if key.startswith("'"):
        return key[1:-1]
    return _ESCAPE.sub(
        lambda found: chr(int(found[1] or found[2], 16)) if not found[3] else _SHORT.get(found[3], found[3]), key[1:-1]
    )
