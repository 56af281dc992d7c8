"""What is usual: the level, the hours of the day, the days of the week and the scatter of a series, from its last 28 days.

A series is cut into cells of an hour (of a bin, where bins are longer), counted back from the newest one: row d, column c of a
*past* is the cell that ended ``d`` days and ``c`` cells before it. So column 0 is always the time of day that is judged, row 7
the same weekday, and nobody needs a calendar.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LONGEST = 3
"""Cells in the longer window."""
NEWEST = LONGEST - 1
"""Where the newest cell stands in ``Baseline.expected``."""
GUARD = LONGEST + 1
"""The newest cells are no part of the baseline: they may be the burst."""
HALF_LIFE = 14.0
"""Days after which a day counts half."""
PULL = 4.0
"""Counts of nothing special that every hour of the day begins with: few mentions say little about the time of day."""
WEEK_REACH = 5
"""The time of the week is judged by so many cells before and after it, too."""
RECENT = 12
"""Cells before the guard by which a series that keeps to a level for a while is followed."""
FIRST_CUT, CUT, ROUNDS = 0.85, 3.0, 2
"""Bursts of the past are cut at this quantile first, then at so many standard deviations, so many times."""
NEAR = 0.5
"""Cells a day from which the time of day and of week is known: the doubt about the expected count is reckoned from it."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Per series: what is expected of the newest cells and of the next ones, and how the counts scatter."""

    expected: Floats
    """(series, cells): of ``LONGEST`` cells up to the newest, which is column ``NEWEST``, and of a day of cells after it."""
    overdispersion: Floats
    """(series, 2): 1/r of one cell and of ``LONGEST`` cells together, the doubt about the expected count included."""
    days: Floats
    """(series,): how many whole days of usable cells the baseline has."""


def fit(past: Floats, usable: Floats) -> Baseline:
    """The baseline of each series.

    Args:
        past: (series, days, cells a day), counts; what is not usable is ignored.
        usable: the same shape, 1 or 0; a cell that lies in the guard or before the history is 0.
    """
    weight = usable * 0.5 ** (np.arange(past.shape[1]) / HALF_LIFE)[None, :, None]
    counts = np.where(usable > 0, past, 0.0)
    several = _together(usable)
    sums = _running(counts)
    capped = np.minimum(counts, _first_cap(counts, usable)[:, None, :])
    for _ in range(ROUNDS):  # bursts of the past are cut at what the round before calls very unusual
        mean = _mean(capped, weight, usable)
        due = _running(mean)
        spread = _overdispersion(_running(capped), due, several)
        capped = counts * _cut(sums, due, spread)
    flat = _mean(capped, weight, usable)
    recent = _recent(capped, flat, usable, several)
    mean = flat * recent
    single = _overdispersion(capped, mean, usable)
    together = np.maximum(_overdispersion(_running(capped), _running(mean), several), single / LONGEST)
    days = usable.sum(axis=(1, 2)) / past.shape[2]
    level = np.maximum(mean.reshape(len(mean), -1)[:, :LONGEST].mean(axis=1), 0.05)
    near = np.maximum(days * NEAR, 1.0)  # cells from which the time of day and of week is known
    doubt = 1 / (2 * days * level + PULL) + single / near
    spread = np.stack([single + doubt, together + doubt], axis=1)
    shown = _shown(past.shape[2])
    expected = flat.reshape(len(flat), -1)[:, shown] * recent[:, 0, :1]
    return Baseline(expected, spread, days)


def _shown(cells: int) -> NDArray[np.intp]:
    """Where the cells of ``Baseline.expected`` stand, counted back from the newest: those to come, where they were a week ago."""
    ahead = np.arange(-NEWEST, cells + 1)
    return np.where(ahead > 0, 7 * cells - ahead, -ahead)


def _first_cap(counts: Floats, usable: Floats) -> Floats:
    """Per column, the 90th percentile of its usable cells: (series, cells)."""
    ordered = np.sort(np.where(usable > 0, counts, np.inf), axis=1)
    known = usable.sum(axis=1)
    rank = np.clip(np.ceil(FIRST_CUT * known) - 1, 0, None).astype(np.intp)
    found = np.take_along_axis(ordered, rank[:, None, :], axis=1)[:, 0, :]
    found = np.where(np.isfinite(found), found, 0.0)
    return np.asarray((found + np.roll(found, 1, axis=1) + np.roll(found, -1, axis=1)) / 3 + 0.5)


def _cut(sums: Floats, due: Floats, spread: Floats) -> Floats:
    """By what each cell is to be multiplied, so that no stretch of cells is more than very unusual."""
    most = due + CUT * np.sqrt(due + spread[:, None, None] * due * due) + 1.0
    part = np.minimum(1.0, most / np.maximum(sums, 1e-9))
    line = part.reshape(part.shape[0], -1)
    least = line.copy()
    for ahead in range(1, LONGEST):  # a stretch reaches from its newest cell to older ones, which stand behind it
        np.minimum(least[:, ahead:], line[:, :-ahead], out=least[:, ahead:])
    return least.reshape(part.shape)


