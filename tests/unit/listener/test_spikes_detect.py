"""Whether the newest hour is too much, and what becomes of a burst."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from listener.core.spikes import Measure, SpikeChange, SpikeIncident
from listener.spikes.detect import FILES, HOUR, Verdict, advance, judge_newest, judge_share

FIRST = datetime(2026, 1, 5, tzinfo=UTC)
AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
HOURS = 29 * 24
ALL = np.ones(HOURS, dtype=bool)


def calm(mean: float, series: int = 1, bins: int = HOURS, seed: int = 1) -> NDArray[np.int64]:
    random = np.random.default_rng(seed)
    return random.poisson(random.gamma(3.0, mean / 3.0, (series, bins)))


def one(counts: NDArray[np.int64], usable: NDArray[np.bool_] = ALL, length: timedelta = HOUR) -> Verdict:
    return judge_newest(counts, length, usable=usable, first=FIRST)[0]


def test_six_times_as_much_is_told_and_as_usual_is_not() -> None:
    counts = calm(5, series=200)
    assert sum(each.excess for each in judge_newest(counts, HOUR, usable=ALL, first=FIRST)) <= 1
    counts[:, -2:] = calm(30, series=200, bins=2, seed=2)
    verdicts = judge_newest(counts, HOUR, usable=ALL, first=FIRST)
    assert sum(each.excess for each in verdicts) > 120
    told = next(each for each in verdicts if each.excess and each.hours == 3)
    assert told.count > 3 * told.expected
    assert told.p_value < 2e-4
    assert told.onset in {timedelta(hours=each) for each in (1, 2, 3)}
    assert not told.learning


def test_each_series_is_judged_as_if_it_were_alone() -> None:
    counts = calm(3, series=1203)
    counts[7, -1] = 60
    usable = np.ones(counts.shape, dtype=bool)
    usable[1, :200] = False
    together = judge_newest(counts, HOUR, usable=usable, first=FIRST)
    for at in (0, 1, 7, 1001, 1202):
        alone = judge_newest(counts[[at]], HOUR, usable=usable[at], first=FIRST)[0]
        assert alone.p_value == pytest.approx(together[at].p_value)
        assert (alone.count, alone.excess) == (together[at].count, together[at].excess)
    assert [at for at, each in enumerate(together) if each.excess] == [7]


def test_what_lies_further_back_than_the_baseline_plays_no_part() -> None:
    counts = calm(3)
    longer = np.concatenate([np.full((1, 500), 900), counts], axis=1)
    assert one(longer, np.ones(longer.shape[1], dtype=bool)).p_value == pytest.approx(one(counts).p_value)


def test_few_are_never_too_many() -> None:
    counts = np.zeros((1, HOURS), dtype=np.int64)
    counts[0, -1] = 4
    assert not one(counts).excess
    counts[0, -1] = 9
    assert one(counts).excess


def test_a_bin_in_which_collection_failed_is_no_burst_and_no_calm() -> None:
    counts, usable = calm(5), ALL.copy()
    counts[0, -1] = 90
    assert one(counts, usable).excess
    usable[-1] = False
    assert not one(counts, usable).excess
    usable = ALL.copy()
    counts[0, 300:540] = 0
    usable[300:540] = False
    assert one(counts, usable).p_value < one(counts).p_value / 10  # as zeros they would look like a series that jumps


def test_learning_counts_only_the_floor() -> None:
    counts, usable = calm(2), np.zeros(HOURS, dtype=bool)
    usable[-10 * 24 :] = True
    counts[0, -1] = 25
    told = one(counts, usable)
    assert told.learning
    assert not told.excess  # beyond doubt, yet below the floor
    assert judge_newest(counts, HOUR, usable=usable, first=FIRST, rule=FILES)[0].excess
    counts[0, -1] = 40
    assert one(counts, usable).excess
    usable[:] = False
    usable[-20:] = True  # less than two days: nothing is known but the floor
    assert one(counts, usable).excess
    assert not judge_newest(counts, HOUR, usable=usable, first=FIRST, rule=FILES)[0].excess
    busy = calm(60)
    usable[-10 * 24 :] = True
    assert not one(busy, usable).excess  # above the floor, and as usual


@pytest.mark.parametrize(
    ("length", "bins"),
    [
        (timedelta(minutes=1), 1440 * 20),
        (timedelta(minutes=5), 288 * 29),
        (timedelta(minutes=7), 5000),
        (timedelta(minutes=15), 96 * 29),
        (timedelta(hours=5), 150),
        (timedelta(days=1), 60),
        (timedelta(days=7), 60),
    ],
)
def test_bins_of_any_length(length: timedelta, bins: int) -> None:
    counts, usable = calm(8, series=30, bins=bins), np.ones(bins, dtype=bool)
    assert not any(each.excess for each in judge_newest(counts, length, usable=usable, first=FIRST))
    cell = max(1, round(HOUR / length))
    counts[:, -cell:] *= 12
    counts[:, -cell:] += 12
    assert sum(each.excess for each in judge_newest(counts, length, usable=usable, first=FIRST)) >= 20


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="series, bins"):
        judge_newest(calm(1)[0], HOUR, usable=ALL, first=FIRST)
    with pytest.raises(ValueError, match="usable"):
        judge_newest(calm(1), HOUR, usable=ALL[:-1], first=FIRST)
    with pytest.raises(ValueError, match="time zone"):
        judge_newest(calm(1), HOUR, usable=ALL, first=FIRST.replace(tzinfo=None))
    with pytest.raises(ValueError, match="length"):
        judge_newest(calm(1), timedelta(0), usable=ALL, first=FIRST)
    nothing = judge_newest(np.zeros((2, 0)), HOUR, usable=np.zeros(0, dtype=bool), first=FIRST)
    assert [(each.excess, each.learning) for each in nothing] == [(False, True)] * 2


def test_the_share_of_negative_ones() -> None:
    random = np.random.default_rng(3)
    total = random.poisson(8, HOURS)
    negative = random.binomial(total, 0.15)
    assert not judge_share(negative, total, ALL).excess
    total[-1], negative[-1] = 20, 16
    told = judge_share(negative, total, ALL)
    assert told.excess
    assert (told.count, told.total) == (0.8, 20)
    assert told.expected == pytest.approx(0.15, abs=0.04)
    failed = ALL.copy()
    failed[-1] = False
    assert not judge_share(negative, total, failed).excess
    new = np.zeros(HOURS, dtype=bool)
    new[-100:] = True
    assert judge_share(negative, total, new).learning
    assert not judge_share(negative, total, new).excess


def test_the_share_of_fewer_than_ten_is_not_judged() -> None:
    negative, total = np.zeros(HOURS, dtype=np.int64), np.ones(HOURS, dtype=np.int64)
    total[-3:] = 3
    negative[-3:] = 3
    assert not judge_share(negative, total, ALL).excess
    total[-1] = negative[-1] = 4
    assert judge_share(negative, total, ALL).excess


HIGH = Verdict(30, 5, 1e-7, 1, excess=True, learning=False, onset=HOUR)
LOW = Verdict(5, 5, 1.0, 1, excess=False, learning=False)


def opened(verdict: Verdict = HIGH) -> SpikeIncident:
    found, change = advance(None, verdict, AT, "quillon", Measure.VOLUME)
    assert change is SpikeChange.OPENED
    assert found is not None
    return found


def test_a_burst_opens_where_its_excess_began() -> None:
    assert advance(None, LOW, AT, "quillon", Measure.VOLUME) == (None, None)
    found = opened(replace(HIGH, hours=3, onset=2 * HOUR))
    assert (found.start, found.detected_at, found.last_excess_at) == (AT - 2 * HOUR, AT, AT)
    assert (found.count, found.expected, found.told_excess, found.hours) == (30, 5, 25, 3)
    assert opened(replace(HIGH, hours=3, onset=None)).start == AT - 3 * HOUR


def test_a_burst_closes_twelve_hours_after_its_last_excess() -> None:
    burst: SpikeIncident | None = opened()
    for hour in range(1, 12):
        burst, change = advance(burst, LOW, AT + hour * HOUR, "quillon", Measure.VOLUME)
        assert change is None
        assert burst is not None
        assert burst.closed_at is None
    burst, change = advance(burst, LOW, AT + 12 * HOUR, "quillon", Measure.VOLUME)
    assert change is SpikeChange.CLOSED
    assert burst is not None
    assert burst.closed_at == AT + 12 * HOUR


def test_an_excess_within_twelve_hours_keeps_it_open_without_a_word() -> None:
    burst, change = advance(opened(), HIGH, AT + 10 * HOUR, "quillon", Measure.VOLUME)
    assert change is None
    assert burst is not None
    assert burst.last_excess_at == AT + 10 * HOUR
    assert advance(burst, LOW, AT + 20 * HOUR, "quillon", Measure.VOLUME) == (burst, None)


@pytest.mark.parametrize(("count", "told"), [(42, False), (42.5, True), (400, True)])
def test_people_are_told_again_only_of_half_as_much_again(count: float, told: bool) -> None:
    burst, change = advance(opened(), replace(HIGH, count=count), AT + HOUR, "quillon", Measure.VOLUME)
    assert (change is SpikeChange.GREW) is told
    assert burst is not None
    assert burst.told_excess == (count - 5 if told else 25)
    assert burst.detected_at == AT


def test_the_same_burst_through_a_longer_window_has_not_grown() -> None:
    three = Verdict(90, 15, 1e-9, 3, excess=True, learning=False)
    burst, change = advance(opened(), three, AT + 2 * HOUR, "quillon", Measure.VOLUME)
    assert change is None  # 25 an hour, as told
    partly = opened(Verdict(65, 15, 1e-6, 3, excess=True, learning=False, onset=2 * HOUR))
    burst, change = advance(partly, three, AT + HOUR, "quillon", Measure.VOLUME)
    assert change is None  # the window has filled, the burst is as quick as it was
    burst, change = advance(partly, replace(three, count=140), AT + HOUR, "quillon", Measure.VOLUME)
    assert change is SpikeChange.GREW
    assert burst is not None


def test_a_burst_that_grows_again_is_told_again() -> None:
    burst: SpikeIncident | None = opened()  # 25 in its first hour
    changes = []
    for hour, count in ((3, 165), (4, 200), (5, 260), (6, 300)):  # in three hours: 50, 62, 82, 95 an hour above what is usual
        burst, change = advance(
            burst, Verdict(count, 15, 1e-9, 3, excess=True, learning=False), AT + hour * HOUR, "q", Measure.VOLUME
        )
        changes.append(change)
    assert changes == [SpikeChange.GREW, None, SpikeChange.GREW, None]
    assert burst is not None
    assert (burst.count, burst.hours) == (260, 3)
