"""Mentions as people look them up: lists, and the verdict of every step on one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from listener.core.analysis import Analysis, Intent, Relevance
from listener.core.cases import Case
from listener.core.deletions import WITHHELD, hidden_before, is_hidden
from listener.core.mention import Author
from listener.core.people import Match
from listener.core.standing import Standing
from storage.authors import to_author
from storage.counting import WITHHELD as COUNTED
from storage.policies import Policies
from storage.rows import to_match, to_target
from storage.standings import cases_of, current_standings
from storage.tables import analyses, analysis_targets, authors, matches, mentions


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
    connection: Connection, query: str, source: str | None, limit: int, policies: Policies, now: datetime
) -> Sequence[HeardMention]:
    """The newest mentions whose title or text contains the query, of one source if given; hidden ones only without a query."""
    found = select(mentions).order_by(mentions.c.id.desc()).limit(limit)
    if query:
        found = found.where(or_(*(place.icontains(query, autoescape=True) for place in (mentions.c.text, mentions.c.title))))
        found = found.where(~policies.are_counts_only(mentions.c.policy), ~policies.unconfirmed(hidden_before(now)))
    if source is not None:
        found = found.where(mentions.c.source == source)
    rows = connection.execute(found).all()
    wrote = {row.id: row for row in connection.execute(select(authors).where(authors.c.id.in_({row.author_id for row in rows})))}
    return [_heard(row, wrote[row.author_id], policies, now) for row in rows]


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
    heard = _heard(row, author, policies, now)
    analysis = _analysis(connection, verdict) if verdict else None
    return MentionVerdicts(
        mention=heard,
        analysis=_without_words(analysis) if analysis and heard.withheld else analysis,
        analysis_is_current=verdict is not None and verdict.revision == row.revision,
        match=to_match(match) if match else None,
        person_id=author.person_id,
        standings=tuple(sorted((brand, standing) for (_, brand), (_, standing) in standing.items())),
        cases=tuple(case for found in their_cases.values() for case in found if mention_id in case.mention_ids),
    )


def _heard(row: Any, author: Any, policies: Policies, now: datetime) -> HeardMention:
    values = {name: getattr(row, name) for name in _HEARD}
    withheld = None if row.blanked_at else _withheld(row, policies, now)
    if withheld:
        values |= {"title": None, "text": "", "url": None}
    return HeardMention(mention_id=row.id, author=to_author(author), **values, withheld=withheld)


def _withheld(row: Any, policies: Policies, now: datetime) -> str | None:
    policy = policies.of(row.policy)
    if policy is None:
        return None
    if policy.counts_only:
        return COUNTED
    return WITHHELD if is_hidden(policy, row.confirmed_at or row.heard_at, now) else None


def _without_words(analysis: Analysis) -> Analysis:
    """The verdict without the words it rests on."""
    targets = (replace(target, alias="", sentiment=replace(target.sentiment, evidence=())) for target in analysis.targets)
    return replace(analysis, note=None, targets=tuple(targets))


def _analysis(connection: Connection, verdict: Any) -> Analysis:
    targets = select(analysis_targets).where(analysis_targets.c.mention_id == verdict.mention_id)
    return Analysis(
        relevance=Relevance(verdict.relevance),
        language=verdict.language,
        targets=tuple(to_target(row) for row in connection.execute(targets.order_by(analysis_targets.c.position))),
        intents=tuple(Intent(intent) for intent in verdict.intents),
        note=verdict.note,
    )
