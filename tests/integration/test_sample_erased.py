"""An erasure reaches the files of digests that were delivered, and says what it cannot reach."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from listener.cli import main
from listener.core.telling import Delivery
from listener.job import run_pass
from listener.outbox import Recipient
from listener.sample.build import write_demo
from listener.sample.server import serving
from listener.tell import Rewritten, rewrite
from listener.wiring import App, load_app
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


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """The sample's digest in two folders, and a mail of it that waits; somebody whom it names."""
    monkeypatch.setenv("COLUMNS", "80")
    with serving(NOW) as base_url:
        config = write_demo(tmp_path, base_url, NOW)
        config.write_text(config.read_text() + MORE)
        app = load_app(config, {})
        with app.open_store(NOW) as store:
            run_pass(app, store, NOW)
            first = json.loads(store.digests.saved_digest("folder:digest", NOW.date()) or "")["people"][0]
    return Told(app, tmp_path, first["name"], first["contact_id"])


def test_files_are_written_anew_and_a_mail_that_waits_never_goes_out(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    before = told.delivered()
    assert len(before) == 4
    assert all(told.name in text for text in before.values())
    assert told.erase() == 0
    after = told.delivered()
    assert after.keys() == before.keys()
    assert not [name for name, text in after.items() if told.name in text]
    said = capsys.readouterr().out
    assert "Wrote the files of 2 digests anew" in said
    assert "Cannot be recalled" not in said
    assert "Backups of the database" in said
    with told.app.open_store(NOW) as store:
        assert store.outbox.due(NOW + timedelta(days=1), 9) == []


def test_a_mail_that_went_out_is_said_to_be_beyond_recall(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    with told.app.open_store(NOW) as store:
        waiting = store.outbox.due(NOW + timedelta(days=1), 9)
        assert [message.channel for message in waiting] == ["mail"]
        store.outbox.record([(message, Delivery(ok=True, detail="taken")) for message in waiting], NOW)
    assert told.erase() == 0
    assert f"Cannot be recalled: 1 digests that went to {KIM}, {NOW.date()} to {NOW.date()}." in capsys.readouterr().out


def test_what_was_rewritten_is_told_as_json(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    assert told.erase("--json") == 0
    (line,) = capsys.readouterr().out.splitlines()
    day = NOW.date().isoformat()
    written = [["folder:digest", day], ["share:digest", day]]
    assert json.loads(line)["files"] == {"written": written, "failed": [], "beyond_reach": []}


def test_a_file_that_cannot_be_written_is_named(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    share = told.folder / "share"
    (stem,) = {path.stem for path in share.iterdir()}
    for path in share.iterdir():
        path.unlink()
    share.rmdir()
    share.write_text("no folder any more")
    assert told.erase() == 1
    problem = capsys.readouterr().err
    assert problem.startswith("Error: a file still holds them, remove it by hand: ")
    assert stem in problem


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
            f"the digest of {old} for folder:digest: the stored digest is not of version 1",
        ),
        beyond_reach=(("gone:digest", day), ("unknown:x", day)),
    )
