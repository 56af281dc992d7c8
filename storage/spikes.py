"""Bursts: what they are judged by, what was made of it, and what was said in them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, update

from listener.core.alert_ports import HourlySeries, SpikeFacts, SpikeMark
from listener.core.alerting import AlertPlan
from listener.core.analysis import Label
from listener.core.spikes import Measure, SpikeIncident
from listener.core.telling import Quote
from listener.core.times import as_utc
from storage.alerts import put_plan
from storage.database import Database
from storage.facts import quotes_of
from storage.near_tables import TOLD, near_stories
from storage.policies import Policies
from storage.series import first_heard, hourly, said_of, surely
from storage.tables import analysis_aspects, analysis_targets, authors, mentions
from storage.telling_tables import spike_incidents, spike_marks
from storage.wording import most_repeated

QUOTES = 2
LOOKED_AT = 200
"""Posts among which those to quote are chosen: copies, and what may not be quoted, are passed over."""
TOPICS = 3
SOURCES = 5

_CHANGING = ("last_excess_at", "hours", "count", "expected", "p_value", "told_excess", "total", "closed_at")


class Spikes:
    """Implements ``SpikeBook``; nothing in its tables is about a person."""

    def __init__(self, database: Database, policies: Policies) -> None:
        self._database = database
        self._policies = policies

    def hourly(self, brands: Sequence[str], until: datetime, hours: int) -> Sequence[HourlySeries]:
        """The last so many whole hours before ``until`` of each of the brands, in their order."""
        with self._database.read() as connection:
            return hourly(connection, list(brands), until, hours)

    def marks(self, brands: Sequence[str]) -> Mapping[str, SpikeMark]:
        """How far each of the brands was judged, and when it was looked at; those that never were are missing."""
        with self._database.read() as connection:
            rows = connection.execute(select(spike_marks).where(spike_marks.c.brand.in_(list(brands))))
            return {row.brand: SpikeMark(row.judged_until, row.looked_at) for row in rows}

    def latest(self, since: datetime) -> Sequence[SpikeIncident]:
        """The bursts that are open, and those that were closed since then, the first first."""
        here = or_(spike_incidents.c.closed_at.is_(None), spike_incidents.c.closed_at >= as_utc(since))
        return self._find(here)

    def open_spikes(self) -> Sequence[SpikeIncident]:
        """The bursts that are open, the first first."""
        return self._find(spike_incidents.c.closed_at.is_(None))

    def between(self, since: datetime, until: datetime) -> Sequence[SpikeIncident]:
        """The bursts that began, went on or ended after ``since`` and until ``until``, the first first."""
        its = spike_incidents.c
        ended = and_(its.closed_at > as_utc(since), its.closed_at <= as_utc(until))
        return self._find(and_(its.detected_at <= as_utc(until), or_(its.last_excess_at > as_utc(since), ended)))

    def spike_facts(self, incidents: Sequence[SpikeIncident], now: datetime) -> Sequence[SpikeFacts]:
        """What was said in each of the bursts, in their order; words are quoted as they may be at ``now``."""
        with self._database.read() as connection:
            return [_facts(connection, incident, self._policies, now) for incident in incidents]

    def save(self, changed: Sequence[SpikeIncident], judged: Mapping[str, datetime], plan: AlertPlan, now: datetime) -> None:
        """Keep bursts (new ones have no id), until when brands were judged, and the alerts of it, in one transaction.

        A burst that is kept already, or begins while another of its brand and measure is open, is not kept again.
        """
        with self._database.write() as connection:
            for incident in changed:
                if incident.id is not None:
                    values = {name: getattr(incident, name) for name in _CHANGING}
                    connection.execute(update(spike_incidents).where(spike_incidents.c.id == incident.id).values(values))
            still = connection.execute(select(spike_incidents).where(spike_incidents.c.closed_at.is_(None)))
            there = {(row.brand, row.measure) for row in still}
            new = [_row(one) for one in changed if one.id is None and (one.brand, one.measure.value) not in there]
            self._database.add(connection, spike_incidents, new)
            known = set(connection.scalars(select(spike_marks.c.brand)))
            since = {brand: (None if brand in known else first_heard(connection, brand)) or now for brand in judged}
            rows = [
                {"brand": brand, "judged_until": until, "looked_at": now, "since": since[brand]}
                for brand, until in sorted(judged.items())
            ]
            self._database.put(connection, spike_marks, rows, update=("judged_until", "looked_at"))
            put_plan(self._database, connection, plan, now)

    def _find(self, where: Any) -> list[SpikeIncident]:
        with self._database.read() as connection:
            query = select(spike_incidents).where(where).order_by(spike_incidents.c.start, spike_incidents.c.id)
            return [_incident(row) for row in connection.execute(query)]


def _row(incident: SpikeIncident) -> dict[str, Any]:
    names = ("brand", "start", "detected_at", *_CHANGING)
    return {**{name: getattr(incident, name) for name in names}, "measure": incident.measure.value}


def _incident(row: Any) -> SpikeIncident:
    names = ("id", "brand", "start", "detected_at", *_CHANGING)
    return SpikeIncident(**{name: getattr(row, name) for name in names}, measure=Measure(row.measure))


# ----------------------------------------------------------------------------------------------- what was said in them


def span_of(incident: SpikeIncident) -> tuple[datetime, datetime]:
    """From the first hour that was counted when the burst was found to the last that was too much."""
    return min(incident.start, incident.detected_at - timedelta(hours=incident.hours)), incident.last_excess_at


def _facts(connection: Connection, incident: SpikeIncident, policies: Policies, now: datetime) -> SpikeFacts:
    said = said_of([incident.brand], *span_of(incident))
    labels: dict[Label, int] = {}
    unsure = 0
    for row in connection.execute(
        select(said.c.label, said.c.unsure, func.count().label("n")).group_by(said.c.label, said.c.unsure)
    ):
        if row.unsure and row.label != Label.UNSCORED.value:
            unsure += row.n
        else:
            labels[Label(row.label)] = labels.get(Label(row.label), 0) + row.n
    lead = lead_label(incident.measure, labels)
    sources = select(said.c.source, func.count().label("n")).group_by(said.c.source).order_by(func.count().desc(), said.c.source)
    return SpikeFacts(
        incident=incident,
        labels=labels,
        authors=connection.scalar(select(func.count(said.c.person_id.distinct()))) or 0,
        quotes=tuple(_quotes(connection, incident, lead, policies, now)),
        topics=tuple(_topics(connection, said, incident.brand)),
        mentions=sum(labels.values()) + unsure,
        sources=tuple((row.source, row.n) for row in connection.execute(sources.limit(SOURCES))),
    )


def lead_label(measure: Measure, labels: Mapping[Label, int]) -> Label:
    """What a burst is mostly made of, of what people would act on; blame where there is as much of it as of praise."""
    if measure in {Measure.NEGATIVE, Measure.SHARE}:
        return Label.NEGATIVE
    return max((Label.NEGATIVE, Label.POSITIVE), key=lambda label: labels.get(label, 0))


def _topics(connection: Connection, said: Any, brand: str) -> Iterable[tuple[str, int]]:
    """The topics most spoken of, by how many mentions speak of each."""
    number = func.count(said.c.id.distinct())
    query = (
        select(analysis_aspects.c.aspect, number.label("n"))
        .join(said, said.c.id == analysis_aspects.c.mention_id)
        .join(
            analysis_targets,
            (analysis_targets.c.mention_id == analysis_aspects.c.mention_id)
            & (analysis_targets.c.target == analysis_aspects.c.target),
        )
        .where(analysis_targets.c.brand == brand)
        .group_by(analysis_aspects.c.aspect)
        .order_by(number.desc(), analysis_aspects.c.aspect)
        .limit(TOPICS)
    )
    return [(row.aspect, row.n) for row in connection.execute(query)]


def _quotes(connection: Connection, incident: SpikeIncident, lead: Label, policies: Policies, now: datetime) -> Iterable[Quote]:
    """What most people say since the burst began, of the label that leads, in own words; of each wording the most heard post, and
    one a story and a person.

    Of what was said before it began nothing: that tells of no cause.
    """
    said = said_of([incident.brand], incident.start, incident.last_excess_at)
    heard = func.coalesce(authors.c.followers, 0) + func.coalesce(mentions.c.engagement, 0)
    query = (
        select(said.c.id, said.c.person_id, TOLD)
        .join(mentions, mentions.c.id == said.c.id)
        .join(authors, authors.c.id == said.c.author_id)
        .outerjoin(near_stories, near_stories.c.story_id == mentions.c.story_id)
        .order_by(surely(said, lead).desc(), said.c.own_words.desc(), heard.desc(), said.c.said_at, said.c.id)
        .limit(LOOKED_AT)
    )
    rows = connection.execute(query).all()
    found = quotes_of(connection, [(row.id, incident.brand) for row in rows], policies, now)
    shown = [(found[row.id, incident.brand], (row.story, row.person_id)) for row in rows if (row.id, incident.brand) in found]
    return first_of_each((shown[place] for place in _in_order([quote for quote, _ in shown], lead)), QUOTES)


def _in_order(quotes: Sequence[Quote], lead: Label) -> list[int]:
    """The places of the quotes, the most repeated first: those that surely are of the label that leads before all others."""
    first = [place for place, quote in enumerate(quotes) if quote.label is lead and quote.own_words and not quote.unsure]
    rest = [place for place in range(len(quotes)) if place not in set(first)]
    return [places[at] for places in (first, rest) for at in most_repeated([quotes[place].text for place in places])]


def first_of_each(found: Iterable[tuple[Quote, tuple[Hashable, int]]], most: int) -> list[Quote]:
    """The first quotes that may be shown, at most one of a story (or of the same words) and one of a person."""
    stories: set[Hashable] = set()
    people: set[int] = set()
    chosen: list[Quote] = []
    for quote, (story, person) in found:
        if len(chosen) < most and quote.may_quote and quote.text and story not in stories and person not in people:
            chosen.append(quote)
            stories.add(story)
            people.add(person)
    return chosen
