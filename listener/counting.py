"""Numbers with what they count, in words."""

from __future__ import annotations


def counted(number: int, one: str, many: str) -> str:
    """``1 run``, ``2,000 runs``."""
    return f"{number:,} {one if number == 1 else many}"
