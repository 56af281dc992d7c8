"""What people decide about who authors are: carried out at once, undone, and obeyed by every later pass and import."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from listener.core.brand import OPEN_WEB
from listener.core.cases import CaseKind, CaseState
from listener.core.corrections import HUMAN
from listener.core.crm import PairState
from listener.core.errors import StorageError
from listener.core.identities import DecisionKind
from listener.core.mention import Author
from listener.core.people import Outcome, RunnerUp
from listener.core.policy import JudgingPolicy
from listener.judge import judge as judged
from storage.identity_tables import customer_pairs, identity_decisions
from storage.settling import settle
from storage.store import Store, open_store
from storage.tables import authors, customers
from tests.support.heard import (
    DAY,
    HOUR,
    MATCHER,
    NOBODY,
    NOW,
    OFF_TARGET,
    ONE_OF_US,
    PEPPER,
    about,
    customer,
    hear,
    identify,
    import_customers,
    linked,
    mention,
    pending,
    sqlite_url,
    understand,
)

WRONG = linked("C1")
PROPOSED = linked("C1", outcome=Outcome.REVIEW, probability=0.7, runner_up=RunnerUp("C2", 0.2))


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return sqlite_url(tmp_path / "store.db") if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """Two customers, and two authors who spoke about us: ada twice, lind once."""
    with open_store(url, now=NOW, pepper=PEPPER) as opened:
        import_customers(opened, customer(1), customer(2))
        hear(opened, mention(1, by="ada"), mention(2, by="ada", published_at=NOW - DAY), mention(3, by="lind"))
        understand(opened)
        yield opened


def judge_all(store: Store) -> None:
    """Judge all that is due, by the real rules."""
    policy = JudgingPolicy()
    while jobs := pending(store):
        store.standings.save_standings([(job, *judged(job, policy, NOW)) for job in jobs], "judge 1", NOW)


def state(store: Store, author: int) -> Any:
    """What is kept of an author's person: whose it is, the standing, and the open cases with their posts."""
    identity = store.identities.of(author)
    shown = store.mentions.show(1 if author == 1 else 3)
    assert shown is not None
    cases = [one for one in store.cases.find() if one.person_id == identity.person_id]
    open_cases = {(one.kind, one.mention_ids) for one in cases if one.state is not CaseState.LAPSED}
    return identity.person_id, shown.standings, open_cases


def test_a_link_moves_the_author_with_their_history_at_once(store: Store) -> None:
    identify(store)
    judge_all(store)
    own = store.identities.of(1)
    assert (own.customer, own.speaks, own.waits, own.mentions) == (None, True, False, 2)
    done = store.identities.link(1, "C1", actor="kim", note="met her", now=NOW)
    after = store.identities.of(1)
    assert after.customer == customer(1)
    assert done.persons == {own.person_id, after.person_id}
    assert (done.fresh, done.ended, done.decision.kind, done.decision.note) == (True, (), DecisionKind.LINK, "met her")
    assert after.match is not None
    assert (after.match.outcome, after.match.contact_id, after.match.engine) == (Outcome.LINK, "C1", HUMAN)
    assert after.decisions == (done.decision,)
    due = {job.person_id: [each.mention_id for each in job.opinions] for job in store.standings.queued_of(done.persons)}
    assert due == {own.person_id: [], after.person_id: [2, 1]}
    judge_all(store)
    (heard,) = (one for one in store.cases.find() if one.kind is CaseKind.HEARD)
    assert (heard.person_id, set(heard.mention_ids)) == (after.person_id, {1, 2})


def test_standings_and_cases_are_restored_exactly(store: Store) -> None:
    identify(store, {"lind": linked("C2")})
    judge_all(store)
    before = state(store, 1), state(store, 3 - 1)
    store.identities.link(1, "C2", actor="kim", now=NOW)
    judge_all(store)
    assert state(store, 1) != before[0]
    assert state(store, 1)[0] == state(store, 2)[0]
    store.identities.refuse(1, "C2", actor="kim", now=NOW + HOUR)
    judge_all(store)
    assert (state(store, 1), state(store, 2)) == before


def test_an_open_case_of_who_lost_the_author_is_judged_again(store: Store) -> None:
    identify(store, {"ada": WRONG})
    judge_all(store)
    person = store.identities.of(1).person_id
    assert [one.state for one in store.cases.find() if one.person_id == person] == [CaseState.NEW]
    store.identities.refuse(1, "C1", actor="kim", now=NOW)
    judge_all(store)
    assert [one.state for one in store.cases.find() if one.person_id == person] == [CaseState.LAPSED]


