"""Mentions as people look them up: lists, and the verdict of every step on one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from listener.core.analysis import Analysis, Intent, Level, Noise, Relevance
from listener.core.cases import Case
from listener.core.deletions import WITHHELD, hidden_before, is_hidden
from listener.core.mention import Author
from listener.core.people import Match
from listener.core.standing import Standing
from listener.query import Query
from storage.authors import to_author
from storage.counting import WITHHELD as COUNTED
from storage.near import ToldWith, told_with
from storage.policies import Policies
from storage.rows import to_aspect, to_match, to_target
from storage.searching import search
from storage.standings import cases_of, current_standings
from storage.tables import analyses, analysis_aspects, analysis_targets, authors, matches, mentions


@dataclass(frozen=True, slots=True)
class HeardMention:
    """A stored mention with its author; ``about_us`` is ``None`` until it is analysed.

    ``withheld`` says why its words and address are not shown although they are kept; ``None`` where they are.
    """

    mention_id: int
    source: str
    stream: str
    platform: str
    policy: str
    title: str | None
    text: str
    url: str | None
    language: str | None
    published_at: datetime | None
    heard_at: datetime
    edited_at: datetime | None
    revision: int
    history: bool
    own_words: bool
    story_id: int
    author_id: int
    author: Author
    about_us: bool | None
    withheld: str | None = None
    level: Level | None = None
    """How relevant it is, where that is known."""


@dataclass(frozen=True, slots=True)
class MentionVerdicts:
    """Why a mention is, or is not, in a digest: what every step made of it. ``None`` where the step has not been there yet."""

    mention: HeardMention
    analysis: Analysis | None
    analysis_is_current: bool
    match: Match | None
    person_id: int
    standings: tuple[tuple[str, Standing], ...]
    """Of the author's person, by brand."""
    cases: tuple[Case, ...]
    """Cases that rest on this mention."""
    told_with: ToldWith | None = None
    """With what else its story is told; ``None`` where it is told by this mention alone."""


_HEARD = (
    "source",
    "stream",
    "platform",
    "policy",
    "title",
    "text",
    "url",
    "language",
    "published_at",
    "heard_at",
    "edited_at",
    "revision",
    "history",
    "own_words",
    "story_id",
    "author_id",
    "about_us",
)


def find_mentions(
    connection: Connection,
    query: Query | None,
    source: str | None,
    limit: int,
    policies: Policies,
    now: datetime,
    *,
    hidden: bool = False,
) -> Sequence[HeardMention]:
    """The newest mentions that match the query, of one source if given; those whose words are withheld only without a query.

    With ``hidden`` only those of low relevance.
    """
    conditions: list[ColumnElement[bool]] = []
    if query is not None:
        conditions += [~policies.are_counts_only(mentions.c.policy), ~policies.unconfirmed(hidden_before(now))]
    if source is not None:
        conditions.append(mentions.c.source == source)
    if hidden:
        conditions.append(analyses.c.level == Level.LOW.value)
    found = search(connection, query, conditions, limit)
    return [to_heard(row, to_author(author), policies, now, row.level) for row, author in found]


def mention_verdicts(connection: Connection, mention_id: int, policies: Policies, now: datetime) -> MentionVerdicts | None:
    """Everything known about one mention; ``None`` where there is none of that id."""
    row = connection.execute(select(mentions).where(mentions.c.id == mention_id)).first()
    if row is None:
        return None
    author = connection.execute(select(authors).where(authors.c.id == row.author_id)).one()
    match = connection.execute(select(matches).where(matches.c.author_id == row.author_id)).first()
    verdict = connection.execute(select(analyses).where(analyses.c.mention_id == mention_id)).first()
    standing = current_standings(connection, [author.person_id])
    their_cases = cases_of(connection, [author.person_id])
    heard = to_heard(row, to_author(author), policies, now, verdict.level if verdict else None)
    analysis = to_analysis(connection, verdict) if verdict else None
    return MentionVerdicts(
        mention=heard,
        analysis=_without_words(analysis) if analysis and heard.withheld else analysis,
        analysis_is_current=verdict is not None and verdict.revision == row.revision,
        match=to_match(match) if match else None,
        person_id=author.person_id,
        standings=tuple(sorted((brand, standing) for (_, brand), (_, standing) in standing.items())),
        cases=tuple(case for found in their_cases.values() for case in found if mention_id in case.mention_ids),
        told_with=told_with(connection, mention_id),
    )


def to_heard(row: Any, author: Author, policies: Policies, now: datetime, level: str | None = None) -> HeardMention:
    """From the columns of ``mentions``: without its words where they may not be shown now."""
    values = {name: getattr(row, name) for name in _HEARD}
    reason = None if row.blanked_at else withheld(row, policies, now)
    if reason:
        values |= {"title": None, "text": "", "url": None}
    known = Level(level) if level else None
    return HeardMention(mention_id=row.id, author=author, **values, withheld=reason, level=known)


def withheld(row: Any, policies: Policies, now: datetime) -> str | None:
    """Why the words of a mention (its row) may not be shown now; ``None`` where they may."""
    policy = policies.of(row.policy)
    if policy is None:
        return None
    if policy.counts_only:
        return COUNTED
    return WITHHELD if is_hidden(policy, row.confirmed_at or row.heard_at, now) else None


def _without_words(analysis: Analysis) -> Analysis:
    """The verdict without the words it rests on."""
    targets = (replace(target, alias="", sentiment=replace(target.sentiment, evidence=())) for target in analysis.targets)
    aspects = (replace(aspect, surface="") for aspect in analysis.aspects)
    return replace(analysis, note=None, targets=tuple(targets), aspects=tuple(aspects))


def to_analysis(connection: Connection, verdict: Any) -> Analysis:
    """The whole analysis, from its row of ``analyses``."""
    targets = select(analysis_targets).where(analysis_targets.c.mention_id == verdict.mention_id)
    aspects = select(analysis_aspects).where(analysis_aspects.c.mention_id == verdict.mention_id)
    return Analysis(
        relevance=Relevance(verdict.relevance),
        language=verdict.language,
        targets=tuple(to_target(row) for row in connection.execute(targets.order_by(analysis_targets.c.position))),
        intents=tuple(Intent(intent) for intent in verdict.intents),
        note=verdict.note,
        level=Level(verdict.level) if verdict.level else None,
        noise=Noise(verdict.noise) if verdict.noise else None,
        aspects=tuple(to_aspect(row) for row in connection.execute(aspects.order_by(analysis_aspects.c.position))),
    )
