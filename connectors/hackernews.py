"""Hacker News through its public search (Algolia): stories and comments by words, and all that an account writes.

The search shows at most 1,000 hits of a query, however they are paged, so older posts are asked for by time. It wants no key and
permits 10,000 requests an hour from one address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from connectors._addresses import WebAddress, Words
from connectors._api import Api
from connectors._json import each, moment, record, records, required, text, whole
from connectors._sweep import Ask, Found, marked, step_back, sweep
from connectors._terms import phrase, search_terms, something, watch_streams
from listener.core.connector import ConnectorContext, ConnectorSpec
from listener.core.errors import BadItem, SourceProtocolError
from listener.core.mention import ANONYMOUS, Author, Cursor, Kind, Markup, Mention, Page
from listener.core.terms import HACKER_NEWS
from listener.net.urls import shown, web_link

PLATFORM = "hackernews"
_SITE = "news.ycombinator.com"
_HITS = 200
_SECOND = timedelta(seconds=1)


_NAME = r"@?[A-Za-z0-9_-]{1,32}"
Name = Annotated[str, Field(pattern=f"^{_NAME}$")]


class Options(BaseModel):
    """What is looked for, and who is followed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    queries: tuple[Words, ...] = Field(default=(), description="searches in Algolia's language; default: the names of our brands")
    watch: tuple[Name, ...] = Field(default=(), description="accounts followed whatever words they use; upper case counts")
    watch_customers: bool = Field(default=False, description="follow the customers' known accounts too")
    api: WebAddress = Field(default="https://hn.algolia.com/api/v1", description="the address of the search's API")
    private: bool = Field(default=False, description="allow addresses in private networks")
    max_pages: int = Field(default=10, ge=1, description="answers that one run fetches at most of each stream")


@dataclass(frozen=True, slots=True)
class Stream:
    """One search: words and tags as Algolia wants them."""

    options: Options
    query: str
    tags: str


class HackerNewsConnector:
    """One search, newest first. Its place in the list is a second: the list is cut there, not by page numbers."""

    def __init__(self, stream: Stream, context: ConnectorContext) -> None:
        self._stream = stream
        self._context = context
        self._api = Api(context, stream.options.api, stream.options.private)

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        """What is new since ``cursor``.

        Raises:
            RetryLater, SourceRejected, SourceProtocolError: as ``connectors._api.Api``.
        """
        return sweep(cursor, self._context, self._fetch, max_pages=self._stream.options.max_pages)

    def _fetch(self, ask: Ask) -> Found:
        bound = moment(whole({"until": ask.token}, "until"))
        filters = f"created_at_i>={int(ask.since.timestamp())}"
        if bound:
            filters += f",created_at_i<={int(bound.timestamp())}"
        params: dict[str, str | int] = {
            "query": self._stream.query,
            "tags": self._stream.tags,
            "numericFilters": filters,
            "hitsPerPage": _HITS,
            "advancedSyntax": "true",  # without it a phrase in quotes is just words
            "typoTolerance": "false",
        }
        answer, came = self._api.get("search_by_date", params)
        hits = records(record(answer).get("hits"), shown(came.url))
        found = [marked(_when(hit), item) for hit, item in zip(hits, each(hits, mention_of, "objectID"), strict=True)]
        places = [entry.at for entry in found if entry.at is not None]
        if bound and places and min(places) > bound:
            raise SourceProtocolError(f"{shown(came.url)}: answers with younger posts than it was asked for")
        full = len(hits) >= _HITS
        rest = full or (len(hits) < (whole(answer, "nbHits") or 0) and bound != min(places, default=None))
        if not places or not rest:
            return Found(found)
        older, gaps = step_back(min(places), bound, _SECOND)
        return Found(found, str(int(older.timestamp())), gaps)


def mention_of(hit: Any) -> Mention:
    """One hit of the search.

    Raises:
        ValueError: it has no id.
        BadItem: it has no words, being deleted.
    """
    id_ = required(hit, "objectID")
    comment = text(hit, "comment_text")
    title = text(hit, "title") if comment is None else None  # a comment's story_title is somebody else's words
    link = web_link("", text(hit, "url")) if comment is None else None
    words = [comment or text(hit, "story_text"), f"<p>{escape(link)}</p>" if link else None]
    if not comment and not title:
        raise BadItem(id_, "without words: deleted, or shown to nobody")
    points, replies = whole(hit, "points"), whole(hit, "num_comments")
    return Mention(
        platform=PLATFORM,
        origin=_SITE,
        external_id=id_,
        text="\n".join(part for part in words if part),
        title=title,
        url=f"https://{_SITE}/item?id={quote(id_, safe='')}",
        author=_author(hit),
        published_at=_when(hit),
        markup=Markup.HTML,
        kind=Kind.COMMENT if comment else Kind.POST,
        engagement=None if points is None and replies is None else max(points or 0, 0) + max(replies or 0, 0),
    )


def _author(hit: Any) -> Author:
    """Names here never change, and ``Jo`` is not ``jo``: the name as it is written is the id."""
    name = text(hit, "author")
    if name is None:
        return ANONYMOUS
    return Author(service_id=name, handle=name, profile_url=f"https://{_SITE}/user?id={quote(name, safe='')}")


def _when(hit: Any) -> datetime | None:
    """The second by which the list is ordered."""
    return moment(whole(hit, "created_at_i")) or moment(text(hit, "created_at"))


def _streams(options: Options, context: ConnectorContext) -> Mapping[str, Stream]:
    """One for each search and each account."""
    asked = options.queries or tuple(map(phrase, search_terms(context)))
    both = "(story,comment)"
    searches = {f"search {query}": Stream(options, query, both) for query in dict.fromkeys(asked)}
    accounts = watch_streams(context, PLATFORM, options.watch, options.watch_customers)
    followed = {
        name: Stream(options, "", f"{both},author_{handle}")
        for name, handle in accounts.items()
        if re.fullmatch(_NAME, handle)  # anything else in a customer's record would be another filter
    }
    return something({**searches, **followed}, "queries", "watch")


SPEC = ConnectorSpec(
    kind="hackernews",
    summary="Hacker News: stories and comments by words, and accounts that are followed (no key needed)",
    options=Options,
    build=HackerNewsConnector,
    platform=PLATFORM,
    policy=HACKER_NEWS,
    streams=_streams,
    backfills=True,
)
