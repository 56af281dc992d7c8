"""A web page in the place of a chat's answer: known by its body, and told as what it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from listener.core.connector import Answer
from listener.core.messages import CONFIGURATION, Delivery
from listener.net.body import holds_page, is_web_page
from listener.notify._posting import Place
from listener.notify.discord import DiscordNotifier
from listener.notify.slack import SlackNotifier
from listener.notify.teams import TeamsNotifier
from tests.support.hooks import Hook, hook, page, said
from tests.support.notifying import NOW, QUICK, message
from tests.unit.net.net_server import Reply

OK = {"slack": said(200, "ok"), "teams": said(202), "discord": said(200, {"id": "1"})}
MAKERS: dict[str, Any] = {"slack": SlackNotifier, "teams": TeamsNotifier, "discord": DiscordNotifier}


@pytest.fixture
def receiver() -> Iterator[Hook]:
    with hook() as made:
        yield made


def outcomes(kind: str, receiver: Hook, count: int) -> list[Delivery]:
    place = Place("Somebody", receiver.url, QUICK, private=True)
    return list(MAKERS[kind](place, lambda: NOW).send([message(number) for number in range(count)]))


@pytest.mark.parametrize("status", [200, 401, 404])
@pytest.mark.parametrize("kind", ["slack", "teams", "discord"])
def test_a_page_is_no_chat(receiver: Hook, kind: str, status: int) -> None:
    receiver.answer(page(status))
    (outcome,) = outcomes(kind, receiver, 1)
    assert (outcome.ok, outcome.permanent, outcome.retry_after) == (False, False, CONFIGURATION)
    assert outcome.detail.startswith(f"127.0.0.1 answered {status} ")
    assert " with a web page, which Somebody does not: is the url right?" in outcome.detail


def test_teams_own_words_in_a_page_go_first(receiver: Hook) -> None:
    receiver.answer(Reply(b"<html><body>WorkflowNotFound</body></html>", 404, {"Content-Type": "text/html"}))
    (outcome,) = outcomes("teams", receiver, 1)
    assert "(WorkflowNotFound): the workflow is gone" in outcome.detail


@pytest.mark.parametrize("status", [413, 422])
@pytest.mark.parametrize("kind", ["slack", "discord"])
def test_a_page_about_one_message_leaves_the_others_alone(receiver: Hook, kind: str, status: int) -> None:
    """So nginx and Cloudflare say that a message is too large."""
    receiver.answer(page(status), OK[kind])
    first, second = outcomes(kind, receiver, 2)
    assert (first.ok, first.permanent, first.down) == (False, True, False)
    assert second.ok


@pytest.mark.parametrize(("status", "told"), [(407, "the proxy wants another log-in"), (503, "answered 503 Service Unavailable")])
def test_a_page_with_a_status_of_its_own_means_that_status(receiver: Hook, status: int, told: str) -> None:
    receiver.answer(page(status))
    (outcome,) = outcomes("slack", receiver, 1)
    assert (outcome.ok, outcome.permanent) == (False, False)
    assert told in outcome.detail


@pytest.mark.parametrize(
    ("body", "holds"),
    [
        (b"<!DOCTYPE html>", True),
        (b"\xef\xbb\xbf \r\n<!-- of a portal -->\n<!-- <html> --><HTML lang=en>", True),
        (b'<?xml version="1.0"?><!doctype\nHTML PUBLIC "x">', True),
        (b"ok", False),
        (b"no_service <html>", False),
        (b"<!-- <html>", False),
        (b"<!--" + b"--><!--" * 3_000, False),
        (b"<htmlish>", False),
        (b'{"error": "<html>"}', False),
        (b"", False),
    ],
)
def test_a_page_is_known_by_how_it_begins(body: bytes, holds: bool) -> None:
    assert holds_page(Answer(200, "https://a.example/", body, "text/html")) is holds


@pytest.mark.parametrize(
    ("body", "kind", "holds"), [(b"no", "text/html", True), (b'\n{"a": 1}', "text/html", False), (b"no", "text/plain", False)]
)
def test_an_apis_page_is_known_by_its_header_too(body: bytes, kind: str, holds: bool) -> None:
    assert is_web_page(Answer(200, "https://a.example/", body, kind)) is holds
