"""A pass of sending, over a real store: order, one attempt at a dead channel, bundles, and what is written down when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from listener.core.errors import StorageError
from listener.core.messages import Card, CardItem, Delivery, Message, MessageKind
from listener.outbox import PAUSES
from listener.sending import KILLED, send
from storage.store import Store, open_store
from tests.support.heard import DAY, HOUR, NOW, PEPPER, sqlite_url
from tests.support.outbox import entries

OK = Delivery(ok=True, detail="accepted")
DOWN = Delivery(ok=False, detail="nobody answers", down=True)


@dataclass
class Channel:
    """A notifier whose way out can be closed; ``answer`` decides on single messages."""

    open: bool = True
    answer: Callable[[Message], Delivery] = lambda _: OK
    sent: list[Message] = field(default_factory=list)
    calls: int = 0
    attempts: int = 0

    def send(self, messages: Sequence[Message]) -> Iterator[Delivery]:
        self.calls += 1
        down = False
        for message in messages:
            self.attempts += not down
            down = down or not self.open
            outcome = DOWN if down else self.answer(message)
            if outcome.ok:
                self.sent.append(message)
            yield outcome

    @property
    def keys(self) -> list[str]:
        return [one.dedup_key for one in self.sent]


def alert(key: str, at: datetime = NOW, to: str = "ines", **more: object) -> Message:
    card = Card(
        f"News {key}", items=(CardItem(f"Person {key}", (("Why", f"because {key}"),), step="Call", command="$ x"),), tone="urgent"
    )
    made = Message(key, "mail", to, f"News {key}", f"TEXT OF {key}\n", f"<p>{key}</p>", at, kind=MessageKind.ALERT, card=card)
    return replace(made, **more)  # type: ignore[arg-type]


def digest(key: str, at: datetime = NOW, to: str = "ines") -> Message:
    return alert(key, at, to, kind=MessageKind.DIGEST, card=None)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(sqlite_url(tmp_path / "store.db"), now=NOW, pepper=PEPPER) as opened:
        yield opened


def states(store: Store) -> dict[str, str]:
    return {entry.dedup_key: entry.state.value for entry in entries(store)}


def test_messages_go_out_oldest_first_and_once(store: Store) -> None:
    mail = Channel()
    store.outbox.put([digest("b", NOW - HOUR), alert("a", NOW - 2 * HOUR), alert("quiet", NOW, not_before=NOW + HOUR)])
    assert send(store.outbox, {"mail": mail}, NOW) == (2, 0)
    assert send(store.outbox, {"mail": mail}, NOW) == (0, 0)
    assert mail.keys == ["a", "b"]
    assert send(store.outbox, {"mail": mail}, NOW + HOUR) == (1, 0)
    assert states(store) == {"a": "sent", "b": "sent", "quiet": "sent"}


def test_each_outcome_is_in_the_store_before_the_next_message_is_handed_over(store: Store) -> None:
    seen: list[dict[str, tuple[str, str | None]]] = []

    def look(_: Message) -> Delivery:
        seen.append({entry.dedup_key: (entry.state.value, entry.detail) for entry in entries(store)})
        return OK

    store.outbox.put([alert("a"), alert("b"), alert("c")])
    send(store.outbox, {"mail": Channel(answer=look)}, NOW)
    sent, begun, untouched = ("sent", "accepted"), ("waiting", KILLED.detail), ("waiting", None)
    assert seen == [
        {"a": begun, "b": untouched, "c": untouched},
        {"a": sent, "b": begun, "c": untouched},
        {"a": sent, "b": sent, "c": begun},
    ]
    assert {entry.attempts for entry in entries(store)} == {1}


def test_a_store_that_cannot_write_sends_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise StorageError("The disk is full.")

    store.outbox.put([alert("a")])
    monkeypatch.setattr(store.outbox, "record", full)
    mail = Channel()
    for _ in range(3):
        with pytest.raises(StorageError):
            send(store.outbox, {"mail": mail}, NOW)
    assert mail.sent == [], "or it would come once more with every pass"


def test_a_message_that_kills_its_sender_does_not_stop_the_others(store: Store) -> None:
    def die(message: Message) -> Delivery:
        if message.dedup_key == "bad":
            raise SystemExit
        return OK

    mail = Channel(answer=die)
    store.outbox.put([alert("bad"), digest("good")])
    with pytest.raises(SystemExit):
        send(store.outbox, {"mail": mail}, NOW)
    assert send(store.outbox, {"mail": mail}, NOW) == (1, 0)
    assert states(store) == {"bad": "waiting", "good": "sent"}
    (entry,) = [entry for entry in entries(store) if entry.dedup_key == "bad"]
    assert (entry.next_attempt_at, entry.detail) == (NOW + PAUSES[0], "the process ended while it was being sent")


def test_a_killed_delivery_after_the_day_is_still_written_down(store: Store) -> None:
    store.outbox.put([alert("a")])
    for tries in range(3):
        store.outbox.record([(alert("a", attempts=tries), Delivery(False, "451"))], NOW)
    assert send(store.outbox, {"mail": Channel()}, NOW + 2 * DAY) == (1, 0)
    assert states(store) == {"a": "sent"}


def test_a_dead_channel_costs_one_attempt_and_leaves_the_others_alone(store: Store) -> None:
    mail, chat = Channel(open=False), Channel()
    many = [alert(f"m{number}", to=f"kim{number}") for number in range(120)]
    store.outbox.put([*many, alert("c", channel="chat")])
    assert send(store.outbox, {"mail": mail, "chat": chat}, NOW, batch=10) == (1, 120)
    assert mail.attempts == 1
    assert chat.keys == ["c"]
    assert send(store.outbox, {"mail": mail, "chat": chat}, NOW + 5 * HOUR, batch=10) == (0, 120)
    assert (mail.attempts, mail.calls) == (2, 2)
    mail.open = True
    assert send(store.outbox, {"mail": mail, "chat": chat}, NOW + 10 * HOUR, batch=10) == (120, 0)
    assert mail.keys == [one.dedup_key for one in many]


def test_a_channel_that_is_not_configured_any_more_keeps_its_messages_for_a_day(store: Store) -> None:
    store.outbox.put([alert(f"m{number}") for number in range(5)])
    for hours in range(30):
        send(store.outbox, {}, NOW + hours * HOUR)
    assert set(states(store).values()) == {"parked"}
    assert {entry.detail for entry in entries(store)} == {"no notifier named mail is configured"}
    assert store.outbox.retry(None, NOW + 2 * DAY) == 5
    assert send(store.outbox, {"mail": Channel()}, NOW + 2 * DAY) == (5, 0)


# ------------------------------------------------------------------------------------------------------------- bundles


def waited(store: Store, mail: Channel, *messages: Message) -> None:
    """Messages of which the channel was down when they were to go."""
    store.outbox.put(messages)
    mail.open = False
    send(store.outbox, {"mail": mail}, NOW)
    mail.open, mail.calls, mail.attempts = True, 0, 0


def test_what_waited_while_the_channel_was_down_is_told_in_one(store: Store) -> None:
    mail = Channel()
    old = digest("monday", NOW - DAY)
    waited(store, mail, old, *(alert(f"a{n}", NOW - HOUR + n * timedelta(minutes=1)) for n in range(6)), alert("b", to="tomas"))
    store.outbox.put([alert("fresh", NOW + HOUR), digest("tuesday", NOW + HOUR)])
    assert send(store.outbox, {"mail": mail}, NOW + HOUR) == (4, 0)
    assert [one.subject for one in mail.sent] == [
        "News monday",
        "7 alerts waited while they could not be sent",
        "News b",
        "News tuesday",
    ]
    bundle = mail.sent[1]
    assert (bundle.kind, bundle.recipient, bundle.created_at, bundle.pictures) == (MessageKind.BUNDLE, "ines", NOW + HOUR, ())
    assert bundle.card is not None
    assert bundle.html is not None
    names = ["a0", "a1", "a2", "a3", "a4", "a5", "fresh"]
    assert [item.title for item in bundle.card.items] == [f"News {name}" for name in names]
    assert bundle.card.items[0].facts[0] == ("", "Person a0")
    assert [line for line in bundle.text.splitlines() if line.startswith("TEXT OF")] == [f"TEXT OF {name}" for name in names]
    assert all(f"because {name}" in bundle.html for name in names)
    found = {entry.dedup_key: (entry.state.value, entry.bundle) for entry in entries(store)}
    assert {found[name] for name in names} == {("bundled", bundle.dedup_key)}
    assert found["b"] == ("sent", None)
    assert send(store.outbox, {"mail": mail}, NOW + DAY) == (0, 0)


def test_a_few_that_waited_are_told_as_they_are(store: Store) -> None:
    mail = Channel()
    waited(store, mail, *(alert(f"a{n}") for n in range(3)))
    assert send(store.outbox, {"mail": mail}, NOW + HOUR) == (3, 0)
    assert mail.keys == ["a0", "a1", "a2"]


def test_alerts_that_only_waited_for_the_end_of_quiet_hours_are_told_as_they_are(store: Store) -> None:
    mail = Channel()
    store.outbox.put([alert(f"a{n}", not_before=NOW + HOUR) for n in range(9)])
    assert send(store.outbox, {"mail": mail}, NOW + HOUR) == (9, 0)


def test_while_the_channel_is_down_alerts_go_on_gathering_for_one_bundle(store: Store) -> None:
    mail = Channel()
    waited(store, mail, *(alert(f"a{n}") for n in range(5)))
    mail.open = False
    for hours in range(1, 7):
        store.outbox.put([alert(f"later{hours}", NOW + hours * HOUR)])
        assert send(store.outbox, {"mail": mail}, NOW + hours * HOUR)[0] == 0
    assert set(states(store).values()) == {"waiting"}, "a bundle that was not told leaves nothing behind"
    mail.open = True
    assert send(store.outbox, {"mail": mail}, NOW + 7 * HOUR) == (1, 0)
    assert mail.sent[0].subject == "11 alerts waited while they could not be sent"


def test_a_bundle_whose_sender_was_killed_is_sent_again_as_it_was(store: Store) -> None:
    def die(_: Message) -> Delivery:
        raise SystemExit

    mail = Channel()
    waited(store, mail, *(alert(f"a{n}") for n in range(5)))
    with pytest.raises(SystemExit):
        send(store.outbox, {"mail": Channel(answer=die)}, NOW + HOUR)
    (before,) = store.outbox.waiting()
    store.outbox.put([alert(f"fresh{n}", NOW + HOUR) for n in range(2)])
    assert send(store.outbox, {"mail": mail}, NOW + 2 * HOUR) == (3, 0)
    assert mail.keys == [before.dedup_key, "fresh0", "fresh1"]


def test_a_bundle_that_may_have_arrived_keeps_its_key(store: Store) -> None:
    mail = Channel()
    waited(store, mail, *(alert(f"a{n}") for n in range(5)))
    lost = Channel(answer=lambda _: Delivery(ok=False, detail="no answer", unsure=True, down=True))
    assert send(store.outbox, {"mail": lost}, NOW + HOUR) == (0, 1)
    store.outbox.put([alert("fresh", NOW + HOUR)])
    (first, _) = store.outbox.waiting()
    assert send(store.outbox, {"mail": mail}, NOW + 3 * HOUR) == (2, 0)
    assert set(mail.keys) == {first.dedup_key, "fresh"}


def test_the_parts_of_a_bundle_that_is_refused_are_tried_each_for_itself(store: Store) -> None:
    def no_bundles(message: Message) -> Delivery:
        refused = message.kind is MessageKind.BUNDLE or message.dedup_key == "a1"
        return Delivery(ok=False, detail="554", permanent=True) if refused else OK

    mail = Channel(answer=no_bundles)
    waited(store, mail, *(alert(f"a{n}") for n in range(5)))
    assert send(store.outbox, {"mail": mail}, NOW + HOUR) == (4, 1)
    assert mail.keys == ["a0", "a2", "a3", "a4"]
    assert {key for key, state in states(store).items() if state == "refused"} == {"a1"}


def test_a_clock_that_jumps_loses_and_doubles_nothing(store: Store) -> None:
    mail = Channel()
    store.outbox.put([alert("a"), digest("b")])
    assert send(store.outbox, {"mail": mail}, NOW - HOUR) == (2, 0)
    store.outbox.put([alert("c")])
    assert send(store.outbox, {"mail": mail}, NOW + DAY) == (1, 0)
    mail.open = False
    store.outbox.put([alert("d", NOW + DAY)])
    assert send(store.outbox, {"mail": mail}, NOW + 2 * DAY) == (0, 1)
    mail.open = True
    assert send(store.outbox, {"mail": mail}, NOW) == (1, 0), "the clock was two days ahead, and is right again"
    assert mail.keys == ["a", "b", "c", "d"]
    assert set(states(store).values()) == {"sent"}
