"""What is usual is learnt: level, time of day, weekday, scatter; and neither bursts nor silence of the past spoil it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from listener.spikes.baseline import GUARD, LONGEST, NEWEST, Baseline, fit

HOURS = 29 * 24


def rows(line: NDArray[np.float64], heard: NDArray[np.bool_] | None = None) -> Baseline:
    """The baseline of one hourly series, oldest first."""
    usable = np.ones(len(line)) if heard is None else heard.astype(np.float64)
    usable = usable.copy()
    usable[-GUARD:] = 0
    return fit(line[::-1].reshape(1, 29, 24), usable[::-1].reshape(1, 29, 24))


def scattered(rate: NDArray[np.float64], seed: int = 1, r: float = 3.0) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    return random.poisson(random.gamma(r, rate / r)).astype(np.float64)


def test_level_and_scatter() -> None:
    found = rows(scattered(np.full(HOURS, 20.0)))
    assert found.expected.shape == (1, LONGEST + 24)
    assert found.expected[0] == pytest.approx(np.full(LONGEST + 24, 20.0), rel=0.25)
    assert found.expected[0].mean() == pytest.approx(20.0, rel=0.06)
    single, several = found.overdispersion[0]
    assert single == pytest.approx(1 / 3, rel=0.25)  # 1/r of an hour, r = 3
    assert several == pytest.approx(1 / 9, rel=0.5)  # of three that know nothing of each other
    assert found.days[0] == pytest.approx(29, abs=0.2)


def test_hours_of_the_day() -> None:
    hours = np.arange(HOURS)
    rate = 20.0 * (1 + 0.8 * np.sin(2 * np.pi * hours / 24))
    found = rows(scattered(rate))
    ahead = np.arange(HOURS - 1 - NEWEST, HOURS + 24)
    due = 20.0 * (1 + 0.8 * np.sin(2 * np.pi * ahead / 24))
    assert np.corrcoef(found.expected[0], due)[0, 1] > 0.97


def test_days_of_the_week() -> None:
    hours = np.arange(HOURS)
    quiet = hours // 24 % 7 >= 5
    rate = np.where(quiet, 6.0, 20.0)  # the last day is 28 % 7 == 0: a working day; and the hours ahead are one
    assert rows(scattered(rate)).expected[0].mean() == pytest.approx(20.0, rel=0.2)
    shifted = np.where((hours // 24 + 5) % 7 >= 5, 6.0, 20.0)  # now the last day is a quiet one
    assert rows(scattered(shifted)).expected[0, : NEWEST + 1].mean() == pytest.approx(6.0, rel=0.45)


def test_weeks_that_do_not_agree_make_no_weekday() -> None:
    random = np.random.default_rng(4)
    days = np.repeat(random.permutation(np.r_[np.full(8, 6.0), np.full(21, 20.0)]), 24)
    found = rows(scattered(days)).expected[0]
    assert found.max() < 30


def test_bursts_of_the_past_are_cut() -> None:
    calm = scattered(np.full(HOURS, 5.0))
    burst = calm.copy()
    for at in (60, 200, 333, 420, 510, 600):  # six hours each: one hour in nineteen
        burst[at : at + 6] += 40
    clean, after = rows(calm), rows(burst)
    assert burst.mean() / calm.mean() > 1.35
    assert after.expected.mean() / clean.expected.mean() < 1.15
    assert after.overdispersion[0, 1] < clean.overdispersion[0, 1] + 0.15


def test_failed_collection_is_no_calm() -> None:
    line = scattered(np.full(HOURS, 10.0))
    heard = np.ones(HOURS, dtype=bool)
    heard[100:340] = False
    line[100:340] = 0
    found = rows(line, heard)
    assert found.expected.mean() == pytest.approx(10.0, rel=0.1)
    assert found.days[0] == pytest.approx(19, abs=0.2)
    assert rows(line).expected.mean() < 9.3
    assert rows(line).overdispersion[0, 1] > 1.3 * found.overdispersion[0, 1]


def test_a_level_that_stays_for_a_while_is_followed_and_noise_is_not() -> None:
    random = np.random.default_rng(2)
    level = np.empty(HOURS)
    now = 0.0
    for at in range(HOURS):
        now = 0.98 * now + random.normal(0, 0.1)
        level[at] = now
    rate = 30 * np.exp(level)
    rate[-20:] = 90
    follows = rows(scattered(rate)).expected[0, NEWEST]
    calm = np.full(HOURS, 30.0)
    calm[-20:] = 90
    stays = rows(scattered(calm)).expected[0, NEWEST]
    assert follows > 1.05 * stays


def test_nothing_at_all_is_finite() -> None:
    found = fit(np.zeros((2, 29, 24)), np.zeros((2, 29, 24)))
    assert np.isfinite(found.expected).all()
    assert np.isfinite(found.overdispersion).all()
    assert found.days.tolist() == [0, 0]
