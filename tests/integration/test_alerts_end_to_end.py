"""Alerts from posts to messages, decisions and escalations; a pass that is killed while it alerts loses and doubles nothing."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listener.alerting import alert_people
from listener.alerts.model import Alert
from listener.cli import main
from listener.core.alerting import AlertRule, AlertState
from listener.job import run_pass
from listener.sample.build import write_demo
from listener.sample.server import serving
from listener.wiring import App, load_app
from storage.store import Store
from tests.support.outbox import due

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SCRIPT = Path(__file__).parents[1] / "support" / "killed_pass.py"
RECIPIENTS = """
[alerts]
quiet_hours = "20:00-07:00"

[[notifiers]]
name = "team"
kind = "file"
folder = "team"

[[recipients]]
name = "References"
notifier = "team"
alerts = ["promoter", "turned"]
digest = []

[[notifiers]]
name = "heads"
kind = "file"
folder = "heads"

[[recipients]]
name = "Heads"
notifier = "heads"
alerts = []
digest = []
escalations = true
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(NOW) as base_url:
        yield base_url


@pytest.fixture
def app(tmp_path: Path, address: str) -> App:
    config = write_demo(tmp_path, address, NOW)
    config.write_text(config.read_text() + RECIPIENTS)
    return load_app(config, {})


def subjects(store: Store, now: datetime, channel: str) -> list[str]:
    return [message.subject for message in due(store, now) if message.channel == channel]


def test_from_posts_to_alerts_decisions_and_escalations(app: App, tmp_path: Path) -> None:
    with app.open_store(NOW) as store:
        told = run_pass(app, store, NOW).alerts
        alerts = store.alerts.find(limit=999)
        assert told == len(alerts)
        assert {one.rule for one in alerts} >= {AlertRule.PROMOTER, AlertRule.DETRACTOR}
        assert {one.state for one in alerts} == {AlertState.OPEN}
        written = {
            folder: "".join(file.read_text() for file in (tmp_path / folder).glob("alert-*.txt"))
            for folder in ("team", "digests")
        }
        for one in alerts:
            title = Alert.from_json(one.words).items[0].title
            assert title in written["digests"]
            assert (title in written["team"]) is (one.rule in {AlertRule.PROMOTER, AlertRule.TURNED}), title
        assert not (tmp_path / "heads").exists()

        assert run_pass(app, store, NOW + timedelta(hours=1)).alerts == 0
        assert len(store.alerts.find(limit=999)) == len(alerts), "the same posts alert nobody twice"

        decided = next(one for one in alerts if one.rule is AlertRule.DETRACTOR)
        seen, snoozed, *rest = [one for one in alerts if one.rule is AlertRule.PROMOTER]
        config = str(tmp_path / "listener.toml")
    assert main(["cases", "decide", str(decided.case_id), "contacted", "--config", config]) == 0
    assert main(["alerts", "ack", seen.key, "--by", "kim", "--config", config]) == 0
    assert main(["alerts", "snooze", snoozed.key, "--for", "4h", "--config", config]) == 0

    late = NOW + timedelta(hours=25)
    with app.open_store(late) as store:
        alert_people(app, store, late)
        states = {one.key: one.state for one in store.alerts.find(limit=999)}
        assert (states[decided.key], states[seen.key]) == (AlertState.CLOSED, AlertState.ACKNOWLEDGED)
        assert states[snoozed.key] is AlertState.SNOOZED
        (news, *_) = escalated = subjects(store, late, "heads")
        assert news.startswith("Not acknowledged for 24 hours: ")
        alert_people(app, store, late + timedelta(minutes=1))
        assert subjects(store, late + timedelta(minutes=1), "heads") == escalated, "once"
        assert rest


def test_a_message_in_quiet_hours_waits_until_they_are_over(app: App) -> None:
    night = NOW.replace(hour=22)
    with app.open_store(night) as store:
        run_pass(app, store, night)
        waiting = [message for message in due(store, night + timedelta(days=1)) if message.kind == "alert"]
        assert waiting
        assert {message.not_before for message in waiting} == {night.replace(day=21, hour=7, minute=0)}
        assert due(store, night + timedelta(hours=8)) == []


# In the order in which a pass meets them.
POINTS = [
    ("alerts.alert_facts", "after", 1),
    ("alerts.save", "before", 1),
    ("alerts.save", "after", 1),
    ("outbox.record", "before", 1),
]
QUESTIONS = {
    "alerts": "select key, rule, subject, state from alerts order by key",
    "quotes": "select a.key, count(*) from alert_quotes q join alerts a on a.id = q.alert_id group by a.key order by a.key",
    "messages": "select dedup_key, state from outbox order by dedup_key",
    "links": """select o.dedup_key, a.key from alert_messages l join outbox o on o.id = l.message_id
        join alerts a on a.id = l.alert_id order by 1, 2""",
    "cursor": "select value from meta where name = 'alerts_seen'",
}


def answers(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(folder / "listener.db")) as database:
        return {name: database.execute(question).fetchall() for name, question in QUESTIONS.items()}


def run(*passes: str) -> None:
    """Passes one after the other; each with a point is killed there."""
    command = [sys.executable, str(SCRIPT), NOW.isoformat(), *passes]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.timeout(300)
def test_a_pass_killed_while_it_alerts_loses_and_doubles_nothing(tmp_path: Path, address: str) -> None:
    whole = write_demo(tmp_path / "whole", address, NOW)
    often = write_demo(tmp_path / "killed", address, NOW)
    run(str(whole), *(f"{often}@{point}:{when}:{nth}" for point, when, nth in POINTS), str(often))
    expected, found = answers(whole.parent), answers(often.parent)
    assert all(expected.values()), "the comparison is only worth something where there is something to compare"
    for name, rows in expected.items():
        assert found[name] == rows, name
    files = {path.name: path.read_text() for path in (whole.parent / "digests").glob("alert-*.txt")}
    assert {path.name: path.read_text() for path in (often.parent / "digests").glob("alert-*.txt")} == files
