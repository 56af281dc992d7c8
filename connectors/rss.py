"""Feeds by their addresses: RSS, RDF, Atom and JSON Feed, one stream a feed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors._addresses import WebAddress
from connectors._entries import PLATFORM, items_of
from connectors._feeds import fetch_feed, in_pages, note_undated
from connectors._opml import feeds_in
from listener.core.connector import ConnectorContext, ConnectorSpec
from listener.core.mention import Cursor, Page
from listener.net.urls import normal_url


class Options(BaseModel):
    """At least one of ``url``, ``urls`` and ``opml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: WebAddress | None = Field(default=None, description="the address of a feed")
    urls: tuple[WebAddress, ...] = Field(default=(), description="the addresses of several feeds")
    opml: Path | None = Field(default=None, description="an OPML file that lists feeds")
    private: bool = Field(default=False, description="allow addresses in private networks")

    @model_validator(mode="after")
    def _names_a_feed(self) -> Self:
        if self.url is None and not self.urls and self.opml is None:
            raise ValueError("give url, urls or opml: the address of at least one feed")
        return self

    def feeds(self, folder: Path) -> tuple[str, ...]:
        """All feeds, each once; the OPML file's path counts from ``folder``.

        Raises:
            ConfigError: the OPML file cannot be read or lists no feed.
        """
        listed = feeds_in(folder / self.opml) if self.opml is not None else ()
        given = (*((self.url,) if self.url else ()), *self.urls, *listed)
        found: dict[str, str] = {}
        for url in given:
            found.setdefault(normal_url(url), url)
        return tuple(found.values())


class RssConnector:
    """One feed. Its cursor holds the validators and the hash of the last body (an unchanged feed costs a 304), and ``moved``:
    where permanent redirects led, how often in a row."""

    def __init__(self, url: str, private: bool, context: ConnectorContext) -> None:
        self._url = url
        self._private = private
        self._context = context

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        """What the feed says, if it changed since ``cursor``.

        Raises:
            RetryLater, SourceRejected, SourceProtocolError: as ``connectors._feeds.fetch_feed``.
        """
        fetched = fetch_feed(self._context.door, self._url, cursor, private=self._private)
        if fetched.feed is None:
            yield Page(cursor=fetched.state, unchanged=True, notice=fetched.notice)
            return
        found = items_of(fetched.feed, origin=normal_url(self._url), url=fetched.url, now=self._context.now)
        note_undated(found, self._url)
        yield from in_pages(found.mentions[: self._context.limit], found.rejected, cursor, fetched.state, fetched.notice)


def _build(options: Options, context: ConnectorContext) -> RssConnector:
    """The connector for a source, or a stream of one, that names exactly one feed."""
    feeds = options.feeds(context.folder)
    if len(feeds) != 1:
        raise ValueError(f"{len(feeds)} feeds in one stream: split the source by SPEC.streams first")
    return RssConnector(feeds[0], options.private, context)


def _streams(options: Options, context: ConnectorContext) -> Mapping[str, Options]:
    """A stream a feed, named by its address (without secrets)."""
    return {normal_url(url): Options(url=url, private=options.private) for url in options.feeds(context.folder)}


SPEC = ConnectorSpec(
    kind="rss",
    summary="feeds by their addresses (RSS, RDF, Atom, JSON Feed)",
    options=Options,
    build=_build,
    platform=PLATFORM,
    streams=_streams,
)
