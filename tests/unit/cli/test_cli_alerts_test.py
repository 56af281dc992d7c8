"""``listener alerts test``: a sample by every way out, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.postbox import SlowPostbox, free_port, open_for_mail

HEAD = '[[brands]]\nkey = "quillon"\nname = "Quillon"\n'


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def config(tmp_path: Path, port: int) -> Path:
    path = tmp_path / "listener.toml"
    blocks = f"""
[[notifiers]]
name = "team"
kind = "email"
host = "127.0.0.1"
port = {port}
security = "none"
from = "listener@quillon.example"
to = ["ines@quillon.example", "tomas@quillon.example"]

[[notifiers]]
name = "share"
kind = "file"
folder = "outgoing"

[[notifiers]]
name = "log"
kind = "console"

[[notifiers]]
name = "chat"
kind = "slack"

[[notifiers]]
name = "old"
kind = "file"
folder = "old"
enabled = false
"""
    path.write_text(HEAD + blocks)
    return path


def test_every_way_is_tried_and_told(config: Path, port: int, run: Callable[..., Any]) -> None:
    box = SlowPostbox()
    with open_for_mail(box, port):
        ended = run("alerts", "test", "--config", config)
    assert ended.status == 0, ended.err
    rows = [line.split(None, 2)[:2] for line in ended.out.splitlines()[1:]]
    assert rows == [
        ["team", "email"],
        ["team", "email"],
        ["share", "file"],
        ["log", "console"],
        ["chat", "slack"],
        ["old", "file"],
    ]
    assert "not ready, because it is switched off in the configuration" in ended.out
    assert "LISTENER_NOTIFIERS__CHAT__URL" in ended.out
    assert [mail["To"] for mail in box.accepted] == ["ines@quillon.example", "tomas@quillon.example"]
    types = [part.get_content_type() for part in box.accepted[0].walk()]
    assert types == ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]
    assert "invented" in box.accepted[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    written = sorted((config.parent / "outgoing").iterdir())
    assert [(path.name.partition("-")[0], path.suffix) for path in written] == [("test", ".html"), ("test", ".txt")]
    assert "┌── test: Test from listener" in ended.err
    assert not list(config.parent.glob("*.db")), "nothing is stored"


def test_what_fails_is_told_and_the_exit_status_says_so(config: Path, run: Callable[..., Any]) -> None:
    ended = run("alerts", "test", "--config", config, "--notifier", "team", "--to", "kim@quillon.example", "--json")
    assert ended.status == 1
    (line,) = ended.lines
    assert (line["notifier"], line["address"], line["ok"], line["ready"]) == ("team", "kim@quillon.example", False, True)
    assert "cannot be reached" in line["detail"]
    assert line["seconds"] >= 0


def test_one_that_is_named_and_not_ready_is_a_failure(config: Path, run: Callable[..., Any]) -> None:
    ended = run("alerts", "test", "--config", config, "--notifier", "chat")
    assert ended.status == 1
    assert "not ready, because" in ended.out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--notifier", "nobody"], "there is no notifier named 'nobody'"),
        (["--notifier", "log", "--to", "kim@quillon.example"], "none of these notifiers sends e-mail"),
    ],
)
def test_a_wrong_question_is_refused(config: Path, run: Callable[..., Any], arguments: list[str], problem: str) -> None:
    ended = run("alerts", "test", "--config", config, *arguments)
    assert ended.status == 2
    assert problem in ended.err


def test_without_a_notifier_it_shows_one(tmp_path: Path, run: Callable[..., Any]) -> None:
    (tmp_path / "none.toml").write_text(HEAD)
    ended = run("alerts", "test", "--config", tmp_path / "none.toml")
    assert ended.status == 2
    assert '[[notifiers]] with name = "chat", kind = "slack", url = ' in ended.err
    assert "docs/notifiers.md" in ended.err


def test_an_address_that_is_none_is_refused_by_the_mail(config: Path, run: Callable[..., Any]) -> None:
    ended = run("alerts", "test", "--config", config, "--to", "kim\r\nBcc: eve@evil.example")
    assert ended.status == 1
    assert "FAILED: the recipient is not one address" in ended.out
