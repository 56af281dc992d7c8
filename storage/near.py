"""Near-duplicates: one story however often it is syndicated, found by bands of the texts' sketches.

    sketches that are new or changed ──bands──> those that share one ──likeness──> the same words ──> groups ──> stories
                                                                                                        └──> whose words

Mentions whose words are nearly the same form a *group* (``near_sketches.near_id``); stories that have a group in common are told
as one (``near_stories``). ``mentions.story_id``, which address and exact words decide, stays as it is. So when a text is edited,
or read by another version, its whole group is parted and found anew, and whoever no longer resembles the others is told by
themselves again, while a story that was joined by its address or exact words stays joined.

What was erased, or taken away by age, has no sketch: the copies that are left stay together, and stay copies.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from listener.core.analysis import Analysis, AnalysisJob, Relevance
from listener.core.sketch import NEAR, bands, similarity
from storage.database import Database, Row, batches
from storage.due import OURS, brands_of_mentions, queue_authors
from storage.near_tables import TOLD, near_bands, near_sketches, near_stories
from storage.near_words import OPPOSITE, camps, give_words
from storage.tables import analysis_targets, mentions

CROWD = 32
"""So many mentions at most are kept for a band: a flood of copies, or boilerplate, finds these, and must not cost its square."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A stored sketch, and the group of its mention."""

    sketch: bytes
    near_id: int


@dataclass(frozen=True, slots=True)
class ToldWith:
    """How a mention's story is told: by how many mentions, and whose words those of this one nearly are."""

    mentions: int
    near: int | None


class _Groups:
    """Disjoint sets of ids; each set is known by its lowest."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def of(self, one: int) -> int:
        root = one
        while (above := self._parent.get(root, root)) != root:
            root = above
        while (above := self._parent.get(one, one)) != root:
            self._parent[one] = root
            one = above
        return root

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.of(one), self.of(other)))
        self._parent[high] = low


def join_near(database: Database, connection: Connection, done: Sequence[tuple[AnalysisJob, Analysis]]) -> None:
    """Keep the analyses' sketches; mentions whose words are nearly those of others become one story with them.

    Of near-copies by several authors the earliest published is its author's own, the others are copies; those that feel the
    opposite toward a brand are neither copies nor one story. What did not change costs two look-ups. Whose standing may change
    by it becomes due.
    """
    wanted = {job.mention_id: analysis.sketch for job, analysis in done}
    kept = _kept(connection, near_sketches.c.mention_id, wanted)
    changed = {one: new for one, new in wanted.items() if new != (kept[one].sketch if one in kept else None)}
    parts: set[int] = set()
    regrouped: set[int] = set()
    if changed:
        parts, regrouped = _regroup(database, connection, kept, changed)
    edited = {job.mention_id for job, _ in done if job.revision > 1}
    same = {one: its.near_id for one, its in kept.items() if one not in changed}
    parts |= {near_id for one, near_id in same.items() if one in edited} | _unsettled(connection, same.values())
    groups = [its for its in _members(connection, parts).values() if len(its) > 1]
    concerned = regrouped.union(*groups)
    if concerned:
        _tell_as_one(database, connection, concerned)
        give_words(database, connection, camps(connection, groups), new=changed.keys() | edited, again=kept.keys())


def rejoin(database: Database, connection: Connection, job: AnalysisJob, analysis: Analysis) -> None:
    """As ``join_near`` for one analysis that was corrected: it brings no sketch; the stored one counts while it is about us."""
    known = _kept(connection, near_sketches.c.mention_id, [job.mention_id]).get(job.mention_id)
    sketch = known.sketch if known and analysis.relevance is Relevance.ABOUT else None
    join_near(database, connection, [(job, replace(analysis, sketch=sketch))])


def forget_sketches(connection: Connection, mention_ids: Iterable[int]) -> None:
    """Take the sketches of mentions away. Their groups stay findable: others take the places that they leave in bands."""
    gone = _kept(connection, near_sketches.c.mention_id, mention_ids)
    for ids in batches(gone):
        connection.execute(delete(near_sketches).where(near_sketches.c.mention_id.in_(ids)))
    place = func.row_number().over(partition_by=near_sketches.c.near_id, order_by=near_sketches.c.mention_id)
    for near_ids in batches({its.near_id for its in gone.values()}):
        ranked = select(near_sketches, place.label("place")).where(near_sketches.c.near_id.in_(near_ids)).subquery()
        left = connection.execute(select(ranked).where(ranked.c.place <= CROWD).order_by(ranked.c.mention_id)).all()
        crowds = _crowds(connection, {band for row in left for band in bands(row.sketch)})
        added = _enter(crowds, {row.mention_id: bands(row.sketch) for row in left})
        for rows in batches(added):
            connection.execute(insert(near_bands), rows)


def _regroup(
    database: Database, connection: Connection, kept: Mapping[int, _Kept], changed: Mapping[int, bytes | None]
) -> tuple[set[int], set[int]]:
    """Find the groups of what changed anew, and of those it was with: the groups' ids, and all mentions concerned."""
    parted = _kept(connection, near_sketches.c.near_id, {kept[one].near_id for one in changed if one in kept} | set(changed))
    for ids in batches(one for one in changed if one in kept):
        connection.execute(delete(near_sketches).where(near_sketches.c.mention_id.in_(ids)))
    arriving = {one: its.sketch for one, its in parted.items() if one not in changed}
    arriving |= {one: new for one, new in changed.items() if new is not None}
    return _save(database, connection, dict(sorted(arriving.items()))), parted.keys() | (changed.keys() & kept.keys())


