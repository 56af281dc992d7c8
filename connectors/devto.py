"""DEV (dev.to and other sites of the Forem software): articles by tag, by account, and all the newest.

The public API has no full-text search. Tags are those of the options or made from our brands' names; of the newest articles all
are heard, and the listening rules decide. Lists give only a description; the full text costs a request for each article. It is
asked for articles of tags and accounts, and for those of the newest whose title, description or tags name us. ``full_texts``
bounds how many a run; beyond that an article is heard with its description, which is said in a notice. Comments are not heard.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from connectors._addresses import WebAddress, Words
from connectors._api import Api, Params
from connectors._json import moment, record, records, required, text, whole
from connectors._paging import BEFORE, NotThere, Place, Remarks, known_ids, or_not_there, placed
from connectors._sweep import Ask, Found, sweep
from connectors._terms import search_terms, watched
from listener.core.connector import ConnectorContext, ConnectorSpec
from listener.core.errors import BadItem
from listener.core.mention import Author, Cursor, Markup, Mention, Page, digest, normal_text
from listener.core.terms import DEV
from listener.net.urls import shown, web_link

PLATFORM = "devto"
_HOME = "dev.to"
_PER_PAGE = {"latest": 100, "tag": 20, "username": 20}
"""Small where every article costs a request: 30 in 30 seconds are allowed, and a page that is cut off is fetched again."""


class Options(BaseModel):
    """Which articles are heard."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tags: tuple[Words, ...] = Field(default=(), description="tags to follow; made from the brands' names if none are given")
    latest: bool = Field(default=True, description="hear all new articles, whatever their tags")
    watch: tuple[Words, ...] = Field(default=(), description="accounts whose articles are heard whatever they are about")
    watch_customers: bool = Field(default=False, description="follow the customers' known accounts too")
    full_text: bool = Field(default=True, description="ask for the full text of articles that can be about us")
    full_texts: int = Field(default=60, ge=1, le=1000, description="full texts that one run and stream asks for at most")
    api: WebAddress = Field(default=f"https://{_HOME}", description="the address of the site")
    private: bool = Field(default=False, description="allow addresses in private networks")
    max_pages: int = Field(default=20, ge=1, le=200, description="pages of a list that one run fetches at most")


@dataclass(frozen=True, slots=True)
class Stream:
    """One list of articles: of a tag or account by its name, or all."""

    options: Options
    by: Literal["latest", "tag", "username"]
    name: str = ""


