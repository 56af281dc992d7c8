"""What every notifier owes the outbox. A new kind is given a rig here and gets these for nothing."""

from __future__ import annotations

import io
import json
import logging
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from structlog.testing import capture_logs

from config.notifiers import AnyNotifier
from listener.core.telling_ports import Notifier
from listener.notifiers import _BUILDERS
from listener.notify._posting import Place
from listener.notify.apprise import AppriseNotifier
from listener.notify.console import ConsoleNotifier
from listener.notify.discord import DiscordNotifier
from listener.notify.email import EmailNotifier, Security, SmtpSettings
from listener.notify.file import FileNotifier
from listener.notify.slack import SlackNotifier
from listener.notify.teams import TeamsNotifier
from listener.notify.webhook import WebhookNotifier
from tests.support.hooks import SECRET_PARTS, Hook, hook, reset, said
from tests.support.notifying import HOSTILE, NOW, QUICK, big_card, hostile_card, message

TOKEN = "xoxb-0000-secret-of-the-token"


@dataclass
class Rig:
    """A notifier and its other end."""

    notifier: Notifier
    arrived: Callable[[], list[str]]
    """What has come in, one text a message."""
    break_down: Callable[[], None]
    """From now on nothing can be delivered."""
    secrets: tuple[str, ...] = ()
    largest: int | None = None
    """Bytes of a message, where the other end has a limit."""
    recipient: str = "digest"


def clock() -> Any:
    return NOW


@contextmanager
def posting(make: Callable[[Place], Notifier], *, ok: Any, largest: int) -> Iterator[Rig]:
    with hook() as receiver:
        receiver.answer(ok)
        place = Place("Somebody", receiver.url, QUICK, private=True)
        yield Rig(
            make(place),
            lambda: [request.body.decode("utf-8") for request in receiver.seen],
            lambda: _broken(receiver),
            (*SECRET_PARTS, TOKEN),
            largest,
        )


def _broken(receiver: Hook) -> None:
    receiver.seen.clear()
    receiver.answer(reset)


def slack_by_webhook(_: Path) -> AbstractContextManager[Rig]:
    return posting(lambda place: SlackNotifier(place, clock), ok=said(200, "ok"), largest=60_000)


def slack_by_token(_: Path) -> AbstractContextManager[Rig]:
    def make(place: Place) -> Notifier:
        return SlackNotifier(place, clock, token=TOKEN, channel="#voice")

    return posting(make, ok=said(200, {"ok": True, "ts": "1.2"}), largest=60_000)


def teams(_: Path) -> AbstractContextManager[Rig]:
    return posting(lambda place: TeamsNotifier(place, clock), ok=said(202), largest=28_000)


def discord(_: Path) -> AbstractContextManager[Rig]:
    return posting(lambda place: DiscordNotifier(place, clock), ok=said(200, {"id": "1"}), largest=40_000)


def webhook(_: Path) -> AbstractContextManager[Rig]:
    return posting(lambda place: WebhookNotifier(place, clock, TOKEN), ok=said(204), largest=280_000)


@contextmanager
def file(folder: Path) -> Iterator[Rig]:
    out = folder / "out"

    def break_down() -> None:
        shutil.rmtree(out, ignore_errors=True)
        out.write_text("a file where the folder should be")

    def arrived() -> list[str]:
        found = sorted(out.glob("*.txt"), key=lambda path: path.read_text()) if out.is_dir() else []
        return [path.read_text(encoding="utf-8") for path in found]

    yield Rig(FileNotifier(out), arrived, break_down)


class _Postbox:
    def __init__(self) -> None:
        self.mails: list[str] = []
        self.closed = False

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.closed:
            return "451 4.3.0 try later"
        self.mails.append(str(envelope.content, "utf-8"))
        return "250 OK"


@contextmanager
def email(_: Path) -> Iterator[Rig]:
    box = _Postbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        server = SmtpSettings("127.0.0.1", port, "listener@quillon.example", Security.NONE, seconds=5)

        def break_down() -> None:
            box.closed = True
            box.mails.clear()

        yield Rig(EmailNotifier(server, clock), lambda: box.mails, break_down, recipient="ines@quillon.example")
    finally:
        controller.stop()


@contextmanager
def console(_: Path) -> Iterator[Rig]:
    stream = io.StringIO()

    def break_down() -> None:
        stream.close()

    def arrived() -> list[str]:
        return [] if stream.closed else [part for part in stream.getvalue().split("┌──") if part]

    yield Rig(ConsoleNotifier(stream), arrived, break_down)


@contextmanager
def apprise(_: Path) -> Iterator[Rig]:
    with hook() as receiver:
        address = receiver.url.replace("http://", "json://")
        yield Rig(
            AppriseNotifier(address),
            lambda: [request.body.decode("utf-8") for request in receiver.seen],
            lambda: _broken(receiver),
            SECRET_PARTS,
        )


RIGS: dict[str, Callable[[Path], AbstractContextManager[Rig]]] = {
    "slack": slack_by_webhook,
    "slack by token": slack_by_token,
    "teams": teams,
    "discord": discord,
    "webhook": webhook,
    "file": file,
    "email": email,
    "console": console,
    "apprise": apprise,
}
CHATS = ["slack", "slack by token", "teams", "discord", "webhook"]