def _unsettled(connection: Connection, near_ids: Iterable[int]) -> set[int]:
    """Of groups in which nothing was said anew those that may be told otherwise now, by what the mentions feel."""
    felt = analysis_targets.c.label.in_(OPPOSITE) & analysis_targets.c.kind.in_(OURS)
    query = (
        select(near_sketches.c.near_id)
        .join(mentions, mentions.c.id == near_sketches.c.mention_id)
        .outerjoin(near_stories, near_stories.c.story_id == mentions.c.story_id)
        .outerjoin(analysis_targets, (analysis_targets.c.mention_id == mentions.c.id) & felt)
        .group_by(near_sketches.c.near_id)
        .having((func.count(TOLD.element.distinct()) > 1) | (func.count(analysis_targets.c.label.distinct()) > 1))
    )
    found: set[int] = set()
    for ids in batches(set(near_ids)):
        found.update(connection.scalars(query.where(near_sketches.c.near_id.in_(ids))))
    return found


def told_with(connection: Connection, mention_id: int) -> ToldWith | None:
    """How the story of a mention is told; ``None`` where it is told by this one alone."""
    its = select(mentions.c.story_id, TOLD.element.label("told_id"))
    its = its.outerjoin(near_stories, near_stories.c.story_id == mentions.c.story_id)
    row = connection.execute(its.where(mentions.c.id == mention_id)).one()
    as_one = select(near_stories.c.story_id).where(near_stories.c.told_id == row.told_id)
    told_by = (mentions.c.story_id == row.story_id) | mentions.c.story_id.in_(as_one)
    number = connection.scalar(select(func.count()).select_from(mentions).where(told_by)) or 0
    return ToldWith(number, _first_alike(connection, mention_id)) if number > 1 else None


def _first_alike(connection: Connection, mention_id: int) -> int | None:
    """The first mention of other stories, said before this one, whose words are nearly the same."""
    mine = near_sketches.alias("mine")
    me = mentions.alias("me")
    query = (
        select(near_sketches.c.mention_id, near_sketches.c.sketch, mine.c.sketch.label("own"))
        .join(mine, mine.c.near_id == near_sketches.c.near_id)
        .join(mentions, mentions.c.id == near_sketches.c.mention_id)
        .join(me, me.c.id == mine.c.mention_id)
        .where(mine.c.mention_id == mention_id, mentions.c.story_id != me.c.story_id)
        .where((mentions.c.said_at < me.c.said_at) | ((mentions.c.said_at == me.c.said_at) & (mentions.c.id < me.c.id)))
        .order_by(mentions.c.said_at, mentions.c.id)
    )
    return next((row.mention_id for row in connection.execute(query) if similarity(row.sketch, row.own) >= NEAR), None)


def _kept(connection: Connection, column: Any, values: Iterable[int]) -> dict[int, _Kept]:
    found = {}
    for ids in batches(values):
        for row in connection.execute(select(near_sketches).where(column.in_(ids))):
            found[row.mention_id] = _Kept(row.sketch, row.near_id)
    return found


