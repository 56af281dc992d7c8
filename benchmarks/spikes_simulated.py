"""Series with bursts whose truth is known: hourly counts of a brand, and restless series of five minutes.

Everything is drawn from fixed seeds. Hourly counts are negative binomial around a day and week cycle; the restless ones have a
level that wanders (AR(1) in the logarithm), so that their tails are heavy, and short bursts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Hourly:
    """A kind of hourly series."""

    mean: float
    """Counts an hour, over a whole week."""
    times: float
    """How many times as much a burst brings; 1: none."""
    dispersion: float = 3.0
    day: float = 0.6
    """The height of the day's wave, of its mean."""
    weekend: float = 0.6
    """Saturday and Sunday, of a working day."""
    weeks: int = 12
    bursts: int = 8
    """In the weeks after the first four."""
    hours: int = 6


@dataclass(frozen=True)
class Simulated:
    counts: Counts
    bursts: list[tuple[int, int]]
    """First bin, and the bin after the last one."""


def hourly(kind: Hourly, random: np.random.Generator) -> Simulated:
    """One series; its bursts begin at any time of day, at least 36 hours apart."""
    hours = np.arange(kind.weeks * 168)
    wave = 1 + kind.day * np.sin(2 * np.pi * (hours % 24 - 8) / 24)
    week = np.where(hours // 24 % 7 >= 5, kind.weekend, 1.0)
    rate = wave * week
    rate *= kind.mean / rate.mean()
    places = _apart(random, 4 * 168, len(hours) - kind.hours - 3, kind.bursts, 36) if kind.times > 1 else []
    for at in places:
        rate[at : at + kind.hours] *= kind.times
    counts = random.poisson(random.gamma(kind.dispersion, rate / kind.dispersion))
    return Simulated(counts, [(at, at + kind.hours) for at in places])


@dataclass(frozen=True)
class Restless:
    """A kind of series of five minutes."""

    mean: float = 20.0
    """Counts a bin."""
    dispersion: float = 2.0
    wander: float = 0.35
    """The standard deviation of the logarithm of the level."""
    memory_hours: float = 6.0
    day: float = 0.6
    days: int = 16
    bursts: int = 3
    times: float = 8.0


def restless(kind: Restless, random: np.random.Generator) -> Simulated:
    """One series; bursts of one to three hours begin after the third day and fade within half their length."""
    bins = np.arange(kind.days * 288)
    keep = np.exp(-1 / (kind.memory_hours * 12))
    noise = random.normal(0, kind.wander * np.sqrt(1 - keep * keep), len(bins))
    level = np.empty(len(bins))
    now = random.normal(0, kind.wander)
    for at, push in enumerate(noise):
        now = keep * now + push
        level[at] = now
    rate = kind.mean * np.exp(level - kind.wander**2 / 2) * (1 + kind.day * np.sin(2 * np.pi * (bins % 288 - 96) / 288))
    spans = []
    for at in _apart(random, 3 * 288, len(bins) - 72, kind.bursts, 432):
        length = int(random.integers(12, 37))
        fading = kind.times * np.exp(-np.arange(length) / (length * 1.0)) + 1
        rate[at : at + length] *= fading
        spans.append((at, at + length))
    return Simulated(random.poisson(random.gamma(kind.dispersion, rate / kind.dispersion)), spans)


def _apart(random: np.random.Generator, first: int, last: int, number: int, gap: int) -> list[int]:
    """Starts in ``[first, last)``, at least ``gap`` apart."""
    room = last - first - gap * (number - 1)
    drawn = np.sort(random.integers(0, room, number))
    return [int(first + place + gap * order) for order, place in enumerate(drawn)]
