"""Outgoing messages in the store: what an attempt leaves, bundles and their parts, retrying, taking back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from listener.core.alerting import AlertPlan, AlertState
from listener.core.messages import Card, CardItem, Delivery, Message, MessageKind, Picture
from storage.outbox import withdraw_messages
from storage.persons import Selector
from storage.store import Store
from storage.telling_tables import outbox
from tests.support.alerts import alert_about
from tests.support.heard import DAY, HOUR, NOW, customer, hear, identify, import_customers, linked, mention, pending, understand
from tests.support.outbox import entries

OK = Delivery(ok=True, detail="accepted")
LATER = Delivery(ok=False, detail="451", retry_after=timedelta(minutes=5))
BUNDLE = Message("bundle:1", "mail", "kim", "3 alerts", "All", "<p>All</p>", NOW, kind=MessageKind.BUNDLE)


def alerts(*keys: str) -> list[Message]:
    return [Message(key, "mail", "kim", f"Subject {key}", "Text", "<p>HTML</p>", NOW, kind=MessageKind.ALERT) for key in keys]


def states(store: Store) -> dict[str, str]:
    return {entry.dedup_key: entry.state.value for entry in entries(store)}


def said(store: Store) -> dict[str, str]:
    """What each message still says."""
    with store.outbox._database.read() as connection:
        return {row.dedup_key: row.text for row in connection.execute(select(outbox.c.dedup_key, outbox.c.text))}


def ids(store: Store, *keys: str) -> Sequence[int]:
    with store.outbox._database.read() as connection:
        return connection.scalars(select(outbox.c.id).where(outbox.c.dedup_key.in_(keys))).all()


def bundled(store: Store) -> None:
    store.outbox.put(alerts("a", "b", "c"))
    assert store.outbox.bundle(BUNDLE, ["a", "b", "c"], NOW)


def test_a_message_comes_back_whole(any_store: Store) -> None:
    card = Card("News", "Lead", (CardItem("Ines", (("Why", "“no”"),), ("Quote",), "Call", "$ x", "https://a.example/"),), "Foot")
    whole = Message(
        "w", "mail", "kim", "S", "T", "<p>", NOW, kind=MessageKind.WEEKLY, card=card,
        pictures=(Picture("chart-1", "Rising", b"\x89PNG\x00"),), not_before=NOW + HOUR,
    )  # fmt: skip
    any_store.outbox.put([whole])
    assert any_store.outbox.load(["w", "unknown"]) == {"w": whole}
    (light,) = any_store.outbox.waiting()
    assert (light.dedup_key, light.kind, light.first_due) == ("w", MessageKind.WEEKLY, NOW + HOUR)
    assert light.next_attempt_at == NOW + HOUR


def test_an_attempt_leaves_what_the_rule_decided(any_store: Store) -> None:
    messages = alerts("sent", "later", "down", "parked", "refused")
    any_store.outbox.put(messages)
    outcomes = [
        OK,
        LATER,
        replace(LATER, down=True),
        Delivery(ok=False, detail="a day", parked=True),
        Delivery(ok=False, detail="550", permanent=True),
    ]
    any_store.outbox.record(list(zip(messages, outcomes, strict=True)), NOW)
    assert states(any_store) == {
        "sent": "sent",
        "later": "waiting",
        "down": "waiting",
        "parked": "parked",
        "refused": "refused",
    }
    waiting = {one.dedup_key: one for one in any_store.outbox.waiting()}
    assert {one.next_attempt_at for one in waiting.values()} == {NOW + timedelta(minutes=5)}
    assert {key: (one.attempts, one.down) for key, one in waiting.items()} == {"later": (1, False), "down": (1, True)}
    assert {key for key, text in said(any_store).items() if not text} == {"sent"}, "what may go out again keeps its words"
    any_store.outbox.record([(messages[0], LATER), (messages[4], OK)], NOW)
    assert states(any_store)["sent"] == "sent"
    assert states(any_store)["refused"] == "refused", "an outcome of what does not wait any more changes nothing"


def test_a_retried_message_has_a_new_day_and_a_waiting_one_goes_at_once(any_store: Store) -> None:
    messages = alerts("parked", "refused", "failed", "fresh")
    any_store.outbox.put(messages)
    parked, refused = Delivery(False, "a day", parked=True), Delivery(False, "550", permanent=True)
    any_store.outbox.record(list(zip(messages, [parked, refused, LATER], strict=False)), NOW)
    assert any_store.outbox.retry(["parked", "refused", "failed", "fresh", "unknown"], NOW + 2 * DAY) == 3
    waiting = {one.dedup_key: one for one in any_store.outbox.waiting()}
    assert {key: (one.attempts, one.first_due) for key, one in waiting.items()} == {
        "parked": (0, NOW + 2 * DAY),
        "refused": (0, NOW + 2 * DAY),
        "failed": (1, NOW),
        "fresh": (0, NOW),
    }
    assert {one.next_attempt_at for one in waiting.values() if one.dedup_key != "fresh"} == {NOW + 2 * DAY}


def test_all_that_failed_is_retried_but_what_was_refused(any_store: Store) -> None:
    messages = alerts("parked", "refused", "failed")
    any_store.outbox.put(messages)
    parked, refused = Delivery(False, "a day", parked=True), Delivery(False, "550", permanent=True)
    any_store.outbox.record(list(zip(messages, [parked, refused, LATER], strict=True)), NOW)
    assert any_store.outbox.retry(None, NOW + DAY) == 2
    assert states(any_store) == {"parked": "waiting", "refused": "refused", "failed": "waiting"}


# ------------------------------------------------------------------------------------------------------------- bundles


def test_a_bundle_takes_its_parts_places_until_it_has_gone_out(any_store: Store) -> None:
    bundled(any_store)
    assert [one.dedup_key for one in any_store.outbox.waiting()] == ["bundle:1"]
    assert {entry.dedup_key: entry.bundle for entry in entries(any_store)} == {
        "a": "bundle:1",
        "b": "bundle:1",
        "c": "bundle:1",
        "bundle:1": None,
    }
    assert set(said(any_store).values()) == {"Text", "All"}
    any_store.outbox.record([(BUNDLE, OK)], NOW + HOUR)
    assert states(any_store) == {"a": "bundled", "b": "bundled", "c": "bundled", "bundle:1": "sent"}
    assert set(said(any_store).values()) == {""}
    assert {entry.ended_at for entry in entries(any_store)} == {NOW + HOUR}
    assert any_store.outbox.put(alerts("a")) == 0, "what was told in a bundle is not told again"


def test_a_bundle_of_what_does_not_wait_any_more_is_not_made(any_store: Store) -> None:
    first, *rest = alerts("a", "b", "c")
    any_store.outbox.put([first, *rest])
    any_store.outbox.record([(first, OK)], NOW)
    assert not any_store.outbox.bundle(BUNDLE, ["a", "b", "c"], NOW)
    assert not any_store.outbox.bundle(BUNDLE, ["b", "c", "unknown"], NOW)
    assert states(any_store) == {"a": "sent", "b": "waiting", "c": "waiting"}


def test_a_bundle_that_was_not_told_leaves_its_parts_as_they_were(any_store: Store) -> None:
    before = alerts("a", "b", "c")
    bundled(any_store)
    parts = any_store.outbox.unbundle("bundle:1", NOW + HOUR)
    assert [(one.dedup_key, one.next_attempt_at) for one in parts] == [(key, NOW + HOUR) for key in "abc"]
    assert states(any_store) == dict.fromkeys("abc", "waiting")
    assert list(any_store.outbox.load(list("abc")).values()) == before
    assert any_store.outbox.bundle(BUNDLE, ["a", "b", "c"], NOW), "the same again"
    any_store.outbox.record([(BUNDLE, OK)], NOW)
    assert any_store.outbox.unbundle("bundle:1", NOW) == []
    assert states(any_store)["a"] == "bundled", "what went out stays told"


# --------------------------------------------------------------------------------------------------------- taking back


@pytest.mark.parametrize("outcome", [None, LATER, Delivery(False, "a day", parked=True)])
def test_a_bundle_goes_when_one_of_its_parts_is_withdrawn_and_the_others_wait_again(
    any_store: Store, outcome: Delivery | None
) -> None:
    bundled(any_store)
    if outcome:
        any_store.outbox.record([(BUNDLE, outcome)], NOW)
    with any_store.outbox._database.write() as connection:
        assert withdraw_messages(connection, ids(any_store, "b"), NOW + HOUR) == 1
    left = {"bundle:1": "withdrawn"} if outcome else {}  # it was handed over: it may have left a file
    assert states(any_store) == {"a": "waiting", "b": "withdrawn", "c": "waiting", **left}
    assert [one.dedup_key for one in any_store.alerts.recalled()] == list(left)
    assert {key: text for key, text in said(any_store).items() if text} == {"a": "Text", "c": "Text"}
    assert {one.next_attempt_at for one in any_store.outbox.waiting()} == {NOW + HOUR}


def test_what_has_gone_out_cannot_be_withdrawn(any_store: Store) -> None:
    bundled(any_store)
    any_store.outbox.record([(BUNDLE, OK)], NOW)
    before = states(any_store)
    with any_store.outbox._database.write() as connection:
        assert withdraw_messages(connection, ids(any_store, "a", "b", "bundle:1"), NOW) == 0
    assert states(any_store) == before


def test_withdrawing_the_bundle_alone_lets_its_parts_wait(any_store: Store) -> None:
    bundled(any_store)
    with any_store.outbox._database.write() as connection:
        withdraw_messages(connection, ids(any_store, "bundle:1"), NOW)
    assert states(any_store) == dict.fromkeys("abc", "waiting")


def test_an_erasure_reaches_into_a_bundle_that_waits(any_store: Store) -> None:
    import_customers(any_store, customer(1))
    hear(any_store, mention(1, by="ada"))
    understand(any_store)
    identify(any_store, {"ada": linked("C1")})
    person = pending(any_store)[-1].person_id
    drafts = [alert_about(person if key == "b" else None, key=key) for key in "abc"]
    messages = [replace(one, alert_keys=(one.dedup_key,)) for one in alerts("a", "b", "c")]
    any_store.alerts.save(AlertPlan(tuple((draft, AlertState.OPEN) for draft in drafts), messages=tuple(messages)), NOW)
    assert any_store.outbox.bundle(replace(BUNDLE, text="All, and what b says"), ["a", "b", "c"], NOW)
    assert any_store.privacy.erase_person(Selector(platform="rss", handle="ada"), NOW + HOUR)
    assert [one.dedup_key for one in any_store.outbox.waiting()] == ["a", "c"]
    assert said(any_store).get("b", "") == ""
    assert "what b says" not in "".join(said(any_store).values())
