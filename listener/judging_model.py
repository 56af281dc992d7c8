"""What the sentiment of a person's posts says about the person: a Dirichlet-multinomial mixture, with the engine's errors.

The model:

- A person is a promoter, a passive or a detractor. Each of these groups has a typical mix of negative, neutral and positive
  posts, and people of one group differ: the mix of one person is drawn from the group's Dirichlet distribution.
- What we see of a post is not its true sentiment but what an engine made of it. ``evidence`` is how probable that is for a
  post that is truly negative, neutral or positive: the engine's confusion, as measured.
- What a post says plainly (a recommendation, stars, leaving) speaks about the person directly: ``signal``.

The likelihood of a person's mix under several posts is a product of weighted powers (old posts count less), which has no
closed form. It is summed over cells of the triangle of all mixes; that is within 0.01 of the exact probabilities.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from math import exp, lgamma, log

from listener.core.analysis import Intent, Label, Sentiment
from listener.core.corrections import HUMAN
from listener.core.policy import Prior

VERSION = "3"
"""Raise it with every change of a figure in this file: standings made by another version are computed anew."""

Vector = tuple[float, float, float]
"""Over the sentiments of a post (negative, neutral, positive), or over people (promoter, passive, detractor)."""
Posterior = tuple[float, float, float]

CONCENTRATION = 8.0
"""How alike the people of one group are: the sum of each group's Dirichlet parameters."""
PROFILES: tuple[Vector, Vector, Vector] = ((0.08, 0.22, 0.70), (0.20, 0.55, 0.25), (0.72, 0.20, 0.08))
"""The mean mix (negative, neutral, positive) of promoters, passives and detractors: assumptions, there is no public data.

With a sentiment engine that is right for 75 % they give 0.44, 0.61, 0.74, 0.83 for one to four positive posts and nothing else.
"""

VADER_CUTS = (-0.75, -0.6, -0.35, -0.05, 0.05, 0.35, 0.6, 0.75)
VADER_COUNTS: tuple[tuple[int, ...], ...] = (
    (21, 61, 170, 147, 309, 74, 84, 23, 18),
    (0, 3, 24, 31, 212, 53, 75, 28, 21),
    (1, 7, 19, 36, 243, 137, 459, 391, 363),
)
"""How often posts that people called negative, neutral, positive (rows) got a score between the cuts (columns).

Our ``vader`` engine, version 1, on the 3,011 training sentences of SemEval-2014 Task 4 (customers' reviews of laptops and
restaurants) whose aspects are all judged alike, toward the first of these; ``benchmarks/vader_levels.py``, 2026-11-22. Of the
sets that may be used for what is shipped, it is the one in which customers judge what they paid for; a sentence that praises
one aspect and blames another says nothing about one target, and is left out. The level matters: a score above 0.75 favours
truly positive over truly neutral by nearly 5 to 1, one between 0.35 and 0.6 by less than 2 to 1.
"""
BASE_RATES: Mapping[str, Vector] = {"target": (0.16, 0.43, 0.41)}
"""The mix of labels (negative, neutral, positive) that an engine's calibrated probabilities assume, by the engine's name.

Calibration makes a probability right on texts mixed like those it was calibrated on: P(label | text) is proportional to
P(text | label) times that mix. Evidence is P(text | label) alone, since the profiles bring a mix of their own: so exactly this
one is taken out. For ``target`` these are the shares in the texts that the model was calibrated on.
"""
EVEN_RATES: Vector = (0.34, 0.33, 0.33)
"""The mix assumed of an engine that is not in ``BASE_RATES``: trained on labels in balance."""

SAID_BY_PEOPLE: Mapping[Label, Vector] = {
    Label.NEGATIVE: (0.96, 0.03, 0.01),
    Label.NEUTRAL: (0.02, 0.96, 0.02),
    Label.POSITIVE: (0.01, 0.03, 0.96),
}
"""A label that a person gave in the place of an engine's: nearly certain, since people slip too. An assumption."""

