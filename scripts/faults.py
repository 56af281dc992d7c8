"""Every fault case on the shipped command, as one table: what was injected, lost, doubled, and how long recovery took.

    python scripts/faults.py                    a quick look: each random fault a few times
    python scripts/faults.py --times 200        as a release must pass it
    python scripts/faults.py -k "disk or lock"  some cases

The command is installed from a wheel of this tree into an environment of its own, as an operator has it (``--command PATH``: one
that is there already). Exit status: 0 all bars held, 1 one was missed. The JSON of ``--json FILE`` holds every case and recovery.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import quantiles
from typing import Any

ROOT = Path(__file__).parents[1]
UV = ROOT / ".tools" / "bin" / "uv"
HEAD = ("case", "injected", "lost", "doubled", "msgs lost", "msgs doubled", "repeated", "recovery p50", "max", "cpu max")
CASE = 52
"""Characters of a case's name."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="listener-faults-") as folder:
        command = options.command or installed(Path(folder))
        report, outcome = Path(folder) / "cases.jsonl", Path(folder) / "outcome.xml"
        environment = {"FAULT_COMMAND": str(command), "FAULT_TIMES": str(options.times), "FAULT_REPORT": str(report)}
        status = _run_cases(options.only, outcome, environment)
        cases = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()] if report.exists() else []
        unfinished = list(_unfinished(outcome)) if outcome.exists() else []
    print("\n".join(table(cases, unfinished)))
    if options.json:
        facts = {"times": options.times, "cases": cases, "unfinished": unfinished}
        options.json.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    missed = status != 0 or not cases or any(case["missed"] for case in cases)
    return int(missed)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3, help="how often a random fault is injected (default 3; a release: 200)")
    parser.add_argument("--command", type=Path, help="the command `listener` to try; by default a fresh wheel's")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there as well")
    parser.add_argument("-k", dest="only", default="", help="only these cases, as pytest's -k")
    return parser.parse_args(arguments)


def installed(folder: Path) -> Path:
    """The command, from a wheel of this tree with its locked dependencies and nothing else."""
    environment = folder / "venv"
    python = environment / "bin" / "python"
    steps: list[list[object]] = [
        [UV, "build", "-q", "--wheel", "--no-build-isolation", "--python", sys.executable, "-o", folder, ROOT],
        [UV, "venv", "-q", "--python", sys.executable, environment],
        [UV, "pip", "sync", "-q", "--python", python, "--require-hashes", ROOT / "requirements.lock"],
    ]
    for step in steps:
        subprocess.run([str(part) for part in step], check=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([UV, "pip", "install", "-q", "--python", python, "--no-deps", wheel], check=True)
    return environment / "bin" / "listener"


def _run_cases(only: str, outcome: Path, environment: Mapping[str, str]) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-m", "faults", "tests/faults", f"--junitxml={outcome}"]
    command += ["-k", only] if only else []
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False).returncode


def _unfinished(outcome: Path) -> Iterator[tuple[str, str]]:
    """Cases that wrote no line of their own, and why: skipped, or ended by something else than a bar."""
    for test in ET.parse(outcome).iter("testcase"):  # noqa: S314 - written by our own run
        for kind in ("skipped", "error", "failure"):
            found = test.find(kind)
            message = (found.get("message") or "").splitlines()[0] if found is not None and found.get("message") else kind
            if found is not None:
                yield test.get("name", "?"), f"{kind}: {message}"[:200]


def table(cases: Sequence[Mapping[str, Any]], unfinished: Sequence[tuple[str, str]]) -> Iterator[str]:
    """The lines of the report."""
    rows = [HEAD, *(_row(case) for case in cases)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        yield row[0].ljust(widths[0]) + "".join(f"  {cell.rjust(width)}" for cell, width in zip(row[1:], widths[1:], strict=True))
    for case in cases:
        if case["missed"]:
            yield f"MISSED  {case['case']}: {'; '.join(case['missed'])}"
    for name, why in unfinished:
        yield f"NOT COUNTED  {name}: {why}"
    held = sum(not case["missed"] for case in cases)
    yield f"{held} of {len(cases)} cases held every bar; {sum(case['injected'] for case in cases)} faults injected"


def _row(case: Mapping[str, Any]) -> tuple[str, ...]:
    counts = ("injected", "lost", "doubled", "messages_lost", "doubled_messages", "repeated")
    seconds = case["recovery"]
    middle = quantiles(seconds, n=2)[0] if len(seconds) > 1 else sum(seconds)
    figures = (
        (f"{middle:.1f} s", f"{max(seconds):.1f} s", f"{max(case['recovery_cpu'], default=0):.1f} s") if seconds else ("-",) * 3
    )
    return (case["case"][:CASE], *(str(case[name]) for name in counts), *figures)


if __name__ == "__main__":
    sys.exit(main())
