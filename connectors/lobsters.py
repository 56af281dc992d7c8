"""Lobsters (lobste.rs and sites that run its software): stories, newest first, and the comments below them, as JSON.

There is no search in JSON: every new story is heard, and the listening rules decide which are about us. Comments are heard of the
stories on the first pages of the newest list only, where a story's count of comments has changed; there is no list of comments in
JSON (its RSS feed, ``/comments.rss``, can be a source of kind ``rss``). A story that only links to a page has only a title.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from connectors._addresses import WebAddress, Words
from connectors._api import Api
from connectors._json import each, moment, record, records, required, text, whole
from connectors._paging import NotThere, Place, beginning, or_not_there, placed
from connectors._sweep import Ask, Found, sweep
from connectors._terms import watched
from listener.core.connector import ConnectorContext, ConnectorSpec
from listener.core.errors import BadItem
from listener.core.mention import Author, Cursor, Json, Kind, Markup, Mention, Page, Rejected, digest
from listener.core.terms import LOBSTERS
from listener.net.urls import shown, web_link

PLATFORM = "lobsters"
_HOME = "lobste.rs"


class Options(BaseModel):
    """What is heard: every new story, or those of some tags; accounts that are followed; comments."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tags: tuple[Words, ...] = Field(default=(), description="hear the stories of these tags only")
    watch: tuple[Words, ...] = Field(default=(), description="accounts whose stories are heard whatever they are about")
    watch_customers: bool = Field(default=False, description="follow the customers' known accounts too")
    comments: bool = Field(default=True, description="hear the comments on new stories")
    comment_pages: int = Field(default=3, ge=1, le=20, description="comments are heard of the stories on so many first pages")
    most_stories: int = Field(default=20, ge=1, le=200, description="stories whose comments one run reads at most")
    api: WebAddress = Field(default=f"https://{_HOME}", description="the address of the site")
    private: bool = Field(default=False, description="allow addresses in private networks")
    max_pages: int = Field(default=10, ge=1, le=200, description="pages of a list that one run fetches at most")


@dataclass(frozen=True, slots=True)
class Stream:
    """One list of stories: ``path`` is its address without ``.json``. The comments are a stream without one."""

    options: Options
    path: str | None


@dataclass(frozen=True, slots=True)
class _Visit:
    """How many comments a story was said to have when they were read, and when the newest was written.

    Services leave deleted comments out of the count, but not out of the story: only what they say can be compared.
    """

    count: int = 0
    until: datetime | None = None


