"""Without any network: the demo, a whole run and every look at a text work, and nothing is looked up or downloaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import environment
from tests.support.offline import can_leave_the_network

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "tests" / "support" / "offline_commands.py"

pytestmark = pytest.mark.skipif(not can_leave_the_network(), reason="this machine lets no process leave the network")


def without_network(folder: Path, *commands: list[str]) -> Any:
    """What became of the commands; the home and the folders of caches are empty, as on a new machine."""
    home = {"HOME": str(folder), "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache"), "HF_HOME": str(folder / "hf")}
    done = subprocess.run(
        [sys.executable, str(PROGRAM), json.dumps(commands)],
        cwd=folder,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_whole_job_works_and_asks_nobody_but_its_sources(tmp_path: Path) -> None:
    (tmp_path / "texts.jsonl").write_text(
        '{"id": "1", "text": "Quillon is great, see https://shop.quillon.example.co.uk/", "target": "Quillon"}\n',
        encoding="utf-8",
    )
    (tmp_path / "authors.jsonl").write_text(
        '{"author_id": "1", "platform": "x", "handle": "ada", "links": ["https://ada.example.co.uk"]}\n', encoding="utf-8"
    )
    config = ["--config", "demo/listener.toml"]
    found = without_network(
        tmp_path,
        ["demo"],
        ["check", *config],
        ["analyze", "texts.jsonl"],
        ["match", "--customers", "demo/customers.csv", "authors.jsonl"],
        ["digest", *config, "--format", "html", "--out", "today.html"],
        ["digest", *config, "--weekly", "--format", "html", "--out", "week.html"],
        ["run", *config, "--source", "export"],
    )
    assert [one["status"] for one in found["ended"]] == [0] * len(found["ended"]), found
    assert "fallback" not in "".join(one["err"] for one in found["ended"])
    weekly = (tmp_path / "week.html").read_text(encoding="utf-8")
    assert "<svg" in weekly or "data:image" in weekly, "with its charts"
    assert set(found["addresses"]) <= {"127.0.0.1"}
    assert set(found["names"]) <= {"127.0.0.1", "localhost"}
    assert found["out"] == 0, "something not written in Python wanted to get out"
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"texts.jsonl", "authors.jsonl", "demo", "today.html", "week.html"}, "no cache was made"


def test_a_try_to_get_out_is_counted(tmp_path: Path) -> None:
    """The check itself: a source outside is asked for in vain, and the kernel counts what has no way."""
    config = '[[brands]]\nname = "Quillon"\n[[sources]]\nname = "out"\nkind = "rss"\nurl = "http://8.8.8.8/feed.xml"\n'
    (tmp_path / "listener.toml").write_text(f'{config}[nlp]\nengine = "vader"\n', encoding="utf-8")
    found = without_network(tmp_path, ["run"])
    assert found["ended"][0]["status"] == 1
    assert "every source failed" in found["ended"][0]["err"]
    assert found["addresses"] == ["8.8.8.8"]
    assert found["out"] >= 1
