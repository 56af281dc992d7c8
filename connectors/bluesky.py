"""Bluesky: public search and accounts through the application's own API (XRPC).

Without signing in, searches are answered but not their further pages (a ``cursor`` is refused with 403), and at times no search
at all: so older posts are asked for by time, and an app password can be given. Signed in, the account's server passes the
requests on.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from connectors._addresses import WebAddress, Words
from connectors._api import Api, Refusal
from connectors._bluesky_posts import PLATFORM, item_of, mention_of, place_of, place_of_item, published
from connectors._json import document, each, moment, record, records, text
from connectors._sweep import Ask, Entry, Found, marked, step_back, sweep
from connectors._terms import phrase, search_terms, something, watch_streams
from listener.core.connector import Answer, ConnectorContext, ConnectorSpec
from listener.core.errors import SourceError, SourceProtocolError, SourceRejected
from listener.core.mention import Cursor, Page
from listener.core.terms import BLUESKY
from listener.net.urls import shown

_LIMIT = 100
_STEP = timedelta(milliseconds=1)
_ERROR = re.compile(r"[A-Za-z]{1,60}")
_SIGN_IN = "give the source identifier and password (an app password: LISTENER_SOURCES__<NAME>__PASSWORD)"


class Options(BaseModel):
    """What is looked for, who is followed, and the account that asks (none is needed as a rule)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    queries: tuple[Words, ...] = Field(default=(), description="searches in Bluesky's language; default: the names of our brands")
    watch: tuple[Words, ...] = Field(default=(), description="accounts followed whatever words they use: handle or did")
    watch_customers: bool = Field(default=False, description="follow the customers' known accounts too")
    identifier: str | None = Field(default=None, description="an account that asks, where searching is refused to strangers")
    password: SecretStr | None = Field(default=None, description="an app password of that account")
    api: WebAddress = Field(default="https://api.bsky.app", description="the public API, for strangers")
    service: WebAddress = Field(default="https://bsky.social", description="the account's server, for those who sign in")
    private: bool = Field(default=False, description="allow addresses in private networks")
    max_pages: int = Field(default=10, ge=1, description="answers that one run fetches at most of each stream")


class Session:
    """The account that asks. It signs in once for all streams of a source: a service permits that 300 times a day."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._token: str | None = None
        self._refused: SourceError | None = None

    def api(self, context: ConnectorContext) -> Api:
        """The API to ask, signed in if there is an account.

        Raises:
            RetryLater, SourceRejected, SourceProtocolError: the account cannot sign in.
        """
        options = self._options
        if options.identifier is None or options.password is None:
            return Api(context, options.api, options.private, refusal=_refusal(signed_in=False))
        plain = Api(context, options.service, options.private, refusal=_refusal(signed_in=True))
        with self._lock:
            if self._refused is not None:
                raise self._refused
            if self._token is None:
                try:
                    self._token = _sign_in(plain, options.identifier, options.password)
                except SourceError as problem:
                    self._refused = problem  # one refusal is enough: the service counts attempts
                    raise
        bearer = {"authorization": f"Bearer {self._token}"}
        return Api(context, options.service, options.private, bearer, _refusal(signed_in=True))


@dataclass(frozen=True, slots=True)
class Stream:
    """One search, or one account."""

    options: Options
    session: Session = field(repr=False)
    query: str | None = None
    account: str | None = None


class BlueskyConnector:
    """One list, newest first: of a search by time, of an account by the service's cursor."""

    def __init__(self, stream: Stream, context: ConnectorContext) -> None:
        self._stream = stream
        self._context = context

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        """What is new since ``cursor``.

        Raises:
            RetryLater, SourceRejected, SourceProtocolError: as ``connectors._api.Api``.
        """
        api = self._stream.session.api(self._context)
        fetch = self._search if self._stream.account is None else self._feed
        return sweep(cursor, self._context, lambda ask: fetch(api, ask), max_pages=self._stream.options.max_pages)

    def _search(self, api: Api, ask: Ask) -> Found:
        until = moment(ask.token)
        params: dict[str, str | int] = {
            "q": self._stream.query or "",
            "sort": "latest",
            "limit": _LIMIT,
            "since": _written(ask.since),
        }
        if until:
            params["until"] = _written(until + _STEP)  # the service leaves out the moment itself
        answer, came = api.get("/xrpc/app.bsky.feed.searchPosts", params)
        posts = records(record(answer).get("posts"), shown(came.url))
        found = [marked(place_of(post), item) for post, item in zip(posts, each(posts, mention_of, "uri"), strict=True)]
        return _older(posts, found, until, more=len(posts) >= _LIMIT or text(answer, "cursor") is not None)

    def _feed(self, api: Api, ask: Ask) -> Found:
        params: dict[str, str | int] = {
            "actor": self._stream.account or "",
            "limit": _LIMIT,
            "filter": "posts_with_replies",
            "includePins": "false",
        }
        if ask.token:
            params["cursor"] = ask.token
        answer, came = api.get("/xrpc/app.bsky.feed.getAuthorFeed", params)
        items = records(record(answer).get("feed"), shown(came.url))
        read = each(items, item_of)
        found = [marked(place_of_item(item), mention) for item, mention in zip(items, read, strict=True)]
        return Found(found, text(answer, "cursor"))


