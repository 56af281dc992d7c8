"""The file of metrics that a pass leaves for Prometheus' node exporter."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from listener.core.telling import Coverage, Health
from listener.job import PassReport, run_pass
from listener.metrics import Measured, write_metrics
from listener.wiring import load_app

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OTHER = "trade press 50 %"
CONFIG = """
[[brands]]
name = "Quillon"
[[sources]]
name = "export"
kind = "file"
path = "posts.jsonl"
[[sources]]
name = "trade press 50 %"
kind = "file"
path = "nowhere.jsonl"
[nlp]
engine = "vader"
[metrics]
textfile = "{file}"
"""


def post(number: int, hours: int) -> str:
    said_at = (NOW - timedelta(hours=hours)).isoformat()
    author = {"handle": f"ada{number}"}
    words = {"text": f"Quillon lost the contracts of {number} people.", "language": "en", "published_at": said_at}
    return json.dumps({"platform": "forum", "external_id": str(number), "author": author, **words}) + "\n"


def passed(folder: Path, file: str = "listener.prom", now: datetime = NOW) -> PassReport:
    config = folder / "listener.toml"
    config.write_text(CONFIG.format(file=file))
    app = load_app(config, {})
    with app.open_store(now) as store:
        return run_pass(app, store, now)


def posts(folder: Path) -> Path:
    (folder / "posts.jsonl").write_text(post(1, 1) + post(2, 3))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return posts(tmp_path)


@dataclass(frozen=True)
class Left:
    report: PassReport
    found: dict[str, dict[tuple[str, ...], float]]


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """What one pass reported, and what its file says."""
    folder = posts(tmp_path_factory.mktemp("metrics"))
    return Left(passed(folder), read(folder / "listener.prom"))


def read(file: Path) -> dict[str, dict[tuple[str, ...], float]]:
    """The values by metric, then by labels, as Prometheus' own parser reads them."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(file.read_text()):
        found[family.name] = {tuple(sample.labels.values()): sample.value for sample in family.samples}
    return found


def test_a_pass_leaves_how_it_went_and_how_everything_stands(left: Left) -> None:
    found = left.found
    assert found["listener_run_timestamp_seconds"] == {(): NOW.timestamp()}
    assert found["listener_run_worked"] == {(): 1}
    assert found["listener_run_seconds"][()] > 0
    assert found["listener_run_items"] == {(key,): n for key, n in left.report.counts().items()}
    assert found["listener_run_items"][("new",)] == 2
    assert found["listener_source_up"][("export",)] == 1
    assert found["listener_source_new_mentions"][("export",)] == 2
    assert found["listener_source_heard_until_timestamp_seconds"][("export",)] == NOW.timestamp()
    assert set(found["listener_messages"]) == {("waiting",), ("parked",), ("refused",)}
    assert found["listener_alerts_open"][()] >= 0
    assert found["listener_database_bytes"][()] > 10_000
    ((schema, release),) = found["listener_build_info"]
    assert release[0].isdigit()
    assert schema.isdigit()


def test_a_source_that_fails_is_down_and_the_others_are_not(left: Left) -> None:
    found = left.found
    assert found["listener_source_up"][(OTHER,)] == 0
    assert found["listener_source_failed_runs"] == {("export",): 0, (OTHER,): 1}
    assert (OTHER,) not in found["listener_source_heard_until_timestamp_seconds"]


def test_odd_names_are_escaped(tmp_path: Path) -> None:
    odd = 'trade "press" \\ 50 %\n# TYPE evil counter'
    source = Coverage(odd, "rss", Health.PARTIAL, None, runs=3, failed_runs=2, new=7, lag_p95=timedelta(minutes=5))
    of_all = Measured(
        began_at=NOW,
        seconds=1.5,
        worked=False,
        counts={"new": 7},
        coverage=[source, Coverage("resting", "x", Health.PAUSED, NOW)],
        messages={"waiting": 1, "parked": 2, "refused": 3},
        overdue=4,
        undecided=5,
        alerts=6,
        database_bytes=8,
        version="1.2",
        schema="0007",
    )
    write_metrics(tmp_path / "odd.prom", of_all)
    found = read(tmp_path / "odd.prom")
    assert found["listener_source_up"] == {(odd,): 0, ("resting",): 1}
    assert found["listener_source_lag_seconds"] == {(odd,): 300}
    assert found["listener_source_heard_until_timestamp_seconds"] == {("resting",): NOW.timestamp()}
    assert found["listener_messages"] == {("waiting",): 1, ("parked",): 2, ("refused",): 3}
    names = ("cases_overdue", "cases_undecided", "alerts_open", "database_bytes", "run_seconds", "run_worked")
    assert [found[f"listener_{name}"][()] for name in names] == [4, 5, 6, 8, 1.5, 0]
    assert "evil" not in found


def test_the_next_pass_writes_the_file_anew_and_leaves_nothing_beside_it(folder: Path) -> None:
    passed(folder)
    passed(folder, now=NOW + timedelta(minutes=30))
    found = read(folder / "listener.prom")
    assert found["listener_run_timestamp_seconds"] == {(): (NOW + timedelta(minutes=30)).timestamp()}
    assert found["listener_run_items"][("new",)] == 0
    assert [path.name for path in folder.glob("listener.prom*")] == ["listener.prom"]


def test_a_run_in_which_everything_failed_says_so(folder: Path) -> None:
    (folder / "posts.jsonl").unlink()
    passed(folder)
    assert read(folder / "listener.prom")["listener_run_worked"] == {(): 0}


def test_where_the_file_cannot_be_written_the_pass_goes_on_and_the_log_says_why(folder: Path) -> None:
    with capture_logs() as logged:
        report = passed(folder, "no/such/folder/listener.prom")
    (told,) = (line for line in logged if line.get("action") == "metrics_failed")
    assert (told["log_level"], told["reason"]) == ("warning", "No such file or directory")
    assert told["file"].endswith("no/such/folder/listener.prom")
    assert report.counts()["new"] == 2


def test_without_a_configured_file_nothing_is_written(folder: Path) -> None:
    (folder / "listener.toml").write_text(CONFIG.partition("[metrics]")[0])
    app = load_app(folder / "listener.toml", {})
    assert app.settings.metrics_file is None
    with app.open_store(NOW) as store:
        run_pass(app, store, NOW)
    assert not [path.name for path in folder.iterdir() if "prom" in path.name]