def test_a_wrong_link_never_comes_back(store: Store) -> None:
    """Not by the same matcher, not by another, not by an import of a changed, a gone and a returned customer."""
    identify(store, {"ada": WRONG})
    own = store.identities.of(1).own_person_id
    assert store.identities.of(1).person_id != own
    store.identities.refuse(1, "C1", actor="kim", now=NOW)
    assert store.identities.of(1).person_id == own
    (job,) = (job for job in identify(store, {"ada": WRONG}) if job.author_id == 1)
    assert job.refused == {"C1"}
    steps = [
        (customer(1, company="Elsewhere"), customer(2)),
        (customer(2),),
        (customer(1, company="Elsewhere"), customer(2)),
        (customer(1, first_name="Adelheid"), customer(2), customer(3)),
    ]
    for number, crm in enumerate(steps):
        import_customers(store, *crm, import_id=f"again {number}", allow_shrink=True, now=NOW + number * HOUR)
        identify(store, {"ada": WRONG}, fingerprint=f"matcher {number}")
        found = store.identities.of(1)
        assert (found.person_id, found.customer) == (own, None)
        assert found.match is not None
        assert (found.match.outcome, found.match.contact_id, found.match.evidence) == (Outcome.NONE, None, ())
    assert store.identities.proposals(NOW, 10) == []


def test_a_proposal_that_is_turned_down_is_not_made_again_and_the_runner_up_is_forgotten(store: Store) -> None:
    identify(store, {"ada": PROPOSED})
    (waits,) = store.identities.proposals(NOW, 10)
    assert (waits.identity.author_id, waits.identity.candidate, waits.identity.runner_up) == (1, customer(1), customer(2))
    assert (waits.identity.mentions, waits.latest.mention_id) == (2, 1)
    store.identities.refuse(1, "C2", actor="kim", now=NOW)
    assert store.identities.of(1).runner_up is None
    store.identities.refuse(1, "C1", actor="kim", now=NOW)
    assert store.identities.proposals(NOW, 10) == []
    identify(store, {"ada": PROPOSED})
    assert store.identities.proposals(NOW, 10) == []
    assert store.identities.counts().refused == 2


def test_the_most_probable_proposal_comes_first_and_of_equals_who_spoke_last(store: Store) -> None:
    hear(store, mention(4, by="new"), mention(5, by="late", published_at=NOW), mention(6, by="silent"))
    understand(store, about(), about(), OFF_TARGET)
    identify(store, {"ada": PROPOSED, "lind": replace(PROPOSED, probability=0.9), "late": PROPOSED, "new": linked("C2")})
    assert [one.identity.author.handle for one in store.identities.proposals(NOW, 10)] == ["lind", "late", "ada"]
    assert len(store.identities.proposals(NOW, 2)) == 2
    counts = store.identities.counts()
    assert (counts.waiting, counts.linked, counts.by_hand, counts.refused) == (3, 1, 0, 0)


def test_undo_gives_back_what_was_before(store: Store) -> None:
    identify(store, {"ada": WRONG})
    judge_all(store)
    before = state(store, 1)
    refused = store.identities.refuse(1, "C1", actor="kim", now=NOW)
    undone = store.identities.undo(refused.decision.id, actor="lee", now=NOW + HOUR)
    assert (undone.decision.ended_by, undone.decision.ended_at, undone.restored) == ("lee", NOW + HOUR, ())
    assert store.identities.of(1).waits
    identify(store, {"ada": WRONG})
    judge_all(store)
    assert state(store, 1) == before
    link = store.identities.link(1, "C2", actor="kim", now=NOW)
    store.identities.undo(link.decision.id, actor="kim", now=NOW)
    again = store.identities.of(1)
    assert again.match is not None
    assert (again.customer, again.match.outcome) == (None, Outcome.NONE)
    identify(store, {"ada": WRONG})
    judge_all(store)
    assert state(store, 1) == before


def test_a_link_ends_a_refusal_of_the_same_contact_and_its_undo_brings_that_back(store: Store) -> None:
    identify(store)
    first = store.identities.refuse(1, "C1", actor="kim", note="no", now=NOW).decision
    assert not store.identities.refuse(1, "C1", actor="lee", now=NOW).fresh
    link = store.identities.link(1, "C1", actor="lee", now=NOW + HOUR)
    assert [one.id for one in link.ended] == [first.id]
    assert store.identities.of(1).customer == customer(1)
    undone = store.identities.undo(link.decision.id, actor="kim", now=NOW + 2 * HOUR)
    (back,) = undone.restored
    assert (back.kind, back.contact_id, back.actor, back.note, back.at) == (DecisionKind.REFUSE, "C1", "kim", "no", NOW)
    assert store.identities.of(1).decisions == (back,)
    identify(store, {"ada": WRONG})
    assert store.identities.of(1).customer is None
    store.identities.undo(back.id, actor="kim", now=NOW + 3 * HOUR)
    assert store.identities.of(1).decisions == ()
    every = store.identities.decisions(ended=True)  # what stands again has the time at which it was first said
    assert [one.decision.id for one in every] == [link.decision.id, back.id, first.id]
    assert [one.replaced for one in every] == [False, False, True]
    assert store.identities.decisions() == []


