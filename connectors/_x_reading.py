"""X's records as mentions, in both vocabularies of its specification.

In August 2026 the specification renamed fields (``tweet`` to ``post``, ``retweet`` to ``repost``) while the guides and clients
kept the old names: an answer may use either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors._json import Record, each, moment, record, records, required, text, whole
from connectors._sweep import Entry
from connectors._x_options import PLATFORM
from listener.core.mention import Author, Kind, Mention, Rejected
from listener.net.urls import web_link

ORIGIN = "x.com"
_EPOCH_MS = 1_288_834_974_657
"""4 November 2010: ids made since then hold the moment of the post."""
_FIRST_TIMED = 1 << 40
_NO_LANGUAGE = {"und", "zxx", "art", "qam", "qct", "qht", "qme", "qst"}
"""Codes for posts without words of a language: only mentions, hashtags, links and the like."""
_COUNTS = ("like_count", "reply_count", "retweet_count", "repost_count", "quote_count")
_ID = re.compile(r"[0-9]{1,19}")
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
_REASONS = {
    "resource-not-found": "X did not find it",
    "not-authorized-for-resource": "X does not show it",
    "resource-unavailable": "X could not give it",
    "invalid-request": "X did not understand it",
}
_NO_LONGER_THERE = {"resource-not-found", "not-authorized-for-resource"}


def entries_of(body: Record, where: str) -> list[Entry]:
    """The posts of an answer in its order, and what X says that it could not give, as rejected.

    Raises:
        SourceProtocolError: ``data`` is not a list; ``where`` says of what.
    """
    found = records(body.get("data", []), where)
    users = {name: one for one in _listed(record(body.get("includes")).get("users")) if (name := text(one, "id"))}
    read = each(found, lambda one: _mention(one, users))
    posts = [_entry(one, item) for one, item in zip(found, read, strict=True)]
    return [*posts, *(Entry(None, problem) for problem in problems_of(body))]


def problems_of(body: Record) -> list[Rejected]:
    """X's partial errors. Its own words stay out: they may hold handles."""
    found = []
    for number, problem in enumerate(_listed(body.get("errors")), start=1):
        kind = text(problem, "resource_type") or ""
        kind = kind if kind in {"user", "tweet", "post", "media", "place", "poll"} else "record"
        name = text(problem, "resource_id") or text(problem, "value") or ""
        item = f"{kind} {name}" if _ID.fullmatch(name) else f"{kind} number {number}"
        found.append(Rejected(item, _REASONS.get(_type(problem), "X could not give all of it")))
    return found


def gone(body: Record, asked: Sequence[str]) -> set[str]:
    """Those of the asked posts that X says are deleted or not shown to us (protected or suspended accounts)."""
    wanted = set(asked)
    said = {
        name
        for problem in _listed(body.get("errors"))
        if _type(problem) in _NO_LONGER_THERE and text(problem, "resource_type") in {None, "tweet", "post"}
        if (name := text(problem, "resource_id") or text(problem, "value"))
    }
    withheld = {name for one in _listed(body.get("data")) if _withheld(one) and (name := text(one, "id"))}
    return (said | withheld) & wanted


def there(body: Record, asked: Sequence[str]) -> set[str]:
    """Those of the asked posts that X gave, also as a later version."""
    given = {
        name for one in _listed(body.get("data")) if not _withheld(one) for name in (text(one, "id"), *_history(one)) if name
    }
    return given & set(asked)


def made_at(post_id: str) -> datetime | None:
    """The moment that an id holds; ``None`` for the ids of X's first years."""
    number = int(post_id) if _ID.fullmatch(post_id) else 0
    if number < _FIRST_TIMED:
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=(number >> 22) + _EPOCH_MS)


def _entry(one: Any, item: Mention | Rejected) -> Entry:
    """At the place that the id gives it, remembered by the id: an edited post has a new one, and is handed over again."""
    name = text(one, "id")
    at = made_at(name) if name else None
    return Entry(at or moment(record(one).get("created_at")), item, name)


