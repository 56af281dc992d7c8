"""The signed webhook: the body, its signature as docs/notifiers.md tells receivers to check it, and its answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.core.messages import CONFIGURATION
from listener.notify._posting import Place
from listener.notify.webhook import LIMIT, WebhookNotifier, message_id, signature, webhook_body
from tests.support.hooks import Hook, hook, said
from tests.support.notifying import CARD, NOW, QUICK, big_card, message

SECRET = "the secret that both sides know"
DOCS = Path(__file__).parents[3] / "docs" / "notifiers.md"


@pytest.fixture
def receiver() -> Iterator[Hook]:
    with hook() as made:
        yield made


def notifier(receiver: Hook, now: datetime = NOW) -> WebhookNotifier:
    return WebhookNotifier(Place("crm-hook", receiver.url, QUICK, private=True), lambda: now, SECRET)


@pytest.fixture(scope="module")
def check() -> Callable[..., bool]:
    """The function that docs/notifiers.md shows to receivers."""
    (snippet,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(snippet, str(DOCS), "exec"), names)
    found: Callable[..., bool] = names["is_from_listener"]
    return found


def test_the_body_says_everything_that_the_card_does(receiver: Hook) -> None:
    (outcome,) = notifier(receiver).send([message(7, card=CARD, recipient="digest")])
    assert outcome.ok, outcome.detail
    (body,) = receiver.bodies()
    assert {key: body[key] for key in ("version", "id", "kind", "recipient", "created_at", "subject")} == {
        "version": 1,
        "id": message_id(message(7)),
        "kind": "alert",
        "recipient": "digest",
        "created_at": "2026-11-23T06:00:00+00:00",
        "subject": "Subject 7",
    }
    assert body["text"] == "Text of the message 7\nin two lines."
    assert body["card"]["items"][0]["facts"][1] == ["Standing", "detractor, probability 0.81"]
    assert (body["card"]["tone"], len(body["card"]["items"])) == ("urgent", 2)


def test_what_docs_tell_receivers_accepts_ours_and_nothing_else(receiver: Hook, check: Callable[..., bool]) -> None:
    list(notifier(receiver).send([message()]))
    (request,) = receiver.seen
    header, body, now = request.headers["listener-signature"], request.body, NOW.timestamp()
    assert re.fullmatch(r"t=\d+,v1=[0-9a-f]{64}", header)
    assert check(SECRET, header, body, now=now)
    assert check(SECRET, header, body, now=now + 299)
    assert not check(SECRET, header, body, now=now + 301), "a repeat, long after"
    assert not check(SECRET, header, body, now=now - 301), "a clock that is wrong"
    assert not check(SECRET, header, body + b" ", now=now)
    assert not check("another secret of theirs", header, body, now=now)
    assert not check(SECRET, header.replace("t=1", "t=2"), body, now=now)
    for broken in ("", "t=,v1=", "v1=" + "0" * 64, "t=x,v1=y", "nonsense", "t=1", header.replace("v1", "v0"), "t=" + "9" * 5000):
        assert not check(SECRET, broken, body, now=now)


@given(st.binary(max_size=200), st.text(min_size=16, max_size=40), st.integers(0, 10**10))
def test_any_body_and_secret_agree_with_docs(check: Callable[..., bool], body: bytes, secret: str, moment: int) -> None:
    now = datetime.fromtimestamp(moment, UTC)
    assert check(secret, signature(secret, body, now), body, now=now.timestamp())


def test_sent_again_only_the_moment_is_new(receiver: Hook) -> None:
    list(notifier(receiver).send([message()]))
    list(notifier(receiver, NOW + timedelta(hours=9)).send([replace(message(), attempts=5)]))
    first, second = receiver.seen
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == json.loads(first.body)["id"]
    assert first.headers["listener-signature"] != second.headers["listener-signature"]


def test_the_body_does_not_depend_on_the_zone_of_a_moment() -> None:
    berlin = NOW.astimezone(timezone(timedelta(hours=1)))
    assert webhook_body(message(created_at=berlin)) == webhook_body(message())


def test_other_messages_have_other_ids_and_keep_their_keys() -> None:
    assert message_id(message(1)) != message_id(message(2))
    assert b"alert:key" not in webhook_body(message())


@pytest.mark.parametrize("status", [200, 201, 202, 204, 409])
def test_taken_or_taken_before(receiver: Hook, status: int) -> None:
    receiver.answer(said(status, b"" if status == 204 else b"<html>any words</html>"))
    (outcome,) = notifier(receiver).send([message()])
    assert outcome.ok, outcome.detail


@pytest.mark.parametrize("status", [400, 402, 413, 415, 422, 451])
def test_what_it_does_not_take_is_refused_alone(receiver: Hook, status: int) -> None:
    receiver.answer(said(status, "eve@example.com is not valid"), said(200))
    first, second = notifier(receiver).send([message(1), message(2)])
    assert (first.ok, first.permanent, first.down) == (False, True, False)
    assert "eve" not in first.detail
    assert str(status) in first.detail
    assert second.ok


def test_gone_is_told_as_that(receiver: Hook) -> None:
    receiver.answer(said(410))
    (outcome,) = notifier(receiver).send([message()])
    assert (outcome.ok, outcome.permanent, outcome.retry_after) == (False, False, CONFIGURATION)
    assert "gone for good" in outcome.detail
    assert "crm-hook" in outcome.detail


@pytest.mark.parametrize("status", [408, 425])
def test_what_may_be_tried_again_is(receiver: Hook, status: int) -> None:
    receiver.answer(said(status))
    (outcome,) = notifier(receiver).send([message()])
    assert (outcome.ok, outcome.permanent, outcome.retry_after) == (False, False, None)


def test_a_program_gets_more_matters_than_a_chat() -> None:
    items = tuple(replace(CARD.items[1], title=f"Customer {number}") for number in range(120))
    content = json.loads(webhook_body(message(card=replace(CARD, items=items))))
    assert [item["title"] for item in content["card"]["items"]] == [item.title for item in items]


def test_a_big_message_is_cut() -> None:
    body = webhook_body(message(text="wörds\n" * 20_000, card=big_card(300, 400)))
    content = json.loads(body)
    assert len(body) <= LIMIT
    assert content["text"].endswith("there is no room for the rest.")
    assert content["card"]["items"]