RECOMMENDED: Vector = (40, 3, 1)
"""Promoter : passive : detractor. NPS asks whether one would recommend; who does so in public has answered."""
SWITCHED_TO_US: Vector = (6, 2, 1)
"""Who has just come chose us, and knows little of us yet."""
TESTIFIES: Vector = (8, 3, 1)
"""Praise that names a result or a reason: more than a kind word, less than a recommendation."""
LEAVES: Vector = (1, 3, 40)
THREATENS_TO_LEAVE: Vector = (1, 3, 15)
"""A threat is weaker than the deed: some who threaten are bargaining, and stay content."""
VERY_NEGATIVE: Vector = (1, 2, 4)
VERY_NEGATIVE_SCORE = -0.8
SAID: Mapping[Intent, Vector] = {
    Intent.RECOMMENDS: RECOMMENDED,
    Intent.SWITCHED_TO: SWITCHED_TO_US,
    Intent.TESTIMONIAL: TESTIFIES,
    Intent.LEAVING: LEAVES,
    Intent.CANCELLATION: THREATENS_TO_LEAVE,
}
"""The intents that speak about the person. Interest in buying does not: who asks for a price has no opinion yet."""
_FITTING: Mapping[Intent, frozenset[Label]] = {
    Intent.RECOMMENDS: frozenset({Label.POSITIVE, Label.NEUTRAL}),
    Intent.SWITCHED_TO: frozenset({Label.POSITIVE, Label.NEUTRAL}),
    Intent.TESTIMONIAL: frozenset({Label.POSITIVE}),
    Intent.LEAVING: frozenset({Label.NEGATIVE, Label.NEUTRAL, Label.MIXED}),
    Intent.CANCELLATION: frozenset({Label.NEGATIVE, Label.NEUTRAL, Label.MIXED}),
}
"""With which verdicts each counts. "We moved to Quillon in May" is neutral and still plain; a verdict to the contrary means
irony, a kind farewell, or a rule that is wrong."""
STARS: Mapping[int, Vector] = {5: (30, 3, 1), 4: (3, 8, 2), 3: (1, 4, 8), 2: (1, 3, 30), 1: (1, 3, 30)}
"""5 / 4 / 3 and fewer stars are kept as 9-10 / 7-8 / 0-6 of the NPS question."""

_CELLS = 12
_SUBCELLS = 8


def evidence(sentiment: Sentiment) -> tuple[tuple[Vector, float], ...]:
    """What the engine's verdict says about the true sentiment: likelihoods of (negative, neutral, positive), and their share.

    A mixed post is half a positive and half a negative one, since its author said both. Nothing for an unscored one.
    """
    if sentiment.label is Label.UNSCORED:
        return ()
    if sentiment.probability is not None:
        shares = [share / base for share, base in zip(sentiment.probability, base_rates(sentiment.engine), strict=True)]
        return (((shares[0] + 1e-3, shares[1] + 1e-3, shares[2] + 1e-3), 1.0),)
    if sentiment.engine == HUMAN:
        said = (Label.POSITIVE, Label.NEGATIVE) if sentiment.label is Label.MIXED else (sentiment.label,)
        return tuple((SAID_BY_PEOPLE[label], 1 / len(said)) for label in said)
    if sentiment.label is Label.MIXED:
        return ((_by_label(Label.POSITIVE), 0.5), (_by_label(Label.NEGATIVE), 0.5))
    if sentiment.engine == "vader" and (vector := _by_score(sentiment)) is not None:
        return ((vector, 1.0),)
    return ((_by_label(sentiment.label), 1.0),)


def base_rates(engine: str) -> Vector:
    """The mix of labels that the engine's probabilities assume."""
    return BASE_RATES.get(engine, EVEN_RATES)


def counted_stars(sentiment: Sentiment, rating: float | None) -> float | None:
    """The author's own stars, which go before an engine's guess; none where a person says the opposite of what they say."""
    if rating is None or sentiment.engine != HUMAN or sentiment.label in {Label.UNSCORED, said_by_stars(rating)}:
        return rating
    return None


def said_by_stars(rating: float) -> Label:
    return Label.POSITIVE if rating >= 4 else Label.NEGATIVE


def signal(sentiment: Sentiment, intents: Sequence[Intent], rating: float | None) -> Vector | None:
    """What a post says plainly about its author, as a likelihood of (promoter, passive, detractor); else ``None``.

    Of several statements the one that says most counts, for they are hardly independent.
    """
    found: list[Vector] = []
    if (stars := counted_stars(sentiment, rating)) is not None:
        found.append(STARS[min(5, max(1, int(stars)))])
    found += [vector for intent, vector in SAID.items() if intent in intents and sentiment.label in _FITTING[intent]]
    if sentiment.label is Label.NEGATIVE and sentiment.score <= VERY_NEGATIVE_SCORE and not sentiment.unsure:
        found.append(VERY_NEGATIVE)
    return max(found, key=lambda vector: max(vector) / min(vector)) if found else None


def posterior(seen: Sequence[tuple[Vector, float]], signals: Sequence[tuple[Vector, float]], prior: Prior) -> Posterior:
    """The probabilities of (promoter, passive, detractor), given weighted evidence and weighted signals."""
    return Curve(seen, signals, prior)(1.0)


class Curve:
    """The posterior as a function of one common factor on all weights, since time fades all of a person's posts alike."""

    __slots__ = ("_logs", "_prior", "_signal")

    def __init__(self, seen: Sequence[tuple[Vector, float]], signals: Sequence[tuple[Vector, float]], prior: Prior) -> None:
        columns = [[weight * value for value in _cell_logs(vector)] for vector, weight in seen]
        self._logs = [sum(values) for values in zip(*columns, strict=True)]
        self._signal = [sum(weight * log(vector[group]) for vector, weight in signals) for group in range(3)]
        self._prior = prior

    def __call__(self, scale: float) -> Posterior:
        likelihoods = [1.0, 1.0, 1.0]
        if self._logs:
            top = max(self._logs)
            powers = [exp(scale * (value - top)) for value in self._logs]
            likelihoods = [sum(map(_product, masses, powers)) for masses in _table()[1]]
        best = max(self._signal)
        joint = [
            share * likelihood * exp(scale * (spoken - best))
            for share, likelihood, spoken in zip(self._prior, likelihoods, self._signal, strict=True)
        ]
        total = sum(joint)
        return joint[0] / total, joint[1] / total, joint[2] / total


