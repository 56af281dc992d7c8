"""Whose words near-copies are: the rule of ``storage.words``, for words that are nearly the same.

Of several authors the earliest published is the author, and the others are copies. Where the original is gone (taken back by an
edit, erased, removed), no copy becomes it: only what was published before the first copy can be an original.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, select

from listener.core.mention import Kind
from storage.database import Database, batches
from storage.tables import mentions
from storage.words import Said, flip, identities, rank, to_said


def give_words(database: Database, connection: Connection, groups: Sequence[Sequence[int]], new: Collection[int]) -> None:
    """Say of the mentions of each group which have their author's own words; ``new`` are those that were not in it before.

    Whose standing changes by it becomes due.
    """
    said = _said(connection, {one for its in groups for one in its})
    several = []
    for its in groups:
        members = [said[one] for one in its if one in said]
        if len({one.author_id for one in members}) > 1:
            several.append(members)
    known = identities(connection, several)
    flipped: dict[int, tuple[int, bool]] = {}
    for members in several:
        claims = [one for one in members if one.own_words]
        if not claims:
            continue
        best = min(claims, key=lambda one: rank(one, known))
        former = [one for one in members if one.mention_id not in new]
        author: int | None = best.author_id
        if former and not any(one.own_words for one in former):
            first = min(former, key=lambda one: rank(one, known))
            if rank(best, known)[:-1] >= rank(first, known)[:-1]:
                author = None  # the original is gone, and this is one more copy
        for one in members:
            if one.own_words != (one.author_id == author):
                flipped[one.mention_id] = (one.author_id, not one.own_words)
    flip(database, connection, flipped)


def _said(connection: Connection, mention_ids: Collection[int]) -> dict[int, Said]:
    """The mentions that are no reposts."""
    found: dict[int, Said] = {}
    for ids in batches(mention_ids):
        query = select(mentions).where(mentions.c.id.in_(ids), mentions.c.kind != Kind.REPOST.value)
        found.update((row.id, to_said(row)) for row in connection.execute(query))
    return found
