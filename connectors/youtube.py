"""YouTube by its Data API: videos found by a search, the comments under them, and the videos of followed channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from connectors._addresses import WebAddress, Words
from connectors._api import Params
from connectors._json import each, moment, record, records, text, whole
from connectors._sweep import Ask, Entry, Found, entries, sweep
from connectors._terms import phrase, search_terms, watched
from connectors._youtube_api import QUOTA, SEARCH_COST, ItemRefused, QuotaApi, quota_api
from connectors._youtube_records import PLATFORM, comment_count, thread_entries, thread_time, video_id, video_mention
from listener.core.connector import Allowance, Connector, ConnectorContext, ConnectorSpec
from listener.core.errors import SourceRejected
from listener.core.mention import Cursor, Json, Mention, Page, Rejected
from listener.core.terms import YOUTUBE

_THREADS_REREAD = timedelta(days=2)
"""A thread this young is read again with the next comments: for the replies that it got."""
_SEARCH_DELAY = timedelta(days=1)
"""How late a search may find a video."""
_PAGE = 50


class Options(BaseModel):
    """What to look for, and how much of the quota it may cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: SecretStr | None = Field(default=None, description="a key of the YouTube Data API v3")
    queries: tuple[Words, ...] = Field(default=(), description="searches in YouTube's own words; default: our brands' names")
    videos: tuple[str, ...] = Field(default=(), description="ids of videos whose comments are heard")
    channels: tuple[str, ...] = Field(default=(), description="ids of channels; the comments under all their videos are heard")
    watch: tuple[Words, ...] = Field(
        default=(), description="channels (@handle or id) whose videos are heard whatever they are about"
    )
    watch_customers: bool = Field(default=False, description="the same for the channels that the customers' records name")
    comments: bool = Field(default=True, description="hear the comments under the videos that a search found")
    most_videos: int = Field(default=50, ge=0, le=500, description="of so many videos found last comments are still heard")
    daily_units: int = Field(default=9000, ge=1, description="quota units a day; a search costs 100, everything else 1")
    max_pages: int = Field(default=5, ge=1, le=100, description="answers of each list in a run")
    api: WebAddress = Field(default="https://www.googleapis.com/youtube/v3", description="where the API is")
    private: bool = Field(default=False, description="allow addresses in private networks")


@dataclass(frozen=True, slots=True)
class Part:
    """One stream: a search for words, the comments of a video or channel by its id, or the videos of a channel."""

    options: Options
    what: Literal["search", "video", "channel", "watch"]
    value: str


