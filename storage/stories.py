"""Stories: the same post heard twice, copied, or reposted, is one story; and whose words it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from listener.core.mention import Kind, digest, is_named
from storage import keys
from storage.database import Database, Row, batches
from storage.heard import Heard
from storage.tables import mentions, story_keys


@dataclass(frozen=True, slots=True)
class Told:
    """What a mention is part of: the story, and whether the words are the author's own."""

    story_id: int
    own_words: bool


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A mention that is about to be stored under an id."""

    heard: Heard
    mention_id: int
    author_id: int


@dataclass(frozen=True, slots=True)
class _First:
    """By whom and where a key was first heard."""

    story_id: int
    author_id: int
    named: bool
    origin_key: str


@dataclass(frozen=True, slots=True)
class _StoryKeys:
    """By what a mention finds its story; ``original_mention`` is the mention key of a repost's original."""

    address: str | None
    text: str | None
    original: str | None = None
    original_mention: str | None = None


def place(database: Database, connection: Connection, newcomers: Sequence[Newcomer]) -> list[Told]:
    """The story of each newcomer, in order; new keys are stored, so that later copies find it."""
    wanted = [_story_keys(new.heard) for new in newcomers]
    known = _known(connection, {key for its in wanted for key in (its.address, its.text, its.original) if key})
    stories = _stories(connection, {its.original_mention for its in wanted if its.original_mention})
    added: list[Row] = []
    told = []
    for new, its in zip(newcomers, wanted, strict=True):
        story = _joined(new, its, known, stories)
        told.append(Told(story, _own_words(new, known.get(its.text or ""))))
        named = is_named(new.heard.mention.author) and new.heard.mention.kind != Kind.REPOST
        values = {"story_id": story, "author_id": new.author_id, "named": named, "origin_key": new.heard.origin_key}
        first = _First(story, new.author_id, named, new.heard.origin_key)
        for key in (its.address, its.text, its.original):
            if key and key not in known:
                known[key] = first
                added.append({"key": key, **values})
        stories.setdefault(new.heard.key, story)
    database.add(connection, story_keys, added)
    return told


def _joined(new: Newcomer, its: _StoryKeys, known: Mapping[str, _First], stories: Mapping[str, int]) -> int:
    """The story that the newcomer is part of: that of the same words, address or original, else its own.

    Two posts of one origin at one address are two posts (of a thread), not one heard twice.
    """
    words = known.get(its.text or "")
    address = known.get(its.address or "")
    original = known.get(its.original or "")
    if words:
        return words.story_id
    if address and address.origin_key != new.heard.origin_key:
        return address.story_id
    if original:
        return original.story_id
    return stories.get(its.original_mention or "", new.mention_id)


def _own_words(new: Newcomer, first_words: _First | None) -> bool:
    """False for reposts, and for the words that another named author wrote before.

    A repost that is heard before its original does not take the words from their author: its key counts as unnamed.
    """
    if new.heard.mention.kind == Kind.REPOST:
        return False
    return first_words is None or first_words.author_id == new.author_id or not first_words.named


def _story_keys(heard: Heard) -> _StoryKeys:
    """For a repost also where its original is found: by address, or by its id within the same origin."""
    mention = heard.mention
    address = keys.address_story_key(heard.address) if heard.address else None
    text = keys.text_story_key(mention.text)
    if mention.kind != Kind.REPOST or not mention.repost_of:
        return _StoryKeys(address, text)
    original = keys.canonical_url(mention.repost_of)
    return _StoryKeys(
        address,
        text,
        keys.address_story_key(original) if original else None,
        digest("mention", mention.platform, mention.origin, mention.repost_of),
    )


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
