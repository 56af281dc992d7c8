"""A blog by its address: its feed is found, excerpts are completed from the pages, comments are heard too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Self

import structlog
from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors._addresses import WebAddress
from connectors._discovery import Discovered, discover
from connectors._entries import PLATFORM, Items, items_of
from connectors._feeds import Fetched, fetch_feed, in_pages, note_undated, unread
from connectors._full_text import FullTexts, bare_host
from connectors._threads import thread_pages
from listener.core.connector import ConnectorContext, ConnectorSpec
from listener.core.errors import SourceProtocolError, SourceRejected
from listener.core.mention import Cursor, Json, Kind, Page
from listener.net.urls import normal_url, shown, web_link

_log = structlog.get_logger()


class Options(BaseModel):
    """Sites, and how much of them to read: ``url`` alone, or several, each a stream of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: WebAddress = Field(default="", description="the address of the site (or of its feed)")
    urls: tuple[WebAddress, ...] = Field(default=(), description="the addresses of several sites (or of their feeds)")
    watch_customers: bool = Field(default=False, description="follow the sites that the customers' records name")
    private: bool = Field(default=False, description="allow addresses in private networks (never for customers' sites)")
    full_text: bool = Field(default=True, description="fetch a post's page where the feed carries only an excerpt")
    comments: bool = Field(default=True, description="hear the comments too")
    max_pages: int = Field(default=50, ge=0, le=1000, description="at most so many pages and comment threads a run and site")

    @model_validator(mode="after")
    def _names_a_site(self) -> Self:
        if not self.url and not self.urls and not self.watch_customers:
            raise ValueError("give url, urls or watch_customers = true: the address of at least one site")
        return self

    def of_site(self, url: str, *, private: bool) -> Options:
        """The same for one site."""
        return self.model_copy(update={"url": url, "urls": (), "watch_customers": False, "private": private})


class BlogConnector:
    """One site.

    The cursor: ``feed`` and ``comments`` (each ``url`` and ``state``: validators and body hash; the feed's ``url`` is empty where
    it is the configured one, which can hold a secret; the comments' where the site has no common feed of them), ``threads`` (the
    state of single posts' comment feeds), ``seen`` (posts whose page was dealt with). When a known feed fails for good, it is
    looked for anew.
    """

    def __init__(self, options: Options, context: ConnectorContext) -> None:
        self._options = options
        self._context = context
        self._origin = normal_url(options.url)

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        """New posts, then new comments; one unchanged page where there is neither.

        Raises:
            RetryLater, SourceRejected, SourceProtocolError: the site, its feed or its comments cannot be read; what was heard
                before is handed over already.
        """
        found = self._posts_feed(cursor)
        notice = found.fetched.notice
        saved: Cursor | None = None
        for page in self._all(found, cursor):
            cursor = page.cursor
            if not page.unchanged:
                saved = cursor
                yield replace(page, notice=notice)
        if cursor != saved:
            yield Page(cursor=cursor, unchanged=saved is None, notice=notice)

    def _all(self, found: Discovered, cursor: Cursor) -> Iterator[Page]:
        """Every page, those without news among them: they may still move the cursor."""
        for page in self._posts(found, cursor):
            cursor = page.cursor
            yield page
        if self._options.comments and self._context.limit is None:
            yield from self._comments(found, cursor)

    def _posts_feed(self, cursor: Cursor) -> Discovered:
        """The feed at its known address, else found (again)."""
        door, private = self._context.door, self._options.private
        known = _part(cursor, "feed")
        url = known.get("url")
        if not isinstance(url, str):
            return discover(door, self._options.url, private=private)
        url = url or self._options.url
        try:
            return Discovered(url, fetch_feed(door, url, _part(known, "state"), private=private))
        except (SourceRejected, SourceProtocolError) as problem:
            _log.info("looking for the feed anew", action="blog_rediscover", feed=shown(url), reason=problem.reason)
            return discover(door, self._options.url, private=private)

    def _posts(self, found: Discovered, cursor: Cursor) -> Iterator[Page]:
        fetched = found.fetched
        if fetched.feed is None:
            yield Page(cursor={**cursor, "feed": {"url": self._kept(found.url), "state": fetched.state}}, unchanged=True)
            return
        items = items_of(fetched.feed, origin=self._origin, url=fetched.url, now=self._context.now)
        note_undated(items, found.url)
        budget = self._options.max_pages if self._options.full_text else 0
        texts = FullTexts(
            door=self._context.door,
            hosts=frozenset(map(bare_host, (self._options.url, found.url))),
            private=self._options.private,
            left=budget,
            seen=_part(cursor, "seen"),
        )
        mentions = texts.fill(items.items[: self._context.limit])
        complete = texts.complete or budget == 0
        after: dict[str, Json] = {
            **cursor,
            # Without a state the next run reads the feed again, to fetch the pages that were left.
            "feed": {"url": self._kept(found.url), "state": fetched.state if complete else unread(fetched.state)},
            "seen": texts.remembered(),
            "threads": self._known_threads(items, fetched.url, cursor),
        }
        if found.comments is not None and not _part(cursor, "comments"):
            after["comments"] = {"url": found.comments, "state": {}, "guessed": found.guessed}
        if not mentions and not items.rejected:
            yield Page(cursor=after, unchanged=True)
            return
        yield from in_pages(tuple(mentions), items.rejected, cursor, after)

    def _kept(self, url: str) -> str:
        """The feed's address as the cursor keeps it."""
        return "" if url == self._options.url else url

    def _known_threads(self, items: Items, url: str, cursor: Cursor) -> dict[str, Json]:
        """The comment feeds of the feed's posts (those without any comment left out), then older ones: a bounded number."""
        before = _part(cursor, "threads")
        links = (web_link(url, item.entry.comments_feed) for item in items.items if item.entry.comments != 0)
        named = dict.fromkeys(link for link in links if link)
        merged = {url: before.get(url, {}) for url in (*named, *(url for url in before if url not in named))}
        return dict(list(merged.items())[: self._options.max_pages])

    def _comments(self, found: Discovered, cursor: Cursor) -> Iterator[Page]:
        """The site's common comments feed, else the comment feeds of its posts."""
        place = _part(cursor, "comments")
        url = place.get("url")
        if isinstance(url, str) and url and url != found.url:
            try:
                fetched = fetch_feed(self._context.door, url, _part(place, "state"), private=self._options.private)
            except (SourceRejected, SourceProtocolError):
                if not place.get("guessed"):
                    raise
                cursor = {**cursor, "comments": {"url": ""}}
            else:
                yield from self._comment_pages(fetched, cursor, {**cursor, "comments": {"url": url, "state": fetched.state}})
                return
        yield from thread_pages(self._context, cursor, self._origin, private=self._options.private)

    def _comment_pages(self, fetched: Fetched, before: Cursor, after: Cursor) -> Iterator[Page]:
        if fetched.feed is None:
            yield Page(cursor=after, unchanged=True)
            return
        items = items_of(fetched.feed, origin=self._origin, url=fetched.url, now=self._context.now, kind=Kind.COMMENT)
        note_undated(items, fetched.url)
        yield from in_pages(items.mentions, items.rejected, before, after)


