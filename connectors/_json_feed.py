"""JSON Feed 1.0 and 1.1, read so that nothing in a hostile document can do more than lose its own field."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors._raw import NotAFeed, RawAuthor, RawEntry, RawFeed
from connectors._tidy import line, tidy

_MARK = "jsonfeed.org/version/"
_LONGEST_NUMBER = 300


def read_json_feed(body: bytes) -> RawFeed:
    """What the feed says. A field of a wrong type counts as not given; an item that is no object is named as unreadable.

    Raises:
        NotAFeed: not JSON, nested too deeply, or JSON that is no JSON Feed.
    """
    document = _load(body)
    if not isinstance(document, dict) or _MARK not in _text(document.get("version")):
        raise NotAFeed("it is JSON, but not a JSON Feed (it has no jsonfeed.org version)")
    items = document.get("items")
    if not isinstance(items, list):
        raise NotAFeed("it is a JSON Feed without a list of items")
    people = _authors(document)
    language = _text(document.get("language"))
    return RawFeed(
        version="jsonfeed",
        entries=tuple(_entry(item, people, language) for item in items if isinstance(item, dict)),
        home=_text(document.get("home_page_url")),
        unreadable=tuple((f"entry {n}", "it is not an object") for n, item in enumerate(items, 1) if not isinstance(item, dict)),
    )


def _load(body: bytes) -> Any:
    try:
        text = body.decode("utf-8-sig", "replace")
        return json.loads(text, parse_int=_number, parse_float=_number, parse_constant=lambda _: None)
    except RecursionError:
        raise NotAFeed("it is JSON nested too deeply") from None
    except ValueError as problem:
        where = f" (at character {problem.pos:,})" if isinstance(problem, json.JSONDecodeError) else ""
        raise NotAFeed(f"it looks like JSON, but is cut off or damaged{where}") from None


class _Digits(str):
    """A number as it was written. Only an id may be one, and converting absurdly long ones would be refused by Python."""

    __slots__ = ()


def _number(digits: str) -> _Digits | None:
    return _Digits(digits) if len(digits) <= _LONGEST_NUMBER else None


def _entry(item: Mapping[str, Any], feed_people: tuple[RawAuthor, ...], feed_language: str) -> RawEntry:
    html, plain, summary = (_text(item.get(name)) for name in ("content_html", "content_text", "summary"))
    published, given = _published(item)
    return RawEntry(
        id=_text(item.get("id"), numbers=True),
        link=_text(item.get("url")) or _text(item.get("external_url")),
        title=_text(item.get("title")),
        text=html or plain or summary,
        text_is_html=bool(html),
        full=bool(html or plain),
        authors=_authors(item) or feed_people,
        published=published,
        date_given=given,
        language=_text(item.get("language")) or feed_language,
    )


def _authors(holder: Mapping[str, Any]) -> tuple[RawAuthor, ...]:
    """``authors`` of version 1.1, else ``author`` of 1.0."""
    given = holder.get("authors")
    people = given if isinstance(given, list) else [holder.get("author")]
    found = (
        RawAuthor(name=line(_text(one.get("name")), 300), link=line(_text(one.get("url")), 2000))
        for one in people[:20]
        if isinstance(one, dict)
    )
    return tuple(person for person in found if person != RawAuthor())


def _published(item: Mapping[str, Any]) -> tuple[float | None, bool]:
    given = False
    for name in ("date_published", "date_modified"):
        written = _text(item.get(name)).strip()
        given = given or bool(written)
        try:
            moment = datetime.fromisoformat(written)
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            continue
        if math.isfinite(seconds):
            return seconds, True
    return None, given


def _text(value: object, *, numbers: bool = False) -> str:
    return tidy(value) if isinstance(value, str) and (numbers or not isinstance(value, _Digits)) else ""
