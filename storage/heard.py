"""A mention with the keys by which it, its author and its story are known: computed once, used by all that store it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from listener.core.mention import Kind, Mention, author_key, content_hash, digest, normal_text
from listener.core.times import as_utc
from storage import keys


@dataclass(frozen=True, slots=True)
class Heard:
    """``said_at`` is the time of publishing, or ``now`` where that is unknown or lies in the future.

    ``content`` is the content hash; ``address`` the canonical address, ``link_key`` that address with origin, content and
    author: the same for a post whose feed gives it a new id. ``handle_key`` is by which the author's account is found,
    ``words`` by which copies of the text are, and ``original`` the key of the mention that a repost repeats, if that is of the
    same origin.
    """

    mention: Mention
    key: str
    author_key: str
    handle_key: str | None
    origin_key: str
    content: str
    address: str | None
    link_key: str | None
    words: str | None
    original: str | None
    said_at: datetime

    @property
    def graves(self) -> list[tuple[str, str]]:
        """Under which keys the mention, its author, or the author of the words may have been erased."""
        email = normal_text(self.mention.author.email) if self.mention.author.email else None
        maybe = (("handle", self.handle_key), ("email", email), ("words", self.words), ("mention", self.original))
        return [("mention", self.key), ("author", self.author_key), *((kind, key) for kind, key in maybe if key)]

    def without_traces(self) -> Heard:
        """Without what would stay when the mention itself goes: keys by which copies of its words and its address are found."""
        return replace(self, address=None, words=None, original=None, handle_key=None)

    @property
    def is_repost(self) -> bool:
        return self.mention.kind == Kind.REPOST

    @property
    def at_home(self) -> bool:
        return keys.at_home(self.mention.url, self.mention.origin, self.mention.external_id)


def distinct(page: Sequence[Mention], now: datetime) -> list[Heard]:
    """The mentions of a page; of two with one id the first."""
    found: dict[str, Heard] = {}
    for mention in page:
        key = mention.key
        if key not in found:
            found[key] = _heard(mention, key, as_utc(now))
    return list(found.values())


def _heard(mention: Mention, key: str, now: datetime) -> Heard:
    content = content_hash(mention)
    address = keys.canonical_url(mention.url) if mention.url else None
    handle = mention.author.handle
    author, stars = author_key(mention), str(mention.rating or "")
    repeats = mention.repost_of if mention.kind == Kind.REPOST else None
    return Heard(
        mention=mention,
        key=key,
        author_key=author,
        handle_key=keys.handle_key(mention.platform, handle) if handle else None,
        origin_key=digest("origin", mention.platform, mention.origin),
        content=content,
        address=address,
        link_key=digest("link", mention.platform, mention.origin, address, content, author, stars) if address else None,
        words=keys.words_key(mention.text),
        original=digest("mention", mention.platform, mention.origin, repeats) if repeats else None,
        said_at=min(mention.published_at, now) if mention.published_at else now,
    )