def _mention(one: Any, users: Mapping[str, Any]) -> Mention:
    name = required(one, "id")
    if not _ID.fullmatch(name):
        raise ValueError("with an id that is no number")
    author_id = text(one, "author_id")
    author = _author(author_id, users.get(author_id or ""))
    history = _history(one)
    original = history[0] if history else name
    made = moment(record(one).get("created_at"))
    kind, repost_of = _kind(one)
    language = text(one, "lang")
    return Mention(
        platform=PLATFORM,
        origin=ORIGIN,
        external_id=original,
        text=_text(one),
        author=author,
        url=f"https://x.com/{author.handle or 'i/web'}/status/{original}",
        published_at=(made if original == name else None) or made_at(original) or made,
        kind=kind,
        repost_of=repost_of,
        language=language if language and language not in _NO_LANGUAGE else None,
        engagement=_engagement(one),
    )


def _text(one: Any) -> str:
    """The whole text (a long post's is in its note), with links in place of X's short ones. X escapes three characters."""
    note = next((found for name in ("note_tweet", "note_post") if text(found := record(record(one).get(name)), "text")), {})
    holder = note or record(one)
    whole_text = required(holder, "text")
    for link in _listed(record(holder.get("entities")).get("urls")):
        short = text(link, "url")
        if short and short.startswith("https://t.co/"):
            whole_text = whole_text.replace(short, "" if text(link, "media_key") else _expanded(link) or short)
    return whole_text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip() or required(holder, "text")


def _expanded(link: Any) -> str | None:
    return web_link("", text(link, "unwound_url") or text(link, "expanded_url"))


def _kind(one: Any) -> tuple[Kind, str | None]:
    """What sort of post it is, and what it reposts. A quote is a post: its words are its author's."""
    holder = record(one)
    referenced = _listed(holder.get("referenced_tweets")) or _listed(holder.get("referenced_posts"))
    by_type = {text(other, "type"): text(other, "id") for other in referenced}
    for name in ("retweeted", "reposted"):
        if name in by_type:
            return Kind.REPOST, by_type[name]
    return (Kind.COMMENT if "replied_to" in by_type else Kind.POST), None


def _engagement(one: Any) -> int | None:
    metrics = record(record(one).get("public_metrics"))
    counts = [count for name in _COUNTS if (count := whole(metrics, name)) is not None]
    return sum(counts) if counts else None


def _author(author_id: str | None, user: Any) -> Author:
    handle = text(user, "username")
    handle = handle if handle and _HANDLE.fullmatch(handle) else None
    entities = record(record(user).get("entities"))
    named = [link for part in ("url", "description") for link in _listed(record(entities.get(part)).get("urls"))]
    links = [found for link in named if (found := _expanded(link))]
    if not links and (own := web_link("", text(user, "url"))):
        links.append(own)
    metrics = record(record(user).get("public_metrics"))
    made = moment(record(user).get("created_at"))
    verified = record(user).get("verified")
    return Author(
        service_id=author_id if author_id and _ID.fullmatch(author_id) else None,
        handle=handle,
        display_name=text(user, "name"),
        profile_url=f"https://x.com/{handle}" if handle else None,
        bio=text(user, "description"),
        location=text(user, "location"),
        links=tuple(dict.fromkeys(links)),
        followers=whole(metrics, "followers_count"),
        following=whole(metrics, "following_count"),
        created_year=made.year if made else None,
        verified=verified if isinstance(verified, bool) else None,
    )


def _history(one: Any) -> list[str]:
    """The ids of all versions of a post, the first one first."""
    holder = record(one)
    listed = _listed(holder.get("edit_history_tweet_ids")) or _listed(holder.get("edit_history_post_ids"))
    return sorted((name for name in listed if isinstance(name, str) and _ID.fullmatch(name)), key=int)


def _withheld(one: Any) -> bool:
    """Whether a post is withheld everywhere, which X writes as the country XX."""
    return "XX" in _listed(record(record(one).get("withheld")).get("country_codes"))


def _type(problem: Any) -> str:
    return (text(problem, "type") or "").rstrip("/").rpartition("/")[2]


def _listed(value: Any) -> list[Any]:
    return list(_each(value))


def _each(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, list) else ()
