"""Corrections as people make them: applied at once, undone, listed, counted against the engines, and taught from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, select, update

from listener.core.analysis import Analysis, Label, Level
from listener.core.corrections import ADD, NONE, REMOVE, Correction, CorrectionKind, Said, lay, verdict_on
from listener.core.errors import StorageError
from listener.core.lessons import Lessons, NameExample, PhraseRule
from storage.analyses import Analyses, job_query, to_job
from storage.correction_tables import corrected_analyses, corrections
from storage.corrections import keep_own, own_analysis, said_row, standing_corrections, to_correction, wrong_row
from storage.database import Database
from storage.lookups import to_analysis
from storage.near import rejoin
from storage.policies import Policies
from storage.tables import analyses, analysis_targets, mentions

_PAGE = 500
LONGEST_EXAMPLE = 20_000
"""Characters of a text that are learned from."""
_MEANS_US = {Level.HIGH.value: True, Level.MEDIUM.value: True, NONE: False, ADD: True, REMOVE: False}
"""What a corrected relevance or target says of an ambiguous name; a low relevance says nothing."""


@dataclass(frozen=True, slots=True)
class WrongCount:
    """How often people corrected a verdict of an engine's version to another."""

    kind: CorrectionKind
    engine: str
    version: str
    verdict: str
    corrected: str
    corrections: int


@dataclass(frozen=True, slots=True)
class Labelled:
    """A corrected text as labelled data. ``name`` is how the text names the target, where it does."""

    mention_id: int
    text: str
    target: str
    name: str | None
    label: Label
    source: str


