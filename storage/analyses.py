"""Understanding's queue: mentions that wait for an analysis, and the analyses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Select, bindparam, delete, select, update

from listener.core.analysis import Analysis, AnalysisJob, Relevance
from listener.core.brand import TargetKind
from storage.authors import NOTHING_TO_SAY
from storage.database import Database, batches
from storage.rows import target_row
from storage.tables import analyses, analysis_targets, authors, judge_queue, mentions

OURS = (TargetKind.BRAND.value, TargetKind.PRODUCT.value)
"""Kinds of targets that are us; what is said of a competitor is no opinion about us."""

BLANKED = ""
"""``analysed_by`` of a mention whose text retention has taken away."""


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


class Analyses:
    """Implements ``AnalysisQueue``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pending_analyses(self, fingerprint: str, limit: int) -> Sequence[AnalysisJob]:
        """Mentions without an analysis of their latest revision by this fingerprint, oldest first."""
        query = select(mentions.c.id, mentions.c.revision, mentions.c.title, mentions.c.text, mentions.c.language)
        with self._database.read() as connection:
            rows = outdated(connection, query, mentions.c.analysed_by, fingerprint, limit)
        return [AnalysisJob(row.id, row.revision, row.title, row.text, row.language) for row in rows]

    def save_analyses(self, done: Sequence[tuple[AnalysisJob, Analysis]], fingerprint: str, now: datetime) -> None:
        """Replace the mentions' analyses; whoever's standing may change by that becomes due.

        An analysis of a revision that has been edited since, or of an erased mention, is left out.
        """
        with self._database.write() as connection:
            current = _authors_of_current(connection, done)
            fresh = [(job, analysis) for job, analysis in done if job.mention_id in current]
            before = brands_of_mentions(connection, list(current))
            for ids in batches(current):
                connection.execute(delete(analysis_targets).where(analysis_targets.c.mention_id.in_(ids)))
            self._write(connection, fresh, fingerprint, now)
            after = {job.mention_id: our_brands(analysis) for job, analysis in fresh}
            _make_matchable(connection, {current[mention_id] for mention_id, brands in after.items() if brands})
            queue_authors(
                self._database,
                connection,
                {(author, brand) for mention, author in current.items() for brand in before.get(mention, set()) | after[mention]},
            )

    def _write(
        self, connection: Connection, fresh: Sequence[tuple[AnalysisJob, Analysis]], fingerprint: str, now: datetime
    ) -> None:
        rows = [
            {
                "mention_id": job.mention_id,
                "revision": job.revision,
                "fingerprint": fingerprint,
                "relevance": analysis.relevance.value,
                "language": analysis.language,
                "intents": [intent.value for intent in analysis.intents],
                "note": analysis.note,
                "analysed_at": now,
            }
            for job, analysis in fresh
        ]
        self._database.put(connection, analyses, rows, update=[name for name in analyses.c.keys() if name != "mention_id"])  # noqa: SIM118 - a column collection, not a dict
        self._database.add(
            connection,
            analysis_targets,
            (
                target_row(job.mention_id, position, target)
                for job, analysis in fresh
                for position, target in enumerate(analysis.targets)
            ),
        )
        statement = update(mentions).where(mentions.c.id == bindparam("row_id"))
        statement = statement.values(about_us=bindparam("about"), analysed_by=fingerprint)
        for batch in batches(fresh):
            connection.execute(statement, [{"row_id": job.mention_id, "about": bool(our_brands(done))} for job, done in batch])


def our_brands(analysis: Analysis) -> set[str]:
    """The brands of ours that the mention is about."""
    if analysis.relevance != Relevance.ABOUT:
        return set()
    return {target.brand for target in analysis.targets if target.kind.value in OURS}


def _authors_of_current(connection: Connection, done: Sequence[tuple[AnalysisJob, Analysis]]) -> dict[int, int]:
    """The author of each mention whose analysed revision is still the latest."""
    revisions = {job.mention_id: job.revision for job, _ in done}
    found = {}
    for ids in batches(revisions):
        query = select(mentions.c.id, mentions.c.revision, mentions.c.author_id)
        for row in connection.execute(query.where(mentions.c.id.in_(ids), mentions.c.blanked_at.is_(None))):
            if row.revision == revisions[row.id]:
                found[row.id] = row.author_id
    return found


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


def _make_matchable(connection: Connection, author_ids: set[int]) -> None:
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
