"""Mastodon, and other software that speaks its API: hashtags, full-text search, and accounts, of any instance.

Hashtags can be read without a token on most instances. Full-text search needs one, and finds only posts of accounts that let
themselves be found. An instance knows what its own people write and what they follow; it permits 300 calls in five minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from connectors._addresses import WebAddress, Words
from connectors._api import Api, Refusal, reset_pause
from connectors._json import document, each, moment, record, records, required, text, whole
from connectors._mastodon_statuses import PLATFORM, mention_of
from connectors._sweep import Ask, Entry, Found, marked, sweep
from connectors._terms import phrase, search_terms, something, watch_streams
from listener.core.connector import Answer, ConnectorContext, ConnectorSpec
from listener.core.errors import RetryLater, SourceError, SourceProtocolError, SourceRejected
from listener.core.mention import Cursor, Gap, Mention, Page, Rejected
from listener.core.terms import MASTODON
from listener.net.urls import shown

_LIMIT = 40
_MOVED_UP = 2
_DEEPEST = 10_000
"""Elasticsearch, which searches for the instances, counts no further."""
_RESERVE = 5
"""So many calls are left to people who use the same address."""
_OVERLAP = timedelta(hours=6)
"""Posts of other instances arrive late: theirs may have been away."""
_DEFAULT_PAUSE = timedelta(minutes=5)
_NO_SEARCH = "only hashtags are heard: full-text search needs a token (and finds only posts of accounts that opted in to it)"
_OPTED_IN = "full-text search finds only posts of accounts that opted in to it"


class Options(BaseModel):
    """What is heard through one instance."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    instance: WebAddress = Field(default="https://mastodon.social", description="the address of the instance that is asked")
    tags: tuple[Words, ...] = Field(default=(), description="hashtags to follow; default: the names of our brands")
    queries: tuple[Words, ...] = Field(
        default=(), description="full-text searches (with a token); default: the names of our brands"
    )
    watch: tuple[Words, ...] = Field(default=(), description="accounts followed whatever words they use: name@instance")
    watch_customers: bool = Field(default=False, description="follow the customers' known accounts too")
    token: SecretStr | None = Field(default=None, description="an access token with read:statuses, read:search, read:accounts")
    private: bool = Field(default=False, description="allow addresses in private networks")
    max_pages: int = Field(default=10, ge=1, description="answers that one run fetches at most of each stream")


@dataclass(slots=True)
class Calls:
    """How many calls the instance still permits, shared by the streams of a source: they are fetched one after the other."""

    left: int | None = None
    pause: timedelta = _DEFAULT_PAUSE

    def note(self, answer: Answer, now: datetime) -> None:
        self.left = whole(answer.headers, "x-ratelimit-remaining")
        self.pause = reset_pause(answer, now) or _DEFAULT_PAUSE

    def check(self, where: str) -> None:
        """Stop before the limit is reached.

        Raises:
            RetryLater: until the instance permits more.
        """
        if self.left is not None and self.left <= _RESERVE:
            raise RetryLater(f"{where}: its limit of requests is nearly reached", after=self.pause)


@dataclass(frozen=True, slots=True)
class Stream:
    """One list of statuses: a hashtag, a search or an account (one of the three)."""

    options: Options
    calls: Calls = field(repr=False)
    tag: str | None = None
    query: str | None = None
    account: str | None = None
    notice: str | None = None


