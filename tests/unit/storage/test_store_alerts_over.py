"""Alerts that need to be told no more, or not as they are: seen, settled, another's, of words that are gone, or told before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Table, text

from listener.alerts.plan import look_again, plan
from listener.core.alerting import AlertChange, AlertDraft, AlertPlan, AlertPolicy, AlertRecord, AlertState
from listener.core.brand import OPEN_WEB
from listener.core.messages import Delivery, Message, MessageKind, MessageState
from listener.core.recipients import QuietHours, Recipient
from listener.sending import send
from storage.alert_facts import alerts_since
from storage.database import Database
from storage.forgetting import remove_mentions
from storage.schema import migrate
from storage.store import Selector, Store, open_store
from storage.tables import authors, mentions, people
from storage.telling_tables import alerts
from tests.support.alerts import alert_about
from tests.support.heard import DAY, HOUR, NOW, PEPPER, customer, hear, identify, import_customers, linked, mention, understand
from tests.support.outbox import entries

EVERY = frozenset({"detractor"})
MAIL = Message("alert:key:mail:kim", "mail", "kim", "S", "T", None, NOW, kind=MessageKind.ALERT, alert_keys=("key",))
KIM = Recipient("mail", "kim", alerts=EVERY)
NIGHT = Recipient("mail", "night", alerts=EVERY, quiet=QuietHours.parse("07:00-12:00"))
BOSS = Recipient("mail", "boss", escalations=True)
POLICY = AlertPolicy()


class Mail:
    """A notifier; who was sent what is kept."""

    def __init__(self, *, ok: bool = True) -> None:
        self.ok = ok
        self.sent: list[tuple[str, str]] = []

    def send(self, messages: Iterable[Message]) -> Iterator[Delivery]:
        for message in messages:
            if self.ok:
                self.sent.append((message.recipient, message.subject.partition(":")[0]))
            yield Delivery(self.ok, "421", down=not self.ok)


def heard(store: Store, *names: str) -> int:
    """Customers who said something; the person of the first."""
    import_customers(store, *(customer(number) for number, _ in enumerate(names, 1)))
    hear(store, *(mention(number, by=name) for number, name in enumerate(names, 1)))
    understand(store)
    identify(store, {name: linked(f"C{number}") for number, name in enumerate(names, 1)})
    return person_of(store, 1)


def person_of(store: Store, mention_id: int) -> int:
    query = "SELECT person_id FROM authors JOIN mentions ON mentions.author_id = authors.id WHERE mentions.id = :id"
    with store._database.read() as connection:
        return int(connection.scalar(text(query), {"id": mention_id}))


def tell(store: Store, *drafts: AlertDraft, to: tuple[Recipient, ...] = (KIM,), together: int = 3) -> None:
    store.alerts.save(plan(drafts, (), replace(POLICY, together=together), to, NOW), NOW)


def look(store: Store, to: tuple[Recipient, ...], at: datetime = NOW, after: timedelta | None = DAY) -> None:
    """One look of a pass."""
    store.alerts.close_moved(at)
    policy = replace(POLICY, escalate_after=after)
    store.alerts.save(look_again(store.alerts.waiting(at, after), policy, to, at), at)


def decide(store: Store, key: str, state: AlertState, **values: object) -> None:
    (found,) = store.alerts.named(key)
    store.alerts.save(AlertPlan(changes=(AlertChange(found.id, state, NOW, "kim", **values),)), NOW)  # type: ignore[arg-type]  # its fields


def only(store: Store) -> AlertRecord:
    (found,) = store.alerts.find()
    return found


# ------------------------------------------------------------------------------------------------- seen, settled, told


def two(store: Store) -> None:
    """Two alerts of which one message tells, and of one of them another."""
    both = replace(MAIL, dedup_key="both", alert_keys=("key", "other"))
    drafts = tuple((alert_about(None, key=key), AlertState.OPEN) for key in ("key", "other"))
    store.alerts.save(AlertPlan(drafts, (), (MAIL, both)), NOW)


@pytest.mark.parametrize("state", [AlertState.ACKNOWLEDGED, AlertState.SNOOZED, AlertState.CLOSED])
def test_a_message_is_withdrawn_when_none_of_its_alerts_is_open(any_store: Store, state: AlertState) -> None:
    two(any_store)
    decide(any_store, "key", state, snoozed_until=NOW + DAY)
    assert [one.dedup_key for one in any_store.outbox.waiting()] == ["both"]
    decide(any_store, "other", state, snoozed_until=NOW + DAY)
    assert {one.state for one in entries(any_store)} == {MessageState.WITHDRAWN}
    assert {one.state for one in any_store.alerts.find()} == {state}


def test_a_message_of_a_matter_that_is_over_is_withdrawn_unless_somebody_tried_to_send_it(any_store: Store) -> None:
    two(any_store)
    any_store.outbox.record([(MAIL, Delivery(False, "down", down=True, retry_after=HOUR))], NOW)
    any_store.alerts.save(AlertPlan(settled=("key", "other")), NOW)
    assert [one.dedup_key for one in any_store.outbox.waiting()] == [MAIL.dedup_key], "it may have arrived"


def test_after_a_snooze_all_are_told_once_whoever_was_told_before(any_store: Store) -> None:
    tell(any_store, alert_about(None), to=(KIM, NIGHT))
    mail = Mail()
    send(any_store.outbox, {"mail": mail}, NOW)
    decide(any_store, "key", AlertState.SNOOZED, snoozed_until=NOW + 10 * HOUR)
    look(any_store, (KIM, NIGHT), NOW + 10 * HOUR)
    send(any_store.outbox, {"mail": mail}, NOW + 10 * HOUR)
    assert mail.sent == [
        ("kim", "Person None complains about Quillon"),
        ("kim", "Snooze is over"),
        ("night", "Snooze is over"),
    ]


def test_what_was_kept_before_is_not_told(any_store: Store) -> None:
    any_store.alerts.save(AlertPlan(((alert_about(None), AlertState.HELD),)), NOW)
    tell(any_store, alert_about(None))
    assert only(any_store).state is AlertState.HELD
    assert entries(any_store) == []


# ------------------------------------------------------------------------------------------------------- escalations


def test_an_escalation_that_was_withdrawn_is_made_again(any_store: Store) -> None:
    heard(any_store, "ada")
    tell(any_store, alert_about(None, 1))
    mail = Mail()
    send(any_store.outbox, {"mail": mail}, NOW)
    look(any_store, (KIM, BOSS), NOW + DAY)
    any_store.privacy.erase_person(Selector(contact_id="C1"), NOW + DAY)
    for day in (1, 2):
        look(any_store, (KIM, BOSS), NOW + day * DAY + HOUR)
        send(any_store.outbox, {"mail": mail}, NOW + day * DAY + HOUR)
    assert [one for one, _ in mail.sent] == ["kim", "boss"]


def test_nobody_is_asked_why_they_are_silent_before_they_were_told(any_store: Store) -> None:
    tell(any_store, alert_about(None), to=(NIGHT,))
    told = only(any_store).told_at
    assert told == NOW.replace(hour=12)
    for moment, escalated in ((NOW + 2 * HOUR, 0), (told + HOUR, 0), (told + 2 * HOUR, 1), (told + 3 * HOUR, 1)):
        look(any_store, (NIGHT, BOSS), moment, after=2 * HOUR)
        assert sum(one.recipient == "boss" for one in any_store.outbox.waiting()) == escalated


def test_what_nobody_saw_for_months_is_escalated_where_that_is_the_rule(any_store: Store) -> None:
    tell(any_store, alert_about(None))
    for day in range(85, 100):
        look(any_store, (BOSS,), NOW + day * DAY, after=90 * DAY)
    (sent,) = (one for one in entries(any_store) if one.recipient == "boss")
    assert sent.created_at == NOW + 90 * DAY


def test_what_is_long_comes_last_in_the_table(tmp_path: Path) -> None:
    assert list(alerts.columns)[-1].name == "words", "else a look for what is due reads it all (SQLite)"
    with open_store(f"sqlite:///{tmp_path / 'store.db'}", now=NOW, pepper=PEPPER) as store, store._database.read() as connection:
        names = connection.execute(text("SELECT name FROM pragma_table_info('alerts') ORDER BY cid")).scalars().all()
    assert names[-1] == "words"


# ------------------------------------------------------------------------------------------------ words that are gone


def quotes(store: Store) -> list[bool]:
    """Whether the one message that waits quotes something, and its alert."""
    (waiting,) = store.outbox.load([one.dedup_key for one in store.outbox.waiting()]).values()
    return ["lost post" in waiting.text, "lost post" in only(store).words]


def test_terms_that_forbid_quotes_now_reach_alerts(any_store: Store) -> None:
    heard(any_store, "ada")
    tell(any_store, alert_about(None, 1))
    any_store.mentions.adopt_policies({"blogs": OPEN_WEB}, NOW)
    assert quotes(any_store) == [True, True]
    any_store.mentions.adopt_policies({"blogs": replace(OPEN_WEB, name="strict", may_quote=False)}, NOW)
    look(any_store, (KIM,))
    assert quotes(any_store) == [False, False]


def test_a_post_that_was_removed_while_its_alert_was_made_is_not_quoted(any_store: Store) -> None:
    heard(any_store, "ada", "bea")
    made = plan([alert_about(None, 1, 2)], (), POLICY, (KIM,), NOW)
    with any_store._database.write() as connection:
        remove_mentions(any_store._database, connection, [1], NOW)
    any_store.rechecks.save_rechecked([], [2], NOW)
    any_store.alerts.save(made, NOW)
    look(any_store, (KIM,))
    assert quotes(any_store) == [False, False]


# ------------------------------------------------------------------------------------------------------- somebody else


def test_an_alert_whose_words_turn_out_to_be_anothers_is_closed_and_not_told(any_store: Store) -> None:
    heard(any_store, "ada", "bea", "cyd", "dan", "eve")
    people = [person_of(any_store, number) for number in range(1, 6)]
    about = [alert_about(person, number, key=f"{number:032x}") for number, person in enumerate(people, 1)]
    tell(any_store, *about[:4], to=(NIGHT,))
    tell(any_store, about[4], to=(NIGHT,))
    with any_store._database.write() as connection:
        connection.execute(text("UPDATE authors SET person_id = own_person_id WHERE handle IN ('ada', 'eve')"))
    look(any_store, (NIGHT,))
    states = {record.person_id: record.state for record in any_store.alerts.find()}
    assert states == dict(zip(people, [AlertState.CLOSED, *[AlertState.OPEN] * 3, AlertState.CLOSED], strict=True))
    left = any_store.outbox.load([one.dedup_key for one in any_store.outbox.waiting()]).values()
    assert sorted(one.subject for one in left) == [f"Person {person} complains about Quillon" for person in sorted(people[1:4])]


# ------------------------------------------------------------------------------------------------------------ upgrades


@pytest.mark.parametrize("place", ["sqlite", "postgres"])
def test_a_store_that_is_upgraded_knows_until_when_it_had_no_alerts(
    place: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}" if place == "sqlite" else request.getfixturevalue("empty_postgres_url")
    before = Database(url, timedelta(seconds=5))
    migrate(before, "0006")
    person = {"id": 1, "own_person_id": 1, "person_id": 1, "platform": "rss", "handle": "ada"}
    said = {"id": 1, "author_id": 1, "said_at": NOW - DAY, "heard_at": NOW, "url": "https://ada.example/1", "history": False}
    with before.write() as connection:
        connection.execute(people.insert().values(id=1))
        for table, row in ((authors, person), (mentions, said)):
            connection.execute(table.insert().values(required(table) | row))
    before.close()
    with open_store(url, now=NOW, pepper=PEPPER, upgrade=True) as store, store._database.read() as connection:
        assert alerts_since(connection) == NOW


def required(table: Table) -> dict[str, object]:
    """Something for each column that must have something."""
    of: dict[str, object] = {"DATETIME": NOW, "TEXT": "", "BIGINT": 1, "INTEGER": 1, "BOOLEAN": False, "JSON": []}
    return {each.name: of[str(each.type)] for each in table.columns if not each.nullable}


def test_a_new_store_had_alerts_from_its_beginning(any_store: Store) -> None:
    with any_store._database.read() as connection:
        assert alerts_since(connection) is None
