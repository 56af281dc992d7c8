"""A status of Mastodon (or of software that speaks its API) as a mention, under names that every instance gives it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from connectors._json import Record, moment, record, required, text, whole
from connectors._tidy import tidy
from listener.core.errors import BadItem
from listener.core.mention import ANONYMOUS, Author, Kind, Markup, Mention
from listener.net.urls import web_link

PLATFORM = "mastodon"
_LONGEST_BIO = 5000
_MOST_LINKS = 10
_COUNTS = ("replies_count", "reblogs_count", "favourites_count")


def mention_of(status: Any, instance: str) -> Mention:
    """One status as ``instance`` (a host) gave it. Its ``uri`` names it everywhere; ids are the instance's own.

    Raises:
        ValueError: a field is missing.
        BadItem: it is not for everybody, or has no words.
    """
    id_ = required(status, "id")
    _check_public(status, id_)
    uri = required(status, "uri")
    boosted = record(record(status).get("reblog"))
    said = boosted or record(status)
    if boosted:
        _check_public(boosted, id_)
    content, title = text(said, "content"), text(said, "spoiler_text")
    if not content and not title:
        raise BadItem(id_, "without words")
    account = record(record(status).get("account"))
    return Mention(
        platform=PLATFORM,
        origin=_host(uri) or _host(text(status, "url")) or instance,
        external_id=uri,
        text=content or "",
        title=title,
        url=web_link("", text(status, "url")) or web_link("", text(said, "url")) or web_link("", uri),
        author=author_of(account, instance),
        published_at=moment(text(status, "created_at")),
        markup=Markup.HTML,
        kind=_kind(said, boosted=bool(boosted)),
        language=text(said, "language"),
        repost_of=(text(boosted, "uri") or text(boosted, "url")) if boosted else None,
        engagement=_engagement(said),
    )


def author_of(account: Record, instance: str) -> Author:
    """An account with the handle that it has everywhere, ``name@instance``, and its global id."""
    if not account:
        return ANONYMOUS
    url = web_link("", text(account, "url"))
    uri = web_link("", text(account, "uri"))
    since = moment(text(account, "created_at"))
    return Author(
        service_id=uri or url,
        handle=_handle(text(account, "acct"), _host(url) or _host(uri) or instance),
        display_name=text(account, "display_name") or text(account, "username"),
        profile_url=url,
        bio=_plain(text(account, "note")),
        links=_links(account.get("fields")),
        followers=_count(account, "followers_count"),
        following=_count(account, "following_count"),
        created_year=since.year if since else None,
    )


def _check_public(status: Any, id_: str) -> None:
    visibility = text(status, "visibility")
    if visibility != "public":
        known = visibility if visibility in {"unlisted", "private", "direct"} else "unknown"
        raise BadItem(id_, f"not public (its visibility is {known})")


def _kind(said: Record, *, boosted: bool) -> Kind:
    if boosted:
        return Kind.REPOST
    return Kind.COMMENT if said.get("in_reply_to_id") else Kind.POST


def _engagement(said: Record) -> int | None:
    counts = [_count(said, name) for name in _COUNTS]
    return sum(count or 0 for count in counts) if any(count is not None for count in counts) else None


def _count(holder: Record, name: str) -> int | None:
    """Hidden counts are given as -1."""
    count = whole(holder, name)
    return count if count is not None and count >= 0 else None


def _handle(acct: str | None, host: str) -> str | None:
    """``acct`` names the instance of other instances' accounts only."""
    if acct is None:
        return None
    return acct if "@" in acct.lstrip("@") else f"{acct}@{host}"


def _host(address: str | None) -> str | None:
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return None
    return parts.hostname if parts.scheme in {"http", "https"} else None


def _plain(html: str | None) -> str | None:
    if html is None:
        return None
    body = LexborHTMLParser(tidy(html[:_LONGEST_BIO])).body
    words = " ".join(body.text(separator=" ").split()) if body else ""
    return words or None


def _links(fields: Any) -> tuple[str, ...]:
    """Where the profile's fields lead, those that the instance verified first; mentions of other accounts are none."""
    found: list[tuple[bool, str]] = []
    for field in fields[:_MOST_LINKS] if isinstance(fields, list) else ():
        tree = LexborHTMLParser(tidy((text(field, "value") or "")[:_LONGEST_BIO]))
        for node in tree.css("a[href]"):
            link = web_link("", node.attributes.get("href"))
            if link and "me" in (node.attributes.get("rel") or "").split():
                found.append((text(field, "verified_at") is None, link))
    return tuple(dict.fromkeys(link for _, link in sorted(found, key=lambda one: one[0])))[:_MOST_LINKS]
