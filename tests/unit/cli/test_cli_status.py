"""`listener status`: five lines, their form as JSON, and the exit status."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listener.core.messages import Delivery, Message
from listener.job import run_pass
from listener.wiring import load_app

ABOUT = ["runs", "sources", "messages", "work", "database"]
CONFIG = """
[[brands]]
name = "Quillon"
[[sources]]
name = "export"
kind = "file"
path = "posts.jsonl"
[nlp]
engine = "vader"
"""
BROKEN = '[[sources]]\nname = "trade press"\nkind = "file"\npath = "nowhere.jsonl"\n'


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which one run has worked."""
    folder = tmp_path_factory.mktemp("status")
    post = {"platform": "forum", "external_id": "1", "text": "Quillon is great.", "author": {"handle": "ada"}, "language": "en"}
    said_at = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    (folder / "posts.jsonl").write_text(json.dumps({**post, "published_at": said_at}) + "\n")
    (folder / "listener.toml").write_text(CONFIG)
    app, now = load_app(folder / "listener.toml", {}), datetime.now(UTC)
    with app.open_store(now) as store:
        assert run_pass(app, store, now).worked
    return folder


@pytest.fixture
def folder(heard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied = shutil.copytree(heard, tmp_path / "copied")
    monkeypatch.chdir(copied)
    return copied


def test_before_the_first_run_it_says_what_to_do(run, folder: Path) -> None:
    for file in folder.glob("listener.db*"):
        file.unlink()
    ended = run("status")
    assert ended.status == 1
    first, second, *_ = ended.out.splitlines()
    assert first.endswith("you.")
    assert second.startswith("✗ runs: none so far → listener run")


def test_after_a_run_that_worked_all_is_well(run, folder: Path) -> None:
    ended = run("status")
    lines = ended.out.splitlines()
    assert (ended.status, lines[0], ended.err) == (0, "All is well.", "")
    told = [line for line in lines[1:] if not line.startswith("  ")]
    assert [line.partition(":")[0] for line in told] == ["✓ runs", "✓ sources", "✓ messages", "✓ work", "✓ database"]
    assert "the last one ended" in told[0]
    assert "1 of 1 heard without gaps" in told[1]
    assert all(len(line) <= 80 for line in lines if "listener.db" not in line)


def test_as_json_it_is_one_object_with_the_same_lines(run, folder: Path) -> None:
    (found,) = run("status", "--json").lines
    assert found["well"] is True
    assert [line["about"] for line in found["lines"]] == ABOUT
    assert all(line["well"] is True for line in found["lines"])
    assert all(set(line) == {"about", "well", "says", "do"} for line in found["lines"])


def test_a_source_that_fails_is_a_fault_with_a_command(run, folder: Path) -> None:
    (folder / "listener.toml").write_text(CONFIG + BROKEN)
    assert run("run", "--source", "trade press").status == 1
    ended = run("status", "--json")
    assert ended.status == 1
    (found,) = ended.lines
    sources = found["lines"][1]
    assert (found["well"], sources["well"]) == (False, False)
    assert "trade press" in sources["says"]
    assert sources["do"] == "listener sources 'trade press'"


def test_a_message_that_was_given_up_is_a_fault_and_nobody_is_named(run, folder: Path) -> None:
    app, now = load_app(folder / "listener.toml", {}), datetime.now(UTC)
    with app.open_store(now) as store:
        message = Message("m", "mail", "kim@us.example", "Subject", "Text")
        store.outbox.put([message])
        store.outbox.record([(message, Delivery(False, "451 later", parked=True))], now)
    ended = run("status")
    assert ended.status == 1
    assert ended.out.startswith("1 thing needs you.\n")
    assert "kim@us.example" not in ended.out
    assert "✗ messages: " in ended.out
    assert "listener alerts list --state parked" in ended.out
