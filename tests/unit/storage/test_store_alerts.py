"""Alerts in the store: events past a cursor, plans kept in one transaction, and what waits for somebody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from listener.core.alerting import AlertChange, AlertPlan, AlertState
from listener.core.cases import Action, CaseKind, CaseState, EventKind
from listener.core.errors import StorageError
from listener.core.messages import Delivery, Message, MessageKind, MessageState
from listener.core.standing import Stance
from storage.alert_facts import SEEN
from storage.attention import attention
from storage.database import Database
from storage.schema import migrate
from storage.store import Store, open_store
from storage.tables import meta
from tests.support.alerts import alert_about
from tests.support.heard import (
    DAY,
    HOUR,
    NOW,
    PEPPER,
    customer,
    hear,
    identify,
    import_customers,
    linked,
    mention,
    opened,
    pending,
    standing,
    understand,
)

MAIL = Message("alert:key:mail:kim", "mail", "kim", "S", "T", None, NOW, kind=MessageKind.ALERT, alert_keys=("key",))
LIMIT = 1000


def ada(store: Store, *posts: int, now: Any = NOW, **values: Any) -> int:
    """A customer who said something; their person."""
    import_customers(store, customer(1, **values), now=now)
    hear(store, *(mention(number, by="ada") for number in posts or (1,)), now=now)
    understand(store)
    identify(store, {"ada": linked("C1")})
    return pending(store)[-1].person_id


def happened(store: Store, person: int, *new: int, kind: CaseKind = CaseKind.FOLLOW_UP, at: Any = NOW, **values: Any) -> int:
    """Something happened to the person's case, by these mentions; its id."""
    change = opened(person, kind, at=at, mention_ids=new, detail={"new": list(new), "step": "call"}, **values)
    return store.cases.apply(change).case_id


def saved(store: Store, state: AlertState = AlertState.OPEN, **values: Any) -> int:
    """An alert that was kept; its id."""
    draft = alert_about(values.pop("person", None), key=values.pop("key", "key"), **values)
    store.alerts.save(AlertPlan(((draft, state),)), NOW)
    return store.alerts.named(draft.key)[0].id


# --------------------------------------------------------------------------------------------------------------- facts


def test_events_are_looked_at_once_oldest_first_with_whom_they_are_about(any_store: Store) -> None:
    person = ada(any_store, 1, 2)
    assert any_store.alerts.alert_facts(NOW, LIMIT) is None
    happened(any_store, person, 1)
    happened(any_store, person, 2, kind=CaseKind.CANDIDATE)
    facts = any_store.alerts.alert_facts(NOW, LIMIT)
    assert facts is not None
    (one,) = facts.people
    assert (one.person_id, one.contact_id, one.segment, facts.news) == (person, "C1", "Gold", frozenset({1, 2}))
    assert [(found.case.kind, len(found.events)) for found in one.cases] == [(CaseKind.FOLLOW_UP, 1), (CaseKind.CANDIDATE, 1)]
    assert any_store.alerts.alert_facts(NOW, LIMIT) == facts, "they were only looked at"
    any_store.alerts.save(AlertPlan(), NOW, seen=facts.seen)
    assert any_store.alerts.alert_facts(NOW, LIMIT) is None
    any_store.alerts.save(AlertPlan(), NOW, seen=1)
    assert any_store.alerts.alert_facts(NOW, LIMIT) is None, "the cursor never goes back"


def test_so_many_events_at_a_time(any_store: Store) -> None:
    person = ada(any_store, 1, 2)
    happened(any_store, person, 1)
    happened(any_store, person, 2, kind=CaseKind.CANDIDATE)
    first = any_store.alerts.alert_facts(NOW, 1)
    assert first is not None
    assert [found.case.kind for found in first.people[0].cases if found.events] == [CaseKind.FOLLOW_UP]
    any_store.alerts.save(AlertPlan(), NOW, seen=first.seen)
    second = any_store.alerts.alert_facts(NOW, 1)
    assert second is not None
    assert [found.case.kind for found in second.people[0].cases if found.events] == [CaseKind.CANDIDATE]


