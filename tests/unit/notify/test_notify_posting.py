"""What chats and webhooks have in common: one connection a batch, what each kind of answer means, and what is told of it."""

from __future__ import annotations

import ssl
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from listener.core.messages import CONFIGURATION, Card, CardItem, Delivery
from listener.notify._cards import block_of, clean, fitted, inline_code, markdown_link, no_markdown
from listener.notify._posting import LONGEST_PAUSE, Place, error_word, seconds
from listener.notify.discord import DiscordNotifier
from listener.notify.slack import SlackNotifier
from listener.notify.teams import TeamsNotifier
from listener.notify.webhook import WebhookNotifier
from tests.support.hooks import SECRET_PARTS, Hook, drips, hangs, hook, huge, nonsense, redirect, reset, said
from tests.support.notifying import NOW, QUICK, big_card, message

OK = {"slack": said(200, "ok"), "teams": said(202), "discord": said(200, {"id": "1"}), "webhook": said(200)}


def clock() -> datetime:
    return NOW


def notifier(kind: str, place: Place) -> Any:
    makers: dict[str, Any] = {
        "slack": SlackNotifier,
        "teams": TeamsNotifier,
        "discord": DiscordNotifier,
        "webhook": lambda place, clock: WebhookNotifier(place, clock, "a secret of the tests"),
    }
    return makers[kind](place, clock)


@pytest.fixture
def receiver() -> Iterator[Hook]:
    with hook() as made:
        yield made


def outcomes(kind: str, receiver: Hook, count: int = 1, **changes: Any) -> list[Delivery]:
    place = replace(Place("Somebody", receiver.url, QUICK, private=True), **changes)
    return list(notifier(kind, place).send([message(number) for number in range(count)]))


KINDS = pytest.mark.parametrize("kind", sorted(OK))


# ------------------------------------------------------------------------------------------------------------ answers


@KINDS
def test_a_batch_goes_over_one_connection(receiver: Hook, kind: str) -> None:
    receiver.answer(OK[kind])
    assert all(outcome.ok for outcome in outcomes(kind, receiver, 4))
    assert len(receiver.seen) == 4
    assert {request.method for request in receiver.seen} == {"POST"}
    assert {request.headers["content-type"] for request in receiver.seen} == {"application/json; charset=utf-8"}
    assert receiver.site.connections == 1


@KINDS
@pytest.mark.parametrize(
    ("after", "pause"),
    [
        ("120", timedelta(seconds=120)),
        (format_datetime(NOW + timedelta(minutes=5), usegmt=True), timedelta(minutes=5)),
        ("999999", LONGEST_PAUSE),
        ("soon", None),
    ],
)
def test_too_many_requests_stop_the_batch_and_say_until_when(
    receiver: Hook, kind: str, after: str, pause: timedelta | None
) -> None:
    receiver.answer(said(429, "slow down", Retry_After=after, Date=format_datetime(NOW, usegmt=True)))
    found = outcomes(kind, receiver, 3)
    assert [(one.ok, one.permanent, one.retry_after) for one in found] == [(False, False, pause)] * 3
    assert len(receiver.seen) == 1
    assert [(one.down, one.unsure) for one in found] == [(True, False)] * 3


@KINDS
@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_service_that_is_down_is_asked_once(receiver: Hook, kind: str, status: int) -> None:
    receiver.answer(said(status, "later", Retry_After="60"))
    found = outcomes(kind, receiver, 3)
    assert [(one.ok, one.permanent, one.retry_after) for one in found] == [(False, False, timedelta(minutes=1))] * 3
    assert len(receiver.seen) == 1


@KINDS
def test_one_error_of_the_server_leaves_the_others_alone_and_two_end_the_batch(receiver: Hook, kind: str) -> None:
    receiver.answer(said(500), OK[kind], said(500), said(500), OK[kind])
    found = outcomes(kind, receiver, 6)
    assert [one.ok for one in found] == [False, True, False, False, False, False]
    assert not any(one.permanent for one in found)
    assert len(receiver.seen) == 4
    assert [one.down for one in found] == [False, False, False, True, True, True]


