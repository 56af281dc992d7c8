"""A feed's bytes to what it says: RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0 by feedparser, JSON Feed by our own reader.

This runs in the worker process: feedparser can be kept busy for minutes by a small hostile document.
"""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connectors._charset import charset_of
from connectors._json_feed import read_json_feed
from connectors._raw import NotAFeed, RawAuthor, RawEntry, RawFeed
from connectors._tidy import line, tidy

_WEB_PAGE = re.compile(rb"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE)
_JSON_START = re.compile(rb"^(?:\xef\xbb\xbf)?\s*[\[{]")
_TEXT_TYPES = ("text/", "application/xhtml")
_REPLY = "thr_in-reply-to"
_MANY_AUTHORS = 20
_MOST_ATTRIBUTES = 200


def read_document(body: bytes, content_type: str) -> RawFeed:
    """What the feed says; its links as they are written, relative ones too.

    Raises:
        NotAFeed: it is empty, a web page, cut off before its first entry, or something else.
    """
    if not body.strip():
        raise NotAFeed("the answer is empty")
    if _JSON_START.match(body[:200]):
        return read_json_feed(body)
    return _by_feedparser(body, content_type)


def _by_feedparser(body: bytes, content_type: str) -> RawFeed:
    import feedparser
    import feedparser.api

    for parser in (feedparser.api.StrictFeedParser, feedparser.api.LooseFeedParser):
        parser._sync_author_detail = _keep_author_as_written  # noqa: SLF001 - see there
    feedparser.api.StrictFeedParser.startElementNS = _with_few_attributes
    charset = charset_of(body, content_type)
    # Not with the feed's address: relative to it, a guid "17" would become an address, and another id once the feed moves.
    headers = {"content-type": f"application/xml; charset={charset}" if charset else "application/xml"}
    # Always a stream: what is given as bytes or text, feedparser may take for a path. Cleaning and resolving mark-up is left
    # out (2.5 times the speed): the text is read as text later, and the links that count are resolved here.
    parsed = feedparser.parse(io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    if not parsed.entries and (not parsed.version or parsed.bozo):
        raise NotAFeed(_what_it_is(body, str(parsed.version)))
    feed_authors = _authors(parsed.feed) if str(parsed.version).startswith("atom") else ()
    language = _text(parsed.feed.get("language"))
    return RawFeed(
        version=_text(parsed.version),
        entries=tuple(_entry(entry, feed_authors, language) for entry in parsed.entries),
        generator=line(_text(parsed.feed.get("generator")), 200),
        home=_text(parsed.feed.get("link")),
    )


def _keep_author_as_written(self: Any, key: str = "author") -> None:
    """Replaces feedparser's own splitting of ``jo@b.example (Jo)``, which cuts e-mail addresses after the fourth letter of
    their last label. The split is made later, from the text as it was written."""
    context = self._get_context()
    written = context.get(key)
    people = context.get(f"{key}s")
    if written and people and not people[-1]:
        people[-1]["name"] = written


def _with_few_attributes(self: Any, name: Any, qname: Any, attributes: Any) -> None:
    """Goes before feedparser's strict parser, whose time grows with the square of an element's attributes (minutes for 100,000).
    What has more of them than any feed is left to its tolerant parser, which reads it in half a second."""
    from xml.sax import SAXException

    from feedparser.parsers.strict import _StrictFeedParser

    if len(attributes) > _MOST_ATTRIBUTES:
        raise SAXException("an element with too many attributes")
    _StrictFeedParser.startElementNS(self, name, qname, attributes)


def _what_it_is(body: bytes, version: str) -> str:
    if version:
        return f"the feed ({version}) is cut off or damaged before its first entry"
    if looks_like_web_page(body):
        return 'it is a web page, not a feed; give the feed\'s own address, or use kind "blog", which finds it'
    return "it is not a feed (neither RSS, RDF, Atom nor JSON Feed)"


def looks_like_web_page(body: bytes) -> bool:
    return _WEB_PAGE.search(body[:4096]) is not None


def _entry(entry: Any, feed_authors: tuple[RawAuthor, ...], feed_language: str) -> RawEntry:
    text, is_html, full, language = _words(entry)
    published, given = _published(entry)
    count = _text(entry.get("slash_comments"))
    return RawEntry(
        id=_text(entry.get("id")),
        link=_text(entry.get("feedburner_origlink")) or _link(entry),
        title=_text(entry.get("title")),
        title_is_html=_is_html(entry.get("title_detail")),
        text=text,
        text_is_html=is_html,
        full=full,
        authors=_authors(entry) or _authors(entry.get("source") or {}) or feed_authors,
        published=published,
        date_given=given,
        language=language or feed_language,
        comments_feed=_text(entry.get("wfw_commentrss")),
        comments=int(count) if count.isascii() and count.isdigit() and len(count) < 9 else None,
        reply=_REPLY in entry,
    )


def _link(entry: Any) -> str:
    """The entry's link. Where it has none, feedparser takes the guid for one, which only an address can be."""
    link = _text(entry.get("link"))
    return link if entry.get("links") or link.startswith(("http://", "https://")) else ""


def _words(entry: Any) -> tuple[str, bool, bool, str]:
    """(text, is HTML, is the full content, language): the longest content, else the summary."""
    contents = [
        item
        for item in entry.get("content") or ()
        if _text(item.get("value")).strip() and str(item.get("type") or "text/html").startswith(_TEXT_TYPES)
    ]
    if contents:
        best = max(contents, key=lambda item: len(item["value"]))
        return _text(best["value"]), _is_html(best), True, _text(best.get("language"))
    detail = entry.get("summary_detail") or {}
    text = _text(entry.get("summary"))
    # A summary without detail comes from an extension (media:description and the like): HTML unless it says otherwise.
    return text, _is_html(detail) if detail else True, False, _text(detail.get("language"))


def _is_html(detail: Any) -> bool:
    return str((detail or {}).get("type") or "text/html") != "text/plain"


def _authors(holder: Mapping[str, Any]) -> tuple[RawAuthor, ...]:
    found: Iterable[Any] = (holder.get("authors") or ())[:_MANY_AUTHORS]
    people = (
        RawAuthor(line(_text(one.get("name")), 300), line(_text(one.get("email")), 300), line(_text(one.get("href")), 2000))
        for one in found
    )
    return tuple(person for person in people if person != RawAuthor())


def _text(value: object) -> str:
    return tidy(value) if isinstance(value, str) else ""


def _published(entry: Any) -> tuple[float | None, bool]:
    """When the entry was published, else created, else updated; and whether it gave any date at all."""
    given = False
    for name in ("published", "created", "updated"):
        if name not in entry and f"{name}_parsed" not in entry:
            continue
        written = _text(entry.get(name))
        given = given or bool(written)
        moment = _seconds(entry.get(f"{name}_parsed")) if f"{name}_parsed" in entry else None
        moment = moment if moment is not None else date_in_words(written)
        if moment is not None:
            return moment, True
    return None, given


def _seconds(parsed: Any) -> float | None:
    try:
        return float(calendar.timegm(parsed)) if parsed else None
    except (ValueError, OverflowError, TypeError):
        return None


def date_in_words(written: str) -> float | None:
    """A date that feedparser does not read (above all: RFC 822 without a zone), in seconds since 1970; no zone means UTC."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(written.strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None
