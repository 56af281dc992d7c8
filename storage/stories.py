"""Stories: the same post heard twice, copied, or reposted, is one story."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from listener.core.mention import Kind
from storage import keys
from storage.database import Database, Row, batches
from storage.heard import Heard
from storage.tables import mentions, story_keys


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A mention that is about to be stored under an id."""

    heard: Heard
    mention_id: int
    author_id: int


@dataclass(frozen=True, slots=True)
class _First:
    """Where an address was first heard of."""

    story_id: int
    origin_key: str


@dataclass(frozen=True, slots=True)
class _Keys:
    """By which addresses a mention finds its story; ``original`` is that of a repost's original."""

    address: str | None
    original: str | None = None


def place(database: Database, connection: Connection, newcomers: Sequence[Newcomer]) -> list[int]:
    """The story of each newcomer, in order; new addresses are stored, so that what comes later finds it."""
    wanted = [_keys(new.heard) for new in newcomers]
    known = _known(connection, {key for its in wanted for key in (its.address, its.original) if key})
    of_words = _of_words(connection, {new.heard.words for new in newcomers if new.heard.words})
    of_mentions = _of_mentions(connection, {new.heard.original for new in newcomers if new.heard.original})
    added: list[Row] = []
    told = []
    for new, its in zip(newcomers, wanted, strict=True):
        story = _joined(new, its, known, of_words, of_mentions)
        told.append(story)
        first = _First(story, new.heard.origin_key)
        for key in (its.address, its.original):
            if key and key not in known:
                known[key] = first
                values = {"story_id": story, "author_id": new.author_id, "origin_key": first.origin_key}
                added.append({"key": key, **values})
        if new.heard.words:
            of_words.setdefault(new.heard.words, story)
        of_mentions.setdefault(new.heard.key, story)
    database.add(connection, story_keys, added)
    return told


def _joined(
    new: Newcomer, its: _Keys, known: Mapping[str, _First], of_words: Mapping[str, int], of_mentions: Mapping[str, int]
) -> int:
    """The story that the newcomer is part of: that of the same words, address or original, else its own.

    Two posts of one origin at one address are two posts (of a thread), not one heard twice.
    """
    words = of_words.get(new.heard.words or "")
    address = known.get(its.address or "")
    original = known.get(its.original or "")
    if words is not None:
        return words
    if address and address.origin_key != new.heard.origin_key:
        return address.story_id
    if original:
        return original.story_id
    return of_mentions.get(new.heard.original or "", new.mention_id)


def _keys(heard: Heard) -> _Keys:
    mention = heard.mention
    original = keys.canonical_url(mention.repost_of) if mention.kind == Kind.REPOST and mention.repost_of else None
    return _Keys(
        keys.address_story_key(heard.address) if heard.address else None,
        keys.address_story_key(original) if original else None,
    )


def _known(connection: Connection, wanted: Iterable[str]) -> dict[str, _First]:
    found = {}
    for chunk in batches(wanted):
        for row in connection.execute(select(story_keys).where(story_keys.c.key.in_(chunk))):
            found[row.key] = _First(row.story_id, row.origin_key)
    return found


def _of_words(connection: Connection, wanted: Iterable[str]) -> dict[str, int]:
    """The oldest story in which each of the words are said, by their keys."""
    found: dict[str, int] = {}
    for chunk in batches(wanted):
        query = select(mentions.c.words_key, func.min(mentions.c.story_id).label("story_id"))
        rows = connection.execute(query.where(mentions.c.words_key.in_(chunk)).group_by(mentions.c.words_key))
        found.update((row.words_key, row.story_id) for row in rows)
    return found


def _of_mentions(connection: Connection, wanted: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in batches(wanted):
        rows = connection.execute(select(mentions.c.key, mentions.c.story_id).where(mentions.c.key.in_(chunk)))
        found.update((row.key, row.story_id) for row in rows)
    return found


def forget_addresses(connection: Connection, story_ids: Iterable[int]) -> None:
    """Of the stories keep no address that only somebody brought of whose posts nothing is left there."""
    left = select(mentions.c.id).where(
        mentions.c.story_id == story_keys.c.story_id,
        mentions.c.author_id == story_keys.c.author_id,
        mentions.c.removed_at.is_(None),
    )
    for ids in batches(story_ids):
        connection.execute(delete(story_keys).where(story_keys.c.story_id.in_(ids), ~left.exists()))
