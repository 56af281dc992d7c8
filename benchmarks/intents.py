"""How well intents are found: precision, recall and F1 of each, on the labelled texts of ``benchmarks/data/intents.jsonl``.

    python benchmarks/intents.py [--part dev|held-out] [--show INTENT] [--json OUT] [FILE.jsonl]

Each line is ``{"id": str, "part": "dev" | "held-out", "text": str, "target": str | null, "intents": [str, …]}``. The texts are
invented. The rules were tuned on the part ``dev`` alone. What the labels mean:

- ``recommends``: tells others to use the target. ``praise`` and ``complaint``: approves of it, is dissatisfied with it; a
  recommendation, a move or a fault alone is neither.
- ``switched-to``, ``leaving``: the author (or their side) has come to the target, or has left it or is doing so.
- ``cancellation``: threatens to leave, or says that they may. ``buying``: wants to become a customer, or to buy more.
- ``testimonial``: uses it, praises it, and names a result, a number, a duration or a reason.
- ``question``: asks something or for help. ``problem``: something does not work. ``comparison``: holds it against another.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from listener.core.analysis import Intent
from nlp.intent import intents_many

DATA = Path(__file__).parent / "data" / "intents.jsonl"
PARTS = ("dev", "held-out")


class Row(NamedTuple):
    id: str
    part: str
    text: str
    target: str | None
    truth: frozenset[Intent]
    found: frozenset[Intent]


def judged(path: Path, parts: Sequence[str] = PARTS) -> list[Row]:
    """The labelled texts of some parts, each with what the rules find in it."""
    labelled = [row for row in _labelled(path) if row["part"] in parts]
    found = intents_many((row["text"], row["target"]) for row in labelled)
    return [
        Row(row["id"], row["part"], row["text"], row["target"], frozenset(map(Intent, row["intents"])), frozenset(intents))
        for row, intents in zip(labelled, found, strict=True)
    ]


def _labelled(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def figures(rows: Sequence[Row]) -> dict[str, Any]:
    """Counts, precision, recall and F1 of each intent, pooled (``micro``) and as their mean (``macro``)."""
    each = {intent.value: _figures([(intent in row.truth, intent in row.found) for row in rows]) for intent in Intent}
    pooled = _figures([(intent in row.truth, intent in row.found) for row in rows for intent in Intent])
    macro = {name: round(sum(one[name] for one in each.values()) / len(each), 3) for name in ("precision", "recall", "f1")}
    silent = [row for row in rows if not row.truth]
    return {
        "texts": len(rows),
        "without_intent": len(silent),
        "without_intent_and_none_found": sum(not row.found for row in silent),
        "intents": each,
        "micro": pooled,
        "macro": macro,
    }


def _figures(pairs: Sequence[tuple[bool, bool]]) -> dict[str, float]:
    counts = Counter(pairs)
    right, wrong, missed = counts[True, True], counts[False, True], counts[True, False]
    return {
        "labelled": right + missed,
        "found": right + wrong,
        "precision": round(right / (right + wrong), 3) if right + wrong else 0.0,
        "recall": round(right / (right + missed), 3) if right + missed else 0.0,
        "f1": round(2 * right / (2 * right + wrong + missed), 3) if right + wrong + missed else 0.0,
    }


def confusions(rows: Sequence[Row]) -> list[tuple[str, str, int, str]]:
    """What was found where it is not, beside what the text was labelled with instead: most frequent first, with an example."""
    pairs: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    for row in rows:
        for wrong in sorted(row.found - row.truth):
            for missed in sorted(map(str, row.truth - row.found)) or ["-"]:
                pairs[missed, str(wrong)] += 1
                examples.setdefault((missed, str(wrong)), row.text)
    return [(missed, wrong, count, examples[missed, wrong]) for (missed, wrong), count in pairs.most_common()]


def _print(title: str, rows: Sequence[Row]) -> None:
    result = figures(rows)
    silent, right = result["without_intent"], result["without_intent_and_none_found"]
    print(f"{title}: {len(rows)} texts, {silent} without an intent ({right} of them found to have none)")
    print(f"  {'':14}labelled  found  precision  recall     F1")
    for name, one in [*result["intents"].items(), ("micro", result["micro"]), ("macro", result["macro"])]:
        counts = f"{one['labelled']:8d}{one['found']:7d}" if "found" in one else " " * 15
        print(f"  {name:14}{counts}{one['precision']:11.3f}{one['recall']:8.3f}{one['f1']:7.3f}")
    for missed, wrong, count, example in confusions(rows)[:8]:
        print(f"  {count} x {missed} taken for {wrong}: {example[:90]}")


def _show(intent: Intent, rows: Sequence[Row]) -> None:
    for name, chosen in (
        ("missed", [row for row in rows if intent in row.truth - row.found]),
        ("found wrongly", [row for row in rows if intent in row.found - row.truth]),
    ):
        print(f"{intent} {name}: {len(chosen)}")
        for row in chosen:
            print(f"  {row.id} [{row.target}] {row.text}\n       labelled {_names(row.truth)}; found {_names(row.found)}")


def _names(intents: frozenset[Intent]) -> str:
    return ", ".join(sorted(intents)) or "nothing"


def main() -> None:
    parser = argparse.ArgumentParser(description="Precision and recall of intents on labelled texts.")
    parser.add_argument("file", nargs="?", type=Path, default=DATA)
    parser.add_argument("--part", choices=PARTS, help="only this part (default: each)")
    parser.add_argument(
        "--show", type=Intent, choices=list(Intent), metavar="INTENT", help="list what was missed or found wrongly"
    )
    parser.add_argument("--json", type=Path, help="write all figures here")
    options = parser.parse_args()
    parts = [options.part] if options.part else PARTS
    rows = judged(options.file, parts)
    if options.show:
        _show(options.show, rows)
        return
    for part in parts:
        _print(part, [row for row in rows if row.part == part])
    if options.json:
        result = {part: figures([row for row in rows if row.part == part]) for part in parts}
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