class MastodonConnector:
    """One list, newest first. The cursor of an account keeps its id on the instance, so that it is looked up once."""

    def __init__(self, stream: Stream, context: ConnectorContext) -> None:
        token = stream.options.token
        headers = {"authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        self._stream = stream
        self._context = context
        self._api = Api(context, stream.options.instance, stream.options.private, headers, _refusal(signed_in=token is not None))
        self._host = urlsplit(stream.options.instance).hostname or ""
        self._account_id: str | None = None
        self._remembered = False
        self._page: tuple[str, ...] = ()

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        """What is new since ``cursor``.

        Raises:
            RetryLater: also before the instance's limit is reached.
            SourceRejected, SourceProtocolError: as ``connectors._api.Api``.
        """
        self._account_id = text(cursor, "account")
        self._remembered = self._account_id is not None
        fetch: Callable[[Ask], Found] = self._search if self._stream.query else self._timeline
        for page in sweep(cursor, self._context, fetch, max_pages=self._stream.options.max_pages, overlap=_OVERLAP):
            notice = "; ".join(one for one in (page.notice, self._stream.notice) if one)
            kept = {**page.cursor, "account": self._account_id} if self._account_id else page.cursor
            yield replace(page, cursor=kept, notice=notice or None)

    # ------------------------------------------------------------------------------------------------ lists

    def _timeline(self, ask: Ask) -> Found:
        """A hashtag's or an account's statuses; the ``Link`` header leads to the older ones."""
        try:
            answer, came = self._get(self._older(ask.token) or self._first())
        except _Unknown:
            if self._stream.tag is not None:
                return Found(())  # nobody there has used the hashtag yet
            if not self._remembered:
                raise
            self._account_id, self._remembered = None, False  # an instance that was set up anew gives new ids
            answer, came = self._get(self._first())
        return Found(self._entries(answer, came), self._next(came))

    def _first(self) -> str:
        if self._stream.tag is not None:
            return self._api.url(f"/api/v1/timelines/tag/{quote(self._stream.tag, safe='')}", {"limit": _LIMIT})
        return self._api.url(f"/api/v1/accounts/{quote(self._id(), safe='')}/statuses", {"limit": _LIMIT})

    def _id(self) -> str:
        if self._account_id is None:
            account, came = self._get(self._api.url("/api/v1/accounts/lookup", {"acct": self._stream.account or ""}))
            try:
                self._account_id = required(account, "id")[:100]
            except ValueError:
                raise SourceProtocolError(f"{shown(came.url)}: names no account") from None
        return self._account_id

    def _older(self, token: str | None) -> str | None:
        return urljoin(self._stream.options.instance, token) if token else None

    def _next(self, came: Answer) -> str | None:
        """The next page's address, without its host.

        Raises:
            SourceProtocolError: it is another host's.
        """
        links = httpx.Response(200, headers={"link": came.headers.get("link", "")}).links
        address = links.get("next", {}).get("url")
        if not address:
            return None
        try:
            url = urljoin(came.url, address)
            parts = urlsplit(url)
        except ValueError:
            raise SourceProtocolError(f"{shown(came.url)}: names a next page that is no address") from None
        if not self._api.owns(url):
            raise SourceProtocolError(f"{shown(came.url)}: names a next page that is not its own")
        return f"{parts.path}?{parts.query}"

    def _search(self, ask: Ask) -> Found:
        """Full-text search has no ``Link`` header, and its ``max_id`` forgets posts of one second: so pages are counted.

        They overlap a little, because a post that is deleted meanwhile moves the others up.
        """
        offset = whole({"offset": ask.token}, "offset") or 0
        params: dict[str, str | int] = {"q": self._stream.query or "", "type": "statuses", "limit": _LIMIT, "offset": offset}
        answer, came = self._get(self._api.url("/api/v2/search", params))
        found = self._entries(record(answer).get("statuses"), came)
        if not found:
            return Found(())
        page = tuple(entry.id for entry in found)
        if page == self._page:
            return Found(found, ask.token)  # it does not count: ``sweep`` ends here, with a gap
        self._page = page
        following = offset + _LIMIT - _MOVED_UP
        if following + _LIMIT <= _DEEPEST:
            return Found(found, str(following))
        oldest = min((entry.at for entry in found if entry.at is not None), default=ask.since)
        return Found(found, None, (Gap(ask.since, max(oldest, ask.since), f"the search shows no more than {_DEEPEST} posts"),))

    def _entries(self, found: Any, came: Answer) -> list[Entry]:
        statuses = records(found, shown(came.url))
        read: list[Mention | Rejected] = each(statuses, lambda status: mention_of(status, self._host))
        return [marked(moment(text(status, "created_at")), item) for status, item in zip(statuses, read, strict=True)]

    def _get(self, url: str) -> tuple[Any, Answer]:
        self._stream.calls.check(shown(self._stream.options.instance))
        answer, came = self._api.get_url(url)
        self._stream.calls.note(came, self._context.now)
        return answer, came


class _Unknown(SourceRejected):
    """The instance knows no such hashtag or account."""


def _refusal(*, signed_in: bool) -> Refusal:
    """What the instance's refusals mean: the same statuses ask for a token, or for a better one."""

    def meaning(answer: Answer, now: datetime) -> SourceError | None:  # noqa: ARG001 - the shape of a refusal
        where = f"{shown(answer.url)}: answered {answer.status}"
        if answer.status == 404 and _says_error(answer):
            return _Unknown(f"{where}: the instance knows no such account")
        if answer.status in {401, 403, 422} and not signed_in:
            return SourceRejected(f"{where}: it shows this to signed-in readers only; give the source a token ({_VARIABLE})")
        if answer.status == 401:
            return SourceRejected(f"{where}: it does not accept the token; make a new one ({_VARIABLE})")
        if answer.status == 403:
            return SourceRejected(f"{where}: the token may not do this; it needs read:statuses, read:search and read:accounts")
        return None

    return meaning


_VARIABLE = "LISTENER_SOURCES__<NAME>__TOKEN"


def _says_error(answer: Answer) -> bool:
    """Whether the instance itself answers, and not a web server in front of something else."""
    try:
        return text(document(answer), "error") is not None
    except SourceProtocolError:
        return False


def _streams(options: Options, context: ConnectorContext) -> Mapping[str, Stream]:
    """One for each hashtag, search (with a token) and account; what people should know is said once."""
    calls = Calls()
    found: dict[str, Stream] = {}
    for tag in _tags(options, context):
        notice = None if options.token or found else _NO_SEARCH
        found.setdefault(f"tag {tag.casefold()}", Stream(options, calls, tag=tag, notice=notice))
    asked = options.queries or tuple(map(phrase, search_terms(context)))
    for number, query in enumerate(dict.fromkeys(asked) if options.token else ()):
        found[f"search {query}"] = Stream(options, calls, query=query, notice=None if number else _OPTED_IN)
    accounts = watch_streams(context, PLATFORM, options.watch, options.watch_customers)
    for name, handle in accounts.items():
        if "@" in handle or name.startswith("account @"):  # a customer's bare name can be anybody's on this instance
            found[name] = Stream(options, calls, account=handle)
    return something(found, "tags", "watch", "queries with a token")


def _tags(options: Options, context: ConnectorContext) -> list[str]:
    """Hashtags have no spaces and are not numbers."""
    given = options.tags or tuple(
        "".join(char for char in term if char.isalnum() or char == "_") for term in search_terms(context)
    )
    return [tag for one in given if (tag := one.strip().lstrip("#")) and not tag.isdigit()]


SPEC = ConnectorSpec(
    kind="mastodon",
    summary="Mastodon: hashtags and accounts through any instance (no key needed), full-text search with a token",
    options=Options,
    build=MastodonConnector,
    platform=PLATFORM,
    policy=MASTODON,
    streams=_streams,
    backfills=True,
)
