"""Posts under terms that allow nothing but counts: counted by brand, day and label, and deleted in the same transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, or_, select, update

from listener.core.analysis import Analysis, Label
from listener.core.mention import ANONYMOUS, Mention
from storage.database import Database, Row, batches
from storage.due import OURS
from storage.forgetting import delete_mentions
from storage.listening_tables import counted as counted_posts
from storage.listening_tables import counts
from storage.rows import of_brand
from storage.tables import analyses, analysis_targets, mentions
from storage.told import ToldDigest

WITHHELD = "withheld: the terms of its source allow counts only"

KNOWN_FOR = timedelta(days=30)
"""For so long after it was last heard a post that was counted is known, and does not count again."""
_REFRESH = timedelta(days=1)
"""So often at most it is written down that such a post was heard again."""


class _Said(NamedTuple):
    """What a mention says of one target, under the names of the columns of ``analysis_targets``."""

    target: str
    kind: str
    brand: str
    label: str


def without_traces(mention: Mention) -> Mention:
    """The mention as if nobody had written it, without its address, and as if it repeated nothing."""
    return replace(mention, author=ANONYMOUS, url=None, repost_of=None)


def count_out(
    database: Database, connection: Connection, done: Sequence[tuple[Any, Analysis]], now: datetime
) -> tuple[ToldDigest, ...]:
    """Count what the mentions (rows of ``mentions``) say by their analyses, and delete them."""
    counted: Counter[tuple[Any, ...]] = Counter()
    for row, analysis in done:
        if analysis.counts:
            said = (
                _Said(target.target, target.kind.value, target.brand, target.sentiment.label.value) for target in analysis.targets
            )
            counted.update(_keys(row, said, now))
    _add(database, connection, counted)
    _remember(database, connection, [row.key for row, _ in done], now)
    return delete_mentions(database, connection, [row.id for row, _ in done], now)


def count_out_source(database: Database, connection: Connection, source: str, now: datetime) -> tuple[ToldDigest, ...]:
    """Count and delete what is stored of a source whose terms allow nothing but counts from now on.

    Each counts for the time when it was heard, since it was told then. What was not analysed yet is left to understanding.
    """
    names = ("id", "key", "source", "platform", "said_at", "history", "heard_at")
    query = select(*(mentions.c[name] for name in names))
    query = query.outerjoin(analyses, analyses.c.mention_id == mentions.c.id).where(
        mentions.c.source == source, or_(analyses.c.mention_id.is_not(None), mentions.c.blanked_at.is_not(None))
    )
    rows = {row.id: row for row in connection.execute(query)}
    said: dict[int, list[_Said]] = defaultdict(list)
    for ids in batches(rows):
        targets = select(analysis_targets).join(mentions, mentions.c.id == analysis_targets.c.mention_id)
        targets = targets.where(analysis_targets.c.mention_id.in_(ids), mentions.c.about_us)
        for row in connection.execute(targets.order_by(analysis_targets.c.mention_id, analysis_targets.c.position)):
            said[row.mention_id].append(_Said(row.target, row.kind, row.brand, row.label))
    counted: Counter[tuple[Any, ...]] = Counter()
    for mention_id, its in said.items():
        counted.update(_keys(rows[mention_id], its, rows[mention_id].heard_at))
    _add(database, connection, counted)
    _remember(database, connection, [row.key for row in rows.values()], now)
    return delete_mentions(database, connection, list(rows), now)


def already_counted(database: Database, connection: Connection, keys: Collection[str], now: datetime) -> set[str]:
    """Those of the keys of mentions whose posts became counts; they stay known for a while longer, since they are heard now."""
    hashed = {_hash(database, key): key for key in keys}
    found: set[str] = set()
    for chunk in batches(hashed):
        here = counted_posts.c.key.in_(chunk)
        rows = connection.execute(select(counted_posts).where(here)).all()
        found.update(hashed[row.key] for row in rows)
        if any(row.counted_at < now - _REFRESH for row in rows):
            connection.execute(update(counted_posts).where(here, counted_posts.c.counted_at < now).values(counted_at=now))
    return found


def _remember(database: Database, connection: Connection, keys: Iterable[str], now: datetime) -> None:
    """Posts that become counts now, by the keys of their mentions: as keyed hashes, which say nothing to anybody else."""
    rows = [{"key": _hash(database, key), "counted_at": now} for key in keys]
    database.put(connection, counted_posts, rows, update=("counted_at",))


def _hash(database: Database, key: str) -> str:
    return database.pepper.hash("counted", key)


def _keys(row: Any, said: Iterable[_Said], counted_at: datetime) -> Iterable[tuple[Any, ...]]:
    """Under which rows of ``counts`` a mention counts: one for each brand of ours that it speaks of."""
    by_brand: dict[str, list[_Said]] = defaultdict(list)
    for one in said:
        if one.kind in OURS:
            by_brand[one.brand].append(one)
    for brand, its in by_brand.items():
        told = of_brand(its)
        day = row.said_at.date().isoformat()
        yield row.source, row.platform, brand, told.target, day, told.label, row.history, counted_at


def _add(database: Database, connection: Connection, counted: Counter[tuple[Any, ...]]) -> None:
    names = [column.name for column in counts.primary_key.columns]
    rows: list[Row] = [{**dict(zip(names, key, strict=True)), "mentions": number} for key, number in sorted(counted.items())]
    statement = database.insert(counts)
    total = counts.c.mentions + statement.excluded.mentions
    statement = statement.on_conflict_do_update(index_elements=list(counts.primary_key.columns), set_={"mentions": total})
    for batch in batches(rows):
        connection.execute(statement, batch)


def labels_counted(connection: Connection, since: datetime, until: datetime) -> Counter[Label]:
    """How many posts of each label were counted in the window; history is not counted."""
    here = (counts.c.counted_at > since, counts.c.counted_at <= until, ~counts.c.history)
    query = select(counts.c.label, func.sum(counts.c.mentions).label("mentions")).where(*here).group_by(counts.c.label)
    return Counter({Label(row.label): int(row.mentions) for row in connection.execute(query)})