def _save(database: Database, connection: Connection, arriving: Mapping[int, bytes]) -> set[int]:
    """Store the sketches with their groups; the ids of the groups that they are in now."""
    keys = {one: bands(sketch) for one, sketch in arriving.items()}
    crowds = _crowds(connection, {band for its in keys.values() for band in its})
    known = _kept(connection, near_sketches.c.mention_id, {one for crowd in crowds.values() for one in crowd} - arriving.keys())
    sketches = {one: its.sketch for one, its in known.items()} | dict(arriving)
    groups = _Groups()
    added: list[Row] = []
    for one, sketch in arriving.items():
        candidates = set().union(*(crowds[band] for band in keys[one])) - {one} if keys[one] else set()
        for other in sorted(candidates):
            group = known[other].near_id if other in known else other
            if groups.of(group) != groups.of(one) and similarity(sketch, sketches[other]) >= NEAR:
                groups.join(group, one)
        added += _enter(crowds, {one: keys[one]})
    rows = [{"mention_id": one, "sketch": sketch, "near_id": groups.of(one)} for one, sketch in arriving.items()]
    database.put(connection, near_sketches, rows, update=("near_id",))
    database.add(connection, near_bands, added)
    move = update(near_sketches).where(near_sketches.c.near_id == bindparam("before")).values(near_id=bindparam("now"))
    labels = {its.near_id for its in known.values()}
    for batch in batches({"before": one, "now": groups.of(one)} for one in sorted(labels) if groups.of(one) != one):
        connection.execute(move, batch)
    return {groups.of(one) for one in arriving}


def _enter(crowds: Mapping[int, list[int]], keys: Mapping[int, Sequence[int]]) -> list[Row]:
    """Put mentions into the crowds of their bands where there is room; the new rows."""
    added: list[Row] = []
    for one, its in keys.items():
        for band in its:
            crowd = crowds[band]
            if one not in crowd and len(crowd) < CROWD:
                crowd.append(one)
                added.append({"band": band, "mention_id": one})
    return added


def _crowds(connection: Connection, wanted: Iterable[int]) -> defaultdict[int, list[int]]:
    """Which mentions are kept for each band."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for chunk in batches(wanted):
        for row in connection.execute(select(near_bands).where(near_bands.c.band.in_(chunk))):
            found[row.band].append(row.mention_id)
    return found


def _members(connection: Connection, near_ids: Iterable[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for ids in batches(near_ids):
        query = select(near_sketches.c.near_id, near_sketches.c.mention_id).where(near_sketches.c.near_id.in_(ids))
        for row in connection.execute(query):
            found[row.near_id].append(row.mention_id)
    return found


def _tell_as_one(database: Database, connection: Connection, mention_ids: Collection[int]) -> None:
    """Decide anew which stories are told as one, of those that the mentions are in and those told with these."""
    before = _told(connection, mention_ids)
    groups = _Groups()
    story_of: dict[int, int] = {}
    near_ids: set[int] = set()
    for ids in batches(before):
        query = select(mentions.c.id, mentions.c.story_id, near_sketches.c.near_id)
        query = query.join(near_sketches, near_sketches.c.mention_id == mentions.c.id)
        for row in connection.execute(query.where(mentions.c.story_id.in_(ids))):
            story_of[row.id] = row.story_id
            near_ids.add(row.near_id)
    for group in camps(connection, _members(connection, near_ids).values()):
        for camp in group:
            stories = [story_of[one] for one in camp if one in story_of]
            for story in stories[1:]:
                groups.join(stories[0], story)
    sizes = Counter(groups.of(story) for story in before)
    told = {story: groups.of(story) for story in before}
    moved = [story for story, now in told.items() if before[story] != now]
    for ids in batches(before):
        connection.execute(delete(near_stories).where(near_stories.c.story_id.in_(ids)))
    together = [{"story_id": story, "told_id": its} for story, its in told.items() if sizes[its] > 1]
    database.put(connection, near_stories, together, update=("told_id",))
    _queue(database, connection, moved)


def _told(connection: Connection, mention_ids: Iterable[int]) -> dict[int, int]:
    """By which id the stories of the mentions are told, and all stories that are told with them."""
    stories: set[int] = set()
    for ids in batches(mention_ids):
        stories.update(connection.scalars(select(mentions.c.story_id).where(mentions.c.id.in_(ids)).distinct()))
    found = {story: story for story in stories}
    beside = near_stories.alias("beside")
    for ids in batches(stories):
        query = select(beside).join(near_stories, near_stories.c.told_id == beside.c.told_id)
        found.update((row.story_id, row.told_id) for row in connection.execute(query.where(near_stories.c.story_id.in_(ids))))
    return found


def _queue(database: Database, connection: Connection, stories: Iterable[int]) -> None:
    """Whose opinions are in stories that are told otherwise now becomes due."""
    wrote: dict[int, int] = {}
    for ids in batches(stories):
        query = select(mentions.c.id, mentions.c.author_id).where(mentions.c.story_id.in_(ids), mentions.c.about_us)
        wrote.update((row.id, row.author_id) for row in connection.execute(query))
    brands = brands_of_mentions(connection, wrote)
    queue_authors(database, connection, {(wrote[mention], brand) for mention, its in brands.items() for brand in its})
