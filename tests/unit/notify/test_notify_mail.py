"""A message as a mail: headers that nothing breaks, pictures, and bodies that every server passes on."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.core.errors import NotifyError
from listener.core.messages import Message, Picture
from listener.notify import _mail
from listener.notify._mail import message_id

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
SENDER = "Listener <listener@quillon.example>"
CHART = Picture("mentions", "Mentions doubled", b"\x89PNG\r\n\x1a\nnot much of a picture")


def message(recipient: str = "ines@quillon.example", **more: Any) -> Message:
    made = Message("digest:all:2026-11-22:mail:1", "mail", recipient, "2 need a call", "Grüße\n", "<p>Grüße</p>", NOW)
    return replace(made, **more)


def compose(one: Message, **more: Any) -> EmailMessage:
    return _mail.compose(one, SENDER, NOW, **more)


def received(mail: EmailMessage) -> EmailMessage:
    """As the other side reads it."""
    return email.message_from_bytes(mail.as_bytes(), policy=email.policy.default)


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "ines",
        "@",
        "a@",
        "ines@quillon.example\r\nBcc: eve@evil.example",
        "ines@quillon.example, eve@evil.example",
        "<ines@quillon.example>",
        "ines quist@quillon.example",
        "inés@quillon.example",
        "ines@" + "x" * 300 + ".example.\ud800",
    ],
)
def test_what_is_not_one_address_is_refused_for_good(recipient: str) -> None:
    with pytest.raises(NotifyError) as refused:
        compose(message(recipient))
    assert refused.value.permanent
    assert "eve" not in str(refused.value)
    assert "quillon" not in str(refused.value)


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("Ines\r\nBcc: eve@evil.example", "Ines Bcc: eve@evil.example"),
        ("a\nb\x00c\x1b[31m", "a bc[31m"),
        ("pay \u202egnp.exe", "pay gnp.exe"),
        ("שלום עולם", "שלום עולם"),
        ("\ud800", "\ufffd"),
        ("x" * 300, "x" * 249 + "…"),
    ],
)
def test_a_subject_is_one_visible_line_and_no_header_can_be_smuggled_in(subject: str, shown: str) -> None:
    mail = received(compose(message(subject=subject)))
    assert mail["Subject"] == shown
    assert "Bcc" not in mail


def test_no_header_can_be_smuggled_in_by_the_configuration() -> None:
    mail = _mail.compose(message(), "Eve\r\nBcc: eve@evil.example <listener@quillon.example>", NOW)
    assert "Bcc" not in received(mail)
    with pytest.raises(NotifyError):
        compose(message(), unsubscribe="a\r\nBcc: eve@evil.example")


def test_an_international_domain_is_written_as_every_server_takes_it() -> None:
    assert compose(message("ines@bücher.example"))["To"] == "ines@xn--bcher-kva.example"


def test_without_html_there_is_one_part_and_without_a_time_the_clocks() -> None:
    mail = _mail.compose(message(html=None, created_at=None), SENDER, NOW + timedelta(hours=1))
    assert mail.get_content_type() == "text/plain"
    assert mail["Date"].datetime == NOW + timedelta(hours=1)
    assert mail["List-Unsubscribe"] == "<mailto:listener@quillon.example?subject=unsubscribe>"


def test_a_mail_that_waited_for_the_end_of_quiet_hours_is_dated_then() -> None:
    assert compose(message(not_before=NOW + timedelta(hours=9)))["Date"].datetime == NOW + timedelta(hours=9)


def test_the_id_tells_nobody_the_key() -> None:
    first, second = message_id("digest:ines@quillon.example", "q.example"), message_id("digest:tomas", "q.example")
    assert first == message_id("digest:ines@quillon.example", "q.example")
    assert first != second
    assert "ines" not in first


def test_pictures_belong_to_the_html_and_have_words() -> None:
    html = '<p>cid:mentions</p><img alt="Mentions doubled" src="cid:mentions">'
    mail = received(compose(message(html=html, pictures=(CHART,))))
    text, related = mail.iter_parts()
    assert (mail.get_content_type(), text.get_content_type()) == ("multipart/alternative", "text/plain")
    shown, picture = related.iter_parts()
    assert related.get_content_type() == "multipart/related"
    assert picture.get_content() == CHART.png
    assert (picture.get_content_type(), picture.get_filename()) == ("image/png", "mentions.png")
    assert picture.get_content_disposition() == "inline"
    known_as = picture["Content-ID"].strip("<>")
    assert "@" in known_as
    assert shown.get_content() == f'<p>cid:mentions</p><img alt="Mentions doubled" src="cid:{known_as}">\r\n'


@pytest.mark.parametrize(
    "text", ["x" * 5_000 + "\n", "ü" * 5_000, "日本語" * 999, "a\x00b\x1b[0m", "a\r\nb\rc", ".\n..\nFrom x\n"]
)
def test_every_line_is_short_and_in_ascii_whatever_the_text(text: str) -> None:
    mail = compose(message(text=text, html=f"<p>{text}</p>"))
    raw = mail.as_bytes()
    assert raw.isascii()
    assert b"\x00" not in raw
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    kept = received(mail).get_body(("plain",))
    assert kept is not None
    visible = text.translate({0: None, 27: None}).replace("\r\n", "\n").replace("\r", "")
    assert kept.get_content().replace("\r\n", "\n").rstrip("\n") == visible.rstrip("\n")


@given(st.text(max_size=200), st.text(max_size=500), st.text(max_size=60))
def test_any_text_becomes_a_mail_or_a_clear_refusal(subject: str, text: str, recipient: str) -> None:
    try:
        mail = compose(message(recipient, subject=subject, text=text))
    except NotifyError:
        mail = compose(message(subject=subject, text=text))
    raw = mail.as_bytes()
    head = raw.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert len(names) == len(set(names)) == 9
    assert b"Bcc" not in names
