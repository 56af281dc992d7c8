"""Watching for bursts: every whole hour of every brand is judged once, and people are told once of each burst.

    series, open bursts ──judge──> what each hour says ──advance──> bursts ──words──> one alert for those that belong together

Bursts, how far was judged, alerts and messages are kept in one transaction, so whatever is killed repeats nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo

import structlog

from listener.alerts.plan import longest, plan
from listener.alerts.spikes import LEADING, spike_draft, spike_subject
from listener.core.alert_ports import AlertBook, HourlySeries, SpikeBook, SpikeFacts, SpikeMark
from listener.core.alerting import AlertDraft, AlertPlan, AlertPolicy, AlertState
from listener.core.recipients import Recipient
from listener.core.spikes import Measure, SpikeChange, SpikeIncident
from listener.core.times import as_utc
from listener.spikes.baseline import LONGEST
from listener.spikes.detect import DAYS, HOUR, QUIET, STORE, Verdict, advance
from listener.spikes.hours import judged_hour

log = structlog.get_logger()

FURTHEST = timedelta(hours=48)
"""Of hours that nobody judged so far no older ones are: a job that runs once a day finds yesterday's burst, and nothing older."""
AGAIN = timedelta(hours=24)
"""Hours that were judged so lately are judged again: their posts may be heard late, by a source that is asked once a day, or that
was down."""
PATIENCE = timedelta(minutes=5)
"""Within an hour nobody looks more often than so."""

_BLAME = frozenset({Measure.NEGATIVE, Measure.SHARE})
_AMOUNT = frozenset({Measure.VOLUME, Measure.NEGATIVE})
"""Growth of these is told; that of the others says the same again."""


@dataclass(frozen=True, slots=True)
class Happened:
    """What became of a burst in one hour."""

    incident: SpikeIncident
    change: SpikeChange
    at: datetime
    """The end of the hour."""
    learning: bool = False


@dataclass(frozen=True, slots=True)
class Watched:
    """What one look changed, and what was made of it."""

    incidents: tuple[SpikeIncident, ...] = ()
    plan: AlertPlan = field(default_factory=AlertPlan)


def watch_spikes(
    book: SpikeBook,
    alerts: AlertBook,
    policy: AlertPolicy,
    recipients: Sequence[Recipient],
    brands: Mapping[str, str],
    now: datetime,
    zone: tzinfo,
    topics: Mapping[tuple[str, str], str] | None = None,
) -> Watched:
    """Judge the hours that are due, open, extend and close bursts, and tell of them; ``brands`` are names by key, ``topics``
    names by brand and key.

    A burst of a brand that is not listened to any more is closed without a word.
    """
    now = as_utc(now)
    until = now.replace(minute=0, second=0, microsecond=0)
    marks = book.marks(sorted(brands))
    due = [brand for brand in sorted(brands) if _is_due(marks.get(brand), until, now)]
    known = book.latest(until - FURTHEST - QUIET)
    left = [replace(each, closed_at=now) for each in known if each.closed_at is None and each.brand not in brands]
    if not due and not left:
        return Watched()
    earliest = min((_since(marks.get(brand), until) for brand in due), default=until)
    hours = int((until - earliest) / HOUR) + (DAYS + 1) * 24
    seen = [
        _Brand.judge(series, [each for each in known if each.brand == series.brand], marks.get(series.brand), until)
        for series in (book.hourly(due, until, hours) if due else ())
    ]
    drafts = [draft for each in seen for draft in _drafts(book, each, brands[each.brand], topics or {}, now, zone)]
    recent = alerts.recent({spike_subject(brand) for brand in due}, now - longest(policy))
    made = plan(drafts, recent, policy, recipients, now)
    over = {spike_subject(each.brand) for each in seen if each.is_over}
    handled = {AlertState.ACKNOWLEDGED, AlertState.SNOOZED}
    made = replace(made, settled=tuple(each.key for each in recent if each.subject in over and each.state in handled))
    changed = [*left, *(incident for each in seen for incident in each.changed)]
    book.save(changed, dict.fromkeys(due, until), made, now)
    for each in seen:
        for what in each.happened:
            log.info("A burst changed.", action=f"spike_{what.change}", brand=each.brand, measure=what.incident.measure.value)
    return Watched(tuple(changed), made)


def _is_due(mark: SpikeMark | None, until: datetime, now: datetime) -> bool:
    return mark is None or mark.looked_at < until or not timedelta() <= now - mark.looked_at < PATIENCE


def _since(mark: SpikeMark | None, until: datetime) -> datetime:
    """From which hour's start on hours are judged."""
    if mark is None:
        return until - FURTHEST
    return max(min(mark.judged_until, until) - AGAIN, until - FURTHEST)


# ---------------------------------------------------------------------------------------------------------- judging


