"""`listener sources`: the truth about every source, for people and for programs."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from connectors._x_options import MONEY, POSTS
from listener.cli import main
from listener.core.errors import RetryLater, SourceError, SourcePaused, SourceRejected
from listener.core.mention import Gap, Markup, Mention, Page
from listener.core.ports import Saved, StreamResult
from listener.health import watch_health
from listener.wiring import load_app
from storage.store import Store

CONFIG = """
[[brands]]
name = "Quillon"
[[sources]]
name = "trade-press"
kind = "rss"
url = "https://press.example/feed"
[[sources]]
name = "print-forum"
kind = "rss"
url = "https://forum.example/feed"
[[sources]]
name = "x-search"
kind = "twitter"
token = "not-a-real-token"
monthly_cap_usd = 20
daily_reads = 2000
[[sources]]
name = "switched-off"
kind = "rss"
url = "https://off.example/feed"
enabled = false
"""
WEEK = timedelta(days=7)
KEYS = {
    "source", "kind", "health", "heard_until", "last_attempt", "last_success", "new", "changed", "duplicates", "rejected", "runs",
    "failed_runs", "refused_runs", "streams", "streams_failed", "failures", "lag_p95", "next_at", "left_alone_until", "reason",
    "gaps", "notices", "allowances", "incident", "policy",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "listener.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def result(source: str, error: SourceError | None = None, **facts: Any) -> StreamResult:
    return StreamResult(source, "", error=error, **facts)


def log(store: Store, now: datetime, *results: StreamResult) -> None:
    run_id = store.runs.begin_run(now)
    store.runs.log_streams(run_id, "rss", results, now)
    store.runs.end_run(run_id, now, {})


def listened(store: Store, now: datetime) -> None:
    """A day in the life of three sources."""
    month = datetime(now.year, now.month, 1, tzinfo=UTC) + timedelta(days=32)
    lost = Gap(now - timedelta(days=9), now - timedelta(days=7), "the service goes back no further than 7 days")
    moved = "it has moved for good to https://new.example/feed"
    posts = [
        Mention("rss", "f", str(n), "words", markup=Markup.PLAIN, published_at=now - timedelta(minutes=90 + n)) for n in range(20)
    ]
    store.mentions.save_page("trade-press", "", "rss", "open-web", Page(tuple(posts)), now - timedelta(hours=1), now - WEEK)
    for step in range(4, 0, -1):
        at = now - timedelta(hours=step) / 2
        refused = SourceRejected("the site refused us (403); ask its owner") if step < 4 else None
        paused = SourcePaused("the monthly cap of USD 20.00 is reached", until=month) if step == 1 else None
        log(
            store,
            at,
            result("trade-press", saved=Saved(5, 1, 7), rejected={"no date": 2, "no id": 1, "no text": 1}, notice=moved),
            result("print-forum", refused),
            result("x-search", paused, gaps=(lost,) if step == 2 else ()),
        )
    store.ledgers.of("x-search", now.date()).charge({MONEY: 3_200_000, POSTS: 640})


@pytest.fixture
def heard(folder: Path) -> datetime:
    now = datetime.now(UTC).replace(microsecond=0)
    with load_app(folder / "listener.toml", {}).open_store(now) as store:
        listened(store, now)
        watch_health(store.incidents, [], ["print-forum", "trade-press", "x-search"], now)
    return now


def test_every_line_has_the_same_keys(run, heard: datetime) -> None:
    lines = run("sources", "--json").lines
    assert [line["source"] for line in lines] == ["trade-press", "print-forum", "x-search", "switched-off"]
    assert all(set(line) == KEYS for line in lines)


def test_a_source_that_is_heard_tells_what_it_brought(run, heard: datetime) -> None:
    line = run("sources", "trade-press", "--json").lines[0]
    assert (line["health"], line["new"], line["changed"], line["duplicates"]) == ("ok", 20, 4, 28)
    assert line["rejected"] == {"no date": 8, "no id": 4, "no text": 4}
    assert line["notices"] == ["it has moved for good to https://new.example/feed"]
    assert line["lag_p95"] is None, "what was published before says nothing of how soon it is heard"
    assert line["policy"] == "open-web"
    assert (line["incident"], line["gaps"], line["allowances"]) == (None, [], [])
    assert datetime.fromisoformat(line["next_at"]) > heard


def test_a_source_that_refuses_us_is_told_with_its_incident(run, heard: datetime) -> None:
    line = run("sources", "print-forum", "--json").lines[0]
    assert (line["runs"], line["refused_runs"], line["failed_runs"], line["failures"]) == (4, 3, 3, 3)
    assert line["incident"]["kind"] == "failing"
    said = run("sources").out
    assert "refused 3 of 4 runs; the site refused us (403); ask its owner; 3 failures in a row" in said
    detail = run("sources", "print-forum").out
    assert "told          failing, since " in detail
    assert "0 new, 0 changed, 0 known; 4 runs, 3 failed, 3 refused us" in detail


def test_a_paused_source_says_what_it_spent_what_was_lost_and_when_it_goes_on(run, heard: datetime) -> None:
    line = run("sources", "x-search", "--json").lines[0]
    assert (line["health"], line["left_alone_until"] is not None) == ("paused", True)
    money, reads = line["allowances"]
    assert (money["used"], money["left"], money["words"]) == (3_200_000, 16_800_000, "USD 3.20 of 20.00 this month")
    assert (reads["label"], reads["per"], reads["limit"], reads["left"]) == ("posts read", "day", 2000, 1360)
    assert [gap["reason"] for gap in line["gaps"]] == ["the service goes back no further than 7 days"]
    said = run("sources").out
    assert "  paused, the monthly cap of USD 20.00 is reached; goes on " in said
    assert "  USD 3.20 of 20.00 this month; a run costs at most USD " in said
    assert "  640 of 2,000 posts read today; a run uses at most 2,000 posts read\n" in said
    assert "  lost for good: " in said
    assert "not-a-real-token" not in said + run("sources", "x-search").out + run("sources", "--json").out


def test_reasons_that_something_could_not_be_used_are_told_briefly_and_in_full(run, heard: datetime) -> None:
    assert "16 entries could not be used: 8 no date, 4 no id, 4 for other reasons" in run("sources").out
    detail = run("sources", "trade-press").out
    assert all(f"unusable      {words}\n" in detail for words in ("8 no date", "4 no id", "4 no text"))
    assert "notice        it has moved for good" in detail


def test_a_disabled_source_says_why_and_is_asked_never(run, heard: datetime) -> None:
    line = run("sources", "switched-off", "--json").lines[0]
    assert (line["health"], line["reason"], line["next_at"]) == ("disabled", "switched off in the configuration", None)
    assert "disabled, because switched off in the configuration" in run("sources").out


def test_a_disabled_source_shows_its_allowances_only_where_it_used_some(run, heard: datetime, folder: Path) -> None:
    path = folder / "listener.toml"
    path.write_text(path.read_text().replace('token = "not-a-real-token"', ""))
    said = run("sources").out
    assert "640 of 2,000 posts read today" in said
    assert "disabled, because no token" in said
    path.write_text(path.read_text().replace("x-search", "x-unused"))
    assert "posts read" not in run("sources").out


def test_a_source_that_asked_for_a_pause_is_told_until_when(run, folder: Path) -> None:
    now = datetime.now(UTC)
    with load_app(folder / "listener.toml", {}).open_store(now) as store:
        log(store, now, result("print-forum", RetryLater("too many requests (429)", after=timedelta(hours=7))))
    assert "left alone until " in run("sources").out
    line = run("sources", "print-forum", "--json").lines[0]
    assert datetime.fromisoformat(line["left_alone_until"]) > now + timedelta(hours=6)
    assert line["next_at"] >= line["left_alone_until"]


def test_a_source_that_is_configured_no_more_can_still_be_looked_at(run, heard: datetime, folder: Path) -> None:
    path = folder / "listener.toml"
    path.write_text(path.read_text().replace("print-forum", "renamed"))
    line = run("sources", "print-forum", "--json").lines[0]
    assert (line["health"], line["reason"]) == ("disabled", "it is not in the configuration any more")


def test_several_sources_in_the_order_of_their_names_and_unknown_ones_with_those_there_are(run, heard: datetime) -> None:
    lines = run("sources", "x-search", "trade-press", "x-search", "--json").lines
    assert [line["source"] for line in lines] == ["x-search", "trade-press"]
    ended = run("sources", "nope", "x-search", "nada")
    assert (ended.status, ended.out) == (2, "")
    assert "there is no source named 'nope'; one of: trade-press, print-forum, x-search, switched-off" in ended.err
    assert "'nada'" in ended.err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", [80, 110, 160])
def test_on_a_terminal_everything_fits_and_a_narrow_one_leaves_names_their_room(
    folder: Path, heard: datetime, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr("sys.stdout", terminal := Terminal())
    assert main(["sources"]) == 0
    assert main(["sources", "x-search"]) == 0
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in terminal.getvalue().splitlines()]
    assert ("kind" in lines[0].split()) == (width >= 100)
    rows = [line for line in lines if line.startswith(("trade-press  ", "print-forum  ", "x-search  "))]
    assert len(rows) == 3
    assert max(map(cell_len, lines)) <= width