def test_a_link_to_another_contact_takes_the_place_of_the_first(store: Store) -> None:
    identify(store)
    first = store.identities.link(1, "C1", actor="kim", now=NOW).decision
    second = store.identities.link(1, "C2", actor="kim", now=NOW + HOUR)
    assert [one.id for one in second.ended] == [first.id]
    assert store.identities.of(1).customer == customer(2)
    undone = store.identities.undo(second.decision.id, actor="kim", now=NOW + 2 * HOUR)
    assert [one.contact_id for one in undone.restored] == ["C1"]
    assert store.identities.of(1).customer == customer(1)


def test_a_link_by_hand_outlives_matcher_and_import_and_a_contact_who_left_gets_it_back(store: Store) -> None:
    identify(store)
    store.identities.link(1, "C1", actor="kim", now=NOW)
    (job,) = (job for job in identify(store, {"ada": linked("C2")}) if job.author_id == 1)
    assert job.linked == "C1"
    assert store.identities.of(1).customer == customer(1)
    import_customers(store, customer(2), import_id="gone", now=NOW + HOUR, allow_shrink=True)
    (job,) = (job for job in identify(store, {"ada": linked("C2")}, now=NOW + HOUR) if job.author_id == 1)
    assert job.linked is None
    alone = store.identities.of(1)
    assert (alone.customer, alone.person_id) == (None, alone.own_person_id)
    assert len(alone.decisions) == 1
    back = customer(1, company="Firm 9")
    import_customers(store, back, customer(2), import_id="back", now=NOW + 2 * HOUR)
    identify(store, {"ada": linked("C2")}, now=NOW + 2 * HOUR)
    assert store.identities.of(1).customer == back


def test_a_match_made_before_a_decision_does_not_undo_it(store: Store) -> None:
    """A pass that read its work before somebody decided finds the author due again, and what was decided stands."""
    identify(store, {"ada": WRONG})
    jobs = store.matches.pending_matches("matcher 2", 10, {OPEN_WEB.name: OPEN_WEB})
    store.identities.refuse(1, "C1", actor="kim", now=NOW)
    store.matches.save_matches([(job, WRONG if job.author_id == 1 else NOBODY) for job in jobs], "matcher 2", NOW)
    assert store.identities.of(1).customer is None
    assert [job.author_id for job in store.matches.pending_matches("matcher 2", 10, {})] == [1]


def test_a_link_by_hand_rests_on_what_was_said_and_on_no_evidence(store: Store) -> None:
    found = replace(PROPOSED, prior_bits=-10.0, account="Firm 1")
    identify(store, {"ada": found})
    for contact, account in (("C1", "Firm 1"), ("C2", None)):
        store.identities.link(1, contact, actor="kim", now=NOW)
        match = store.identities.of(1).match
        assert match is not None
        assert (match.contact_id, match.account, match.probability) == (contact, account, 1.0)
        assert (match.evidence, match.prior_bits, match.runner_up) == ((), 0.0, None)


def test_one_of_us_whom_a_person_links_is_a_customer(store: Store) -> None:
    identify(store, {"ada": ONE_OF_US})
    judge_all(store)
    store.identities.link(1, "C1", actor="kim", now=NOW)
    assert {job.own_side for job in store.standings.queued_of([store.identities.of(1).person_id])} == {False}


def test_who_has_nothing_to_say_about_us_can_be_linked_and_stays_unmatched(store: Store) -> None:
    hear(store, mention(7, by="silent"))
    understand(store, OFF_TARGET)
    (silent,) = store.identities.named("rss", "@Silent")
    store.identities.link(silent, "C1", actor="kim", now=NOW)
    found = store.identities.of(silent)
    assert (found.customer, found.speaks, found.mentions) == (customer(1), False, 0)
    assert store.matches.jobs_of([silent], {}) == []
    assert silent not in {job.author_id for job in store.matches.pending_matches(MATCHER, 10, {})}


