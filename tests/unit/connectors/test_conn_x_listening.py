"""Listening to X: what is asked in which order, and that no post is lost or heard twice, whatever interrupts a run."""

from datetime import timedelta

import pytest

from listener.core.errors import RetryLater, SourcePaused, SourceRejected
from listener.core.mention import Kind
from tests.support.x_api import post_id, problem
from tests.unit.connectors.conn_x import NOON, bench, brand

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def benches():
    with bench() as make:
        yield make


@pytest.fixture
def b(benches):
    return benches()


def many(b, count, *, until=NOON - timedelta(hours=1), step=MINUTE, text="Quillon number {}", author="ada_k"):
    """Posts one ``step`` apart, the youngest at ``until``; their ids, youngest first."""
    return [b.x.post(until - number * step, text.format(number), author, sequence=number).id for number in range(count)]


# ------------------------------------------------------------------------------------------------ streams


def test_mentions_come_first_then_searches_then_followed_accounts(b):
    assert list(b.streams(watch=("ada_k",))) == ["mentions @quillon", "search 1", "watch 1"]


def test_a_post_that_mentions_us_is_heard_once_and_at_the_cheaper_price(b):
    b.x.post(NOON - MINUTE * 5, "thanks @quillon, Quillon is great")
    b.x.post(NOON - MINUTE * 6, "Quillon without a handle")
    assert b.run(authors=False) == {}
    assert len(b.heard) == 2
    looked_up = 10_000
    assert b.ledger.days[NOON.date()]["microusd"] == b.x.bill == looked_up + 1_000 + 5_000


def test_the_id_of_our_account_is_looked_up_once(b):
    for _ in range(3):
        b.run()
        b.later(minutes=15)
    assert [kind for kind, _ in b.x.requests].count("by") == 1
    assert b.cursors["mentions @quillon"]["account"] == "77"


def test_ids_of_our_accounts_need_no_look_up(b):
    b.x.post(NOON - MINUTE * 5, "dear @quillon")
    assert b.run("mentions", account_ids=("77",)) == {}
    assert [kind for kind, _ in b.x.requests] == ["mentions"]
    assert len(b.heard) == 1


def test_an_unknown_handle_of_ours_is_told_without_naming_it(b):
    b.brands = (brand(handles=("quillon_gone",)),)
    told = b.problem("mentions")
    assert isinstance(told, SourceRejected)
    assert "handles.x" in str(told)
    assert "quillon_gone" not in str(told)


def test_without_mentions_the_handle_is_searched_for(b):
    assert '"Flow Board" OR @quillon)' in b.queries(mentions=False)[0]


def test_queries_of_the_options_are_asked_as_they_are(b):
    assert b.queries(queries=("#quillon lang:de", "quillon -is:retweet")) == ["#quillon lang:de", "quillon -is:retweet"]


def test_followed_accounts_are_heard_whatever_they_say(b):
    b.customers = ("grace_h", "somebody@elsewhere.example")
    b.x.post(NOON - MINUTE * 5, "lovely weather", "grace_h")
    b.x.post(NOON - MINUTE * 6, "reposted", "grace_h", referenced_tweets=[{"type": "retweeted", "id": "5"}])
    assert b.run("watch", watch_customers=True) == {}
    assert [mention.text for mention in b.heard] == ["lovely weather"]
    assert "1 of the followed accounts" in b.pages["watch 1"][-1].notice


def test_with_nothing_to_ask_for_the_source_says_so(b):
    b.brands = ()
    assert isinstance(b.problem(), SourceRejected)
    assert "nothing to ask" in str(b.problem())


# ------------------------------------------------------------------------------------------------ windows


def test_only_what_is_new_is_asked_for_and_nothing_of_another_day_is_paid_for_twice(b):
    b.x.now = NOON.replace(hour=23, minute=50)
    many(b, 30, until=b.x.now - 2 * MINUTE)
    b.run("search")
    first = b.x.bill
    b.later(minutes=20)  # the next UTC day
    new = b.x.post(b.x.now - 5 * MINUTE, "Quillon again")
    b.run("search")
    assert b.x.bill == first + 15_000
    assert b.heard[-1].external_id == new.id
    assert len(b.ids()) == len(set(b.ids())) == 31


def test_a_post_that_x_lists_late_is_heard_on_the_same_day_and_its_neighbours_are_not_paid_for_again(b):
    many(b, 3, until=NOON - 3 * MINUTE)
    b.run("search")
    paid = b.ledger.days[NOON.date()].copy()
    b.later(minutes=2)
    late = b.x.post(NOON - 4 * MINUTE, "Quillon, listed late", sequence=99)
    b.run("search")
    assert b.ids()[-1] == late.id
    assert len(b.ids()) == 4
    assert b.ledger.days[NOON.date()]["posts"] == paid["posts"] + 1
    assert b.ledger.days[NOON.date()]["microusd"] == b.x.bill


