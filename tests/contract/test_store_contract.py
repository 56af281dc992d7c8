"""What every database must do for the steps of the pipeline: the whole suite runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from listener.core.analysis import Intent, Label, Level
from listener.core.brand import OPEN_WEB, Evidence, MatchingPolicy, TargetKind
from listener.core.cases import Action, CaseKind, CaseState, EventKind
from listener.core.errors import ImportRefused, RetryLater, SourceRejected, StorageError, StoreBusy
from listener.core.mention import Author, Kind, Mention, Page
from listener.core.messages import Delivery, Message
from listener.core.people import Outcome, RunnerUp
from listener.core.ports import Saved, StreamResult
from listener.core.standing import Stance
from listener.core.telling import Health
from listener.core.times import midnight
from listener.outbox import next_attempt
from listener.query import document_of, parse
from storage import schema
from storage.candidates import CONTACTS
from storage.outbox import MessageState
from storage.store import Store, open_store
from tests.support.heard import (
    ANALYZER,
    BRAND,
    DAY,
    HOUR,
    MATCHER,
    NOBODY,
    NOW,
    OFF_TARGET,
    ONE_OF_US,
    PEPPER,
    PRAISE,
    about,
    customer,
    hear,
    identify,
    import_customers,
    judge,
    linked,
    mention,
    opened,
    pending,
    sqlite_url,
    standing,
    target,
    understand,
)
from tests.support.outbox import due, entries

POLICIES = {"closed-forum": MatchingPolicy("closed-forum", may_quote=False)}


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return sqlite_url(tmp_path / "store.db")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url, now=NOW, pepper=PEPPER, policies=POLICIES, busy=timedelta(seconds=1)) as opened_store:
        yield opened_store


# ------------------------------------------------------------------------------------------------------- collecting


def test_a_page_is_kept_with_its_cursor(store: Store) -> None:
    saved = hear(store, mention(1), mention(2), cursor={"etag": "a", "seen": [1, 2]}, stream="feed")
    assert saved == Saved(new=2)
    assert store.mentions.cursors("blogs") == {"feed": {"etag": "a", "seen": [1, 2]}}
    assert store.mentions.cursors("others") == {}


def test_a_page_heard_again_adds_nothing_and_moves_the_cursor(store: Store) -> None:
    hear(store, mention(1), mention(2))
    assert hear(store, mention(1), mention(2), mention(3), cursor={"etag": "2"}, now=NOW + DAY) == Saved(new=1, duplicates=2)
    assert store.mentions.cursors("blogs") == {"": {"etag": "2"}}
    assert len(store.mentions.find()) == 3


def test_listening_began_when_a_stream_was_first_heard(store: Store) -> None:
    hear(store, mention(1), stream="a")
    hear(store, mention(2), stream="a", now=NOW + DAY)
    assert store.runs.listened_since("blogs") == {"a": NOW}


def test_an_edit_is_a_new_revision_and_is_analysed_again(store: Store) -> None:
    hear(store, mention(1, "Quillon is fine."))
    (job,) = understand(store)
    assert hear(store, mention(1, "Quillon is awful."), now=NOW + HOUR) == Saved(changed=1)
    (again,) = store.analyses.pending_analyses(ANALYZER, 10)
    assert (again.mention_id, again.revision, again.text) == (job.mention_id, 2, "Quillon is awful.")
    shown = store.mentions.show(job.mention_id)
    assert shown is not None
    assert shown.mention.edited_at == NOW + HOUR
    assert not shown.analysis_is_current


def test_counts_are_no_edit(store: Store) -> None:
    hear(store, mention(1, engagement=1))
    understand(store)
    assert hear(store, mention(1, engagement=50)) == Saved(duplicates=1)
    assert not store.analyses.pending_analyses(ANALYZER, 10)


def test_a_changed_rating_is_analysed_again(store: Store) -> None:
    hear(store, mention(1, rating=5.0))
    understand(store)
    assert hear(store, mention(1, rating=1.0)) == Saved(duplicates=1)
    assert len(store.analyses.pending_analyses(ANALYZER, 10)) == 1


def test_of_two_entries_with_one_id_on_a_page_the_first_counts(store: Store) -> None:
    page = (mention(1, "The first."), mention(1, "The second."))
    assert hear(store, *page) == Saved(new=1, duplicates=1)
    assert hear(store, *page) == Saved(duplicates=2)
    assert [found.text for found in store.mentions.find()] == ["The first."]


def test_a_feed_that_changes_its_ids_does_not_make_old_posts_new(store: Store) -> None:
    hear(store, mention(1, "Short.", external_id="old", url="https://blog.example/p?utm_source=rss"))
    assert hear(store, mention(1, "Short.", external_id="new", url="http://BLOG.example/p/")) == Saved(duplicates=1)
    assert hear(store, mention(1, "Other words.", external_id="new")) == Saved(new=1)


def test_an_id_belongs_to_its_origin(store: Store) -> None:
    hear(store, mention(1, "Mine."))
    assert hear(store, mention(1, "Stolen id.", origin="https://evil.example/feed", url=None)) == Saved(new=1)
    assert sorted(found.text for found in store.mentions.find()) == ["Mine.", "Stolen id."]


def test_posts_from_before_the_source_was_added_are_history(store: Store) -> None:
    old, new = mention(1, published_at=NOW - 10 * DAY), mention(2)
    hear(store, old, new, mention(3, published_at=None), news_since=NOW - 2 * DAY)
    assert [found.history for found in reversed(store.mentions.find())] == [True, False, False]


def test_text_that_no_database_can_hold_is_made_storable(store: Store) -> None:
    awkward = "Quillon \x00 and \ud800 and \U0001f600"
    author = Author(handle="nul\x00", bio=awkward, links=(awkward,), followers=10**30, created_year=-(10**30))
    hear(store, mention(1, awkward, title=awkward, url=awkward, author=author, engagement=10**30, rating=float("nan")))
    (found,) = store.mentions.find()
    assert found.text == "Quillon \ufffd and \ufffd and \U0001f600"
    assert found.author.followers == 2**63 - 1
    assert hear(store, mention(1, awkward, title=awkward, url=awkward, author=author)) == Saved(duplicates=1)


def test_very_long_foreign_text_fits(store: Store) -> None:
    long = "x y" * 100_000
    hear(store, mention(1, long, title=long, url=f"https://blog.example/{long}", external_id=long, origin=long, by=long))
    assert store.mentions.find()[0].text == long


def test_a_thousand_mentions_and_more_on_one_page(store: Store) -> None:
    page = [mention(number, by=f"w{number % 700}") for number in range(2_500)]
    assert hear(store, *page) == Saved(new=2_500)
    assert hear(store, *page) == Saved(duplicates=2_500)
    assert len({found.author_id for found in store.mentions.find(limit=3_000)}) == 700


def test_an_empty_page_moves_the_cursor(store: Store) -> None:
    assert store.mentions.save_page("s", "", "rss", "open-web", Page(cursor={"n": 1}), NOW, NOW) == Saved()
    assert store.mentions.cursors("s") == {"": {"n": 1}}


def test_a_page_that_cannot_be_kept_leaves_nothing(store: Store) -> None:
    with pytest.raises(StorageError):
        hear(store, mention(1), cursor={"n": 1}, stream=None)
    assert store.mentions.find() == []
    assert store.mentions.cursors("blogs") == {}


def test_mentions_are_found_by_their_words(store: Store) -> None:
    hear(store, mention(1, "100% sure"), mention(2, "1000 things"), mention(3, "none", title="SURE enough"))
    hear(store, mention(4, "sure"), source="others")
    assert [found.mention_id for found in store.mentions.find(parse("sure"))] == [4, 3, 1]
    assert [found.mention_id for found in store.mentions.find(parse("sure"), source="blogs", limit=1)] == [3]
    assert [found.mention_id for found in store.mentions.find(parse("100%"))] == [1]


SAID = [
    mention(1, "Quillon crashed", by="ada", language="de", url="https://blog.example/1", title=None),
    mention(2, "ＱＵＩＬＬＯＮ in wide letters, and the Kelvin \u212a", by="bob", title=None),
    mention(3, "quillons are not meant", title="Quillon in the title", kind=Kind.COMMENT),
    mention(4, "Nothing at all", author=Author(handle="cleo", display_name="Quillon Fan", followers=5_000), title=None),
    mention(5, "我很喜欢奎隆应用 100%", url="https://shop.xn--bcher-kva.example/x", title=None),
    mention(6, "QUILLON_crash under_score", by="Ada", title="", language=None),
]
QUERIES = [
    "quillon", "quill*", "QUILLON crashed", "quillon OR nothing", "-quillon", "title:quillon", "type:comment", "author:ada",
    "author:quillon", "followers:>1k", "lang:de", "lang:en", "-lang:en", "site:blog.example", "site:bücher.example",
    "source:blogs", "source:o*", "source:(blogs OR others) NOT quillon", "奎隆", "100%", "kelvin NEAR/1 k",
    "quillon NEAR/3 (title OR wide)", "NOT NOT nothing", "quillon -@jobs", "quillon_crash", '"und%"', "nothing " * 500,
    " OR ".join(f"word{n}" for n in range(700)) + " OR nothing",
]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:30])
def test_a_search_finds_what_the_query_matches_and_nothing_else(store: Store, query: str) -> None:
    hear(store, *SAID[:4])
    hear(store, *SAID[4:], source="others")
    asked = parse(query)
    source = {number: "blogs" if number <= 4 else "others" for number in range(1, 7)}
    expected = [n for n in range(6, 0, -1) if asked.matches(document_of(SAID[n - 1], source[n]))]
    assert [found.mention_id for found in store.mentions.find(asked)] == expected
    assert [found.mention_id for found in store.mentions.find(asked, limit=1)] == expected[:1]


def test_a_search_goes_on_through_all_that_was_heard_until_it_has_enough(store: Store) -> None:
    hear(store, *(mention(n, f"Größe {'seltener Fund' if n % 700 == 1 else 'nichts'}", by="jane") for n in range(1, 1_601)))
    asked = parse('größe "seltener fund"')
    assert [found.mention_id for found in store.mentions.find(asked)] == [1401, 701, 1]
    assert [found.mention_id for found in store.mentions.find(asked, limit=2)] == [1401, 701]
    assert len(store.mentions.find(limit=1_200)) == 1_200


def test_the_language_that_was_found_out_goes_before_the_one_that_a_source_states(store: Store) -> None:
    hear(store, mention(1, "Quillon hilft"), mention(2, "Quillon helps"))
    jobs = store.analyses.pending_analyses(ANALYZER, 10)
    found = {1: replace(about(), language="de", level=Level.LOW), 2: replace(about(), language=None, level=Level.HIGH)}
    verdicts = [(job, found[job.mention_id]) for job in jobs]
    store.analyses.save_analyses(verdicts, ANALYZER, NOW)
    assert [each.mention_id for each in store.mentions.find(parse("lang:de"))] == [1]
    assert [each.mention_id for each in store.mentions.find(parse("lang:en"))] == [2]
    assert [each.level for each in store.mentions.find()] == [Level.HIGH, Level.LOW]
    assert [each.mention_id for each in store.mentions.find(hidden=True)] == [1]
    assert store.mentions.find(parse("helps"), hidden=True) == []


# ----------------------------------------------------------------------------------------------------------- stories


def test_a_post_heard_through_two_feeds_is_one_story(store: Store) -> None:
    hear(store, mention(1, "An excerpt", by="jane"))
    hear(
        store,
        mention(
            9,
            "The full text of it",
            by="jane",
            origin="https://planet.example/feed",
            url="https://blog.example/post-1?utm_medium=x#respond",
        ),
    )
    assert {found.story_id for found in store.mentions.find()} == {1}


def test_posts_of_one_thread_with_one_address_are_stories_of_their_own(store: Store) -> None:
    thread = "https://forum.example/thread"
    hear(store, mention(1, url=thread), mention(2, url=thread), mention(3, url=f"{thread}#comment-3", kind=Kind.COMMENT))
    assert len({found.story_id for found in store.mentions.find()}) == 3
    assert all(found.own_words for found in store.mentions.find())


def test_copied_words_are_heard_but_are_not_the_copyists_own(store: Store) -> None:
    hear(store, mention(1, PRAISE, by="ada"))
    hear(store, mention(2, f"  {PRAISE.upper()} ", by="bob", origin="https://other.example/feed"))
    hear(store, mention(3, PRAISE, by="ada", external_id="again"))
    again, copy, first = store.mentions.find()
    assert first.story_id == copy.story_id == again.story_id
    assert (first.own_words, copy.own_words, again.own_words) == (True, False, True)


def test_short_words_are_no_copy(store: Store) -> None:
    hear(store, mention(1, "Great product!"), mention(2, "Great product!"))
    assert len({found.story_id for found in store.mentions.find()}) == 2


@pytest.mark.parametrize("original", ["https://blog.example/post-1", "post-1"])
def test_a_repost_joins_the_story_of_its_original(store: Store, original: str) -> None:
    hear(store, mention(1, "Mine", by="ada"))
    hear(store, mention(2, "RT: Mine", by="bob", kind=Kind.REPOST, repost_of=original))
    repost, first = store.mentions.find()
    assert repost.story_id == first.story_id
    assert (first.own_words, repost.own_words) == (True, False)


def test_an_original_heard_after_its_repost_is_still_its_authors_own_words(store: Store) -> None:
    hear(store, mention(2, PRAISE, by="bob", kind=Kind.REPOST, repost_of="https://other.example/1"))
    hear(store, mention(1, PRAISE, by="ada", url="https://other.example/1", origin="https://other.example/feed"))
    first, repost = store.mentions.find()
    assert repost.story_id == first.story_id
    assert (first.own_words, repost.own_words) == (True, False)


# ------------------------------------------------------------------------------------------------------- whose words

PLANET = "https://planet.example/feed"


def _owners(store: Store) -> set[str]:
    """The external ids of the mentions whose words are their author's own."""
    return {f"{found.author.handle or found.author.display_name}" for found in store.mentions.find() if found.own_words}


