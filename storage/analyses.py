"""Understanding's queue: mentions that wait for an analysis, and the analyses."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, select, update

from listener.core.analysis import Analysis, AnalysisJob, Caught
from storage.corrections import overlay
from storage.counting import count_out
from storage.database import Database, batches
from storage.due import OURS, brands_of_mentions, make_matchable, outdated, queue_authors
from storage.near import join_near
from storage.policies import Policies
from storage.rows import aspect_row, target_row
from storage.tables import analyses, analysis_aspects, analysis_targets, authors, mentions, meta

READING = "reading"
"""Under this name ``meta`` keeps which mentions are being read."""


class Analyses:
    """Implements ``AnalysisQueue``."""

    def __init__(self, database: Database, policies: Policies) -> None:
        self._database = database
        self._policies = policies

    def pending_analyses(self, fingerprint: str, limit: int, among: Collection[int] | None = None) -> Sequence[AnalysisJob]:
        """Mentions without an analysis of their latest revision by this fingerprint, oldest first; ``among`` these alone."""
        query = job_query() if among is None else job_query().where(mentions.c.id.in_(among))
        with self._database.read() as connection:
            rows = outdated(connection, query, mentions.c.analysed_by, fingerprint, limit)
        return [to_job(row) for row in rows]

    def begin_analyses(self, jobs: Sequence[AnalysisJob], alone: int = 0) -> None:
        """Write down that these are read now, so that whoever comes after a process that this kills knows what it was reading."""
        value = json.dumps({"mentions": [(job.mention_id, job.revision) for job in jobs], "alone": alone})
        with self._database.write() as connection:
            self._database.put(connection, meta, [{"name": READING, "value": value}], update=("value",))

    def caught_analyses(self) -> Caught:
        """What was begun last and is not known to have ended."""
        with self._database.read() as connection:
            value = connection.scalar(select(meta.c.value).where(meta.c.name == READING))
        kept: dict[str, Any] = json.loads(value) if value else {"mentions": [], "alone": 0}
        return Caught(frozenset((number, revision) for number, revision in kept["mentions"]), kept["alone"])

    def save_analyses(self, done: Sequence[tuple[AnalysisJob, Analysis]], fingerprint: str, now: datetime) -> None:
        """Replace the mentions' analyses; whoever's standing may change by that becomes due.

        An analysis of a revision that has been edited since, or of an erased mention, is left out. A mention whose terms allow
        nothing but counts is counted and deleted: no later step ever sees it.
        """
        with self._database.write() as connection:
            rows = _current(connection, done)
            counted = [(rows[job.mention_id], analysis) for job, analysis in done if self._only_counted(rows.get(job.mention_id))]
            if counted:
                self._database.erase_bytes(connection)
                count_out(self._database, connection, counted, now)
            current = {mention_id: row.author_id for mention_id, row in rows.items() if not self._only_counted(row)}
            fresh = [(job, analysis) for job, analysis in done if job.mention_id in current]
            fresh = overlay(connection, fresh)
            self.replace(connection, fresh, current, fingerprint, now)
            join_near(self._database, connection, fresh)
        if counted:
            self._database.cut_log()

    def replace(
        self,
        connection: Connection,
        fresh: Sequence[tuple[AnalysisJob, Analysis]],
        wrote: Mapping[int, int],
        fingerprint: str,
        now: datetime,
    ) -> None:
        """Write analyses in the place of the stored ones, in the caller's transaction; ``wrote`` are the mentions' authors."""
        before = brands_of_mentions(connection, list(wrote))
        for ids in batches(wrote):
            for table in (analysis_targets, analysis_aspects):
                connection.execute(delete(table).where(table.c.mention_id.in_(ids)))
        self._write(connection, fresh, fingerprint, now)
        after = {job.mention_id: our_brands(analysis) for job, analysis in fresh}
        make_matchable(connection, {wrote[mention_id] for mention_id, brands in after.items() if brands})
        queue_authors(
            self._database,
            connection,
            {(author, brand) for mention, author in wrote.items() for brand in before.get(mention, set()) | after[mention]},
        )

    def _only_counted(self, row: Any) -> bool:
        return row is not None and self._policies.counts_only(row.policy)

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
                "level": analysis.level.value if analysis.level else None,
                "noise": analysis.noise.value if analysis.noise else None,
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
        self._database.add(
            connection,
            analysis_aspects,
            (
                aspect_row(job.mention_id, position, aspect)
                for job, analysis in fresh
                for position, aspect in enumerate(analysis.aspects)
            ),
        )
        statement = update(mentions).where(mentions.c.id == bindparam("row_id"))
        statement = statement.values(about_us=bindparam("about"), analysed_by=fingerprint)
        for batch in batches(fresh):
            connection.execute(statement, [{"row_id": job.mention_id, "about": bool(our_brands(done))} for job, done in batch])


def job_query() -> Select[Any]:
    """The columns of which ``to_job`` makes a job."""
    its = (mentions.c[name] for name in ("revision", "title", "text", "language", "source", "platform", "kind", "url", "rating"))
    by = (authors.c.handle.label("author"), authors.c.display_name.label("author_name"), authors.c.followers)
    return select(mentions.c.id, *its, *by).join_from(mentions, authors)


def to_job(row: Any) -> AnalysisJob:
    """From the columns of ``job_query``."""
    return AnalysisJob(
        mention_id=row.id,
        revision=row.revision,
        title=row.title,
        text=row.text,
        language=row.language,
        source=row.source,
        platform=row.platform,
        kind=row.kind,
        url=row.url,
        author=row.author,
        author_name=row.author_name,
        followers=row.followers,
        rating=row.rating,
    )


def our_brands(analysis: Analysis) -> set[str]:
    """The brands of ours that the mention is about, as people and standings see it."""
    if not analysis.counts:
        return set()
    return {target.brand for target in analysis.targets if target.kind.value in OURS}


def _current(connection: Connection, done: Sequence[tuple[AnalysisJob, Analysis]]) -> dict[int, Any]:
    """The row of each mention whose analysed revision is still the latest."""
    revisions = {job.mention_id: job.revision for job, _ in done}
    names = ("id", "key", "revision", "author_id", "policy", "source", "platform", "said_at", "history")
    found = {}
    for ids in batches(revisions):
        query = select(*(mentions.c[name] for name in names))
        for row in connection.execute(query.where(mentions.c.id.in_(ids), mentions.c.blanked_at.is_(None))):
            if row.revision == revisions[row.id]:
                found[row.id] = row
    return found
