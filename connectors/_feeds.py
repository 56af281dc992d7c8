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
from listener.core.connector import Answer, Door
from listener.core.errors import SourceProtocolError
from listener.core.mention import Cursor, Json, Mention, Page, Rejected
from listener.net.urls import normal_url, shown

ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, application/xml;q=0.9, */*;q=0.5"
PAGE_SIZE = 500
"""Mentions in one transaction of the store."""
MOVED_FOR_GOOD = 3
"""After so many runs in a row that a permanent redirect answered, a person is told. One can be a mistake of the server's."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Fetched:
    """A feed as it was fetched. ``feed`` is ``None`` where nothing changed since the state."""

    feed: RawFeed | None
    url: str
    state: dict[str, Json]
    """Validators, body hash and a count of permanent redirects, for the cursor."""
    notice: str | None = None
    """What a person should know about the feed's address."""


def fetch_feed(
    door: Door, url: str, state: Mapping[str, Json], *, private: bool = False, workers: Workers | None = None
) -> Fetched:
    """Fetch and read a feed, unless it is unchanged since ``state`` (``{}`` at first): by a 304, or by an equal body hash.

    Raises:
        RetryLater, SourceRejected, SourceProtocolError: as the door does; the last also where it is no feed.
    """
    answer = door.get(url, etag=_string(state, "etag"), modified=_string(state, "modified"), accept=ACCEPT, private=private)
    moved, notice = _move(url, state, answer)
    if answer.unchanged:
        return Fetched(None, answer.url, {**{name: value for name, value in state.items() if name != "moved"}, **moved}, notice)
    found = {**state_of(answer), **moved}
    if state.get("hash") == found["hash"]:
        return Fetched(None, answer.url, found, notice)
    try:
        feed = parse_feed(answer.body, answer.content_type, answer.url, workers)
    except SourceProtocolError as problem:
        if normal_url(url) == normal_url(answer.url):
            raise
        advice = "open the first address in a browser: it may ask for a log-in now, or have moved"
        raise SourceProtocolError(f"{shown(url)} redirects to {problem.reason}; {advice}") from problem
    return Fetched(feed, answer.url, found, notice)


def _move(url: str, state: Mapping[str, Json], answer: Answer) -> tuple[dict[str, Json], str | None]:
    """How often the same permanent redirect answered, run after run, for the cursor; and what to tell a person about it.

    It is proposed and never followed on our own: whoever takes over an abandoned address could else lead us anywhere for good.
    """
    if answer.moved_to is None:
        return {}, None
    target = normal_url(answer.moved_to)
    before = state.get("moved")
    times = 1
    if isinstance(before, Mapping) and before.get("to") == target and isinstance(seen := before.get("seen"), int):
        times = seen + 1
    else:
        _log.info("a feed answers from another address", action="feed_moved", feed=shown(url), to=shown(answer.moved_to))
    notice = None
    if times >= MOVED_FOR_GOOD:
        place = shown(answer.moved_to)
        notice = f"it has moved for good to {place} (seen {times} times); put that address into the configuration"
    return {"moved": {"to": target, "seen": times}}, notice


def unread(state: Mapping[str, Json]) -> dict[str, Json]:
    """The state of a feed that must be read again whether it changed or not; how often it was seen to have moved stays."""
    return {name: value for name, value in state.items() if name == "moved"}


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
        _log.info("entries without a usable date", action="feed_undated", feed=shown(url), entries=found.undated)


def in_pages(
    mentions: tuple[Mention, ...], rejected: tuple[Rejected, ...], before: Cursor, after: Cursor, notice: str | None = None
) -> Iterator[Page]:
    """Mentions in pages of bounded size. Only the last carries the new cursor: a run that is cut short reads the feed again."""
    starts = range(0, max(len(mentions), 1), PAGE_SIZE)
    for start in starts:
        last = start == starts[-1]
        page = mentions[start : start + PAGE_SIZE]
        yield Page(page, rejected if last else (), cursor=after if last else before, notice=notice)


def _string(state: Mapping[str, Json], name: str) -> str | None:
    value = state.get(name)
    return value if isinstance(value, str) else None