class DevConnector:
    """One list, swept back to what is known."""

    def __init__(self, stream: Stream, context: ConnectorContext) -> None:
        self._stream = stream
        self._options = stream.options
        self._context = context
        self._api = Api(context, stream.options.api, private=stream.options.private, refusal=or_not_there)
        self._origin = (urlsplit(stream.options.api).netloc or _HOME).rpartition("@")[2].lower()
        self._terms = tuple(normal_text(term) for term in search_terms(context))
        self._known: set[str] = set()
        self._remarks = Remarks()
        self._asked = 0
        self._short = 0

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        """Articles that are new since ``cursor``.

        Raises:
            RetryLater, SourceRejected, SourceProtocolError: as ``connectors._api.Api.get``.
        """
        self._known = known_ids(cursor)
        return self._remarks.on(sweep(cursor, self._context, self._articles, max_pages=self._options.max_pages))

    def _articles(self, ask: Ask) -> Found:
        place, by = Place.of(ask.token), self._stream.by
        size = _PER_PAGE[by]
        params: dict[str, str | int] = {"page": place.page, "per_page": size}
        if by != "latest":
            params[by] = self._stream.name
        if by == "tag":
            # Lists of a tag are in no order of time; with ``top`` they hold everything of so many days.
            params["top"] = max(ceil((self._context.now - ask.since) / timedelta(days=1)), 1)
        found = self._list(f"api/articles{'/latest' if by == 'latest' else ''}", params)
        recent = [one for one in found if by != "tag" or (_when(one) or self._context.now) >= ask.since]
        entries = placed(recent[: self._context.limit], lambda one: self._article(one, ask.since), _when)
        return Found(entries, Place(page=place.page + 1).token if len(found) >= size else None)

    def _list(self, path: str, params: Params) -> list[Any]:
        found, answer = self._api.get(path, params)
        return records(found, shown(answer.url))

    def _article(self, one: Any, since: datetime) -> Mention:
        id_, at = required(one, "id"), _when(one)
        if id_ in self._known or (at is not None and at < since):
            raise BadItem(id_, BEFORE)
        self._known.add(id_)
        if self._stream.by == "latest" and self._heard_elsewhere(one):
            raise BadItem(id_, BEFORE)  # with its full text, which a description from here must not replace
        title = required(one, "title")
        html, plain = self._full_text(one, id_)
        return Mention(
            platform=PLATFORM,
            origin=self._origin,
            external_id=id_,
            title=title,
            text=html or plain or text(one, "description") or "",
            markup=Markup.HTML if html else Markup.PLAIN,
            url=self._link(text(one, "url") or text(one, "path")),
            author=self._author(record(one).get("user")),
            published_at=at,
            language=text(one, "language"),
            engagement=max(whole(one, "public_reactions_count") or 0, 0) + (whole(one, "comments_count") or 0),
        )

    def _full_text(self, one: Any, id_: str) -> tuple[str | None, str | None]:
        """The text as HTML and as Markdown, where it is wanted and a run's bound allows it."""
        if not self._options.full_text or (self._stream.by == "latest" and not self._names_us(one)):
            return None, None
        if self._asked >= self._options.full_texts:
            self._short += 1
            self._remarks.notices = [f"{self._short} articles were heard with their descriptions only: full_texts was reached"]
            return None, None
        self._asked += 1
        try:
            full, _ = self._api.get(f"api/articles/{quote(id_, safe='')}")
        except NotThere:
            raise BadItem(id_, "not there any more") from None
        return text(full, "body_html"), text(full, "body_markdown")

    def _heard_elsewhere(self, one: Any) -> bool:
        """Whether a stream of a tag or an account brings the article."""
        tags = record(one).get("tag_list")
        listed = {str(tag).lower() for tag in (tags if isinstance(tags, list) else str(tags or "").split(","))}
        name = (text(record(one).get("user"), "username") or "").lower()
        return bool(listed & {tag.lower() for tag in followed_tags(self._options, self._context)}) or name in {
            account.lower() for account in followed_accounts(self._options, self._context)
        }

    def _names_us(self, one: Any) -> bool:
        tags = record(one).get("tag_list")
        listed = tags if isinstance(tags, list) else [tags]
        words = normal_text(" ".join(str(part) for part in (text(one, "title"), text(one, "description"), *listed) if part))
        return any(term in words or tag_of(term) in map(str, listed) for term in self._terms)

    def _author(self, user: Any) -> Author:
        name = text(user, "username")
        id_ = whole(user, "user_id")
        accounts = (("twitter_username", "https://x.com/"), ("github_username", "https://github.com/"))
        links = [web_link("", text(user, "website_url"))]
        links += [f"{site}{quote(account, safe='')}" for field, site in accounts if (account := text(user, field))]
        # Ids and names are unique on one site only; those of the one everybody means need no site before them.
        site = "" if self._origin == _HOME else f"{self._origin}/"
        stable = str(id_) if id_ is not None else (name or "").lower() if site else ""
        return Author(
            service_id=f"{site}{stable}" if stable else None,
            handle=name,
            display_name=text(user, "name"),
            profile_url=self._link(quote(name, safe="")) if name else None,
            links=tuple(link for link in links if link),
        )

    def _link(self, given: str | None) -> str | None:
        return web_link(f"{self._options.api.rstrip('/')}/", given)


def _when(one: Any) -> datetime | None:
    return moment(text(one, "published_at") or text(one, "published_timestamp"))


def tag_of(name: str) -> str:
    """A name as a tag is written: letters and digits only."""
    return re.sub(r"[\W_]+", "", normal_text(name))


def followed_tags(options: Options, context: ConnectorContext) -> tuple[str, ...]:
    """The tags of the options, else the names of our brands as tags."""
    tags = (options.tags and tuple(tag.strip().lstrip("#") for tag in options.tags)) or map(tag_of, search_terms(context))
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def followed_accounts(options: Options, context: ConnectorContext) -> tuple[str, ...]:
    return watched(context, PLATFORM, options.watch, options.watch_customers)


def _streams(options: Options, context: ConnectorContext) -> Mapping[str, Stream]:
    """One stream a tag, one an account (named by a digest: it may be a customer's), one for all the newest."""
    found = {f"tag {tag}": Stream(options, "tag", tag) for tag in followed_tags(options, context)}
    for name in followed_accounts(options, context):
        found[f"account {digest('account', name.lower())[:12]}"] = Stream(options, "username", name)
    if options.latest or not found:
        found["latest"] = Stream(options, "latest")
    return found


SPEC = ConnectorSpec(
    kind="devto",
    summary="articles of dev.to by tag and account, and all the newest; it has no search: the listening rules decide",
    options=Options,
    build=DevConnector,
    platform=PLATFORM,
    policy=DEV,
    streams=_streams,
    backfills=True,
)