def test_what_cannot_be_decided_is_refused_and_changes_nothing(store: Store) -> None:
    import_customers(store, customer(1), import_id="gone", now=NOW + DAY)
    with pytest.raises(StorageError, match="There is no author 99"):
        store.identities.link(99, "C1", actor="kim", now=NOW)
    with pytest.raises(StorageError, match="The CRM has no contact C404; "):
        store.identities.link(1, "C404", actor="kim", now=NOW)
    with pytest.raises(StorageError, match="gone from the CRM since 2026-03-11"):
        store.identities.link(1, "C2", actor="kim", now=NOW)
    with pytest.raises(StorageError, match="There is no decision 1"):
        store.identities.undo(1, actor="kim", now=NOW)
    done = store.identities.link(1, "C1", actor="kim", now=NOW).decision
    store.identities.undo(done.id, actor="kim", now=NOW)
    with pytest.raises(StorageError, match="has ended already"):
        store.identities.undo(done.id, actor="kim", now=NOW)
    with store._database.write() as connection:
        connection.execute(authors.update().where(authors.c.id == 1).values(pseudonym_at=NOW))
    with pytest.raises(StorageError, match="Nothing is kept any more of who author 1 was"):
        store.identities.link(1, "C1", actor="kim", now=NOW)
    assert len(store.identities.decisions(ended=True)) == 1


def test_a_merge_that_somebody_decided_is_undone_like_any_decision(store: Store) -> None:
    identify(store, {"ada": linked("C1")})
    with store._database.write() as connection:
        row = {"kind": "merge", "author_id": 1, "other_author_id": 2, "note": "", "actor": "kim", "at": NOW}
        connection.execute(identity_decisions.insert(), [row])
        settle(store._database, connection, [1, 2])
    assert store.identities.of(2).customer == customer(1)
    assert store.identities.of(2).together == (1,)
    assert len(store.identities.of_person(store.identities.of(2).person_id)) == 2
    (merge,) = store.identities.of(2).decisions
    done = store.identities.undo(merge.id, actor="kim", now=NOW)
    assert store.identities.of(2).customer is None
    assert store.identities.of(2).person_id in done.persons


def test_the_undo_of_a_split_brings_the_merge_back_that_it_ended(store: Store) -> None:
    identify(store, {"ada": linked("C1")})
    merged = store.merging.merge(1, 2, actor="kim", now=NOW)
    (split,) = store.merging.split(2, 1, actor="lee", now=NOW + HOUR)
    assert [one.id for one in split.ended] == [merged.decision.id]
    assert store.identities.of(2).customer is None
    undone = store.identities.undo(split.decision.id, actor="kim", now=NOW + 2 * HOUR)
    assert [(one.kind, one.actor) for one in undone.restored] == [(DecisionKind.MERGE, "kim")]
    assert store.identities.of(2).customer == customer(1)


def test_hostile_words_and_ids_come_back_as_they_went_in(store: Store) -> None:
    note = "'; DROP TABLE authors; --\u202e\x00\ud800" + "x" * 10_000
    ids = ["C'; --", "\u202eC\u200b", "C" * 3000]
    import_customers(store, *(customer(1, contact_id=one) for one in ids), import_id="odd", allow_shrink=True)
    for one in ids:
        done = store.identities.link(1, one, actor="k\x00im", note=note, now=NOW)
        assert done.decision.contact_id == one
        assert store.identities.of(1).candidate is not None
        assert done.decision.note.startswith("'; DROP TABLE authors; --")
        store.identities.refuse(1, one, actor="kim", note=note, now=NOW)
    assert store.identities.named("rss", "\ud800" * 50) == []
    assert store.identities.named("rss", "") == []
    hear(store, mention(9, author=Author(handle="a:b@c", display_name="\u202e" * 500)))
    assert len(store.identities.named("rss", "a:b@c")) == 1


def test_everything_is_one_transaction(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    identify(store, {"ada": WRONG})
    before = state(store, 1)

    def fails(*_: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr("storage.identities.settle", fails)
        with pytest.raises(RuntimeError):
            store.identities.refuse(1, "C1", actor="kim", now=NOW)
    assert state(store, 1) == before
    assert store.identities.decisions(ended=True) == []
    with store._database.read() as connection:
        assert connection.scalar(select(authors.c.matched_by).where(authors.c.id == 1)) == MATCHER


def test_who_is_not_a_contact_is_not_another_entry_of_that_contact_either(store: Store) -> None:
    identify(store, {"ada": WRONG})
    store.identities.refuse(1, "C1", actor="kim", now=NOW)
    with store._database.write() as connection:
        one, other = connection.scalars(select(customers.c.id).order_by(customers.c.contact_id))
        pair = {"customer_id": one, "other_customer_id": other, "probability": 0.9, "evidence": [], "found_at": NOW}
        connection.execute(customer_pairs.insert(), [{**pair, "state": PairState.SAME.value}])
    (job,) = (job for job in identify(store, {"ada": linked("C2")}) if job.author_id == 1)
    assert job.refused == {"C1", "C2"}
    assert store.identities.of(1).customer is None
