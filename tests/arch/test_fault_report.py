"""The report on all fault cases claims nothing that was not tried."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scripts import faults

BATCH = "SIGTERM in a batch"


def line(case: str, **more: Any) -> dict[str, Any]:
    counts = dict.fromkeys(("lost", "doubled", "messages_lost", "doubled_messages", "repeated"), 0)
    return {"case": case, "injected": 1, "recovery": [], "recovery_cpu": [], "missed": [], "ended": True, **counts, **more}


def test_what_is_tried_by_fewer_cases_than_belong_to_it_is_not_tried() -> None:
    cases = [line(f"SIGTERM {number}") for number in range(faults.REQUIRED[BATCH]["SIGTERM"])]
    assert faults.required(cases, {})[BATCH] == "held"
    assert faults.required(cases[1:], {})[BATCH] == "not tried"
    assert faults.required([*cases[1:], line("SIGTERM", missed=["mentions lost 1"])], {})[BATCH] == "MISSED"
    assert faults.required([], dict.fromkeys(faults.ordinary(), False))["schema migration cut in the middle"] == "MISSED"


def test_a_case_that_never_ended_has_missed_that_and_one_without_a_fault_is_not_tried(tmp_path: Path) -> None:
    report = tmp_path / "cases.jsonl"
    noted = [line("first", ended=False), line("first"), line("second", ended=False), line("third", ended=False, injected=0)]
    report.write_text("".join(json.dumps(case) + "\n" for case in noted))
    assert {case["case"]: case["missed"] for case in faults.noted(report)} == {"first": [], "second": ["did not come to its end"]}


def test_a_skipped_case_is_listed_and_is_no_success(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    outcome_of = {"skipped": '<testcase name="test_a"><skipped message="needs faketime"/></testcase>', "passed": ""}
    ends = []
    for tests in outcome_of.values():

        def run_cases(only: str, outcome: Path, environment: Mapping[str, str], tests: str = tests) -> int:
            outcome.write_text(f"<testsuites>{tests}</testsuites>")
            Path(environment["FAULT_REPORT"]).write_text(json.dumps(line("SIGTERM")) + "\n")
            return 0

        monkeypatch.setattr(faults, "_run_cases", run_cases)
        ends.append((faults.main(["-k", "some", "--command", "listener"]), "NOT COUNTED" in capsys.readouterr().out))
    assert ends == [(1, True), (0, False)]


def test_everything_that_is_required_has_a_case() -> None:
    words = "".join(path.read_text(encoding="utf-8") for path in (faults.ROOT / "tests/faults").rglob("test_*.py"))
    missing = {by for tried in faults.REQUIRED.values() for by in tried if by not in words and not (faults.ROOT / by).is_file()}
    assert not missing
