"""How right and how quick the rule for bursts is, beside two simpler ones, on simulated series whose bursts are known.

    python benchmarks/spikes.py [--series 36] [--restless 20] [--seed 3] [--speed 10000]

Each hourly series lasts twelve weeks: four to learn, then eight bursts of six hours in eight weeks. A burst is found if an
incident opens within it or up to two hours after; any other incident after the fourth week is a false alarm. Delays count bins
from the burst's first one. The peers are merged into incidents in the same way:

- ``median + MAD``: a count more than 6 robust standard deviations above the median of the last 7 days;
- ``Poisson``: a count of one hour whose probability at the mean of the same time of day (an hour to either side, 28 days) is
  below 1e-4.

The restless series have bins of five minutes, a level that wanders and heavy tails, and last 16 days (or 54): the peers see them
as sums of the last hour. A burst there is found if an incident opens within it or up to two hours after; false alarms count from
the third day. Everything is simulated: the figures compare rules, they do not say how restless the world is.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from spikes_simulated import Hourly, Restless, Simulated, hourly, restless

from listener.spikes.detect import HOUR, QUIET, judge_newest
from listener.spikes.negbin import upper_tail
from listener.spikes.series import bursts

Finder = Callable[[NDArray[np.int64], timedelta], list[int]]
FIVE = timedelta(minutes=5)
WEEK = timedelta(days=7)

HOURLY = (
    Hourly(0.2, 12),
    Hourly(1, 6),
    Hourly(1, 6, dispersion=1.5),
    Hourly(5, 3),
    Hourly(5, 6),
    Hourly(5, 6, dispersion=1.5),
    Hourly(5, 6, day=0.9),
    Hourly(30, 6),
    Hourly(30, 6, dispersion=10),
    Hourly(5, 1),
    Hourly(30, 1),
)
RESTLESS = (
    Restless(),
    Restless(mean=2),
    Restless(wander=0.6),
    Restless(mean=60, wander=0.5, memory_hours=2, dispersion=1),
    Restless(mean=5, wander=0.4, memory_hours=24, dispersion=0.5),
    Restless(wander=0.6, days=54, bursts=10),
)


def ours(counts: NDArray[np.int64], length: timedelta) -> list[int]:
    return [burst.detected for burst in bursts(counts, length, np.ones(len(counts), dtype=bool))]


def median_mad(counts: NDArray[np.int64], length: timedelta) -> list[int]:
    seen, step = _by_the_hour(counts, length), max(1, round(HOUR / length))
    first = 2 * 24 * step
    places = np.arange(first, len(counts))[:, None] - np.arange(1, 7 * 24 + 1) * step
    past = np.where(places >= step - 1, seen[np.clip(places, 0, None)], np.nan)
    middle = np.nanmedian(past, axis=1)
    spread = np.maximum(1.4826 * np.nanmedian(np.abs(past - middle[:, None]), axis=1), 1.0)
    found = np.zeros(len(counts), dtype=bool)
    found[first:] = (seen[first:] - middle) / spread > 6
    return merged(found, length)


def poisson(counts: NDArray[np.int64], length: timedelta) -> list[int]:
    seen, step = _by_the_hour(counts, length), max(1, round(HOUR / length))
    back = np.array([day * 24 * step + beside for day in range(1, 29) for beside in (-step, 0, step)])
    places = np.arange(len(counts))[:, None] - back
    mean = np.nanmean(np.where(places >= step, seen[np.clip(places, 0, None)], np.nan)[2 * 24 * step :], axis=1)
    now = seen[2 * 24 * step :]
    found = np.zeros(len(counts), dtype=bool)
    many = np.full(len(now), 1e9)  # so large a dispersion is none: the negative binomial is Poisson's there
    found[2 * 24 * step :] = (upper_tail(now, np.maximum(mean, 0.01), many) < 1e-4) & (now > mean)
    return merged(found, length)


PEERS: dict[str, Finder] = {"listener": ours, "median + MAD": median_mad, "Poisson": poisson}


def _by_the_hour(counts: NDArray[np.int64], length: timedelta) -> NDArray[np.float64]:
    """The sum of the hour that each bin ends."""
    sums = np.concatenate([[0.0], np.cumsum(counts, dtype=np.float64)])
    at = np.arange(1, len(sums))
    return np.asarray(sums[at] - sums[np.maximum(at - max(1, round(HOUR / length)), 0)])


def merged(found: NDArray[np.bool_], length: timedelta) -> list[int]:
    """Alarms, one until twelve hours have passed without."""
    alarms: list[int] = []
    last: int | None = None
    for at in np.flatnonzero(found).tolist():
        if last is None or (at - last) * length > QUIET:
            alarms.append(at)
        last = at
    return alarms


def score(series: Sequence[Simulated], length: timedelta, find: Finder, first: int) -> str:
    """``detected / false alarms a week / median delay in hours``."""
    slack = round(2 * HOUR / length)
    bursts_there = found = false = 0
    delays: list[int] = []
    for each in series:
        alarms = [at for at in find(each.counts, length) if at >= first]
        spans = [(start, end + slack) for start, end in each.bursts]
        bursts_there += len(spans)
        for start, end in spans:
            inside = [at - start for at in alarms if start <= at < end]
            found += bool(inside)
            delays += inside[:1]
        false += sum(not any(start <= at < end for start, end in spans) for at in alarms)
    weeks = sum((len(each.counts) - first) * length / WEEK for each in series)
    share = f"{found / bursts_there:.3f}" if bursts_there else "–"
    delay = f"{np.median(delays) * (length / HOUR):.1f} h" if delays else "–"
    return f"{share} / {false / weeks:.3f} / {delay}"


def hourly_table(number: int, seed: int) -> None:
    print(f"\nHourly, {number} series of 12 weeks a row: detected / false alarms a week and series / median delay\n")
    print(f"| mean an hour, burst, r, wave of the day | bursts | {' | '.join(PEERS)} |")
    print("| --- | ---: |" + " --- |" * len(PEERS))
    for kind in HOURLY:
        series = [hourly(kind, np.random.default_rng([seed, at])) for at in range(number)]
        name = f"{kind.mean:g}, {f'x{kind.times:g}' if kind.times > 1 else 'none'}, r = {kind.dispersion:g}, {kind.day:g}"
        there = sum(len(each.bursts) for each in series)
        cells = [score(series, HOUR, find, 4 * 168) for find in PEERS.values()]
        print(f"| {name} | {there} | {' | '.join(cells)} |", flush=True)


def restless_table(number: int, seed: int) -> None:
    print(f"\nBins of 5 minutes, {number} series a row: the same\n")
    print(f"| mean a bin, wander (memory), r, days | bursts | {' | '.join(PEERS)} |")
    print("| --- | ---: |" + " --- |" * len(PEERS))
    for kind in RESTLESS:
        few = number if kind.days < 30 else max(1, number // 4)
        series = [restless(kind, np.random.default_rng([seed, at])) for at in range(few)]
        name = f"{kind.mean:g}, {kind.wander:g} ({kind.memory_hours:g} h), r = {kind.dispersion:g}, {kind.days}"
        there = sum(len(each.bursts) for each in series)
        cells = [score(series, FIVE, find, 2 * 288) for find in PEERS.values()]
        print(f"| {name} | {there} | {' | '.join(cells)} |", flush=True)


def speed(number: int) -> None:
    counts = np.random.default_rng(1).poisson(3, (number, 28 * 24 + 4))
    usable = np.ones(counts.shape[1], dtype=bool)
    began = time.process_time()
    judge_newest(counts, HOUR, usable=usable, first=datetime(2026, 1, 1, tzinfo=UTC))
    print(f"\nThe newest hour of {number:,} series of 28 days: {time.process_time() - began:.1f} s of CPU")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=36)
    parser.add_argument("--restless", type=int, default=20)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--speed", type=int, default=10_000)
    chosen = parser.parse_args()
    began = time.process_time()
    if chosen.series:
        hourly_table(chosen.series, chosen.seed)
    if chosen.restless:
        restless_table(chosen.restless, chosen.seed)
    if chosen.speed:
        speed(chosen.speed)
    print(f"\n{time.process_time() - began:.0f} s of CPU in all")


if __name__ == "__main__":
    main()
