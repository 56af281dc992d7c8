"""``listener spikes`` as a shell would run it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

KEYS = ["start", "detected_at", "end", "count", "expected", "p_value"]
FIRST = datetime(2026, 1, 5)  # noqa: DTZ001 - files hold naive times


def series(path: Path, values: list[int], step: timedelta = timedelta(hours=1)) -> str:
    rows = [f"{FIRST + at * step},{value}" for at, value in enumerate(values)]
    path.write_text("\n".join(["timestamp,value", *rows]), encoding="utf-8")
    return str(path)


@pytest.fixture
def burst(tmp_path: Path) -> str:
    values = np.random.default_rng(1).poisson(5, 800)
    values[700:706] = 40
    return series(tmp_path / "burst.csv", values.tolist())


def test_json_lines_and_the_numbers_at_the_end(run: Any, burst: str) -> None:
    ended = run("spikes", burst, "--json")
    assert ended.status == 0
    *incidents, last = ended.lines
    assert last == {"rows": 800, "incidents": 1}
    (incident,) = incidents
    assert list(incident) == KEYS
    assert incident["detected_at"] == (FIRST.replace(tzinfo=UTC) + timedelta(hours=700)).isoformat()
    assert incident["start"] == incident["detected_at"]
    assert incident["end"] >= (FIRST.replace(tzinfo=UTC) + timedelta(hours=705)).isoformat()
    assert incident["count"] == 40
    assert incident["expected"] == pytest.approx(5, rel=0.3)
    assert 0 < incident["p_value"] < 2e-5
    assert ended.err == ""


def test_a_table_for_people(run: Any, burst: str) -> None:
    ended = run("spikes", burst)
    assert ended.status == 0
    assert "2026-02-03 04:00" in ended.out
    assert ended.out.splitlines()[-1] == "1 burst in 800 rows of 1 h"
    assert max(map(len, ended.out.splitlines())) <= 100


def test_what_is_not_known_is_said(run: Any, tmp_path: Path) -> None:
    path = Path(series(tmp_path / "short.csv", [3] * 100))
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(lines[:50] + lines[55:]), encoding="utf-8")
    ended = run("spikes", str(path), "--json")
    assert ended.lines == [{"rows": 95, "incidents": 0}]
    assert "5 bins have no row" in ended.err
    assert "Less than 14 days" in ended.err


def test_a_header_alone_has_no_burst(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("timestamp,value\n", encoding="utf-8")
    assert run("spikes", str(path), "--json").lines == [{"rows": 0, "incidents": 0}]
    assert run("spikes", str(path)).out == "no burst in 0 rows\n"


@pytest.mark.parametrize("bad", ["2026-01-05,-1", "2026-01-05,x", "never,1"])
def test_bad_lines_end_it_with_their_number(run: Any, tmp_path: Path, bad: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(f"timestamp,value\n2026-01-04,1\n{bad}\n", encoding="utf-8")
    ended = run("spikes", str(path), "--json")
    assert ended.status == 1
    assert ended.out == ""
    assert ended.err.startswith("Error: line 3: ")


def test_a_line_of_a_megabyte_is_refused(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_bytes(b"timestamp,value\n" + b"9" * 1_000_000 + b"\n2026-01-05,1\n")
    ended = run("spikes", str(path))
    assert ended.status == 1
    assert "line 2: longer than" in ended.err
    assert "line 3" not in ended.err


def test_a_file_that_is_not_there(run: Any, tmp_path: Path) -> None:
    ended = run("spikes", str(tmp_path / "none.csv"))
    assert ended.status == 1
    assert "No such file" in ended.err
