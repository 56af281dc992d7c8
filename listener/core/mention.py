"""What was heard: one public post by one author on one platform, and its natural keys."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from listener.core.marks import stream_safe
from listener.core.times import as_utc

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Cursor: TypeAlias = Mapping[str, Json]
"""Opaque to everybody but the connector that wrote it; ``{}`` before the first page."""


class Kind(StrEnum):
    """What sort of post it is."""

    POST = "post"
    COMMENT = "comment"
    REPOST = "repost"


class Markup(StrEnum):
    """How ``Mention.text`` is written."""

    PLAIN = "plain"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a mention, as far as the source says. Everything may be missing."""

    service_id: str | None = None
    """The platform's own, unchanging id of the account."""
    handle: str | None = None
    display_name: str | None = None
    profile_url: str | None = None
    email: str | None = None
    bio: str | None = None
    location: str | None = None
    links: tuple[str, ...] = ()
    followers: int | None = None
    following: int | None = None
    created_year: int | None = None
    verified: bool | None = None


ANONYMOUS = Author()


@dataclass(frozen=True, slots=True)
class Mention:
    """One public post as a connector hands it over.

    ``(platform, origin, external_id)`` is its natural key: an id is unique only within its origin
    (an instance, a forum, a feed), so that a hostile feed cannot swallow another's post by reusing its id.
    """

    platform: str
    origin: str
    external_id: str
    text: str
    author: Author = ANONYMOUS
    title: str | None = None
    url: str | None = None
    published_at: datetime | None = None
    """Aware; ``None`` where the source gives no usable date."""
    markup: Markup = Markup.PLAIN
    kind: Kind = Kind.POST
    language: str | None = None
    """As the source states it (BCP 47); never trusted blindly."""
    repost_of: str | None = None
    """URL or external id of the original, for a repost."""
    rating: float | None = None
    """Stars from 1 to 5, where the source is a review."""
    engagement: int | None = None
    """Likes, replies and reposts received; volatile, so a change of it is no edit."""

    def __post_init__(self) -> None:
        if not self.external_id:
            raise ValueError("a mention needs an external id")
        if self.published_at is not None:
            object.__setattr__(self, "published_at", as_utc(self.published_at))

    @property
    def key(self) -> str:
        """The natural key as 32 hexadecimal digits; it stays when retention blanks the row's content."""
        return digest("mention", self.platform, self.origin, self.external_id)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not become a mention: which one, and why (both without personal data)."""

    item: str
    reason: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A window of time that could not be heard, and never will be."""

    since: datetime
    until: datetime
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "since", as_utc(self.since))
        object.__setattr__(self, "until", as_utc(self.until))


@dataclass(frozen=True, slots=True)
class Page:
    """One step of a connector: what it found and the cursor that makes the next run continue after it."""

    mentions: tuple[Mention, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    cursor: Cursor = field(default_factory=dict)
    unchanged: bool = False
    """The source said, or the body hash showed, that nothing is new since the cursor."""
    gaps: tuple[Gap, ...] = ()
    """What was lost for good: told to people, never hidden."""
    notice: str | None = None
    """What a person should know or do about this stream although it was heard (a feed that moved)."""
    heard_until: datetime | None = None
    """With this page, everything until then was heard; ``None``: until now. Earlier where older pages are still to be fetched."""


def digest(*parts: str) -> str:
    """128 bits of SHA-256 over the parts, as 32 hexadecimal digits; parts cannot run into each other."""
    sha = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        sha.update(len(raw).to_bytes(8, "big") + raw)
    return sha.hexdigest()[:32]


def normal_text(text: str) -> str:
    """Text for comparing: compatibility-folded, case-folded, white space collapsed."""
    return " ".join(folded_text(text).split())


def folded_text(text: str) -> str:
    """The same with its white space as it stands."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", stream_safe(text)).casefold()


def content_hash(mention: Mention) -> str:
    """Changes exactly when the author edited the post: over title and text, not over counts or mark-up."""
    return digest("content", normal_text(mention.title or ""), normal_text(mention.text))


def normal_handle(handle: str) -> str:
    """A handle as it is compared: without ``@``, white space or case."""
    return normal_text(handle).lstrip("@")


def author_key(mention: Mention) -> str:
    """The author's natural key: the service's id, else the handle, else the name *within its origin*.

    A bare name is never merged across origins; a post without an author belongs to the origin itself.
    """
    author = mention.author
    if author.service_id:
        return digest("author-id", mention.platform, author.service_id)
    if author.handle and (handle := normal_handle(author.handle)):
        return digest("author-handle", mention.platform, handle)
    if author.display_name and (name := normal_text(author.display_name)):
        return digest("author-name", mention.platform, mention.origin, name)
    return digest("author-origin", mention.platform, mention.origin)


def is_named(author: Author) -> bool:
    """Whether anything says who wrote the post (else its author stands for the origin itself)."""
    return bool(author.service_id or author.handle or author.display_name)