def _hear_in_order(store: Store, *pages: Mention) -> None:
    for number, one in enumerate(pages):
        hear(store, one, stream=f"stream {number}")


def test_an_original_that_is_heard_after_its_copy_takes_its_words_back(store: Store) -> None:
    hear(store, mention(1, PRAISE, by="bob"), mention(2, PRAISE, by="eve", kind=Kind.REPOST))
    understand(store)
    judge(store)
    assert pending(store) == []
    hear(store, mention(3, PRAISE, by="ada", published_at=NOW - 2 * HOUR))
    repost, copy, original = store.mentions.find()
    assert (original.own_words, repost.own_words, copy.own_words) == (True, False, False)
    assert original.story_id == copy.story_id
    (bob,) = pending(store)
    assert [(opinion.mention_id, opinion.own_words) for opinion in bob.opinions] == [(copy.mention_id, False)]
    understand(store)
    assert {opinion.own_words for job in pending(store) for opinion in job.opinions} == {True, False}


def test_a_copyists_other_posts_with_the_words_follow(store: Store) -> None:
    ada = mention(1, PRAISE, by="ada")
    hear(store, ada, mention(2, PRAISE, by="bob", published_at=NOW), mention(3, PRAISE, by="bob", published_at=NOW))
    understand(store)
    judge(store)
    hear(store, mention(4, PRAISE, by="bob", published_at=NOW - DAY))
    assert _owners(store) == {"bob"}
    assert len([found for found in store.mentions.find() if found.own_words]) == 3
    assert len(pending(store)) == 2


