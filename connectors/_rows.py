"""One row of a mentions file to a mention: the format of ``listener preview``, as a JSON object or flattened into columns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from connectors._tidy import line, tidy
from listener.core.errors import BadItem
from listener.core.mention import ANONYMOUS, Author, Kind, Markup, Mention, content_hash
from listener.net.urls import web_link

LONGEST_TEXT = 200_000
_AUTHOR_TEXTS = ("service_id", "handle", "display_name", "email", "location")
_ALIASES = {"id": "external_id", "date": "published_at", "body": "text", "content": "text", "link": "url", "lang": "language"}
_AUTHOR_ALIASES = {"name": "display_name", "url": "profile_url"}


def mention_of(row: Mapping[str, Any], item: str, *, platform: str, origin: str) -> Mention:
    """The row's mention; ``item`` names the row in errors. ``platform`` and ``origin`` count where the row has none of its own.

    Raises:
        BadItem: a value of a wrong type or form, or no words at all.
    """
    read = _Reader(row, item)
    text, title = read.text("text", LONGEST_TEXT), read.line("title")
    if not text.strip() and not title:
        raise BadItem(item, "it has neither text nor title")
    draft = Mention(
        platform=read.line("platform") or platform,
        origin=read.line("origin") or origin,
        external_id="?",
        text=text,
        title=title or None,
        author=_author(row.get("author"), item),
        url=web_link("", read.line("url", 2000)),
        published_at=read.moment("published_at"),
        markup=read.one_of("markup", Markup, Markup.PLAIN),
        kind=read.one_of("kind", Kind, Kind.POST),
        language=read.line("language", 35) or None,
        repost_of=read.line("repost_of") or None,
        rating=read.number("rating", 1.0, 5.0),
        engagement=read.count("engagement"),
    )
    given = read.line("external_id")
    return replace(draft, external_id=given or draft.url or f"content:{content_hash(draft)}")


def unflattened(row: Mapping[str, str]) -> dict[str, Any]:
    """A CSV row as the JSON object it stands for: ``author_handle`` or ``author.handle`` become parts of ``author``."""
    plain: dict[str, Any] = {}
    author: dict[str, Any] = {}
    for column, value in row.items():
        name = column.strip().lower().replace(" ", "_")
        if not value.strip():
            continue
        if name.startswith(("author_", "author.")):
            part = name[len("author_") :]
            author[_AUTHOR_ALIASES.get(part, part)] = value.split() if part == "links" else value
        elif name == "author":
            author.setdefault("display_name", value)
        else:
            plain[_ALIASES.get(name, name)] = value
    return {**plain, "author": author} if author else plain


def _author(value: object, item: str) -> Author:
    if value is None:
        return ANONYMOUS
    if isinstance(value, str):
        return Author(display_name=line(value, 300) or None)
    if not isinstance(value, Mapping):
        raise BadItem(item, "author is neither an object nor a name")
    read = _Reader(value, item, "author.")
    links = value.get("links") or ()
    if not isinstance(links, list | tuple):
        raise BadItem(item, "author.links is not a list")
    verified = value.get("verified")
    if verified is not None and str(verified).lower() not in {"true", "false", "1", "0"}:
        raise BadItem(item, "author.verified is neither true nor false")
    return Author(
        **{name: read.line(name, 300) or None for name in _AUTHOR_TEXTS},
        profile_url=web_link("", read.line("profile_url", 2000)),
        bio=read.text("bio", 5000) or None,
        links=tuple(link for one in links[:20] if isinstance(one, str) and (link := web_link("", one))),
        followers=read.count("followers"),
        following=read.count("following"),
        created_year=read.count("created_year"),
        verified=None if verified is None else str(verified).lower() in {"true", "1"},
    )


class _Reader:
    """Typed access to the fields of a row; a field that is missing or null is empty."""

    def __init__(self, row: Mapping[str, Any], item: str, prefix: str = "") -> None:
        self._row = row
        self._item = item
        self._prefix = prefix

    def _bad(self, name: str, wanted: str) -> BadItem:
        return BadItem(self._item, f"{self._prefix}{name} is not {wanted}")

    def text(self, name: str, longest: int) -> str:
        value = self._row.get(name)
        if value is None:
            return ""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            raise self._bad(name, "text")
        if len(value) > longest:
            raise BadItem(self._item, f"{self._prefix}{name} is longer than {longest:,} characters")
        return tidy(value)

    def line(self, name: str, longest: int = 1000) -> str:
        return " ".join(self.text(name, longest).split())

    def moment(self, name: str) -> datetime | None:
        """ISO 8601; without an offset it is UTC."""
        value = self.line(name, 100)
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise self._bad(name, "an ISO 8601 time (2026-01-31T12:00:00Z)") from None

    def number(self, name: str, least: float, most: float) -> float | None:
        value = self.line(name, 100)
        if not value:
            return None
        try:
            number = float(value)
        except ValueError:
            raise self._bad(name, "a number") from None
        if not (math.isfinite(number) and least <= number <= most):
            raise self._bad(name, f"between {least:g} and {most:g}")
        return number

    def count(self, name: str) -> int | None:
        number = self.number(name, 0, 1e12)
        return None if number is None else int(number)

    def one_of(self, name: str, kinds: Any, default: Any) -> Any:
        value = self.line(name, 100)
        try:
            return kinds(value) if value else default
        except ValueError:
            raise self._bad(name, f"one of {', '.join(kinds)}") from None
