"""Whether work costs no more than it may, on a machine that does other things too."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
TRIES = 3
PLAIN = 10
"""So many times too dear is no chance, and need not be tried again."""


def within(seconds: float, work: Callable[[], T]) -> T:
    """What the work gives, after it took less of this thread's time than that, at least in one of a few tries.

    A try may be dear because of what else runs, or because garbage is collected in it; what grows with the square of its input is
    dear in each, unless the work keeps what it found: then ask it something new each time. It is for guards against such growth,
    with room to spare, and measures nothing.
    """
    spent = []
    for _ in range(TRIES):
        begun = time.thread_time()
        result = work()
        spent.append(time.thread_time() - begun)
        if spent[-1] < seconds:
            return result
        if spent[-1] > PLAIN * seconds:
            break
    raise AssertionError(f"took {min(spent):.2f} s at best, and may take {seconds:g} s")
