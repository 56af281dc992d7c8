"""Videos and comments of the YouTube Data API as mentions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from connectors._json import each, moment, record, required, text, whole
from connectors._sweep import Entry, marked
from listener.core.mention import Author, Kind, Mention

PLATFORM = "youtube"
ORIGIN = "youtube.com"
"""Ids of videos and of comments are unique in all of YouTube."""

_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{6,20}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")


def video_id(value: Any) -> str | None:
    """The value if it can be a video's id: only such a one is sent back or put into an address."""
    return value if isinstance(value, str) and _VIDEO_ID.fullmatch(value) else None


def video_mention(item: Any) -> Mention:
    """A video: its title and description.

    Raises:
        ValueError: what a mention cannot do without is missing.
    """
    snippet, counts = record(record(item).get("snippet")), record(record(item).get("statistics"))
    found = video_id(required(item, "id"))
    if found is None:
        raise ValueError("its id is not one of a video")
    language = text(snippet, "defaultAudioLanguage") or text(snippet, "defaultLanguage") or ""
    channel = text(snippet, "channelId")
    return Mention(
        platform=PLATFORM,
        origin=ORIGIN,
        external_id=found,
        title=required(snippet, "title"),
        text=text(snippet, "description") or "",
        author=Author(service_id=channel, display_name=text(snippet, "channelTitle"), profile_url=_channel_url(channel)),
        url=f"https://www.youtube.com/watch?v={found}",
        published_at=_published(snippet),
        language=language if _LANGUAGE.fullmatch(language) else None,
        engagement=_sum(whole(counts, "likeCount"), whole(counts, "commentCount")),
    )


def comment_count(item: Any) -> int | None:
    """How many comments a video has; ``None`` where they are switched off."""
    return whole(record(record(item).get("statistics")), "commentCount")


def comment_mention(item: Any, replies: int | None = None) -> Mention:
    """A comment or a reply.

    Raises:
        ValueError: what a mention cannot do without is missing.
    """
    snippet = record(record(item).get("snippet"))
    found = required(item, "id")
    words = text(snippet, "textDisplay") or text(snippet, "textOriginal")
    if words is None:
        raise ValueError("without text")
    video = video_id(snippet.get("videoId"))
    return Mention(
        platform=PLATFORM,
        origin=ORIGIN,
        external_id=found,
        text=words,
        author=_commenter(snippet),
        url=f"https://www.youtube.com/watch?v={video}&lc={quote(found, safe='')}" if video else None,
        published_at=_published(snippet),
        kind=Kind.COMMENT,
        engagement=_sum(whole(snippet, "likeCount"), replies),
    )


def thread_entries(thread: Any, replies: list[Any]) -> Iterator[Entry]:
    """A thread's comment and replies. The list is ordered by the first comments: replies stand where theirs does."""
    snippet = record(record(thread).get("snippet"))
    top = snippet.get("topLevelComment")
    at = thread_time(thread)
    for item in each([top], lambda one: comment_mention(one, whole(snippet, "totalReplyCount"))):
        yield marked(at, item)
    for item in each(replies, comment_mention):
        yield marked(at, item)


def thread_time(thread: Any) -> datetime | None:
    """When a thread's first comment was written."""
    top = record(record(record(thread).get("snippet")).get("topLevelComment"))
    return moment(record(top.get("snippet")).get("publishedAt"))


def _commenter(snippet: Mapping[str, Any]) -> Author:
    name = text(snippet, "authorDisplayName")
    channel = text(snippet.get("authorChannelId"), "value")
    return Author(
        service_id=channel,
        handle=_handle(name) or _handle(_last_step(text(snippet, "authorChannelUrl"))),
        display_name=name,
        profile_url=_channel_url(channel),
    )


def _handle(name: str | None) -> str | None:
    """``@name`` is a handle; YouTube shows that as the name of most commenters."""
    return name[1:] if name and name.startswith("@") and len(name) > 1 else None


def _last_step(url: str | None) -> str | None:
    try:
        return urlsplit(url or "").path.rpartition("/")[2] or None
    except ValueError:
        return None


def _channel_url(channel: str | None) -> str | None:
    return f"https://www.youtube.com/channel/{quote(channel, safe='')}" if channel else None


def _published(snippet: Mapping[str, Any]) -> datetime | None:
    return moment(snippet.get("publishedAt"))


def _sum(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
