"""Fetching feeds and reading them: what the connectors that live on feeds share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from connectors._entries import Items, items_of
from connectors._raw import RawFeed, from_plain
from connectors._workers import Workers, shared_workers
from listener.core.errors import SourceProtocolError
from listener.core.mention import Cursor, Json, Mention, Page, Rejected
from listener.core.ports import Answer, Door
from listener.net.urls import normal_url, shown

ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, application/xml;q=0.9, */*;q=0.5"
PAGE_SIZE = 500
"""Mentions in one transaction of the store."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Fetched:
    """A feed as it was fetched. ``feed`` is ``None`` where nothing changed since the state."""

    feed: RawFeed | None
    url: str
    state: dict[str, Json]
    """Validators and body hash, for the cursor."""


def fetch_feed(
    door: Door, url: str, state: Mapping[str, Json], *, private: bool = False, workers: Workers | None = None
) -> Fetched:
    """Fetch and read a feed, unless it is unchanged since ``state`` (``{}`` at first): by a 304, or by an equal body hash.

    Raises:
        RetryLater, SourceRejected, SourceProtocolError: as the door does; the last also where it is no feed.
    """
    answer = door.get(url, etag=_string(state, "etag"), modified=_string(state, "modified"), accept=ACCEPT, private=private)
    if answer.unchanged:
        return Fetched(None, answer.url, dict(state))
    found = state_of(answer)
    if answer.moved_to:
        _log.info("a feed has moved for good", action="feed.moved", feed=shown(url), to=shown(answer.moved_to))
    if state.get("hash") == found["hash"]:
        return Fetched(None, answer.url, found)
    return Fetched(parse_feed(answer.body, answer.content_type, answer.url, workers), answer.url, found)


def state_of(answer: Answer) -> dict[str, Json]:
    """What the next request needs to learn cheaply that nothing changed."""
    state: dict[str, Json] = {"hash": hashlib.sha256(answer.body).hexdigest()[:32]}
    if answer.etag:
        state["etag"] = answer.etag
    if answer.modified:
        state["modified"] = answer.modified
    return state


def parse_feed(body: bytes, content_type: str, url: str, workers: Workers | None = None) -> RawFeed:
    """What a feed's bytes say, read in a worker process.

    Raises:
        SourceProtocolError: it is no feed (and what it is instead), or takes too much time or memory.
    """
    try:
        return from_plain((workers or shared_workers()).read("feed", body, content_type, url))
    except SourceProtocolError as problem:
        raise SourceProtocolError(f"{shown(url)}: {problem.reason}") from problem


def read_feed(data: bytes, url: str, now: datetime) -> Page:
    """A feed that lies in a file: all it says, in one page. ``url`` is the address it was saved from, or any name for it.

    Raises:
        SourceProtocolError: it is no feed.
    """
    found = items_of(parse_feed(data, "", url), origin=normal_url(url), url=url, now=now)
    return Page(mentions=found.mentions, rejected=found.rejected)


def note_undated(found: Items, url: str) -> None:
    """Entries whose date means nothing are kept without one; the log says how many."""
    if found.undated:
        _log.info("entries without a usable date", action="feed.undated", feed=shown(url), entries=found.undated)


def in_pages(mentions: tuple[Mention, ...], rejected: tuple[Rejected, ...], before: Cursor, after: Cursor) -> Iterator[Page]:
    """Mentions in pages of bounded size. Only the last carries the new cursor: a run that is cut short reads the feed again."""
    starts = range(0, max(len(mentions), 1), PAGE_SIZE)
    for start in starts:
        last = start == starts[-1]
        yield Page(mentions[start : start + PAGE_SIZE], rejected if last else (), cursor=after if last else before)


def _string(state: Mapping[str, Json], name: str) -> str | None:
    value = state.get(name)
    return value if isinstance(value, str) else None
