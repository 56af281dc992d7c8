"""`listener alerts`: messages and their state, and what people say of alerts."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.cells import cell_len

from listener.alerts.messages import code
from listener.cli import main
from listener.core.alerting import AlertChange, AlertDraft, AlertPlan, AlertState
from listener.core.mention import digest
from listener.core.messages import Delivery, Message, MessageKind
from listener.timewords import moment_words
from listener.wiring import load_app
from storage.store import Store
from tests.support.alerts import alert_about

CONFIG = """
[[brands]]
name = "Quillon"
[[notifiers]]
name = "share"
kind = "file"
folder = "share"
"""
NOW = datetime.now(UTC).replace(microsecond=0)
DRAFTS = [alert_about(None, key=digest("test", str(number)), name=f"Name {number}", at=NOW) for number in range(3)]
CODES = [code(draft.key) for draft in DRAFTS]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "listener.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def opened(folder: Path) -> Store:
    return load_app(folder / "listener.toml", {}).open_store(NOW)


def message(draft: AlertDraft, channel: str = "share") -> Message:
    key = f"alert:{draft.key}:{channel}:digest"
    return Message(key, channel, "digest", "The news", "Words", None, NOW, kind=MessageKind.ALERT, alert_keys=(draft.key,))


@pytest.fixture
def told(folder: Path) -> Path:
    """Two open alerts and a held one; of the first a message went out, of the second one was given up."""
    states = (AlertState.OPEN, AlertState.OPEN, AlertState.HELD)
    first, second = message(DRAFTS[0]), message(DRAFTS[1])
    with opened(folder) as store:
        store.alerts.save(AlertPlan(tuple(zip(DRAFTS, states, strict=True)), (), (first, second)), NOW)
        refused = Delivery(ok=False, detail="the folder is full", permanent=True)
        store.outbox.record([(first, Delivery(ok=True, detail="written")), (second, refused)], NOW)
    return folder


def state_of(folder: Path, number: int) -> tuple[AlertState, str | None, str | None]:
    with opened(folder) as store:
        (record,) = store.alerts.named(DRAFTS[number].key)
        return record.state, record.actor, record.note


def test_messages_are_listed_with_their_state_the_newest_first(run, told: Path) -> None:
    second, first = run("alerts", "list", "--json").lines
    assert (first["what"], first["state"], first["alerts"]) == ("Name 0 complains about Quillon", "sent", [CODES[0]])
    assert (second["what"], second["state"], second["detail"]) == ("The news", "refused", "the folder is full")
    assert [line["id"] for line in run("alerts", "list", "--state", "refused", "--json").lines] == [second["id"]]
    assert [line["id"] for line in run("alerts", "list", "--limit", 1, "--json").lines] == [second["id"]]
    said = run("alerts").out
    assert "the folder is full" in said
    assert "Name 0 complains about Quillon" in said


def test_held_alerts_are_listed_apart(run, told: Path) -> None:
    (line,) = run("alerts", "list", "--held", "--json").lines
    assert (line["id"], line["state"]) == (CODES[2], "held")
    assert run("alerts", "list", "--held", "--state", "sent").status == 2


def test_open_alerts_are_those_that_nobody_acknowledged(run, told: Path) -> None:
    lines = run("alerts", "open", "--json").lines
    assert [(line["id"], line["state"]) for line in lines] == [(CODES[1], "open"), (CODES[0], "open")]
    assert lines[1]["told"] == [{"channel": "share", "recipient": "digest"}]
    assert run("alerts", "ack", *CODES[:2]).status == 0
    assert run("alerts", "open").out == "No alert waits for anybody.\n"


def test_an_alert_is_shown_with_what_it_says_and_who_was_told(run, told: Path) -> None:
    said = run("alerts", "show", CODES[0]).out
    assert "Name 0 complains about Quillon" in said
    assert "Told   share, sent" in said
    (line,) = run("alerts", "show", CODES[0], "--json").lines
    assert line["alert"]["items"][0]["title"] == "Name 0"
    assert [one["state"] for one in line["messages"]] == ["sent"]


def test_an_acknowledgement_says_who_and_why_and_is_said_once(run, told: Path) -> None:
    done = run("alerts", "ack", CODES[0], "--note", "called", "--by", "kim")
    assert done.out == f"Alert {CODES[0]} is acknowledged: Name 0 complains about Quillon\n"
    assert state_of(told, 0) == (AlertState.ACKNOWLEDGED, "kim", "called")
    again = run("alerts", "ack", CODES[0], "--by", "lee")
    assert "is acknowledged already by kim; nothing was changed" in again.out
    assert (again.status, state_of(told, 0)) == (0, (AlertState.ACKNOWLEDGED, "kim", "called"))


def test_the_actor_is_the_account_and_json_tells_the_alert(run, told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "ines")
    (line,) = run("alerts", "ack", CODES[1][:6], "--json").lines
    assert (line["id"], line["state"], line["actor"]) == (CODES[1], "acknowledged", "ines")


def test_a_snooze_ends_at_a_time_ahead(run, told: Path) -> None:
    (line,) = run("alerts", "snooze", CODES[0], "--for", "4h", "--json").lines
    assert line["state"] == "snoozed"
    end = datetime.fromisoformat(line["snoozed_until"])
    assert timedelta(hours=3) < end - NOW < timedelta(hours=5)
    until = (NOW + timedelta(days=2)).isoformat()
    assert datetime.fromisoformat(run("alerts", "snooze", CODES[1], "--until", until, "--json").lines[0]["snoozed_until"]) == (
        NOW + timedelta(days=2)
    )


@pytest.mark.parametrize(
    "given",
    [
        ("snooze", CODES[0]),
        ("snooze", CODES[0], "--for", "4h", "--until", "2999-01-01"),
        ("snooze", CODES[0], "--until", "2020-01-01"),
        ("snooze", CODES[0], "--for", "soon"),
        ("ack", "not-an-id"),
        ("ack", "ab"),
        ("ack",),
        ("retry",),
        ("retry", "1", "--all"),
        ("list", "--state", "lost"),
    ],
)
def test_wrong_usage_is_refused_and_changes_nothing(run, told: Path, given: tuple[str, ...]) -> None:
    ended = run("alerts", *given)
    assert (ended.status, ended.out) == (2, "")
    assert state_of(told, 0) == (AlertState.OPEN, None, None)


@pytest.mark.parametrize("given", [("ack", "deadbeef"), ("show", "deadbeef"), ("retry", "99")])
def test_what_is_not_there_is_a_failure(run, told: Path, given: tuple[str, ...]) -> None:
    ended = run("alerts", *given)
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("Error: there is no ")


def test_one_that_is_unknown_keeps_the_others_from_being_changed(run, told: Path) -> None:
    assert run("alerts", "ack", CODES[0], "deadbeef").status == 1
    assert state_of(told, 0)[0] is AlertState.OPEN


def test_messages_that_failed_are_sent_again_at_once(run, told: Path) -> None:
    number = run("alerts", "list", "--state", "refused", "--json").lines[0]["id"]
    assert run("alerts", "retry", "--all", "--json").lines == [{"retried": 0, "sent": 0, "failed": 0}]
    assert run("alerts", "retry", number, "--json").lines == [{"retried": 1, "sent": 1, "failed": 0}]
    assert [file.read_text() for file in (told / "share").glob("*.txt")] == ["Words"]
    sent = run("alerts", "retry", number)
    assert (sent.status, sent.err) == (1, f"Error: message {number} is sent: nothing waits to be sent\n")


def test_what_failed_can_be_dropped(run, told: Path) -> None:
    number = run("alerts", "list", "--state", "refused", "--json").lines[0]["id"]
    assert run("alerts", "drop", number).out == "Dropped: 1 of 1.\n"
    assert run("alerts", "list", "--state", "withdrawn", "--json").lines[0]["id"] == int(number)
    again = run("alerts", "drop", number)
    assert (again.status, again.err) == (1, f"Error: message {number} is withdrawn: nothing waits to be sent\n")


def test_a_message_that_fails_again_is_a_failure(run, told: Path) -> None:
    (told / "share").write_text("no folder")
    number = run("alerts", "list", "--state", "refused", "--json").lines[0]["id"]
    ended = run("alerts", "retry", number)
    assert ended.status == 1
    assert ended.out.startswith(f"{number}: waiting; ")
    assert "next attempt" in ended.out


def test_what_is_tried_again_by_name_is_told_by_itself(run, told: Path) -> None:
    number = run("alerts", "list", "--state", "refused", "--json").lines[0]["id"]
    other = replace(message(DRAFTS[0]), dedup_key="other", created_at=NOW)
    with opened(told) as store:
        store.outbox.put([other])
    assert run("alerts", "retry", number).out == f"{number}: sent\n"
    assert [line["what"] for line in run("alerts", "list", "--state", "waiting", "--json").lines] == ["The news"]


def test_the_list_says_what_holds_a_message_and_how_much_was_cut(run, told: Path) -> None:
    until = NOW + timedelta(hours=3)
    with opened(told) as store:
        store.outbox.put([replace(message(DRAFTS[0]), dedup_key="held", not_before=until)])
    said = run("alerts", "list", "--state", "waiting").out
    assert f"quiet until {moment_words(until, UTC, NOW.date())}" in " ".join(said.split())
    assert "1 of 3: --limit 3 shows all." in run("alerts", "list", "--limit", 1).out
    assert "shows all" not in run("alerts", "list", "--limit", 3).out
    assert "1 message waits for quiet hours to end" in " ".join(run("status").out.split())


@pytest.mark.parametrize(("given", "allowed"), [("99999w", "at most 52w"), ("4x", "30m, 4h, 2d or 1w"), ("2026-12-01", "4h")])
def test_a_snooze_is_a_length_of_at_most_a_year(run, told: Path, given: str, allowed: str) -> None:
    ended = run("alerts", "snooze", CODES[0], "--for", given)
    assert ended.status == 2
    assert allowed in ended.err


def test_a_settled_alert_is_open_no_more(run, told: Path) -> None:
    with opened(told) as store:
        store.alerts.save(AlertPlan(settled=(DRAFTS[0].key,)), NOW)
    assert [line["id"] for line in run("alerts", "open", "--json").lines] == [CODES[1]]
    assert "is closed already; nothing was changed" in run("alerts", "ack", CODES[0]).out


class _Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("given", [("list",), ("open",), ("list", "--held"), ("show", CODES[0])])
def test_everything_fits_the_terminal(told: Path, monkeypatch: pytest.MonkeyPatch, width: int, given: tuple[str, ...]) -> None:
    with opened(told) as store:
        (record,) = store.alerts.named(DRAFTS[0].key)
        later = AlertChange(record.id, AlertState.SNOOZED, NOW, "kim", snoozed_until=NOW + timedelta(days=3))
        store.alerts.save(AlertPlan(changes=(later,)), NOW)
    terminal = _Terminal()
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr("sys.stdout", terminal)
    assert main(["alerts", *given]) == 0
    shown = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    assert max(map(cell_len, shown.splitlines())) <= width
