"""Stack Exchange: questions and answers of its sites that a search finds, and questions of tags.

A search answers excerpts without authors, so the posts it finds are asked for by their ids, a hundred a request, with their whole
text. A search finds words in titles, questions and answers; comments below them are not searched. A tag gives its questions, not
the answers to them. Without a key 300 requests a day are allowed from one address, with one 10,000: see ``every``.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from connectors._addresses import WebAddress, Words
from connectors._api import Api, Params
from connectors._json import Record, moment, record, records, required, text, whole
from connectors._paging import BEFORE, Place, Remarks, known_ids, placed, secret_of, terms_to_ask
from connectors._sweep import Ask, Found, sweep
from connectors._terms import phrase
from listener.core.connector import Answer, ConnectorContext, ConnectorSpec
from listener.core.errors import BadItem, RetryLater, SourceError, SourcePaused, SourceRejected
from listener.core.mention import Author, Cursor, Gap, Kind, Markup, Mention, Page
from listener.core.terms import STACK_EXCHANGE
from listener.net.urls import shown, web_link

PLATFORM = "stackexchange"
_LAST_PAGE = 25
"""Later pages want more than a key."""
_TOGETHER = 100
_OF_THEIR_OWN = {"stackoverflow", "superuser", "serverfault", "askubuntu", "stackapps"}
_CLOSED = "the question or answer is not there any more"


class Options(BaseModel):
    """Which sites are searched, for what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sites: tuple[Words, ...] = Field(default=("stackoverflow",), min_length=1, description="sites by the API's names for them")
    queries: tuple[Words, ...] = Field(
        default=(), description="what is searched for; the names of our brands if nothing is given"
    )
    tags: tuple[Words, ...] = Field(default=(), description="tags whose questions are heard whatever words they use")
    key: SecretStr | None = Field(default=None, description="an application's key: 10,000 requests a day instead of 300")
    api: WebAddress = Field(default="https://api.stackexchange.com/2.3", description="the address of the API")
    private: bool = Field(default=False, description="allow addresses in private networks")
    max_pages: int = Field(default=10, ge=1, le=100, description="pages of results that one run and stream fetches at most")


@dataclass(frozen=True, slots=True)
class Stream:
    """One search on one site, or one tag of it."""

    options: Options
    site: str
    query: str | None = None
    tag: str | None = None


class StackExchangeConnector:
    """One search or tag, newest first, back to what is known."""

    def __init__(self, stream: Stream, context: ConnectorContext) -> None:
        self._stream = stream
        self._context = context
        options = stream.options
        self._key = secret_of(options.key)
        self._api = Api(context, options.api, private=options.private, refusal=refusal)
        self._host = host_of(stream.site)
        self._known: set[str] = set()
        self._remarks = Remarks()
        self._wait: SourceError | None = None

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        """Questions and answers that are new since ``cursor``.

        Raises:
            RetryLater: also where the service asks for a pause (``backoff``, a violated limit) before there is more.
            SourcePaused: the day's quota is used up.
            SourceRejected, SourceProtocolError: as ``connectors._api.Api.get``, or a key that is not accepted.
        """
        self._known = known_ids(cursor)
        return self._remarks.on(sweep(cursor, self._context, self._posts, max_pages=self._stream.options.max_pages))

    def _posts(self, ask: Ask) -> Found:
        if self._wait is not None:  # asked for with the page before, which was handed over
            raise self._wait
        place = Place.of(ask.token)
        span: dict[str, str | int] = {"fromdate": int(ask.since.timestamp())}
        if place.until is not None:
            span["todate"] = int(place.until.timestamp()) + 1
        order: dict[str, str | int] = {"order": "desc", "sort": "creation", "page": place.page, "pagesize": _TOGETHER}
        if self._stream.tag is not None:
            listed, more = self._ask("questions", {"tagged": self._stream.tag, "filter": "withbody", **span, **order})
            full = {_id(one): record(one) for one in listed}
        else:
            listed, more = self._ask("search/excerpts", {"q": self._stream.query or "", **span, **order})
            listed = listed[: self._context.limit]
            full = self._full(listed, ask.since)
        entries = placed(listed, lambda one: self._post(one, full, ask.since), _when, "question_id")
        onward = place.following(entries, _LAST_PAGE) if more else None
        if more and onward is None:
            self._remarks.gaps.append(Gap(ask.since, place.until or self._context.now, "the search shows no more posts"))
        return Found(entries, onward.token if onward else None)

    def _full(self, listed: list[Any], since: datetime) -> dict[str, Record]:
        """The whole posts behind excerpts, by their ids, those that are not known yet."""
        wanted: dict[str, list[str]] = {"questions": [], "answers": []}
        for one in listed:
            id_ = _id(one)
            if id_ and id_ not in self._known and (_when(one) or self._context.now) >= since:
                wanted["answers" if _is_answer(one) else "questions"].append(id_)
        full: dict[str, Record] = {}
        for kind, ids in wanted.items():
            if ids:
                found, _ = self._ask(f"{kind}/{';'.join(dict.fromkeys(ids))}", {"filter": "withbody", "pagesize": _TOGETHER})
                full.update({_id(one): record(one) for one in found})
        return full

    def _ask(self, path: str, params: Params) -> tuple[list[Any], bool]:
        """The items of one answer, and whether there are more; a pause that it asks for is kept for the next page."""
        if isinstance(self._wait, SourcePaused):
            raise self._wait
        secret = {"key": self._key} if self._key else {}
        found, answer = self._api.get(path, {**params, "site": self._stream.site, **secret})
        where = shown(answer.url)
        pause = whole(found, "backoff")
        if pause:
            self._wait = RetryLater(f"{where}: it asks for a pause", after=timedelta(seconds=min(pause, 86_400)))
        if whole(found, "quota_remaining") == 0:
            day = self._context.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            self._wait = SourcePaused("the day's quota of requests is used up", until=day)
        return records(record(found).get("items"), where), record(found).get("has_more") is True

    def _post(self, one: Any, full: Mapping[str, Record], since: datetime) -> Mention:
        id_, at = _id(one), _when(one)
        if not id_:
            raise ValueError("without an id")
        if id_ in self._known or (at is not None and at < since):
            raise BadItem(id_, BEFORE)
        self._known.add(id_)
        post = full.get(id_)
        if post is None:
            raise BadItem(id_, _CLOSED)
        answer = _is_answer(one)
        title = html.unescape(required({**one, **post}, "title"))
        return Mention(
            platform=PLATFORM,
            origin=self._host,
            external_id=id_,
            title=f"Re: {title}" if answer else title,
            text=required(post, "body"),
            markup=Markup.HTML,
            url=web_link("", text(post, "link")) or f"https://{self._host}/{'a' if answer else 'q'}/{id_}",
            author=self._author(record(post.get("owner"))),
            published_at=moment(whole(post, "creation_date")) or at,
            kind=Kind.COMMENT if answer else Kind.POST,
            engagement=max(whole(post, "score") or 0, 0) + (whole(post, "answer_count") or 0),
        )

    def _author(self, owner: Record) -> Author:
        """The account on this site: a person has another one on each site. Of a deleted one only the name is left."""
        id_ = whole(owner, "user_id")
        name = text(owner, "display_name")
        return Author(
            service_id=f"{self._host}/{id_}" if id_ is not None else None,
            display_name=html.unescape(name) if name else None,
            profile_url=web_link("", text(owner, "link")) or (f"https://{self._host}/users/{id_}" if id_ is not None else None),
        )