@pytest.fixture(params=sorted(RIGS))
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with RIGS[request.param](tmp_path) as made:
        yield made


@pytest.fixture(params=CHATS)
def chat(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with RIGS[request.param](tmp_path) as made:
        yield made


def batch(rig: Rig, count: int = 3) -> list[Any]:
    return [message(number, recipient=rig.recipient) for number in range(1, count + 1)]


def test_every_kind_of_the_configuration_is_built_and_tested_here() -> None:
    models = get_args(get_args(AnyNotifier)[0])
    kinds = {get_args(model.model_fields["kind"].annotation)[0] for model in models}
    assert kinds == set(_BUILDERS)
    assert kinds <= {name.split()[0] for name in RIGS}


def test_one_delivery_for_each_message_in_order_and_each_arrives_once(rig: Rig) -> None:
    outcomes = list(rig.notifier.send(batch(rig)))
    assert [outcome.ok for outcome in outcomes] == [True, True, True], [outcome.detail for outcome in outcomes]
    arrived = rig.arrived()
    assert len(arrived) == 3
    for number, text in enumerate(arrived, 1):
        assert f"Subject {number}" in text or f"message {number}" in text


def test_nothing_is_sent_before_its_turn(rig: Rig) -> None:
    outcomes = iter(rig.notifier.send(batch(rig)))
    assert next(outcomes).ok
    assert len(rig.arrived()) == 1, "what is not recorded yet must not go out: it would be sent again after a crash"


def test_no_messages_no_deliveries(rig: Rig) -> None:
    assert list(rig.notifier.send([])) == []
    assert rig.arrived() == []


def test_a_failure_is_a_result_for_each_message_and_can_be_tried_again(rig: Rig) -> None:
    rig.break_down()
    outcomes = list(rig.notifier.send(batch(rig)))
    assert [(outcome.ok, outcome.permanent) for outcome in outcomes] == [(False, False)] * 3
    assert all(outcome.detail for outcome in outcomes)


@contextmanager
def root_log() -> Iterator[io.StringIO]:
    """What reaches the root's handler, where the program's own logging stands; pytest's listens to silenced loggers as well."""
    root, written = logging.getLogger(), io.StringIO()
    handler, level = logging.StreamHandler(written), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield written
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def test_no_secret_is_told(rig: Rig) -> None:
    with root_log() as written, capture_logs() as logged:
        told = [outcome.detail for outcome in rig.notifier.send(batch(rig))]
        rig.break_down()
        told += [outcome.detail for outcome in rig.notifier.send(batch(rig))]
    said_anywhere = "\n".join([*told, repr(rig.notifier), str(rig.notifier), written.getvalue(), json.dumps(logged, default=str)])
    for secret in rig.secrets:
        assert secret not in said_anywhere
    assert "Text of the message" not in "\n".join(told), "nor anything of the message itself"


@pytest.mark.parametrize(
    "text", ["", "\ud800\x00", HOSTILE, "\n" * 500, "x" * 5_000], ids=["empty", "broken", "hostile", "lines", "long"]
)
def test_awkward_messages_do_no_harm_to_the_others(rig: Rig, text: str) -> None:
    odd = message(2, recipient=rig.recipient, subject=text, text=text, card=None, html=None)
    first, second, third = rig.notifier.send([message(1, recipient=rig.recipient), odd, message(3, recipient=rig.recipient)])
    assert first.ok
    assert third.ok
    assert second.ok or second.permanent, second.detail


@pytest.mark.parametrize("form", ["card", "text"])
def test_a_big_message_is_cut_and_not_lost(rig: Rig, form: str) -> None:
    card = big_card() if form == "card" else None
    big = message(1, recipient=rig.recipient, subject="Subject 1", text="Wörds 🖨 of a line\n" * 60_000, card=card)
    (outcome,) = rig.notifier.send([big])
    assert outcome.ok, outcome.detail
    (arrived,) = rig.arrived()
    if rig.largest is not None:
        assert len(arrived.encode()) <= rig.largest


@pytest.mark.parametrize("form", ["card", "text"])
def test_nothing_invisible_and_no_dangerous_link_arrives(chat: Rig, form: str) -> None:
    odd = message(1, subject=HOSTILE, text=HOSTILE, card=hostile_card() if form == "card" else None)
    (outcome,) = chat.notifier.send([odd])
    assert outcome.ok, outcome.detail
    (arrived,) = chat.arrived()
    everything = "".join(_texts(json.loads(arrived)))
    assert not {"\x00", "\x1b", "\u202e", "\ud800"} & set(everything)
    assert "javascript:" not in everything


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for value in part.values():
            yield from _texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from _texts(value)
    elif isinstance(part, str):
        yield part


def test_the_same_message_is_the_same_whenever_it_is_sent(chat: Rig) -> None:
    for attempts in (0, 4):
        list(chat.notifier.send([replace(message(1), attempts=attempts)]))
    first, second = chat.arrived()
    assert first == second
