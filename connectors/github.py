"""GitHub: issues and pull requests that a search finds, what is written in named repositories, and discussions.

A search (10 a minute without a token) finds words in titles and first posts; comments can only be heard in the repositories that
``repositories`` names, where every issue and comment is heard whatever words it uses. Discussions exist in GraphQL only, which
wants a token: without one they are not heard, and a notice says so. Of a discussion its first post is heard. Words in quotes and
blocks of code are not the author's and are left out; what bots write is rejected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from connectors._addresses import WebAddress, Words
from connectors._github_api import DISCUSSIONS, TOKEN_VARIABLE, api_of, graphql
from connectors._github_read import PLATFORM, comment, discussion, issue, origin_of, when
from connectors._json import record, records, text
from connectors._paging import Place, Remarks, placed, secret_of, terms_to_ask, unusable
from connectors._sweep import Ask, Entry, Found, sweep
from connectors._terms import phrase
from listener.core.connector import ConnectorContext, ConnectorSpec
from listener.core.mention import Cursor, Gap, Mention, Page
from listener.core.terms import GITHUB
from listener.net.urls import shown

_PER_PAGE = 100
_LAST_PAGE = 10
"""A search shows its first 1,000 results only."""

Repository = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$")]


class Options(BaseModel):
    """What is searched for, and which repositories are heard whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    queries: tuple[Words, ...] = Field(
        default=(), description="searches in GitHub's syntax; our brands' names if nothing is given"
    )
    search: tuple[Literal["issue", "pull-request"], ...] = Field(default=("issue",), description="what the searches look among")
    repositories: tuple[Repository, ...] = Field(default=(), description="owner/name: all their issues and comments are heard")
    discussions: bool = Field(default=True, description="search discussions too (needs a token)")
    token: SecretStr | None = Field(default=None, description="a token: more requests, and discussions; it needs no permissions")
    api: WebAddress = Field(default="https://api.github.com", description="the address of the API")
    private: bool = Field(default=False, description="allow addresses in private networks")
    max_pages: int = Field(default=10, ge=1, le=100, description="pages of results that one run and stream fetches at most")


@dataclass(frozen=True, slots=True)
class Stream:
    """One search (of issues, pull requests or discussions), or one list of a repository."""

    options: Options
    of: Literal["search", "issues", "comments", "discussions"]
    asks: str
    """The query, or ``owner/name``."""
    notice: str | None = None
    """What people should know of the source; told by its first stream."""