def _id(one: Any) -> str:
    """Questions and answers of a site share their ids."""
    id_ = whole(one, "answer_id") if _is_answer(one) else whole(one, "question_id")
    return str(id_) if id_ is not None else ""


def _is_answer(one: Any) -> bool:
    kind = text(one, "item_type")
    return kind == "answer" if kind else whole(one, "answer_id") is not None


def _when(one: Any) -> datetime | None:
    return moment(whole(one, "creation_date"))


def host_of(site: str) -> str:
    """The host of a site by its name in the API: ``stackoverflow``, ``pt.stackoverflow``, ``unix``, ``unix.meta``."""
    name = site.strip().lower()
    if "." in name and name.rpartition(".")[2] in {"com", "net"}:
        return name
    if name == "mathoverflow" or name.endswith(".mathoverflow"):
        return f"{name}.net"
    if name.rpartition(".")[2] in _OF_THEIR_OWN:
        return f"{name}.com"
    main, _, meta = name.partition(".")
    return f"{main}.meta.stackexchange.com" if meta == "meta" else f"{name}.stackexchange.com"


_LIMITS = {500: "internal_error", 502: "throttle_violation", 503: "temporarily_unavailable"}
_KEYS = {401, 402, 403, 405, 406}
_SECONDS = re.compile(r"available in (\d{1,7}) seconds")


def refusal(answer: Answer, now: datetime) -> SourceError | None:  # noqa: ARG001 - the shape of ``connectors._api.Refusal``
    """What an answer with status 400 means: the service numbers its errors in the body."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    error, where = whole(said, "error_id"), shown(answer.url)
    if error in _LIMITS:
        seconds = _SECONDS.search(text(said, "error_message") or "")
        after = timedelta(seconds=min(int(seconds[1]), 604_800)) if seconds else None
        return RetryLater(f"{where}: {_LIMITS[error]}: its limit of requests is reached, or it is out of order", after=after)
    if error in _KEYS:
        return SourceRejected(f"{where}: it does not accept the key (error {error}): set LISTENER_SOURCES__<NAME>__KEY anew")
    if error is not None:
        return SourceRejected(f"{where}: it does not understand what is asked (error {error}): see sites, queries and tags")
    return None


def _streams(options: Options, context: ConnectorContext) -> Mapping[str, Stream]:
    """One stream a site and search, one a site and tag.

    Raises:
        ConfigError: there is nothing to search for.
    """
    terms = () if options.tags and not (options.queries or context.brands) else terms_to_ask(context, options.queries)
    found: dict[str, Stream] = {}
    for site in dict.fromkeys(options.sites):
        name = quote(site, safe=".")
        found |= {f"{name}: {term}": Stream(options, site, query=term if options.queries else phrase(term)) for term in terms}
        found |= {f"{name} tag {tag}": Stream(options, site, tag=tag) for tag in options.tags}
    return found


SPEC = ConnectorSpec(
    kind="stackexchange",
    summary="questions and answers of Stack Overflow and the other Stack Exchange sites, by search and tag",
    options=Options,
    build=StackExchangeConnector,
    platform=PLATFORM,
    policy=STACK_EXCHANGE,
    streams=_streams,
    every=timedelta(minutes=30),
    backfills=True,
)
