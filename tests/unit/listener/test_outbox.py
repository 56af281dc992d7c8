"""From a digest to messages, through notifiers, to outcomes with a pause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from listener.core.telling import Delivery, Message
from listener.digest import build_digest
from listener.outbox import PAUSES, Recipient, deliver, digest_messages, next_attempt
from listener.render.digest import render_digest
from tests.support.digest_facts import BRANDS, DAY, ZONE, realistic_facts

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
OK = Delivery(ok=True, detail="done")


def message(key: str, channel: str = "mail", attempts: int = 0) -> Message:
    return Message(key, channel, "ines@quillon.example", "subject", "text", attempts=attempts)


class Fixed:
    """A notifier that answers what it was given, and then raises or stops."""

    def __init__(self, *answers: Delivery, defect: Exception | None = None) -> None:
        self.answers, self.defect = answers, defect
        self.seen: list[str] = []

    def send(self, messages: Sequence[Message]) -> Iterator[Delivery]:
        for answer, one in zip(self.answers, messages, strict=False):
            self.seen.append(one.dedup_key)
            yield answer
        if self.defect:
            raise self.defect


def test_a_digest_becomes_one_message_a_recipient() -> None:
    digest = build_digest(realistic_facts(), DAY, ZONE, BRANDS)
    rendered = render_digest(digest)
    to = [Recipient("mail", "ines@quillon.example"), Recipient("file", "out"), Recipient("mail", "ines@quillon.example")]
    messages = digest_messages(digest, rendered, to, NOW)
    assert [one.dedup_key for one in messages] == [
        "digest:all:2026-11-22:mail:ines@quillon.example",
        "digest:all:2026-11-22:file:out",
    ]
    assert {(one.subject, one.text, one.html, one.created_at) for one in messages} == {
        (rendered.subject, rendered.text, rendered.html, NOW)
    }
    only = build_digest(realistic_facts(), DAY, ZONE, BRANDS, only="quillon")
    assert digest_messages(only, rendered, to, NOW)[1].dedup_key == "digest:quillon:2026-11-22:file:out"


def test_every_message_gets_the_outcome_of_its_own_channel() -> None:
    mail, file = Fixed(OK, Delivery(ok=False, detail="451")), Fixed(OK)
    messages = [message("a"), message("b", "file"), message("c"), message("d", "chat")]
    outcomes = {one.dedup_key: outcome for one, outcome in deliver(messages, {"mail": mail, "file": file})}
    assert (mail.seen, file.seen) == (["a", "c"], ["b"])
    assert {key: outcome.ok for key, outcome in outcomes.items()} == {"a": True, "b": True, "c": False, "d": False}
    assert outcomes["d"].detail == "no notifier named chat is configured"
    assert not outcomes["d"].permanent


def test_a_defect_of_one_notifier_is_told_and_does_not_stop_the_others() -> None:
    messages = [message("a"), message("b"), message("c", "file")]
    with capture_logs() as logs:
        outcomes = {
            one.dedup_key: outcome
            for one, outcome in deliver(messages, {"mail": Fixed(OK, defect=KeyError("x")), "file": Fixed(OK)})
        }
    assert [outcomes[key].ok for key in "abc"] == [True, False, True]
    assert outcomes["b"].detail == "the notifier failed (KeyError)"
    assert [(line["action"], line["channel"]) for line in logs] == [("notifier_failed", "mail")]


def test_a_notifier_that_says_too_little_leaves_its_messages_to_be_tried_again() -> None:
    outcomes = [outcome for _, outcome in deliver([message("a"), message("b")], {"mail": Fixed(OK)})]
    assert [outcome.ok for outcome in outcomes] == [True, False]
    assert outcomes[1].retry_after == PAUSES[0]


def test_the_pauses_grow_and_last_for_more_than_a_day() -> None:
    assert list(PAUSES) == sorted(PAUSES)
    assert sum(PAUSES, timedelta()) > timedelta(days=1)
    failed = Delivery(ok=False, detail="451")
    for attempts, pause in enumerate(PAUSES):
        assert next_attempt(message("a", attempts=attempts), failed) == replace(failed, retry_after=pause)
    last = next_attempt(message("a", attempts=len(PAUSES)), failed)
    assert (last.permanent, last.detail) == (True, "given up after 10 attempts: 451")


@pytest.mark.parametrize("outcome", [OK, Delivery(ok=False, detail="550", permanent=True)])
def test_what_is_settled_stays_as_it_is(outcome: Delivery) -> None:
    assert next_attempt(message("a"), outcome) is outcome


def test_a_longer_pause_that_the_channel_asks_for_is_kept() -> None:
    asked = Delivery(ok=False, detail="busy", retry_after=timedelta(hours=1))
    assert next_attempt(message("a"), asked).retry_after == timedelta(hours=1)
    assert next_attempt(message("a", attempts=8), asked).retry_after == timedelta(hours=12)