class Corrections:
    """What ``listener correct`` works with."""

    def __init__(self, database: Database, analyses: Analyses, policies: Policies) -> None:
        self._database = database
        self._analyses = analyses
        self._policies = policies

    def verdict(self, mention_id: int) -> Analysis:
        """The analysis of the mention as it is stored, corrections included.

        Raises:
            StorageError: there is no such mention, nothing is kept of it, or it was not understood yet.
        """
        with self._database.read() as connection:
            _mention(connection, mention_id)
            return _stored(connection, mention_id)

    def correct(self, said: Said, *, actor: str, note: str = "", now: datetime) -> Correction:
        """Keep what a person says, in the place of what was said of the same before, and apply it in the same transaction.

        A phrase rule is applied by the next pass, which reads every text anew.

        Raises:
            StorageError: there is no such mention, nothing is kept of it, or it was not understood yet.
        """
        with self._database.write() as connection:
            own, revision, wrong = None, None, None
            if said.mention_id is not None:
                row = _mention(connection, said.mention_id)
                revision = row.revision
                own = own_analysis(connection, row.id, revision)
                if own is None:
                    own = _stored(connection, row.id)
                    connection.execute(delete(corrected_analyses).where(corrected_analyses.c.mention_id == row.id))
                    keep_own(connection, [(row.id, revision, own)])
                wrong = verdict_on(own, said)
            connection.execute(update(corrections).where(*_same(said)).values(ended_at=now, ended_by=actor))
            (number,) = self._database.reserve(connection, corrections, 1)
            values = {"id": number, "note": note, "actor": actor, "at": now, **said_row(said, revision), **wrong_row(wrong)}
            connection.execute(insert(corrections), [values])
            if said.mention_id is not None and own is not None:
                self._apply(connection, row, own, now)
            return to_correction(connection.execute(select(corrections).where(corrections.c.id == number)).one(), revision)

    def undo(self, correction_id: int, *, actor: str, now: datetime) -> Correction:
        """End a correction: what the engine said comes back at once, and the mention is read again by the next pass.

        Raises:
            StorageError: there is no such correction, or it has ended already.
        """
        with self._database.write() as connection:
            found = connection.execute(select(corrections).where(corrections.c.id == correction_id)).first()
            if found is None:
                raise StorageError(f"There is no correction {correction_id}; see `listener correct list`")
            if found.ended_at is not None:
                raise StorageError(f"Correction {correction_id} has ended already: it was undone, or another took its place")
            here = corrections.c.id == correction_id
            connection.execute(update(corrections).where(here).values(ended_at=now, ended_by=actor))
            row = connection.execute(_mentions().where(mentions.c.id == found.mention_id)).first()
            if row is not None and row.blanked_at is None and row.revision == found.revision:
                own = own_analysis(connection, row.id, row.revision)
                if own is not None:
                    self._apply(connection, row, own, now)
                    connection.execute(update(mentions).where(mentions.c.id == row.id).values(analysed_by=None))
                if not standing_corrections(connection, [(row.id, row.revision)]):
                    connection.execute(delete(corrected_analyses).where(corrected_analyses.c.mention_id == row.id))
            return to_correction(connection.execute(select(corrections).where(here)).one(), row.revision if row else None)

    def _apply(self, connection: Connection, row: Any, own: Analysis, now: datetime) -> None:
        """Store the engine's analysis with all the mention's corrections over it; whose standing that may change becomes due."""
        its = standing_corrections(connection, [(row.id, row.revision)]).get(row.id, [])
        job = to_job(connection.execute(job_query().where(mentions.c.id == row.id)).one())
        analysis = lay(own, [one.said for one in its])
        self._analyses.replace(connection, [(job, analysis)], {row.id: row.author_id}, row.fingerprint, now)
        rejoin(self._database, connection, job, analysis)
        if row.analysed_by != row.fingerprint:  # it was due before, and still is
            connection.execute(update(mentions).where(mentions.c.id == row.id).values(analysed_by=row.analysed_by))

    def find(self, *, ended: bool = False, limit: int = 100) -> Sequence[Correction]:
        """The newest corrections first; with ``ended`` also those that were undone or replaced."""
        query = select(corrections, mentions.c.revision.label("now")).outerjoin(
            mentions, mentions.c.id == corrections.c.mention_id
        )
        query = query.order_by(corrections.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(query if ended else query.where(corrections.c.ended_at.is_(None)))
            return [to_correction(row, row.now) for row in rows]

    def counted(self) -> Sequence[WrongCount]:
        """Who was wrong: corrections by kind, engine and version, with what was said and what is right."""
        names = ("kind", "engine", "version", "verdict", "value")
        columns = [corrections.c[name] for name in names]
        differs = corrections.c.verdict != corrections.c.value
        query = select(*columns, func.count().label("number")).where(corrections.c.ended_at.is_(None), differs)
        query = query.where(corrections.c.engine.is_not(None)).group_by(*columns).order_by(*columns)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [WrongCount(CorrectionKind(row.kind), row.engine, row.version, row.verdict, row.value, row.number) for row in rows]

    def lessons(self) -> Lessons:
        """What the understanding of texts learns from corrections, in the order in which they were made."""
        phrases = select(corrections).where(corrections.c.kind == CorrectionKind.PHRASE.value, corrections.c.ended_at.is_(None))
        kinds = (CorrectionKind.RELEVANCE.value, CorrectionKind.TARGET.value)
        named = select(corrections.c.named, corrections.c.value, mentions.c.title, mentions.c.text)
        named = named.join(mentions, mentions.c.id == corrections.c.mention_id)
        named = named.where(corrections.c.kind.in_(kinds), corrections.c.value.in_(_MEANS_US), *_holds())
        with self._database.read() as connection:
            rules = [
                PhraseRule(row.phrase, Label(row.value), row.brand)
                for row in connection.execute(phrases.order_by(corrections.c.id))
            ]
            examples: dict[tuple[str, str], bool] = {}
            for row in connection.execute(named.order_by(corrections.c.id)):
                text = _whole(row.title, row.text)[:LONGEST_EXAMPLE]
                examples.update({(key, text): _MEANS_US[row.value] for key, _, _, ambiguous in row.named if ambiguous})
        return Lessons(tuple(rules), tuple(NameExample(target, text, means) for (target, text), means in examples.items()))

    def labelled(self) -> Iterator[Labelled | None]:
        """Corrected sentiments whose texts are kept, oldest first; ``None`` for one whose source's terms forbid a copy.

        A mention that is not about the target, as a person may have said since, is not among them.
        A file is out of reach of retention: a post that must go when its author deletes it, or may not be quoted, stays out.
        """
        after = 0
        while rows := self._labelled_page(after):
            for row, name in rows:
                if name is None:  # a person said since that it is not about that target
                    continue
                policy = self._policies.of(row.policy)
                may_copy = policy is not None and self._policies.may_quote(row.policy) and not policy.honour_deletion
                yield _labelled(row, name or None) if may_copy else None
            after = rows[-1][0].id

    def _labelled_page(self, after: int) -> list[tuple[Any, str | None]]:
        """The next rows, each with how its text names the target; ``None`` where it is not about that one (any more)."""
        its = (mentions.c.title, mentions.c.text, mentions.c.source, mentions.c.policy)
        wanted = (corrections.c.id, corrections.c.mention_id, corrections.c.target, corrections.c.value)
        query = select(*wanted, *its).join(mentions, mentions.c.id == corrections.c.mention_id)
        query = query.where(corrections.c.kind == CorrectionKind.SENTIMENT.value, corrections.c.id > after, *_holds())
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(corrections.c.id).limit(_PAGE)).all()
            known = select(analysis_targets.c.mention_id, analysis_targets.c.target, analysis_targets.c.alias)
            known = known.where(analysis_targets.c.mention_id.in_({row.mention_id for row in rows}))
            names = {(row.mention_id, row.target): row.alias for row in connection.execute(known)}
        return [(row, names.get((row.mention_id, row.target))) for row in rows]


