"""From the probabilities of a text's passages to one verdict. Pure arithmetic.

A text's probabilities are the mean of its passages', each weighted by how decided it is: whoever mentions us ten times and
complains once has complained. The label is chosen, and the score taken, after the correction for the class mix of the training
data, so that the two never contradict each other; the probabilities are told as calibrated, without it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from listener.core.analysis import Label
from nlp.encoder import Settings, Triple

LABELS = (Label.NEGATIVE, Label.NEUTRAL, Label.POSITIVE)
LEAST = 1e-4
"""No class is held to be less probable than about this."""
_LEAST_WEIGHT = 0.05
"""Of a passage that is certainly neutral, where one that is certainly not counts 1."""
_LEAST_SCORE = 0.0001
"""Of a label that is not neutral: the score has its sign even where the two poles are level."""
_DIGITS = 6


class Verdict(NamedTuple):
    label: Label
    score: float
    probability: Triple
    unsure: bool


def probabilities(logits: Sequence[float], temperature: float, floor: float = 0.0) -> Triple:
    """The three probabilities that the network states, made honest: softened by the temperature, and without the ``floor`` below
    which it learned never to go (labels are smoothed while it learns, and teachers are never certain)."""
    stated = _softmax([logit / temperature for logit in logits])
    if not floor:
        return stated
    cut = [max(p - floor, LEAST) for p in stated]
    first, second, third = (p / sum(cut) for p in cut)
    return first, second, third


def unpraised(probability: Triple) -> Triple:
    """What is said of a target that only serves to measure another ("better than X"), or was left: good words are not its own.

    Counted in the labelled training data: of 191 such targets 85 are spoken of neutrally, 65 badly and 41 well (Dong 2014 and
    laptop reviews alone: 25, 32 and 2 of 59), while a network that had read the same texts called 73 of them praised.
    """
    return probability[0], probability[1] + probability[2], 0.0


def verdict(passages: Sequence[Triple], settings: Settings) -> Verdict:
    """One verdict from the probabilities of at least one passage.

    It is mixed where one passage surely praises and another surely does not: neither of them is what the text says.
    """
    mean = combined(passages)
    judged = corrected(mean, settings)
    place = max(range(3), key=judged.__getitem__)
    label, score = LABELS[place], round(judged[2] - judged[0], _DIGITS)
    if label is Label.POSITIVE:
        score = max(score, _LEAST_SCORE)
    elif label is Label.NEGATIVE:
        score = min(score, -_LEAST_SCORE)
    if len(passages) > 1 and {Label.NEGATIVE, Label.POSITIVE} <= {sure_label(one, settings) for one in passages}:
        return Verdict(Label.MIXED, score, _rounded(mean), False)
    return Verdict(label, score, _rounded(mean), mean[place] < settings.sure[place])


def combined(passages: Sequence[Triple]) -> Triple:
    """The weighted mean of the passages' probabilities."""
    if len(passages) == 1:
        return passages[0]
    weights = [_LEAST_WEIGHT + (1 - _LEAST_WEIGHT) * (1 - one[1]) for one in passages]
    whole = math.fsum(weights)
    negative, neutral, positive = (
        math.fsum(weight * one[i] for weight, one in zip(weights, passages, strict=True)) / whole for i in range(3)
    )
    return negative, neutral, positive


def corrected(probability: Triple, settings: Settings) -> Triple:
    """The probabilities under the class mix that labels are chosen for."""
    if not any(settings.logit_shift):
        return probability
    return _softmax([math.log(max(p, 1e-12)) + shift for p, shift in zip(probability, settings.logit_shift, strict=True)])


def sure_label(probability: Triple, settings: Settings) -> Label | None:
    """What one passage says, if it surely says it."""
    judged = corrected(probability, settings)
    place = max(range(3), key=judged.__getitem__)
    return LABELS[place] if probability[place] >= settings.sure[place] else None


def _softmax(logits: Sequence[float]) -> Triple:
    highest = max(logits)
    negative, neutral, positive = (math.exp(logit - highest) for logit in logits)
    whole = negative + neutral + positive
    return negative / whole, neutral / whole, positive / whole


def _rounded(probability: Triple) -> Triple:
    """Without the last digits, in which two machines may differ; the sum stays 1."""
    negative, positive = round(probability[0], _DIGITS), round(probability[2], _DIGITS)
    return negative, max(0.0, round(1 - negative - positive, _DIGITS)), positive
