"""Mails that are as big as the server takes, over a real SMTP server on loopback."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from listener.core.messages import Message, Picture
from listener.notify.email import EmailNotifier, Security, SmtpSettings
from tests.support.postbox import Postbox, serving

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def message(number: int = 1, **more: Any) -> Message:
    made = Message(f"digest:{number}", "mail", "ines@quillon.example", "2 need a call", "Words.\n", "<p>Words</p>", NOW)
    return replace(made, **more)


def notifier(port: int) -> EmailNotifier:
    server = SmtpSettings("127.0.0.1", port, "Listener <listener@quillon.example>", Security.NONE, seconds=5)
    return EmailNotifier(server, lambda: NOW)


def noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)


CHARTS = tuple(Picture(f"chart-{number}", f"Chart {number} rises", noise(30_000)) for number in range(2))
WITH_CHARTS = '<html><body><p>See</p><img src="cid:chart-0" alt="a"><img alt="b" src="cid:chart-1"></body></html>'


@pytest.mark.parametrize(
    ("limit", "parts", "said"),
    [
        (200_000, ["text/plain", "multipart/related"], None),
        (60_000, ["text/plain", "text/html"], "The pictures were left out"),
        (22_000, [], "This is the text alone"),
        (12_000, [], "This is the beginning alone"),
    ],
)
def test_a_mail_is_as_big_as_the_server_takes_and_says_what_it_lacks(limit: int, parts: list[str], said: str | None) -> None:
    box = Postbox()
    html = WITH_CHARTS.replace("See", "See " + "long " * 4_000)
    whole = message(text="Words. " * 2_000, html=html, pictures=CHARTS)
    with serving(box, data_size_limit=limit) as port:
        (outcome,) = notifier(port).send([whole])
    assert outcome.ok, outcome.detail
    (mail,) = box.mails
    assert len(mail.as_bytes()) <= limit
    assert [part.get_content_type() for part in mail.iter_parts()] == parts
    text = mail.get_body(("plain",)).get_content()
    assert text.startswith(said or "Words.")
    assert "Words." in text
    if said and parts:
        shown = mail.get_body(("html",)).get_content()
        assert said in shown
        assert "<p>Chart 1 rises</p>" in shown
        assert "cid:" not in shown


def test_a_server_that_says_only_afterwards_that_a_mail_was_too_big() -> None:
    box = Postbox(most=40_000)
    whole = message(html=WITH_CHARTS, pictures=CHARTS)
    with serving(box) as port:
        outcomes = list(notifier(port).send([whole, message(number=2)]))
    assert [outcome.ok for outcome in outcomes] == [True, True]
    assert [part.get_content_type() for part in box.mails[0].iter_parts()] == ["text/plain", "text/html"]
    assert box.connections == 1


def test_a_mail_that_is_too_big_in_every_form_is_refused() -> None:
    with serving(Postbox(most=1)) as port:
        (outcome,) = notifier(port).send([message()])
    assert (outcome.permanent, outcome.detail) == (True, "the mail server refused the mail (552 5.3.4)")
