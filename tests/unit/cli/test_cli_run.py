"""`listener run` over a file source: what it reports, how it ends, and its lock."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.file import NlpSettings, RetentionSettings
from listener.cli.run_report import report_facts
from listener.customer_import import Imported
from listener.job import PassReport, Worked
from nlp.language import LANGUAGES
from storage.store import Retention

CONFIG = """
[[brands]]
name = "Quillon"
[[sources]]
name = "export"
kind = "file"
path = "{path}"
[[sources]]
name = "broken"
kind = "file"
path = "{missing}"
[customers]
file = "customers.csv"
"""
CUSTOMERS = "contact_id,first_name,last_name,email,company\nC1,Ada,Ostrander,ada@fenwick.example,Fenwick\n,No,Id,,\n"


def mention(number: int, text: str) -> str:
    author = {"handle": "ada", "display_name": "Ada Ostrander", "email": "ada@fenwick.example"}
    fields = {
        "platform": "forum",
        "external_id": str(number),
        "text": text,
        "author": author,
        "published_at": "2026-03-01T10:00:00Z",
    }
    return json.dumps(fields) + "\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mentions.jsonl").write_text(
        mention(1, "Quillon is broken and terrible, and nobody at the support desk ever answers my mails about it.")
        + "{oops\n"
        + mention(2, "Nice weather.")
    )
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    config = CONFIG.format(path=tmp_path / "mentions.jsonl", missing=tmp_path / "no.jsonl")
    (tmp_path / "listener.toml").write_text(config)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_empty_states_say_what_to_do(run, folder: Path) -> None:
    assert "Nothing heard yet: run `listener run`." in run("sources").out
    assert run("mentions").out == "Nothing heard yet: run `listener run`.\n"
    assert "No case is open." in run("cases").out
    assert run("customers").out.startswith("No customers yet")
    (folder / "listener.toml").write_text('[[brands]]\nname = "Q"\n')
    assert run("sources").out.startswith("No source is configured")
    assert run("run").out.startswith("No source is configured")


def test_a_run_reports_every_source_and_goes_on(run, folder: Path) -> None:
    ended = run("run")
    assert ended.status == 0
    lines = ended.out.splitlines()
    assert lines[0].split() == ["source", "new", "changed", "known", "unusable", "result"]
    assert lines[1].split() == ["export", "2", "0", "0", "1", "heard"]
    assert lines[2].startswith("broken")
    assert "failed: " in lines[2]
    assert "Customers: 1 new, 0 changed, 0 gone, 1 row unusable" in ended.out
    assert "Understood 2 mentions, looked at 1 author, judged " in ended.out
    again = run("run", "--json").lines[0]
    assert (again["new"], again["understood"], again["digests"]) == (0, 0, 0)
    assert again["customers"]["unchanged"] is True
    export = next(stream for stream in again["streams"] if stream["source"] == "export")
    assert export["unchanged"] is True
    assert run("run", "--source", "export").out.splitlines()[1].endswith("nothing new since last time")


def test_a_run_in_which_everything_failed_is_1(run, folder: Path) -> None:
    ended = run("run", "--source", "broken")
    assert ended.status == 1
    assert "every source failed" in ended.err


def test_wrong_sources_and_times_are_2(run, folder: Path) -> None:
    ended = run("run", "--source", "nope")
    assert ended.status == 2
    assert "one of: export, broken" in ended.err
    assert run("run", "--since", "yesterday").status == 2


def test_a_dry_run_stores_nothing(run, folder: Path) -> None:
    ended = run("run", "--dry-run", "--since", "7d")
    assert ended.status == 0
    assert ended.out.splitlines()[1].split() == ["export", "2", "1", "heard"]
    assert "Nothing was stored." in ended.out
    assert not (folder / "listener.db").exists()
    lines = run("run", "--dry-run", "--json").lines
    assert [(line["source"], line["mentions"]) for line in lines] == [("export", 2), ("broken", 0)]
    assert run("run", "--dry-run", "--source", "broken").status == 1
    toml = folder / "listener.toml"
    toml.write_text(toml.read_text().replace('name = "broken"', 'name = "broken"\nenabled = false'))
    assert "broken: not asked: switched off" in run("run", "--dry-run").err


def test_of_two_runs_the_second_says_who_holds_the_lock_and_is_0(run, folder: Path) -> None:
    from datetime import UTC, datetime

    from listener.wiring import load_app

    app = load_app(folder / "listener.toml", {})
    with app.open_store(datetime.now(UTC)) as store, store.admin.run_lock():
        ended = run("run")
    assert (ended.status, ended.out) == (0, "")
    assert f"process {os.getpid()}" in ended.err


def test_logs_of_a_run_as_json(run, folder: Path) -> None:
    ended = run("run", "--verbose", "--log-format", "json")
    events = [json.loads(line) for line in ended.err.splitlines()]
    assert {"stream_failed", "customers_imported", "run_ended"} <= {event["action"] for event in events}
    assert "ada" not in ended.err.lower()


def test_a_report_without_customers_is_json_too() -> None:
    assert report_facts(PassReport(1))["customers"] is None
    assert report_facts(PassReport(1, made=Worked(Imported(rejected=(("row 2", "no id"),)))))["customers"]["rejected"] == [
        {"row": "row 2", "reason": "no id"}
    ]


def test_with_the_default_settings_texts_are_understood(run, folder: Path) -> None:
    run("run", "--source", "export")
    verdict = next(one for one in (run("mentions", "show", at, "--json").lines[0] for at in (1, 2)) if one["analysis"]["targets"])
    assert verdict["analysis"]["language"] == "en"
    assert verdict["analysis"]["targets"][0]["sentiment"]["label"] == "negative"


def test_the_default_languages_are_the_analyzers() -> None:
    assert NlpSettings().languages == LANGUAGES


def test_retention_settings_are_exactly_the_stores() -> None:
    assert {**dict(RetentionSettings()), "policy_days": {}} == {
        name: getattr(Retention(), name) for name in Retention.__dataclass_fields__
    }


def test_sigterm_deletes_the_key_file_of_match(folder: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from listener.cli import main; sys.exit(main())",
            "match",
            "--customers",
            "customers.csv",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch), "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write('{"author_id": "1", "platform": "x", "email": "ada@fenwick.example"}\n' * 500)
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["contact_id"] == "C1"
    kept = list(scratch.glob("listener-match-*/keys.db"))
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o600]
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate()
    assert process.returncode == 143
    assert "Traceback" not in errors
    deadline = time.monotonic() + 5
    while list(scratch.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(scratch.iterdir()) == []


def test_older_posts_cannot_be_asked_for_from_the_future(run, folder: Path) -> None:
    ended = run("run", "--since", "2999-01-01")
    assert ended.status == 2
    assert "--since" in ended.err
    assert "lies in the future" in ended.err