@dataclass(frozen=True, slots=True)
class _Brand:
    """What one look found of a brand."""

    brand: str
    known: tuple[SpikeIncident, ...]
    """As they were before."""
    now: tuple[SpikeIncident, ...]
    """All of them as they are now."""
    happened: tuple[Happened, ...]

    @classmethod
    def judge(cls, series: HourlySeries, known: Sequence[SpikeIncident], mark: SpikeMark | None, until: datetime) -> _Brand:
        bursts = {measure: _Bursts(series.brand, measure, known) for measure in LEADING}
        at = _since(mark, until)
        while at < until:
            at += HOUR
            if series.since is None or at <= series.since:
                continue
            again = mark is not None and at <= mark.judged_until
            if again and series.said_before(at, LONGEST) < STORE.least:
                continue
            for measure, verdict in judged_hour(series, at).items():
                bursts[measure].see(verdict, at, again=again)
        happened = sorted((what for each in bursts.values() for what in each.happened), key=lambda what: what.at)
        return cls(series.brand, tuple(known), tuple(one for each in bursts.values() for one in each.all), tuple(happened))

    @property
    def changed(self) -> list[SpikeIncident]:
        before = {each.id: each for each in self.known}
        return [each for each in self.now if each.id is None or before[each.id] != each]

    @property
    def is_over(self) -> bool:
        """Whether the brand's last burst ended in this look."""
        ended = any(what.change is SpikeChange.CLOSED for what in self.happened)
        return ended and all(each.closed_at is not None for each in self.now)


class _Bursts:
    """The bursts of one measure of one brand, hour by hour."""

    def __init__(self, brand: str, measure: Measure, known: Iterable[SpikeIncident]) -> None:
        self._brand, self._measure = brand, measure
        mine = [each for each in known if each.measure is measure]
        self._ended = [each for each in mine if each.closed_at is not None]
        self._open = next((each for each in mine if each.closed_at is None), None)
        self.happened: list[Happened] = []

    @property
    def all(self) -> list[SpikeIncident]:
        return [*self._ended, *([self._open] if self._open else [])]

    def see(self, verdict: Verdict, at: datetime, *, again: bool) -> None:
        """The verdict on the hour that ended ``at``; ``again`` where that hour was judged before: then it can begin a burst or
        make one grow, and ends none."""
        if (again and not verdict.excess) or self._belongs_to_ended(at):
            return
        if self._open and at <= self._open.last_excess_at:
            if verdict.excess and at > self._open.start:
                self._grow(verdict, at)
            return
        if self._open and at - HOUR - self._open.last_excess_at >= QUIET:  # nobody looked for long
            self._note(replace(self._open, closed_at=self._open.last_excess_at + QUIET), SpikeChange.CLOSED, at, verdict)
        found, change = advance(self._open, verdict, at, self._brand, self._measure)
        self._note(found, change, at, verdict)

    def _belongs_to_ended(self, at: datetime) -> bool:
        return any(each.start <= at <= each.closed_at for each in self._ended if each.closed_at)

    def _grow(self, verdict: Verdict, at: datetime) -> None:
        """An hour of the burst that was judged already: it can only have grown."""
        if self._open:
            found, change = advance(self._open, verdict, at, self._brand, self._measure)
            if found and change is SpikeChange.GREW:
                self._note(replace(found, last_excess_at=self._open.last_excess_at), change, at, verdict)

    def _note(self, found: SpikeIncident | None, change: SpikeChange | None, at: datetime, verdict: Verdict) -> None:
        if found and change:
            self.happened.append(Happened(found, change, at, verdict.learning))
        if found and found.closed_at:
            self._ended.append(found)
            found = None
        self._open = found


# ---------------------------------------------------------------------------------------------------------- telling


def _drafts(
    book: SpikeBook, seen: _Brand, name: str, topics: Mapping[tuple[str, str], str], now: datetime, zone: tzinfo
) -> Iterator[AlertDraft]:
    """One alert for all bursts of the brand that belong together and of which there is something new."""
    before = {(each.measure, each.start) for each in seen.known}
    names = {key: topic for (brand, key), topic in topics.items() if brand == seen.brand}
    for together in clusters(seen.now):
        news = [what for what in seen.happened if any(_same(what.incident, each) for each in together)]
        worth = [what for what in news if _is_worth(what, together, before)]
        if worth:
            change = SpikeChange.OPENED if any(what.change is SpikeChange.OPENED for what in worth) else SpikeChange.GREW
            latest = {what.incident.measure: what for what in news if what.change is not SpikeChange.CLOSED}
            shown = [each for each in together if each.measure in latest]
            facts = [_as_told(each, latest[each.incident.measure]) for each in book.spike_facts(shown, now)]
            yield spike_draft(facts, change, name, now, zone, names)


def clusters(incidents: Iterable[SpikeIncident]) -> list[list[SpikeIncident]]:
    """Bursts that belong together: one begins before another is over."""
    found: list[list[SpikeIncident]] = []
    for each in sorted(incidents, key=lambda one: (one.start, LEADING.index(one.measure))):
        if found and each.start < max(one.last_excess_at for one in found[-1]) + QUIET:
            found[-1].append(each)
        else:
            found.append([each])
    return found


def _same(one: SpikeIncident, other: SpikeIncident) -> bool:
    return (one.measure, one.start) == (other.measure, other.start)


def _is_worth(what: Happened, together: Sequence[SpikeIncident], before: set[tuple[Measure, datetime]]) -> bool:
    """Whether people should hear of it, given what they were told of the same burst."""
    measure = what.incident.measure
    told = {each.measure for each in together if (each.measure, each.start) in before}
    if what.change is SpikeChange.OPENED:
        return not told or (measure in _BLAME and not told & _BLAME)
    return what.change is SpikeChange.GREW and (measure in _AMOUNT or not {each.measure for each in together} & _AMOUNT)


def _as_told(facts: SpikeFacts, what: Happened) -> SpikeFacts:
    return replace(facts, until=what.at, learning=what.learning)
