"""Discord: what its embed looks like, its limits, and what its answers mean."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.core.messages import CONFIGURATION, Card, CardItem
from listener.notify._posting import LONGEST_PAUSE, Place
from listener.notify.discord import ALL, DiscordNotifier, discord_body
from tests.support.hooks import Hook, hook, said
from tests.support.notifying import CARD, HOSTILE, NOW, QUICK, big_card, hostile_card, message


@pytest.fixture
def receiver() -> Iterator[Hook]:
    with hook() as made:
        made.answer(said(200, {"id": "1"}))
        yield made


def notifier(receiver: Hook, query: str = "") -> DiscordNotifier:
    return DiscordNotifier(Place("Discord", receiver.url + query, QUICK, private=True), lambda: NOW)


def embed_of(body: bytes) -> dict[str, Any]:
    content = json.loads(body)
    assert content["allowed_mentions"] == {"parse": []}
    assert "content" not in content
    (embed,) = content["embeds"]
    found: dict[str, Any] = embed
    return found


def within_limits(embed: dict[str, Any]) -> bool:
    """Discord's limits as it publishes them."""
    fields = embed.get("fields", [])
    title, description = embed["title"], embed.get("description", "")
    footer = embed.get("footer", {}).get("text", "")
    total = len(title) + len(description) + len(footer) + sum(len(each["name"]) + len(each["value"]) for each in fields)
    return (
        0 < len(title) <= 256
        and len(description) <= 4096
        and len(footer) <= 2048
        and len(fields) <= 25
        and total <= 6000
        and all(0 < len(each["name"]) <= 256 and 0 < len(each["value"]) <= 1024 for each in fields)
    )


def test_a_card_is_one_embed_with_a_field_for_each_matter(receiver: Hook) -> None:
    (outcome,) = notifier(receiver).send([message(card=CARD)])
    assert outcome.ok, outcome.detail
    embed = embed_of(receiver.seen[0].body)
    assert (embed["title"], embed["description"], embed["color"]) == (CARD.title, CARD.lead, 0xA3301D)
    assert embed["footer"] == {"text": CARD.foot}
    maren, yara = embed["fields"]
    assert maren["name"] == "Maren Oldhavn · overdue since 20 Nov"
    assert maren["value"].splitlines() == [
        "**Who** Head of Print, Brackwater (enterprise)",
        "**Standing** detractor, probability 0.81",
        f"> {CARD.items[0].quotes[0]} [open](https://forum.presswork.example/t/101)",
        "**Next** Ask Tomas Feld to call today.  `listener cases decide 12 contacted`",
    ]
    assert yara["value"].splitlines()[-1] == "**Next** Confirm."


def test_it_asks_to_wait_until_the_message_stands_there_and_keeps_the_thread(receiver: Hook) -> None:
    list(notifier(receiver).send([message()]))
    list(notifier(receiver, "?thread_id=77").send([message()]))
    assert [request.path.partition("?")[2] for request in receiver.seen] == ["wait=true", "thread_id=77&wait=true"]


def test_strangers_format_mention_and_link_nothing() -> None:
    embed = embed_of(discord_body(message(card=hostile_card())))
    (field,) = embed["fields"]
    for text in (embed["title"], embed["description"], field["name"], field["value"]):
        read_as_markdown = re.sub("`[^`]*`", "", text)
        assert "[click](" not in read_as_markdown
        assert r"\<" in text
    assert r"\*\*b\*\*" in field["value"]
    plain = embed_of(discord_body(message(card=None, subject="s", text=HOSTILE)))
    assert r"\[click\](https://evil.example)" in plain["description"]


@pytest.mark.parametrize("card", [big_card(), big_card(12, 100), big_card(30, 40), hostile_card()])
def test_big_cards_keep_discords_limits(card: Card) -> None:
    assert within_limits(embed_of(discord_body(message(card=card))))


ANY = st.text(max_size=300)
MARKS = st.text(alphabet="*_~|<>[]`\\#-🖨", max_size=300)


@settings(max_examples=60)
@given(
    st.builds(
        Card,
        title=ANY | MARKS,
        lead=MARKS,
        items=st.lists(
            st.builds(CardItem, title=MARKS, facts=st.lists(st.tuples(ANY, MARKS), max_size=4).map(tuple), step=MARKS), max_size=8
        ).map(tuple),
        foot=ANY,
    ),
    MARKS,
)
def test_any_card_keeps_them(card: Card, text: str) -> None:
    assert within_limits(embed_of(discord_body(message(card=card))))
    assert within_limits(embed_of(discord_body(message(card=None, subject=text, text=text * 20))))
    assert ALL == 6000


@pytest.mark.parametrize(
    ("wait", "pause"), [(0.35, timedelta(seconds=1)), (64.57, timedelta(seconds=65)), (10**9, LONGEST_PAUSE), (0, timedelta(0))]
)
def test_too_many_requests_say_when_in_json(receiver: Hook, wait: float, pause: timedelta) -> None:
    receiver.answer(said(429, {"message": "You are being rate limited.", "retry_after": wait, "global": False}, Retry_After="9"))
    found = list(notifier(receiver).send([message(1), message(2)]))
    assert [(one.ok, one.permanent, one.retry_after) for one in found] == [(False, False, pause)] * 2
    assert len(receiver.seen) == 1


@pytest.mark.parametrize("wait", [None, "5", float("inf"), -3])
def test_a_pause_that_is_none_gives_way_to_the_header(receiver: Hook, wait: object) -> None:
    receiver.answer(said(429, {"retry_after": wait}, Retry_After="9"))
    (outcome,) = notifier(receiver).send([message()])
    assert outcome.retry_after == timedelta(seconds=9)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_webhook_that_is_gone_keeps_the_messages(receiver: Hook, status: int) -> None:
    receiver.answer(said(status, {"message": "Unknown Webhook", "code": 10015}))
    (outcome,) = notifier(receiver).send([message()])
    assert (outcome.ok, outcome.permanent, outcome.retry_after) == (False, False, CONFIGURATION)
    assert "make a new one" in outcome.detail


def test_a_message_that_it_does_not_take_is_refused_alone(receiver: Hook) -> None:
    receiver.answer(said(400, {"message": "Invalid Form Body", "code": 50035}), said(200, {"id": "2"}))
    first, second = notifier(receiver).send([message(1), message(2)])
    assert (first.ok, first.permanent) == (False, True)
    assert "50035" in first.detail
    assert second.ok


def test_a_forum_channel_wants_a_thread_which_a_person_must_set(receiver: Hook) -> None:
    receiver.answer(said(400, {"message": "Webhooks posted to forum channels must have a thread_name", "code": 220001}))
    (outcome,) = notifier(receiver).send([message()])
    assert (outcome.ok, outcome.permanent, outcome.retry_after) == (False, False, CONFIGURATION)
    assert "220001" in outcome.detail


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"ok", b"[" * 50_000])
def test_what_is_no_answer_of_discord_is_not_taken_for_one(receiver: Hook, body: bytes) -> None:
    receiver.answer(said(200, body))
    (outcome,) = notifier(receiver).send([message()])
    assert (outcome.ok, outcome.permanent, outcome.retry_after) == (False, False, CONFIGURATION)
