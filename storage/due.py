"""What is due: rows of a step's queue, and who has to be matched or judged because a fact changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Column, Connection, Select, select, update

from listener.core.brand import TargetKind
from storage.authors import NOTHING_TO_SAY
from storage.database import Database, batches
from storage.tables import analysis_targets, authors, judge_queue, mentions

OURS = (TargetKind.BRAND.value, TargetKind.PRODUCT.value)
"""Kinds of targets that are us; what is said of a competitor is no opinion about us."""

BLANKED = ""
"""``analysed_by`` of a mention whose text was taken away: never due."""


def outdated(connection: Connection, query: Select[Any], column: Column[Any], fingerprint: str, limit: int) -> list[Any]:
    """The first rows of the query made by nobody, then by another fingerprint; the empty string marks rows that are never due.

    Each condition is one range of the column's index, in its order: ``!=`` would read the whole table to find nothing.
    """
    rows: list[Any] = []
    for condition in (column.is_(None), (column > "") & (column < fingerprint), column > fingerprint):
        if len(rows) < limit:
            ordered = query.where(condition).order_by(column, *column.table.primary_key.columns)
            rows += connection.execute(ordered.limit(limit - len(rows))).all()
    return rows


def brands_of_mentions(connection: Connection, mention_ids: Iterable[int]) -> Mapping[int, set[str]]:
    """The brands of ours that the mentions are about, as far as they are analysed."""
    found: dict[int, set[str]] = defaultdict(set)
    for ids in batches(mention_ids):
        query = select(analysis_targets.c.mention_id, analysis_targets.c.brand).where(
            analysis_targets.c.mention_id.in_(ids), analysis_targets.c.kind.in_(OURS)
        )
        for row in connection.execute(query):
            found[row.mention_id].add(row.brand)
    return found


def make_matchable(connection: Connection, author_ids: set[int]) -> None:
    """Authors who speak about us for the first time are due to be identified."""
    for ids in batches(author_ids):
        connection.execute(
            update(authors).where(authors.c.id.in_(ids), authors.c.matched_by == NOTHING_TO_SAY).values(matched_by=None)
        )


def queue_authors(database: Database, connection: Connection, spoke: set[tuple[int, str]]) -> None:
    """Make the standing of the persons behind (author, brand) due."""
    persons: dict[int, int] = {}
    for ids in batches({author for author, _ in spoke}):
        rows = connection.execute(select(authors.c.id, authors.c.person_id).where(authors.c.id.in_(ids)))
        persons.update((row.id, row.person_id) for row in rows)
    queue_persons(database, connection, {(persons[author], brand) for author, brand in spoke})


def queue_persons(database: Database, connection: Connection, due: set[tuple[int, str]]) -> None:
    """Make the standing of each (person, brand) due."""
    database.add(connection, judge_queue, [{"person_id": person, "brand": brand} for person, brand in sorted(due)])


def brands_of_authors(connection: Connection, author_ids: Iterable[int]) -> Mapping[int, set[str]]:
    """The brands of ours that the authors spoke about."""
    found: dict[int, set[str]] = defaultdict(set)
    for ids in batches(author_ids):
        query = (
            select(mentions.c.author_id, analysis_targets.c.brand)
            .join(analysis_targets, analysis_targets.c.mention_id == mentions.c.id)
            .where(mentions.c.author_id.in_(ids), mentions.c.about_us, analysis_targets.c.kind.in_(OURS))
            .distinct()
        )
        for row in connection.execute(query):
            found[row.author_id].add(row.brand)
    return found
