"""Critiques that spread: stories in which several people, in the same words or by the same link, criticise a brand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, or_, select

from listener.core.alert_ports import StoryFacts, StorySize
from listener.core.analysis import Label
from listener.core.mention import normal_text
from listener.core.telling import Quote
from listener.core.times import as_utc
from storage.alert_facts import alerts_since
from storage.database import Database, batches
from storage.due import OURS
from storage.facts import quotes_of
from storage.gist import one_label
from storage.near_tables import TOLD, near_stories
from storage.policies import Policies
from storage.series import speaks_for_brand
from storage.spikes import first_of_each
from storage.tables import analysis_targets, authors, matches, mentions, people

QUOTES = 3
BLAME = (Label.NEGATIVE, Label.MIXED)


class Spreading:
    """Implements ``StoryBook``."""

    def __init__(self, database: Database, policies: Policies) -> None:
        self._database = database
        self._policies = policies

    def spreading(self, since: datetime, until: datetime, authors: int, brands: Collection[str]) -> Sequence[StorySize]:
        """The stories in which at least so many people said something of one of the brands, from ``since`` until ``until``, that
        is surely negative or mixed; those that most people tell first.

        People count once however many accounts they have, our own side does not, and neither history nor what was said before
        the store had alerts is any of it.
        """
        with self._database.read() as connection:
            found = _sizes(connection, _begun(connection, since), as_utc(until), authors, brands)
            known_as = _known_as(connection, {row.story for row in found})
        return [StorySize(row.story, row.brand, row.persons, known_as[row.story]) for row in found]

    def story_facts(
        self, stories: Collection[StorySize], since: datetime, until: datetime, now: datetime
    ) -> Sequence[StoryFacts]:
        """Those of the stories that are critiques, in their order, with what was said in them until ``until``.

        A story has one label, by what was said in own words. Words are quoted as they may be at ``now``.
        """
        with self._database.read() as connection:
            since = _begun(connection, since)
            told = _told(connection, {one.story_id for one in stories}, as_utc(until))
            found = []
            for one in stories:
                rows = told.get((one.story_id, one.brand), [])
                fresh = [row for row in rows if row.said_at >= since and not row.history]
                label = one_label([row for row in rows if row.own_words] or rows) if fresh else None
                if label in BLAME:
                    found.append((_facts(one, label, rows, fresh), rows))
            quoted = _quotes(connection, found, self._policies, now)
        return [replace(one, quotes=quoted[one.story_id, one.brand]) for one, _ in found]


def _begun(connection: Connection, since: datetime) -> datetime:
    return max(as_utc(since), alerts_since(connection) or as_utc(since))


def _sizes(connection: Connection, since: datetime, until: datetime, least: int, brands: Collection[str]) -> Sequence[Any]:
    """Stories and brands of which so many people said something that is surely no praise, and how many tell them at all."""
    blame = and_(analysis_targets.c.label.in_([label.value for label in BLAME]), ~analysis_targets.c.unsure)
    persons = func.count(authors.c.person_id.distinct()).label("persons")
    against = func.count(case((blame, authors.c.person_id)).distinct())
    query = (
        _joined(select(TOLD, analysis_targets.c.brand, persons))
        .where(mentions.c.said_at >= since, mentions.c.said_at <= until, ~mentions.c.history)
        .where(analysis_targets.c.brand.in_(sorted(brands)))
        .group_by(TOLD.element, analysis_targets.c.brand)
        .having(against >= least)
        .order_by(persons.desc(), TOLD.element, analysis_targets.c.brand)
    )
    return connection.execute(query).all()


def _known_as(connection: Connection, stories: Collection[int]) -> Mapping[int, tuple[int, ...]]:
    """Each of the stories with those that turned out to be it."""
    found = {story: {story} for story in stories}
    for ids in batches(sorted(stories)):
        for row in connection.execute(select(near_stories).where(near_stories.c.told_id.in_(ids))):
            found[row.told_id].add(row.story_id)
    return {story: tuple(sorted(ids)) for story, ids in found.items()}


def _told(connection: Connection, stories: Collection[int], until: datetime) -> Mapping[tuple[int, str], list[Any]]:
    """Everything that was said in the stories by others than our own side, by story and brand, oldest first."""
    found: dict[tuple[int, str], list[Any]] = defaultdict(list)
    names = ("id", "said_at", "heard_at", "source", "story_id", "history", "own_words", "author_id", "engagement")
    for ids in batches(sorted(stories)):
        members = select(near_stories.c.story_id).where(near_stories.c.told_id.in_(ids))
        query = _joined(
            select(
                *(mentions.c[name] for name in names),
                TOLD,
                analysis_targets.c.brand,
                analysis_targets.c.label,
                analysis_targets.c.unsure,
                authors.c.person_id,
                authors.c.followers,
                people.c.customer_id,
            )
        ).where(or_(mentions.c.story_id.in_(ids), mentions.c.story_id.in_(members)), mentions.c.said_at <= until)
        for row in connection.execute(query.order_by(mentions.c.said_at, mentions.c.id)):
            found[row.story, row.brand].append(row)
    return found


def _joined(query: Select[Any]) -> Select[Any]:
    """From mentions about us, with who wrote them, the target that speaks for each brand, and as which story they are told."""
    return (
        query.select_from(mentions)
        .join(analysis_targets, analysis_targets.c.mention_id == mentions.c.id)
        .join(authors, authors.c.id == mentions.c.author_id)
        .join(people, people.c.id == authors.c.person_id)
        .outerjoin(matches, matches.c.author_id == authors.c.id)
        .outerjoin(near_stories, near_stories.c.story_id == mentions.c.story_id)
        .where(mentions.c.about_us, analysis_targets.c.kind.in_(OURS), speaks_for_brand())
        .where(or_(matches.c.own_side.is_(None), ~matches.c.own_side))
    )


def _facts(story: StorySize, label: Label, rows: Sequence[Any], fresh: Sequence[Any]) -> StoryFacts:
    by_source: dict[str, int] = defaultdict(int)
    for row in fresh:
        by_source[row.source] += 1
    followers = {row.author_id: row.followers for row in fresh if row.followers is not None}
    return StoryFacts(
        story_id=story.story_id,
        brand=story.brand,
        authors=len({row.person_id for row in fresh}),
        sources=tuple(sorted(by_source, key=lambda name: (-by_source[name], name))),
        mentions=len(fresh),
        customers=len({row.person_id for row in fresh if row.customer_id is not None}),
        reach=sum(followers.values()) if followers else None,
        first_said_at=rows[0].said_at,
        last_heard_at=max(row.heard_at for row in fresh),
        label=label,
    )


def _quotes(
    connection: Connection, found: Iterable[tuple[StoryFacts, Sequence[Any]]], policies: Policies, now: datetime
) -> Mapping[tuple[int, str], tuple[Quote, ...]]:
    """The first words of each story, then those that most people heard; one a person, and the same words once."""
    stories = [(facts, _by_weight(rows)) for facts, rows in found]
    shown = quotes_of(connection, {(row.id, facts.brand) for facts, rows in stories for row in rows}, policies, now)
    chosen = {}
    for facts, rows in stories:
        each = ((shown[row.id, facts.brand], row) for row in rows if (row.id, facts.brand) in shown)
        pairs = ((quote, (normal_text(quote.text), row.person_id)) for quote, row in each)
        chosen[facts.story_id, facts.brand] = tuple(first_of_each(pairs, QUOTES))
    return chosen


def _by_weight(rows: Sequence[Any]) -> list[Any]:
    """The first of them, and of the others those with the most followers and engagement; no more than are looked at."""
    first, *others = sorted(rows, key=lambda row: (not row.own_words, row.said_at, row.id))
    others.sort(key=lambda row: (-((row.followers or 0) + (row.engagement or 0)), row.said_at, row.id))
    return [first, *others[: 10 * QUOTES]]
