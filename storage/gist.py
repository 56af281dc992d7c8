"""What a window's mentions were about, and what was hidden of it: for the digest, in one query each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, or_, select

from listener.core.analysis import Label, Level, Relevance
from listener.core.deletions import is_hidden
from listener.core.telling import AMBIGUOUS, UNIMPORTANT, UNKNOWN_LANGUAGE, HiddenPost, TopicFacts, Utterance
from storage.due import OURS
from storage.near_tables import TOLD, near_stories
from storage.policies import Policies
from storage.rows import of_brand
from storage.tables import analyses, analysis_aspects, analysis_targets, matches, mentions

TEXTS = 2_000
"""Of a window, the newest: what recurs, recurs in these."""
LONGEST = 2_000
"""Characters read of each."""
SAMPLE = 3
"""Hidden posts that are shown."""
SHOWN = 200
"""Characters of each."""


def _heard(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    """News of the window, by others than our own side; the authors' matches must be joined."""
    ours = or_(matches.c.own_side.is_(None), ~matches.c.own_side)
    return mentions.c.heard_at > since, mentions.c.heard_at <= until, ~mentions.c.history, ours


def topics(connection: Connection, since: datetime, until: datetime) -> list[TopicFacts]:
    """How many stories speak of each topic in somebody's own words, by brand."""
    query = (
        select(analysis_targets.c.brand, analysis_aspects.c.aspect, analysis_aspects.c.label, analysis_aspects.c.unsure, TOLD)
        .join(mentions, mentions.c.id == analysis_aspects.c.mention_id)
        .join(
            analysis_targets,
            (analysis_targets.c.mention_id == analysis_aspects.c.mention_id)
            & (analysis_targets.c.target == analysis_aspects.c.target),
        )
        .outerjoin(matches, matches.c.author_id == mentions.c.author_id)
        .outerjoin(near_stories, near_stories.c.story_id == mentions.c.story_id)
        .where(*_heard(since, until), mentions.c.about_us, mentions.c.own_words)
        .distinct()
    )
    of_topic: dict[tuple[str, str], dict[int, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for row in connection.execute(query):
        of_topic[row.brand, row.aspect][row.story].append(row)
    found = []
    for (brand, topic), stories in sorted(of_topic.items()):
        labels = Counter(map(one_label, stories.values()))
        unsure = labels.pop(None, 0)
        found.append(TopicFacts(brand, topic, {label: n for label, n in labels.items() if label}, unsure))
    return found


def one_label(rows: Sequence[Any]) -> Label | None:
    """The one label of several verdicts, of which praise and blame are mixed; ``None`` where there are but unsure ones."""
    labels = {Label(row.label) for row in rows if row.label == Label.UNSCORED.value or not row.unsure}
    unsure = any(row.unsure and row.label != Label.UNSCORED.value for row in rows)
    if {Label.POSITIVE, Label.NEGATIVE} <= labels:
        return Label.MIXED
    if unsure and labels <= {Label.UNSCORED}:
        return None
    return next(label for label in _BY_WEIGHT if label in labels)


_BY_WEIGHT = (Label.MIXED, Label.NEGATIVE, Label.POSITIVE, Label.NEUTRAL, Label.UNSCORED)


def texts(connection: Connection, since: datetime, until: datetime, policies: Policies) -> list[Utterance]:
    """What was said about us in the authors' own English words, a story once; nothing that may not be quoted."""
    newest = (
        select(mentions.c.id)
        .join(analyses, analyses.c.mention_id == mentions.c.id)
        .outerjoin(matches, matches.c.author_id == mentions.c.author_id)
        .where(*_heard(since, until), mentions.c.about_us, mentions.c.own_words)
        .where(or_(analyses.c.language.is_(None), analyses.c.language == "en"))
        .order_by(mentions.c.said_at.desc(), mentions.c.id.desc())
        .limit(TEXTS)
        .subquery()
    )
    words = func.substr(mentions.c.text, 1, LONGEST).label("words")
    names = (mentions.c.author_id, TOLD, mentions.c.policy, mentions.c.confirmed_at, mentions.c.heard_at)
    its = (analysis_targets.c.mention_id, analysis_targets.c.kind, analysis_targets.c.label)
    query = (
        select(*names, *its, words)
        .join(newest, newest.c.id == mentions.c.id)
        .join(analysis_targets, analysis_targets.c.mention_id == mentions.c.id)
        .outerjoin(near_stories, near_stories.c.story_id == mentions.c.story_id)
        .where(analysis_targets.c.kind.in_(OURS))
        .order_by(mentions.c.id, analysis_targets.c.position)
    )
    by_mention: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(query):
        if _may_quote(row, policies, until):
            by_mention[row.mention_id].append(row)
    of_story = {rows[0].story: rows for rows in reversed(by_mention.values())}
    return [Utterance(rows[0].author_id, rows[0].words, Label(of_brand(rows).label)) for rows in reversed(of_story.values())]


def hidden(
    connection: Connection, since: datetime, until: datetime, policies: Policies
) -> tuple[Mapping[str, int], Sequence[HiddenPost]]:
    """How many posts of low relevance were heard, by reason, and a sample: the newest of each reason before further ones."""
    other = case(
        (analyses.c.relevance == Relevance.AMBIGUOUS.value, AMBIGUOUS),
        (analyses.c.relevance == Relevance.EXCLUDED.value, UNKNOWN_LANGUAGE),
        else_=UNIMPORTANT,
    )
    reason = func.coalesce(analyses.c.noise, other)
    newest = (mentions.c.said_at.desc(), mentions.c.id.desc())
    names = ("id", "title", "text", "said_at", "platform", "source", "policy", "url", "confirmed_at", "heard_at")
    numbered = (
        select(
            *(mentions.c[name] for name in names if name != "text"),
            func.substr(mentions.c.text, 1, LONGEST).label("text"),
            reason.label("reason"),
            func.count().over(partition_by=reason).label("number"),
            func.row_number().over(partition_by=reason, order_by=newest).label("place"),
        )
        .join(analyses, analyses.c.mention_id == mentions.c.id)
        .outerjoin(matches, matches.c.author_id == mentions.c.author_id)
        .where(*_heard(since, until), analyses.c.level == Level.LOW.value, mentions.c.blanked_at.is_(None))
        .subquery()
    )
    query = select(numbered).where(numbered.c.place <= SAMPLE).order_by(numbered.c.place, numbered.c.reason)
    rows = connection.execute(query).all()
    chosen = sorted(rows, key=lambda row: (row.place, not _may_quote(row, policies, until), row.reason))[:SAMPLE]
    return {row.reason: row.number for row in rows}, [_post(row, policies, until) for row in chosen]


def _may_quote(row: Any, policies: Policies, now: datetime) -> bool:
    """Whether its words may be used: the terms allow quoting, and somebody lately saw that the post is still there."""
    policy = policies.of(row.policy)
    return policies.may_quote(row.policy) and not (policy and is_hidden(policy, row.confirmed_at or row.heard_at, now))


def _post(row: Any, policies: Policies, now: datetime) -> HiddenPost:
    policy = policies.of(row.policy)
    gone = policy is not None and is_hidden(policy, row.confirmed_at or row.heard_at, now)
    may_quote = _may_quote(row, policies, now)
    text = row.text if not row.title or row.text.startswith(row.title) else " · ".join(filter(None, (row.title, row.text)))
    return HiddenPost(
        mention_id=row.id,
        reason=row.reason,
        text=text[:SHOWN] if may_quote else "",
        said_at=row.said_at,
        platform=row.platform,
        source=row.source,
        url=None if gone else row.url,
        may_quote=may_quote,
    )