def test_the_stance_before_is_the_one_before_the_events(any_store: Store) -> None:
    person = ada(any_store)
    any_store.standings.save_standings([(pending(any_store)[-1], standing(Stance.PROMOTER), [])], "j", NOW - DAY)
    hear(any_store, mention(2, by="ada"), now=NOW)
    understand(any_store)
    any_store.standings.save_standings([(pending(any_store)[-1], standing(Stance.PASSIVE), [])], "j", NOW)
    happened(any_store, person, 2)
    facts = any_store.alerts.alert_facts(NOW + HOUR, LIMIT)
    assert facts is not None
    assert (facts.people[0].stance_before, facts.people[0].standing and facts.people[0].standing.stance) == (
        Stance.PROMOTER,
        Stance.PASSIVE,
    )


def test_history_what_was_heard_long_ago_and_what_is_gone_is_no_news(any_store: Store) -> None:
    person = ada(any_store, now=NOW - 8 * DAY)
    hear(any_store, mention(2, by="ada"), mention(3, by="ada"), news_since=NOW)
    hear(any_store, mention(4, by="ada"), now=NOW - 6 * DAY)
    understand(any_store)
    happened(any_store, person, 1)
    happened(any_store, person, 2, 3, kind=CaseKind.CANDIDATE)
    facts = any_store.alerts.alert_facts(NOW, LIMIT)
    assert facts is not None
    assert (facts.people, facts.news) == ((), frozenset())
    happened(any_store, person, 1, 4, event=EventKind.UPDATED)
    facts = any_store.alerts.alert_facts(NOW, LIMIT)
    assert facts is not None
    assert (len(facts.people), facts.news) == (1, frozenset({4}))
    any_store.rechecks.save_rechecked([], [4], NOW)
    gone = any_store.alerts.alert_facts(NOW, LIMIT)
    assert gone is not None
    assert gone.news == frozenset()


def test_decisions_and_customers_heard_alert_nobody(any_store: Store) -> None:
    person = ada(any_store)
    happened(any_store, person, 1, kind=CaseKind.HEARD)
    happened(any_store, person, 1, event=EventKind.DECIDED, action=Action.CONFIRM, actor="kim", state=CaseState.CONFIRMED)
    facts = any_store.alerts.alert_facts(NOW, LIMIT)
    assert facts is not None
    assert (facts.people, facts.seen) == ((), 2)


@pytest.mark.parametrize(("event", "seen"), [(5, "5"), (None, None)])
def test_a_store_that_is_upgraded_does_not_alert_on_its_past(tmp_path: Path, event: int | None, seen: str | None) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    before = Database(url, timedelta(seconds=5))
    migrate(before, "0006")
    if event is not None:
        with before.write() as connection:
            connection.execute(text("INSERT INTO people (id) VALUES (1)"))
            row = "(2, 'follow-up', 1, 'quillon', 'new', :at, :at, '[]')"
            columns = "id, kind, person_id, brand, state, opened_at, changed_at, mention_ids"
            connection.execute(text(f"INSERT INTO cases ({columns}) VALUES {row}"), {"at": "2026-01-01 00:00:00.000000"})
            row = "(:id, 'k', 2, 'opened', 'new', '2026-01-01 00:00:00.000000', 'listener', 'r', '{}')"
            columns = "id, key, case_id, kind, state, at, actor, reason, detail"
            connection.execute(text(f"INSERT INTO case_events ({columns}) VALUES {row}"), {"id": event})
    before.close()
    with open_store(url, now=NOW, pepper=PEPPER) as store:
        assert store.alerts.alert_facts(NOW, LIMIT) is None
        with store._database.read() as connection:
            assert connection.scalar(select(meta.c.value).where(meta.c.name == SEEN)) == seen


# --------------------------------------------------------------------------------------------------------------- plans


def test_a_plan_is_kept_once_with_its_messages(any_store: Store) -> None:
    draft = alert_about(None, key="key", segment="Gold", owner="Kim")
    plan = AlertPlan(((draft, AlertState.OPEN),), (), (MAIL,))
    for _ in range(2):
        any_store.alerts.save(plan, NOW)
    (record,) = any_store.alerts.waiting(NOW)
    assert (record.key, record.rule, record.subject, record.words) == (draft.key, draft.rule, draft.subject, draft.words)
    assert (record.segment, record.owner, record.opened_at, record.told) == ("Gold", "Kim", NOW, {("mail", "kim")})
    (line,) = any_store.alerts.messages_about(record.id)
    assert (line.what, line.alerts, line.state) == ("S", ("key",), MessageState.WAITING)