@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_who_said_it_at_once_the_better_known_is_the_author(store: Store, turn: int) -> None:
    own = mention(1, PRAISE, author=Author(display_name="Ada", profile_url="https://ada.example/"))
    copy = mention(1, PRAISE, author=Author(display_name="Bob"), origin=PLANET)
    nobody = mention(2, PRAISE, by="", origin="https://other.example/feed")
    _hear_in_order(store, *[own, copy, nobody][::turn])
    assert _owners(store) == {"Ada"}


@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_bare_names_who_published_at_home_is_the_author(store: Store, turn: int) -> None:
    at_home = mention(1, PRAISE, author=Author(display_name="Ada"))
    by_id = mention(
        2, PRAISE.upper(), author=Author(display_name="Ida"), origin="http://127.0.0.1/feed", url="https://a.example/1"
    )
    own = replace(by_id, external_id="https://a.example/1", text=PRAISE.replace("Flow", "Sign"))
    copies = [replace(one, origin=PLANET, external_id="7", author=Author(display_name="Bob")) for one in (at_home, own)]
    copies[1] = replace(copies[1], external_id="8")
    _hear_in_order(store, *[at_home, own, *copies][::turn])
    assert _owners(store) == {"Ada", "Ida"}


def test_where_nothing_tells_two_apart_the_order_of_hearing_does_not_matter(url: str, tmp_path: Path) -> None:
    one = mention(1, PRAISE, author=Author(display_name="Ada"), url=None)
    other = mention(1, PRAISE, author=Author(display_name="Bob"), origin=PLANET, url=None)
    found = []
    for where, pages in ((url, (one, other)), (sqlite_url(tmp_path / "turned.db"), (other, one))):
        with open_store(where, now=NOW, pepper=PEPPER) as turned:
            _hear_in_order(turned, *pages)
            found.append(_owners(turned))
    assert found[0] == found[1]
    assert len(found[0]) == 1


def test_who_is_named_goes_before_who_is_not(store: Store) -> None:
    hear(store, mention(1, PRAISE, by="", published_at=NOW - DAY))
    assert [found.own_words for found in store.mentions.find()] == [True]
    hear(store, mention(2, PRAISE, by="", published_at=NOW - 2 * DAY, origin=PLANET))
    assert [found.own_words for found in store.mentions.find()] == [False, True]
    hear(store, mention(3, PRAISE, by="ada"))
    assert [found.own_words for found in store.mentions.find()] == [True, False, False]


def test_ones_own_post_through_two_feeds_stays_ones_own(store: Store) -> None:
    _hear_in_order(store, mention(1, PRAISE, by="ada", published_at=NOW), mention(1, PRAISE, by="ada", origin=PLANET))
    assert [found.own_words for found in store.mentions.find()] == [True, True]
    assert len({found.story_id for found in store.mentions.find()}) == 1


def test_no_copy_becomes_the_original_because_the_author_edited_the_post(store: Store) -> None:
    ada, copy = mention(1, PRAISE, by="ada"), mention(2, PRAISE, by="bob", published_at=NOW)
    hear(store, ada, copy)
    edited = replace(ada, text=PRAISE.replace("hours", "days"))
    hear(store, edited)
    hear(store, mention(3, PRAISE, by="eve", published_at=NOW), mention(4, edited.text, by="eve", published_at=NOW))
    assert _owners(store) == {"ada"}
    assert hear(store, ada) == Saved(changed=1)
    assert _owners(store) == {"ada"}


def test_an_edit_can_make_words_a_copy_or_ones_own(store: Store) -> None:
    bob = mention(2, PRAISE, by="bob", published_at=NOW)
    hear(store, mention(1, PRAISE, by="ada"), bob)
    assert hear(store, replace(bob, text="Bob has something to say himself, and that at length.")) == Saved(changed=1)
    assert _owners(store) == {"ada", "bob"}
    assert hear(store, bob) == Saved(changed=1)
    assert _owners(store) == {"ada"}
    assert hear(store, replace(bob, text="Short.")) == Saved(changed=1)
    assert _owners(store) == {"ada", "bob"}


def test_words_can_change_hands_on_the_page_that_edits_the_title(store: Store) -> None:
    copy = mention(1, PRAISE, by="bob")
    hear(store, copy)
    hear(store, replace(copy, title="Another"), mention(2, PRAISE, by="ada", published_at=NOW - DAY))
    assert _owners(store) == {"ada"}


