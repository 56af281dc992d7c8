"""Every fault case on the shipped command, as one table: what was injected, lost, doubled, and how long recovery took.

    python scripts/faults.py                    a quick look: each random fault a few times
    python scripts/faults.py --times 200        as a release must pass it
    python scripts/faults.py -k "disk or lock"  some cases

The command is installed from a wheel of this tree into an environment of its own, as an operator has it (``--command PATH``: one
that is there already). Needs root, to mount small disks, and Debian's package ``faketime``, for other clocks. Exit status: 0 all
bars held, 1 one was missed or something was not tried. The JSON of ``--json FILE`` holds every case and recovery.
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
HELD = "held"
CASE = 52
"""Characters of a case's name."""

SUITE = "tests/integration"
REQUIRED: dict[str, dict[str, int]] = {
    "killed between collect and store": {"killed between collect and store": 1, "killed at a random moment": 1},
    "killed between store and score": {"killed between store and score": 1, "killed at every other step in turn": 1},
    "killed between store and alert": {"killed between store and alert": 1},
    "killed between alert sent and alert recorded": {"killed between alert sent and recorded": 1},
    "same page twice, overlaps, edits, deletions": {"same page twice, overlapping pages": 1, "edited and deleted posts": 1},
    "cursor and data": {"cursor and data: killed before both": 1, "killed after the cursor was saved": 1},
    "clock set, summer time, zones, future dates": {"clock": 3, "DST": 2, "mixed time zones, dates of the future": 1},
    "database locked, lost, read-only, corrupt": {"SQLite locked": 1, "PostgreSQL": 3, "read-only": 2, "database file": 8},
    "429, 5xx, time-outs, resets, wrong answers": {"network: every fault at once": 1, f"{SUITE}/test_bad_input_feeds.py": 1},
    "disk full at store, log, export, checkpoint": {"disk full": 4},
    "two workers on one source": {"two workers on one source": 1, "two replicas": 1, "second process on SQLite": 1},
    "SIGTERM in a batch": {"SIGTERM": 7},
    "mail or chat away for six hours": {f"{SUITE}/test_delivery_outage.py": 1},
    "CRM export shrank by 90 %": {"CRM export shrank by 90 %": 1},
    "poison message": {"poison": 5},
    "schema migration cut in the middle": {f"{SUITE}/test_upgrades_cut.py": 1},
    "memory limit hit by one huge page": {"memory limit hit by one huge page": 1, "poison: no memory for one text": 1},
}
"""What a release must survive, and by which cases that is tried: beginnings of their names, or files of the ordinary suite, and
how many cases begin so. What is tried by fewer is not tried."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    for what in lacking():
        print(f"Lacking: {what}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="listener-faults-") as folder:
        command = options.command or installed(Path(folder))
        report, outcome = Path(folder) / "cases.jsonl", Path(folder) / "outcome.xml"
        environment = {"FAULT_COMMAND": str(command), "FAULT_TIMES": str(options.times), "FAULT_REPORT": str(report)}
        status = _run_cases(options.only, outcome, environment)
        cases = noted(report) if report.exists() else []
        unfinished = list(_unfinished(outcome, cases)) if outcome.exists() else []
        others = {} if options.only else {name: _run_ordinary(name, Path(folder) / "ordinary.xml") for name in ordinary()}
    states = required(cases, others)
    print("\n".join([*table(cases, unfinished), "", *(f"{state:<9}  {_tried(what)}" for what, state in states.items())]))
    if options.json:
        facts = {"times": options.times, "cases": cases, "unfinished": unfinished, "ordinary": others, "required": states}
        options.json.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    whole = bool(options.only) or set(states.values()) == {HELD}
    return int(status != 0 or not cases or bool(unfinished) or any(case["missed"] for case in cases) or not whole)


def lacking() -> list[str]:
    """What this machine lacks, and what is not tried without it."""
    clocks = any(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    needs = {
        "Debian's package faketime, for other clocks": clocks,
        "root, for disks that are full or read-only": os.geteuid() == 0,
    }
    return [f"{what}; what needs it is skipped, and listed as not tried" for what, there in needs.items() if not there]


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


def noted(report: Path) -> list[dict[str, Any]]:
    """The cases, each as it stood last. One that did not come to its end has missed that; one without any fault was not tried."""
    cases = {case["case"]: case for case in map(json.loads, report.read_text(encoding="utf-8").splitlines())}
    tried = [case for case in cases.values() if case["ended"] or case["injected"]]
    for case in tried:
        case["missed"] += [] if case["ended"] else ["did not come to its end"]
    return tried


def ordinary() -> list[str]:
    """The files of the ordinary suite that try what a release must survive."""
    return sorted({by for tried in REQUIRED.values() for by in tried if by.startswith(SUITE)})


def _run_ordinary(file: str, outcome: Path) -> bool:
    """Whether all tests of the file were run, and passed."""
    command = [sys.executable, "-m", "pytest", "-q", file, f"--junitxml={outcome}"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0 and not any(_unfinished(outcome, ()))


def _unfinished(outcome: Path, cases: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Tests that were skipped, or ended by something else than a bar that one of the cases missed, and why."""
    told = tuple(f"AssertionError: {case['case']}: " for case in cases if case["ended"])
    for test in ET.parse(outcome).iter("testcase"):  # noqa: S314 - written by our own run
        for kind in ("skipped", "error", "failure"):
            found = test.find(kind)
            message = (found.get("message") or "").partition("\n")[0] if found is not None else ""
            if found is not None and not message.startswith(told):
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


def required(cases: Sequence[Mapping[str, Any]], others: Mapping[str, bool]) -> dict[str, str]:
    """How each thing went that a release must survive."""
    states = {}
    for what, tried in REQUIRED.items():
        found = {by: [not case["missed"] for case in cases if case["case"].startswith(by)] for by in tried}
        found |= {by: [others[by]] for by in tried if by in others}
        if not all(map(all, found.values())):
            states[what] = "MISSED"
        else:
            states[what] = HELD if all(len(found[by]) == number for by, number in tried.items()) else "not tried"
    return states


def _tried(what: str) -> str:
    return f"{what}: " + ", ".join(by if number == 1 else f"{by} ({number})" for by, number in REQUIRED[what].items())


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
