"""Mentions by the hour of their publication: the series in which bursts are found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Subquery, and_, case, exists, func, or_, select

from listener.core.alert_ports import HourlySeries
from listener.core.analysis import Label
from listener.core.brand import TargetKind
from listener.core.times import as_utc
from storage.alert_facts import alerts_since
from storage.due import OURS
from storage.tables import analysis_targets, authors, matches, mentions
from storage.telling_tables import spike_marks
from storage.unheard import Hours, hour_of, listening, number_of, start_of

COUNTED = ("mentions", "negative", "authors", "fresh")


def hourly(connection: Connection, brands: Sequence[str], until: datetime, hours: int) -> list[HourlySeries]:
    """The last so many whole hours before ``until`` of each of the brands, in their order.

    A post counts in the hour of its publication, whenever it was heard. One that names no time of its own counts in none: after
    an outage all that was caught up would stand in one hour. Posts under terms that allow nothing but counts are kept by the
    day, and are not among them either.

    A brand was listened to since its first mention was heard; where sources that bring much of its mentions are new, since these
    were added: what is usual has to be learnt again.
    """
    end = number_of(as_utc(until))
    window = Hours(end - hours, end)
    counted = _counted(connection, brands, window)
    how = listening(connection, window)
    brought = _brought(connection, brands, window, how.sources)
    known = _known_since(connection, brands)
    found = []
    for brand in brands:
        its = counted[brand]
        total = sum(its["mentions"])
        since = [each for each in (known.get(brand), how.changed_at(brought[brand], total)) if each]
        counts = {name: tuple(its[name]) for name in COUNTED}
        heard = how.heard(brought[brand], total)
        found.append(HourlySeries(brand, window.start, **counts, heard=heard, since=max(since, default=None)))
    return found


def _counted(connection: Connection, brands: Sequence[str], window: Hours) -> Mapping[str, Mapping[str, list[int]]]:
    said = said_of(brands, window.start, window.stop)
    hour = hour_of(connection, said.c.said_at).label("hour")
    begun = alerts_since(connection)
    is_past = said.c.history if begun is None else or_(said.c.history, said.c.said_at < start_of(number_of(begun) + 1))
    query = select(
        said.c.brand,
        hour,
        func.count().label("mentions"),
        func.sum(case((surely(said, Label.NEGATIVE), 1), else_=0)).label("negative"),
        func.count(said.c.person_id.distinct()).label("authors"),
        func.sum(case((is_past, 0), else_=1)).label("fresh"),
    ).group_by(said.c.brand, hour)
    found = {brand: {name: [0] * len(window) for name in COUNTED} for brand in brands}
    for row in connection.execute(query):
        for name in COUNTED:
            found[row.brand][name][row.hour - window.first] = int(getattr(row, name))
    return found


def _brought(
    connection: Connection, brands: Sequence[str], window: Hours, sources: Collection[str]
) -> Mapping[str, Mapping[str, Mapping[int, int]]]:
    """By brand, source and hour, how many mentions the sources brought."""
    found: dict[str, dict[str, dict[int, int]]] = {brand: defaultdict(dict) for brand in brands}
    if sources:
        said = said_of(brands, window.start, window.stop, mentions.c.source.in_(sorted(sources)))
        hour = hour_of(connection, said.c.said_at).label("hour")
        query = select(said.c.brand, said.c.source, hour, func.count().label("mentions"))
        for row in connection.execute(query.group_by(said.c.brand, said.c.source, hour)):
            found[row.brand][row.source][row.hour] = int(row.mentions)
    return found


def _known_since(connection: Connection, brands: Sequence[str]) -> dict[str, datetime]:
    marks = connection.execute(select(spike_marks.c.brand, spike_marks.c.since).where(spike_marks.c.brand.in_(brands)))
    known = {row.brand: row.since for row in marks}
    for brand in brands:
        if brand not in known and (first := first_heard(connection, brand)):
            known[brand] = first
    return known


def first_heard(connection: Connection, brand: str) -> datetime | None:
    """When the first mention of the brand was heard; ``None`` where none was."""
    query = (
        select(mentions.c.heard_at)
        .join(analysis_targets, analysis_targets.c.mention_id == mentions.c.id)
        .where(mentions.c.about_us, analysis_targets.c.brand == brand, analysis_targets.c.kind.in_(OURS))
    )
    found: datetime | None = connection.scalar(query.order_by(mentions.c.heard_at).limit(1))
    return found


def said_of(brands: Sequence[str], since: datetime, until: datetime, *further: ColumnElement[bool]) -> Subquery:
    """What others than our own side said of the brands from ``since`` on and before ``until``: one row a mention and brand, with
    the verdict on the target that speaks for the brand."""
    its = analysis_targets.c
    names = ("id", "said_at", "heard_at", "source", "story_id", "history", "own_words", "author_id")
    return (
        select(*(mentions.c[name] for name in names), authors.c.person_id, its.brand, its.label, its.unsure)
        .join(analysis_targets, its.mention_id == mentions.c.id)
        .join(authors, authors.c.id == mentions.c.author_id)
        .outerjoin(matches, matches.c.author_id == authors.c.id)
        .where(mentions.c.said_at >= since, mentions.c.said_at < until, mentions.c.published_at < until)
        .where(mentions.c.about_us, its.kind.in_(OURS), its.brand.in_(list(brands)), speaks_for_brand(), *further)
        .where(or_(matches.c.own_side.is_(None), ~matches.c.own_side))
        .subquery()
    )


def speaks_for_brand() -> ColumnElement[bool]:
    """That no other of the mention's targets speaks rather for the brand, as ``rows.of_brand`` chooses one: the first one, where
    that is the brand itself, needs no further look, and nearly all are."""
    its, other = analysis_targets.c, analysis_targets.alias("other")
    before = or_(_rank(other.c) < _rank(its), and_(_rank(other.c) == _rank(its), other.c.position < its.position))
    same = and_(other.c.mention_id == its.mention_id, other.c.brand == its.brand, other.c.kind.in_(OURS))
    first = and_(its.position == 0, its.kind == TargetKind.BRAND.value)
    return or_(first, ~exists().where(same, before).correlate(analysis_targets))


def _rank(its: Any) -> ColumnElement[int]:
    return case((its.kind == TargetKind.BRAND.value, 0), (its.label != Label.UNSCORED.value, 1), else_=2)


def surely(said: Subquery, *labels: Label) -> ColumnElement[bool]:
    return and_(said.c.label.in_([label.value for label in labels]), ~said.c.unsure)
