"""Alerts from posts to messages, decisions and escalations."""

from __future__ import annotations

from collections.abc import Iterator
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
