"""Corrections from the command line, heard posts to labelled data: on SQLite and on PostgreSQL, through real passes."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from listener import pipeline
from listener.wiring import load_app
from storage.metadata import metadata
from tests.support.commands import Ended, call

CONFIG = """
[[brands]]
name = "Quillon"
[[brands.products]]
name = "Flow"
ambiguous = true
context = ["app"]

[[sources]]
name = "export"
kind = "file"
path = "posts.jsonl"

[nlp]
engine = "vader"
"""
POSTS = [
    "The new Quillon release is sick, totally sick.",
    "Wonderful. Quillon is down again, just great.",
    "I recommend Quillon to everybody, we love it.",
    "Going with the Flow this morning, and it is bad.",
]


@dataclass(frozen=True)
class Listener:
    """The command, in a folder with a configuration."""

    folder: Path
    url: str

    @property
    def env(self) -> dict[str, str]:
        return {"LISTENER_STORAGE__URL": self.url}

    def __call__(self, *arguments: object) -> Ended:
        return call(*arguments, folder=self.folder, env=self.env)

    def contents(self, folder: Path) -> str:
        """A hash of all that is stored, and of the names of all files."""
        names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("store.db-"))
        app = load_app(self.folder / "listener.toml", self.env)
        with app.open_store(datetime.now(UTC)) as store, store._database.read() as connection:
            rows = [repr(row) for table in metadata.sorted_tables for row in connection.execute(select(table))]
        return hashlib.sha256("\n".join([*names, *rows]).encode()).hexdigest()


def _post(number: int, text: str) -> str:
    author = {"handle": f"writer{number}", "display_name": f"Writer {number}"}
    post = {"platform": "forum", "external_id": str(number), "text": text, "author": author, "language": "en"}
    return json.dumps({**post, "published_at": f"2026-11-0{number}T10:00:00+00:00"})


@pytest.fixture(params=["sqlite", "postgres"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Listener:
    """The command, in a folder where four posts were heard."""
    url = f"sqlite:///{tmp_path}/store.db" if request.param == "sqlite" else str(request.getfixturevalue("empty_postgres_url"))
    (tmp_path / "listener.toml").write_text(CONFIG)
    (tmp_path / "posts.jsonl").write_text("".join(_post(number, text) + "\n" for number, text in enumerate(POSTS, start=1)))

    listener = Listener(tmp_path, url)
    first = only(listener("run", "--json"))
    assert (first["understood"], first["rescored"]) == (4, 0)
    return listener


def only(ended: Ended) -> Any:
    assert ended.status == 0, ended.said
    (line,) = ended.lines
    return line


def label(listener: Listener, mention: int) -> str | None:
    targets = only(listener("mentions", "show", mention, "--json"))["analysis"]["targets"]
    return targets[0]["sentiment"]["label"] if targets else None


def test_a_correction_from_the_command_line_to_labelled_data(listener: Listener, tmp_path: Path) -> None:
    assert label(listener, 2) == "positive"
    done = only(listener("correct", "sentiment", 2, "negative", "--note", "irony", "--by", "kim", "--json"))
    assert (done["correction"], done["by"], done["note"]) == (1, "kim", "irony")
    assert (done["engine"]["engine"], done["engine"]["verdict"]) == ("vader", "positive")
    assert label(listener, 2) == "negative"
    again = only(listener("run", "--json"))
    assert (again["understood"], again["judged"]) == (0, 1)

    said = listener("correct", "intent", 3, "--remove", "recommends", "--add", "praise")
    assert "intent of mention 3 is +praise -recommends" in said.out
    assert "recommends" not in only(listener("mentions", "show", 3, "--json"))["analysis"]["intents"]
    shown = listener("correct")
    assert "irony" not in shown.out
    assert [line["correction"] for line in listener("correct", "list", "--json").lines] == [2, 1]

    file = tmp_path / "labelled.jsonl"
    assert only(listener("correct", "export", file, "--json")) == {"written": str(file), "texts": 1, "withheld": 0}
    assert file.stat().st_mode & 0o777 == 0o600
    expected = {"id": "mention-2", "text": POSTS[1], "target": "Quillon", "label": -1, "source": "export"}
    assert [json.loads(line) for line in file.read_text().splitlines()] == [expected]
    assert listener("correct", "export", "-").lines == [expected]
    analysed = only(listener("analyze", file))
    assert analysed["label"] == 1
    measured = only(listener("eval", "sentiment", file, "--json"))
    assert (measured["engine"], measured["rows"], measured["opposite_sign"]) == ("vader", 1, 1.0)
    assert {(one["kind"], one["verdict"], one["corrected"], one["corrections"]) for one in measured["corrections"]} >= {
        ("sentiment", "positive", "negative", 1)
    }
    assert "corrected engine" in listener("eval", "sentiment", file).out

    assert only(listener("correct", "undo", 1, "--json"))["ended_at"]
    assert label(listener, 2) == "positive"
    assert "ended" in listener("correct", "list", "--all").out


def test_a_phrase_rule_rereads_history_and_the_preview_says_so_and_writes_nothing(listener: Listener, tmp_path: Path) -> None:
    assert "Nothing is outdated" in listener("recompute", "--preview").out
    assert label(listener, 1) == "negative"
    said = listener("correct", "phrase", "Sick", "positive", "--brand", "quillon")
    assert '"sick" is positive in mentions of quillon' in said.out
    assert "Next: listener recompute brings standings and cases up to date" in listener("correct", "sentiment", 3, "neutral").out
    before = listener.contents(tmp_path)
    preview = only(listener("recompute", "--preview", "--json"))
    assert listener.contents(tmp_path) == before
    assert (preview["outdated"], preview["changed"], preview["people"]) == (4, 1, 1)
    assert preview["labels"] == [{"before": "negative", "after": "positive", "count": 1}]
    (example,) = preview["examples"]
    assert (example["mention"], example["text"]) == (1, POSTS[0])
    assert example["differences"] == [{"target": "quillon", "before": "negative", "after": "positive"}]
    assert only(listener("recompute", "--preview", "--limit", 0, "--json"))["examples"] == []
    shown = listener("recompute", "--preview")
    assert "4 mentions would be read anew; 1 of them would change" in shown.out
    assert "Nothing was stored." in shown.out
    done = only(listener("recompute", "--json"))
    assert (done["understood"], done["rescored"]) == (4, 4)
    assert done["judged"] >= 1
    assert (label(listener, 1), label(listener, 3)) == ("positive", "neutral")
    evidence = only(listener("mentions", "show", 1, "--json"))["analysis"]["targets"][0]["sentiment"]["evidence"]
    assert evidence == [POSTS[0]]
    listener("correct", "undo", 1)
    assert "4 were re-scored" in listener("run").out
    assert label(listener, 1) == "negative"


def test_an_ambiguous_name_learns_from_a_corrected_mention(listener: Listener) -> None:
    assert label(listener, 4) is None
    done = only(listener("correct", "relevance", 4, "none", "--json"))
    assert done["value"] == "none"
    refused = listener("correct", "sentiment", 4, "negative")
    assert refused.status == 2
    assert "first say which it is about" in refused.err
    done = only(listener("correct", "relevance", 4, "high", "--json"))
    assert only(listener("mentions", "show", 4, "--json"))["analysis"]["relevance"] == "about"
    listener("correct", "sentiment", 4, "negative")
    assert only(listener("recompute", "--json"))["rescored"] == 4  # the lesson makes another analyzer
    analysis = only(listener("mentions", "show", 4, "--json"))["analysis"]
    assert (analysis["relevance"], analysis["targets"][0]["target"]) == ("about", "quillon/flow")
    assert analysis["targets"][0]["sentiment"]["label"] == "negative"


def test_a_rescued_mention_says_what_is_next_and_is_scored_by_the_next_recompute(listener: Listener) -> None:
    said = listener("correct", "relevance", 4, "high").out
    assert "No sentiment toward quillon/flow yet" in said
    assert "Next: listener recompute" in said
    assert "listener correct sentiment 4 LABEL --target quillon/flow" in said
    assert label(listener, 4) == "unscored"
    assert "Looked at 1 author, judged 4 people" in listener("recompute").out
    (found,) = only(listener("mentions", "show", 4, "--json"))["analysis"]["targets"]
    assert (found["target"], found["sentiment"]["engine"], found["sentiment"]["label"]) == ("quillon/flow", "vader", "negative")


def test_one_is_one(listener: Listener, tmp_path: Path) -> None:
    listener("correct", "sentiment", 2, "negative")
    assert "Wrote 1 text to" in listener("correct", "export", tmp_path / "labelled.jsonl").out
    measured = listener("eval", "sentiment", tmp_path / "labelled.jsonl").out
    assert "1 row\n" in measured
    assert "too few rows" in measured
    assert "No row is neutral or positive" in measured
    assert only(listener("eval", "sentiment", tmp_path / "labelled.jsonl", "--json"))["macro_recall_interval"] is None
    listener("correct", "relevance", 2, "none")
    assert listener("correct", "export", "-").lines == []


def test_a_recompute_that_is_killed_goes_on(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    listener("correct", "phrase", "sick", "positive")

    def cut_short(queue: Any, analyzer: Any, now: Any, **values: Any) -> int:
        jobs = queue.pending_analyses(analyzer.fingerprint, 2)
        queue.save_analyses(list(zip(jobs, analyzer.analyze(jobs), strict=True)), analyzer.fingerprint, now)
        raise SystemExit(143)

    with monkeypatch.context() as patched:
        patched.setattr(pipeline, "understand", cut_short)
        assert listener("recompute").status == 143
    assert only(listener("recompute", "--preview", "--json"))["outdated"] == 2
    assert only(listener("recompute", "--json"))["rescored"] == 2


REFUSED: list[tuple[list[object], int, str]] = [
    (["sentiment", 99, "negative"], 1, "There is no mention 99"),
    (["sentiment", 1, "unscored"], 2, "is not one of 'positive', 'neutral', 'negative', 'mixed'"),
    (["sentiment", 1, "furious"], 2, "furious"),
    (["sentiment", 1, "negative", "--target", "brimtel"], 2, "one of: quillon"),
    (["relevance", 1, "huge"], 2, "one of: high, medium, low, none"),
    (["relevance", 1, "high", "--target", "x"], 2, 'there is no target "x"'),
    (["target", 1, "x"], 2, 'there is no target "x"'),
    (["target", 1, "quillon/flow", "--remove"], 2, 'is not about "quillon/flow"'),
    (["intent", 1], 2, "no intent is named"),
    (["intent", 1, "--add", "praise", "--remove", "praise"], 2, "either of the two"),
    (["phrase", "...", "positive"], 2, "it has no letters"),
    (["phrase", "x", "mixed"], 2, "is not one of 'positive', 'neutral', 'negative'"),
    (["phrase", "Flow", "negative"], 2, 'it belongs to the name "Flow"'),
    (["phrase", "quillon mess", "negative"], 2, 'it belongs to the name "Quillon"'),
    (["target", 4, "quillon/flow", "--remove"], 2, "mention 4 is about none of your targets"),
    (["phrase", "x" * 300, "positive", "--brand", "y"], 2, "2 problems"),
    (["undo", 7], 1, "There is no correction 7"),
]


def test_what_cannot_be_said_is_refused(listener: Listener, tmp_path: Path) -> None:
    before = listener.contents(tmp_path)
    for arguments, status, said in REFUSED:
        ended = listener("correct", *arguments)
        assert (ended.status, ended.out) == (status, ""), arguments
        assert said in ended.err
        assert "Traceback" not in ended.err
    assert listener.contents(tmp_path) == before


def test_labelled_data_may_be_gzipped_and_bad_lines_are_named(tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": number, "text": text, "target": "Quillon", "label": sign, "source": source})
        for number, (text, sign, source) in enumerate(
            [("Quillon is great", 1, "a"), ("Quillon is awful", -1, "b"), ("\ud800 Quillon", 0, "b"), ("", 0, "a")] * 10
        )
    ]
    bad = [
        '{"id": 1}',
        "not json",
        json.dumps({"id": 2, "text": "x", "label": 2}),
        json.dumps({"id": 3, "text": "x", "label": True}),
    ]
    file = tmp_path / "labelled.jsonl.gz"
    file.write_bytes(gzip.compress("\n".join([*lines, *bad]).encode()))
    ended = call("eval", "sentiment", file, "--engine", "vader", "--json", folder=tmp_path)
    assert ended.status == 1
    for number in range(41, 45):
        assert f"line {number}: " in ended.err
    (found,) = ended.lines
    assert (found["rows"], found["unusable"], found["unscored"], found["calibration"]) == (40, 4, 10, None)
    assert found["confusion"]["positive"] == {"negative": 0, "neutral": 0, "positive": 10, "unscored": 0}
    assert set(found["sources"]) == {"a", "b"}
    assert found["corrections"] is None
    assert not (tmp_path / "listener.db").exists()
    file.write_bytes(gzip.compress("\n".join(lines).encode())[:-20])
    cut = call("eval", "sentiment", file, "--engine", "vader", folder=tmp_path)
    assert cut.status == 1
    assert "damaged or cut short" in cut.err
    assert call("eval", "sentiment", "nowhere", "--engine", "vader", folder=tmp_path).status == 1
    assert call("eval", "sentiment", file, "--engine", "x", folder=tmp_path).status == 2
    assert call("eval", "sentiment", file, "--config", "no.toml", folder=tmp_path).status == 2
    assert "sentiment" in call("eval", "--help", folder=tmp_path).out
    (tmp_path / "empty").write_text("")
    assert "no row" in call("eval", "sentiment", "empty", "--engine", "vader", folder=tmp_path).err
