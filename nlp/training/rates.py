"""Which weights learn how fast."""

from __future__ import annotations

from collections.abc import Callable

_HEAD_RATE = 10.0  # times the learning rate: the last layer begins from nothing


def rates(layers: int, decay: float) -> Callable[[str], float]:
    """How much of the learning rate a weight of that name has: less the nearer to the words, where less is to be unlearned."""

    def rate(name: str) -> float:
        if name.startswith("head"):
            return _HEAD_RATE
        found = [int(part) for part in name.split(".") if part.isdigit()]
        return decay ** (layers - 1 - found[0]) if found else 1.0

    return rate