def test_a_plan_is_kept_wholly_or_not_at_all(any_store: Store) -> None:
    broken = replace(MAIL, channel=None)  # type: ignore[arg-type]  # no database takes it
    with pytest.raises(StorageError):
        any_store.alerts.save(AlertPlan(((alert_about(None), AlertState.OPEN),), (), (broken,)), NOW, seen=9)
    assert any_store.alerts.find() == []
    ada_s = ada(any_store)
    happened(any_store, ada_s, 1)
    assert any_store.alerts.alert_facts(NOW, LIMIT) is not None, "the cursor was not moved either"


def test_recent_alerts_are_found_by_their_subject_held_ones_among_them(any_store: Store) -> None:
    saved(any_store, subject="person:1:quillon")
    saved(any_store, AlertState.HELD, key="held", subject="person:1:quillon")
    saved(any_store, key="other", subject="person:2:quillon")
    saved(any_store, key="old", subject="person:1:quillon", at=NOW - 8 * DAY)
    assert [one.key for one in any_store.alerts.recent({"person:1:quillon"}, NOW - 7 * DAY)] == ["key", "held"]
    assert [one.key for one in any_store.alerts.find(states=[AlertState.HELD])] == ["held"]
    assert any_store.alerts.recent(set(), NOW - DAY) == []


def test_what_waits_is_open_or_its_snooze_is_over(any_store: Store) -> None:
    number = saved(any_store)
    saved(any_store, AlertState.CLOSED, key="notice")
    until = NOW + 4 * HOUR
    any_store.alerts.save(
        AlertPlan(changes=(AlertChange(number, AlertState.SNOOZED, NOW, "kim", "later", snoozed_until=until),)), NOW
    )
    assert any_store.alerts.waiting(until - HOUR) == []
    (record,) = any_store.alerts.waiting(until)
    assert (record.state, record.actor, record.note, record.snoozed_until) == (AlertState.SNOOZED, "kim", "later", until)
    any_store.alerts.save(AlertPlan(changes=(AlertChange(number, AlertState.OPEN, until, "listener"),)), until)
    (record,) = any_store.alerts.waiting(until)
    assert (record.state, record.actor, record.snoozed_until, record.changed_at) == (AlertState.OPEN, "kim", None, until)


def test_what_was_acknowledged_meanwhile_stays_so(any_store: Store) -> None:
    number = saved(any_store)
    seen = AlertChange(number, AlertState.ACKNOWLEDGED, NOW, "kim")
    late = AlertChange(number, AlertState.OPEN, NOW, "listener", escalated_at=NOW + DAY)
    any_store.alerts.save(AlertPlan(changes=(seen,)), NOW)
    any_store.alerts.save(AlertPlan(changes=(late,)), NOW + DAY)
    (record,) = any_store.alerts.find()
    assert (record.state, record.actor, record.escalated_at) == (AlertState.ACKNOWLEDGED, "kim", None)


def test_an_escalation_is_noted_and_leaves_the_alert_open(any_store: Store) -> None:
    number = saved(any_store)
    late = AlertChange(number, AlertState.OPEN, NOW, "listener", escalated_at=NOW + DAY)
    any_store.alerts.save(AlertPlan(changes=(late,)), NOW + DAY)
    (record,) = any_store.alerts.find()
    assert (record.state, record.escalated_at, record.changed_at) == (AlertState.OPEN, NOW + DAY, NOW)
    assert any_store.alerts.waiting(NOW + DAY) == []


def test_what_was_left_lying_for_months_is_not_looked_at_in_every_pass(any_store: Store) -> None:
    person = ada(any_store)
    case = happened(any_store, person, 1)
    saved(any_store, person=person, case_id=case)
    assert len(any_store.alerts.waiting(NOW + 96 * DAY, 90 * DAY)) == 1
    assert any_store.alerts.waiting(NOW + 97 * DAY, 90 * DAY) == any_store.alerts.waiting(NOW + DAY, None) == []
    happened(any_store, person, 1, at=NOW + 62 * DAY, event=EventKind.LAPSED, state=CaseState.LAPSED)
    assert [one.settled for one in any_store.alerts.waiting(NOW + 98 * DAY, None)] == [True]


