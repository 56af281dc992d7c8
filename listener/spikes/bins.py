"""How bins of any length make up hours, days and windows, and the counts of any stretch of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from listener.spikes.baseline import LONGEST, Floats

Flags = NDArray[np.bool_]

DAYS = 28
"""How far back the baseline reaches."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shape:
    """How bins of one length make up cells, days and windows."""

    cell: int
    """Bins a cell."""
    cells: int
    """Cells a day."""
    ends: NDArray[np.intp]
    """(days, cells): how many bins before the newest end each cell of the past ends."""
    hours: tuple[int, int]
    """The windows' lengths in hours."""
    bin: timedelta


def shape_of(length: timedelta) -> Shape:
    """The shape of series whose bins have this length.

    Raises:
        ValueError: the length is not positive.
    """
    if length <= timedelta(0):
        raise ValueError("bins must have a length")
    cell = max(1, round(HOUR / length))
    cells = max(1, round(DAY / max(length, HOUR)))
    day, step = max(DAY / length, 1.0), max(HOUR / length, 1.0)
    rows, columns = np.arange(DAYS + 1)[:, None], np.arange(cells)[None, :]
    ends = np.rint(rows * day + columns * step).astype(np.intp)
    one = max(1, round(cell * length / HOUR))
    return Shape(cell, cells, ends, (one, one * LONGEST), length)


class Counted:
    """Counts of several series with equal bins, summed up once, so that any stretch of them can be asked for."""

    def __init__(self, counts: NDArray[np.generic], usable: Flags) -> None:
        """``counts`` and ``usable`` are (series, bins), oldest first."""
        heard = np.broadcast_to(usable, counts.shape)
        used = np.where(heard, counts, 0).astype(np.float64)
        start = np.zeros((counts.shape[0], 1))
        self.counts = used
        self.sums = np.concatenate([start, np.cumsum(used, axis=1)], axis=1)
        self.heard = np.concatenate([start, np.cumsum(heard, axis=1, dtype=np.float64)], axis=1)
        self.bins = counts.shape[1]

    def between(self, start: NDArray[np.intp], end: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Counts, and the number of usable bins, in ``[start, end)``: (series, *shape of start); outside there is nothing."""
        first, last = np.clip(start, 0, self.bins), np.clip(end, 0, self.bins)
        return self.sums[:, last] - self.sums[:, first], self.heard[:, last] - self.heard[:, first]
