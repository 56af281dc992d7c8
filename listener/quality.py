"""How good verdicts are, against what people said: pure functions over labelled rows.

Labels are -1, 0, 1. What an engine could not score has the label ``None``: it finds nothing, so it is wrong in every figure of
the whole, and it is no verdict, so it has no part in precision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import log, sqrt
from random import Random

Triple = tuple[float, float, float]
Interval = tuple[float, float]

CLASSES = (-1, 0, 1)
SEED = 20_260
SIMULATIONS = 1_000
Z95 = 1.959963984540054
FEWEST = 30
"""Rows below which drawing anew says nothing of how a figure varies: too few of what is rare are among them."""
_EXACT = 200
"""So many coins at most are thrown one by one; of more the sum is as good as normal."""


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled text with what the engine said of it; ``probability`` is (negative, neutral, positive)."""

    gold: int
    label: int | None
    probability: Triple | None = None
    unsure: bool = False


Confusion = Counter[tuple[int, int | None]]
"""How often a text of a class got a label: ``(gold, label)``."""


def confusion(rows: Iterable[Row]) -> Confusion:
    return Counter((row.gold, row.label) for row in rows)


def recall(counted: Confusion, label: int) -> float | None:
    """The share of the class that was found; ``None`` where there is none of it."""
    there = sum(number for (gold, _), number in counted.items() if gold == label)
    return counted[label, label] / there if there else None


def precision(counted: Confusion, label: int) -> float | None:
    """The share of the verdicts that are right; ``None`` where there is no such verdict."""
    said = sum(number for (_, found), number in counted.items() if found == label)
    return counted[label, label] / said if said else None


def f1(counted: Confusion, label: int) -> float | None:
    """The harmonic mean of precision and recall; ``None`` where there is none of the class, 0 where none of it was found."""
    found = recall(counted, label)
    if found is None:
        return None
    right = precision(counted, label) or 0.0
    return 2 * right * found / (right + found) if right + found else 0.0


def macro_recall(counted: Confusion) -> float:
    """The mean recall of the classes that there are."""
    return _mean(recall(counted, label) for label in CLASSES)


def macro_f1(counted: Confusion) -> float:
    return _mean(f1(counted, label) for label in CLASSES)


def accuracy(counted: Confusion) -> float:
    return sum(counted[label, label] for label in CLASSES) / (sum(counted.values()) or 1)


def opposite_sign(counted: Confusion) -> float:
    """The share of all rows that were called positive and are negative, or the other way round."""
    return (counted[1, -1] + counted[-1, 1]) / (sum(counted.values()) or 1)


