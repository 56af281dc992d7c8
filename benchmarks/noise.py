"""How well noise is told from opinions: precision and recall, overall and by kind, on an invented labelled set.

    python benchmarks/noise.py            # both parts, and what went wrong in the former

The development part of ``benchmarks/data/noise.jsonl`` was written before the rules or to find what they missed; the held-out
part after the last change of the rules, and nothing was changed for it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from listener.core.analysis import AnalysisJob, Noise, Relevance
from listener.core.brand import ListeningRule, Target, TargetKind
from nlp.analyzer import build_analyzer

DATA = Path(__file__).parent / "data" / "noise.jsonl"
RULE = ListeningRule(
    "quillon", (Target("quillon", TargetKind.BRAND, "quillon", "Quillon", aliases=("QLN",), domains=("quillon.example",)),)
)


def found(rows: list[dict[str, Any]]) -> list[str | None]:
    """What the analyzer takes each text for, as in a run: empty for no noise, ``None`` where it does not even name us."""
    analyzer = build_analyzer([RULE], engine="vader", languages=("en",))
    jobs = [AnalysisJob(n, 1, None, row["text"], "en", author=row["author"]) for n, row in enumerate(rows)]
    done = analyzer.analyze(jobs)
    return [None if one.relevance is not Relevance.ABOUT else one.noise.value if one.noise else "" for one in done]


def _rate(part: int, whole: int) -> str:
    return f"{part / whole:6.3f} ({part}/{whole})" if whole else "     -"


def main() -> None:
    rows = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    for row, said in zip(rows, found(rows), strict=True):
        row["found"] = said
    elsewhere = sum(row["found"] is None for row in rows)
    print(f"{elsewhere} texts are left out: they name us only in somebody else's handle, and are not looked at any further")
    rows = [row for row in rows if row["found"] is not None]
    for part in ("dev", "held-out"):
        mine = [row for row in rows if row["part"] == part]
        noisy = [row for row in mine if row["noise"]]
        flagged = [row for row in mine if row["found"]]
        right = [row for row in flagged if row["noise"]]
        print(f"{part}: {len(mine)} texts, {len(noisy)} of them noise")
        print(f"  {'any noise':15} precision {_rate(len(right), len(flagged))}  recall {_rate(len(right), len(noisy))}")
        for kind in Noise:
            taken, true = [r for r in mine if r["found"] == kind], [r for r in mine if r["noise"] == kind]
            both = [row for row in taken if row["noise"] == kind]
            print(f"  {kind:15} precision {_rate(len(both), len(taken))}  recall {_rate(len(both), len(true))}")
    if "--quiet" not in sys.argv:
        for row in rows:
            if row["part"] == "dev" and (row["found"] or None) != row["noise"]:
                print(f"dev: {row['noise']} taken for {row['found']}: {row['text'][:120]!r}")


if __name__ == "__main__":
    main()
