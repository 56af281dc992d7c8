"""Messages through Apprise, with its own plugin for JSON against a real server on loopback."""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from listener.core.messages import CONFIGURATION, Card, Message
from listener.net.settings import DoorSettings
from listener.notify import _apprise_way
from listener.notify.apprise import AppriseNotifier
from tests.support.postbox import free_port

MESSAGE = Message("k", "apprise", "digest", "Ines turned\n@everyone", "“no” \\n ${HOME} :smile:\n", card=Card("t", tone="urgent"))
SECRET = "hunter2-token"


@dataclass
class Service:
    status: int = 200
    port: int = 0
    got: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def serving(status: int = 200) -> Iterator[Service]:
    service = Service(status)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            service.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(service.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def notifier(port: int) -> AppriseNotifier:
    return AppriseNotifier(f"json://kim:{SECRET}@127.0.0.1:{port}/hooks/{SECRET}")


def test_title_text_and_urgency_arrive_as_they_are() -> None:
    with serving() as service:
        outcomes = list(notifier(service.port).send([MESSAGE, replace(MESSAGE, card=Card("t", tone="chance"))]))
    assert [outcome.ok for outcome in outcomes] == [True, True]
    assert service.got[0]["title"] == "Ines turned @\u200beveryone"
    assert service.got[0]["message"].strip() == "“no” \\n ${HOME} :smile:"
    assert [each["type"] for each in service.got] == ["warning", "success"]


@pytest.mark.parametrize("call", ["@everyone", "<@123>", "<!channel>", "<@&9>", "<https://a.example|your bank>"])
def test_strangers_call_nobody_and_hide_no_link(call: str) -> None:
    link = "[your bank](https://a.example)"
    with serving() as service:
        assert next(iter(notifier(service.port).send([replace(MESSAGE, subject=f"{call} {link}", text=f"x {call} {link}")]))).ok
    for said in (service.got[0]["title"], service.got[0]["message"]):
        assert call not in said
        assert "](" not in said
        assert said.replace("\u200b", "").endswith(f"{call} {link}")


def test_a_service_that_fails_is_told_by_its_own_words_and_asked_twice_at_most() -> None:
    with serving(500) as service:
        outcomes = list(notifier(service.port).send([MESSAGE] * 5))
    assert len(service.got) == 2
    assert {(outcome.ok, outcome.permanent) for outcome in outcomes} == {(False, False)}
    assert [outcome.down for outcome in outcomes] == [False, True, True, True, True]
    assert "error=500" in outcomes[0].detail
    assert all(SECRET not in outcome.detail and "127.0.0.1" not in outcome.detail for outcome in outcomes)


def test_a_dead_port_is_tried_once() -> None:
    outcomes = list(notifier(free_port()).send([MESSAGE] * 3))
    assert {(outcome.ok, outcome.down) for outcome in outcomes} == {(False, True)}
    assert outcomes[0].detail == "Apprise could not send it: A Connection error occurred sending JSON notification to …."


@pytest.mark.parametrize("url", ["nonsense://x", "", "slack://bad", "no address"])
def test_an_address_that_apprise_does_not_understand_is_a_matter_of_configuration(url: str) -> None:
    outcomes = list(AppriseNotifier(url).send([MESSAGE] * 2))
    assert {(outcome.permanent, outcome.retry_after, outcome.down) for outcome in outcomes} == {(False, CONFIGURATION, True)}
    assert outcomes[0].detail == "its url is none that Apprise understands; see its list of services"


def test_the_address_is_in_no_representation() -> None:
    assert SECRET not in repr(notifier(1))


def test_only_a_file_of_authorities_that_cannot_be_read_is_a_matter_of_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    authority = tmp_path / "ca.pem"
    asked = AppriseNotifier("json://127.0.0.1:9", DoorSettings(ca_file=authority))
    (gone,) = asked.send([MESSAGE])
    assert (gone.detail, gone.retry_after) == ("the file of net.ca_file cannot be read", CONFIGURATION)
    authority.write_bytes(b"a certificate")
    monkeypatch.setattr(_apprise_way, "NamedTemporaryFile", full)
    (failed,) = asked.send([MESSAGE])
    assert "No space left on device" in failed.detail
    assert (failed.down, failed.retry_after, failed.unsure) == (True, None, False)
