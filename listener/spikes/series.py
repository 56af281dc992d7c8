"""One whole series, judged bin by bin as if each were the newest: what ``listener spikes`` and the measurements do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from listener.spikes.baseline import LONGEST, NEWEST, Floats
from listener.spikes.bins import Counted, Flags, Shape, shape_of
from listener.spikes.detect import FILES, LEAST_MEAN, QUIET, Judged, Rule, baseline_at, onsets, weigh

OFTEN, SELDOM = 5000, 24
"""Cells (hours, or longer bins) after each of which the baseline is fitted; later only after so many of them, a day at most: a
million rows take seconds so."""
_TOGETHER = 200
"""Fits that are done together: they stay in the cache."""


@dataclass(frozen=True, slots=True)
class Burst:
    """A burst within a series, by the positions of its bins."""

    start: int
    """The first bin that was too much."""
    detected: int
    """The bin that told: nothing after it was needed."""
    last: int
    """The last bin that was itself too much: hours that are summed up stay so for a while after it."""
    count: float
    """In the window that told."""
    expected: float
    p_value: float
    hours: int


def judge_every(values: NDArray[np.generic], length: timedelta, usable: Flags, rule: Rule = FILES) -> Judged:
    """The verdict of every bin, each by what lies before it and the bin itself: columns of (bins,)."""
    shape, counted = shape_of(length), Counted(np.asarray(values)[None, :], np.asarray(usable)[None, :])
    parts = list(_parts(counted, shape, rule))
    joined = Judged(*(np.concatenate(each) for each in zip(*(_columns(part) for part in parts), strict=True)))
    joined.excess[~np.asarray(usable, dtype=bool)] = False
    return joined


def _columns(part: Judged) -> tuple[NDArray[np.generic], ...]:
    return part.count, part.expected, part.p_value, part.window, part.excess, part.learning


def _parts(counted: Counted, shape: Shape, rule: Rule) -> Iterator[Judged]:
    fits = _fits(counted.bins, shape)
    for first in range(0, len(fits), _TOGETHER):
        some = fits[first : first + _TOGETHER]
        after = fits[first + _TOGETHER] if first + _TOGETHER < len(fits) else counted.bins + 1
        ends = np.arange(some[0], after, dtype=np.intp)
        usual = baseline_at(counted, shape, some)
        row = np.searchsorted(some, ends, side="right") - 1
        ahead = (ends - some[row]) / shape.cell
        sums, expected = [], []
        for cells in (1, LONGEST):
            seen, heard = counted.between(ends - cells * shape.cell, ends)
            sums.append(seen[0])
            due = np.sum([_at(usual.expected, row, ahead - back) for back in range(cells)], axis=0)
            expected.append(due * heard[0] / (cells * shape.cell))
        spread, days = usual.overdispersion[row], usual.days[row]
        yield weigh(np.stack(sums, 1), np.stack(expected, 1), spread, days, rule, shape)


def _fits(bins: int, shape: Shape) -> NDArray[np.intp]:
    """The ends at which the baseline is fitted: after every cell, and in a long series once a day."""
    often = np.arange(1, min(bins, OFTEN * shape.cell) + 1, shape.cell, dtype=np.intp)
    step = min(SELDOM, shape.cells) * shape.cell  # a fit reaches one day ahead: of long bins these are fewer
    seldom = np.arange(OFTEN * shape.cell + 1, bins + 1, step, dtype=np.intp)
    return np.concatenate([often, seldom])


def _at(expected: Floats, row: NDArray[np.intp], ahead: Floats) -> Floats:
    """What is expected of the cell that ends so many cells after the fit, between the times of day that the fit has."""
    below = np.floor(ahead).astype(np.intp)
    part = ahead - below
    older, newer = NEWEST + below, np.minimum(NEWEST + below + 1, expected.shape[1] - 1)
    return np.asarray(expected[row, older] * (1 - part) + expected[row, newer] * part)


def bursts(values: NDArray[np.generic], length: timedelta, usable: Flags, rule: Rule = FILES) -> list[Burst]:
    """The bursts of a series, in order: one until twelve hours have passed without excess."""
    judged = judge_every(values, length, usable, rule)
    return merged(judged, np.where(usable, values, 0).astype(np.float64), length)


def merged(judged: Judged, values: Floats, length: timedelta) -> list[Burst]:
    shape = shape_of(length)
    found: list[Burst] = []
    above = judged.excess & (values > _between(judged, shape))
    last = 0
    for at in np.flatnonzero(judged.excess).tolist():
        if found and ((at - last) * length <= QUIET or at == last + 1):
            last = at
            continue
        burst = _burst(judged, values, shape, at)
        if found:
            found[-1] = _until(found[-1], last, above)
            burst = replace(burst, start=max(burst.start, last + 1))  # its window can reach into the burst before
        found.append(burst)
        last = at
    if found:
        found[-1] = _until(found[-1], last, above)
    return found


def _between(judged: Judged, shape: Shape) -> Floats:
    """For each bin the count from which it is likelier as much above the usual as its window is than usual."""
    more = np.maximum(judged.count / np.maximum(judged.expected, LEAST_MEAN), 1.5)
    due = np.maximum(judged.expected, LEAST_MEAN) / np.where(judged.window == 1, LONGEST * shape.cell, shape.cell)
    return np.asarray(due * (more - 1) / np.log(more))


def _until(burst: Burst, last: int, above: Flags) -> Burst:
    """The burst with its end: of the bins until the last excess the last one that was itself too much."""
    ends = np.flatnonzero(above[burst.detected : last + 1])
    return replace(burst, last=burst.detected + (int(ends[-1]) if len(ends) else 0))


def _burst(judged: Judged, values: Floats, shape: Shape, at: int) -> Burst:
    long = int(judged.window[at])
    size = shape.cell * (LONGEST if long else 1)
    window = values[max(0, at + 1 - size) : at + 1]
    expected = judged.expected[at : at + 1]
    times = judged.count[at : at + 1] / np.maximum(expected, LEAST_MEAN)
    back = int(onsets(window[None, :], expected, times)[0])
    facts = float(judged.count[at]), float(judged.expected[at]), float(judged.p_value[at])
    return Burst(at + 1 - back, at, at, *facts, shape.hours[long])
