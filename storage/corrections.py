"""What people corrected: laid over each new analysis, whose own verdict is kept, so that nothing that a person said is lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from listener.core.analysis import Analysis, AnalysisJob, Intent, Level, Noise, Relevance
from listener.core.brand import TargetKind
from listener.core.corrections import Correction, CorrectionKind, Named, Said, Wrong, lay, verdict_on
from storage.correction_tables import corrected_analyses, corrections
from storage.database import batches
from storage.rows import aspect_row, target_row, to_aspect, to_target

Done = tuple[AnalysisJob, Analysis]


def overlay(connection: Connection, done: Sequence[Done]) -> list[Done]:
    """The analyses as people corrected them; of those with corrections the engine's own is kept beside.

    A correction holds for the revision that the person read: after an edit it is kept, and applies no more.
    """
    by_mention = standing_corrections(connection, [(job.mention_id, job.revision) for job, _ in done])
    for ids in batches(job.mention_id for job, _ in done):
        connection.execute(delete(corrected_analyses).where(corrected_analyses.c.mention_id.in_(ids)))
    own = [(job.mention_id, job.revision, analysis) for job, analysis in done if job.mention_id in by_mention]
    keep_own(connection, own)
    renew(connection, [(one, analysis) for mention_id, _, analysis in own for one in by_mention[mention_id]])
    return laid(done, by_mention)


def laid(done: Sequence[Done], by_mention: dict[int, list[Correction]]) -> list[Done]:
    """The analyses with the mentions' corrections over them; nothing is written."""
    return [(job, lay(analysis, [one.said for one in by_mention.get(job.mention_id, ())])) for job, analysis in done]


def standing_corrections(connection: Connection, revisions: Iterable[tuple[int, int]]) -> dict[int, list[Correction]]:
    """The corrections that hold for each ``(mention, revision)``, by mention, in the order in which they were made."""
    wanted = dict(revisions)
    found: dict[int, list[Correction]] = defaultdict(list)
    for ids in batches(wanted):
        query = select(corrections).where(corrections.c.mention_id.in_(ids), corrections.c.ended_at.is_(None))
        for row in connection.execute(query.order_by(corrections.c.id)):
            if row.revision == wanted[row.mention_id]:
                found[row.mention_id].append(to_correction(row))
    return dict(found)


def keep_own(connection: Connection, own: Sequence[tuple[int, int, Analysis]]) -> None:
    """Keep the engine's own analyses of ``(mention, revision)``, of which none may be kept yet."""
    rows = [{"mention_id": number, "revision": revision, "analysis": _as_json(analysis)} for number, revision, analysis in own]
    for batch in batches(rows):
        connection.execute(insert(corrected_analyses), batch)


def own_analysis(connection: Connection, mention_id: int, revision: int) -> Analysis | None:
    """The engine's own analysis of a corrected mention."""
    query = select(corrected_analyses).where(corrected_analyses.c.mention_id == mention_id)
    row = connection.execute(query.where(corrected_analyses.c.revision == revision)).first()
    return _from_json(row.analysis) if row else None


def renew(connection: Connection, read: Sequence[tuple[Correction, Analysis]]) -> None:
    """Write down what the engine says now where people spoke; what it said last stays where it says nothing there any more."""
    rows = []
    for correction, analysis in read:
        wrong = verdict_on(analysis, correction.said)
        if wrong is not None and wrong != correction.wrong:
            rows.append({"row_id": correction.correction_id, **{f"new_{key}": value for key, value in wrong_row(wrong).items()}})
    names = ("engine", "version", "verdict", "negative", "neutral", "positive")
    statement = update(corrections).where(corrections.c.id == bindparam("row_id"))
    statement = statement.values({name: bindparam(f"new_{name}") for name in names})
    for batch in batches(rows):
        connection.execute(statement, batch)


def forget_corrections(connection: Connection, mention_ids: Collection[int]) -> None:
    """Of mentions that are gone at their source: no correction stays."""
    for ids in batches(mention_ids):
        for table in (corrections, corrected_analyses):
            connection.execute(delete(table).where(table.c.mention_id.in_(ids)))


def blank_corrections(connection: Connection, mention_ids: Collection[int]) -> None:
    """Of mentions whose text is taken away: what was corrected stays, without words."""
    for ids in batches(mention_ids):
        connection.execute(update(corrections).where(corrections.c.mention_id.in_(ids)).values(note=""))
        connection.execute(delete(corrected_analyses).where(corrected_analyses.c.mention_id.in_(ids)))


# ----------------------------------------------------------------------------------------------------- rows and values


def to_correction(row: Any, revision: int | None = None) -> Correction:
    """From the columns of ``corrections``; ``revision`` is the mention's as it is now."""
    known = row.negative is not None
    probability = (row.negative, row.neutral, row.positive) if known else None
    return Correction(
        correction_id=row.id,
        said=Said(
            kind=CorrectionKind(row.kind),
            value=row.value,
            mention_id=row.mention_id,
            named=tuple(Named(key, TargetKind(kind), brand, ambiguous) for key, kind, brand, ambiguous in row.named),
            phrase=row.phrase,
            brand=row.brand,
        ),
        actor=row.actor,
        at=row.at,
        note=row.note,
        revision=row.revision,
        outdated=revision is not None and revision != row.revision,
        wrong=Wrong(row.engine, row.version, row.verdict, probability) if row.engine is not None else None,
        ended_at=row.ended_at,
    )


def wrong_row(wrong: Wrong | None) -> dict[str, Any]:
    names = ("engine", "version", "verdict", "negative", "neutral", "positive")
    if wrong is None:
        return dict.fromkeys(names)
    return dict(zip(names, (wrong.engine, wrong.version, wrong.verdict, *(wrong.probability or (None,) * 3)), strict=True))


def said_row(said: Said, revision: int | None) -> dict[str, Any]:
    return {
        "mention_id": said.mention_id,
        "revision": revision,
        "kind": said.kind.value,
        "value": said.value,
        "target": said.target,
        "named": [[one.target, one.kind.value, one.brand, one.ambiguous] for one in said.named],
        "phrase": said.phrase,
        "brand": said.brand,
    }


def _as_json(analysis: Analysis) -> dict[str, Any]:
    """The analysis but for its sketch, which corrections do not change."""
    return {
        "relevance": analysis.relevance.value,
        "language": analysis.language,
        "intents": [intent.value for intent in analysis.intents],
        "note": analysis.note,
        "level": analysis.level and analysis.level.value,
        "noise": analysis.noise and analysis.noise.value,
        "targets": [target_row(0, place, one) for place, one in enumerate(analysis.targets)],
        "aspects": [aspect_row(0, place, one) for place, one in enumerate(analysis.aspects)],
    }


def _from_json(kept: dict[str, Any]) -> Analysis:
    return Analysis(
        relevance=Relevance(kept["relevance"]),
        language=kept["language"],
        targets=tuple(to_target(SimpleNamespace(**one)) for one in kept["targets"]),
        intents=tuple(Intent(intent) for intent in kept["intents"]),
        note=kept["note"],
        level=Level(kept["level"]) if kept["level"] else None,
        noise=Noise(kept["noise"]) if kept["noise"] else None,
        aspects=tuple(to_aspect(SimpleNamespace(**one)) for one in kept["aspects"]),
    )
