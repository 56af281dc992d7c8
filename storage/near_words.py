"""Whose words near-copies are: the rule of ``storage.words``, for words that are nearly the same.

Of several authors the earliest published is the author, and the others are copies, unless they say the opposite (``camps``).
Where the original is gone (taken back by an edit, erased, removed), no copy becomes it: only what was published before the first
copy can be an original.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, select

from listener.core.analysis import Label
from listener.core.mention import Kind
from storage.database import Database, batches
from storage.due import OURS
from storage.rows import of_brand
from storage.tables import analysis_targets, mentions
from storage.words import Said, flip, identities, rank, to_said

OPPOSITE = (Label.POSITIVE.value, Label.NEGATIVE.value)
"""What two say who did not copy each other, however few words they differ in: forms are filled in with one word."""


def camps(connection: Connection, groups: Collection[Sequence[int]]) -> list[list[list[int]]]:
    """The mentions of each group, apart where they feel the opposite toward a brand of ours.

    Exactly the same words stay together. What takes no side goes with the positive.
    """
    felt: dict[int, dict[str, str]] = defaultdict(dict)
    words: dict[int, str] = {}
    query = select(analysis_targets, mentions.c.words_key).join(mentions, mentions.c.id == analysis_targets.c.mention_id)
    query = query.where(analysis_targets.c.kind.in_(OURS)).order_by(analysis_targets.c.mention_id, analysis_targets.c.position)
    for ids in batches(one for its in groups if len(its) > 1 for one in its):
        targets = defaultdict(list)
        for row in connection.execute(query.where(analysis_targets.c.mention_id.in_(ids))):
            targets[row.mention_id, row.brand].append(row)
        for (one, brand), its in targets.items():
            felt[one][brand] = of_brand(its).label
            if its[0].words_key is not None:
                words[one] = its[0].words_key
    first: dict[str, int] = {}
    for one in sorted(words):
        felt[one] = felt[first.setdefault(words[one], one)]
    return [_apart(its, felt) for its in groups]


def _apart(group: Sequence[int], felt: Mapping[int, Mapping[str, str]]) -> list[list[int]]:
    sides: dict[str, set[str]] = defaultdict(set)
    for one in group:
        for brand, label in felt.get(one, {}).items():
            sides[brand].add(label)
    for brand in sorted(sides):
        if sides[brand].issuperset(OPPOSITE):
            against = [one for one in group if felt.get(one, {}).get(brand) == Label.NEGATIVE.value]
            return [*_apart([one for one in group if one not in set(against)], felt), *_apart(against, felt)]
    return [list(group)]


def give_words(
    database: Database,
    connection: Connection,
    groups: Sequence[Sequence[Sequence[int]]],
    new: Collection[int],
    again: Collection[int],
) -> None:
    """Say of the mentions of each group, given in its camps, which have their author's own words.

    ``new`` are those that were not in it before, or whose words are others now; ``again`` those that were read before. Whose
    standing changes by it becomes due.
    """
    said = _said(connection, {one for group in groups for camp in group for one in camp})
    several: list[list[list[Said]]] = []
    for group in groups:
        members = [[said[one] for one in camp if one in said] for camp in group]
        if len({one.author_id for camp in members for one in camp}) > 1:
            several.append([camp for camp in members if camp])
    known = identities(connection, [[one for camp in group for one in camp] for group in several])
    flipped: dict[int, tuple[int, bool]] = {}
    for its in several:
        every = [one for camp in its for one in camp]
        parted = any(one.own_words for one in every) and any(one.mention_id in again for one in every)
        for camp in its:
            author = _author(camp, known, new, parted=parted)
            for one in camp:
                if author != _UNKNOWN and one.own_words != (one.author_id == author):
                    flipped[one.mention_id] = (one.author_id, not one.own_words)
    flip(database, connection, flipped)


_UNKNOWN = -1
"""Nothing is decided."""


def _author(camp: Sequence[Said], known: Mapping[int, int], new: Collection[int], *, parted: bool) -> int | None:
    """Whose words a camp's are; ``None`` where the original is gone.

    ``parted``: one of the group feels otherwise than before, maybe, and others in it have words of their own."""
    claims = [one for one in camp if one.own_words]
    if not claims:  # taken for copies of words whose opposite they are, or copies of what is gone
        return min(camp, key=lambda one: rank(one, known)).author_id if parted else _UNKNOWN
    best = min(claims, key=lambda one: rank(one, known))
    former = [one for one in camp if one.mention_id not in new]
    if former and not any(one.own_words for one in former):
        first = min(former, key=lambda one: rank(one, known))
        if rank(best, known)[:-1] >= rank(first, known)[:-1]:
            return None  # the original is gone, and this is one more copy
    return best.author_id


def _said(connection: Connection, mention_ids: Collection[int]) -> dict[int, Said]:
    """The mentions that are no reposts."""
    found: dict[int, Said] = {}
    for ids in batches(mention_ids):
        names = ("id", "key", "author_id", "words_key", "said_at", "kind", "url", "origin", "external_id", "own_words")
        query = select(*(mentions.c[name] for name in names))
        query = query.where(mentions.c.id.in_(ids), mentions.c.kind != Kind.REPOST.value)
        found.update((row.id, to_said(row)) for row in connection.execute(query))
    return found
