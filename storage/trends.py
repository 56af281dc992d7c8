"""What the weekly edition is made of: counts by day, week, target and topic, grouped by the database, and what became of people.

History counts here, by the time of its publication: a trend is about when things were said, not about when they were heard.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    and_,
    case,
    column,
    distinct,
    func,
    or_,
    select,
    values,
)

from listener.core.analysis import Label, Level, Relevance
from listener.core.brand import TargetKind
from listener.core.spikes import Measure, SpikeIncident
from listener.core.times import as_utc
from listener.core.trends import DayCount, TopicWeek, TrendFacts, VoiceCount, Weeks
from storage.coverage import coverage
from storage.database import Database
from storage.due import OURS
from storage.listening_tables import counts, cursors
from storage.tables import analyses, analysis_aspects, analysis_targets, authors, matches, mentions
from storage.telling_tables import spike_incidents
from storage.trend_people import follow_ups, speakers, steps, turns
from storage.types import Moment

TOPIC_WEEKS = 5
"""The last one, and four to compare it with."""
VOICE_WEEKS = 2
"""No more: posts about competitors alone are forgotten after a month."""


class Trends:
    """Implements ``TrendBook``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def trend_facts(self, weeks: Weeks, brands: Sequence[str]) -> TrendFacts:
        """What is known of the weeks about these brands together; a post about several of them counts once.

        Posts of sources that may only be counted are in ``days`` alone, each for the UTC day of its publication, and once for
        each brand.
        """
        with self._database.read() as connection:
            began = _began(connection)
            return TrendFacts(
                weeks,
                tuple(_days(connection, weeks, brands)),
                tuple(_authors(connection, weeks, brands)),
                tuple(_voices(connection, weeks, brands)),
                tuple(_topics(connection, weeks, brands)),
                tuple(turns(connection, weeks, brands)),
                tuple(steps(connection, weeks, brands)),
                tuple(follow_ups(connection, weeks, brands)),
                tuple(speakers(connection, weeks, brands, told(last_week(weeks), brands))),
                tuple(_spikes(connection, weeks, brands)),
                tuple(coverage(connection, weeks.since, weeks.until)),
                began,
                tuple(_added(connection, weeks, began)),
            )

    def began(self) -> datetime | None:
        with self._database.read() as connection:
            return _began(connection)


def spans(edges: Sequence[datetime]) -> FromClause:
    """The times between the moments as a table: ``number``, from ``since`` on, before ``until``.

    Joined to an index of moments it makes the database group by the days of any calendar, which neither of them knows.
    """
    columns: list[Column[Any]] = [Column("number", Integer), Column("since", Moment), Column("until", Moment)]
    rows = [(n, as_utc(a), as_utc(b)) for n, (a, b) in enumerate(pairwise(edges))]
    return values(*(column(one.name, one.type) for one in columns), name="spans").data(rows).cte("spans")


def last_week(weeks: Weeks) -> FromClause:
    return spans((weeks.since, weeks.until))


def within(span: FromClause) -> ColumnElement[bool]:
    return and_(mentions.c.said_at >= span.c.since, mentions.c.said_at < span.c.until)


def others() -> ColumnElement[bool]:
    """By somebody who is not on our own side; the authors' matches must be joined from outside."""
    return or_(matches.c.own_side.is_(None), ~matches.c.own_side)


def told(span: FromClause, brands: Sequence[str]) -> FromClause:
    """The posts about the brands, each once, with the number of its span and the verdict that speaks for it.

    The same choice as ``storage.rows.of_brand``: the brand itself, else the first scored product, else the first.
    """
    kind, label = analysis_targets.c.kind, analysis_targets.c.label
    place = func.row_number().over(
        partition_by=mentions.c.id,
        order_by=(
            case((kind == TargetKind.BRAND.value, 0), else_=1),
            case((label != Label.UNSCORED.value, 0), else_=1),
            analysis_targets.c.position,
        ),
    )
    its = (span.c.number, mentions.c.id, mentions.c.author_id, mentions.c.own_words, label, analysis_targets.c.unsure)
    ranked = (
        select(*its, place.label("place"))
        .select_from(span)
        .join(mentions, within(span))
        .join(analysis_targets, analysis_targets.c.mention_id == mentions.c.id)
        .outerjoin(matches, matches.c.author_id == mentions.c.author_id)
        .where(mentions.c.about_us, kind.in_(OURS), analysis_targets.c.brand.in_(brands), others())
        .subquery()
    )
    return select(ranked).where(ranked.c.place == 1).subquery()


def _days(connection: Connection, weeks: Weeks, brands: Sequence[str]) -> list[DayCount]:
    said = told(spans(weeks.edges), brands)
    groups = (said.c.number, said.c.own_words, said.c.label, said.c.unsure)
    labels: dict[int, Counter[Label]] = defaultdict(Counter)
    unsure: Counter[int] = Counter()
    shared: Counter[int] = Counter()
    for row in connection.execute(select(*groups, func.count().label("mentions")).group_by(*groups)):
        if not row.own_words:
            shared[row.number] += row.mentions
        elif row.unsure and row.label != Label.UNSCORED.value:
            unsure[row.number] += row.mentions
        else:
            labels[row.number][Label(row.label)] += row.mentions
    for day, label, number in _only_counted(connection, weeks, brands):
        labels[weeks.days.index(day)][label] += number
    return [DayCount(dict(labels[n]), unsure[n], shared[n]) for n in range(len(weeks.days))]


