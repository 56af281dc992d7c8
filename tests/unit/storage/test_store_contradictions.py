"""What people said and evidence found never reaches somebody it is not about: later words, terms, other entries, other people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from listener.core import terms
from listener.core.brand import OPEN_WEB, Evidence, OwnSide, Provenance
from listener.core.crm import PairState
from listener.core.errors import StorageError
from listener.core.identities import DecisionKind, Merge, MergeWork
from listener.core.mention import Author
from listener.core.people import KnownHandle, Match, Outcome, Reason, RunnerUp
from nlp.identity.matcher import build_matcher
from nlp.identity.merging import build_merger
from storage import settling
from storage.retention import Retention
from storage.store import Store
from storage.tables import authors, matches
from tests.support.heard import DAY, HOUR, NOW, customer, hear, identify, import_customers, linked, mention, understand

POLICIES = {**terms.BY_NAME, OPEN_WEB.name: OPEN_WEB}
PLATFORMS = ("x", "blog", "mastodon", "github", "youtube", "devto")


def several(store: Store, count: int, **known: Match) -> None:
    """Authors 1, 2, 3 … on different platforms, each with one post; ``a1=…`` is the match of the first."""
    hear(store, *(mention(n, by=f"a{n}", platform=PLATFORMS[n - 1]) for n in range(1, count + 1)))
    understand(store)
    identify(store, known)


def tie(one: int, other: int) -> Merge:
    return Merge(one, other, 0.99, True, -14.0, (Reason("each links to the other", 20.0, Evidence.LINK),), "merging", "1")


def found(store: Store, *ties: Merge) -> None:
    """A pass finds exactly these ties."""
    ids = {author for each in ties for author in (each.author_id, each.other_author_id)}
    store.merging.save_merges(MergeWork(tuple(sorted(ids))), ties, NOW)


def counts_as(store: Store, *author_ids: int) -> list[str | None]:
    customers = [store.identities.of(author).customer for author in author_ids]
    return [each.contact_id if each else None for each in customers]


def said(store: Store, author: int) -> list[tuple[str, str | None]]:
    """What people decided about the author, as far as it stands."""
    return [(one.kind.value, one.contact_id) for one in store.identities.of(author).decisions]


def real_pass(store: Store) -> None:
    """Match and merge all who wait, by the real rules."""
    matcher, merger = build_matcher(OwnSide()), build_merger()
    while jobs := store.matches.pending_matches(matcher.fingerprint, 100, POLICIES):
        done = list(zip(jobs, matcher.match(jobs, store.customers), strict=True))
        store.matches.save_matches(done, matcher.fingerprint, NOW)
    while (work := store.merging.pending_merges(100, POLICIES)).author_ids:
        store.merging.save_merges(work, merger.merge(work, store.customers), NOW)


def people(store: Store) -> Sequence[int]:
    with store._database.read() as connection:
        return connection.scalars(select(authors.c.person_id).order_by(authors.c.id)).all()


# ------------------------------------------------------------------------------------------------------------ a pass


def test_a_link_by_hand_leaves_the_authors_merges_as_they_were(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2))
    one, other = "https://x.com/mayalindqv", "https://github.com/mayalindqv"
    maya = Author(handle="mayalindqv", display_name="Maya Lindqvist")
    hear(
        any_store,
        mention(1, author=replace(maya, profile_url=one, links=(other,)), platform="x", origin="x"),
        mention(2, author=replace(maya, profile_url=other, links=(one,)), platform="github", origin="github"),
    )
    understand(any_store)
    real_pass(any_store)
    assert len(set(people(any_store))) == 1
    any_store.identities.link(1, "C1", actor="kim", now=NOW)
    for _ in range(2):
        assert counts_as(any_store, 1, 2) == ["C1", "C1"]
        real_pass(any_store)
    any_store.identities.refuse(1, "C1", actor="kim", now=NOW + HOUR)
    real_pass(any_store)
    assert counts_as(any_store, 1, 2) == [None, None]
    assert len(set(people(any_store))) == 1


# -------------------------------------------------------------------------------------------------------------- undo


def test_undo_restores_no_link_that_was_refused_since(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2))
    several(any_store, 1)
    first = any_store.identities.link(1, "C1", actor="kim", now=NOW).decision
    second = any_store.identities.link(1, "C2", actor="kim", now=NOW + HOUR).decision
    any_store.identities.refuse(1, "C1", actor="kim", now=NOW + 2 * HOUR)
    undone = any_store.identities.undo(second.id, actor="kim", now=NOW + 3 * HOUR)
    assert undone.restored == ()
    assert [one.id for one in undone.withheld] == [first.id]
    assert said(any_store, 1) == [("refuse", "C1")]
    assert counts_as(any_store, 1) == [None]


def test_undo_restores_no_link_beside_a_later_one(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2))
    several(any_store, 1)
    first = any_store.identities.link(1, "C1", actor="kim", now=NOW).decision
    refused = any_store.identities.refuse(1, "C1", actor="kim", now=NOW + HOUR).decision
    any_store.identities.link(1, "C2", actor="kim", now=NOW + 2 * HOUR)
    undone = any_store.identities.undo(refused.id, actor="kim", now=NOW + 3 * HOUR)
    assert (undone.restored, [one.id for one in undone.withheld]) == ((), [first.id])
    assert said(any_store, 1) == [("link", "C2")]
    assert counts_as(any_store, 1) == ["C2"]


# ------------------------------------------------------------------------------------------------------------- terms


def under(store: Store, **policies: str) -> None:
    """The policy of each author's source, by the author's handle."""
    with store._database.write() as connection:
        for handle, policy in policies.items():
            connection.execute(update(authors).where(authors.c.handle == handle).values(policy=policy))


BY_HANDLE = (Reason("the CRM knows this handle", 12.5, Evidence.HANDLE),)
BY_EMAIL = (Reason("the same e-mail address", 20.0, Evidence.EMAIL),)


@pytest.mark.parametrize(
    ("evidence", "provenance", "policy", "spreads"),
    [
        (BY_HANDLE, Provenance.BOUGHT, "x", False),
        (BY_HANDLE, Provenance.UNKNOWN, "x", False),
        (BY_HANDLE, Provenance.UNKNOWN, "mastodon", True),
        (BY_HANDLE, Provenance.GIVEN, "x", True),
        (BY_EMAIL, Provenance.BOUGHT, "x", True),
        (BY_EMAIL, Provenance.GIVEN, "github", False),
        (BY_HANDLE, Provenance.GIVEN, "of a source that is gone", False),
        (BY_HANDLE, Provenance.BOUGHT, OPEN_WEB.name, True),
    ],
)
def test_a_link_reaches_only_accounts_whose_terms_allow_its_evidence(
    any_store: Store, evidence: tuple[Reason, ...], provenance: Provenance, policy: str, spreads: bool
) -> None:
    import_customers(any_store, customer(1, handles=(KnownHandle("blog", "a2", provenance),)))
    several(any_store, 2, a2=linked("C1", evidence=evidence))
    under(any_store, a1=policy)
    found(any_store, tie(1, 2))
    assert counts_as(any_store, 1, 2) == ["C1" if spreads else None, "C1"]
    proposed = [(each.one.author_id, each.other.author_id) for each in any_store.merging.proposals()]
    assert proposed == ([] if spreads else [(1, 2)])


def test_what_people_say_counts_under_any_terms(any_store: Store) -> None:
    bought = customer(1, handles=(KnownHandle("blog", "a2", Provenance.BOUGHT),))
    import_customers(any_store, bought, customer(2))
    several(any_store, 3, a2=linked("C1"))
    under(any_store, a1="x", a3="x")
    found(any_store, tie(1, 2), tie(2, 3))
    assert counts_as(any_store, 1, 2, 3) == [None, "C1", None]
    merged = any_store.merging.merge(1, 2, actor="kim", now=NOW)
    assert counts_as(any_store, 1, 2, 3) == ["C1", "C1", None]
    any_store.identities.undo(merged.decision.id, actor="kim", now=NOW)
    any_store.identities.link(2, "C1", actor="kim", now=NOW)
    assert counts_as(any_store, 1, 2, 3) == ["C1", "C1", "C1"]


# --------------------------------------------------------------------------------------- an id that is somebody else's


def test_nothing_said_of_a_contact_moves_to_who_has_the_id_now(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2), customer(3))
    several(
        any_store, 4, a3=linked("C1"), a4=linked("C2", outcome=Outcome.REVIEW, probability=0.7, runner_up=RunnerUp("C1", 0.1))
    )
    replaced = any_store.identities.link(1, "C1", actor="kim", note="met her", now=NOW)
    over = any_store.identities.link(1, "C2", actor="kim", now=NOW + HOUR).decision
    assert [one.id for one in any_store.identities.undo(over.id, actor="kim", now=NOW + 2 * HOUR).restored] == [over.id + 1]
    later = any_store.identities.link(1, "C3", actor="kim", now=NOW + 3 * HOUR).decision
    any_store.identities.refuse(2, "C1", actor="kim", now=NOW)
    any_store.identities.link(2, "C2", actor="kim", now=NOW)
    any_store.customer_pairs.decide("C1", "C2", PairState.SAME, "kim", NOW)
    assert replaced.decision.contact_id == "C1"

    bela = customer(1, first_name="Bela", last_name="Quell", email="bela@other.example", handles=())
    import_customers(any_store, bela, customer(2), customer(3), import_id="i2", now=NOW + DAY)
    assert counts_as(any_store, 1, 2, 3) == ["C3", "C2", None]
    assert said(any_store, 2) == [("link", "C2")]
    ended = [one.decision for one in any_store.identities.decisions(author_id=2, ended=True) if one.decision.ended_at]
    assert [(one.kind, one.contact_id, one.ended_by) for one in ended] == [(DecisionKind.REFUSE, "C1", "import")]
    assert any_store.customer_pairs.list_pairs(decided=True) == []
    match = any_store.identities.of(4).match
    assert match is not None
    assert (match.contact_id, match.runner_up) == ("C2", None)
    assert {job.author_id for job in identify(any_store)} >= {2, 3, 4}
    undone = any_store.identities.undo(later.id, actor="kim", now=NOW + 2 * DAY)
    assert (undone.restored, counts_as(any_store, 1)) == ((), [None])


def test_a_link_by_hand_does_not_move_to_who_has_the_id_now(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2))
    several(any_store, 1)
    any_store.identities.link(1, "C1", actor="kim", now=NOW)
    import_customers(any_store, customer(1, title="CTO", company="Elsewhere"), customer(2), import_id="i2", now=NOW + HOUR)
    assert counts_as(any_store, 1) == ["C1"]
    bela = customer(1, first_name="Bela", last_name="Quell", email="bela@other.example", handles=())
    import_customers(any_store, bela, customer(2), import_id="i3", now=NOW + DAY)
    assert counts_as(any_store, 1) == [None]
    identify(any_store)
    assert (said(any_store, 1), counts_as(any_store, 1)) == ([], [None])


# -------------------------------------------------------------------------------------------------- splits and merges


def test_a_split_of_two_accounts_that_are_each_linked_is_refused_with_what_to_do(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2))
    several(any_store, 2, a1=linked("C1"), a2=linked("C1"))
    for other in (2, None):
        with pytest.raises(StorageError, match=r"listener identities unlink 1` or `listener identities unlink 2`"):
            any_store.merging.split(1, other, actor="kim", now=NOW)
    assert any_store.identities.decisions(ended=True) == []
    any_store.identities.refuse(2, "C1", actor="kim", now=NOW)
    any_store.merging.split(1, 2, actor="kim", now=NOW)
    assert counts_as(any_store, 1, 2) == ["C1", None]


def test_accounts_of_whom_nothing_is_kept_are_not_merged(any_store: Store) -> None:
    several(any_store, 2)
    any_store.privacy.prune(NOW + 100 * DAY, Retention())
    for decide in (any_store.merging.merge, any_store.merging.split):
        with pytest.raises(StorageError, match="Nothing is kept any more of who author 1 was"):
            decide(1, 2, actor="kim", now=NOW + 100 * DAY)
    assert any_store.identities.decisions() == []


def test_more_accounts_than_a_crowd_are_no_person_and_are_not_walked(any_store: Store) -> None:
    count = 3 * settling.CROWD
    import_customers(any_store, customer(1))
    posts = [mention(n, by=f"a{n}", platform="blog", origin=f"https://{n}.example") for n in range(1, count + 1)]
    hear(any_store, *posts)
    found(any_store, *(tie(n, n + 1) for n in range(1, settling.CROWD)))
    assert len(set(people(any_store)[: settling.CROWD])) == settling.CROWD // settling.GROUP
    with any_store._database.read() as connection:
        assert len(settling._ties(connection, [1]).authors) == settling.CROWD
    found(any_store, *(tie(n, n + 1) for n in range(1, count)))
    assert len(set(people(any_store))) == count
    with any_store._database.read() as connection:
        walked = settling._ties(connection, [1])
    assert len(walked.authors) <= settling.CROWD + 2
    assert walked.merged == set()
    any_store.merging.merge(1, 2, actor="kim", now=NOW)
    any_store.identities.link(1, "C1", actor="kim", now=NOW)
    assert counts_as(any_store, 1, 2, 3) == ["C1", "C1", None]


# -------------------------------------------------------------------------------------------- several entries of a contact


def test_who_is_not_a_contact_is_no_other_entry_of_theirs_by_way_of_a_merge_either(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2), customer(3))
    several(any_store, 2, a1=linked("C3"))
    any_store.identities.refuse(2, "C1", actor="kim", now=NOW)
    any_store.merging.merge(1, 2, actor="kim", now=NOW)
    assert counts_as(any_store, 1, 2) == ["C3", "C3"]
    any_store.customer_pairs.decide("C1", "C2", PairState.SAME, "kim", NOW)
    any_store.customer_pairs.decide("C2", "C3", PairState.SAME, "kim", NOW)
    assert counts_as(any_store, 1, 2) == ["C3", None]
    job = next(job for job in any_store.matches.jobs_of([2], POLICIES))
    assert job.refused == {"C1", "C2", "C3"}
    any_store.customer_pairs.decide("C2", "C3", PairState.DIFFERENT, "kim", NOW + HOUR)
    any_store.identities.link(1, "C3", actor="kim", now=NOW + HOUR)
    assert counts_as(any_store, 1, 2) == ["C3", "C3"]


def test_entries_are_not_the_same_and_different_by_way_of_another(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2), customer(3))
    pairs = any_store.customer_pairs
    pairs.decide("C1", "C2", PairState.SAME, "kim", NOW)
    pairs.decide("C2", "C3", PairState.SAME, "kim", NOW)
    with pytest.raises(StorageError, match="listener customers different C3 C2"):
        pairs.decide("C1", "C3", PairState.DIFFERENT, "kim", NOW)
    pairs.decide("C3", "C2", PairState.DIFFERENT, "kim", NOW)
    with pytest.raises(StorageError, match="said to be two people: C2 and C3"):
        pairs.decide("C1", "C3", PairState.SAME, "kim", NOW)
    pairs.decide("C1", "C2", PairState.DIFFERENT, "kim", NOW)
    assert pairs.decide("C1", "C3", PairState.SAME, "kim", NOW) is not None
    assert pairs.same_groups(["C1"]) == {"C1": frozenset({"C1", "C3"})}


# ---------------------------------------------------------------------------------------------------------- retention


def test_authors_of_a_customer_who_is_gone_are_nobody_once_the_customer_is_forgotten(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2), customer(3))
    second = linked("C2", runner_up=RunnerUp("C1", 0.1))
    several(any_store, 3, a2=linked("C1", account="Firm 1"), a3=second)
    any_store.identities.link(1, "C1", actor="kim", note="met her", now=NOW)
    with any_store._database.write() as connection:  # nothing they say is about us any more: no pass looks at them again
        connection.execute(update(authors).where(authors.c.id.in_([1, 2])).values(matched_by=""))
    import_customers(any_store, customer(2), customer(3), import_id="i2", now=NOW + DAY)
    any_store.privacy.prune(NOW + 60 * DAY, Retention())
    assert any_store.identities.of(1).author.handle == "a1", "the customer may come back"
    any_store.privacy.prune(NOW + 100 * DAY, Retention())
    with any_store._database.read() as connection:
        kept = connection.execute(select(matches).order_by(matches.c.author_id)).all()
        names = connection.scalars(select(authors.c.handle).order_by(authors.c.id)).all()
    assert names == [None, None, "a3"]
    assert [(row.outcome, row.contact_id, row.account, row.runner_up_id) for row in kept] == [
        ("none", None, None, None),
        ("none", None, None, None),
        ("link", "C2", None, None),
    ]
    assert any_store.identities.decisions(ended=True) == []
