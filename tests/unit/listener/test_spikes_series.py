"""A whole series: every bin by what lies before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from listener.spikes import series
from listener.spikes.detect import FILES, HOUR, Judged, judge_newest
from listener.spikes.series import bursts, judge_every, merged

FIRST = datetime(2026, 1, 5, tzinfo=UTC)
FIVE = timedelta(minutes=5)


def counts(mean: float, bins: int, seed: int, r: float = 3.0) -> NDArray[np.int64]:
    random = np.random.default_rng(seed)
    wave = 1 + 0.6 * np.sin(2 * np.pi * np.arange(bins) / 24)
    return random.poisson(random.gamma(r, mean * wave / r))


def heard(values: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.ones(len(values), dtype=bool)


def test_each_bin_is_judged_as_the_newest_would_be() -> None:
    values = counts(4, 900, 1)
    values[700:706] += 25
    usable = heard(values)
    usable[300:330] = False
    every = judge_every(values, HOUR, usable)
    for at in (50, 100, 329, 335, 500, 700, 701, 705, 899):
        alone = judge_newest(values[None, : at + 1], HOUR, usable=usable[: at + 1], first=FIRST, rule=FILES)[0]
        assert bool(every.excess[at]) is alone.excess
        assert every.p_value[at] == pytest.approx(alone.p_value, rel=1e-6)
        assert every.expected[at] == pytest.approx(alone.expected, rel=1e-9)


@pytest.mark.parametrize(("length", "bins"), [(HOUR, 1500), (FIVE, 288 * 8)])
def test_nothing_is_decided_by_what_comes_after(length: timedelta, bins: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "OFTEN", 100)  # so that both ways of fitting take part
    monkeypatch.setattr(series, "_TOGETHER", 7)
    values = counts(6, bins, 2)
    for at in range(bins // 4, bins, bins // 6):
        values[at : at + 30] *= 9
    whole = bursts(values, length, heard(values))
    assert len(whole) >= 4
    for burst in whole:
        cut = values[: burst.detected + 1]
        last = bursts(cut, length, heard(cut))[-1]
        assert (last.start, last.detected, last.count, last.p_value) == (burst.start, burst.detected, burst.count, burst.p_value)
        before = bursts(cut[:-1], length, heard(cut[:-1]))
        assert all(each.detected < burst.detected for each in before)


@pytest.mark.parametrize("hours", [1.25, 2, 24])
def test_long_bins_are_judged_beyond_those_that_are_fitted_each(hours: float) -> None:
    values = counts(40, 5100, 3)
    values[5080] = 900
    found = bursts(values, hours * HOUR, heard(values))
    assert found[-1].detected == 5080


def test_a_burst_does_not_begin_within_the_one_before() -> None:
    values = np.full(10, 4.0)
    values[[5, 7]] = 300, 20
    at = np.isin(np.arange(10), [5, 7])
    judged = Judged(np.where(at, 320.0, 4), np.full(10, 12.0), np.full(10, 1e-9), np.where(at, 1, 0), at, ~at)
    first, second = merged(judged, values, 24 * HOUR)  # the second is told by three days, which the first is one of
    assert (first.last, second.detected) == (5, 7)
    assert second.start > first.last


def test_excesses_are_one_burst_until_twelve_hours_have_passed() -> None:
    values = np.full(1000, 3)
    values[[800, 812, 830]] = 60
    found = bursts(values, HOUR, heard(values))
    assert [(each.detected, each.start) for each in found] == [(800, 800), (830, 830)]
    assert 812 <= found[0].last <= 814


def test_six_times_as_much_for_six_hours_is_found_and_calm_is_left_alone() -> None:
    found = false = 0
    for seed in range(12):
        values = counts(5, 8 * 168, seed)
        at = [800, 1000, 1200]
        for start in at:
            values[start : start + 6] = counts(30, 1500, seed + 100)[start : start + 6]
        told = [burst.detected for burst in bursts(values, HOUR, heard(values)) if burst.detected >= 672]
        found += sum(any(start <= each < start + 8 for each in told) for start in at)
        false += sum(not any(start <= each < start + 8 for start in at) for each in told)
    assert found >= 33  # of 36
    assert false <= 4  # in 48 weeks


def test_missing_bins_are_no_zeros() -> None:
    values = counts(20, 1000, 5)
    usable = heard(values)
    usable[400:560] = False
    values[400:560] = 0
    assert not bursts(values, HOUR, usable)
    assert bursts(values, HOUR, usable) == bursts(np.where(usable, values, 10**6), HOUR, usable)


def test_two_days_are_needed_and_clear_bursts_are_told_soon_after() -> None:
    values = counts(5, 400, 6)
    values[[30, 120]] = 200
    assert [burst.detected for burst in bursts(values, HOUR, heard(values))] == [120]


@pytest.mark.parametrize(("length", "first", "bins"), [(HOUR, 800, 4), (FIVE, 288 * 20, 8)])
def test_it_ends_with_the_last_bin_that_was_itself_too_much(length: timedelta, first: int, bins: int) -> None:
    """What is summed up over hours stays too much for a while after the burst."""
    values = counts(5, first + 100, 5)
    values[first : first + bins] += 150
    (burst,) = (one for one in bursts(values, length, heard(values)) if one.start <= first + bins <= one.last + 20)
    assert burst.last == first + bins - 1
    lingering = judge_every(values, length, heard(values)).excess[first + bins : first + bins + 2]
    assert lingering.any()