def _part(holder: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    value = holder.get(name)
    return value if isinstance(value, Mapping) else {}


_WEB_PLATFORMS = ("blog", "website", "rss", "feed")
"""What a customer's site or feed is called among the accounts of the customers' records."""
_HOST = re.compile(
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+(?:[^\W\d_]{2,63}|xn--[a-z0-9-]{1,59})(?::\d{1,5})?(?:[/?]\S*)?", re.IGNORECASE
)


def site_address(handle: str) -> str | None:
    """The web address that a customer's record gives, mostly without scheme; ``None`` where it is none (a user name)."""
    text = handle.strip()
    if "://" not in text:
        text = f"https://{text}" if _HOST.fullmatch(text) else ""
    return web_link("", text)


def _streams(options: Options, context: ConnectorContext) -> Mapping[str, Options]:
    """A stream a site, each site once. That of ``url`` has no name; the others have their address (without secrets)."""
    found = {"": options.of_site(options.url, private=options.private)} if options.url else {}
    known = {normal_url(options.url)} if options.url else set()
    handles = (handle for name in _WEB_PLATFORMS for handle in context.handles(name)) if options.watch_customers else ()
    sites = [(url, options.private) for url in options.urls]
    # What stands in a customer's record was written by others: it must not lead into our own network.
    sites += [(address, False) for handle in handles if (address := site_address(handle))]
    for url, private in sites:
        name = normal_url(url)
        if name not in known:
            known.add(name)
            found[name] = options.of_site(url, private=private)
    return found


def _build(options: Options, context: ConnectorContext) -> BlogConnector:
    """The connector for a source, or a stream of one, that names exactly one site."""
    if not options.url or options.urls or options.watch_customers:
        raise ValueError("not one site in one stream: split the source by SPEC.streams first")
    return BlogConnector(options, context)


SPEC = ConnectorSpec(
    kind="blog",
    summary="blogs by their addresses, and the customers' own: posts in full, and comments",
    options=Options,
    build=_build,
    platform=PLATFORM,
    streams=_streams,
)
