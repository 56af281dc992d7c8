"""An erasure reaches the files of digests that were delivered, and says what it cannot reach."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from listener.alerting import alert_people
from listener.alerts.model import Alert
from listener.cli import main
from listener.core.alerting import AlertState
from listener.core.messages import Delivery
from listener.core.recipients import Recipient
from listener.job import run_pass
from listener.sample.build import write_demo
from listener.sample.server import serving
from listener.tell import Rewritten, rewrite
from listener.wiring import App, load_app
from tests.support.outbox import due
from tests.support.sample_run import NOW

MORE = """
[[notifiers]]
name = "share"
kind = "file"
folder = "share"

[[notifiers]]
name = "mail"
kind = "email"
host = "127.0.0.1"
port = 1
security = "none"
from = "listener@quillon.example"
to = ["kim@quillon.example"]
"""
KIM = "mail:kim@quillon.example"


@dataclass
class Told:
    app: App
    folder: Path
    name: str
    contact_id: str

    def erase(self, *options: str) -> int:
        config = str(self.folder / "listener.toml")
        return main(["person", "erase", "--contact", self.contact_id, "--yes", "--config", config, *options])

    def delivered(self) -> dict[str, str]:
        folders = (self.folder / "digests", self.folder / "share")
        return {f"{path.parent.name}/{path.name}": path.read_text() for folder in folders for path in folder.iterdir()}


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample after one pass, which told it in two folders and by a mail that waits."""
    folder = tmp_path_factory.mktemp("heard")
    with serving(NOW) as base_url:
        config = write_demo(folder, base_url, NOW)
        config.write_text(config.read_text() + MORE)
        app = load_app(config, {})
        with app.open_store(NOW) as store:
            run_pass(app, store, NOW)
    return folder


@pytest.fixture
def told(heard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """A copy of it, and somebody whom its digest names."""
    monkeypatch.setenv("COLUMNS", "80")
    folder = shutil.copytree(heard, tmp_path / "told")
    app = load_app(folder / "listener.toml", {})
    with app.open_store(NOW) as store:
        first = json.loads(store.digests.saved_digest("folder:digest", NOW.date()) or "")["people"][0]
    return Told(app, folder, first["name"], first["contact_id"])


def test_files_are_written_anew_or_removed_and_a_mail_that_waits_never_goes_out(
    told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    before = told.delivered()
    digests = {name for name in before if "/digest-" in name}
    alerts = {name for name in before if "/alert-" in name and told.name in before[name]}
    assert (len(digests), len(alerts)) == (4, 4)
    assert all(told.name in before[name] for name in digests)
    assert told.erase() == 0
    after = told.delivered()
    assert after.keys() == before.keys() - alerts
    assert not [name for name, text in after.items() if told.name in text]
    said = capsys.readouterr().out
    assert "Wrote the files of 2 digests anew" in said
    assert "Removed the files of 2 messages that told of alerts about them." in said
    assert "Cannot be recalled" not in said
    assert "Backups of the database" in said
    with told.app.open_store(NOW) as store:
        waiting = due(store, NOW + timedelta(days=1))
        assert {message.channel for message in waiting} == {"mail"}
        assert not [message for message in waiting if told.name in f"{message.subject}{message.text}{message.html}{message.card}"]


def test_a_mail_that_went_out_is_said_to_be_beyond_recall(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    with told.app.open_store(NOW) as store:
        waiting = due(store, NOW + timedelta(days=1))
        assert {message.channel for message in waiting} == {"mail"}
        store.outbox.record([(message, Delivery(ok=True, detail="taken")) for message in waiting], NOW)
    assert told.erase() == 0
    said = capsys.readouterr().out
    assert f"Cannot be recalled: 1 digests that went to {KIM}, {NOW.date()} to {NOW.date()}." in said
    assert "Cannot be recalled: 1 message that told of alerts about them." in said


def test_whom_a_withdrawn_message_told_of_besides_is_told_anew(told: Told) -> None:
    assert told.erase() == 0
    with told.app.open_store(NOW) as store:
        left = [one for one in store.alerts.find(states=[AlertState.SNOOZED]) if one.rule == "detractor"]
        assert left
        alert_people(told.app, store, max(one.snoozed_until for one in left if one.snoozed_until))
        messages = due(store, max(one.changed_at for one in store.alerts.find()))
        (anew,) = (one for one in messages if one.dedup_key.startswith("alert:anew"))
        assert (anew.channel, told.name in anew.text) == ("mail", False)
        assert store.alerts.find(states=[AlertState.SNOOZED]) == []
        assert all(Alert.from_json(one.words).items[0].title in anew.text for one in left)


def test_what_was_rewritten_is_told_as_json(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    assert told.erase("--json") == 0
    (line,) = capsys.readouterr().out.splitlines()
    day = NOW.date().isoformat()
    written = [["folder:digest", day], ["share:digest", day]]
    assert json.loads(line)["files"] == {"written": written, "failed": [], "beyond_reach": []}


def test_a_file_that_cannot_be_written_is_named(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    share = told.folder / "share"
    stems = {path.stem for path in share.iterdir()}
    for path in share.iterdir():
        path.unlink()
    share.rmdir()
    share.write_text("no folder any more")
    assert told.erase() == 1
    problems = capsys.readouterr().err.splitlines()
    assert len(problems) == 2
    for problem in problems:
        assert problem.startswith("Error: a file still holds them, remove it by hand: ")
        assert any(stem in problem for stem in stems)


def test_digests_that_cannot_be_rendered_again_are_told(told: Told) -> None:
    day = NOW.date()
    recipients = [*told.app.recipients(), Recipient("gone", "digest")]
    changed = [("folder:digest", day - timedelta(days=1)), ("share:digest", day), ("gone:digest", day), ("unknown:x", day)]
    with told.app.open_store(NOW) as store:
        old = day - timedelta(days=2)
        store.digests.save_digest("folder:digest", old, NOW, NOW, '{"version": 0, "people": []}', [], NOW)
        found = rewrite(store.digests, told.app.notifiers(), recipients, [*changed, ("folder:digest", old)], NOW)
    assert found == Rewritten(
        written=(("share:digest", day),),
        failed=(
            f"the digest of {day - timedelta(days=1)} for folder:digest: it is not stored any more",
            f"the digest of {old} for folder:digest: the stored digest is of no version from 1 to 2",
        ),
        beyond_reach=(("gone:digest", day), ("unknown:x", day)),
    )
