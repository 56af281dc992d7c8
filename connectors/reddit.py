"""Reddit by its official API, for who has an approved application: posts and comments without authors, for counts only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from connectors._addresses import WebAddress, Words
from connectors._api import Params
from connectors._json import each, moment, record, records, required, text
from connectors._reddit_session import Application, Session
from connectors._sweep import Ask, Entry, Found, sweep
from connectors._terms import phrase, search_terms
from listener.core.connector import Checked, Connector, ConnectorContext, ConnectorSpec, Rechecker
from listener.core.errors import BadItem
from listener.core.mention import Cursor, Gap, Kind, Mention, Page, Rejected, digest
from listener.core.terms import REDDIT

PLATFORM = "reddit"
ORIGIN = "reddit.com"
"""Fullnames (``t3_…`` a post, ``t1_…`` a comment) are unique in all of Reddit; a subreddit can be named like a user."""

_KINDS = {"t1": Kind.COMMENT, "t3": Kind.POST}
_GONE = frozenset({"[removed]", "[deleted]"})
_LISTED = 1000
"""Reddit lists no more than that, however many there are."""
_PAGE = 100
_CUT_OFF = "Reddit lists no more than 1,000 posts"


class Options(BaseModel):
    """The approved application, and what to look for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str | None = Field(default=None, description="of the approved application")
    client_secret: SecretStr | None = Field(default=None, description="of the approved application")
    user_agent: str = Field(
        default="server:listener:0.1 (brand listening, counts only)",
        max_length=200,
        description="who asks, as Reddit wants it: platform:application:version (by /u/name)",
    )
    queries: tuple[Words, ...] = Field(default=(), description="searches in Reddit's own words; default: our brands' names")
    subreddits: tuple[str, ...] = Field(default=(), description="heard whole, posts and comments, whatever they are about")
    max_pages: int = Field(default=10, ge=1, le=100, description="answers a run and stream, of 100 posts each")
    api: WebAddress = Field(default="https://oauth.reddit.com", description="where the API is")
    auth: WebAddress = Field(default="https://www.reddit.com", description="where tokens are given")
    private: bool = Field(default=False, description="allow addresses in private networks")

    @field_validator("user_agent")
    @classmethod
    def _is_a_header(cls, value: str) -> str:
        if not value.strip() or not value.isascii() or not value.isprintable():
            raise ValueError("a line of plain ASCII characters")
        return value.strip()

    @field_validator("subreddits")
    @classmethod
    def _are_names(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(value.strip().removeprefix("/").removeprefix("r/").strip("/") for value in values)
        if not all(name.isascii() and name.replace("_", "a").isalnum() and len(name) <= 50 for name in names):
            raise ValueError("names of subreddits: letters, digits and underscores (r/name or name)")
        return names

    def application(self) -> Application:
        secret = self.client_secret.get_secret_value() if self.client_secret else ""
        return Application(self.client_id or "", secret, self.user_agent, self.api, self.auth, self.private)


@dataclass(frozen=True, slots=True)
class Listing:
    """One stream: a list of posts or comments, newest first."""

    session: Session
    path: str
    params: Params
    max_pages: int


class RedditConnector:
    """One list. Its cursor is that of ``sweep``."""

    def __init__(self, listing: Listing, context: ConnectorContext) -> None:
        self._listing = listing
        self._context = context
        self._listed = 0
        self._oldest: datetime | None = None
        self._lost: tuple[Gap, ...] = ()

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        """What is new since ``cursor``; where more was written than Reddit lists, the rest is a gap.

        Raises:
            RetryLater, SourceRejected, SourceProtocolError: as ``Session.get``.
        """
        for page in sweep(cursor, self._context, self._fetch, max_pages=self._listing.max_pages):
            lost, self._lost = self._lost, ()
            yield replace(page, gaps=(*page.gaps, *lost), unchanged=page.unchanged and not lost)

    def _fetch(self, ask: Ask) -> Found:
        listing = self._listing
        after = {"after": ask.token} if ask.token else {}
        data = listing.session.get(self._context, listing.path, {**listing.params, "limit": _PAGE, **after})
        children = _children(data)
        found = [_entry(_written(child), item) for child in children for item in each([child], _mention, key="name")]
        self._listed = self._listed + len(children) if ask.token else len(children)
        self._oldest = min((entry.at for entry in found if entry.at), default=self._oldest)
        more = text(record(data).get("data"), "after")
        if more is None and self._listed >= _LISTED - _PAGE // 2 and self._oldest and self._oldest > ask.since:
            self._lost = (Gap(ask.since, self._oldest, _CUT_OFF),)
        return Found(found, more)


class RedditRechecker:
    """Asks which posts are still there, a hundred at a time."""

    def __init__(self, session: Session, context: ConnectorContext) -> None:
        self._session = session
        self._context = context

    def check(self, external_ids: Sequence[str]) -> Iterator[Checked]:
        """What became of the posts. Raises as ``Session.get``."""
        for start in range(0, len(external_ids), _PAGE):
            asked = external_ids[start : start + _PAGE]
            body = self._session.get(self._context, "api/info", {"id": ",".join(asked)})
            there = {name for child in _children(body) if not _is_gone(child) and (name := text(child, "name"))}
            yield Checked(tuple(one for one in asked if one in there), tuple(one for one in asked if one not in there))


def _children(body: Any) -> list[Mapping[str, Any]]:
    """What a listing holds, each with its ``kind``.

    Raises:
        SourceProtocolError: it is no listing.
    """
    listed = records(record(record(body).get("data")).get("children"), "Reddit")
    return [{**record(record(one).get("data")), "kind": record(one).get("kind")} for one in listed]


def _entry(at: datetime | None, item: Mention | Rejected) -> Entry:
    """An entry that the cursor remembers by a digest of its id alone: where only counts are kept, no ids of posts are, and a post
    that was edited is not counted again."""
    return Entry(at, item, digest("seen", Entry(at, item).id)[:16])


def _mention(child: Mapping[str, Any]) -> Mention:
    """A post or comment, without its author and address: Reddit's terms forbid to match the one, and the other names them.

    Raises:
        BadItem: it was removed or deleted.
        ValueError: it is neither, or what a mention cannot do without is missing.
    """
    kind = _KINDS.get(str(child.get("kind")))
    if kind is None:
        raise ValueError("neither a post nor a comment")
    name = required(child, "name")
    if _is_gone(child):
        raise BadItem(name, "removed or deleted")
    title = text(child, "title") if kind is Kind.POST else None
    words = text(child, "selftext" if kind is Kind.POST else "body") or ""
    if not title and not words:
        raise ValueError("without text")
    return Mention(
        platform=PLATFORM, origin=ORIGIN, external_id=name, title=title, text=words, published_at=_written(child), kind=kind
    )


def _is_gone(child: Mapping[str, Any]) -> bool:
    words = {str(child.get(name)).strip() for name in ("title", "selftext", "body")}
    return bool(words & _GONE) or bool(text(child, "removed_by_category"))


def _written(child: Mapping[str, Any]) -> datetime | None:
    return moment(child.get("created_utc"))


def _streams(options: Options, context: ConnectorContext) -> Mapping[str, Listing]:
    """A stream a search, and two a subreddit: its posts and its comments. They share a token."""
    session = Session(options.application())
    lists: dict[str, tuple[str, Params]] = {}
    for term in search_terms(context, options.queries):
        query = term if options.queries else phrase(term)
        lists[f"search:{term}"] = ("search", {"q": query, "sort": "new", "type": "link"})
    for name in options.subreddits:
        lists[f"new:{name}"] = (f"r/{name}/new", {})
        lists[f"comments:{name}"] = (f"r/{name}/comments", {})
    return {name: Listing(session, path, params, options.max_pages) for name, (path, params) in lists.items()}


def _build(listing: Listing, context: ConnectorContext) -> Connector:
    return RedditConnector(listing, context)


def _recheck(options: Options, context: ConnectorContext) -> Rechecker:
    return RedditRechecker(Session(options.application()), context)


def _missing(options: Options) -> str | None:
    if options.client_id and options.client_secret is not None and options.client_secret.get_secret_value().strip():
        return None
    return (
        "Reddit gives API keys only on request since November 2025; put client_id and client_secret of an approved application "
        "(LISTENER_SOURCES__<NAME>__CLIENT_ID and LISTENER_SOURCES__<NAME>__CLIENT_SECRET); what is kept are counts only"
    )


SPEC = ConnectorSpec(
    kind="reddit",
    summary="Reddit by its official API: counts only, without authors (needs an approved application)",
    options=Options,
    build=_build,
    platform=PLATFORM,
    policy=REDDIT,
    streams=_streams,
    missing=_missing,
    every=timedelta(minutes=30),
    backfills=True,
    recheck=_recheck,
)