class LobstersConnector:
    """A list of stories, swept back to what is known; or the comments of stories."""

    def __init__(self, stream: Stream, context: ConnectorContext) -> None:
        self._path = stream.path
        self._options = stream.options
        self._context = context
        self._api = Api(context, stream.options.api, private=stream.options.private, refusal=or_not_there)
        self._origin = (urlsplit(stream.options.api).netloc or _HOME).rpartition("@")[2].lower()

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        """Stories, or comments, that are new since ``cursor``.

        Raises:
            RetryLater, SourceRejected, SourceProtocolError: as ``connectors._api.Api.get``.
        """
        if self._path is None:
            return self._comments(cursor)
        return sweep(cursor, self._context, self._stories, max_pages=self._options.max_pages)

    def _stories(self, ask: Ask) -> Found:
        place = Place.of(ask.token)
        found = self._list(self._path or "newest", place.page)
        return Found(placed(found, self._story, _when, "short_id"), Place(page=place.page + 1).token if found else None)

    def _list(self, path: str, page: int) -> list[Any]:
        found, answer = self._api.get(f"{path}.json" if page == 1 else f"{path}/page/{page}.json")
        return records(found, shown(answer.url))

    # -------------------------------------------------------------------------------------------------- comments

    def _comments(self, cursor: Cursor) -> Iterator[Page]:
        """Of the stories whose count of comments has changed since their last visit, one page each. It may have fallen, where
        more were deleted than written."""
        kept = _visits(cursor.get("stories"))
        visits: dict[str, _Visit] = {}
        changed: dict[str, int] = {}
        for story in self._listed():
            name, count = text(story, "short_id"), whole(story, "comment_count") or 0
            if name is None:
                continue
            visits[name] = kept.get(name, _Visit())
            if count != visits[name].count:
                changed[name] = count
        due = list(changed)[: self._options.most_stories]
        start, heard = beginning({}, self._context), beginning(cursor, self._context)
        left = self._context.limit
        anything = False
        for name in due:
            mentions, rejected, visits[name] = self._thread(name, changed[name], visits[name].until or start)
            mentions = mentions[:left]
            anything = anything or bool(mentions or rejected)
            yield Page(tuple(mentions), tuple(rejected), _state(visits, heard), heard_until=heard)
            if left is not None:
                left -= len(mentions)
                if left <= 0:
                    return
        if len(due) < len(changed):
            rest = f"the comments of {len(changed) - len(due)} more stories are read in the next run"
            yield Page(cursor=_state(visits, heard), heard_until=heard, notice=rest)
            return
        yield Page(cursor=_state(visits, self._context.now), unchanged=not anything)

    def _listed(self) -> Iterator[Any]:
        """The stories whose comments are heard."""
        wanted = frozenset(self._options.tags)
        for page in range(1, self._options.comment_pages + 1):
            for story in self._list("newest", page):
                tags = record(story).get("tags")
                if not wanted or (isinstance(tags, list) and any(tag in wanted for tag in tags if isinstance(tag, str))):
                    yield story

    def _thread(self, name: str, count: int, since: datetime) -> tuple[list[Mention], list[Rejected], _Visit]:
        """The comments of one story from a moment on, and the visit to remember."""
        try:
            story, answer = self._api.get(f"s/{quote(name, safe='')}.json")
        except NotThere:
            return [], [Rejected(f"s/{name}", "deleted")], _Visit(count, since)
        comments = records(record(story).get("comments"), shown(answer.url))
        now, title = self._context.now, text(story, "title")
        # A comment of the very moment that is known is handed over again: another one may have come in that second.
        fresh = [one for one in comments if (_when(one) or now) >= since]
        read = each(fresh, lambda one: self._comment(one, title), "short_id")
        newest = max((at for one in comments if (at := _when(one)) and at <= now), default=since)
        mentions = [item for item in read if isinstance(item, Mention)]
        rejected = [item for item in read if isinstance(item, Rejected)]
        return mentions, rejected, _Visit(count, max(newest, since))

    # -------------------------------------------------------------------------------------------------- reading

    def _story(self, one: Any) -> Mention:
        id_ = required(one, "short_id")
        title = required(one, "title")
        html = text(one, "description")
        return Mention(
            platform=PLATFORM,
            origin=self._origin,
            external_id=f"s/{id_}",
            title=title,
            text=html or text(one, "description_plain") or "",
            markup=Markup.HTML if html else Markup.PLAIN,
            url=self._link(text(one, "comments_url") or text(one, "short_id_url"), f"s/{id_}"),
            author=self._author(record(one).get("submitter_user")),
            published_at=_when(one),
            engagement=max(whole(one, "score") or 0, 0) + (whole(one, "comment_count") or 0),
        )

    def _comment(self, one: Any, title: str | None) -> Mention:
        id_ = required(one, "short_id")
        if record(one).get("is_deleted") is True or record(one).get("is_moderated") is True:
            raise BadItem(f"c/{id_}", "deleted")
        html = text(one, "comment")
        return Mention(
            platform=PLATFORM,
            origin=self._origin,
            external_id=f"c/{id_}",
            title=f"Re: {title}" if title else None,
            text=html or required(one, "comment_plain"),
            markup=Markup.HTML if html else Markup.PLAIN,
            url=self._link(text(one, "short_id_url") or text(one, "url"), f"c/{id_}"),
            author=self._author(record(one).get("commenting_user")),
            published_at=_when(one),
            kind=Kind.COMMENT,
            engagement=max(whole(one, "score") or 0, 0),
        )

    def _author(self, user: Any) -> Author:
        """A user is a name, or with older versions of the software a record."""
        name = user if isinstance(user, str) and user.strip() else text(user, "username")
        if not name:
            return Author()
        github = text(user, "github_username")
        since = moment(text(user, "created_at"))
        return Author(
            # Names are unique on one site only; those of the one everybody means need no site before them.
            service_id=None if self._origin == _HOME else f"{self._origin}/{name.lower()}",
            handle=name,
            profile_url=self._link(None, f"~{quote(name, safe='')}"),
            bio=text(user, "about"),
            links=(f"https://github.com/{quote(github, safe='')}",) if github else (),
            created_year=since.year if since else None,
        )

    def _link(self, given: str | None, path: str) -> str | None:
        base = f"{self._options.api.rstrip('/')}/"
        return web_link(base, given) or web_link(base, path)


def _when(one: Any) -> datetime | None:
    return moment(text(one, "created_at"))


def _visits(value: Json) -> dict[str, _Visit]:
    pairs = value.items() if isinstance(value, Mapping) else ()
    return {str(name): _Visit(whole(visit, "count") or 0, moment(text(visit, "until"))) for name, visit in pairs}


def _state(visits: Mapping[str, _Visit], heard: datetime) -> Cursor:
    stories = {
        name: {"count": visit.count, "until": visit.until.isoformat() if visit.until else None}
        for name, visit in visits.items()
        if visit != _Visit()
    }
    return {"until": heard.isoformat(), "stories": stories}


def _streams(options: Options, context: ConnectorContext) -> Mapping[str, Stream]:
    """The newest stories, or one stream a tag; one an account (named by a digest: it may be a customer's); one for comments."""
    lists = {f"tag {tag}": f"t/{quote(tag, safe='')}" for tag in options.tags} or {"newest": "newest"}
    for name in watched(context, PLATFORM, options.watch, options.watch_customers):
        lists[f"account {digest('account', name.lower())[:12]}"] = f"~{quote(name, safe='')}/stories"
    found = {name: Stream(options, path) for name, path in lists.items()}
    return {**found, "comments": Stream(options, None)} if options.comments else found


SPEC = ConnectorSpec(
    kind="lobsters",
    summary="stories and comments of lobste.rs; it has no search: everything new is heard, the listening rules decide",
    options=Options,
    build=LobstersConnector,
    platform=PLATFORM,
    policy=LOBSTERS,
    streams=_streams,
    backfills=True,
)
