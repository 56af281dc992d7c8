"""Is the newest hour too much? And what becomes of the burst that it belongs to: pure rules, for many series at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from listener.core.spikes import Measure, SpikeChange, SpikeIncident
from listener.core.times import as_utc
from listener.spikes.baseline import GUARD, LONGEST, NEWEST, Baseline, Floats, fit
from listener.spikes.bins import DAY, DAYS, HOUR, Counted, Flags, Shape, shape_of
from listener.spikes.negbin import share_tail, upper_tail

QUIET = timedelta(hours=12)
"""So long without excess ends a burst."""
GROWTH = 1.5
"""People are told again when the excess is so many times that of which they were told."""


LEAST_MEAN, LEAST_SHARE_TOTAL = 0.3, 10
MOST_SCATTER = 2.0
"""1/r: dispersions below 0.5 would explain any burst away."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the newest bin of a series says, by the window (one hour, or three) that says it most clearly."""

    count: float
    """In the window. Of a share: the share."""
    expected: float
    p_value: float
    """How likely as much or more would be, were all as usual."""
    hours: int
    """The length of the window."""
    excess: bool
    learning: bool
    """There is less than two weeks of usable history."""
    onset: timedelta | None = None
    """How long before the end of the newest bin the excess began, where there is one."""
    total: int | None = None
    """Of a share: the mentions that it is a share of."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When a count is too much."""

    short: float = 2e-5
    """The probability below which a count of one hour is too much."""
    long: float = 2e-4
    """The same of three hours together."""
    quick: float = 3
    """Where bins are shorter than an hour, the probabilities may be so many times larger: who counts every few minutes wants to
    hear soon, and bears an alarm a week that was none."""
    least: float = 5
    """Fewer are never too many."""
    learning_days: float = 14
    """Days of usable history before which a series is still learnt."""
    first_days: float = 2
    """Days before which nothing at all is known of a series."""
    caution: float = 5
    """While a series is learnt, probabilities must be so many times smaller."""
    floor: float | None = 30
    """While a series is learnt, only so many in three hours can be too much; before ``first_days`` they always are. ``None``: no
    floor, and nothing is said before ``first_days``."""

    def limits(self, shape: Shape) -> Floats:
        """Of the short and the long window."""
        return np.array([self.short, self.long]) * (self.quick if shape.cell > 1 else 1.0)


STORE = Rule()
FILES = Rule(floor=None)