@KINDS
@pytest.mark.parametrize("way", ["reset", "hangs", "drips", "nonsense"])
def test_who_breaks_off_or_never_ends_is_asked_once_and_again_later(receiver: Hook, kind: str, way: str) -> None:
    ways = {"reset": reset, "hangs": hangs(receiver), "drips": drips(receiver), "nonsense": nonsense}
    receiver.answer(ways[way])
    found = outcomes(kind, receiver, 3)
    assert [(one.ok, one.permanent) for one in found] == [(False, False)] * 3
    assert len(receiver.seen) == 1
    assert "127.0.0.1" in found[0].detail
    assert [(one.down, one.unsure) for one in found] == [(True, True), (True, False), (True, False)], "the first may have arrived"


@KINDS
@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_what_a_person_must_mend_makes_the_messages_wait(receiver: Hook, kind: str, status: int) -> None:
    receiver.answer(said(status, "no"))
    found = outcomes(kind, receiver, 2)
    assert [(one.ok, one.permanent, one.retry_after) for one in found] == [(False, False, CONFIGURATION)] * 2
    assert len(receiver.seen) == 1
    assert str(status) in found[0].detail


@KINDS
def test_a_redirect_is_not_followed(receiver: Hook, kind: str) -> None:
    with hook() as elsewhere:
        receiver.answer(redirect(elsewhere.url))
        (outcome,) = outcomes(kind, receiver)
        assert elsewhere.seen == []
    assert (outcome.ok, outcome.permanent, outcome.retry_after) == (False, False, CONFIGURATION)
    assert "redirects" in outcome.detail
    assert not any(part in outcome.detail for part in SECRET_PARTS)


@KINDS
def test_a_huge_answer_is_not_read_to_its_end(receiver: Hook, kind: str) -> None:
    receiver.answer(huge())
    (outcome,) = outcomes(kind, receiver)
    assert (outcome.ok, outcome.permanent) == (False, False)
    assert "larger" in outcome.detail


@KINDS
def test_nobody_there(kind: str) -> None:
    with hook() as receiver:
        url = receiver.url
    (outcome,) = notifier(kind, Place("Somebody", url, QUICK, private=True)).send([message()])
    assert (outcome.ok, outcome.permanent, outcome.retry_after) == (False, False, None)
    assert (outcome.down, outcome.unsure) == (True, False)
    assert not any(part in outcome.detail for part in SECRET_PARTS)


@KINDS
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/services/T0SECRET", "no-address", "ftp://T0SECRET.example/", "https://169.254.169.254/x"]
)
def test_addresses_that_are_none_or_lead_inside_are_refused_unless_allowed(kind: str, url: str) -> None:
    (outcome,) = notifier(kind, Place("Somebody", url, QUICK)).send([message()])
    assert (outcome.ok, outcome.permanent, outcome.retry_after) == (False, False, CONFIGURATION)
    assert "SECRET/" not in outcome.detail
    assert "/services" not in outcome.detail


# ----------------------------------------------------------------------------------------------------- the way there