def test_an_edited_post_is_handed_over_again_under_its_first_id(b):
    first = b.x.post(NOON - 5 * MINUTE, "Quillon is goood")
    b.run("search")
    b.later(minutes=3)
    b.x.posts.clear()
    edited = post_id(NOON - 2 * MINUTE, 7)
    b.x.post(NOON - 2 * MINUTE, "Quillon is good", sequence=7, edit_history_tweet_ids=[first.id, edited])
    b.run("search")
    assert b.ids() == [first.id, first.id]
    assert [mention.text for mention in b.heard] == ["Quillon is goood", "Quillon is good"]
    assert b.heard[0].published_at == b.heard[1].published_at


def test_runs_within_one_minute_ask_nothing_impossible(b):
    for _ in range(3):
        assert b.run() == {}
        b.later(seconds=5)


# ------------------------------------------------------------------------------------------------ paging


@pytest.mark.parametrize("only", ["search", "mentions"])
@pytest.mark.parametrize("kill_after", [1, 2, 3])
def test_a_run_killed_between_pages_goes_on_and_loses_and_doubles_nothing(b, only, kill_after):
    b.lookback = timedelta(days=5)
    posts = many(b, 450, text="dear @quillon number {}" if only == "mentions" else "Quillon number {}")
    for _ in range(12):
        b.run(only, kill_after=kill_after)
        b.later(minutes=15)
        posts.append(b.x.post(b.x.now - 3 * MINUTE, "@quillon new" if only == "mentions" else "Quillon new").id)
    b.later(minutes=15)
    b.run(only)
    assert len(b.ids()) == len(set(b.ids()))
    assert set(b.ids()) == set(posts)
    assert not any(b.gaps.values())


def test_a_page_that_was_not_stored_is_fetched_again_and_nothing_is_lost(b):
    posts = many(b, 250)
    b.run("search", kill_after=1)
    stored = dict(b.cursors)
    b.run("search", kill_after=1)
    b.cursors, b.heard = stored, b.heard[:100]
    b.run("search")
    assert sorted(b.ids()) == sorted(posts)


def test_a_resumed_run_goes_on_by_time_because_a_page_name_binds_to_the_request_of_another_run(b):
    many(b, 250)
    b.run("search", kill_after=1)
    oldest = b.heard[-1].published_at
    b.later(minutes=15)
    before = len(b.x.requests)
    b.run("search", kill_after=1)
    ((_, asked),) = b.x.requests[before:]
    assert "next_token" not in asked
    assert asked["end_time"] == f"{oldest + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"


def test_posts_of_one_second_are_all_heard_when_a_run_ends_among_them(b):
    posts = many(b, 130, step=timedelta(milliseconds=5))
    b.run("search", max_pages=1)
    b.run("search", max_pages=5)
    assert sorted(b.ids()) == sorted(posts)


def test_more_than_a_run_may_fetch_is_fetched_by_the_next_and_told(b):
    posts = many(b, 350)
    b.run("search", max_pages=2)
    last = b.pages["search 1"][-1]
    assert len(b.heard) == 200
    assert last.heard_until is not None
    assert "the next run goes on" in last.notice
    b.later(minutes=15)
    b.run("search", max_pages=2)
    assert sorted(b.ids()) == sorted(posts)
    assert b.pages["search 1"][-1].heard_until is None or b.pages["search 1"][-1].heard_until >= NOON - MINUTE


def test_the_same_page_named_for_ever_ends_with_a_gap(b):
    many(b, 350)
    b.x.same_token = True
    assert b.run("search") == {}
    assert len(b.x.requests) == 2
    assert [gap.reason for gap in b.gaps["search 1"]] == ["the service named the same page twice"]


def test_a_refusal_in_the_middle_keeps_what_was_fetched_and_goes_on(b):
    posts = many(b, 250)
    pages = iter([None, problem(503, "Service Unavailable", "about:blank")])
    answer = b.site.answers["/2/tweets/search/recent"]
    b.site["/2/tweets/search/recent"] = lambda seen: next(pages, None) or answer(seen)
    assert isinstance(b.problem(), RetryLater)
    assert len(b.heard) == 100
    b.later(minutes=15)
    assert b.run("search") == {}
    assert sorted(b.ids()) == sorted(posts)


# ------------------------------------------------------------------------------------------------ both vocabularies


@pytest.mark.parametrize("new_names", [False, True])
@pytest.mark.parametrize("vocabulary", ["tweet", "post"])
def test_both_vocabularies_give_the_same_mentions(b, new_names, vocabulary):
    b.x.new_names = new_names
    long = {"text": "Quillon in a long post " * 30, "entities": {"urls": []}}
    b.x.post(NOON - MINUTE * 5, "Quillon in a long…", note_tweet=long, referenced_tweets=[{"type": "replied_to", "id": "12"}])
    assert b.run("search", vocabulary=vocabulary) == {}
    (mention,) = b.heard
    assert mention.text == long["text"].strip()
    assert mention.kind is Kind.COMMENT
    assert mention.engagement == 10
    assert (mention.author.service_id, mention.author.handle) == (b.x.users["ada_k"].id, "ada_k")
    asked = b.x.requests[-1][1]
    assert (f"{vocabulary}.fields" in asked, "public_metrics" in asked[f"{vocabulary}.fields"]) == (True, True)


def test_a_pause_in_one_stream_is_told_as_one(b):
    b.x.failures.append(problem(429, "UsageCapExceeded", "usage-capped"))
    assert isinstance(b.problem(), SourcePaused)
