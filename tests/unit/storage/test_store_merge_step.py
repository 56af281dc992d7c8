"""The merge step with the real matcher and merger: accounts find each other by their keys, in a pass or over several."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from listener import pipeline
from listener.core.brand import OPEN_WEB, OwnSide
from listener.core.identities import MergeWork
from listener.core.mention import Author, Mention
from listener.core.terms import BY_NAME, REDDIT
from nlp.identity.customer_keys import customer_keys
from nlp.identity.matcher import build_matcher
from nlp.identity.merging import build_merger
from storage.store import Store
from storage.tables import authors
from tests.support.heard import NOW, customer, hear, import_customers, mention, understand

POLICIES = {**BY_NAME, OPEN_WEB.name: OPEN_WEB}
ADA = "Ada Lindqvist"


def on_x(number: int = 1, **values: object) -> Mention:
    author = Author(
        service_id="77", handle="adalq", display_name=ADA, profile_url="https://x.com/adalq", links=("https://adalq.example",)
    )
    return mention(number, platform="x", origin="x.com", author=replace(author, **values))  # type: ignore[arg-type]


def on_mastodon(number: int = 2, **values: object) -> Mention:
    page = "https://mastodon.example/@ada"
    author = Author(service_id=page, handle="ada", display_name=ADA, profile_url=page, links=("https://x.com/adalq",))
    return mention(number, platform="mastodon", origin="mastodon.example", author=replace(author, **values))  # type: ignore[arg-type]


def on_blog(number: int = 3) -> Mention:
    return mention(number, platform="blog", origin="https://adalq.example/feed", author=Author(display_name=ADA))


def a_pass(store: Store) -> int:
    understand(store)
    matcher = build_matcher(OwnSide())
    pipeline.identify(store.matches, store.customers, matcher, POLICIES, NOW)
    return pipeline.merge(store.merging, store.customers, build_merger(), POLICIES, NOW)


def persons(store: Store) -> list[int]:
    with store._database.read() as connection:
        return list(connection.scalars(select(authors.c.person_id).order_by(authors.c.id)))


def test_x_blog_and_mastodon_of_one_person_become_one(any_store: Store) -> None:
    stranger = Author(handle="bob", display_name="Bob Stone")
    hear(any_store, on_x(), on_mastodon(), on_blog(), mention(4, platform="github", author=stranger))
    assert a_pass(any_store) == 4
    ada, mastodon, blog, bob = persons(any_store)
    assert ada == mastodon == blog != bob
    assert a_pass(any_store) == 0
    assert any_store.merging.pending_merges(9, POLICIES) == MergeWork((), (), 4)


def test_they_find_each_other_in_whatever_order_they_are_heard(any_store: Store) -> None:
    for post in (on_blog(), on_mastodon(), on_x()):
        hear(any_store, post)
        a_pass(any_store)
    assert len(set(persons(any_store))) == 1


def test_one_account_that_the_crm_knows_makes_all_of_them_the_customer(any_store: Store) -> None:
    known = customer(1, first_name="Ada", last_name="Lindqvist", email="ada@adalq.example", company="", website=None, handles=())
    keys = customer_keys(known)
    any_store.customers.save_customers([(known, keys)], "i1", NOW)
    any_store.customers.finish_import("i1", NOW, allow_shrink=False)
    hear(any_store, on_x(email="ada@adalq.example"), on_mastodon())
    a_pass(any_store)
    (person,) = set(persons(any_store))
    assert [account.contact_id for account in any_store.merging.accounts([person])[person]] == ["C1", "C1"]


def test_what_was_split_stays_split_when_the_profiles_change_and_are_compared_again(any_store: Store) -> None:
    hear(any_store, on_x(), on_mastodon())
    a_pass(any_store)
    any_store.merging.split(1, 2, actor="kim", now=NOW)
    hear(any_store, on_x(10, bio="CTO at Brimtel"), on_mastodon(11, bio="Brimtel's CTO"))
    assert a_pass(any_store) == 2
    assert len(set(persons(any_store))) == 2
    assert any_store.merging.proposals() == []


def test_a_tie_ends_with_what_it_rested_on(any_store: Store) -> None:
    hear(any_store, on_x(links=()), on_mastodon())
    a_pass(any_store)
    assert len(set(persons(any_store))) == 1
    hear(any_store, on_mastodon(12, links=("https://example.example/elsewhere",), display_name="Bob Stone"))
    a_pass(any_store)
    assert len(set(persons(any_store))) == 2


def test_redditors_are_merged_with_nobody(any_store: Store) -> None:
    author = Author(handle="adalq", display_name=ADA, links=("https://mastodon.example/@ada",))
    hear(any_store, mention(1, platform="reddit", author=author), policy=REDDIT.name)
    hear(any_store, on_mastodon())
    understand(any_store)
    a_pass(any_store)
    assert len(set(persons(any_store))) == len(persons(any_store))
    assert any_store.merging.proposals() == []


def test_a_proposal_waits_for_a_person(any_store: Store) -> None:
    import_customers(any_store, customer(1))
    hear(any_store, on_x(links=()), on_mastodon(display_name="ada"))
    a_pass(any_store)
    assert len(set(persons(any_store))) == 2
    (proposal,) = any_store.merging.proposals()
    assert not proposal.merge.certain
    assert (proposal.one.platform, proposal.other.platform) == ("x", "mastodon")
    any_store.merging.merge(1, 2, actor="kim", now=NOW)
    a_pass(any_store)
    assert len(set(persons(any_store))) == 1
