"""Delivery as a whole, over a real store: quiet hours, retries, what failed for good, and files that have to go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from listener.alerts.plan import plan
from listener.core.alerting import AlertPolicy, AlertRule
from listener.core.messages import Delivery, Message, MessageKind
from listener.core.recipients import QuietHours, Recipient
from listener.notify.file import FileNotifier
from listener.recalling import recall
from listener.sending import send
from storage.store import Retention, Selector, Store
from storage.telling_tables import outbox
from tests.support.alerts import alert_about
from tests.support.heard import DAY, HOUR, NOW, customer, hear, identify, import_customers, linked, mention, pending, understand
from tests.support.outbox import entries

MINUTE = timedelta(minutes=1)
ALL = frozenset(rule.value for rule in AlertRule)
SHARE = Recipient("share", "digest", alerts=ALL)
EVENING = NOW.replace(hour=18, minute=50)
NIGHT = QuietHours.parse("19:00-07:30")
MORNING = EVENING.replace(hour=7, minute=30) + DAY
ADA = Selector(contact_id="C1")
OK, DOWN = Delivery(True, "ok"), Delivery(False, "nobody answers", down=True)


@dataclass
class Channel:
    answer: Callable[[Message], Delivery] = lambda _: OK
    sent: list[str] = field(default_factory=list)

    def send(self, messages: Sequence[Message]) -> Iterator[Delivery]:
        for message in messages:
            outcome = self.answer(message)
            self.sent += [message.recipient] * outcome.ok
            yield outcome


def ada(store: Store) -> int:
    import_customers(store, customer(1))
    hear(store, mention(1, by="ada"))
    understand(store)
    identify(store, {"ada": linked("C1")})
    return pending(store)[-1].person_id


def told(store: Store, *recipients: Recipient, person: int | None = None, keys: str = "a", at=NOW) -> None:
    drafts = [alert_about(person, *([1] if person else []), key=key * 32, at=at, subject=key) for key in keys]
    store.alerts.save(plan(drafts, [], AlertPolicy(), recipients, at), at)


def states(store: Store) -> list[str]:
    return [entry.state.value for entry in reversed(entries(store))]


def words(store: Store) -> set[str]:
    with store.outbox._database.read() as connection:
        return {
            word for row in connection.execute(select(outbox.c.subject, outbox.c.text, outbox.c.html)) for word in row if word
        }


# --------------------------------------------------------------------------------------------------------- quiet hours


@pytest.mark.parametrize(("tried", "moved"), [(True, False), (False, True)])
def test_quiet_hours_that_begin_while_a_message_waits_hold_it(any_store: Store, tried: bool, moved: bool) -> None:
    team = Recipient("mail", "team", quiet=NIGHT, alerts=ALL)
    told(any_store, team, at=EVENING)
    if tried:
        assert send(any_store.outbox, {"mail": Channel(lambda _: DOWN)}, EVENING, recipients=[team]) == (0, 1)
    mail = Channel()
    for hours in (1, 6, 12):
        assert send(any_store.outbox, {"mail": mail}, EVENING + hours * HOUR, recipients=[team]) == (0, 0)
    (one,) = any_store.outbox.waiting()
    assert (one.next_attempt_at, one.first_due) == (MORNING, MORNING if moved else EVENING)
    assert send(any_store.outbox, {"mail": mail}, MORNING, recipients=[team]) == (1, 0)


def test_who_is_asked_for_has_no_quiet_hours(any_store: Store) -> None:
    team = Recipient("mail", "team", quiet=NIGHT, alerts=ALL)
    told(any_store, team, keys="ab", at=EVENING)
    mail = Channel()
    (key, _) = [one.dedup_key for one in any_store.outbox.waiting()]
    assert send(any_store.outbox, {"mail": mail}, EVENING + HOUR, recipients=[team], asked=[key]) == (1, 0)


@pytest.mark.parametrize("turned", [1, -1])
def test_an_address_that_is_two_recipients_is_quiet_where_both_are(any_store: Store, turned: int) -> None:
    night = Recipient("mail", "x", name="night", quiet=NIGHT, alerts=ALL)
    long = replace(night, name="long", quiet=QuietHours.parse("19:00-09:00"))
    always = replace(night, name="always", quiet=None)
    told(any_store, *(night, long)[::turned], at=EVENING + HOUR)
    assert [one.not_before for one in any_store.outbox.waiting()] == [MORNING]
    told(any_store, *(night, always)[::turned], keys="b", at=EVENING + HOUR)
    assert [one.not_before for one in any_store.outbox.waiting()] == [MORNING, None]
    assert send(any_store.outbox, {"mail": Channel()}, EVENING + HOUR, recipients=[night, always]) == (1, 0)


def test_an_address_that_was_taken_out_gets_nothing_more(any_store: Store) -> None:
    told(any_store, Recipient("mail", "left", alerts=ALL), Recipient("mail", "stays", alerts=ALL))
    mail = Channel()
    assert send(any_store.outbox, {"mail": mail}, NOW, recipients=[Recipient("mail", "stays")]) == (1, 1)
    assert (mail.sent, sorted(states(any_store))) == (["stays"], ["parked", "sent"])


# ---------------------------------------------------------------------------------------------------- failing channels


def test_a_channel_that_only_throttles_is_not_taken_for_a_dead_one(any_store: Store) -> None:
    messages = [Message(f"d{n}", "chat", f"#c{n}", "S", "T", None, NOW, kind=MessageKind.DIGEST) for n in range(40)]
    any_store.outbox.put(messages)
    at, passes = NOW + 30 * HOUR, 0  # the day is over: who counts wrongly gives up
    while any_store.outbox.waiting() and passes < 20:
        chat = Channel()
        chat.answer = lambda _, chat=chat: OK if len(chat.sent) < 5 else replace(DOWN, retry_after=timedelta(seconds=1))
        send(any_store.outbox, {"chat": chat}, at)
        at, passes = at + MINUTE, passes + 1
    assert (passes, set(states(any_store))) == (8, {"sent"})


def test_a_message_that_is_retried_goes_though_its_channel_rests(any_store: Store) -> None:
    messages = [Message(key, "mail", "kim", "S", "T", None, NOW, kind=MessageKind.ALERT) for key in "ab"]
    any_store.outbox.put(messages)
    given_up, rests = Delivery(False, "a day", parked=True), replace(DOWN, retry_after=HOUR)
    any_store.outbox.record(list(zip(messages, [given_up, rests], strict=True)), NOW)
    assert any_store.outbox.retry(["a"], NOW + MINUTE) == 1
    assert send(any_store.outbox, {"mail": Channel()}, NOW + MINUTE, asked=["a"]) == (1, 0)
    assert states(any_store) == ["sent", "waiting"]


def test_a_message_counts_as_stuck_from_when_it_was_first_due(any_store: Store) -> None:
    team = Recipient("mail", "team", quiet=NIGHT, alerts=ALL)
    told(any_store, team, at=EVENING + HOUR)
    send(any_store.outbox, {"mail": Channel(lambda _: DOWN)}, MORNING)
    assert any_store.attention(MORNING).waiting_since == MORNING


# ------------------------------------------------------------------------------------------------------ what is over


def failed_for_good(store: Store) -> None:
    """Of four alerts one is refused, one has no notifier any more, and two wait in a bundle that was given up."""
    told(store, Recipient("refusing", "x", alerts=ALL), Recipient("gone", "x", alerts=ALL))
    told(store, Recipient("bundling", "x", alerts=ALL), keys="bc")
    store.outbox.record([(message, Delivery(False, "550", permanent=True)) for message in of(store, "refusing")], NOW)
    store.outbox.record([(message, Delivery(False, "none", parked=True)) for message in of(store, "gone")], NOW)
    parts = [message.dedup_key for message in of(store, "bundling")]
    whole = Message("bundle:1", "bundling", "x", "2 alerts", "Both", None, NOW, kind=MessageKind.BUNDLE)
    assert store.outbox.bundle(whole, parts, NOW)
    store.outbox.record([(whole, Delivery(False, "a day", parked=True))], NOW)


def of(store: Store, channel: str) -> list[Message]:
    return list(store.outbox.load([one.dedup_key for one in store.outbox.waiting() if one.channel == channel]).values())


def test_the_words_of_what_failed_for_good_go_with_its_days_and_nobody_is_reminded(any_store: Store) -> None:
    failed_for_good(any_store)
    any_store.privacy.prune(NOW + 29 * DAY, Retention())
    assert (any_store.attention(NOW).parked, any_store.attention(NOW).refused, "Both" in words(any_store)) == (2, 1, True)
    any_store.privacy.prune(NOW + 31 * DAY, Retention())
    assert words(any_store) == set()
    assert set(states(any_store)) == {"withdrawn"}
    assert any_store.outbox.retry(None, NOW + 31 * DAY) == 0, "there is nothing left that could be sent"
    assert any_store.alerts.recalled() == {}
    assert len(any_store.alerts.find()) == 3


def test_what_has_not_gone_out_can_be_dropped(any_store: Store) -> None:
    failed_for_good(any_store)
    told(any_store, SHARE, keys="de")
    assert send(any_store.outbox, {"share": Channel()}, NOW) == (2, 0)
    told(any_store, SHARE, keys="f")
    keys = [entry.dedup_key for entry in entries(any_store)]
    assert any_store.outbox.drop(keys, NOW + HOUR) == 4
    assert sorted(states(any_store)) == ["sent", "sent", *["withdrawn"] * 5]
    assert (any_store.attention(NOW).parked, any_store.attention(NOW).refused) == (0, 0)


# ----------------------------------------------------------------------------------------------- files that have to go


class Killed:
    """Writes the files, and the process dies before anybody writes that down."""

    def __init__(self, files: FileNotifier) -> None:
        self.files = files

    def send(self, messages: Sequence[Message]) -> Iterator[Delivery]:
        for message in messages:
            assert next(iter(self.files.send([message]))).ok
            raise KeyboardInterrupt
            yield


@pytest.mark.parametrize("keys", ["a", "abcde"])
def test_an_erasure_reaches_files_whose_delivery_was_killed(any_store: Store, tmp_path: Path, keys: str) -> None:
    files = FileNotifier(tmp_path / "files")
    told(any_store, SHARE, person=ada(any_store), keys=keys)
    if len(keys) > 1:  # they are told in one then
        send(any_store.outbox, {"share": Channel(lambda _: DOWN)}, NOW)
    with pytest.raises(KeyboardInterrupt):
        send(any_store.outbox, {"share": Killed(files)}, NOW + HOUR)
    assert list(files.folder.iterdir())
    any_store.privacy.erase_person(ADA, NOW + 2 * HOUR)
    assert recall(any_store.alerts, lambda: {"share": files}).removed >= 1
    assert list(files.folder.iterdir()) == []
    assert any_store.outbox.waiting() == []


def test_a_file_that_could_not_be_written_wholly_leaves_nothing(tmp_path: Path) -> None:
    message = Message("alert:1", "share", "digest", "S", "T", "<p>", NOW, kind=MessageKind.ALERT)
    files = FileNotifier(tmp_path)
    assert next(iter(files.send([message]))).ok
    html = next(tmp_path.glob("*.html"))
    html.unlink()
    html.mkdir()
    assert not next(iter(files.send([message]))).ok
    assert [path.suffix for path in tmp_path.iterdir()] == [".html"]


def test_files_wait_for_their_notifier_to_be_configured_again(any_store: Store, tmp_path: Path) -> None:
    files = FileNotifier(tmp_path / "files")
    told(any_store, SHARE, person=ada(any_store))
    assert send(any_store.outbox, {"share": files}, NOW) == (1, 0)
    any_store.privacy.erase_person(ADA, NOW + HOUR)
    absent = recall(any_store.alerts, dict)
    assert (absent.removed, absent.beyond_reach, absent.absent) == (0, 0, ("share",))
    any_store.privacy.prune(NOW + 100 * DAY, Retention())
    assert recall(any_store.alerts, lambda: {"share": files}).removed == 1
    assert list(files.folder.iterdir()) == []
    assert recall(any_store.alerts, dict).absent == ()


@pytest.mark.parametrize(("killed", "beyond"), [(False, 0), (True, 1)])
def test_a_mail_that_never_went_is_not_beyond_reach(any_store: Store, killed: bool, beyond: int) -> None:
    def answer(_: Message) -> Delivery:
        if killed:
            raise KeyboardInterrupt
        return DOWN

    told(any_store, SHARE, person=ada(any_store))
    with pytest.raises(KeyboardInterrupt) if killed else nullcontext():
        send(any_store.outbox, {"share": Channel(answer)}, NOW)
    any_store.privacy.erase_person(ADA, NOW + HOUR)
    assert recall(any_store.alerts, lambda: {"share": Channel()}).beyond_reach == beyond
    assert any_store.alerts.recalled() == {}


def test_a_notifier_that_never_comes_back_is_forgotten_with_the_history(any_store: Store) -> None:
    told(any_store, SHARE, person=ada(any_store))
    assert send(any_store.outbox, {"share": Channel()}, NOW) == (1, 0)
    any_store.privacy.erase_person(ADA, NOW + HOUR)
    any_store.privacy.prune(NOW + 800 * DAY, Retention())
    assert any_store.alerts.recalled() == {}
