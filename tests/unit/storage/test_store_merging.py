"""Several accounts of one person: groups, conflicts with customers, what people decide, and what later passes leave as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from sqlalchemy import select

from listener.core.brand import OPEN_WEB, Evidence
from listener.core.errors import StorageError
from listener.core.identities import DecisionKind, Merge, MergeWork
from listener.core.people import Match, Reason
from listener.core.standing import Stance
from storage import settling
from storage.identity_tables import merge_queue, merges
from storage.merging import CAP
from storage.store import Selector, Store
from storage.tables import authors, judge_queue, people
from tests.support.heard import (
    BRAND,
    HOUR,
    MATCHER,
    NOBODY,
    NOW,
    ONE_OF_US,
    customer,
    hear,
    identify,
    import_customers,
    judge,
    linked,
    mention,
    pending,
    understand,
)

POLICIES = {OPEN_WEB.name: OPEN_WEB}
PLATFORMS = ("x", "blog", "mastodon", "github", "youtube", "devto")


def several(store: Store, count: int = 3, **known: Match) -> None:
    """Authors 1, 2, 3 … on different platforms, each with one post; ``a1=…`` is the match of the first."""
    posts = [mention(n, by=f"a{n}", platform=PLATFORMS[(n - 1) % len(PLATFORMS)]) for n in range(1, count + 1)]
    hear(store, *posts)
    understand(store)
    identify(store, known)


def tie(one: int, other: int, *, certain: bool = True, likely: float = 0.99) -> Merge:
    reason = Reason("each profile links to the other account", 20.0, Evidence.LINK)
    return Merge(one, other, likely, certain, -14.0, (reason,), "merging", "1")


def found(store: Store, *ties: Merge) -> None:
    """A pass finds exactly these ties."""
    ids = {author for each in ties for author in (each.author_id, each.other_author_id)}
    store.merging.save_merges(MergeWork(tuple(sorted(ids))), ties, NOW)


def persons(store: Store) -> list[int]:
    """Who the authors are, in order."""
    with store._database.read() as connection:
        return list(connection.scalars(select(authors.c.person_id).order_by(authors.c.id)))


def groups(store: Store) -> list[list[int]]:
    """The authors by person, in order."""
    by_person: dict[int, list[int]] = {}
    for author, person in enumerate(persons(store), start=1):
        by_person.setdefault(person, []).append(author)
    return list(by_person.values())


def own(store: Store, author: int) -> int:
    with store._database.read() as connection:
        return connection.scalars(select(authors.c.own_person_id).where(authors.c.id == author)).one()


def contact_of(store: Store, person: int) -> str | None:
    (account, *_) = store.merging.accounts([person])[person]
    return account.contact_id


# ------------------------------------------------------------------------------------------------------------ groups


def test_merged_authors_share_the_person_of_the_lowest_of_them(any_store: Store) -> None:
    several(any_store, 4)
    found(any_store, tie(2, 3), tie(3, 4))
    assert groups(any_store) == [[1], [2, 3, 4]]
    assert persons(any_store)[1] == own(any_store, 2)


def test_what_merged_authors_said_is_judged_as_one_persons(any_store: Store) -> None:
    several(any_store, 3)
    judge(any_store)
    assert pending(any_store) == []
    found(any_store, tie(1, 2))
    jobs = {job.person_id: [each.mention_id for each in job.opinions] for job in pending(any_store)}
    assert jobs == {own(any_store, 1): [1, 2], own(any_store, 2): []}


def test_a_proposal_merges_nobody(any_store: Store) -> None:
    several(any_store)
    judge(any_store)
    found(any_store, tie(1, 2, certain=False, likely=0.7))
    assert groups(any_store) == [[1], [2], [3]]
    assert pending(any_store) == []


def test_a_tie_that_is_not_found_again_ends_the_merge(any_store: Store) -> None:
    several(any_store, 3)
    found(any_store, tie(1, 2), tie(2, 3))
    any_store.merging.save_merges(MergeWork((2,)), [tie(1, 2)], NOW)
    assert groups(any_store) == [[1, 2], [3]]
    any_store.merging.save_merges(MergeWork((1,)), [], NOW)
    assert groups(any_store) == [[1], [2], [3]]


def test_the_same_pass_twice_changes_nothing(any_store: Store) -> None:
    several(any_store)
    found(any_store, tie(1, 2), tie(2, 3))
    judge(any_store)
    before = persons(any_store)
    found(any_store, tie(1, 2), tie(2, 3))
    assert persons(any_store) == before
    assert pending(any_store) == []


def test_evidence_never_puts_two_accounts_of_one_platform_together(any_store: Store) -> None:
    hear(any_store, *(mention(n, by=f"a{n}", platform=name) for n, name in enumerate(("x", "blog", "x", "Twitter"), start=1)))
    understand(any_store)
    identify(any_store)
    found(any_store, tie(1, 2), tie(2, 3, likely=0.98), tie(3, 4, likely=0.97))
    assert groups(any_store) == [[1, 2], [3], [4]]
    assert [(each.one.author_id, each.other.author_id) for each in any_store.merging.proposals()] == [(2, 3), (3, 4)]
    any_store.merging.merge(2, 3, actor="kim", now=NOW)
    assert groups(any_store) == [[1, 2, 3], [4]]


def test_two_sites_and_two_forums_are_no_two_accounts_of_one_platform(any_store: Store) -> None:
    places = [("blog", "https://a.example"), ("rss", "https://b.example"), ("discourse", "f.example"), ("discourse", "g.example")]
    hear(any_store, *(mention(n, by=f"a{n}", platform=p, origin=o) for n, (p, o) in enumerate(places, start=1)))
    understand(any_store)
    identify(any_store)
    found(any_store, tie(1, 2), tie(2, 3), tie(3, 4))
    assert groups(any_store) == [[1, 2, 3, 4]]


def test_what_ties_more_than_twenty_accounts_is_cut_alike_wherever_one_begins(any_store: Store) -> None:
    count = settling.GROUP + 5
    hear(any_store, *(mention(n, by=f"a{n}", platform="blog", origin=f"https://{n}.example") for n in range(1, count + 1)))
    understand(any_store)
    identify(any_store)
    found(any_store, *(tie(n, n + 1) for n in range(1, count)))
    assert [len(group) for group in groups(any_store)] == [settling.GROUP, 5]
    before = persons(any_store)
    for author in (1, 12, count):
        with any_store._database.write() as connection:
            settling.settle(any_store._database, connection, [author])
        assert persons(any_store) == before


# --------------------------------------------------------------------------------------------------------- customers


def test_a_group_of_which_one_is_a_customer_is_that_customer(any_store: Store) -> None:
    import_customers(any_store, customer(1))
    several(any_store, 3, a2=linked("C1"))
    found(any_store, tie(1, 2), tie(2, 3))
    assert groups(any_store) == [[1, 2, 3]]
    assert contact_of(any_store, persons(any_store)[0]) == "C1"
    assert [account.author_id for account in any_store.merging.accounts(persons(any_store)[:1])[persons(any_store)[0]]] == [
        1,
        2,
        3,
    ]


def test_the_group_follows_a_link_that_comes_later_and_one_that_ends(any_store: Store) -> None:
    import_customers(any_store, customer(1))
    several(any_store, 2)
    found(any_store, tie(1, 2))
    judge(any_store)
    any_store.identities.link(2, "C1", actor="kim", now=NOW)
    assert contact_of(any_store, persons(any_store)[0]) == "C1"
    assert len({job.person_id for job in pending(any_store)}) == 2, "the customer who gains and the person who loses"
    (decision,) = [each.decision.id for each in any_store.identities.decisions()]
    any_store.identities.undo(decision, actor="kim", now=NOW)
    assert groups(any_store) == [[1, 2]]
    assert contact_of(any_store, persons(any_store)[0]) is None
    assert persons(any_store)[0] == own(any_store, 1)


def test_different_customers_keep_their_accounts_and_the_rest_is_nobodys(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2))
    several(any_store, 4, a1=linked("C1"), a3=linked("C2"))
    found(any_store, tie(1, 2), tie(2, 3), tie(3, 4))
    assert groups(any_store) == [[1], [2], [3], [4]]
    assert [contact_of(any_store, person) for person in persons(any_store)] == ["C1", None, "C2", None]
    assert persons(any_store)[1] == own(any_store, 2)
    assert [(each.merge.author_id, each.conflict) for each in any_store.merging.proposals()] == [
        (1, False),
        (2, False),
        (3, False),
    ]
    found(any_store, tie(1, 3))
    (proposal,) = any_store.merging.proposals()
    assert proposal.conflict
    assert (proposal.one.contact_id, proposal.other.contact_id) == ("C1", "C2")
    assert (proposal.one.customer_name, proposal.other.customer_name) == ("Ada Lind1", "Ada Lind2")


def test_two_accounts_of_one_customer_in_a_group_are_no_conflict(any_store: Store) -> None:
    import_customers(any_store, customer(1))
    several(any_store, 3, a1=linked("C1"), a3=linked("C1"))
    found(any_store, tie(1, 2), tie(2, 3))
    assert groups(any_store) == [[1, 2, 3]]
    assert any_store.merging.proposals() == []


def test_an_account_that_is_not_this_customer_stays_out_of_their_group(any_store: Store) -> None:
    import_customers(any_store, customer(1))
    several(any_store, 2, a1=linked("C1"))
    any_store.identities.refuse(2, "C1", actor="kim", now=NOW)
    found(any_store, tie(1, 2))
    assert groups(any_store) == [[1], [2]]


def test_a_customer_who_is_gone_makes_nobody_of_the_group_a_customer(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2))
    several(any_store, 2, a1=linked("C1"))
    found(any_store, tie(1, 2))
    import_customers(any_store, customer(2), import_id="i2")
    with any_store._database.write() as connection:
        settling.settle(any_store._database, connection, [2])
    assert groups(any_store) == [[1, 2]]
    assert contact_of(any_store, persons(any_store)[0]) is None


def test_a_later_match_of_one_account_moves_the_whole_group(any_store: Store) -> None:
    import_customers(any_store, customer(1))
    several(any_store, 3)
    found(any_store, tie(1, 2), tie(2, 3))
    judge(any_store)
    (job,) = [job for job in any_store.matches.pending_matches("newer", 9, POLICIES) if job.author_id == 3]
    any_store.matches.save_matches([(job, linked("C1"))], "newer", NOW)
    assert {contact_of(any_store, person) for person in persons(any_store)} == {"C1"}
    assert len(pending(any_store)) == 2


# --------------------------------------------------------------------------------------------------- what people say


def test_what_a_person_merges_is_one_person(any_store: Store) -> None:
    several(any_store)
    done = any_store.merging.merge(3, 1, actor="kim", note="met both", now=NOW)
    assert groups(any_store) == [[1, 3], [2]]
    said = done.decision
    assert (said.kind, said.author_id, said.other_author_id, said.actor, said.note) == (
        DecisionKind.MERGE,
        1,
        3,
        "kim",
        "met both",
    )
    assert done.fresh
    assert done.persons == {own(any_store, 1), own(any_store, 3)}
    again = any_store.merging.merge(1, 3, actor="lou", now=NOW)
    assert (again.fresh, again.decision.id) == (False, said.id)


def test_a_split_ends_an_automatic_merge_and_is_remembered_by_every_later_pass(any_store: Store) -> None:
    several(any_store)
    found(any_store, tie(1, 2))
    any_store.merging.split(2, 1, actor="kim", now=NOW)
    assert groups(any_store) == [[1], [2], [3]]
    for _ in range(2):
        found(any_store, tie(1, 2))
        assert groups(any_store) == [[1], [2], [3]]
    found(any_store, tie(1, 2), tie(2, 3), tie(1, 3, likely=0.98))
    assert groups(any_store) == [[1], [2, 3]], "not by way of a third account either"
    assert [(each.one.author_id, each.other.author_id) for each in any_store.merging.proposals()] == [(1, 3)]


def test_a_split_without_the_other_leaves_the_whole_group(any_store: Store) -> None:
    several(any_store, 4)
    found(any_store, tie(1, 2), tie(2, 3), tie(1, 3), tie(3, 4))
    done = any_store.merging.split(1, actor="kim", now=NOW)
    assert [(each.decision.author_id, each.decision.other_author_id) for each in done] == [(1, 2), (1, 3), (1, 4)]
    assert groups(any_store) == [[1], [2, 3, 4]]
    assert persons(any_store)[1] == own(any_store, 2)
    with pytest.raises(StorageError, match="only account"):
        any_store.merging.split(1, actor="kim", now=NOW)


def test_undoing_a_split_restores_the_merge_and_undoing_a_merge_restores_both_histories(any_store: Store) -> None:
    several(any_store)
    found(any_store, tie(1, 2))
    (split,) = any_store.merging.split(1, 2, actor="kim", now=NOW)
    any_store.identities.undo(split.decision.id, actor="kim", now=NOW)
    assert groups(any_store) == [[1, 2], [3]]
    merged = any_store.merging.merge(2, 3, actor="kim", now=NOW)
    assert groups(any_store) == [[1, 2, 3]]
    judge(any_store)
    any_store.identities.undo(merged.decision.id, actor="kim", now=NOW)
    assert groups(any_store) == [[1, 2], [3]]
    jobs = {job.person_id: [each.mention_id for each in job.opinions] for job in pending(any_store)}
    assert jobs == {own(any_store, 1): [1, 2], own(any_store, 3): [3]}


def test_the_later_word_takes_the_place_of_the_earlier(any_store: Store) -> None:
    several(any_store)
    first = any_store.merging.merge(1, 2, actor="kim", now=NOW - 2 * HOUR)
    (second,) = any_store.merging.split(1, 2, actor="lou", now=NOW - HOUR)
    assert [each.id for each in second.ended] == [first.decision.id]
    assert groups(any_store) == [[1], [2], [3]]
    third = any_store.merging.merge(1, 2, actor="kim", now=NOW)
    assert [each.id for each in third.ended] == [second.decision.id]
    assert groups(any_store) == [[1, 2], [3]]
    undone = any_store.identities.undo(third.decision.id, actor="kim", now=NOW + HOUR)
    assert [(each.kind, each.author_id, each.other_author_id) for each in undone.restored] == [(DecisionKind.SPLIT, 1, 2)]
    assert groups(any_store) == [[1], [2], [3]]


def test_a_merge_by_a_person_of_accounts_of_different_customers_is_shown_as_a_conflict(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2))
    several(any_store, 3, a1=linked("C1"), a2=linked("C2"))
    any_store.merging.merge(1, 2, actor="kim", now=NOW)
    assert groups(any_store) == [[1], [2], [3]]
    (proposal,) = any_store.merging.proposals()
    assert proposal.conflict
    assert (proposal.merge.certain, proposal.merge.evidence) == (True, ())
    any_store.identities.refuse(2, "C2", actor="kim", now=NOW)
    assert groups(any_store) == [[1, 2], [3]]
    assert any_store.merging.proposals() == []


def test_a_link_by_a_person_goes_before_the_group(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2))
    several(any_store, 2, a1=linked("C1"))
    found(any_store, tie(1, 2))
    any_store.identities.link(2, "C2", actor="kim", now=NOW)
    assert [contact_of(any_store, person) for person in persons(any_store)] == ["C1", "C2"]


@pytest.mark.parametrize(("one", "other"), [(1, 1), (1, 99), (99, 1)])
def test_nothing_is_decided_of_who_is_not_there(any_store: Store, one: int, other: int) -> None:
    several(any_store, 2)
    for decide in (any_store.merging.merge, any_store.merging.split):
        with pytest.raises(StorageError, match=r"author (1|99)|Author 1"):
            decide(one, other, actor="kim", now=NOW)
    assert any_store.identities.decisions() == []


def test_proposals_come_likeliest_first_and_not_again_once_decided(any_store: Store) -> None:
    several(any_store, 4)
    found(
        any_store,
        tie(1, 2, certain=False, likely=0.4),
        tie(3, 4, certain=False, likely=0.8),
        tie(1, 4, certain=False, likely=0.6),
    )
    assert [each.merge.probability for each in any_store.merging.proposals()] == [0.8, 0.6, 0.4]
    assert len(any_store.merging.proposals(1)) == 1
    any_store.merging.merge(3, 4, actor="kim", now=NOW)
    any_store.merging.split(1, 2, actor="kim", now=NOW)
    (left,) = any_store.merging.proposals()
    assert (left.one.author_id, left.other.author_id, left.one.name) == (1, 4, "a1 (name)")
    assert left.merge == tie(1, 4, certain=False, likely=0.6)


# ------------------------------------------------------------------------------------------------------ who is compared


def keyed(*keys: str) -> Match:
    return replace(NOBODY, keys=keys)


def waiting(store: Store) -> list[int]:
    with store._database.read() as connection:
        return list(connection.scalars(select(merge_queue.c.author_id).order_by(merge_queue.c.author_id)))


def compared(store: Store) -> list[tuple[int, int]]:
    return [(one.author_id, other.author_id) for one, other in store.merging.pending_merges(100, POLICIES).pairs]


def test_authors_who_share_a_key_are_compared_once_each(any_store: Store) -> None:
    several(any_store, 4, a1=keyed("e:ada", "n:ada"), a2=keyed("n:ada", "e:ada"), a3=keyed("n:bob"), a4=keyed("n:ada"))
    work = any_store.merging.pending_merges(100, POLICIES)
    assert work.author_ids == (1, 2, 3, 4)
    assert [(one.author_id, other.author_id) for one, other in work.pairs] == [(1, 2), (1, 4), (2, 4)]
    assert work.total == 4
    assert work.pairs[0][0].author.handle == "a1"
    assert work.pairs[0][0].policy == OPEN_WEB
    any_store.merging.save_merges(work, [], NOW)
    assert any_store.merging.pending_merges(100, POLICIES) == MergeWork((), (), 4)


def test_an_author_who_comes_later_is_compared_with_those_who_are_there(any_store: Store) -> None:
    several(any_store, 2, a1=keyed("e:ada"), a2=keyed("e:bob"))
    found(any_store, tie(1, 2, certain=False))
    hear(any_store, mention(3, by="a3", platform="mastodon"))
    understand(any_store)
    identify(any_store, {"a3": keyed("e:ada")})
    assert waiting(any_store) == [3]
    assert compared(any_store) == [(1, 3)]
    any_store.merging.save_merges(any_store.merging.pending_merges(9, POLICIES), [tie(1, 3)], NOW)
    assert groups(any_store) == [[1, 3], [2]]


def test_work_comes_in_parts(any_store: Store) -> None:
    several(any_store, 5, **{f"a{n}": keyed("n:ada") for n in range(1, 6)})
    sizes = []
    while (work := any_store.merging.pending_merges(2, POLICIES)).author_ids:
        sizes.append((len(work.author_ids), len(work.pairs)))
        any_store.merging.save_merges(work, [], NOW)
    assert sizes == [(2, 7), (2, 7), (1, 4)]


def test_a_key_that_too_many_share_compares_nobody(any_store: Store) -> None:
    several(any_store, CAP + 1, **{f"a{n}": keyed("c:firm", *(["e:two"] if n < 3 else [])) for n in range(1, CAP + 2)})
    assert compared(any_store) == [(1, 2)]
    several(any_store, CAP + 1)  # nobody waits, nothing changed
    assert compared(any_store) == [(1, 2)]


def test_exactly_as_many_as_the_cap_are_compared(any_store: Store) -> None:
    several(any_store, CAP, **{f"a{n}": keyed("n:ada") for n in range(1, CAP + 1)})
    assert compared(any_store) == list(combinations(range(1, CAP + 1), 2))


def test_our_own_side_is_compared_with_nobody(any_store: Store) -> None:
    several(any_store, 3, a1=keyed("n:ada"), a2=replace(ONE_OF_US, keys=("n:ada",)), a3=keyed("n:ada"))
    assert compared(any_store) == [(1, 3)]


def test_without_a_policy_nothing_may_be_used(any_store: Store) -> None:
    several(any_store, 2, a1=keyed("n:ada"), a2=keyed("n:ada"))
    ((one, other),) = any_store.merging.pending_merges(9, {}).pairs
    assert one.policy.evidence == other.policy.evidence == frozenset()


def test_authors_who_are_erased_meanwhile_are_left_out(any_store: Store) -> None:
    several(any_store, 3, a1=keyed("n:ada"), a2=keyed("n:ada"), a3=keyed("n:ada"))
    work = any_store.merging.pending_merges(9, POLICIES)
    any_store.privacy.erase_person(Selector(author_id=2), NOW)
    any_store.merging.save_merges(work, [tie(1, 2), tie(1, 3)], NOW)
    with any_store._database.read() as connection:
        rows = connection.execute(select(merges.c.author_id, merges.c.other_author_id)).all()
    assert [tuple(row) for row in rows] == [(1, 3)]
    assert waiting(any_store) == []


def test_when_a_tie_was_found_first_is_kept(any_store: Store) -> None:
    several(any_store)
    found(any_store, tie(1, 2, certain=False, likely=0.5))
    later = NOW.replace(day=20)
    any_store.merging.save_merges(MergeWork((1, 2)), [tie(1, 2, likely=0.9)], later)
    with any_store._database.read() as connection:
        (row,) = connection.execute(select(merges)).all()
    assert (row.found_at, row.probability, row.certain) == (NOW, 0.9, True)
    assert any_store.merging.ties(2) == [tie(1, 2, likely=0.9)]


# ------------------------------------------------------------------------------------------------- erasing, forgetting


def _count(store: Store, table: Any) -> int:
    with store._database.read() as connection:
        return len(connection.execute(select(table)).all())


def test_erasing_one_account_of_a_group_erases_the_person(any_store: Store) -> None:
    several(any_store, 4)
    found(any_store, tie(2, 3), tie(3, 4))
    any_store.merging.merge(2, 4, actor="kim", now=NOW)
    exported: Any = any_store.privacy.export_person(Selector(author_id=3))
    assert [row["id"] for row in exported["authors"]] == [2, 3, 4]
    assert len(exported["merges"]) == 2
    assert [row["kind"] for row in exported["identity_decisions"]] == ["merge"]
    erased = any_store.privacy.erase_person(Selector(author_id=4), NOW)
    assert (erased.rows["authors"], erased.rows["mentions"]) == (3, 3)
    assert (erased.rows["merges"], erased.rows["identity_decisions"]) == (2, 1)
    assert persons(any_store) == [own(any_store, 1)]
    assert (_count(any_store, people), _count(any_store, merges)) == (1, 0)


def test_erasing_a_customer_settles_who_is_left_of_their_group(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2))
    several(any_store, 3, a1=linked("C1"), a2=linked("C2"))
    found(any_store, tie(1, 3), tie(2, 3))
    assert groups(any_store) == [[1], [2], [3]]
    any_store.privacy.erase_person(Selector(contact_id="C1"), NOW)
    left = any_store.merging.accounts(set(persons(any_store)))
    assert [[account.author_id for account in accounts] for accounts in left.values()] == [[2, 3]]
    assert [account.contact_id for accounts in left.values() for account in accounts] == ["C2", "C2"]


def test_a_post_that_is_gone_takes_its_author_out_of_the_group(any_store: Store) -> None:
    several(any_store, 3, **{f"a{n}": keyed("n:ada") for n in (1, 2, 3)})
    found(any_store, tie(1, 2), tie(2, 3))
    any_store.merging.merge(1, 2, actor="kim", now=NOW)
    any_store.merging.split(1, 3, actor="kim", note="another", now=NOW)
    judge(any_store)
    any_store.rechecks.save_rechecked([], [1], NOW)
    assert groups(any_store) == [[1], [2, 3]]
    assert persons(any_store)[0] == own(any_store, 1)
    kinds = [(each.decision.kind, each.decision.note) for each in any_store.identities.decisions()]
    assert kinds == [(DecisionKind.SPLIT, "")], "what they are not is remembered, without words"
    assert {job.person_id for job in pending(any_store)} >= {own(any_store, 1), own(any_store, 2)}
    assert compared(any_store) == []


def test_standings_follow_the_group_and_come_back(any_store: Store) -> None:
    several(any_store, 2)
    judge(any_store)
    merged = any_store.merging.merge(1, 2, actor="kim", now=NOW)
    judge(any_store)
    assert [facts.standing is None for facts in _facts(any_store)] == [False, True]
    any_store.identities.undo(merged.decision.id, actor="kim", now=NOW)
    judge(any_store)
    assert [facts.standing.stance for facts in _facts(any_store) if facts.standing] == [Stance.PROMOTER, Stance.PROMOTER]


def _facts(store: Store) -> Sequence[Any]:
    return store.cases.facts([(own(store, 1), BRAND), (own(store, 2), BRAND)], NOW, NOW)


def test_every_move_is_queued_for_both_persons(any_store: Store) -> None:
    several(any_store, 3)
    judge(any_store)
    found(any_store, tie(1, 3))
    with any_store._database.read() as connection:
        queued = set(connection.scalars(select(judge_queue.c.person_id)))
    assert queued == {own(any_store, 1), own(any_store, 3)}
    assert any_store.matches.pending_matches(MATCHER, 9, POLICIES) == []