@KINDS
def test_a_private_authority_is_trusted_where_it_is_configured_and_nowhere_else(kind: str, tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    with hook(context) as receiver:
        receiver.answer(OK[kind])
        (without,) = outcomes(kind, receiver)
        (with_it,) = outcomes(kind, receiver, door=replace(QUICK, ca_file=ca_file))
    assert with_it.ok, with_it.detail
    assert not without.ok
    assert "certificate" in without.detail
    assert not any(part in without.detail for part in SECRET_PARTS)


@KINDS
def test_an_authority_that_cannot_be_read_is_a_result(receiver: Hook, kind: str, tmp_path: Path) -> None:
    found = outcomes(kind, receiver, 2, door=replace(QUICK, ca_file=tmp_path / "missing.pem"))
    assert [(one.ok, one.permanent, one.retry_after) for one in found] == [(False, False, CONFIGURATION)] * 2
    assert "ca_file" in found[0].detail
    assert receiver.seen == []


@KINDS
def test_the_configured_proxy_is_asked(kind: str) -> None:
    with hook() as proxy:
        proxy.answer(OK[kind])
        place = Place("Somebody", "http://chat.example/services/x", replace(QUICK, proxy=proxy.site.url("")), private=True)
        place = replace(place, resolve=lambda name, _port, _seconds: ["127.0.0.1" if name == "127.0.0.1" else "93.184.216.34"])
        (outcome,) = notifier(kind, place).send([message()])
        assert outcome.ok, outcome.detail
        assert len(proxy.seen) == 1


# --------------------------------------------------------------------------------------------------------- the pieces


@given(st.text(max_size=60))
def test_nothing_in_escaped_text_is_markdown(text: str) -> None:
    escaped = no_markdown(text)
    unescaped = ""
    rest = iter(escaped)
    for char in rest:
        if char == "\\":
            unescaped += next(rest)
        else:
            assert char not in "`*_[]<>~|"
            unescaped += char
    assert unescaped == text, "and it reads as it was written"


@pytest.mark.parametrize("start", ["- a", "+ a", "# a", "1. a", "12) a", "-# small", "> quote", "==="])
def test_no_line_begins_a_list_or_a_heading(start: str) -> None:
    assert "\\" in no_markdown(start)[:4]


@given(st.text(alphabet="ab()[]<>\\ `*\"'%", max_size=30))
def test_an_address_cannot_end_its_link(tail: str) -> None:
    link = markdown_link("open", f"https://a.example/{tail}")
    assert link.startswith("[open](https://a.example/")
    assert link.endswith(")")
    assert not set("()[]<>\\ `*\"'") & set(link[len("[open](") : -1])


def test_code_cannot_be_left() -> None:
    assert inline_code("a`b` **c**") == "`a'b' **c**`"


@given(st.text(max_size=400), st.integers(60, 300))
def test_a_text_is_cut_to_its_limit(text: str, limit: int) -> None:
    found = block_of(text, limit)
    assert found
    assert len(found) <= limit
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in found if char != "\n")


def test_a_cut_text_says_so() -> None:
    found = block_of("\n".join(f"line {number}" for number in range(100)), 200)
    assert found.startswith("line 0\nline 1\n")
    assert found.endswith("there is no room for the rest.")


@pytest.mark.parametrize("limit", [200, 1_000, 5_000, 20_000, 10**9])
def test_a_card_gives_up_quotes_first_and_then_its_last_items(limit: int) -> None:
    found = fitted(big_card(8, 600), lambda card: card, lambda card: len(card.to_json()) <= limit)
    whole = clean(big_card(8, 600))
    if len(found.items) < len(whole.items):
        assert not any(item.quotes for item in found.items)
        assert f"And {8 - len(found.items)} more" in found.foot
    assert [item.title for item in found.items] == [item.title for item in whole.items[: len(found.items)]]
    assert found.title == whole.title


def test_a_card_is_cleaned_to_its_last_part() -> None:
    item = CardItem("\u202e", (("", "v"), ("l", "\x00")), ("\x1b",), "s\ns", "c\rc", "javascript:x")
    found = clean(Card("\x00", "a\nb", (item,), "\u2028f"))
    assert found == Card("listener", "a b", (CardItem("—", (("", "v"),), (), "s s", "c c", None),), "f")


@pytest.mark.parametrize("value", [None, True, "5", float("nan"), float("inf"), -1, [], {}])
def test_a_pause_is_a_number_of_seconds(value: object) -> None:
    assert seconds(value) is None


def test_pauses_are_rounded_up_and_bounded() -> None:
    assert seconds(0.3) == timedelta(seconds=1)
    assert seconds(1e12) == LONGEST_PAUSE


@pytest.mark.parametrize("text", ["xoxb-123", "Channel_Not_Found", "a b", "", "x" * 41, "<b>", "no\nline"])
def test_only_words_that_a_service_would_use_are_told(text: str) -> None:
    assert error_word(text) == ""


def test_a_word_of_a_service() -> None:
    assert error_word(" channel_not_found\n") == "channel_not_found"


def test_a_text_keeps_the_spaces_that_align_it() -> None:
    assert block_of("Why     reach 9,000\n  Next\tcall\u202e", 200) == "Why     reach 9,000\n  Next call"
