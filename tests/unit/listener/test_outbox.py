"""The outbox's rules: what a digest becomes, what goes now, what is told in one, and when it is tried again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from listener.core.messages import Delivery, Message, MessageKind, Waiting
from listener.core.recipients import Recipient
from listener.digest import build_digest
from listener.digest.model import Rendered
from listener.outbox import GIVE_UP, PAUSES, SINGLY, deliver, digest_messages, is_due, next_attempt, ready, steps
from tests.support.digest_facts import BRANDS, DAY, ZONE, realistic_facts

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
OK = Delivery(ok=True, detail="done")
FAILED = Delivery(ok=False, detail="451")


def message(key: str, channel: str = "mail") -> Message:
    return Message(key, channel, "ines@quillon.example", "subject", "text")


def waiting(key: str, made: datetime = NOW, **more: object) -> Waiting:
    made_so = Waiting(key, "mail", "ines@quillon.example", MessageKind.ALERT, made, made)
    return replace(made_so, **more)  # type: ignore[arg-type]


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


class Breaking:
    """A notifier that breaks on messages of certain keys."""

    def __init__(self, *bad: str) -> None:
        self.bad, self.calls = bad, 0

    def send(self, messages: Sequence[Message]) -> Iterator[Delivery]:
        self.calls += 1
        for one in messages:
            if one.dedup_key in self.bad:
                raise KeyError(one.dedup_key)
            yield OK


def test_a_digest_becomes_one_message_a_recipient() -> None:
    digest = build_digest(realistic_facts(), DAY, ZONE, BRANDS)
    rendered = Rendered("Subject", "Text", "<p>HTML</p>")
    to = [Recipient("mail", "ines@quillon.example"), Recipient("file", "out"), Recipient("mail", "ines@quillon.example")]
    messages = digest_messages(digest, rendered, to, NOW)
    assert [one.dedup_key for one in messages] == [
        "digest:all:2026-11-22:mail:ines@quillon.example",
        "digest:all:2026-11-22:file:out",
    ]
    assert {(one.subject, one.text, one.html, one.created_at, one.kind) for one in messages} == {
        (rendered.subject, rendered.text, rendered.html, NOW, MessageKind.DIGEST)
    }


# ------------------------------------------------------------------------------------------------------------ delivering


def test_every_message_gets_the_outcome_of_its_own_channel() -> None:
    mail, file = Fixed(OK, FAILED), Fixed(OK)
    messages = [message("a"), message("b", "file"), message("c"), message("d", "chat")]
    outcomes = {one.dedup_key: outcome for one, outcome in deliver(messages, {"mail": mail, "file": file})}
    assert (mail.seen, file.seen) == (["a", "c"], ["b"])
    assert {key: outcome.ok for key, outcome in outcomes.items()} == {"a": True, "b": True, "c": False, "d": False}
    assert outcomes["d"].detail == "no notifier named chat is configured"
    assert (outcomes["d"].permanent, outcomes["d"].down) == (False, True)


def test_a_message_on_which_a_notifier_breaks_does_not_stop_those_after_it() -> None:
    breaking = Breaking("b", "d")
    with capture_logs() as logs:
        outcomes = {
            one.dedup_key: outcome
            for one, outcome in deliver(
                [message(key) for key in "abcde"] + [message("f", "file")], {"mail": breaking, "file": Fixed(OK)}
            )
        }
    assert [outcomes[key].ok for key in "abcdef"] == [True, False, True, False, True, True]
    assert outcomes["b"] == Delivery(ok=False, detail="the notifier failed (KeyError)", unsure=True)
    assert [(line["action"], line["channel"]) for line in logs] == [("notifier_failed", "mail")] * 2


def test_a_notifier_that_breaks_on_everything_is_not_asked_for_ever() -> None:
    keys = [f"m{number}" for number in range(50)]
    breaking = Breaking(*keys)
    with capture_logs() as logs:
        outcomes = [outcome.ok for _, outcome in deliver([message(key) for key in keys], {"mail": breaking})]
    assert outcomes == [False] * 50
    assert breaking.calls == len(logs) == 5


def test_a_notifier_that_says_too_little_leaves_its_messages_to_be_tried_again() -> None:
    outcomes = [outcome for _, outcome in deliver([message("a"), message("b")], {"mail": Fixed(OK)})]
    assert [(outcome.ok, outcome.permanent) for outcome in outcomes] == [(True, False), (False, False)]


def test_an_outcome_is_known_before_the_next_message_is_sent() -> None:
    mail = Fixed(OK, OK, OK)
    going = deliver([message(key) for key in "abc"], {"mail": mail})
    assert [list(mail.seen) for _ in going] == [["a"], ["a", "b"], ["a", "b", "c"]]


# --------------------------------------------------------------------------------------------------------- trying again


def tried(one: Waiting, outcome: Delivery = FAILED, slept: timedelta = timedelta()) -> list[timedelta]:
    """When each attempt was made, after it was first due, until it was parked."""
    now, moments = one.first_due + slept, []
    while True:
        moments.append(now - one.first_due)
        after = next_attempt(one, outcome, now)
        if after.parked:
            return moments
        assert after.retry_after is not None
        assert after.retry_after > timedelta()
        now += after.retry_after
        one = replace(one, attempts=one.attempts + 1)


def test_pauses_grow_until_it_is_parked_a_day_after_it_was_first_due() -> None:
    moments = tried(waiting("a"))
    pauses = [after - before for before, after in pairwise(moments)]
    assert [pause // MINUTE for pause in pauses[:7]] == [1, 5, 15, 30, 60, 60, 60]
    assert moments[-1] == GIVE_UP
    assert len(moments) == 29
    assert tried(waiting("a", not_before=NOW + 9 * HOUR)) == moments, "a day from the end of the quiet hours"


def test_the_pause_that_a_server_asks_for_is_kept_but_never_beyond_the_day() -> None:
    asks = replace(FAILED, retry_after=2 * HOUR)
    assert next_attempt(waiting("a"), asks, NOW).retry_after == 2 * HOUR
    assert next_attempt(waiting("a", attempts=8), asks, NOW).retry_after == 2 * HOUR
    assert next_attempt(waiting("a"), replace(FAILED, retry_after=3 * MINUTE), NOW).retry_after == 3 * MINUTE
    assert next_attempt(waiting("a", attempts=8), replace(FAILED, retry_after=3 * MINUTE), NOW).retry_after == HOUR
    assert tried(waiting("a"), replace(FAILED, retry_after=timedelta(days=400))) == [timedelta(), GIVE_UP, GIVE_UP + 5 * MINUTE]


@given(st.integers(0, 500_000), st.integers(0, 40), st.integers(0, 10**9))
def test_it_is_never_tried_for_long_after_its_day(slept: int, attempts: int, asked: int) -> None:
    one = waiting("a", attempts=attempts)
    after = next_attempt(one, replace(FAILED, retry_after=timedelta(seconds=asked)), NOW + timedelta(seconds=slept))
    if after.parked:
        assert timedelta(seconds=slept) >= GIVE_UP
        assert attempts >= 2
    else:
        assert after.retry_after is not None
        late = timedelta(seconds=slept) + after.retry_after - GIVE_UP
        assert late <= timedelta() or (attempts < 2 and after.retry_after <= PAUSES[1])


def test_a_machine_that_slept_does_not_give_up_at_the_first_try_again_later() -> None:
    assert [moment - timedelta(days=3) for moment in tried(waiting("a"), slept=timedelta(days=3))] == [
        timedelta(),
        MINUTE,
        6 * MINUTE,
    ]


@pytest.mark.parametrize("outcome", [OK, Delivery(ok=False, detail="550", permanent=True)])
def test_what_is_settled_stays_as_it_is(outcome: Delivery) -> None:
    assert next_attempt(waiting("a"), outcome, NOW) is outcome


# ---------------------------------------------------------------------------------------------------- what goes, in order


def test_what_is_due_goes_oldest_first() -> None:
    queue = [
        waiting("b", NOW - HOUR),
        waiting("quiet", NOW - 9 * HOUR, not_before=NOW + HOUR),
        waiting("a", NOW - 2 * HOUR),
        waiting("later", NOW - 3 * HOUR, attempts=1, next_attempt_at=NOW + MINUTE),
        waiting("chat", NOW - HOUR, channel="chat"),
    ]
    going = ready(queue, NOW)
    assert {channel: [one.dedup_key for one in group] for channel, group in going.items()} == {
        "mail": ["a", "b"],
        "chat": ["chat"],
    }


def test_a_channel_that_failed_rests_with_what_came_meanwhile_and_then_all_goes_in_order() -> None:
    down = {"attempts": 4, "down": True}
    queue = [
        waiting("monday", NOW - 26 * HOUR, next_attempt_at=NOW + 40 * MINUTE, **down),
        waiting("tuesday", NOW - 2 * HOUR, next_attempt_at=NOW + MINUTE, **down),
        waiting("fresh", NOW),
        waiting("greylisted", NOW - HOUR, attempts=2, next_attempt_at=NOW + 15 * MINUTE),
    ]
    assert ready(queue, NOW) == {}
    assert [one.dedup_key for one in ready(queue, NOW + MINUTE)["mail"]] == ["monday", "tuesday", "fresh"]


def test_a_clock_that_was_set_back_keeps_nothing_from_going() -> None:
    assert is_due(waiting("never tried"), NOW - HOUR)
    assert not is_due(waiting("quiet", not_before=NOW), NOW - HOUR)
    failed_soon = waiting("failed", attempts=1, next_attempt_at=NOW + MINUTE)
    assert not is_due(failed_soon, NOW - HOUR), "an hour later at most"
    assert is_due(failed_soon, NOW - timedelta(days=30)), "written by a clock that was a month ahead"


def test_more_alerts_of_one_recipient_than_a_few_that_failed_are_told_in_one() -> None:
    def some(count: int, name: str, **more: object) -> list[Waiting]:
        return [waiting(f"{name}{number}", recipient=name, **more) for number in range(count)]

    digest = waiting("digest", kind=MessageKind.DIGEST, recipient="ines", attempts=3)
    group = [*some(4, "ines", attempts=1), digest, *some(3, "tomas", attempts=1), *some(9, "fresh")]
    keys = [[one.dedup_key for one in step] for step in steps(group)]
    assert keys[:2] == [["ines0", "ines1", "ines2", "ines3"], ["digest"]]
    assert [len(step) for step in keys[2:]] == [1] * 12
    assert SINGLY == 3


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(list(MessageKind)), st.integers(0, 2)), max_size=30))
def test_every_message_is_in_exactly_one_step(given_so: list[tuple[str, MessageKind, int]]) -> None:
    group = [waiting(str(n), recipient=to, kind=kind, attempts=tries) for n, (to, kind, tries) in enumerate(given_so)]
    found = steps(group)
    assert sorted(one.dedup_key for step in found for one in step) == sorted(one.dedup_key for one in group)
    assert all(one.kind is MessageKind.ALERT for step in found if len(step) > 1 for one in step)
    assert all(len({one.recipient for one in step}) == 1 for step in found)
