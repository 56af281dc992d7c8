"""A feed's entries to mentions: stable ids, two entries with one id, dates, links, authors."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from connectors._people import author_of
from connectors._raw import RawEntry, RawFeed
from connectors._tidy import line
from listener.core.mention import Kind, Markup, Mention, Rejected, content_hash, digest
from listener.net.urls import web_link

PLATFORM = "blog"
_LONGEST_ID = 1000
_CAMPAIGN = re.compile(r"utm_|fbclid$|gclid$|mc_[ce]id$")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
"""A date at most this far ahead is a clock or zone that is wrong; beyond it the date means nothing."""


@dataclass(frozen=True, slots=True)
class Item:
    """A mention and the entry that it was made from (for what a mention has no place for)."""

    mention: Mention
    entry: RawEntry


@dataclass(frozen=True, slots=True)
class Items:
    """Everything a feed yields: each entry is in ``items`` or named in ``rejected``. ``undated`` counts unusable dates."""

    items: tuple[Item, ...]
    rejected: tuple[Rejected, ...]
    undated: int = 0

    @property
    def mentions(self) -> tuple[Mention, ...]:
        return tuple(item.mention for item in self.items)


def items_of(feed: RawFeed, *, origin: str, url: str, now: datetime, kind: Kind | None = None) -> Items:
    """The feed's entries as mentions.

    ``origin`` is the namespace of their ids (the configured address), ``url`` the address that links are relative to, ``kind``
    what they are if not to be read from each entry.
    """
    url = url.partition("?")[0]  # a feed's query may hold a token, which a link like "#top" would inherit
    made: list[tuple[int, Item]] = []
    rejected = [Rejected(item, reason) for item, reason in feed.unreadable]
    undated = 0
    for number, entry in enumerate(feed.entries, 1):
        mention = _mention(entry, origin, url, now, kind)
        if mention is None:
            rejected.append(Rejected(f"entry {number}", "it has neither title, text, link nor id"))
            continue
        undated += mention.published_at is None and entry.date_given
        made.append((number, Item(mention, entry)))
    unique, twice = _told_apart(made)
    return Items(unique, (*rejected, *twice), undated)


def _mention(entry: RawEntry, origin: str, url: str, now: datetime, kind: Kind | None) -> Mention | None:
    link = web_link(url, entry.link)
    title = _plain_title(entry)
    text = entry.text.strip()
    if not (title or text or link or entry.id.strip()):
        return None
    draft = Mention(
        platform=PLATFORM,
        origin=origin,
        external_id="?",
        text=text,
        title=title or None,
        author=author_of(entry.authors, url),
        url=link,
        published_at=_usable(entry.published, now),
        markup=Markup.HTML if entry.text_is_html else Markup.PLAIN,
        kind=kind or (Kind.COMMENT if entry.reply else Kind.POST),
        language=entry.language if _LANGUAGE.fullmatch(entry.language) else None,
    )
    return replace(draft, external_id=_external_id(entry, link, draft))


def _external_id(entry: RawEntry, link: str | None, draft: Mention) -> str:
    """The guid, else the link without its campaign parameters, else the content's hash; over-long ones as a digest."""
    found = entry.id.strip() or canonical(link or "") or f"content:{content_hash(draft)}"
    return found if len(found) <= _LONGEST_ID else f"digest:{digest('id', found)}"


def canonical(link: str) -> str:
    """A link without the parameters that campaigns and social networks add."""
    parts = urlsplit(link)
    if not parts.query:
        return link
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _CAMPAIGN.match(name.lower())]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _plain_title(entry: RawEntry) -> str:
    """Titles are short and often hold stray mark-up: what an HTML title says as text."""
    title = entry.title
    if entry.title_is_html and ("<" in title or "&" in title):
        from selectolax.lexbor import LexborHTMLParser

        body = LexborHTMLParser(title[:20_000]).body
        title = body.text() if body is not None else html.unescape(title)
    return line(title)


def _usable(seconds: float | None, now: datetime) -> datetime | None:
    """The moment, or ``None`` where it lies in the far future or before feeds existed."""
    if seconds is None:
        return None
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if _OLDEST <= moment <= now + _AHEAD else None


def _told_apart(made: Sequence[tuple[int, Item]]) -> tuple[tuple[Item, ...], list[Rejected]]:
    """Entries that share an id: the same content is kept once, different contents are all kept, each under an id of its own.

    The new ids depend on the entry alone (its link, else its content), not on its place, so that they stay the same tomorrow.
    """
    counts = Counter(item.mention.external_id for _, item in made)
    kept: dict[tuple[str, str, str], Item] = {}
    twice: list[Rejected] = []
    for number, item in made:
        mention = item.mention
        content = (mention.external_id, mention.url or "", content_hash(mention)) if counts[mention.external_id] > 1 else None
        identity = content or (mention.external_id, "", "")
        if identity in kept:
            twice.append(Rejected(f"entry {number}", "it repeats another entry of the page: same id, link and content"))
        else:
            kept[identity] = item
    return tuple(_with_own_ids(kept)), twice


def _with_own_ids(kept: dict[tuple[str, str, str], Item]) -> list[Item]:
    by_id = Counter(identity[0] for identity in kept)
    by_link = Counter(identity[:2] for identity in kept)
    result = []
    for (external_id, link, content), item in kept.items():
        if by_id[external_id] > 1:
            own = digest("entry", link) if link and by_link[external_id, link] == 1 else digest("entry", link, content)
            result.append(Item(replace(item.mention, external_id=f"{external_id}#{own}"), item.entry))
        else:
            result.append(item)
    return result
