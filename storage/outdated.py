"""What another engine, other rules or other lessons would read anew: counted, and paged through without writing anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from listener.core.analysis import Analysis, AnalysisJob, Intent, Level, Noise, Relevance, TargetSentiment
from storage.analyses import job_query, to_job
from storage.corrections import Done, laid, standing_corrections
from storage.database import Database
from storage.due import BLANKED
from storage.lookups import withheld
from storage.policies import Policies
from storage.rows import to_target
from storage.tables import analyses, analysis_targets, authors, mentions


@dataclass(frozen=True, slots=True)
class OutdatedCount:
    """``outdated`` were made by another fingerprint; ``new`` have no analysis of their present text yet; ``gone`` are mentions
    whose text was taken away, which keep the verdict that they have."""

    outdated: int
    new: int
    gone: int


@dataclass(frozen=True, slots=True)
class OutdatedMention:
    """A mention to be read anew, with what is stored of it; ``withheld`` says why its words may not be shown."""

    job: AnalysisJob
    stored: Analysis
    person_id: int
    withheld: str | None


class Outdated:
    """Reads only."""

    def __init__(self, database: Database, policies: Policies) -> None:
        self._database = database
        self._policies = policies

    def count(self, fingerprint: str) -> OutdatedCount:
        with self._database.read() as connection:

            def count(*where: ColumnElement[bool]) -> int:
                return connection.scalar(select(func.count()).select_from(mentions).where(*where)) or 0

            by = mentions.c.analysed_by
            return OutdatedCount(
                outdated=count(or_((by > BLANKED) & (by < fingerprint), by > fingerprint)),
                new=count(by.is_(None)),
                gone=count(by == BLANKED),
            )

    def page(self, fingerprint: str, after: int, limit: int, now: datetime) -> Sequence[OutdatedMention]:
        """The next mentions with an outdated analysis, by id: those after the mention with that id."""
        by = mentions.c.analysed_by
        query = job_query().add_columns(authors.c.person_id, mentions.c.policy, mentions.c.confirmed_at, mentions.c.heard_at)
        query = query.join(analyses, analyses.c.mention_id == mentions.c.id)
        query = query.where(mentions.c.id > after, by > BLANKED, by != fingerprint).order_by(mentions.c.id).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            stored = _stored(connection, [row.id for row in rows])
        return [OutdatedMention(to_job(row), stored[row.id], row.person_id, withheld(row, self._policies, now)) for row in rows]

    def corrected(self, done: Sequence[Done]) -> Sequence[Done]:
        """The analyses as they would be stored: with people's corrections over them."""
        with self._database.read() as connection:
            return laid(done, standing_corrections(connection, [(job.mention_id, job.revision) for job, _ in done]))


def _stored(connection: Connection, mention_ids: Sequence[int]) -> dict[int, Analysis]:
    """The stored analyses without their aspects; ids are at most as many as one statement takes."""
    targets: dict[int, list[TargetSentiment]] = defaultdict(list)
    query = select(analysis_targets).where(analysis_targets.c.mention_id.in_(mention_ids))
    for row in connection.execute(query.order_by(analysis_targets.c.mention_id, analysis_targets.c.position)):
        targets[row.mention_id].append(to_target(row))
    rows = connection.execute(select(analyses).where(analyses.c.mention_id.in_(mention_ids)))
    return {row.mention_id: _analysis(row, targets[row.mention_id]) for row in rows}


def _analysis(row: Any, targets: Sequence[TargetSentiment]) -> Analysis:
    return Analysis(
        relevance=Relevance(row.relevance),
        language=row.language,
        targets=tuple(targets),
        intents=tuple(Intent(intent) for intent in row.intents),
        note=row.note,
        level=Level(row.level) if row.level else None,
        noise=Noise(row.noise) if row.noise else None,
    )