class _Lists:
    """The service's lists, as ``sweep`` asks for them."""

    def __init__(self, api: QuotaApi, options: Options) -> None:
        self._api = api
        self._options = options

    def found(self, words: str, ask: Ask) -> Found:
        """A page of a search for videos."""
        params: dict[str, str | int] = {"part": "snippet", "type": "video", "order": "date", "maxResults": _PAGE, "q": words}
        params["publishedAfter"] = f"{ask.since:%Y-%m-%dT%H:%M:%SZ}"
        body = self._page("search", params, ask.token, SEARCH_COST)
        return self._videos([record(item.get("id")).get("videoId") for item in _items(body)], body)

    def uploads(self, playlist: str, ask: Ask) -> Found:
        """A page of a channel's videos."""
        params: Params = {"part": "contentDetails", "playlistId": playlist, "maxResults": _PAGE}
        body = self._page("playlistItems", params, ask.token)
        return self._videos([record(item.get("contentDetails")).get("videoId") for item in _items(body)], body)

    def threads(self, of: str, value: str, ask: Ask) -> Found:
        """A page of comments with their replies; ``of`` is the parameter that ``value`` is an id for."""
        params: Params = {"part": "snippet,replies", "order": "time", "maxResults": 100, "textFormat": "plainText", of: value}
        body = self._page("commentThreads", params, ask.token)
        listed = [entry for thread in _items(body) for entry in thread_entries(thread, self._replies(thread, ask))]
        return Found(listed, text(body, "nextPageToken"))

    def uploads_of(self, channel: str) -> str:
        """The id of the list of a channel's videos."""
        which = {"id": channel} if channel.startswith("UC") and len(channel) == 24 else {"forHandle": f"@{channel}"}
        for item in _items(self._api.get("channels", {"part": "contentDetails", **which})):
            if found := text(record(item.get("contentDetails")).get("relatedPlaylists"), "uploads"):
                return found
        raise SourceRejected("YouTube knows no channel of that handle or id")

    def counts(self, ids: Sequence[str]) -> dict[str, int | None]:
        """How many comments each of the videos has; those that are gone are left out."""
        return {found: comment_count(item) for item in self._records(ids, "statistics") if (found := video_id(item.get("id")))}

    def _videos(self, ids: Sequence[Any], body: Any) -> Found:
        """Whole records of the videos of a list, which itself gives only beginnings of their descriptions."""
        known = [found for one in ids if (found := video_id(one))]
        whole_records = {item.get("id"): item for item in self._records(known, "snippet,statistics")}
        read = entries(each([whole_records[one] for one in known if one in whole_records], video_mention))
        gone = [Entry(None, Rejected(one, "the video is not public any more")) for one in known if one not in whole_records]
        return Found([*read, *gone], text(body, "nextPageToken"))

    def _records(self, ids: Sequence[str], part: str) -> list[Any]:
        batches = [ids[start : start + _PAGE] for start in range(0, len(ids), _PAGE)]
        return [item for batch in batches for item in _items(self._api.get("videos", {"part": part, "id": ",".join(batch)}))]

    def _replies(self, thread: Any, ask: Ask) -> list[Any]:
        """The replies of a thread: those that it carries, or all where there are more and it is young."""
        carried = record(record(thread).get("replies")).get("comments")
        carried = carried if isinstance(carried, list) else []
        snippet = record(record(thread).get("snippet"))
        at, name = thread_time(thread), text(thread, "id")
        if (whole(snippet, "totalReplyCount") or 0) <= len(carried) or at is None or at < ask.since or name is None:
            return carried
        all_replies: list[Any] = []
        token: str | None = None
        for _ in range(self._options.max_pages):
            params: Params = {"part": "snippet", "parentId": name, "maxResults": 100, "textFormat": "plainText"}
            body = self._page("comments", params, token)
            all_replies += _items(body)
            token = text(body, "nextPageToken")
            if token is None:
                break
        return all_replies

    def _page(self, path: str, params: Params, token: str | None, cost: int = 1) -> Any:
        return self._api.get(path, {**params, "pageToken": token} if token else params, cost)