def _mean(values: Iterable[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else 0.0


# ------------------------------------------------------------------------------------------------------------ intervals


def wilson(right: int, total: int) -> Interval:
    """The 95 % interval of a share; all there is where nothing was counted."""
    if not total:
        return 0.0, 1.0
    share = right / total
    centre = share + Z95**2 / (2 * total)
    half = Z95 * sqrt(share * (1 - share) / total + Z95**2 / (4 * total**2))
    scale = 1 + Z95**2 / total
    return max(0.0, min(share, (centre - half) / scale)), min(1.0, max(share, (centre + half) / scale))


def bootstrap(
    counted: Confusion, figure: Callable[[Confusion], float], seed: int = SEED, draws: int = SIMULATIONS
) -> Interval | None:
    """The 95 % interval of a figure: as it varies where as many rows are drawn anew from those that there are.

    ``None`` where that tells nothing: of fewer than ``FEWEST`` rows, and where every draw is alike, since none is wrong.
    """
    chance = Random(seed)  # noqa: S311 - must be repeatable, not secret
    cells = sorted(counted.items(), key=lambda cell: (-cell[1], str(cell[0])))
    total = sum(counted.values())
    if total < FEWEST:
        return None
    low, high = _middle([figure(_drawn(cells, total, chance)) for _ in range(draws)])
    return (low, high) if low < high else None


def _drawn(cells: Sequence[tuple[tuple[int, int | None], int]], total: int, chance: Random) -> Confusion:
    """As many rows drawn from the cells by their shares."""
    drawn: Confusion = Counter()
    rows, weight = total, total
    for cell, number in cells:
        drawn[cell] = rows if number == weight else binomial(rows, number / weight, chance)
        rows -= drawn[cell]
        weight -= number
    return drawn


def binomial(trials: int, share: float, chance: Random) -> int:
    """How many of so many coins fall on the side that has the share."""
    if share > 0.5:
        return trials - binomial(trials, 1 - share, chance)
    spread = trials * share * (1 - share)
    if spread > 25:
        return min(trials, max(0, round(chance.gauss(trials * share, sqrt(spread)))))
    if not share or not trials:
        return 0
    fallen, thrown, rest = -1, 0, log(1 - share)
    while thrown <= trials:  # from one success to the next
        fallen += 1
        thrown += int(log(1 - chance.random()) / rest) + 1
    return fallen


def _middle(values: Sequence[float]) -> Interval:
    """The middle 95 % of the values."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return ordered[round(0.025 * last)], ordered[round(0.975 * last)]


# ---------------------------------------------------------------------------------------------------------- calibration


@dataclass(frozen=True, slots=True)
class Bin:
    """The rows whose surest class has a probability from ``low`` up to ``high``: how sure on average, and how many are right."""

    low: float
    high: float
    rows: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """``ece`` is the mean distance of confidence and share right over the bins, by rows.

    ``band`` holds the middle 95 % of what it is for a perfectly calibrated engine that is as sure about as many rows: such an
    engine has a distance too, since rows are few. ``calibrated`` where ours is no greater than that.
    """

    rows: int
    confidence: float
    right: float
    ece: float
    band: Interval
    bins: tuple[Bin, ...]

    @property
    def calibrated(self) -> bool:
        return self.ece <= self.band[1]


def calibration(rows: Sequence[Row], bins: int = 10, seed: int = SEED, draws: int = SIMULATIONS) -> Calibration | None:
    """How far the probabilities can be believed; ``None`` where there are none."""
    sure = [(max(row.probability), _surest(row.probability) == row.gold) for row in rows if row.probability is not None]
    return reliability(sure, bins, seed, draws)


def reliability(
    sure: Sequence[tuple[float, bool]], bins: int = 10, seed: int = SEED, draws: int = SIMULATIONS
) -> Calibration | None:
    """How far stated probabilities can be believed, each with whether what it was said of is so; ``None`` where none is."""
    if not sure:
        return None
    binned: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for confidence, is_right in sure:
        binned[min(bins - 1, max(0, int(confidence * bins)))].append((confidence, is_right))
    shown = tuple(
        Bin(
            low=at / bins,
            high=(at + 1) / bins,
            rows=len(its),
            confidence=sum(confidence for confidence, _ in its) / len(its),
            right=sum(is_right for _, is_right in its) / len(its),
        )
        for at, its in enumerate(binned)
        if its
    )
    chance = Random(seed)  # noqa: S311 - must be repeatable, not secret
    confidences = [[confidence for confidence, _ in its] for its in binned if its]
    return Calibration(
        rows=len(sure),
        confidence=sum(confidence for confidence, _ in sure) / len(sure),
        right=sum(is_right for _, is_right in sure) / len(sure),
        ece=sum(each.rows * abs(each.confidence - each.right) for each in shown) / len(sure),
        band=_middle(_perfect(confidences, draws, chance)),
        bins=shown,
    )


def _surest(probability: Triple) -> int:
    return max(CLASSES, key=lambda label: probability[label + 1])


def _perfect(confidences: Sequence[Sequence[float]], draws: int, chance: Random) -> list[float]:
    """The distances of engines that are right exactly as often as ours says, one a draw."""
    off = [0.0] * draws
    for its in confidences:
        expected, spread = sum(its), sqrt(sum(one * (1 - one) for one in its))
        for draw in range(draws):
            if len(its) > _EXACT:
                off[draw] += abs(chance.gauss(0.0, spread))
            else:
                off[draw] += abs(sum(chance.random() < one for one in its) - expected)
    total = sum(map(len, confidences))
    return [each / total for each in off]


# ------------------------------------------------------------------------------------------------------------ everything


@dataclass(frozen=True, slots=True)
class Sure:
    """Verdicts of one polar label of which the engine is sure: how many, how many right, and that share with its interval."""

    said: int
    right: int
    precision: float | None
    interval: Interval


@dataclass(frozen=True, slots=True)
class Quality:
    """All figures of one set of rows."""

    rows: int
    unscored: int
    confusion: Confusion
    macro_recall: float
    macro_recall_interval: Interval | None
    macro_f1: float
    macro_f1_interval: Interval | None
    accuracy: float
    accuracy_interval: Interval
    opposite: float
    opposite_interval: Interval
    coverage: float
    """The share of rows on which the product would not abstain."""
    positive: Sure
    negative: Sure
    calibration: Calibration | None

    @property
    def missing(self) -> tuple[int, ...]:
        """The classes of which there is no row: the macro figures are means of the others."""
        return tuple(label for label in CLASSES if recall(self.confusion, label) is None)


def quality(rows: Sequence[Row], bins: int = 10, draws: int = SIMULATIONS) -> Quality:
    """Everything that can be said of the rows; intervals and bands are simulated by so many draws."""
    counted = confusion(rows)
    right = sum(counted[label, label] for label in CLASSES)
    sure = confusion(row for row in rows if not row.unsure and row.label is not None)
    return Quality(
        rows=len(rows),
        unscored=sum(row.label is None for row in rows),
        confusion=counted,
        macro_recall=macro_recall(counted),
        macro_recall_interval=bootstrap(counted, macro_recall, draws=draws),
        macro_f1=macro_f1(counted),
        macro_f1_interval=bootstrap(counted, macro_f1, draws=draws),
        accuracy=accuracy(counted),
        accuracy_interval=wilson(right, len(rows)),
        opposite=opposite_sign(counted),
        opposite_interval=wilson(counted[1, -1] + counted[-1, 1], len(rows)),
        coverage=sum(sure.values()) / (len(rows) or 1),
        positive=_sure(sure, 1),
        negative=_sure(sure, -1),
        calibration=calibration(rows, bins, draws=draws),
    )


def _sure(counted: Confusion, label: int) -> Sure:
    said = sum(number for (_, found), number in counted.items() if found == label)
    right = counted[label, label]
    return Sure(said, right, precision(counted, label), wilson(right, said))