def _only_counted(connection: Connection, weeks: Weeks, brands: Sequence[str]) -> list[tuple[date, Label, int]]:
    first, last = weeks.days[0].isoformat(), weeks.days[-1].isoformat()
    query = select(counts.c.day, counts.c.label, func.sum(counts.c.mentions).label("mentions"))
    query = query.where(counts.c.day.between(first, last), counts.c.brand.in_(brands)).group_by(counts.c.day, counts.c.label)
    return [(date.fromisoformat(row.day), Label(row.label), int(row.mentions)) for row in connection.execute(query)]


def _authors(connection: Connection, weeks: Weeks, brands: Sequence[str]) -> list[int]:
    """How many people spoke in each week; several accounts of one person count once."""
    said = told(spans((*weeks.starts(), weeks.until)), brands)
    query = select(said.c.number, func.count(distinct(authors.c.person_id)).label("people"))
    query = query.select_from(said).join(authors, authors.c.id == said.c.author_id).group_by(said.c.number)
    found = {row.number: row.people for row in connection.execute(query)}
    return [found.get(n, 0) for n in range(weeks.number)]


def _voices(connection: Connection, weeks: Weeks, brands: Sequence[str]) -> list[VoiceCount]:
    """How many posts named us, and each competitor, in the last two weeks; one that names both counts for both."""
    span = spans((*weeks.starts()[-VOICE_WEEKS:], weeks.until))
    kind, target = analysis_targets.c.kind, analysis_targets.c.target
    key = case((kind == TargetKind.COMPETITOR.value, target), else_="").label("key")
    query = (
        select(span.c.number, key, func.count(distinct(mentions.c.id)).label("mentions"))
        .select_from(span)
        .join(mentions, within(span))
        .join(analysis_targets, analysis_targets.c.mention_id == mentions.c.id)
        .join(analyses, analyses.c.mention_id == mentions.c.id)
        .outerjoin(matches, matches.c.author_id == mentions.c.author_id)
        .where(analysis_targets.c.brand.in_(brands), others(), analyses.c.relevance == Relevance.ABOUT.value)
        .where(or_(analyses.c.level.is_(None), analyses.c.level != Level.LOW.value))
        .group_by(span.c.number, key)
    )
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for row in connection.execute(query):
        found[row.key][row.number] = row.mentions
    return [VoiceCount(each, by.get(VOICE_WEEKS - 1, 0), by.get(0, 0)) for each, by in sorted(found.items())]


def _topics(connection: Connection, weeks: Weeks, brands: Sequence[str]) -> list[TopicWeek]:
    first = max(weeks.number - TOPIC_WEEKS, 0)
    said = _aspects(spans((*weeks.starts()[first:], weeks.until)), brands)
    groups = (said.c.number, said.c.brand, said.c.aspect, said.c.label, said.c.unsure)
    labels: dict[tuple[str, str, int], Counter[Label]] = defaultdict(Counter)
    unsure: Counter[tuple[str, str, int]] = Counter()
    for row in connection.execute(select(*groups, func.count().label("mentions")).group_by(*groups)):
        key = (row.brand, row.aspect, row.number + first)
        doubtful = row.unsure and row.label != Label.UNSCORED.value
        unsure[key] += row.mentions if doubtful else 0
        labels[key].update({} if doubtful else {Label(row.label): row.mentions})
    return [TopicWeek(*key, dict(labels[key]), unsure[key]) for key in sorted(labels)]


def _aspects(span: FromClause, brands: Sequence[str]) -> FromClause:
    """What the posts say of topics: one verdict for each post, brand and topic, a sure one before others."""
    aspects = analysis_aspects.c
    place = func.row_number().over(
        partition_by=(mentions.c.id, analysis_targets.c.brand, aspects.aspect),
        order_by=(aspects.unsure, case((aspects.label != Label.UNSCORED.value, 0), else_=1), aspects.position),
    )
    same = and_(analysis_targets.c.mention_id == aspects.mention_id, analysis_targets.c.target == aspects.target)
    ranked: Select[Any] = (
        select(span.c.number, analysis_targets.c.brand, aspects.aspect, aspects.label, aspects.unsure, place.label("place"))
        .select_from(span)
        .join(mentions, within(span))
        .join(analysis_aspects, aspects.mention_id == mentions.c.id)
        .join(analysis_targets, same)
        .outerjoin(matches, matches.c.author_id == mentions.c.author_id)
        .where(mentions.c.about_us, mentions.c.own_words, analysis_targets.c.brand.in_(brands), others())
        .where(analysis_targets.c.kind.in_(OURS))
    )
    its = ranked.subquery()
    return select(its).where(its.c.place == 1).subquery()


def _spikes(connection: Connection, weeks: Weeks, brands: Sequence[str]) -> list[SpikeIncident]:
    table = spike_incidents.c
    query = select(spike_incidents).where(table.brand.in_(brands), table.start < weeks.until, table.last_excess_at > weeks.since)
    found = connection.execute(query.order_by(table.start, table.id)).mappings()
    return [SpikeIncident(**{**row, "measure": Measure(row["measure"])}) for row in found]


def _began(connection: Connection) -> datetime | None:
    found: datetime | None = connection.scalar(select(func.min(cursors.c.first_saved_at)))
    return found


def _added(connection: Connection, weeks: Weeks, began: datetime | None) -> list[str]:
    """Sources that are newer than listening itself, and than the beginning of the week before the last."""
    if began is None:
        return []
    first = func.min(cursors.c.first_saved_at)
    compared = max(began, weeks.starts()[-2] if weeks.number > 1 else weeks.since)
    query = select(cursors.c.source).group_by(cursors.c.source).having(and_(first > compared, first < weeks.until))
    return sorted(name for name in connection.scalars(query) if name)
