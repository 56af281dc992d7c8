"""Discourse: the posts of one forum that its search finds, or all its new posts.

A search answers excerpts, so each post it finds is asked for by its id, at most ``_TOGETHER`` before what was read is handed
over. Of several posts of one topic it shows the newest only: ``all_posts`` hears every post instead, for a forum about us. Where
a forum refuses searches to strangers its latest posts are read instead, and a notice says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from connectors._addresses import WebAddress, Words
from connectors._api import Api, reset_pause
from connectors._discourse_read import left_out, likes, without_previews
from connectors._json import Record, moment, record, records, required, text, whole
from connectors._paging import (
    BEFORE,
    NotThere,
    Place,
    Remarks,
    known_ids,
    or_not_there,
    placed,
    secret_of,
    terms_to_ask,
    unusable,
)
from connectors._sweep import Ask, Found, sweep
from connectors._terms import phrase, watched
from listener.core.connector import Answer, ConnectorContext, ConnectorSpec
from listener.core.errors import BadItem, RetryLater, SourceError, SourceRejected
from listener.core.mention import Author, Cursor, Gap, Kind, Markup, Mention, Page, digest
from listener.core.terms import DISCOURSE
from listener.net.urls import shown, web_link

PLATFORM = "discourse"
_TOGETHER = 20
_LAST_PAGE = 10
"""A search shows no later page."""
_STEP = 50
"""How many ids one answer of the latest posts covers."""


class Options(BaseModel):
    """Which forum is heard, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: WebAddress = Field(description="the address of the forum")
    queries: tuple[Words, ...] = Field(
        default=(), description="searches in Discourse's syntax; our brands' names if none is given"
    )
    all_posts: bool = Field(default=False, description="hear every new post instead of searching")
    watch: tuple[Words, ...] = Field(default=(), description="accounts of the forum whose posts are heard whatever they say")
    key: SecretStr | None = Field(default=None, description="an API key of the forum, for one that wants a log-in")
    key_user: str | None = Field(default=None, description="the user name that the key belongs to")
    private: bool = Field(default=False, description="allow addresses in private networks")
    max_pages: int = Field(default=10, ge=1, le=100, description="portions of posts that one run and stream fetches at most")


@dataclass(frozen=True, slots=True)
class Stream:
    """One search, or all posts."""

    options: Options
    query: str | None = None
    watching: bool = False


class Refused(SourceRejected):
    """The forum does not let us read this."""