class YoutubeConnector:
    """One stream.

    A search's cursor: ``search`` (as ``sweep``) and ``videos``: those found last, each with its publication (``at``), its number
    of comments when they were last heard (``count``) and where that ended (``heard``, as ``sweep``).
    """

    def __init__(self, part: Part, context: ConnectorContext) -> None:
        options = part.options
        key = options.key.get_secret_value() if options.key else ""
        api = quota_api(context, options.api, key, options.daily_units, private=options.private)
        self._part = part
        self._context = context
        self._lists = _Lists(api, options)

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        """What is new since ``cursor``.

        Raises:
            SourcePaused: the day's quota is used up; what was heard before is handed over already.
            RetryLater, SourceRejected, SourceProtocolError: as ``connectors._youtube_api``.
        """
        part = self._part
        match part.what:
            case "search":
                yield from self._search(cursor)
            case "watch":
                yield from self._uploads(cursor)
            case "video":
                yield from self._comments("videoId", part.value, cursor)
            case "channel":
                yield from self._comments("allThreadsRelatedToChannelId", part.value, cursor)

    def _sweep(self, cursor: Cursor, fetch: Callable[[Ask], Found], **more: Any) -> Iterator[Page]:
        return sweep(cursor, self._context, fetch, max_pages=self._part.options.max_pages, **more)

    def _comments(self, of: str, value: str, cursor: Cursor) -> Iterator[Page]:
        return self._sweep(cursor, lambda ask: self._lists.threads(of, value, ask), overlap=_THREADS_REREAD)

    def _uploads(self, cursor: Cursor) -> Iterator[Page]:
        known = cursor.get("uploads")
        playlist = known if isinstance(known, str) else self._lists.uploads_of(self._part.value)
        for page in self._sweep(cursor, lambda ask: self._lists.uploads(playlist, ask)):
            yield replace(page, cursor={**page.cursor, "uploads": playlist})

    def _search(self, cursor: Cursor) -> Iterator[Page]:
        """The videos, then the comments under those found last; the later pages tell what the earlier ones left open."""
        videos = dict(_part(cursor, "videos"))
        anything = False
        after: Cursor = cursor
        left = Page()
        term = self._part.value
        words = term if self._part.options.queries else phrase(term)
        found = self._sweep(_part(cursor, "search"), lambda ask: self._lists.found(words, ask), overlap=_SEARCH_DELAY)
        for page in found:
            videos = self._remembered(videos, page.mentions)
            anything = anything or not page.unchanged
            after = {"search": page.cursor, "videos": videos}
            left = page
            yield replace(page, cursor=after)
        if not videos or not self._part.options.comments or self._context.limit is not None:
            return
        for page in self._comments_below(dict(videos), after):
            anything = anything or not page.unchanged
            known = [at for at in (left.heard_until, page.heard_until) if at]
            heard = min(known, default=None)
            yield replace(page, unchanged=not anything, heard_until=heard, notice=page.notice or left.notice)

    def _comments_below(self, videos: dict[str, Json], cursor: Cursor) -> Iterator[Page]:
        """New comments, video by video; a video whose number of comments is the same costs no call of its own."""
        counts = self._lists.counts(list(videos))
        for name in [name for name in videos if name not in counts]:
            del videos[name]
        rest: list[Page] = []
        """The last pages of those videos of which older comments were left for the next run."""
        for name, count in counts.items():
            known = _part(videos, name)
            if not count or (known.get("count") == count and "sweep" not in _part(known, "heard")):
                continue
            page = Page()
            try:
                for page in self._comments("videoId", name, _part(known, "heard")):
                    videos[name] = {**known, "count": count, "heard": page.cursor}
                    yield replace(page, cursor={**cursor, "videos": dict(videos)})
            except ItemRefused as problem:
                videos.pop(name)
                yield Page(rejected=(Rejected(name, problem.why),), cursor={**cursor, "videos": dict(videos)})
            if page.heard_until is not None:
                rest.append(page)
        heard = min((page.heard_until for page in rest if page.heard_until), default=None)
        notice = rest[0].notice if rest else None
        yield Page(cursor={**cursor, "videos": dict(videos)}, unchanged=True, heard_until=heard, notice=notice)

    def _remembered(self, videos: Mapping[str, Json], found: Sequence[Mention]) -> dict[str, Json]:
        """The videos whose comments are heard: a bounded number, the youngest."""
        merged = dict(videos)
        for mention in found:
            at = mention.published_at or self._context.now
            merged.setdefault(mention.external_id, {"at": at.isoformat()})
        youngest = sorted(merged, key=lambda name: moment(_part(merged, name).get("at")) or self._context.now, reverse=True)
        return {name: merged[name] for name in youngest[: self._part.options.most_videos]}


def _items(body: Any) -> list[Mapping[str, Any]]:
    """The objects that an answer lists; YouTube leaves an empty list out at times."""
    return [record(item) for item in records(record(body).get("items", []), "YouTube")]


def _part(holder: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    value = holder.get(name)
    return value if isinstance(value, Mapping) else {}


def _streams(options: Options, context: ConnectorContext) -> Mapping[str, Part]:
    """A stream a search, a video, a channel and a followed channel."""
    channels = watched(context, PLATFORM, options.watch, options.watch_customers)
    found = [
        *(Part(options, "search", term) for term in search_terms(context, options.queries)),
        *(Part(options, "video", one) for one in options.videos),
        *(Part(options, "channel", one) for one in options.channels),
        *(Part(options, "watch", one) for one in channels),
    ]
    return {f"{part.what}:{part.value}": part for part in found}


def _build(part: Part, context: ConnectorContext) -> Connector:
    return YoutubeConnector(part, context)


def _missing(options: Options) -> str | None:
    if options.key is not None and options.key.get_secret_value().strip():
        return None
    return "YouTube needs a key of its Data API v3 (free, Google Cloud console): set LISTENER_SOURCES__<NAME>__KEY"


def _allowances(options: Options) -> Sequence[Allowance]:
    return (Allowance(unit=QUOTA, label="quota units", per="day", limit=options.daily_units),)


SPEC = ConnectorSpec(
    kind="youtube",
    summary="YouTube: videos found by a search, and comments (Data API, needs a key)",
    options=Options,
    build=_build,
    platform=PLATFORM,
    policy=YOUTUBE,
    streams=_streams,
    missing=_missing,
    every=timedelta(hours=6),  # a search costs 100 of 10,000 units a day
    backfills=True,
    allowances=_allowances,
)
