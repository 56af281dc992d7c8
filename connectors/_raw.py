"""What a document says, before it becomes mentions: plain values that cross the border of the worker process as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RawAuthor:
    """As written: ``name`` may still be ``jo@b.example (Jo)``."""

    name: str = ""
    email: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One entry of a feed; empty strings where it says nothing. ``published`` is in seconds since 1970 (UTC)."""

    id: str = ""
    link: str = ""
    title: str = ""
    title_is_html: bool = False
    text: str = ""
    text_is_html: bool = True
    full: bool = False
    """The feed gives this as the content, not as a summary of it."""
    authors: tuple[RawAuthor, ...] = ()
    published: float | None = None
    date_given: bool = False
    language: str = ""
    comments_feed: str = ""
    comments: int | None = None
    reply: bool = False
    """The entry says that it answers another one (RFC 4685)."""


@dataclass(frozen=True, slots=True)
class RawFeed:
    """A feed that could be read. ``unreadable`` names entries that could not, with the reason."""

    version: str
    entries: tuple[RawEntry, ...]
    generator: str = ""
    home: str = ""
    unreadable: tuple[tuple[str, str], ...] = ()


class NotAFeed(Exception):
    """The document is no feed; the text says what it is instead, and what to do."""


def to_plain(feed: RawFeed) -> dict[str, Any]:
    return asdict(feed)


def from_plain(plain: Mapping[str, Any]) -> RawFeed:
    """The feed out of what ``to_plain`` made and JSON carried."""
    entries = tuple(
        RawEntry(**{**entry, "authors": tuple(RawAuthor(**author) for author in entry["authors"])}) for entry in plain["entries"]
    )
    unreadable = tuple((item, reason) for item, reason in plain["unreadable"])
    return RawFeed(**{**plain, "entries": entries, "unreadable": unreadable})