class GitHubConnector:
    """One search or list, newest first, back to what is known."""

    def __init__(self, stream: Stream, context: ConnectorContext) -> None:
        self._stream = stream
        self._context = context
        options = stream.options
        self._api = api_of(context, options.api, secret_of(options.token), options.private)
        self._origin = origin_of(options.api)
        self._remarks = Remarks([stream.notice] if stream.notice else [])

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        """Issues, comments or discussions that are new since ``cursor``.

        Raises:
            RetryLater: also for a 403 that is a limit, until the reset that it names.
            SourceRejected: also for a token that is not accepted and a search that is not understood.
            SourceProtocolError: as ``connectors._api.Api.get``.
        """
        fetch = {"search": self._search, "issues": self._issues, "comments": self._comments}.get(
            self._stream.of, self._discussions
        )
        return self._remarks.on(sweep(cursor, self._context, fetch, max_pages=self._stream.options.max_pages))

    def _search(self, ask: Ask) -> Found:
        place = Place.of(ask.token)
        query = f"{self._stream.asks} created:{_span(ask, place)}"
        params: dict[str, str | int] = {"q": query, "sort": "created", "order": "desc", "per_page": _PER_PAGE, "page": place.page}
        found, answer = self._api.get("search/issues", params)
        if record(found).get("incomplete_results") is True:
            self._remarks.tell("GitHub ran out of time for a search and answered only a part of what it has")
        items = records(record(found).get("items"), shown(answer.url))
        entries = self._read(items, issue)
        return Found(entries, self._onward(place, ask, entries, more=len(items) >= _PER_PAGE))

    def _onward(self, place: Place, ask: Ask, entries: list[Entry], *, more: bool) -> str | None:
        onward = place.following(entries, _LAST_PAGE) if more else None
        if more and onward is None:
            self._remarks.gaps.append(Gap(ask.since, place.until or self._context.now, "the search shows no more results"))
        return onward.token if onward else None

    def _issues(self, ask: Ask) -> Found:
        return self._list(ask, "issues", {"state": "all"}, issue)

    def _comments(self, ask: Ask) -> Found:
        return self._list(ask, "issues/comments", {}, comment)

    def _list(self, ask: Ask, path: str, more: Mapping[str, str], read: Callable[[Any, str], Mention]) -> Found:
        """One page of a repository's list. ``since`` is of the last change, which is never before the creation."""
        place = Place.of(ask.token)
        params: dict[str, str | int] = {**more, "sort": "created", "direction": "desc", "since": _moment(ask)}
        params |= {"per_page": _PER_PAGE, "page": place.page}
        found, answer = self._api.get(f"repos/{self._stream.asks}/{path}", params)
        entries = self._read(records(found, shown(answer.url)), read)
        return Found(entries, Place(page=place.page + 1).token if 'rel="next"' in answer.headers.get("link", "") else None)

    def _discussions(self, ask: Ask) -> Found:
        span = f"created:>={_moment(ask)} sort:created-desc"
        variables = {"search": f"{self._stream.asks} {span}", "after": ask.token}
        search = record(graphql(self._api, DISCUSSIONS, variables).get("search"))
        info = record(search.get("pageInfo"))
        nodes = records(search.get("nodes"), shown(self._api.base))
        onward = text(info, "endCursor") if info.get("hasNextPage") is True else None
        return Found(self._read([node for node in nodes if node], discussion, "databaseId"), onward)

    def _read(self, found: list[Any], read: Callable[[Any, str], Mention], key: str = "id") -> list[Entry]:
        return placed(found, lambda one: read(one, self._origin), when, key)


def _moment(ask: Ask) -> str:
    return ask.since.strftime("%Y-%m-%dT%H:%M:%SZ")


def _span(ask: Ask, place: Place) -> str:
    return f"{_moment(ask)}..{place.until:%Y-%m-%dT%H:%M:%SZ}" if place.until else f">={_moment(ask)}"


def _streams(options: Options, context: ConnectorContext) -> Mapping[str, Stream]:
    """One stream a search and what it looks among, two a repository.

    Raises:
        ConfigError: there is nothing to search for.
    """
    token = secret_of(options.token)
    only_lists = options.repositories and not (options.queries or context.brands)
    found: dict[str, Stream] = {}
    terms = () if only_lists else terms_to_ask(context, options.queries)
    notice = _NO_DISCUSSIONS if options.discussions and not token and terms else None
    for term in terms:
        asked = term if options.queries else f"{phrase(term)} in:title,body"
        for kind in options.search:
            found[f"{kind}: {term}"] = Stream(options, "search", f"{asked} is:{kind}", None if found else notice)
        if options.discussions and token:
            found[f"discussion: {term}"] = Stream(options, "discussions", asked)
    for name in options.repositories:
        found[f"issues of {name}"] = Stream(options, "issues", name, None if found else notice)
        found[f"comments of {name}"] = Stream(options, "comments", name)
    return found


_NO_DISCUSSIONS = f"discussions are not heard: they need a token ({TOKEN_VARIABLE})"


def _missing(options: Options) -> str | None:
    if not options.search and not options.repositories and not (options.discussions and secret_of(options.token)):
        return f"there is nothing to hear: name what to search, or repositories; {_NO_DISCUSSIONS}"
    return unusable(options.token, "token")


SPEC = ConnectorSpec(
    kind="github",
    summary="issues, pull requests and (with a token) discussions of GitHub by search; all of named repositories",
    options=Options,
    build=GitHubConnector,
    platform=PLATFORM,
    policy=GITHUB,
    streams=_streams,
    missing=_missing,
    every=timedelta(minutes=30),
    backfills=True,
)