def _labelled(row: Any, name: str | None) -> Labelled:
    return Labelled(row.mention_id, _whole(row.title, row.text), row.target, name, Label(row.value), row.source)


def _whole(title: str | None, text: str) -> str:
    return f"{title}\n\n{text}" if title and not text.startswith(title) else text


def _holds() -> tuple[ColumnElement[bool], ...]:
    """The condition that a correction, joined with its mention, holds for what is kept of that."""
    return corrections.c.ended_at.is_(None), corrections.c.revision == mentions.c.revision, mentions.c.blanked_at.is_(None)


def _same(said: Said) -> tuple[ColumnElement[bool], ...]:
    """The condition that a correction says something else of the same; intents add up, and the later one counts."""
    here = [corrections.c.kind == said.kind.value, corrections.c.ended_at.is_(None)]
    if said.kind is CorrectionKind.PHRASE:
        return *here, corrections.c.phrase == said.phrase, corrections.c.brand.is_not_distinct_from(said.brand)
    here.append(corrections.c.mention_id == said.mention_id)
    if said.kind is CorrectionKind.INTENT:
        return *here, corrections.c.value == said.value
    return *here, corrections.c.target.is_not_distinct_from(said.target)


def _mentions() -> Select[Any]:
    """Mentions with what of their analysis applying a correction needs."""
    names = ("id", "revision", "author_id", "blanked_at", "analysed_by")
    query = select(*(mentions.c[name] for name in names), analyses.c.fingerprint, analyses.c.revision.label("analysed_revision"))
    return query.outerjoin_from(mentions, analyses, analyses.c.mention_id == mentions.c.id)


def _mention(connection: Connection, mention_id: int) -> Any:
    """The mention to be corrected.

    Raises:
        StorageError: nothing can be said of it (any more, or yet).
    """
    row = connection.execute(_mentions().where(mentions.c.id == mention_id)).first()
    if row is None:
        raise StorageError(f"There is no mention {mention_id}; see `listener mentions`")
    if row.blanked_at is not None:
        raise StorageError(f"Nothing is kept of mention {mention_id} that could be corrected")
    if row.analysed_revision != row.revision:
        raise StorageError(f"Mention {mention_id} is new or was edited, and not understood yet; run `listener run` first")
    return row


def _stored(connection: Connection, mention_id: int) -> Analysis:
    return to_analysis(connection, connection.execute(select(analyses).where(analyses.c.mention_id == mention_id)).one())
