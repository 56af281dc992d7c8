"""How the engine ``vader`` scores texts of known sentiment, by level of the score: the counts that judging works with.

    python benchmarks/vader_levels.py FILE.jsonl[.gz] …

The lines are as in ``vader_confusion.py``. Of a text that has several targets, the first counts, and only where people judged
all of them alike. Prints a row each for truly negative, neutral and positive texts, a column for each level of
``listener.judging_model.VADER_CUTS``. No text is printed.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from pathlib import Path
from typing import Any

from vader_confusion import TRUTHS, rows_of

from listener.core.analysis import Label
from listener.judging_model import VADER_CUTS
from nlp.engines import load_engine


def agreed(path: Path) -> list[dict[str, Any]]:
    """The first row of each text whose rows all have one label."""
    texts: dict[str, list[dict[str, Any]]] = {}
    for row in rows_of(path):
        texts.setdefault(row["text"], []).append(row)
    return [rows[0] for rows in texts.values() if len({row["label"] for row in rows}) == 1]


def main(paths: list[Path]) -> None:
    rows = [row for path in paths for row in agreed(path)]
    counts = {truth: [0] * (len(VADER_CUTS) + 1) for truth in TRUTHS}
    left_out = 0
    for row, verdict in zip(rows, load_engine("vader").score_many((row["text"], row["target"]) for row in rows), strict=True):
        if verdict.label in {Label.MIXED, Label.UNSCORED}:
            left_out += 1
        else:
            counts[row["label"]][bisect_right(VADER_CUTS, verdict.score)] += 1
    print(f"{len(rows)} texts; {left_out} mixed or unscored are left out; cuts at {', '.join(map(str, VADER_CUTS))}")
    for truth in TRUTHS:
        print(f"  {truth:+d}  {counts[truth]}")


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
