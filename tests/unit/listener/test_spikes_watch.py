"""Watching for bursts: which hours are judged when, what belongs together, and what is worth telling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from listener.core.alert_ports import HourlySeries, SpikeFacts, SpikeMark
from listener.core.alerting import AlertDraft, AlertPlan, AlertPolicy, AlertRecord
from listener.core.spikes import Measure, SpikeIncident
from listener.spikes.hours import judged_hour
from listener.spikes.watch import AGAIN, FURTHEST, PATIENCE, Watched, clusters, watch_spikes

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BEGUN = NOW - timedelta(days=40)
HOURS = 24 * 33


@dataclass
class Book:
    """Everything that is kept of bursts, in memory: the seam of the store, and what was asked of it."""

    counts: dict[datetime, int] = field(default_factory=dict)
    """Mentions by the start of the hour, where there are others than one."""
    negative: dict[datetime, int] = field(default_factory=dict)
    unheard: frozenset[datetime] = frozenset()
    stale: frozenset[datetime] = frozenset()
    since: datetime | None = BEGUN
    mark: SpikeMark | None = None
    incidents: list[SpikeIncident] = field(default_factory=list)
    drafts: list[AlertDraft] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    def hourly(self, brands: Sequence[str], until: datetime, hours: int) -> Sequence[HourlySeries]:
        self.asked.append(hours)
        starts = [until - (hours - n) * HOUR for n in range(hours)]
        numbers = tuple(self.counts.get(start, n % 2) for n, start in enumerate(starts))
        bad = tuple(self.negative.get(start, 0) for start in starts)
        fresh = tuple(0 if start in self.stale else number for start, number in zip(starts, numbers, strict=True))
        heard = tuple(start not in self.unheard for start in starts)
        return [HourlySeries(brand, starts[0], numbers, bad, numbers, fresh, heard, self.since) for brand in brands]

    def marks(self, brands: Sequence[str]) -> Mapping[str, SpikeMark]:
        return dict.fromkeys(brands, self.mark) if self.mark else {}

    def latest(self, since: datetime) -> Sequence[SpikeIncident]:
        return [each for each in self.incidents if each.closed_at is None or each.closed_at >= since]

    def open_spikes(self) -> Sequence[SpikeIncident]:
        return [each for each in self.incidents if each.closed_at is None]

    def between(self, since: datetime, until: datetime) -> Sequence[SpikeIncident]:
        return [each for each in self.incidents if since < each.last_excess_at and each.detected_at <= until]

    def spike_facts(self, incidents: Sequence[SpikeIncident], now: datetime) -> Sequence[SpikeFacts]:
        assert now
        return [SpikeFacts(each, mentions=int(each.count)) for each in incidents]

    def save(self, changed: Sequence[SpikeIncident], judged: Mapping[str, datetime], plan: AlertPlan, now: datetime) -> None:
        kept = {each.id: each for each in self.incidents}
        for each in changed:
            number = each.id or len(kept) + 1
            kept[number] = replace(each, id=number)
        self.incidents = list(kept.values())
        for until in judged.values():
            self.mark = SpikeMark(until, now)
        self.drafts += [draft for draft, _ in plan.alerts]


class Nothing:
    """No alerts before."""

    def recent(self, subjects: object, since: datetime) -> Sequence[AlertRecord]:
        assert subjects is not None
        assert since
        return []

    def alert_facts(self, now: datetime, limit: int) -> None: ...

    def waiting(self, now: datetime) -> Sequence[AlertRecord]:
        raise AssertionError(now)

    def save(self, plan: AlertPlan, now: datetime, *, seen: int | None = None) -> None:
        raise AssertionError((plan, now, seen))


def look(book: Book, now: datetime = NOW, **brands: str) -> Watched:
    return watch_spikes(book, Nothing(), AlertPolicy(), (), brands or {"quillon": "Quillon"}, now, UTC)


def hour(number: float) -> datetime:
    """The start of the hour that ended so many hours before noon."""
    return NOW - (number + 1) * HOUR


def test_a_first_look_judges_two_days_and_later_ones_a_day_once_more() -> None:
    book = Book(counts={hour(47): 20})
    assert len(look(book).plan.alerts) == 1
    assert book.asked == [29 * 24 + int(FURTHEST / HOUR)]
    assert book.mark == SpikeMark(NOW, NOW)
    look(book, NOW + HOUR)
    assert book.asked[1] == 29 * 24 + int(AGAIN / HOUR) + 1
    assert not look(Book(counts={hour(50): 20})).plan.alerts, "older than that is no news"


def test_within_an_hour_nobody_looks_again_and_again() -> None:
    book = Book()
    look(book, NOW + timedelta(minutes=1))
    look(book, NOW + timedelta(minutes=1) + PATIENCE - timedelta(seconds=1))
    assert len(book.asked) == 1
    look(book, NOW + timedelta(minutes=1) + PATIENCE)
    look(book, NOW + HOUR)
    look(book, NOW)
    assert len(book.asked) == 4, "after a while, in a new hour, and when the clock was set back"


def test_volume_and_authors_that_open_together_are_told_in_one_alert() -> None:
    book = Book(counts={hour(0): 20})
    look(book)
    assert {each.measure for each in book.incidents} == {Measure.VOLUME, Measure.AUTHORS}
    assert [draft.subject for draft in book.drafts] == ["spike:quillon"]


def test_later_authors_are_not_told_and_blame_is() -> None:
    book = Book(counts={hour(0): 20})
    look(book)
    book.counts[hour(-1)], book.negative[hour(-1)] = 20, 15
    look(book, NOW + HOUR)
    assert len(book.drafts) == 2
    assert {each.measure for each in book.incidents} == set(Measure)
    book.counts[hour(-2)], book.negative[hour(-2)] = 20, 15
    look(book, NOW + 2 * HOUR)
    assert len(book.drafts) == 2


def test_two_bursts_of_one_look_are_two_alerts_and_one_is_one() -> None:
    apart = Book(counts={hour(40): 20, hour(2): 20})
    assert len(look(apart).plan.alerts) == 2
    near = Book(counts={hour(12): 20, hour(2): 20})
    assert len(look(near).plan.alerts) == 1


def test_what_was_told_is_not_told_when_it_is_judged_again() -> None:
    book = Book(counts={hour(20): 20})
    look(book)
    for later in range(1, 30):
        look(book, NOW + later * HOUR)
    assert len(book.drafts) == 1
    assert len(book.incidents) == 2
    assert all(each.closed_at for each in book.incidents)


def test_a_burst_is_closed_for_its_time_where_nobody_looked_for_days() -> None:
    book = Book(counts={hour(0): 20})
    look(book)
    later = NOW + timedelta(days=5)
    book.counts[later - HOUR] = 25
    look(book, later)
    assert len(book.drafts) == 2
    old, new = (each for each in book.incidents if each.measure is Measure.VOLUME)
    assert old.closed_at
    assert old.closed_at <= old.last_excess_at + timedelta(days=5)
    assert new.start >= later - 3 * HOUR


def test_hours_before_listening_began_are_not_judged() -> None:
    before = Book(counts={hour(3): 200}, since=NOW - 2 * HOUR)
    assert not look(before).plan.alerts
    assert not look(before, NOW + HOUR).plan.alerts, "nor do they count in the hours after"
    assert not look(Book(counts={hour(3): 200}, since=None)).plan.alerts


def test_what_is_no_listened_brand_any_more_is_closed() -> None:
    book = Book(counts={hour(0): 20})
    look(book)
    look(book, NOW + timedelta(minutes=1), brimtel="Brimtel")
    closed = [each for each in book.incidents if each.closed_at]
    assert len(closed) == len([each for each in book.incidents if each.brand == "quillon"]) == 2


def series(book: Book) -> HourlySeries:
    return book.hourly(["quillon"], NOW, HOURS)[0]


def test_only_fresh_hours_can_be_too_much() -> None:
    assert judged_hour(series(Book(counts={hour(0): 20})), NOW)[Measure.VOLUME].excess
    assert not judged_hour(series(Book(counts={hour(0): 20}, stale=frozenset({hour(0)}))), NOW)[Measure.VOLUME].excess


def test_hours_that_were_not_heard_leave_the_baseline_and_can_be_too_much_all_the_same() -> None:
    out = frozenset(hour(n) for n in range(24 * 12))
    calm: dict[datetime, int] = dict.fromkeys(out, 0)
    busy: dict[datetime, int] = {hour(n): 6 for n in range(24 * 12, HOURS)}
    heard = judged_hour(series(Book(counts={**busy, **calm, hour(0): 12})), NOW)[Measure.VOLUME]
    unheard = judged_hour(series(Book(counts={**busy, **calm, hour(0): 12}, unheard=out)), NOW)[Measure.VOLUME]
    assert unheard.expected > 1.5 * heard.expected
    assert judged_hour(series(Book(counts={**calm, hour(0): 40}, unheard=out)), NOW)[Measure.VOLUME].excess


def incident(measure: Measure, start: float, last: float, **values: Any) -> SpikeIncident:
    """From so many hours before noon to so many."""
    begun, ended = NOW - start * HOUR, NOW - last * HOUR
    return SpikeIncident(values.pop("id", 1), "quillon", measure, begun, begun + HOUR, ended, 1, 9, 1, 1e-9, **values)


@pytest.mark.parametrize(("gap", "number"), [(11, 1), (12, 2)])
def test_bursts_belong_together_that_are_less_than_twelve_hours_apart(gap: float, number: int) -> None:
    found = clusters([incident(Measure.AUTHORS, 30 - gap, 1), incident(Measure.VOLUME, 40, 30)])
    assert len(found) == number


def test_of_bursts_that_begin_at_once_the_one_of_blame_leads() -> None:
    (found,) = clusters([incident(measure, 5, 4) for measure in (Measure.VOLUME, Measure.AUTHORS, Measure.NEGATIVE)])
    assert found[0].measure is Measure.NEGATIVE


def test_growth_is_told_of_amounts_and_not_of_authors() -> None:
    book = Book(counts={hour(0): 10})
    look(book)
    book.counts[hour(-1)] = 60
    watched = look(book, NOW + HOUR)
    assert len(book.drafts) == 2
    assert {each.measure for each in watched.incidents} == {Measure.VOLUME, Measure.AUTHORS}
    assert book.drafts[0].key != book.drafts[1].key
