"""From logits to honest numbers: a temperature, a floor, a small shift of the labels, and from where on the product is sure.

All are chosen on texts that were not learned from, each data set with the same weight however many texts it has.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nlp.combining import LEAST

Logits: TypeAlias = NDArray[np.float64]
"""(texts, 3): negative, neutral, positive."""
Labels: TypeAlias = NDArray[np.int64]
"""(texts,): 0, 1, 2."""
Sets: TypeAlias = Mapping[str, tuple[Logits, Labels]]
Shift: TypeAlias = tuple[float, float, float]
"""Added to the log-probabilities of the three before the label is chosen."""

TEMPERATURES = np.arange(0.3, 1.8, 0.02)
FLOORS = np.arange(0.0, 0.0301, 0.005)
"""Twice what smoothed labels keep off 0 is the most: more would make it certain of what it is not."""
SHIFTS = np.arange(0.0, 1.01, 0.05)
AS_GOOD = 0.001
"""Macro-recall by which two shifts may differ and be called equally good: far less than ten thousand texts can tell apart."""
CONFIDENCES = np.arange(0.34, 0.995, 0.005)
_TOWARD_A_TARGET = 0.5
"""The share of the best shift that labels toward a target get."""
FEWEST = 10
"""Texts of a set that are surely called so: with fewer, its rate says nothing."""
FEWEST_WHOLE = 200
"""Whole texts by which a shift of their own is chosen: a handful would set it by chance."""
NAMES = ("negative", "neutral", "positive")


class Calibration(NamedTuple):
    """What the engine's settings say."""

    temperature: float
    floor: float
    shift: Shift
    """Toward a target."""
    whole_shift: Shift
    """Of texts as a whole."""
    sure: dict[str, float]


def probabilities(logits: Logits, temperature: float, floor: float = 0.0) -> NDArray[np.float64]:
    """Softmax of the logits over the temperature, without the floor: as ``nlp.combining.probabilities``, for many."""
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    stated = powers / powers.sum(axis=1, keepdims=True)
    if floor:
        stated = np.maximum(stated - floor, LEAST)
        stated = stated / stated.sum(axis=1, keepdims=True)
    return np.asarray(stated)


def labels_of(probability: NDArray[np.float64], shift: Sequence[float]) -> Labels:
    """The class with the largest log-probability after the shift."""
    return np.asarray(np.argmax(np.log(np.maximum(probability, 1e-12)) + np.asarray(shift), axis=1))


def macro_recall(labels: Labels, guesses: Labels) -> float:
    """The mean over the classes of the share that is found; classes that do not occur are left out."""
    present = [c for c in range(3) if (labels == c).any()]
    return float(np.mean([(guesses[labels == c] == c).mean() for c in present]))


def cost_of(sets: Sets, temperature: float, floor: float = 0.0) -> float:
    """The mean cross-entropy."""
    losses = []
    for logits, labels in sets.values():
        p = probabilities(logits, temperature, floor)[np.arange(len(labels)), labels]
        losses.append(float(-np.log(np.maximum(p, 1e-12)).mean()))
    return float(np.mean(losses))


def temperature_of(sets: Sets, floor: float = 0.0) -> float:
    """The temperature with the least mean cross-entropy (Guo et al., ICML 2017)."""
    return float(min(TEMPERATURES, key=lambda temperature: cost_of(sets, temperature, floor)))


def floor_of(sets: Sets) -> float:
    """The floor that, with the temperature that suits it, has the least mean cross-entropy."""
    return float(min(FLOORS, key=lambda floor: cost_of(sets, temperature_of(sets, floor), floor)))


def shift_of(sets: Sets, temperature: float, floor: float = 0.0, share: float = 1.0) -> Shift:
    """How much more weight the negative class gets: a ``share`` of the least for a mean macro-recall that is as good as the best.

    People complain less than they praise in what is learned from, and more in what brands hear.
    """

    def gain(shift: float) -> float:
        return float(
            np.mean(
                [
                    macro_recall(labels, labels_of(probabilities(logits, temperature, floor), (shift, 0.0, 0.0)))
                    for logits, labels in sets.values()
                ]
            )
        )

    gains = [gain(shift) for shift in SHIFTS]
    least = next(shift for shift, its in zip(SHIFTS, gains, strict=True) if its >= max(gains) - AS_GOOD)
    return (round(float(least) * share, 3), 0.0, 0.0)


def sure_from(
    sets: Sets, temperature: float, shifts: Mapping[str, Shift], precision: float, floor: float = 0.0
) -> dict[str, float]:
    """For each label the least probability from which on it is right as often as ``precision``; 1.0 where none is.

    ``shifts`` are those of the labels, by set. So often both over all texts and in the mean of the sets: neither may a large set
    hide small ones, nor small ones a large one.
    """
    found = {}
    scored = []
    for name, (logits, labels) in sets.items():
        p = probabilities(logits, temperature, floor)
        scored.append((p, labels_of(p, shifts[name]), labels))
    for c, name in enumerate(NAMES):
        found[name] = 1.0
        for least in CONFIDENCES:
            right = [labels[(guesses == c) & (p[:, c] >= least)] == c for p, guesses, labels in scored]
            rates = [float(one.mean()) for one in right if len(one) >= FEWEST]
            if rates and min(float(np.mean(rates)), float(np.concatenate(right).mean())) >= precision:
                found[name] = round(float(least), 3)
                break
    return found


def calibrate(sets: Sets, precision: float, whole: Collection[str] = ()) -> Calibration:
    """All of these, for a stated precision of the sure labels; ``whole`` names the sets whose texts have no target.

    Toward a target half of the shift of all sets is taken: one that is chosen on one mix of classes overshoots on another, and
    costs accuracy there, and more praise is called blame. Whole texts are many more, and have all of their own.
    """
    floor = floor_of(sets)
    temperature = temperature_of(sets, floor)
    shift = shift_of(sets, temperature, floor, _TOWARD_A_TARGET)
    unaimed = {name: its for name, its in sets.items() if name in whole}
    many = sum(len(labels) for _, labels in unaimed.values())
    whole_shift = shift_of(unaimed, temperature, floor) if many >= FEWEST_WHOLE else shift
    shifts = {name: whole_shift if name in unaimed else shift for name in sets}
    sure = sure_from(sets, temperature, shifts, precision, floor)
    return Calibration(round(temperature, 3), round(floor, 3), shift, whole_shift, sure)
