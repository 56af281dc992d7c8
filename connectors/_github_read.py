"""What GitHub says of issues, comments and discussions, as mentions; and the author's own words in Markdown."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from connectors._json import Record, moment, record, required, text, whole
from listener.core.errors import BadItem
from listener.core.mention import Author, Kind, Mention
from listener.net.urls import web_link

PLATFORM = "github"
HOME = "github.com"

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_QUOTE = re.compile(r" {0,3}>")
_LONGEST = 200_000
_COMMENT_OF = re.compile(r"/(?:issues|pull|discussions)/\d{1,12}(?=$|[#?])")


def origin_of(api: str) -> str:
    """The host whose posts an API serves: ids are unique on it, and stay when a repository is renamed."""
    host = (urlsplit(api).hostname or "").lower()
    return HOME if host in {"api.github.com", HOME, ""} else (urlsplit(api).netloc.rpartition("@")[2].lower())


def own_text(markdown: str) -> str:
    """Markdown without blocks of code, quoted lines and the hidden notes of issue forms: none of it is the author's opinion."""
    kept: list[str] = []
    fence = ""
    for line in _without_notes(markdown[:_LONGEST].replace("\r\n", "\n")).split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif mark:
            fence = mark[1]
            kept.append("")
        else:
            kept.append("" if _QUOTE.match(line) else line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _without_notes(markdown: str) -> str:
    """Without ``<!-- … -->``; one that is not closed hides all the rest, as where it is shown."""
    kept, at = [], 0
    while (start := markdown.find("<!--", at)) >= 0:
        kept.append(markdown[at:start])
        end = markdown.find("-->", start + 4)
        if end < 0:
            return "".join(kept)
        at = end + 3
    return "".join([*kept, markdown[at:]])


def when(one: Any) -> datetime | None:
    return moment(text(one, "created_at") or text(one, "createdAt"))


def issue(one: Any, origin: str) -> Mention:
    """An issue or pull request of REST: its first post.

    Raises:
        BadItem: written by a bot.
        ValueError: it lacks what a mention needs.
    """
    id_ = f"issue-{required(one, 'id')}"
    return Mention(
        platform=PLATFORM,
        origin=origin,
        external_id=id_,
        title=required(one, "title"),
        text=own_text(text(one, "body") or ""),
        url=web_link("", text(one, "html_url")),
        author=author(id_, record(record(one).get("user")), origin),
        published_at=when(one),
        engagement=(whole(one, "comments") or 0) + (whole(record(one).get("reactions"), "total_count") or 0),
    )


def comment(one: Any, origin: str) -> Mention:
    """A comment of REST on an issue or pull request. Raises as ``issue``, or where nothing is the author's own."""
    id_ = f"comment-{required(one, 'id')}"
    who = author(id_, record(record(one).get("user")), origin)
    url = web_link("", text(one, "html_url"))
    thread = _COMMENT_OF.search(url or "")
    return Mention(
        platform=PLATFORM,
        origin=origin,
        external_id=id_,
        title=f"Re: #{thread[0].rpartition('/')[2]}" if thread else None,
        text=_not_empty(id_, own_text(required(one, "body"))),
        url=url,
        author=who,
        published_at=when(one),
        kind=Kind.COMMENT,
        engagement=whole(record(one).get("reactions"), "total_count") or 0,
    )


def discussion(one: Any, origin: str) -> Mention:
    """A discussion of GraphQL: its first post. Raises as ``issue``."""
    id_ = f"discussion-{required(one, 'databaseId')}"
    counts = [whole(record(one).get(name), "totalCount") or 0 for name in ("comments", "reactions")]
    return Mention(
        platform=PLATFORM,
        origin=origin,
        external_id=id_,
        title=required(one, "title"),
        text=own_text(text(one, "body") or ""),
        url=web_link("", text(one, "url")),
        author=author(id_, record(record(one).get("author")), origin),
        published_at=when(one),
        engagement=(whole(one, "upvoteCount") or 0) + sum(counts),
    )


def author(item: str, user: Record, origin: str) -> Author:
    """The account that wrote ``item``, of REST or GraphQL; of a deleted one nothing is left.

    Raises:
        BadItem: it is a bot.
    """
    login = text(user, "login")
    kind = text(user, "type") or text(user, "__typename")
    if kind == "Bot" or (login or "").endswith("[bot]"):
        raise BadItem(item, "written by a bot")
    id_ = whole(user, "id") if whole(user, "id") is not None else whole(user, "databaseId")
    followers = whole(user.get("followers"), "totalCount")
    since = moment(text(user, "createdAt"))
    links = [web_link("", text(user, "websiteUrl"))]
    return Author(
        # Ids are unique on one installation; those of github.com need no host before them.
        service_id=None if id_ is None else str(id_) if origin == HOME else f"{origin}/{id_}",
        handle=login,
        display_name=text(user, "name"),
        profile_url=web_link("", text(user, "html_url") or text(user, "url")),
        bio=text(user, "bio"),
        links=tuple(link for link in links if link),
        followers=followers,
        created_year=since.year if since else None,
    )


def _not_empty(item: str, words: str) -> str:
    if not words:
        raise BadItem(item, "nothing but quotes and code")
    return words