def _older(posts: Sequence[Any], found: list[Entry], until: datetime | None, *, more: bool) -> Found:
    """The page with the moment from which to go on.

    The list is ordered by when a post was written or when the service got it, whichever is earlier, as far as is known. Whatever
    the order, no post that is still to come is younger than the least of the later ones of the two.
    """
    places = [entry.at for entry in found if entry.at is not None]
    if not places or not more:
        return Found(found)
    oldest = min(places)
    if until and oldest >= until:  # nothing but posts that the service got long after they were written
        oldest = min(time for post in posts if (time := published(post)))
    if until and oldest >= until and len(posts) < _LIMIT:
        return Found(found)  # nothing but what was asked for once more because it stood at the edge
    at, gaps = step_back(oldest, until, _STEP)
    return Found(found, at.isoformat(), gaps)


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _sign_in(api: Api, identifier: str, password: SecretStr) -> str:
    """An access token for some hours.

    Raises:
        SourceProtocolError: none was given; further as ``Api.post``.
    """
    content = json.dumps({"identifier": identifier, "password": password.get_secret_value()}).encode()
    answer, came = api.post("/xrpc/com.atproto.server.createSession", content)
    token = text(answer, "accessJwt")
    if token is None or not token.isascii() or not token.isprintable():
        raise SourceProtocolError(f"{shown(came.url)}: gives no token")
    return token


def _refusal(*, signed_in: bool) -> Refusal:
    """What XRPC's errors mean: their names are the service's, their messages may hold what was asked and are left out."""

    def meaning(answer: Answer, now: datetime) -> SourceError | None:  # noqa: ARG001 - the shape of a refusal
        if answer.status == 429:
            return None
        where = f"{shown(answer.url)}: answered {answer.status}"
        name = _error_name(answer)
        where = f"{where} ({name})" if name else where
        if answer.status in {401, 403} and not signed_in:
            return SourceRejected(f"{where}: it does not let strangers read this now; {_SIGN_IN}")
        if answer.status == 401 or name in {"ExpiredToken", "InvalidToken", "AuthMissing", "AuthFactorTokenRequired"}:
            return SourceRejected(f"{where}: it does not accept the account; check identifier and app password")
        if answer.status == 400:
            return SourceRejected(f"{where}: it does not accept the query, or does not know the account")
        return None

    return meaning


def _error_name(answer: Answer) -> str | None:
    try:
        name = text(document(answer), "error")
    except SourceProtocolError:
        return None
    return name if name and _ERROR.fullmatch(name) else None


def _missing(options: Options) -> str | None:
    """Half an account is none."""
    if options.identifier and options.password is None:
        return "password is not set: give an app password in LISTENER_SOURCES__<NAME>__PASSWORD, or leave out identifier"
    if options.password and not options.identifier:
        return "identifier is not set: name the account that the password belongs to"
    return None


def _streams(options: Options, context: ConnectorContext) -> Mapping[str, Stream]:
    """One for each search and each account."""
    session = Session(options)
    asked = options.queries or tuple(map(phrase, search_terms(context)))
    searches = {f"search {query}": Stream(options, session, query=query) for query in dict.fromkeys(asked)}
    accounts = watch_streams(context, PLATFORM, options.watch, options.watch_customers)
    followed = {
        name: Stream(options, session, account=handle)
        for name, handle in accounts.items()
        if "." in handle or handle.startswith("did:") or name.startswith("account @")  # a customer's bare name is no handle here
    }
    return something({**searches, **followed}, "queries", "watch")


SPEC = ConnectorSpec(
    kind="bluesky",
    summary="Bluesky: posts by words, and accounts that are followed (no key needed; an app password helps when it is busy)",
    options=Options,
    build=BlueskyConnector,
    platform=PLATFORM,
    policy=BLUESKY,
    streams=_streams,
    missing=_missing,
    backfills=True,
)
