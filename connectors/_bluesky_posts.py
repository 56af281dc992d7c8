"""A post of Bluesky as a mention, and its place in the service's lists."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import quote

from connectors._json import Record, moment, record, required, text, whole
from listener.core.errors import BadItem
from listener.core.mention import ANONYMOUS, Author, Kind, Mention

PLATFORM = "bluesky"
ORIGIN = "bsky.app"
"""Ids of the protocol are global."""
_URI = re.compile(r"at://(did:[a-z]+:[\w.:%-]+)/app\.bsky\.feed\.post/([\w.~:-]+)", re.ASCII)
_SIGNED_IN_ONLY = "!no-unauthenticated"
_COUNTS = ("replyCount", "repostCount", "likeCount", "quoteCount")
_NO_HANDLE = "handle.invalid"


def mention_of(post: Any) -> Mention:
    """One ``app.bsky.feed.defs#postView``. Its text is what readers see; the title of a page it links to is not its author's.

    Raises:
        ValueError: it has no id.
        BadItem: it is no post, has no words, or its author shows it to signed-in readers only.
    """
    uri = required(post, "uri")
    named = _URI.fullmatch(uri)
    if named is None:
        raise BadItem(uri[:100], "not a post")
    author = record(record(post).get("author"))
    _check_shown(uri, author, post)
    said = record(record(post).get("record"))
    words = text(said, "text")
    if words is None:
        raise BadItem(uri, "without words")
    profile = _profile(author, named[1])
    return Mention(
        platform=PLATFORM,
        origin=ORIGIN,
        external_id=uri,
        text=words,
        url=f"{profile}/post/{named[2]}",
        author=_author(author, profile),
        published_at=published(post),
        kind=Kind.COMMENT if record(said.get("reply")) else Kind.POST,
        language=_language(said),
        engagement=_engagement(post),
    )


def item_of(item: Any) -> Mention:
    """One ``app.bsky.feed.defs#feedViewPost`` of an account: its own post, or one that it passed on.

    Raises:
        ValueError, BadItem: as ``mention_of``; also where who passed it on is not said.
    """
    post = record(record(item).get("post"))
    reason = record(record(item).get("reason"))
    if text(reason, "$type") != "app.bsky.feed.defs#reasonRepost":
        return mention_of(post)
    original = mention_of(post)
    by = record(reason.get("by"))
    did = required(by, "did")
    _check_shown(original.external_id, by, {})
    profile = _profile(by, did)
    return Mention(
        platform=PLATFORM,
        origin=ORIGIN,
        # The id of the act of passing on is not in every answer; an account passes a post on once.
        external_id=f"{original.external_id}#repost-by-{did}",
        text=original.text,
        url=original.url,
        author=_author(by, profile),
        published_at=moment(text(reason, "indexedAt")),
        kind=Kind.REPOST,
        language=original.language,
        repost_of=original.external_id,
    )


def place_of(post: Any) -> datetime | None:
    """No later than this the service knew the post: the later of what its author and what the service says."""
    times = [moment(text(record(record(post).get("record")), "createdAt")), moment(text(post, "indexedAt"))]
    return max((time for time in times if time), default=None)


def place_of_item(item: Any) -> datetime | None:
    """Where an item of an account's list stands: a post that was passed on stands where that was done."""
    reason = record(record(item).get("reason"))
    return moment(text(reason, "indexedAt")) or place_of(record(item).get("post"))


def published(post: Any) -> datetime | None:
    """What its author says, but never after the service had it."""
    times = [moment(text(record(record(post).get("record")), "createdAt")), moment(text(post, "indexedAt"))]
    return min((time for time in times if time), default=None)


def _check_shown(uri: str, author: Record, post: Any) -> None:
    for holder in (author, record(post)):
        labels = holder.get("labels")
        if isinstance(labels, list) and any(text(label, "val") == _SIGNED_IN_ONLY for label in labels):
            raise BadItem(uri, "its author shows it to signed-in readers only")


def _profile(author: Record, did: str) -> str:
    handle = _handle(author)
    return f"https://{ORIGIN}/profile/{quote(handle or did, safe=':')}"


def _handle(author: Record) -> str | None:
    """A handle is a domain that can stop being its owner's: then the service says so."""
    handle = text(author, "handle")
    return handle if handle != _NO_HANDLE else None


def _author(author: Record, profile: str) -> Author:
    did = text(author, "did")
    if did is None and _handle(author) is None:
        return ANONYMOUS
    since = moment(text(author, "createdAt"))
    return Author(
        service_id=did,
        handle=_handle(author),
        display_name=text(author, "displayName"),
        profile_url=profile,
        bio=text(author, "description"),
        created_year=since.year if since else None,
    )


def _language(said: Record) -> str | None:
    """The one language that the author states; of several nobody knows which it is."""
    langs = said.get("langs")
    return langs[0] if isinstance(langs, list) and len(langs) == 1 and isinstance(langs[0], str) else None


def _engagement(post: Any) -> int | None:
    counts = [whole(post, name) for name in _COUNTS]
    return sum(max(count or 0, 0) for count in counts) if any(count is not None for count in counts) else None
