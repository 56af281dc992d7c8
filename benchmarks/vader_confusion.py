"""How often the engine ``vader`` is right: P(observed label | true label), measured on labelled texts.

    python benchmarks/vader_confusion.py FILE.jsonl[.gz] … [--json OUT]

Each line of a file is ``{"text": str, "target": str | null, "label": -1 | 0 | 1}``; further keys are ignored. Every text goes
through ``score_many``, so that sentences, targets, language and the rules for *unsure* are the engine's own. No text is printed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from listener.core.analysis import Label, Sentiment
from nlp.engines import load_engine

TRUTHS = (-1, 0, 1)
POLAR = (Label.NEGATIVE, Label.NEUTRAL, Label.POSITIVE)
COLUMNS = (*POLAR, Label.MIXED, Label.UNSCORED)


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    raw = path.read_bytes()
    for line in (gzip.decompress(raw) if path.suffix == ".gz" else raw).splitlines():
        yield json.loads(line)


def measure(path: Path) -> dict[str, Any]:
    """The counts of one file, for all verdicts and for those that the engine is sure of, and the rates that follow."""
    rows = list(rows_of(path))
    begun = time.process_time()
    verdicts = list(load_engine("vader").score_many((row["text"], row["target"]) for row in rows))
    seconds = time.process_time() - begun
    truths = [int(row["label"]) for row in rows]
    everything = list(zip(truths, verdicts, strict=True))
    sure = [(truth, verdict) for truth, verdict in everything if not verdict.unsure]
    return {
        "file": path.name,
        "rows": len(rows),
        "texts_per_cpu_second": round(len(rows) / seconds),
        "macro_recall": round(_macro_recall(everything), 4),
        "all": _table(everything),
        "sure": _table(sure),
        "unsure": _table([(truth, verdict) for truth, verdict in everything if verdict.unsure]),
        "sure_share": round(len(sure) / len(rows), 4),
    }


def _table(pairs: list[tuple[int, Sentiment]]) -> dict[str, Any]:
    counts = Counter((truth, verdict.label) for truth, verdict in pairs)
    matrix = []
    for truth in TRUTHS:
        total = sum(counts[truth, label] for label in POLAR)
        matrix.append([round(counts[truth, label] / total, 4) if total else None for label in POLAR])
    return {
        "counts": {str(truth): {label.value: counts[truth, label] for label in COLUMNS} for truth in TRUTHS},
        "p_observed_given_true": matrix,
    }


def _macro_recall(pairs: list[tuple[int, Sentiment]]) -> float:
    """Mixed counts as neutral, as in ``listener analyze``; what is unscored is wrong."""
    guesses = {Label.NEGATIVE: -1, Label.NEUTRAL: 0, Label.MIXED: 0, Label.POSITIVE: 1}
    recalls = []
    for truth in TRUTHS:
        of_truth = [guesses.get(verdict.label) == truth for t, verdict in pairs if t == truth]
        recalls.append(sum(of_truth) / len(of_truth) if of_truth else 0.0)
    return sum(recalls) / len(recalls)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--json", type=Path, help="also write the results here")
    arguments = parser.parse_args()
    results = [measure(path) for path in arguments.paths]
    for result in results:
        print(
            f"\n{result['file']}: {result['rows']} texts, macro-recall {result['macro_recall']:.3f}, "
            f"{result['texts_per_cpu_second']} texts a CPU second, sure of {result['sure_share']:.0%}"
        )
        for part in ("all", "sure", "unsure"):
            print(f"  {part:8}" + "".join(f"{label.value:>10}" for label in COLUMNS) + "   P(negative, neutral, positive | true)")
            for truth, rates in zip(TRUTHS, result[part]["p_observed_given_true"], strict=True):
                counts = result[part]["counts"][str(truth)]
                print(f"  true {truth:+d} " + "".join(f"{counts[label.value]:>10}" for label in COLUMNS) + f"   {rates}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"engine": "vader", "results": results}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
