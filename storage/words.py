"""Whose words: of all mentions that say the same, which ones are their author's own.

The original is what was said first, by an author who is named, in a post that is no repost. Times of publishing decide, not the
order of storing: when an earlier original is heard later, the decision is revised. An aggregator often gives its copies the time
of the original; then who is identified better is taken for the author, then who published at home (``keys.at_home``), and where
nothing tells the two apart the lower mention key, so that the order of hearing never matters.

Words that their author took back by an edit, or that were erased, are nobody's: no copy becomes the original by that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from listener.core.mention import Kind
from storage import keys
from storage.database import Database, batches
from storage.due import brands_of_mentions, queue_authors
from storage.tables import authors, mentions


@dataclass(frozen=True, slots=True)
class Said:
    """A mention with what decides whose words it has. ``words`` is ``None`` where they are too few to tell."""

    mention_id: int
    mention_key: str
    author_id: int
    words: str | None
    said_at: datetime
    is_repost: bool
    at_home: bool
    own_words: bool = False
    """What was decided before; false for one about which nothing was."""


def own_words(database: Database, connection: Connection, arrived: Sequence[Said]) -> set[int]:
    """Which of the mentions, newly heard or with new words, have their author's own words; their ids.

    Where an arrival turns out to be the original of words that were taken for another author's, those mentions are corrected,
    and the people concerned become due for judging. The rows of the arrivals themselves are left to the caller.
    """
    originals = [one for one in arrived if not one.is_repost]
    own = {one.mention_id for one in originals if one.words is None}
    by_words: dict[str, list[Said]] = defaultdict(list)
    for one in originals:
        if one.words is not None:
            by_words[one.words].append(one)
    before = _foremost(connection, by_words)
    claims = {words: [*its, before[words]] if words in before else its for words, its in by_words.items()}
    known = identities(connection, claims.values())
    revised: dict[str, int] = {}
    for words, claiming in claims.items():
        best = min(claiming, key=lambda one: rank(one, known)) if len(claiming) > 1 else claiming[0]
        holder = before.get(words)
        if holder and not holder.own_words and rank(best, known)[:-1] >= rank(holder, known)[:-1]:
            continue  # the original is gone, and this is one more copy
        own |= {one.mention_id for one in by_words[words] if one.author_id == best.author_id}
        if holder and not (holder.own_words and holder.author_id == best.author_id):
            revised[words] = best.author_id
    _revise(database, connection, revised)
    return own


def _foremost(connection: Connection, wanted: Iterable[str]) -> dict[str, Said]:
    """Of the stored mentions with each of the words the one that has them as its own, else the first copy."""
    place = func.row_number().over(
        partition_by=mentions.c.words_key,
        order_by=(mentions.c.own_words.desc(), mentions.c.said_at, mentions.c.id),
    )
    found: dict[str, Said] = {}
    for chunk in batches(wanted):
        ranked = select(mentions.c.id, place.label("place"))
        ranked = ranked.where(mentions.c.words_key.in_(chunk), mentions.c.kind != Kind.REPOST.value)
        first = ranked.subquery()
        query = select(mentions).join(first, first.c.id == mentions.c.id).where(first.c.place == 1)
        found.update((row.words_key, to_said(row)) for row in connection.execute(query))
    return found


def to_said(row: Any) -> Said:
    """From the columns of ``mentions``."""
    return Said(
        mention_id=row.id,
        mention_key=row.key,
        author_id=row.author_id,
        words=row.words_key,
        said_at=row.said_at,
        is_repost=row.kind == Kind.REPOST.value,
        at_home=keys.at_home(row.url, row.origin, row.external_id),
        own_words=row.own_words,
    )


def identities(connection: Connection, claims: Iterable[Sequence[Said]]) -> dict[int, int]:
    """How well each author is known, where several claim the same words: 2 by an account, 1 by a name, 0 by the origin alone."""
    several = {one.author_id for claiming in claims if len(claiming) > 1 for one in claiming}
    found: dict[int, int] = {}
    accounts = (authors.c.service_id, authors.c.handle, authors.c.email, authors.c.profile_url)
    for ids in batches(several):
        for row in connection.execute(select(authors.c.id, authors.c.named, *accounts).where(authors.c.id.in_(ids))):
            account = row.service_id or row.handle or row.email or row.profile_url
            found[row.id] = (2 if account else 1) if row.named else 0
    return found


def rank(one: Said, known: Mapping[int, int]) -> tuple[bool, datetime, int, bool, str]:
    """The lowest is the original."""
    identity = known[one.author_id]
    return identity == 0, one.said_at, -identity, not one.at_home, one.mention_key


def _revise(database: Database, connection: Connection, holders: Mapping[str, int]) -> None:
    """Give the words to their new holders, in all stored mentions that have them; whose standing that changes becomes due."""
    flipped: dict[int, tuple[int, bool]] = {}
    for chunk in batches(holders):
        query = select(mentions.c.id, mentions.c.words_key, mentions.c.author_id, mentions.c.own_words)
        for row in connection.execute(query.where(mentions.c.words_key.in_(chunk), mentions.c.kind != Kind.REPOST.value)):
            own = row.author_id == holders[row.words_key]
            if own != row.own_words:
                flipped[row.id] = (row.author_id, own)
    flip(database, connection, flipped)


def flip(database: Database, connection: Connection, flipped: Mapping[int, tuple[int, bool]]) -> None:
    """Write whether mentions have their author's own words, given with the author; whose standing that changes becomes due."""
    for own in (True, False):
        for ids in batches(mention_id for mention_id, (_, now_own) in flipped.items() if now_own == own):
            connection.execute(update(mentions).where(mentions.c.id.in_(ids)).values(own_words=own))
    brands = brands_of_mentions(connection, list(flipped))
    queue_authors(
        database,
        connection,
        {(author, brand) for mention_id, (author, _) in flipped.items() for brand in brands.get(mention_id, ())},
    )
