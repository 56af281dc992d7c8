"""Conditions on what is known of a post beside its words: one class a field, and the table of their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from listener.core.mention import Kind
from listener.query.document import Reading, host_of
from listener.query.nodes import Node, Piece, Term, written
from listener.query.words import fold, glob

FIELDS = ("author", "followers", "lang", "site", "source", "title", "type")
"""Their names, as queries write them with a colon."""


@dataclass(frozen=True, slots=True)
class Field(Node):
    """A field with its value as it was written."""

    text: str
    quoted: bool

    def as_field(self, name: str) -> str:
        return f"{name}:{written(self.text, self.quoted)}"


@dataclass(frozen=True, slots=True)
class Source(Field):
    pattern: str

    def __str__(self) -> str:
        return self.as_field("source")

    def holds(self, reading: Reading) -> bool:
        return bool(reading.source) and glob(self.pattern, reading.source)


@dataclass(frozen=True, slots=True)
class Author(Field):
    """By the whole handle, or by words of the name."""

    handle: str
    name: tuple[Piece, ...]

    def __str__(self) -> str:
        return self.as_field("author")

    def holds(self, reading: Reading) -> bool:
        return any(glob(self.handle, form) for form in reading.handles) or (
            bool(self.name) and Term(self.text, True, self.name).stands_in(reading.name_words)
        )


@dataclass(frozen=True, slots=True)
class Lang(Field):
    tag: str

    def __str__(self) -> str:
        return self.as_field("lang")

    def holds(self, reading: Reading) -> bool:
        return reading.language == self.tag or reading.language.startswith(f"{self.tag}-")


@dataclass(frozen=True, slots=True)
class Site(Field):
    host: str

    def __str__(self) -> str:
        return self.as_field("site")

    def holds(self, reading: Reading) -> bool:
        return reading.host == self.host or reading.host.endswith(f".{self.host}")


@dataclass(frozen=True, slots=True)
class Type(Field):
    kind: str

    def __str__(self) -> str:
        return self.as_field("type")

    def holds(self, reading: Reading) -> bool:
        return reading.type == self.kind


@dataclass(frozen=True, slots=True)
class Followers(Field):
    """From ``low`` to ``high``, both included."""

    low: int
    high: int | None

    def __str__(self) -> str:
        return self.as_field("followers")

    def holds(self, reading: Reading) -> bool:
        count = reading.document.followers
        return count is not None and self.low <= count and (self.high is None or count <= self.high)


# ------------------------------------------------------------------------------------------------ from what is written


class Unfit(Exception):
    """A value that a field cannot take; the text says what it takes."""


_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8}){0,4}")
_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63}){0,10}")
_COUNT = re.compile(r"(\d{1,15})([km]?)")
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000}
_HOW_MANY = "a number such as >1000, >=1000, <500, <=500, 100..500 or 10k"


def _source(text: str, quoted: bool, pieces: tuple[Piece, ...]) -> Field:  # noqa: ARG001 - one signature for all of them
    pattern = fold(text)
    if not pattern.strip("*"):
        raise Unfit("the name of a source")
    return Source(text, quoted, pattern)


def _author(text: str, quoted: bool, pieces: tuple[Piece, ...]) -> Field:
    handle = fold(text).lstrip("@").strip()
    if not handle.strip("*"):
        raise Unfit("a handle or a name")
    return Author(text, quoted, handle, () if text.startswith("@") else pieces)


def _lang(text: str, quoted: bool, pieces: tuple[Piece, ...]) -> Field:  # noqa: ARG001 - as above
    tag = fold(text).replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        raise Unfit("a language code such as en, de or pt-br")
    return Lang(text, quoted, tag)


def _site(text: str, quoted: bool, pieces: tuple[Piece, ...]) -> Field:  # noqa: ARG001 - as above
    host = host_of(text.removeprefix("*.").removeprefix("www."))
    if not _HOST.fullmatch(host):
        raise Unfit("a domain without https:// and without a path, such as quillon.example")
    return Site(text, quoted, host)


def _type(text: str, quoted: bool, pieces: tuple[Piece, ...]) -> Field:  # noqa: ARG001 - as above
    kind = fold(text)
    if kind not in {each.value for each in Kind}:
        raise Unfit(f"one of: {', '.join(each.value for each in Kind)}")
    return Type(text, quoted, kind)


def _followers(text: str, quoted: bool, pieces: tuple[Piece, ...]) -> Field:  # noqa: ARG001 - as above
    value = fold(text)
    if ".." in value:
        least, _, most = value.partition("..")
        low, high = _count(least) if least else 0, _count(most) if most else None
        if not (least or most) or (high is not None and high < low):
            raise Unfit(_HOW_MANY)
    elif value.startswith(("<", ">")):
        sign = value[: 2 if value[1:2] == "=" else 1]
        count = _count(value[len(sign) :])
        low = {">": count + 1, ">=": count}.get(sign, 0)
        high = {"<": count - 1, "<=": count}.get(sign)
    else:
        low = high = _count(value)
    return Followers(text, quoted, low, high)


def _count(text: str) -> int:
    found = _COUNT.fullmatch(text)
    if not found or not text.isascii():
        raise Unfit(_HOW_MANY)
    return int(found[1]) * _UNITS[found[2]]


MAKERS: Mapping[str, Callable[[str, bool, tuple[Piece, ...]], Field]] = {
    "source": _source,
    "author": _author,
    "lang": _lang,
    "site": _site,
    "type": _type,
    "followers": _followers,
}
"""From a value as it is written, and its words, to the condition; ``title`` is no such condition, it only says where."""