def test_many_are_changed_at_once(any_store: Store) -> None:
    numbers = [saved(any_store, key=f"key {number}") for number in range(3)]
    changes = tuple(AlertChange(number, AlertState.CLOSED, NOW, "listener") for number in numbers)
    any_store.alerts.save(AlertPlan(changes=changes), NOW)
    assert [one.state for one in any_store.alerts.find()] == [AlertState.CLOSED] * 3


def test_a_matter_that_is_over_closes_its_alert_and_no_other(any_store: Store) -> None:
    saved(any_store)
    saved(any_store, key="other")
    any_store.alerts.save(AlertPlan(settled=("key", "unknown")), NOW + HOUR)
    assert {one.key: one.state for one in any_store.alerts.find()} == {"key": AlertState.CLOSED, "other": AlertState.OPEN}


@pytest.mark.parametrize(
    ("event", "values", "after", "settled"),
    [
        (EventKind.DECIDED, {"action": Action.CONTACTED, "state": CaseState.CONTACTED, "actor": "kim"}, HOUR, True),
        (EventKind.DECIDED, {"action": Action.CONTACTED, "state": CaseState.CONTACTED, "actor": "kim"}, timedelta(), True),
        (EventKind.DECIDED, {"action": Action.ASSIGN, "state": CaseState.NEW, "actor": "kim"}, HOUR, True),
        (EventKind.DECIDED, {"action": Action.REOPEN, "state": CaseState.NEW, "actor": "kim"}, HOUR, False),
        (EventKind.LAPSED, {"state": CaseState.LAPSED}, HOUR, True),
        (EventKind.LAPSED, {"state": CaseState.LAPSED}, timedelta(), False),
        (EventKind.UPDATED, {}, HOUR, False),
    ],
)
def test_an_alert_is_settled_when_somebody_decides_on_its_case(
    any_store: Store, event: EventKind, values: dict[str, Any], after: timedelta, settled: bool
) -> None:
    person = ada(any_store)
    case = happened(any_store, person, 1, at=NOW - HOUR, event=EventKind.DECIDED, action=Action.CONFIRM, actor="kim")
    saved(any_store, person=person, case_id=case)
    assert [one.settled for one in any_store.alerts.waiting(NOW)] == [False], "what was decided before does not count"
    happened(any_store, person, 1, at=NOW + after, event=event, **values)
    assert [one.settled for one in any_store.alerts.waiting(NOW)] == [settled]
    assert attention(any_store._database, NOW).alerts == (not settled), "counted as it is listed"


def test_who_was_told_is_known_until_a_message_is_withdrawn_or_refused(any_store: Store) -> None:
    chat = replace(MAIL, dedup_key="alert:key:chat:kim", channel="chat")
    any_store.alerts.save(AlertPlan(((alert_about(None), AlertState.OPEN),), (), (MAIL, chat)), NOW)
    any_store.outbox.record([(MAIL, Delivery(True, "ok")), (chat, Delivery(False, "no such channel", permanent=True))], NOW)
    assert any_store.alerts.waiting(NOW)[0].told == {("mail", "kim")}
    sent, refused = any_store.alerts.messages()[::-1]
    assert (sent.what, sent.state) == ("Person None complains about Quillon", MessageState.SENT)
    assert (refused.what, refused.state, refused.detail) == ("S", MessageState.REFUSED, "no such channel")
    assert [line.id for line in any_store.alerts.messages(state=MessageState.SENT)] == [sent.id]
    assert [line.id for line in any_store.alerts.messages(ids=[refused.id, 99])] == [refused.id]


def test_alerts_are_named_by_the_first_digits_of_their_key(any_store: Store) -> None:
    saved(any_store, key="abcd1")
    saved(any_store, key="abcd2")
    assert [one.key for one in any_store.alerts.named("abcd1")] == ["abcd1"]
    assert len(any_store.alerts.named("abcd")) == 2
    assert any_store.alerts.named("%") == any_store.alerts.named("_bcd") == []