def _mean(capped: Floats, weight: Floats, usable: Floats) -> Floats:
    """Level x time of day x time of week: the expected count of every cell, usable or not."""
    weighted = capped * weight
    exposure = weight.sum(axis=1)
    level = weighted.sum(axis=(1, 2)) / np.maximum(exposure.sum(axis=1), 1e-9)
    level = np.maximum(level, 1e-6)[:, None]
    if capped.shape[2] > 1:
        seen, due = _smooth(weighted.sum(axis=1)), _smooth(exposure * level)
        shape = (seen + PULL) / (due + PULL)
    else:
        shape = np.ones_like(exposure)
    flat = np.broadcast_to((level * shape)[:, None, :], capped.shape)
    return flat * _weekly(capped, flat, usable)


def _smooth(values: Floats) -> Floats:
    """Each time of day with half of the one before and after it."""
    return values + 0.5 * (np.roll(values, 1, axis=1) + np.roll(values, -1, axis=1))


def _weekly(capped: Floats, flat: Floats, usable: Floats) -> Floats:
    """A factor per cell: how much this time of the week differs from other days, as far as the weeks agree about it."""
    series, rows, cells = capped.shape
    reach = WEEK_REACH if cells >= 24 else 0
    seen = _around((capped * usable).reshape(series, -1), reach)
    due = _around((flat * usable).reshape(series, -1), reach)
    line = flat[:, 0, :]
    whole = np.sum([np.roll(line, by, axis=1) for by in range(-reach, reach + 1)], axis=0)
    known = due > 0.35 * np.tile(whole, (1, rows))
    ratio = np.where(known, seen / np.where(known, due, 1.0), 0.0)
    week = 7 * cells
    weeks = -(-rows // 7)
    more = ((0, 0), (0, weeks * week - rows * cells))
    ratio, known = (np.pad(each, more).reshape(series, weeks, week) for each in (ratio, known))
    number = known.sum(axis=1)
    middle = np.where(number > 0, ratio.sum(axis=1) / np.maximum(number, 1), 1.0)
    within = (known * (ratio - middle[:, None, :]) ** 2).sum(axis=(1, 2)) / np.maximum((number - 1).clip(0).sum(axis=1), 1)
    centre = middle.mean(axis=1)
    between = ((middle - centre[:, None]) ** 2).mean(axis=1)
    noise = within / np.maximum(number.mean(axis=1), 1)
    enough = number.min(axis=1) >= 2
    trust = np.where(enough, np.clip(1 - noise / np.maximum(between, 1e-12), 0.0, 1.0), 0.0)
    factor = np.clip(1 + trust[:, None] * (middle - 1), 0.1, 10.0)
    return np.tile(factor, (1, weeks))[:, : rows * cells].reshape(capped.shape)


def _recent(capped: Floats, mean: Floats, usable: Floats, several: Floats) -> Floats:
    """A factor per cell: how far the half day before (without the guard) was above or below, as far as the series keeps to it."""
    series = len(capped)
    due = _before((mean * usable).reshape(series, -1))
    above = ((_before((capped * usable).reshape(series, -1)) + PULL) / (due + PULL) - 1).reshape(capped.shape)
    usual = _running(mean)
    change = usual * above * several
    kept = (change * (_running(capped) - usual)).sum(axis=(1, 2)) / np.maximum((change**2).sum(axis=(1, 2)), 1e-9)
    factor = np.clip(1 + np.clip(kept, 0.0, 1.0)[:, None, None] * above, 0.3, 3.0)
    return np.asarray(factor)


def _before(line: Floats) -> Floats:
    """The sum of the ``RECENT`` cells before each cell and its guard; the oldest cells have fewer."""
    return _stretch(line, GUARD, GUARD + RECENT)


def _around(line: Floats, reach: int) -> Floats:
    """The sum of each cell and as many before and after it."""
    return _stretch(line, -reach, reach + 1) if reach else line


def _stretch(line: Floats, start: int, end: int) -> Floats:
    """The sums of the cells ``[at + start, at + end)`` for every ``at``; beyond the ends there is nothing."""
    series, size = line.shape
    sums = np.zeros((series, size + 1))
    np.cumsum(line, axis=1, out=sums[:, 1:])
    at = np.arange(size)
    return np.asarray(sums[:, np.clip(at + end, 0, size)] - sums[:, np.clip(at + start, 0, size)])


def _overdispersion(counts: Floats, mean: Floats, usable: Floats) -> Floats:
    """1/r by moments, over all usable cells."""
    extra = (usable * ((counts - mean) ** 2 - mean)).sum(axis=(1, 2))
    return np.asarray(np.clip(extra / np.maximum((usable * mean * mean).sum(axis=(1, 2)), 1e-9), 0.0, 2.0))


def _running(past: Floats) -> Floats:
    """The sum of each cell and the ``LONGEST - 1`` before it (which stand behind it); the oldest have fewer."""
    line = past.reshape(past.shape[0], -1)
    found = line.copy()
    for back in range(1, LONGEST):
        found[:, :-back] += line[:, back:]
    return found.reshape(past.shape)


def _together(usable: Floats) -> Floats:
    """1 where a whole stretch of cells is usable."""
    return np.asarray(_running(usable) == LONGEST, dtype=np.float64)
