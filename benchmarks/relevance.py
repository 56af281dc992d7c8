"""How well an ambiguous name is told from the common word, before and after some corrections: precision and recall.

    python benchmarks/relevance.py [--wrong]

The texts are invented and lie in ``data/relevance.jsonl``: two brands whose names are common words (a document editor "Quill", a
help desk "Harbor"), each text with whether it is about the brand, and what makes it hard. Every text is judged by an analyzer
that was given so many of the *other* texts as corrections (five folds, shuffled anew ``REPEATS`` times, fixed seeds).
``overruled`` counts the verdicts that differ from those without corrections, and how many of them are wrong. With ``--wrong``,
the texts that are misjudged most often after the most corrections are shown.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from listener.core.analysis import AnalysisJob
from listener.core.brand import ListeningRule, Target, TargetKind
from listener.core.lessons import Lessons, NameExample
from nlp.analyzer import build_analyzer

DATA = Path(__file__).with_name("data") / "relevance.jsonl"
SIZES = (3, 10, 30, 100)
ONLY_MISTAKES = 30
"""People mostly correct what was wrong: so many corrections of nothing but the mistakes made without any."""
FOLDS = 5
REPEATS = 4
CONTEXT = {
    "quill": ("document", "documents", "app", "software", "signature"),
    "harbor": ("ticket", "tickets", "support", "inbox", "app"),
}


class Row(NamedTuple):
    target: str
    text: str
    about: bool
    case: str


def rows_of(path: Path) -> list[Row]:
    return [Row(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def rule(target: str) -> ListeningRule:
    brand = Target(target, TargetKind.BRAND, target, target.capitalize(), ambiguous=True, context=CONTEXT[target])
    return ListeningRule(target, (brand, Target(f"{target}/vs/brimtel", TargetKind.COMPETITOR, target, "Brimtel")))


def judged(rows: Sequence[Row], examples: Sequence[Row]) -> list[bool]:
    """Whether each text counts as one about its target; all are of one target."""
    target = rows[0].target
    lessons = Lessons(names=tuple(NameExample(target, row.text, row.about) for row in examples))
    analyzer = build_analyzer([rule(target)], "vader", lessons=lessons)
    done = analyzer.analyze([AnalysisJob(i, 1, None, row.text, "en") for i, row in enumerate(rows)])
    return [analysis.counts and target in {found.target for found in analysis.targets} for analysis in done]


def folds(rows: Sequence[Row], seed: int) -> list[tuple[list[Row], list[Row]]]:
    """Pairs of what is judged and what may be learned from."""
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    return [(shuffled[i::FOLDS], [row for j, row in enumerate(shuffled) if j % FOLDS != i]) for i in range(FOLDS)]


def show(name: str, verdicts: Sequence[tuple[Row, bool]], before: dict[str, bool]) -> None:
    right = sum(verdict and row.about for row, verdict in verdicts)
    precision = right / max(sum(verdict for _, verdict in verdicts), 1)
    recall = right / sum(row.about for row, _ in verdicts)
    accuracy = sum(verdict == row.about for row, verdict in verdicts) / len(verdicts)
    changed = [(row, verdict) for row, verdict in verdicts if verdict != before[row.text]]
    wrong = sum(verdict != row.about for row, verdict in changed) / max(len(changed), 1)
    print(
        f"{name:24} precision {precision:.3f}  recall {recall:.3f}  accuracy {accuracy:.3f}"
        f"  overruled {len(changed) / len(verdicts):.3f}, of these wrong {wrong:.3f}"
    )


def main(*, wrong: bool) -> None:
    rows = rows_of(DATA)
    for target in CONTEXT:
        mine = [row for row in rows if row.target == target]
        before = dict(zip((row.text for row in mine), judged(mine, ()), strict=True))
        print(f"{target}: {len(mine)} texts, {sum(row.about for row in mine)} about it")
        show("  no corrections", [(row, before[row.text]) for row in mine], before)
        verdicts: list[tuple[Row, bool]] = []
        for size in SIZES:
            verdicts = []
            for seed in range(REPEATS):
                for test, rest in folds(mine, seed):
                    verdicts += zip(test, judged(test, rest[:size]), strict=True)
            show(f"  after {size} corrections", verdicts, before)
        mistakes: list[tuple[Row, bool]] = []
        for seed in range(REPEATS):
            for test, rest in folds(mine, seed):
                missed = [row for row in rest if before[row.text] != row.about]
                mistakes += zip(test, judged(test, missed[:ONLY_MISTAKES]), strict=True)
        show(f"  after {ONLY_MISTAKES}, mistakes only", mistakes, before)
        for case in sorted({row.case for row in mine}):
            of_case = [(row, verdict) for row, verdict in verdicts if row.case == case]
            right = sum(verdict == row.about for row, verdict in of_case) / len(of_case)
            was = sum(before[row.text] == row.about for row, _ in of_case) / len(of_case)
            print(f"    {case:8} accuracy {was:.3f} -> {right:.3f}")
        if wrong:
            often = Counter(row.text for row, verdict in verdicts if verdict != row.about).most_common(20)
            print(*(f"    {count} of {REPEATS}: {text}" for text, count in often), sep="\n")


if __name__ == "__main__":
    main(wrong="--wrong" in sys.argv[1:])
