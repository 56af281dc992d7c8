"""Stories: the same post heard twice, copied, or reposted, is one story; and whose words it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from listener.core.mention import Kind, Mention, is_named
from storage import keys
from storage.database import Database, Row, batches
from storage.tables import mentions, story_keys


@dataclass(frozen=True, slots=True)
class Told:
    """What a mention is part of: the story, and whether the words are the author's own."""

    story_id: int
    own_words: bool


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A mention that is about to be stored under an id."""

    mention: Mention
    mention_id: int
    author_id: int


@dataclass(frozen=True, slots=True)
class _First:
    """By whom and where a key was first heard."""

    story_id: int
    author_id: int
    named: bool
    origin_key: str


def place(database: Database, connection: Connection, newcomers: Sequence[Newcomer]) -> list[Told]:
    """The story of each newcomer, in order; new keys are stored, so that later copies find it."""
    by_url = [keys.url_story_key(new.mention) for new in newcomers]
    by_text = [keys.text_story_key(new.mention) for new in newcomers]
    originals = [_original_keys(new.mention) for new in newcomers]
    wanted = {key for key in (*by_url, *by_text, *(url for url, _ in originals)) if key}
    known = _known(connection, wanted)
    stories = _stories(connection, {key for _, key in originals if key})
    added: list[Row] = []
    told = []
    for new, url, text, (original_url, original_key) in zip(newcomers, by_url, by_text, originals, strict=True):
        here = keys.origin_key(new.mention)
        first_words = known.get(text) if text else None
        address = known.get(url) if url else None
        original = known.get(original_url) if original_url else None
        joined = (
            (first_words.story_id if first_words else None)
            or (address.story_id if address and address.origin_key != here else None)
            or (original.story_id if original else None)
            or (stories.get(original_key) if original_key else None)
            or new.mention_id
        )
        told.append(Told(joined, _own_words(new, first_words)))
        first = _First(joined, new.author_id, is_named(new.mention.author) and new.mention.kind != Kind.REPOST, here)
        for key in (url, text, original_url):
            if key and key not in known:
                known[key] = first
                added.append(
                    {"key": key, "story_id": joined, "author_id": new.author_id, "named": first.named, "origin_key": here}
                )
        stories.setdefault(new.mention.key, joined)
    database.add(connection, story_keys, added)
    return told


def _own_words(new: Newcomer, first_words: _First | None) -> bool:
    """False for reposts, and for the words that another named author wrote before.

    A repost that is heard before its original does not take the words from their author: its key counts as unnamed.
    """
    if new.mention.kind == Kind.REPOST:
        return False
    return first_words is None or first_words.author_id == new.author_id or not first_words.named


def _original_keys(mention: Mention) -> tuple[str | None, str | None]:
    if mention.kind != Kind.REPOST:
        return None, None
    return keys.repost_story_key(mention), keys.repost_mention_key(mention)


def _known(connection: Connection, wanted: Iterable[str]) -> dict[str, _First]:
    found = {}
    for chunk in batches(wanted):
        for row in connection.execute(select(story_keys).where(story_keys.c.key.in_(chunk))):
            found[row.key] = _First(row.story_id, row.author_id, row.named, row.origin_key)
    return found


def _stories(connection: Connection, wanted: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in batches(wanted):
        rows = connection.execute(select(mentions.c.key, mentions.c.story_id).where(mentions.c.key.in_(chunk)))
        found.update((row.key, row.story_id) for row in rows)
    return found