class DiscourseConnector:
    """One search or the latest posts, newest first, back to what is known."""

    def __init__(self, stream: Stream, context: ConnectorContext) -> None:
        self._stream = stream
        self._context = context
        options = stream.options
        key, headers = secret_of(options.key), {}
        if key and options.key_user:
            headers = {"api-key": key, "api-username": options.key_user}
        self._base = options.url.rstrip("/")
        self._api = Api(context, self._base, private=options.private, headers=headers, refusal=refusal)
        parts = urlsplit(self._base)
        self._origin = parts.netloc.rpartition("@")[2].lower() + parts.path
        self._known: set[str] = set()
        self._remarks = Remarks()
        self._page: tuple[Place, list[Any], dict[int, str], bool] | None = None

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        """Posts that are new since ``cursor``.

        Raises:
            RetryLater: also where the forum is too busy to search.
            SourceRejected: also for a forum that wants a log-in.
            SourceProtocolError: as ``connectors._api.Api.get``.
        """
        self._known = known_ids(cursor)
        fetch = self._latest if self._stream.query is None else self._search
        return self._remarks.on(sweep(cursor, self._context, fetch, max_pages=self._stream.options.max_pages))

    # ---------------------------------------------------------------------------------------------------- search

    def _search(self, ask: Ask) -> Found:
        place = Place.of(ask.token)
        try:
            hits, titles, more = self._hits(ask, place)
        except Refused:
            if self._stream.watching:
                raise
            self._remarks.tell("the forum refuses searches: its latest posts are read instead")
            return self._latest(ask)
        full: dict[str, Record] = {}
        at = place.skip
        for hit in hits[place.skip : self._context.limit]:
            id_ = whole(hit, "id")
            if id_ is not None and str(id_) not in self._known and (_when(hit) or self._context.now) >= ask.since:
                try:
                    full[str(id_)] = self._full(id_)
                except RetryLater:
                    if not full:
                        raise
                    break  # what was read is handed over; the next request meets the same trouble, or does not
            at += 1
            if len(full) == _TOGETHER:
                break
        part = hits[place.skip : at]
        entries = placed(part, lambda one: self._found(one, full, titles, ask.since), _when)
        if at < len(hits):
            return Found(entries, Place(place.until, place.page, at).token)
        onward = place.following(entries, _LAST_PAGE) if more else None
        if more and onward is None:
            self._remarks.gaps.append(Gap(ask.since, place.until or self._context.now, "the search shows no more posts"))
        return Found(entries, onward.token if onward else None)

    def _hits(self, ask: Ask, place: Place) -> tuple[list[Any], dict[int, str], bool]:
        """One page of results, the titles of their topics, and whether there are more."""
        asked = Place(place.until, place.page)
        if self._page is None or self._page[0] != asked:
            until = f" before:{(place.until + timedelta(days=1)):%Y-%m-%d}" if place.until else ""
            query = f"{self._stream.query} order:latest after:{ask.since:%Y-%m-%d}{until}"
            found, answer = self._api.get("search.json", {"q": query, "page": place.page})
            where = shown(answer.url)
            grouped = record(record(found).get("grouped_search_result"))
            if text(grouped, "error"):
                raise RetryLater(f"{where}: the forum is too busy to search")
            topics = record(found).get("topics")
            listed = topics if isinstance(topics, list) else []
            titles = {id_: title for one in listed if (id_ := whole(one, "id")) is not None and (title := text(one, "title"))}
            more = grouped.get("more_full_page_results") is True
            self._page = (asked, records(record(found).get("posts"), where), titles, more)
        return self._page[1:]

    def _full(self, id_: int) -> Record:
        """The whole post; nothing if it is not there any more."""
        try:
            return record(self._api.get(f"posts/{id_}.json")[0])
        except NotThere:
            return {}

    def _found(self, hit: Any, full: Mapping[str, Record], titles: Mapping[int, str], since: datetime) -> Mention:
        id_, at = required(hit, "id"), _when(hit)
        if id_ in self._known or (at is not None and at < since):
            raise BadItem(id_, BEFORE)
        post = full.get(id_)
        if not post:
            raise BadItem(id_, "not there any more")
        topic = whole(post, "topic_id") or whole(hit, "topic_id")
        return self._post({"topic_title": titles.get(topic or 0), **post})

    # ---------------------------------------------------------------------------------------------------- latest posts

    def _latest(self, ask: Ask) -> Found:
        """All posts down from an id; a token of a search begins at the newest."""
        before = int(ask.token[3:]) if ask.token and ask.token.startswith("id:") and ask.token[3:].isdigit() else None
        found, answer = self._api.get("posts.json", {"before": before} if before else {})
        posts = records(record(found).get("latest_posts"), shown(answer.url))
        lowest = min((id_ for one in posts if (id_ := whole(one, "id")) is not None), default=before)
        # A post that was moved here is older than its id says: only the last one tells that the list has come to what is known.
        entries = placed(posts, self._post, _when)
        entries = [entry for entry in entries[:-1] if (entry.at or self._context.now) >= ask.since] + entries[-1:]
        if lowest is None:
            return Found(entries)
        # Versions differ in whether the id itself is among the answer, and in whether an answer may be empty before the end.
        onward = lowest if before is None or lowest < before else before - _STEP
        return Found(entries, f"id:{onward}" if onward > 0 else None)

    def _post(self, post: Any) -> Mention:
        id_ = required(post, "id")
        if reason := left_out(record(post)):
            raise BadItem(id_, reason)
        number, topic = whole(post, "post_number") or 1, whole(post, "topic_id")
        title = text(post, "topic_title")
        self._known.add(id_)
        slug = quote(text(post, "topic_slug") or "-", safe="")
        return Mention(
            platform=PLATFORM,
            origin=self._origin,
            external_id=id_,
            title=f"Re: {title}" if title and number > 1 else title,
            text=without_previews(required(post, "cooked")),
            markup=Markup.HTML,
            url=web_link("", f"{self._base}/t/{slug}/{topic}/{number}") if topic is not None else None,
            author=self._author(post),
            published_at=_when(post),
            kind=Kind.POST if number == 1 else Kind.COMMENT,
            engagement=likes(post) + (whole(post, "reply_count") or 0),
        )

    def _author(self, post: Any) -> Author:
        name, id_ = text(post, "username"), whole(post, "user_id")
        stable = str(id_) if id_ is not None else (name or "").lower()
        return Author(
            service_id=f"{self._origin}/{stable}" if stable else None,  # the same id is another person on another forum
            handle=name,
            display_name=text(post, "name"),
            profile_url=web_link("", f"{self._base}/u/{quote(name, safe='')}") if name else None,
        )


def _when(one: Any) -> datetime | None:
    return moment(text(one, "created_at"))


def refusal(answer: Answer, now: datetime) -> SourceError | None:
    """429 says in its body how long to wait; 401 and 403 are a forum that wants a log-in; 400 is a search it does not like."""
    where = shown(answer.url)
    if answer.status == 429:
        try:
            said = json.loads(answer.body)
        except (ValueError, RecursionError):
            said = None
        seconds = whole(record(record(said).get("extras")), "wait_seconds")
        after = timedelta(seconds=min(max(seconds, 0), 604_800)) if seconds is not None else reset_pause(answer, now)
        return RetryLater(f"{where}: its limit of requests is reached", after=after)
    if answer.status in {401, 403}:
        return Refused(f"{where}: answered {answer.status}: the forum does not let us read this: it may want key and key_user")
    if answer.status == 400:
        return SourceRejected(f"{where}: it does not understand the search (400): a word may be too short")
    return or_not_there(answer, now)


def _streams(options: Options, context: ConnectorContext) -> Mapping[str, Stream]:
    """One stream a search (or one for all posts), one an account (named by a digest).

    Raises:
        ConfigError: there is nothing to search for.
    """
    if options.all_posts:
        return {"all posts": Stream(options)}
    terms = () if options.watch and not (options.queries or context.brands) else terms_to_ask(context, options.queries)
    found = {f"search {term}": Stream(options, term if options.queries else phrase(term)) for term in terms}
    for name in watched(context, PLATFORM, options.watch, customers=False):
        found[f"account {digest('account', name.lower())[:12]}"] = Stream(options, f"@{name}", watching=True)
    return found


def _missing(options: Options) -> str | None:
    if secret_of(options.key) and not options.key_user:
        return "key_user is missing: the user name that the key belongs to"
    return unusable(options.key, "key")


SPEC = ConnectorSpec(
    kind="discourse",
    summary="posts of a forum that runs Discourse, by search or all of them",
    options=Options,
    build=DiscourseConnector,
    platform=PLATFORM,
    policy=DISCOURSE,
    streams=_streams,
    missing=_missing,
    backfills=True,
)