def _product(left: float, right: float) -> float:
    return left * right


@cache
def _by_label(label: Label) -> Vector:
    sign, columns = {Label.NEGATIVE: (-1, range(4)), Label.NEUTRAL: (0, range(4, 5)), Label.POSITIVE: (1, range(5, 9))}[label]
    return _column(tuple(columns), sign)


def _by_score(sentiment: Sentiment) -> Vector | None:
    """The measured likelihoods of the score's level; ``None`` where the label did not come from the score alone."""
    column = bisect_right(VADER_CUTS, sentiment.score)
    sign = {Label.NEGATIVE: -1, Label.NEUTRAL: 0, Label.POSITIVE: 1}[sentiment.label]
    return _column((column,), sign) if (column > 4) - (column < 4) == sign else None


@cache
def _column(columns: tuple[int, ...], sign: int) -> Vector:
    """P(one of the columns | true sentiment), add-one smoothed, and in the order of ``sign``."""
    shares = [(sum(row[column] for column in columns) + 1) / (sum(row) + len(row)) for row in VADER_COUNTS]
    return _ordered((shares[0], shares[1], shares[2]), sign) if sign else (shares[0], shares[1], shares[2])


def _ordered(vector: Vector, sign: int) -> Vector:
    """The vector if it rises from negative to positive (falls, if ``sign`` is -1), else one that says nothing.

    Faint praise is often a polite complaint in the data measured; still no praise shall count against its author.
    """
    low, middle, high = vector[::sign]
    if low < middle < high:
        return vector
    mean = (low + middle + high) / 3
    return mean, mean, mean


@lru_cache(maxsize=4096)
def _cell_logs(vector: Vector) -> tuple[float, ...]:
    negative, neutral, positive = vector
    return tuple(log(x * negative + y * neutral + z * positive) for x, y, z in _table()[0])


@cache
def _table() -> tuple[tuple[Vector, ...], tuple[tuple[float, ...], ...]]:
    """The cells of the triangle of mixes: a point in each, and each group's probability mass there.

    Masses are summed over smaller triangles, since the densities rise steeply toward the edges; a cell's point is its centre
    of mass under all groups together, which keeps the mean of the mixture.
    """
    parameters = [tuple(CONCENTRATION * share for share in profile) for profile in PROFILES]
    scales = [exp(lgamma(sum(alpha)) - sum(map(lgamma, alpha))) for alpha in parameters]
    points: list[Vector] = []
    masses: list[list[float]] = [[], [], []]
    for cell in _triangles(_CELLS):
        sums = [0.0, 0.0, 0.0]
        total = mean_x = mean_y = 0.0
        for inner in _triangles(_SUBCELLS):
            x, y = _inside(cell, _centre(inner))
            densities = [
                scale * x ** (alpha[0] - 1) * y ** (alpha[1] - 1) * (1 - x - y) ** (alpha[2] - 1)
                for scale, alpha in zip(scales, parameters, strict=True)
            ]
            sums = [so_far + density for so_far, density in zip(sums, densities, strict=True)]
            joint = sum(densities)
            total, mean_x, mean_y = total + joint, mean_x + joint * x, mean_y + joint * y
        points.append((mean_x / total, mean_y / total, 1 - (mean_x + mean_y) / total))
        for mass, value in zip(masses, sums, strict=True):
            mass.append(value)
    return tuple(points), tuple(tuple(value / sum(mass) for value in mass) for mass in masses)


_Point = tuple[float, float]


def _triangles(count: int) -> list[tuple[_Point, _Point, _Point]]:
    """The unit right triangle cut into ``count`` squared equal ones."""
    step = 1 / count
    cells = []
    for i in range(count):
        for j in range(count - i):
            x, y = i * step, j * step
            cells.append(((x, y), (x + step, y), (x, y + step)))
            if i + j < count - 1:
                cells.append(((x + step, y + step), (x + step, y), (x, y + step)))
    return cells


def _centre(cell: tuple[_Point, _Point, _Point]) -> _Point:
    return sum(point[0] for point in cell) / 3, sum(point[1] for point in cell) / 3


def _inside(cell: tuple[_Point, _Point, _Point], at: _Point) -> _Point:
    (ax, ay), (bx, by), (cx, cy) = cell
    return ax + at[0] * (bx - ax) + at[1] * (cx - ax), ay + at[0] * (by - ay) + at[1] * (cy - ay)
