"""Numbers compared, in words that are no more certain than the numbers: what changed, by how much, and whether that says much.

No per cent below ten; a share of few is told with its range; a difference that chance alone would often make is called none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt

from listener.core.analysis import Label
from listener.core.trends import DayCount

SMALL = 10
"""Below that a per cent says less than the numbers."""
FEW = 100
"""A share of fewer is told with its range."""
Z = 1.28
"""Standard errors of the 80 % ranges, as those of standings."""
NEWS = 1.64
"""Standard errors of a difference from which on it is news: chance alone makes a larger rise or fall in one week of ten."""


def pooled(days: Iterable[DayCount]) -> DayCount:
    """Several days as one."""
    labels: dict[Label, int] = {}
    unsure = shared = 0
    for day in days:
        for label, number in day.labels.items():
            labels[label] = labels.get(label, 0) + number
        unsure, shared = unsure + day.unsure, shared + day.shared
    return DayCount(labels, unsure, shared)


def judged(count: DayCount) -> int:
    """Posts with a sure verdict: of these a share of negative ones is one."""
    return sum(number for label, number in count.labels.items() if label is not Label.UNSCORED)


def differ(now: int, before: int) -> bool:
    """Whether two counts of events differ by more than chance makes them."""
    return abs(now - before) > NEWS * sqrt(now + before)


def shares_differ(now: tuple[int, int], before: tuple[int, int]) -> bool:
    """Whether two shares ``(part, of)`` differ by more than chance makes them; never where either is of fewer than ten."""
    (a, n), (b, m) = now, before
    if min(n, m) < SMALL:
        return False
    both = (a + b) / (n + m)
    return abs(a / n - b / m) > NEWS * sqrt(both * (1 - both) * (1 / n + 1 / m))


def change(now: int, before: int) -> str:
    """``up 40 % (35 → 49)``, ``down (8 → 3)``, ``about as before (35 → 38)``, ``49, as before``."""
    if now == before:
        return f"{now:,}, as before"
    numbers = f"{before:,} → {now:,}"
    if not differ(now, before):
        return f"about as before ({numbers})"
    way = "up" if now > before else "down"
    per_cent = f" {abs(now - before) / before:.0%}".replace("%", " %") if min(now, before) >= SMALL else ""
    return f"{way}{per_cent} ({numbers})"


def per_cent(part: int, of: int) -> str:
    """``38 %``."""
    return f"{100 * part / of:.0f} %"


def share(part: int, of: int) -> str:
    """``38 % (190 of 500)``, ``38 % (19 of 50, range 30–47 %)``, ``3 of 8``."""
    if of < SMALL:
        return f"{part:,} of {of:,}"
    if of >= FEW:
        return f"{per_cent(part, of)} ({part:,} of {of:,})"
    low, high = interval(part, of)
    return f"{per_cent(part, of)} ({part:,} of {of:,}, range {100 * low:.0f}–{100 * high:.0f} %)"


def interval(part: int, of: int) -> tuple[float, float]:
    """Wilson's 80 % interval of a share."""
    p, z2 = part / of, Z * Z
    centre = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = Z * sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def points(now: tuple[int, int], before: tuple[int, int]) -> int | None:
    """By how many percentage points a share changed; ``None`` where either is of too few."""
    if min(now[1], before[1]) < SMALL:
        return None
    return round(100 * now[0] / now[1] - 100 * before[0] / before[1])


def signed(number: int) -> str:
    """``+9``, ``−3``, ``±0``."""
    return f"+{number:,}" if number > 0 else f"−{-number:,}" if number < 0 else "±0"


def median(numbers: Sequence[float]) -> float:
    """The middle one, or the mean of the two in the middle.

    Raises:
        ValueError: there are none.
    """
    if not numbers:
        raise ValueError("the median of nothing")
    ordered, half = sorted(numbers), len(numbers) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def whole_weeks(days: Sequence[DayCount], size: int = 7) -> tuple[DayCount, ...]:
    """The days pooled week by week."""
    return tuple(pooled(days[start : start + size]) for start in range(0, len(days), size))


def felt(labels: Mapping[Label, int], label: Label) -> int:
    return labels.get(label, 0)
