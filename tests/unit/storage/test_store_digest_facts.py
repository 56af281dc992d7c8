"""What a digest tells beside people with a matter: who may be a customer, what still waits, bursts; and that it can be erased."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from listener.core.alerting import AlertPlan
from listener.core.cases import CaseKind, CaseState
from listener.core.messages import Message
from listener.core.people import Match, Outcome
from listener.core.spikes import Measure, SpikeIncident
from listener.core.telling import DigestFacts, Waiting
from listener.digest.build import build_digest
from listener.digest.model import Digest
from storage.retention import Retention
from storage.store import Selector, Store
from tests.support.heard import (
    BRAND,
    DAY,
    HOUR,
    NOW,
    customer,
    hear,
    identify,
    import_customers,
    judge,
    linked,
    mention,
    understand,
)


def perhaps(contact_id: str, probability: float = 0.8) -> Match:
    return linked(contact_id, outcome=Outcome.REVIEW, probability=probability)


def window(store: Store, hours: float = 1) -> DigestFacts:
    return store.digests.digest_facts(NOW - hours * HOUR, NOW)


def heard_authors(store: Store) -> None:
    """Ada, Bob and Eve speak; all may be customers, and Eve spoke before the window only."""
    import_customers(store, *(customer(n) for n in (1, 2, 3)))
    hear(store, mention(9, by="eve"), now=NOW - 2 * DAY)
    hear(store, mention(1, by="ada"), mention(2, by="ada", published_at=NOW - 2 * HOUR), mention(3, by="bob"))
    understand(store)
    identify(store, {"ada": perhaps("C1", 0.7), "bob": perhaps("C2", 0.9), "eve": perhaps("C3", 0.95)})


def test_authors_of_the_window_who_may_be_customers_are_proposed(any_store: Store) -> None:
    heard_authors(any_store)
    bob, ada = window(any_store).proposals
    assert (bob.author, bob.match.contact_id, bob.name, bob.company) == ("bob (name)", "C2", "Ada Lind2", "Firm 2")
    assert (ada.author, ada.brand, ada.segment, ada.owner) == ("ada (name)", BRAND, "Gold", "Kim")
    assert ada.said_at == NOW - HOUR, "the newest of two"
    assert [each.author for each in window(any_store, 72).proposals] == ["eve (name)", "bob (name)", "ada (name)"]


def test_who_was_decided_about_is_not_proposed(any_store: Store) -> None:
    heard_authors(any_store)
    bob, ada = window(any_store).proposals
    any_store.identities.link(ada.author_id, "C1", actor="kim", now=NOW)
    any_store.identities.refuse(bob.author_id, "C2", actor="kim", now=NOW)
    assert window(any_store).proposals == ()


def test_nobody_is_proposed_to_be_a_contact_whom_the_crm_has_no_more(any_store: Store) -> None:
    heard_authors(any_store)
    import_customers(any_store, customer(1), import_id="i2", now=NOW + HOUR, allow_shrink=True)
    assert [each.match.contact_id for each in window(any_store).proposals] == ["C1"]


def test_what_waits_is_counted_by_kind_segment_and_owner(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2, segment=None, owner=None), customer(3))
    hear(any_store, *(mention(n) for n in (1, 2, 3)))
    understand(any_store)
    identify(any_store, {f"writer{n}": linked(f"C{n}") for n in (1, 2, 3)})
    judge(any_store, case=CaseKind.CANDIDATE)
    assert window(any_store).waiting == (), "they are the news"
    later = any_store.digests.digest_facts(NOW, NOW + DAY)
    assert later.people == ()
    assert later.waiting == (
        Waiting(CaseKind.CANDIDATE, BRAND, 1, NOW, None, None),
        Waiting(CaseKind.CANDIDATE, BRAND, 2, NOW, "Gold", "Kim"),
    )


def test_a_follow_up_waits_until_it_is_due(any_store: Store) -> None:
    import_customers(any_store, customer(1))
    hear(any_store, mention(1))
    understand(any_store)
    identify(any_store, {"writer1": linked("C1")})
    judge(any_store, case=CaseKind.FOLLOW_UP, due_at=NOW + 4 * DAY)
    before, due = (any_store.digests.digest_facts(NOW + n * DAY, NOW + (n + 1) * DAY) for n in (1, 3))
    assert [(each.kind, each.number) for each in before.waiting] == [(CaseKind.FOLLOW_UP, 1)]
    assert (before.people, due.waiting, len(due.people)) == ((), (), 1)
    assert due.people[0].cases[0].case.state is CaseState.NEW


def test_bursts_of_the_window_are_told(any_store: Store) -> None:
    def burst(start: datetime, measure: Measure = Measure.VOLUME) -> SpikeIncident:
        return SpikeIncident(None, BRAND, measure, start, start + HOUR, start + 2 * HOUR, 1, 42, 6, 1e-9)

    over = replace(burst(NOW - 90 * HOUR), closed_at=NOW - 80 * HOUR)
    any_store.spikes.save([burst(NOW - 5 * HOUR, Measure.NEGATIVE)], {BRAND: NOW}, AlertPlan(), NOW)
    any_store.spikes.save([over], {BRAND: NOW}, AlertPlan(), NOW)
    assert [each.measure for each in window(any_store, 24).spikes] == [Measure.NEGATIVE]
    assert [each.start for each in any_store.digests.digest_facts(NOW - 95 * HOUR, NOW - 70 * HOUR).spikes] == [over.start]


# ------------------------------------------------------------------------------------------------------------- erasure


def told(store: Store) -> Digest:
    return Digest.from_json(store.digests.saved_digest("mail:kim", NOW.date()) or "")


def tell(store: Store) -> None:
    digest = build_digest(window(store), NOW.date(), ZoneInfo("UTC"), {BRAND: "Quillon"})
    mail = Message("d1", "mail", "kim", "S", "T", None, NOW)
    store.digests.save_digest("mail:kim", NOW.date(), NOW - DAY, NOW, digest.to_json(), [mail], NOW)


@pytest.mark.parametrize(
    ("selector", "left"),
    [(Selector(platform="rss", handle="ada"), ["bob (name) (rss)"]), (Selector(contact_id="C2"), ["ada (name) (rss)"])],
    ids=["the author", "the customer"],
)
def test_an_erasure_takes_proposals_out_of_told_digests(any_store: Store, selector: Selector, left: list[str]) -> None:
    heard_authors(any_store)
    tell(any_store)
    assert len(told(any_store).proposals) == 2
    exported = any_store.privacy.export_person(selector)["digests"]
    assert len(exported[0]["people"]) == 1
    erased = any_store.privacy.erase_person(selector, NOW)
    assert [line.author for line in told(any_store).proposals] == left
    assert (erased.digest_entries, erased.messages_withdrawn) == (1, 1)


def test_who_loses_their_name_by_age_is_no_longer_proposed_in_told_digests(any_store: Store) -> None:
    heard_authors(any_store)
    tell(any_store)
    any_store.privacy.prune(NOW + 400 * DAY, Retention(unmatched_days=30))
    assert told(any_store).proposals == ()


def test_a_contact_who_is_forgotten_is_no_longer_proposed_in_told_digests(any_store: Store) -> None:
    heard_authors(any_store)
    tell(any_store)
    import_customers(any_store, customer(1), customer(3), import_id="i2", now=NOW + HOUR, allow_shrink=True)
    any_store.privacy.prune(NOW + 40 * DAY, Retention(retired_days=30, unmatched_days=10_000))
    assert [line.author for line in told(any_store).proposals] == ["ada (name) (rss)"]


def test_the_digest_of_a_day_before_anything_was_heard_is_empty(any_store: Store) -> None:
    heard_authors(any_store)
    facts = any_store.digests.digest_facts(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC))
    digest = build_digest(facts, datetime(2020, 1, 2, tzinfo=UTC).date(), ZoneInfo("UTC"), {BRAND: "Quillon"})
    assert digest.is_quiet
    assert digest.until - digest.since == timedelta(days=1)