def test_many_copies_of_many_texts_are_decided_in_few_statements(store: Store) -> None:
    texts = [f"{PRAISE} ({number % 100})" for number in range(1_500)]
    hear(store, *(mention(number, text, by=f"w{number}") for number, text in enumerate(texts)))
    understand(store)
    earlier = [mention(f"e{number}", text, by=f"e{number}", published_at=NOW - DAY) for number, text in enumerate(texts)]
    statements = []
    event.listen(store._database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    hear(store, *earlier)
    found = store.mentions.find(limit=5_000)
    assert len([one for one in found if one.own_words]) == 100
    assert all(one.author.handle and one.author.handle.startswith("e") for one in found if one.own_words)
    assert len({one.story_id for one in found}) == 100
    assert len(statements) < 60


# ----------------------------------------------------------------------------------------------------- understanding


def test_pending_analyses_are_the_new_the_edited_and_the_outdated(store: Store) -> None:
    hear(store, mention(1), mention(2), mention(3))
    assert [job.mention_id for job in store.analyses.pending_analyses(ANALYZER, 2)] == [1, 2]
    understand(store)
    assert store.analyses.pending_analyses(ANALYZER, 10) == []
    assert [job.mention_id for job in store.analyses.pending_analyses("analyzer 0", 10)] == [1, 2, 3]
    assert [job.mention_id for job in store.analyses.pending_analyses("analyzer 2", 10)] == [1, 2, 3]


def test_an_analysis_comes_back_as_it_went_in(store: Store) -> None:
    hear(store, mention(1))
    analysis = about(
        target(Label.NEGATIVE, "One.", "Two."), target(Label.UNSCORED, kind=TargetKind.PRODUCT), intents=(Intent.LEAVING,)
    )
    understand(store, analysis)
    shown = store.mentions.show(1)
    assert shown is not None
    assert shown.analysis == analysis
    assert shown.analysis_is_current
    assert store.mentions.show(99) is None


def test_an_analysis_of_an_older_revision_is_left_out(store: Store) -> None:
    hear(store, mention(1, "Before."))
    jobs = store.analyses.pending_analyses(ANALYZER, 10)
    hear(store, mention(1, "After."))
    store.analyses.save_analyses([(jobs[0], about())], ANALYZER, NOW)
    assert [job.revision for job in store.analyses.pending_analyses(ANALYZER, 10)] == [2]


# ------------------------------------------------------------------------------------------------------- identifying


def test_only_authors_with_something_to_say_about_us_are_matched(store: Store) -> None:
    hear(store, mention(1), mention(2), mention(3))
    competitor = about(target(kind=TargetKind.COMPETITOR))
    understand(store, about(), OFF_TARGET, competitor)
    (job,) = identify(store)
    assert (job.author.handle, job.platform, job.origin, job.named) == ("writer1", "rss", "https://blog.example/feed", True)
    assert job.policy == OPEN_WEB
    assert store.matches.pending_matches(MATCHER, 10, {}) == []


def test_a_match_is_made_again_by_another_matcher_and_for_a_changed_author(store: Store) -> None:
    hear(store, mention(1, by="ada"))
    understand(store)
    identify(store)
    assert len(store.matches.pending_matches("matcher 2", 10, {})) == 1
    hear(store, mention(2, by="ada"))
    assert store.matches.pending_matches(MATCHER, 10, {}) == []
    hear(store, mention(3, author=Author(handle="ada", email="ada@firm.example", followers=5)))
    (job,) = store.matches.pending_matches(MATCHER, 10, {})
    assert job.author == Author(handle="ada", display_name="ada (name)", email="ada@firm.example", followers=5)


def test_an_author_takes_the_policy_of_the_newest_mention(store: Store) -> None:
    strict = MatchingPolicy("strict", evidence=frozenset({Evidence.HANDLE}))
    hear(store, mention(1, by="ada"))
    hear(store, mention(2, by="ada"), policy="strict", source="forum")
    hear(store, mention(3, by="ada", published_at=NOW - 9 * DAY))
    understand(store)
    (job,) = store.matches.pending_matches(MATCHER, 10, {"strict": strict, OPEN_WEB.name: OPEN_WEB})
    assert job.policy == strict
    (job,) = store.matches.pending_matches(MATCHER, 10, {})
    assert job.policy.evidence == frozenset()
    assert not job.policy.may_quote


def test_a_match_comes_back_as_it_went_in(store: Store) -> None:
    hear(store, mention(1, by="ada"))
    understand(store)
    match = linked("C1", outcome=Outcome.REVIEW, account="Firm 1", runner_up=RunnerUp("C2", 0.3), probability=0.6)
    identify(store, {"ada": match})
    shown = store.mentions.show(1)
    assert shown is not None
    assert shown.match == match


def test_authors_of_one_customer_are_one_person(store: Store) -> None:
    import_customers(store, customer(1))
    hear(store, mention(1, by="ada"), mention(2, by="lind"), mention(3, by="else"))
    understand(store)
    identify(store, {"ada": linked("C1"), "lind": linked("C1")})
    jobs = {tuple(opinion.mention_id for opinion in job.opinions): job for job in pending(store)}
    assert jobs[1, 2].customer
    assert not jobs[3,].customer


def test_unmatching_gives_the_author_back_and_both_are_judged(store: Store) -> None:
    import_customers(store, customer(1))
    hear(store, mention(1, by="ada"))
    understand(store)
    (before,) = pending(store)
    identify(store, {"ada": linked("C1")})
    judge(store)
    assert pending(store) == []
    identify(store, {}, fingerprint="matcher 2")
    after = {job.person_id: [opinion.mention_id for opinion in job.opinions] for job in pending(store)}
    assert after[before.person_id] == [1]
    assert sorted(after.values()) == [[], [1]]


def test_a_link_to_a_customer_who_is_gone_leaves_the_author_alone(store: Store) -> None:
    hear(store, mention(1, by="ada"))
    understand(store)
    identify(store, {"ada": linked("C404")})
    assert [job.customer for job in pending(store)] == [False]


def test_our_own_side_is_known_to_judging(store: Store) -> None:
    hear(store, mention(1, by="ada"))
    understand(store)
    identify(store)
    judge(store)
    identify(store, {"ada": ONE_OF_US}, fingerprint="matcher 2")
    assert [job.own_side for job in pending(store)] == [True]


# ------------------------------------------------------------------------------------------------------- customers


def test_customers_are_found_by_key_as_they_were_imported(store: Store) -> None:
    ada, bob = customer(1), customer(2, do_not_contact=True, website=None, handles=())
    assert import_customers(store, ada, bob) == (Saved(new=2), 0)
    found = store.customers.candidates(["email:ada1@firm1.example", f"email:{bob.email}", "email:nobody"], 5)
    bare = {key: [replace(one, extra={})] for key, one in (("email:ada1@firm1.example", ada), (f"email:{bob.email}", bob))}
    assert found == bare
    assert store.customers.get("C2") == bob
    assert store.customers.count() == 2
    assert store.customers.last_import() == "i1"


def test_a_key_that_too_many_share_is_no_evidence(store: Store) -> None:
    import_customers(store, customer(1), customer(2), customer(3), keys=["city:halden"])
    assert store.customers.candidates(["city:halden"], 2) == {}
    assert len(store.customers.candidates(["city:halden"], 3)["city:halden"]) == 3


def test_keys_are_counted_and_those_that_are_only_counted_find_nobody(store: Store) -> None:
    import_customers(store, customer(1), customer(2), customer(3), keys=["d:firm.example", "#f:ada"])
    asked = ["#f:ada", "d:firm.example", "d:other.example"]
    assert store.customers.bearers(asked) == {"#f:ada": 3, "d:firm.example": 3, "d:other.example": 0}
    assert store.customers.total() == 3
    assert list(store.customers.candidates(asked, 5)) == ["d:firm.example"]
    assert list(store.customers.accounts(asked)) == ["d:firm.example"]
    import_customers(store, customer(1), customer(2), keys=["#f:ada"], import_id="i2")
    assert store.customers.bearers(asked)["#f:ada"] == store.customers.total() == 2


def test_a_company_is_named_by_its_most_frequent_spelling(store: Store) -> None:
    spelled = ["Firm Ltd", "FIRM", "Firm Ltd", ""]
    import_customers(store, *(customer(number, company=company) for number, company in enumerate(spelled)), keys=["c:firm"])
    assert store.customers.accounts(["c:firm", "c:other"]) == {"c:firm": "Firm Ltd"}


def test_the_first_contacts_of_a_large_company_tell_its_spelling(store: Store) -> None:
    first, rest = ["Firm Ltd"] * (CONTACTS // 2 + 1), ["FIRM"] * CONTACTS
    everybody = [customer(number, company=company) for number, company in enumerate([*first, *rest])]
    import_customers(store, *everybody, keys=["c:firm"])
    assert store.customers.accounts(["c:firm"]) == {"c:firm": "Firm Ltd"}


def test_an_import_updates_retires_and_brings_back(store: Store) -> None:
    import_customers(store, customer(1), customer(2), customer(3))
    moved = customer(2, company="Elsewhere")
    assert import_customers(store, customer(1), moved, customer(2), import_id="i2") == (Saved(changed=1, duplicates=2), 1)
    assert store.customers.get("C2") == moved
    assert store.customers.get("C3") is None
    assert store.customers.candidates(["email:ada3@firm3.example"], 9) == {}
    assert [one.contact_id for one in store.customers.find()] == ["C1", "C2"]
    assert import_customers(store, customer(1), moved, customer(3), import_id="i3") == (Saved(new=1, duplicates=2), 0)
    assert store.customers.get("C3") == customer(3)


def test_an_import_that_shrank_by_more_than_half_is_refused(store: Store) -> None:
    everybody = [customer(number) for number in range(5)]
    import_customers(store, *everybody)
    with pytest.raises(ImportRefused, match=r"2 customers where the last one had 5.*--allow-shrink"):
        import_customers(store, customer(0, company="New"), customer(1), import_id="i2")
    assert store.customers.find() == everybody
    assert store.customers.last_import() == "i1"
    assert import_customers(store, customer(0), customer(1), import_id="i3", allow_shrink=True) == (Saved(duplicates=2), 3)


def test_nothing_changes_before_an_import_is_finished(store: Store, url: str) -> None:
    import_customers(store, customer(1))
    store.customers.save_customers([(customer(1, company="New"), []), (customer(2), [])], "i2", NOW)
    assert store.customers.find() == [customer(1)]
    with open_store(url, now=NOW, pepper=PEPPER) as after_a_kill:
        result = import_customers(after_a_kill, customer(1, company="Newer"), import_id="i2")
        assert result == (Saved(changed=1), 0)
        assert [one.company for one in after_a_kill.customers.find()] == ["Newer"]


def test_a_second_page_adds_to_the_first(store: Store) -> None:
    store.customers.save_customers([(customer(1), []), (customer(1, company="Twice"), [])], "i1", NOW)
    assert store.customers.save_customers([(customer(2), []), (customer(1), [])], "i1", NOW) == Saved(new=1, duplicates=1)
    assert store.customers.finish_import("i1", NOW, allow_shrink=False) == 0
    assert store.customers.find() == [customer(1), customer(2)]


def test_customers_are_found_by_name_company_and_id(store: Store) -> None:
    import_customers(store, customer(1), customer(2, last_name="Berg", company="Other"))
    assert [one.contact_id for one in store.customers.find("ada berg")] == ["C2"]
    assert [one.contact_id for one in store.customers.find("firm 1")] == ["C1"]
    assert [one.contact_id for one in store.customers.find("c2")] == ["C2"]
    assert store.customers.find("%") == []


# ----------------------------------------------------------------------------------------------------------- judging


def test_an_opinion_is_that_of_the_brand_else_of_a_product_and_never_of_a_competitor(store: Store) -> None:
    product = target(Label.NEGATIVE, kind=TargetKind.PRODUCT)
    unscored = target(Label.UNSCORED, kind=TargetKind.PRODUCT, key="quillon/other")
    competitor = target(Label.POSITIVE, kind=TargetKind.COMPETITOR)
    hear(store, *(mention(number, by="ada", published_at=NOW - number * HOUR) for number in (4, 3, 2, 1)))
    understand(store, about(product, target()), about(unscored, product), about(competitor), about(unscored))
    (job,) = pending(store)
    found = [(opinion.mention_id, opinion.sentiment.label) for opinion in job.opinions]
    assert found == [(1, Label.POSITIVE), (2, Label.NEGATIVE), (4, Label.UNSCORED)]


def test_an_opinion_has_all_that_judging_needs(store: Store) -> None:
    hear(store, mention(1, by="ada", rating=4.0, published_at=NOW - 5 * DAY), news_since=NOW - DAY)
    understand(store, about(target(Label.POSITIVE, "Nice."), intents=(Intent.RECOMMENDS,)))
    (opinion,) = pending(store)[0].opinions
    assert (opinion.said_at, opinion.rating, opinion.platform) == (NOW - 5 * DAY, 4.0, "rss")
    assert (opinion.own_words, opinion.history, opinion.intents) == (True, True, (Intent.RECOMMENDS,))
    assert opinion.sentiment.evidence == ("Nice.",)
    assert opinion.sentiment.probability == (0.1, 0.2, 0.7)


def test_a_post_from_the_future_was_said_when_it_was_heard(store: Store) -> None:
    hear(store, mention(1, published_at=NOW + 900 * DAY))
    understand(store)
    assert pending(store)[0].opinions[0].said_at == NOW


def test_judging_is_due_once_for_each_change_of_facts(store: Store) -> None:
    hear(store, mention(1, by="ada"))
    understand(store)
    identify(store)
    judge(store)
    assert pending(store) == []
    hear(store, mention(2, by="ada"))
    understand(store)
    (job,) = pending(store)
    assert job.previous == standing()
    assert [(case.kind, case.state) for case in job.cases] == [(CaseKind.HEARD, CaseState.NEW)]


def test_a_mention_that_is_no_longer_about_us_is_judged_again(store: Store) -> None:
    hear(store, mention(1))
    understand(store)
    judge(store)
    understand(store, OFF_TARGET, fingerprint="analyzer 2")
    (job,) = judge(store)
    assert job.opinions == ()
    assert pending(store) == []
    shown = store.mentions.show(1)
    assert shown is not None
    assert shown.standings == ()


def test_decay_and_another_judge_make_standings_due(store: Store) -> None:
    hear(store, mention(1))
    understand(store)
    judge(store, standing=standing(next_change_at=midnight(NOW) + 3 * DAY))
    assert pending(store, midnight(NOW) + 2 * DAY) == []
    assert len(pending(store, midnight(NOW) + 3 * DAY)) == 1
    assert len(pending(store, fingerprint="judge 2")) == 1


def test_a_standing_that_foretells_its_change_for_today_does_not_go_round_in_circles(store: Store) -> None:
    hear(store, mention(1))
    understand(store)
    judge(store, standing=standing(next_change_at=midnight(NOW)))
    assert pending(store) == []


def test_the_limit_of_jobs_holds_and_all_get_their_turn(store: Store) -> None:
    hear(store, *(mention(number) for number in range(5)))
    understand(store)
    seen = []
    while jobs := store.standings.pending_standings(midnight(NOW), "judge 1", 2):
        assert len(jobs) <= 2
        seen += [job.person_id for job in jobs]
        store.standings.save_standings([(job, standing(), []) for job in jobs], "judge 1", NOW)
    assert len(seen) == len(set(seen)) == 5


def test_a_standing_is_kept_when_it_differs_in_more_than_the_day(store: Store) -> None:
    hear(store, mention(1))
    understand(store)
    (job,) = judge(store)
    job = replace(job, cases=tuple(store.cases.find()))
    for days, given in ((1, standing(as_of=midnight(NOW) + DAY)), (2, standing(Stance.PASSIVE, as_of=midnight(NOW) + 2 * DAY))):
        store.standings.save_standings([(job, given, [])], "judge 1", NOW + days * DAY)
    assert store.admin.status().rows["standings"] == 2
    (facts,) = store.cases.facts([(job.person_id, BRAND)], NOW + DAY, NOW + 3 * DAY)
    assert facts.standing is not None
    assert (facts.standing.stance, facts.stance_before) == (Stance.PASSIVE, Stance.PROMOTER)


def test_a_case_is_opened_once_and_its_events_append(store: Store) -> None:
    hear(store, mention(1))
    understand(store)
    (job,) = pending(store)
    change = opened(job.person_id, due_at=NOW + DAY, detail={"why": ["a", 1]})
    store.standings.save_standings([(job, standing(), [change])], "judge 1", NOW)
    job = replace(job, cases=tuple(store.cases.find()))
    store.standings.save_standings([(job, standing(), [change])], "judge 1", NOW)
    (case,) = store.cases.find()
    assert (case.due_at, case.mention_ids, case.opened_at) == (NOW + DAY, (1,), NOW)
    later = replace(change, case_id=case.case_id, event=EventKind.UPDATED, at=NOW + HOUR, mention_ids=(1, 2), due_at=None)
    store.standings.save_standings([(job, standing(), [later])], "judge 1", NOW)
    (case,) = store.cases.find()
    assert (case.due_at, case.mention_ids, case.opened_at, case.changed_at) == (None, (1, 2), NOW, NOW + HOUR)
    first, second = store.cases.events(case.case_id)
    assert (first.kind, second.kind, first.detail) == (EventKind.OPENED, EventKind.UPDATED, {"why": ["a", 1]})


def test_a_persons_decision_is_carried_out_and_recorded(store: Store) -> None:
    hear(store, mention(1))
    understand(store)
    judge(store)
    (case,) = store.cases.find()
    change = opened(
        case.person_id, case_id=case.case_id, event=EventKind.DECIDED, state=CaseState.SNOOZED, actor="kim", at=NOW + HOUR
    )
    change = replace(change, action=Action.SNOOZE, reason="on holiday", snoozed_until=NOW + DAY, assignee="kim")
    after = store.cases.apply(change)
    assert after == store.cases.get(case.case_id)
    assert (after.state, after.assignee, after.snoozed_until) == (CaseState.SNOOZED, "kim", NOW + DAY)
    assert store.cases.events(case.case_id)[-1].action == Action.SNOOZE
    assert store.cases.get(99) is None
    with pytest.raises(StorageError, match="Case 7 no longer exists"):
        store.cases.apply(replace(change, case_id=7, person_id=99))


def test_a_decision_made_while_a_run_judges_counts(store: Store) -> None:
    hear(store, mention(1))
    understand(store)
    judge(store)
    (case,) = store.cases.find()
    store.cases.apply(opened(case.person_id, event=EventKind.DECIDED, state=CaseState.NEW, action=Action.ASSIGN, actor="kim"))
    (job,) = pending(store)
    decided = opened(case.person_id, case_id=case.case_id, event=EventKind.DECIDED, state=CaseState.CONTACTED, at=NOW + HOUR)
    store.cases.apply(replace(decided, action=Action.CONTACTED, actor="kim"))
    store.standings.save_standings(
        [(job, standing(), [replace(decided, event=EventKind.UPDATED, state=CaseState.NEW)])], "judge 1", NOW + HOUR
    )
    assert store.cases.find()[0].state is CaseState.CONTACTED
    (again,) = pending(store)
    assert [one.state for one in again.cases] == [CaseState.CONTACTED]


def test_the_same_words_of_two_people_at_one_address_are_two_mentions(store: Store) -> None:
    first, second = (
        mention(number, text="Same here, thanks!", url="https://blog.example/post", author=Author(display_name=name))
        for number, name in ((1, "Ann"), (2, "Bob"))
    )
    hear(store, first, second)
    assert len(store.mentions.find()) == 2


def test_changed_terms_of_a_source_reach_what_is_stored(store: Store) -> None:
    hear(store, mention(1))
    understand(store)
    identify(store)
    assert identify(store) == []
    source = store.mentions.find()[0].source
    store.mentions.adopt_policies({source: OPEN_WEB})
    identify(store)
    stricter = replace(OPEN_WEB, name="stricter", may_quote=False)
    store.mentions.adopt_policies({source: stricter})
    shown = store.mentions.show(1)
    assert shown is not None
    assert shown.mention.policy == "stricter"
    assert len(identify(store)) == 1
    store.mentions.adopt_policies({source: stricter})
    assert identify(store) == []


def test_a_decision_makes_its_person_due_for_judging(store: Store) -> None:
    hear(store, mention(1), mention(2))
    understand(store)
    judge(store)
    case = store.cases.find()[0]
    assert pending(store) == []
    store.cases.apply(opened(case.person_id, event=EventKind.DECIDED, state=CaseState.SNOOZED, action=Action.SNOOZE, actor="kim"))
    (job,) = pending(store)
    assert (job.person_id, [one.state for one in job.cases]) == (case.person_id, [CaseState.SNOOZED])
    with pytest.raises(StorageError, match="was erased"):
        store.cases.apply(opened(404))
    assert len(pending(store)) == 1


def test_cases_are_listed_by_state_kind_and_brand(store: Store) -> None:
    hear(store, mention(1), mention(2))
    understand(store)
    one, two = (job.person_id for job in pending(store))
    for change in (
        opened(one),
        opened(one, CaseKind.FOLLOW_UP, at=NOW + HOUR),
        opened(two, brand="other", state=CaseState.RESOLVED),
    ):
        store.cases.apply(change)
    assert [case.kind for case in store.cases.find()] == [CaseKind.FOLLOW_UP, CaseKind.HEARD, CaseKind.HEARD]
    assert len(store.cases.find(states=[CaseState.NEW])) == 2
    assert len(store.cases.find(states=[])) == 0
    assert len(store.cases.find(kind=CaseKind.HEARD, brand="other")) == 1


def test_what_is_judged_about_an_erased_person_is_left_out(store: Store) -> None:
    hear(store, mention(1))
    understand(store)
    (job,) = pending(store)
    store.standings.save_standings([(replace(job, person_id=404), standing(), [opened(404)])], "judge 1", NOW)
    assert store.cases.find() == []


# ----------------------------------------------------------------------------------------------------------- telling


def test_the_facts_of_a_window(store: Store) -> None:
    import_customers(store, customer(1, do_not_contact=True))
    text = "Quillon Flow has saved our team hours."
    author = Author(handle="ada", followers=120)
    hear(
        store,
        mention(1, text, author=author),
        mention(2, by="us"),
        mention(3, by="else"),
        mention(4, by="off"),
        mention(5, by="x"),
    )
    understand(store, about(target(Label.POSITIVE, text)), about(), about(target(Label.UNSCORED)), OFF_TARGET)
    identify(store, {"ada": linked("C1"), "us": ONE_OF_US})
    judge(store)
    facts = store.digests.digest_facts(NOW - HOUR, NOW)
    assert (facts.mentions, facts.own_side, facts.unmatched, facts.unscored) == (2, 1, 1, 1)
    assert facts.labels == {Label.POSITIVE: 1, Label.UNSCORED: 1}
    ada = next(person for person in facts.people if person.contact_id == "C1")
    assert (ada.name, ada.company, ada.job_title, ada.owner, ada.segment) == ("Ada Lind1", "Firm 1", "Engineer", "Kim", "Gold")
    assert (ada.do_not_contact, ada.platforms, ada.reach, ada.brand) == (True, ("rss",), 120, BRAND)
    assert ada.match == linked("C1")
    assert ada.standing == standing()
    assert ada.stance_before is None
    ((case, (event,)),) = [(found.case, found.events) for found in ada.cases]
    assert (case.kind, event.kind) == (CaseKind.HEARD, EventKind.OPENED)
    (quote,) = ada.quotes
    assert (quote.text, quote.alias, quote.url, quote.source) == (text, "Quillon", "https://blog.example/post-1", "blogs")
    unscored = next(person for person in facts.people if person.name == "else (name)")
    assert unscored.quotes[0].reason == "not English"
    assert unscored.quotes[0].text == f"{PRAISE} (3)"


def test_a_mention_of_two_brands_counts_once(store: Store) -> None:
    hear(store, mention(1), mention(2), mention(3), mention(4, by="us"))
    other = target(Label.NEGATIVE, brand="other", key="other")
    unscored = target(Label.UNSCORED, brand="other", key="other")
    understand(store, about(target(Label.POSITIVE), other), about(target(Label.NEUTRAL), unscored), about(unscored), about())
    identify(store, {"us": ONE_OF_US})
    facts = store.digests.digest_facts(NOW - HOUR, NOW)
    assert facts.labels == {Label.MIXED: 1, Label.NEUTRAL: 1, Label.UNSCORED: 1}
    assert (facts.mentions, facts.unscored, facts.own_side) == (3, 1, 1)


def test_an_empty_window_tells_nothing_new(store: Store) -> None:
    hear(store, mention(1))
    understand(store)
    judge(store)
    facts = store.digests.digest_facts(NOW, NOW + DAY)
    assert (facts.people, facts.mentions, facts.labels) == ((), 0, {})


def test_history_is_never_new(store: Store) -> None:
    hear(store, mention(1, published_at=NOW - 9 * DAY), news_since=NOW - DAY)
    understand(store)
    assert store.digests.digest_facts(NOW - HOUR, NOW).mentions == 0


def test_follow_ups_that_are_due_are_told_without_anything_new(store: Store) -> None:
    hear(store, mention(1))
    understand(store)
    judge(store, case=CaseKind.FOLLOW_UP, due_at=NOW + 5 * DAY)
    assert store.digests.digest_facts(NOW + DAY, NOW + 2 * DAY).people == ()
    (person,) = store.digests.digest_facts(NOW + 4 * DAY, NOW + 5 * DAY).people
    assert [found.case.kind for found in person.cases] == [CaseKind.FOLLOW_UP]
    assert [quote.mention_id for quote in person.quotes] == [1]
    assert person.stance_before == Stance.PROMOTER
    (case,) = store.cases.find()
    asleep = opened(
        case.person_id, CaseKind.FOLLOW_UP, state=CaseState.SNOOZED, event=EventKind.DECIDED, snoozed_until=NOW + 9 * DAY
    )
    store.cases.apply(asleep)
    assert store.digests.digest_facts(NOW + 6 * DAY, NOW + 7 * DAY).people == ()
    assert len(store.digests.digest_facts(NOW + 8 * DAY, NOW + 9 * DAY).people) == 1


def test_quotes_are_the_newest_and_those_that_open_cases_rest_on(store: Store) -> None:
    hear(store, *(mention(number, by="ada", published_at=NOW - number * HOUR) for number in range(1, 10)))
    understand(store)
    (job,) = pending(store)
    store.cases.apply(opened(job.person_id, mention_ids=(9,)))
    (facts,) = store.cases.facts([(job.person_id, BRAND)], NOW - DAY, NOW)
    assert [quote.mention_id for quote in facts.quotes] == [1, 2, 3, 4, 5, 9]


def test_a_source_whose_terms_are_unknown_or_forbid_it_is_not_quoted(store: Store) -> None:
    for number, policy in enumerate(("open-web", "closed-forum", "unknown")):
        hear(store, mention(number, by="ada"), policy=policy)
    understand(store)
    (job,) = pending(store)
    (facts,) = store.cases.facts([(job.person_id, BRAND), (404, BRAND)], NOW - DAY, NOW)
    assert [quote.may_quote for quote in facts.quotes] == [False, False, True]


def test_a_digest_stays_as_it_was_told(store: Store) -> None:
    assert store.digests.told_until("kim") is None
    message = Message("digest 1", "mail", "kim@us.example", "Subject", "Text", "<p>Html", NOW)
    for data, day in (('{"people": []}', 10), ('{"other": 1}', 10), ('{"next": 1}', 11)):
        until = NOW + timedelta(days=day - 10)
        store.digests.save_digest("kim", date(2026, 3, day), until - DAY, until, data, [message], NOW)
    assert store.digests.saved_digest("kim", date(2026, 3, 10)) == '{"people": []}'
    assert store.digests.saved_digest("kim", date(2026, 3, 12)) is None
    assert store.digests.told_until("kim") == NOW + DAY
    assert due(store, NOW) == [message]


def test_messages_are_put_in_once_and_lose_their_text_when_sent(store: Store) -> None:
    one, two = (Message(f"m{number}", "mail", "kim", "Subject", "Text", None, NOW) for number in (1, 2))
    assert store.outbox.put([one, two, one]) == 2
    assert store.outbox.put([one]) == 0
    assert due(store, NOW - HOUR) == []
    assert due(store, NOW) == [one, two]
    store.outbox.record([(one, Delivery(True, "250 OK"))], NOW)
    assert due(store, NOW) == [two]
    assert store.outbox.put([one]) == 0
    entry = entries(store, MessageState.SENT)[0]
    assert (entry.dedup_key, entry.attempts, entry.detail) == ("m1", 1, "250 OK")


def test_failed_messages_are_tried_again_with_growing_pauses_and_parked_after_a_day(store: Store) -> None:
    store.outbox.put([Message("m", "mail", "kim", "S", "T")])
    now, pauses = NOW, []
    while waiting := store.outbox.waiting():
        store.outbox.record([(waiting[0], next_attempt(waiting[0], Delivery(False, "451 later"), now))], now)
        (entry,) = entries(store)
        if entry.next_attempt_at is None:
            break
        pauses.append(entry.next_attempt_at - now)
        now = entry.next_attempt_at
    assert [int(pause.total_seconds() // 60) for pause in pauses[:7]] == [1, 5, 15, 30, 60, 60, 60]
    assert (entry.state, entry.attempts, now) == (MessageState.PARKED, len(pauses) + 1, NOW + DAY)
    assert store.outbox.retry(["m", "other"], now) == 1
    assert len(due(store, now)) == 1


def test_a_message_obeys_the_recipients_wish_and_is_refused_for_good(store: Store) -> None:
    message = Message("m", "mail", "kim", "S", "T", None, NOW)
    store.outbox.put([message])
    store.outbox.record([(message, Delivery(False, "slow down", retry_after=2 * HOUR))], NOW)
    assert entries(store)[0].next_attempt_at == NOW + 2 * HOUR
    store.outbox.record([(message, Delivery(False, "550 no such user", permanent=True))], NOW)
    assert entries(store)[0].state == MessageState.REFUSED


# -------------------------------------------------------------------------------------------------------------- runs


def test_coverage_says_how_each_source_was_heard(store: Store) -> None:
    gone = SourceRejected("404: the feed is gone; remove it")
    runs = [
        [StreamResult("blogs", "a", Saved(3, 1, 2), {"no text": 2}, 1), StreamResult("blogs", "b", error=gone)],
        [StreamResult("blogs", "a", Saved(1), {"no text": 1}, 1), StreamResult("blogs", "b", Saved(5), pages=1)],
    ]
    for number, results in enumerate(runs):
        run_id = store.runs.begin_run(NOW + number * DAY)
        store.runs.log_streams(run_id, "rss", results, NOW + number * DAY)
        store.runs.log_streams(run_id, "file", [StreamResult("dump", "", error=gone)], NOW + number * DAY)
        store.runs.end_run(run_id, NOW + number * DAY, {"new": 1})
    (first, dump) = store.runs.coverage(NOW - HOUR, NOW)
    assert (first.health, first.streams, first.streams_failed, first.heard_until) == (Health.PARTIAL, 2, 1, None)
    assert (first.new, first.changed, first.duplicates, first.rejected) == (3, 1, 2, {"no text": 2})
    assert first.reason == gone.reason
    assert (dump.kind, dump.health, dump.failed_runs, dump.runs) == ("file", Health.FAILED, 1, 1)
    blogs = store.runs.coverage(NOW - HOUR, NOW + DAY)[0]
    assert (blogs.health, blogs.heard_until, blogs.runs, blogs.new, blogs.reason) == (Health.OK, NOW + DAY, 2, 9, None)
    assert blogs.rejected == {"no text": 3}
    (quiet, _) = store.runs.coverage(NOW + 2 * DAY, NOW + 3 * DAY)
    assert (quiet.health, quiet.runs, quiet.new, quiet.heard_until) == (Health.OK, 0, 0, NOW + DAY)
    assert [state.failures for state in store.runs.stream_states("dump")] == [2]
    assert len(store.runs.stream_states()) == 3
    (last, _) = store.runs.latest()
    assert (last.counts, last.ended_at, last.error) == ({"new": 1}, NOW + DAY, None)


def left_alone(store: Store) -> dict[str, datetime]:
    return {state.stream: state.not_before for state in store.runs.stream_states("s") if state.not_before}


def test_streams_that_ask_to_be_left_alone_are(store: Store) -> None:
    later = [
        StreamResult("s", "a", error=RetryLater("429", after=2 * HOUR)),
        StreamResult("s", "b", error=RetryLater("no answer")),
    ]
    run_id = store.runs.begin_run(NOW)
    store.runs.log_streams(run_id, "rss", later, NOW)
    assert left_alone(store) == {"a": NOW + 2 * HOUR, "b": NOW + timedelta(minutes=15)}
    (coverage,) = store.runs.coverage(NOW - DAY, NOW)
    assert coverage.health == Health.WAITING
    assert coverage.reason == "429 (1 streams; 1 for other reasons)"
    store.runs.log_streams(run_id, "rss", [StreamResult("s", "a", Saved(1))], NOW)
    assert list(left_alone(store)) == ["b"]
    assert store.runs.coverage(NOW - DAY, NOW)[0].new == 1


def test_a_run_that_fails_says_so_and_one_that_was_killed_has_no_end(store: Store) -> None:
    store.runs.end_run(store.runs.begin_run(NOW), NOW, {}, error="StorageError")
    store.runs.begin_run(NOW)
    store.runs.log_streams(1, "rss", [], NOW)
    killed, failed = store.runs.latest()
    assert (killed.ended_at, failed.error) == (None, "StorageError")


def test_one_run_at_a_time(store: Store, url: str) -> None:
    with open_store(url, now=NOW, pepper=PEPPER) as other:
        with store.admin.run_lock(), pytest.raises(StoreBusy, match="Another run"), other.admin.run_lock():
            pass
        with other.admin.run_lock():
            pass


def test_a_second_pass_over_everything_changes_nothing(store: Store) -> None:
    def once() -> dict[str, int]:
        import_customers(store, customer(1), customer(2))
        hear(store, mention(1, by="ada"), mention(2, by="bob"), mention(3, by="eve"))
        understand(store, about(), OFF_TARGET, about(target(Label.NEGATIVE)))
        identify(store, {"ada": linked("C1")})
        judge(store)
        return dict(store.admin.status().rows)

    assert once() == once()


def test_the_status_counts_rows_and_finds_no_problem(store: Store) -> None:
    hear(store, mention(1))
    status = store.admin.status()
    assert (status.rows["mentions"], status.schema, status.problems) == (1, schema.HEAD, ())
    assert status.size_bytes > 0


def test_nobody_matches_twice_in_one_pass(store: Store) -> None:
    hear(store, mention(1))
    understand(store)
    jobs = store.matches.pending_matches(MATCHER, 10, {})
    store.matches.save_matches([(replace(jobs[0], author_id=404), NOBODY)], MATCHER, NOW)
    assert len(store.matches.pending_matches(MATCHER, 10, {})) == 1