def baseline_at(counted: Counted, shape: Shape, ends: NDArray[np.intp]) -> Baseline:
    """What is usual at each end, for each series: the rows are (series x ends), series by series."""
    last = ends[:, None, None] - shape.ends[None, :, :]
    counts, heard = counted.between(last - shape.cell, last)
    part = heard / shape.cell
    usable = part >= 0.5
    usable[:, :, 0, :GUARD] = False
    usable[:, :, -1, GUARD:] = False
    if shape.cells <= GUARD:  # long bins: the guard reaches over several rows
        usable[:, :, : -(-GUARD // shape.cells), :] = False
    values = np.where(usable, counts / np.where(usable, part, 1.0), 0.0)
    rows = (-1, *shape.ends.shape)
    return fit(values.reshape(rows), usable.astype(np.float64).reshape(rows))


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts as columns: one entry per series (or per bin of one series)."""

    count: Floats
    expected: Floats
    p_value: Floats
    window: NDArray[np.intp]
    """0: the short one, 1: the long one."""
    excess: Flags
    learning: Flags


def weigh(counts: Floats, expected: Floats, overdispersion: Floats, days: Floats, rule: Rule, shape: Shape) -> Judged:
    """Both windows of each entry against what is usual; ``counts``, ``expected`` and ``overdispersion`` are (entries, 2)."""
    r = 1 / np.clip(overdispersion, 1e-4, MOST_SCATTER)
    limit = rule.limits(shape)
    p = np.ones_like(counts)
    high = (counts > expected) & (counts >= rule.least)
    p[high] = upper_tail(counts[high], np.maximum(expected, LEAST_MEAN)[high], r[high])
    learning = days < rule.learning_days
    limits = np.where(learning[:, None], limit / rule.caution, limit)
    window = np.argmin(p / limits, axis=1)
    at = np.arange(len(window)), window
    known = days >= rule.first_days
    excess = (p[at] < limits[at]) & high[at] & known
    if rule.floor is not None:
        much = counts[:, 1] >= rule.floor
        excess = np.where(learning, much & (excess | ~known), excess)
        window = np.where(learning & much & ~known, 1, window)
        at = np.arange(len(window)), window
    return Judged(counts[at], expected[at], p[at], window, excess.astype(bool), learning)


def judge_newest(
    counts: NDArray[np.generic], length: timedelta, *, usable: Flags, first: datetime, rule: Rule = STORE
) -> list[Verdict]:
    """The newest bin of every series against its own last 28 days.

    Args:
        counts: (series, bins), oldest first; what lies further back than 29 days plays no part.
        length: of a bin.
        usable: of the same shape, or (bins,): False where collection failed; such bins are no calm, and leave the baseline. Pass
            False also for what lies before listening began.
        first: the start of the first bin, aware.

    Raises:
        ValueError: the shapes do not fit, or ``first`` is naive.
    """
    as_utc(first)
    if counts.ndim != 2 or usable.shape not in {counts.shape, counts.shape[1:]}:
        raise ValueError("counts must be (series, bins), and usable (series, bins) or (bins,)")
    if not counts.size:
        return [Verdict(0.0, 0.0, 1.0, 1, excess=False, learning=True) for _ in range(counts.shape[0])]
    shape = shape_of(length)
    found: list[Verdict] = []
    for start in range(0, counts.shape[0], 1000):  # so many at a time stay in the cache
        part = slice(start, start + 1000)
        found += _newest(Counted(counts[part], usable[part] if usable.ndim == 2 else usable), shape, rule)
    return found


def _newest(counted: Counted, shape: Shape, rule: Rule) -> list[Verdict]:
    end = np.array([counted.bins], dtype=np.intp)
    usual = baseline_at(counted, shape, end)
    sums, expected = [], []
    for cells in (1, LONGEST):
        seen, heard = counted.between(end - cells * shape.cell, end)
        sums.append(seen[:, 0])
        due = usual.expected[:, NEWEST + 1 - cells : NEWEST + 1].sum(axis=1)
        expected.append(due * heard[:, 0] / (cells * shape.cell))
    heard_now = counted.heard[:, -1] > counted.heard[:, -2]
    judged = weigh(np.stack(sums, 1), np.stack(expected, 1), usual.overdispersion, usual.days, rule, shape)
    times = judged.count / np.maximum(judged.expected, LEAST_MEAN)
    onset = onsets(counted.counts[:, -LONGEST * shape.cell :], expected[1], times)
    return [
        Verdict(
            float(judged.count[at]),
            float(judged.expected[at]),
            float(judged.p_value[at]),
            shape.hours[judged.window[at]],
            excess=bool(judged.excess[at] and heard_now[at]),
            learning=bool(judged.learning[at]),
            onset=int(onset[at]) * shape.bin if judged.excess[at] and heard_now[at] else None,
        )
        for at in range(len(judged.count))
    ]


def onsets(window: Floats, expected: Floats, times: Floats) -> NDArray[np.intp]:
    """How many of the last bins are the burst: those for which ``times`` as much is likelier than the usual; at least 1.

    ``window`` is (entries, bins), oldest first; ``expected`` of all its bins together.
    """
    more = np.maximum(times, 1.5)
    due = np.maximum(expected, LEAST_MEAN) / window.shape[1]
    above = window - (due * (more - 1) / np.log(more))[:, None]
    return np.asarray(np.argmax(np.cumsum(above[:, ::-1], axis=1), axis=1) + 1, dtype=np.intp)


def judge_share(
    negative: NDArray[np.generic], total: NDArray[np.generic], usable: Flags, length: timedelta = HOUR, rule: Rule = STORE
) -> Verdict:
    """Whether unusually many of the newest mentions are negative: beta-binomial, over one hour and three.

    Args:
        negative: (bins,), oldest first.
        total: (bins,): all mentions of which those are the negative ones.
        usable: (bins,): False where collection failed.
    """
    shape = shape_of(length)
    bad, every = (Counted(np.asarray(each)[None, :], usable[None, :]) for each in (negative, total))
    end = len(negative)
    history = slice(max(0, end - (DAYS + 1) * shape.cell * shape.cells), max(0, end - GUARD * shape.cell))
    days = float(usable[history].sum() * length / DAY)
    learning = days < rule.learning_days
    alpha, beta = _usual_share(bad.counts[0, history], every.counts[0, history], shape)
    best = Verdict(0.0, alpha / (alpha + beta), 1.0, shape.hours[0], excess=False, learning=learning, total=0)
    better = np.inf
    for at, (cells, limit) in enumerate(zip((1, LONGEST), rule.limits(shape).tolist(), strict=True)):
        start = max(0, end - cells * shape.cell)
        n, k = float(every.counts[0, start:].sum()), float(bad.counts[0, start:].sum())
        if n < LEAST_SHARE_TOTAL or k < rule.least or not usable[-1]:
            continue
        p = share_tail(k, n, alpha, beta)
        if p / limit < better:
            better = p / limit
            excess = p < limit and not learning
            best = Verdict(k / n, alpha / (alpha + beta), p, shape.hours[at], excess=excess, learning=learning, total=int(n))
    return best


def _usual_share(negative: Floats, total: Floats, shape: Shape) -> tuple[float, float]:
    """The Beta distribution of the share, by moments over stretches of three cells; bursts of the past are cut."""
    size = LONGEST * shape.cell
    whole = len(total) // size * size
    if not whole:
        return 1.0, 4.0
    k = negative[len(negative) - whole :].reshape(-1, size).sum(axis=1)
    n = total[len(total) - whole :].reshape(-1, size).sum(axis=1)
    middle = (k.sum() + 1.0) / (n.sum() + 5.0)
    for _ in range(2):
        k = np.minimum(k, n * middle + 3.5 * np.sqrt(n * middle * (1 - middle)) + 1)
        middle = (k.sum() + 1.0) / (n.sum() + 5.0)  # begins at one in five
    extra = ((k - n * middle) ** 2 - n * middle * (1 - middle)).sum()
    pairs = (n * (n - 1)).sum() * middle * (1 - middle)
    kinship = float(np.clip(extra / max(pairs, 1e-9), 0.01, 0.5))  # the intraclass correlation
    strength = 1 / kinship - 1
    return float(middle * strength), float((1 - middle) * strength)


def advance(
    incident: SpikeIncident | None, verdict: Verdict, at: datetime, brand: str, measure: Measure
) -> tuple[SpikeIncident | None, SpikeChange | None]:
    """What becomes of a series' burst (``None``: there is none) by the verdict on the bin that ended ``at``.

    Returns the burst as it is now, and what people are to be told of; a burst that is closed has ``closed_at`` and is not given
    in again.
    """
    if not verdict.excess:
        if incident is None or at - incident.last_excess_at < QUIET:
            return incident, None
        return replace(incident, closed_at=at), SpikeChange.CLOSED
    excess = verdict.count - verdict.expected
    if incident is None:
        start = at - (verdict.onset or timedelta(hours=verdict.hours))
        found = SpikeIncident(
            id=None,
            brand=brand,
            measure=measure,
            start=start,
            detected_at=at,
            last_excess_at=at,
            hours=verdict.hours,
            count=verdict.count,
            expected=verdict.expected,
            p_value=verdict.p_value,
            told_excess=excess,
            total=verdict.total,
        )
        return found, SpikeChange.OPENED
    pace = _pace(incident, verdict, at)
    if excess < GROWTH * (incident.count - incident.expected) or pace < GROWTH * incident.told_excess:
        return replace(incident, last_excess_at=at), None
    grown = replace(
        incident,
        last_excess_at=at,
        hours=verdict.hours,
        count=verdict.count,
        expected=verdict.expected,
        p_value=verdict.p_value,
        told_excess=pace,
        total=verdict.total,
    )
    return grown, SpikeChange.GREW


def _pace(incident: SpikeIncident, verdict: Verdict, at: datetime) -> float:
    """The excess over as long a stretch as the burst was detected in: a window that fills up, or a longer one, is no growth."""
    excess = verdict.count - verdict.expected
    if incident.measure is Measure.SHARE:
        return excess
    first = incident.detected_at - incident.start
    now = min(timedelta(hours=verdict.hours), at - incident.start)
    return excess * (first / now)


__all__ = [
    "DAY",
    "DAYS",
    "FILES",
    "HOUR",
    "QUIET",
    "STORE",
    "Rule",
    "Verdict",
    "advance",
    "baseline_at",
    "judge_newest",
    "judge_share",
]
