"""Slack: what its blocks look like, what its answers mean, and how a bot posts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from listener.core.messages import CONFIGURATION, Card, CardItem
from listener.notify._posting import Place
from listener.notify.slack import API, BLOCKS, CHARACTERS, SlackNotifier, escaped, slack_blocks
from tests.support.hooks import Hook, hook, said
from tests.support.notifying import CARD, HOSTILE, NOW, QUICK, big_card, hostile_card, message
from tests.unit.net.net_server import Reply

TOKEN = "xoxb-12-secret"


@pytest.fixture
def receiver() -> Iterator[Hook]:
    with hook() as made:
        made.answer(said(200, "ok"))
        yield made


def by_webhook(receiver: Hook) -> SlackNotifier:
    return SlackNotifier(Place("Slack", receiver.url, QUICK, private=True), lambda: NOW)


def by_token(receiver: Hook) -> SlackNotifier:
    return SlackNotifier(Place("Slack", receiver.url, QUICK, private=True), lambda: NOW, token=TOKEN, channel="#voice")


def every(part: object, kind: str) -> Iterator[dict[str, Any]]:
    """All parts of a type, at any depth."""
    if isinstance(part, dict):
        if part.get("type") == kind:
            yield part
        for value in part.values():
            yield from every(value, kind)
    elif isinstance(part, list):
        for value in part:
            yield from every(value, kind)


# -------------------------------------------------------------------------------------------------------------- blocks


def test_a_card_reads_from_what_happened_to_what_to_do(receiver: Hook) -> None:
    (outcome,) = by_webhook(receiver).send([message(card=CARD, subject="1 to call — Quillon, 2026-11-22")])
    assert outcome.ok, outcome.detail
    (body,) = receiver.bodies()
    assert body["text"] == "1 to call — Quillon, 2026-11-22"
    assert (body["unfurl_links"], body["unfurl_media"]) == (False, False)
    assert [block["type"] for block in body["blocks"]] == [
        *("header", "context"),
        *("divider", "rich_text"),
        *("divider", "rich_text"),
        *("divider", "context"),
    ]
    assert body["blocks"][0]["text"]["text"] == CARD.title
    maren = body["blocks"][3]["elements"]
    assert [part["type"] for part in maren] == ["rich_text_section", "rich_text_quote", "rich_text_section"]
    assert "".join(piece["text"] for piece in maren[0]["elements"]) == (
        "Maren Oldhavn · overdue since 20 Nov\nWho  Head of Print, Brackwater (enterprise)\nStanding  detractor, probability 0.81"
    )
    (link,) = every(maren, "link")
    assert (link["url"], link["text"]) == ("https://forum.presswork.example/t/101", "open")
    assert [piece["text"] for piece in maren[2]["elements"]] == [
        *("Next  ", "Ask Tomas Feld to call today.", "  ", "listener cases decide 12 contacted")
    ]
    assert maren[2]["elements"][3]["style"] == {"code": True}


def test_strangers_format_mention_and_link_nothing() -> None:
    blocks = slack_blocks(message(card=hostile_card()))
    assert list(every(blocks, "mrkdwn")) == []
    assert list(every(blocks, "link")) == []
    assert {part["type"] for kind in ("user", "broadcast", "usergroup", "emoji") for part in every(blocks, kind)} == set()
    assert all(part["emoji"] is False for part in every(blocks, "plain_text"))


def test_the_line_for_notifications_is_escaped(receiver: Hook) -> None:
    list(by_webhook(receiver).send([message(subject="<!channel> A & B <https://evil.example|x>")]))
    assert receiver.bodies()[0]["text"] == "&lt;!channel&gt; A &amp; B &lt;https://evil.example|x&gt;"
    assert escaped(HOSTILE).count("<") == 0


def test_a_big_card_keeps_slacks_limits() -> None:
    blocks = slack_blocks(message(card=big_card()))
    assert len(blocks) <= BLOCKS
    assert len(blocks[0]["text"]["text"]) <= 150
    assert sum(len(part["text"]) for part in every(blocks, "text")) <= CHARACTERS
    assert "for which there is no room here" in blocks[-1]["elements"][0]["text"]


def test_without_a_card_the_text_stands_as_it_is() -> None:
    header, text = slack_blocks(message(card=None, subject="Seven messages", text="first\n  second *not bold*\n"))
    assert header["text"]["text"] == "Seven messages"
    (only,) = every(text, "text")
    assert only["text"] == "first\n  second *not bold*"


ANY = st.text(max_size=200)
ITEM = st.builds(
    CardItem,
    title=ANY,
    facts=st.lists(st.tuples(ANY, ANY), max_size=4).map(tuple),
    quotes=st.lists(ANY, max_size=2).map(tuple),
    step=ANY,
    command=ANY,
    url=st.none() | ANY | st.just("https://a.example/x"),
)


@settings(max_examples=60)
@given(st.builds(Card, title=ANY, lead=ANY, items=st.lists(ITEM, max_size=12).map(tuple), foot=ANY, tone=ANY), ANY)
def test_any_card_becomes_blocks_that_slack_takes(card: Card, text: str) -> None:
    for made in (message(card=card), message(card=None, subject=text, text=text)):
        blocks = slack_blocks(made)
        for block in Block.parse_all(blocks):  # slack_sdk's own checks, once more from the JSON
            block.to_dict()
        for part in every(blocks, "text"):
            assert part["text"], "Slack refuses a text without characters"
        assert json.loads(json.dumps(blocks)) == blocks


# ------------------------------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize(
    ("status", "word", "advice"),
    [
        (404, "no_service", "make a new one"),
        (410, "channel_is_archived", "archived"),
        (403, "action_prohibited", "administrator"),
        (403, "invalid_token", "make a new one"),
        (404, "channel_not_found", "no such channel"),
        (400, "something_new", "is the url right?"),
    ],
)
def test_a_webhook_that_must_be_mended_keeps_the_messages(receiver: Hook, status: int, word: str, advice: str) -> None:
    receiver.answer(said(status, word))
    found = list(by_webhook(receiver).send([message(1), message(2)]))
    assert [(one.ok, one.permanent, one.retry_after, one.down) for one in found] == [(False, False, CONFIGURATION, True)] * 2
    assert word in found[0].detail
    assert advice in found[0].detail
    assert len(receiver.seen) == 1


def test_words_of_a_webhook_come_as_html_and_are_read_all_the_same(receiver: Hook) -> None:
    as_slack = {"Content-Type": "text/html"}
    receiver.answer(Reply(b"ok", 200, as_slack), Reply(b"invalid_blocks", 400, as_slack), Reply(b"no_service", 404, as_slack))
    first, second, third = by_webhook(receiver).send([message(1), message(2), message(3)])
    assert first.ok
    assert (second.permanent, second.down) == (True, False)
    assert "invalid_blocks" in second.detail
    assert "Slack refuses (no_service): the webhook is gone" in third.detail


@pytest.mark.parametrize("word", ["no_text", "invalid_blocks", "invalid_payload"])
def test_a_message_that_slack_does_not_take_is_refused_alone(receiver: Hook, word: str) -> None:
    receiver.answer(said(400, word), said(200, "ok"))
    first, second = by_webhook(receiver).send([message(1), message(2)])
    assert (first.ok, first.permanent, first.down) == (False, True, False)
    assert word in first.detail
    assert second.ok


@pytest.mark.parametrize(
    ("error", "permanent", "pause"),
    [
        ("invalid_auth", False, CONFIGURATION),
        ("token_revoked", False, CONFIGURATION),
        ("missing_scope", False, CONFIGURATION),
        ("not_in_channel", False, CONFIGURATION),
        ("is_archived", False, CONFIGURATION),
        ("never heard of: eve@example.com", False, CONFIGURATION),
        ("invalid_blocks", True, None),
        ("msg_too_long", True, None),
        ("internal_error", False, None),
    ],
)
def test_what_the_api_says_in_an_answer_with_status_200(
    receiver: Hook, error: str, permanent: bool, pause: timedelta | None
) -> None:
    receiver.answer(said(200, {"ok": False, "error": error}))
    (outcome,) = by_token(receiver).send([message()])
    assert (outcome.ok, outcome.permanent, outcome.retry_after) == (False, permanent, pause)
    assert "eve" not in outcome.detail


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"ok", b"{", b"[" * 50_000, b'{"ok": "yes"}', b'{"ok": 1}'])
def test_what_is_no_answer_of_the_api_is_not_taken_for_one(receiver: Hook, body: bytes) -> None:
    receiver.answer(said(200, body))
    (outcome,) = by_token(receiver).send([message()])
    assert (outcome.ok, outcome.permanent, outcome.retry_after) == (False, False, CONFIGURATION)


# ------------------------------------------------------------------------------------------------------------- the bot


def test_a_bot_posts_with_its_token_into_its_channel_or_the_recipients(receiver: Hook) -> None:
    receiver.answer(said(200, {"ok": True, "ts": "1"}))
    recipients = ["digest", "#north", "C0123456789", "ines@quillon.example", "Customers"]
    assert all(one.ok for one in by_token(receiver).send([message(n, recipient=to) for n, to in enumerate(recipients)]))
    assert [body["channel"] for body in receiver.bodies()] == ["#voice", "#north", "C0123456789", "#voice", "#voice"]
    assert {request.headers["authorization"] for request in receiver.seen} == {f"Bearer {TOKEN}"}
    assert TOKEN not in repr(by_token(receiver))
    assert API.startswith("https://")


def test_a_channel_that_a_bot_may_not_enter_leaves_the_others_alone(receiver: Hook) -> None:
    receiver.answer(said(200, {"ok": False, "error": "not_in_channel"}), said(200, {"ok": True}))
    first, second = by_token(receiver).send([message(1, recipient="#closed"), message(2)])
    assert (first.ok, first.permanent, first.retry_after, first.down) == (False, False, CONFIGURATION, False)
    assert "invite the bot" in first.detail
    assert second.ok


@pytest.mark.parametrize("token", ["xoxb-two\nlines", "xoxb-日本", "\x00"])
def test_a_token_that_no_header_can_carry_is_a_matter_of_the_configuration(receiver: Hook, token: str) -> None:
    place = Place("Slack", receiver.url, QUICK, private=True)
    (outcome,) = SlackNotifier(place, lambda: NOW, token=token, channel="#voice").send([message()])
    assert (outcome.ok, outcome.permanent, outcome.retry_after) == (False, False, CONFIGURATION)
    assert "xoxb" not in outcome.detail
    assert receiver.seen == []


def test_a_webhook_names_no_channel_and_has_no_token(receiver: Hook) -> None:
    list(by_webhook(receiver).send([message(recipient="#north")]))
    assert "channel" not in receiver.bodies()[0]
    assert "authorization" not in receiver.seen[0].headers
