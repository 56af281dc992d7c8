"""What X cannot be asked for any more is said; what a changed search did not ask for is caught up with."""

from datetime import timedelta

import pytest

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


# ------------------------------------------------------------------------------------------------ what was lost


def test_what_x_cannot_be_asked_for_any_more_is_a_gap(b):
    b.run("search")
    heard = b.x.now - MINUTE
    b.later(days=9)
    b.run("search")
    (gap,) = b.gaps["search 1"]
    assert (gap.since, gap.reason) == (heard, "X's search goes back no further than 7 days")
    assert gap.until == b.x.now - timedelta(days=7) + 2 * MINUTE


def test_a_sweep_that_was_left_for_too_long_tells_each_lost_window_and_no_more(b):
    many(b, 350, step=timedelta(minutes=10))
    b.run("search", max_pages=1)
    oldest = min(mention.published_at for mention in b.heard)
    b.later(days=9)
    b.run("search")
    lost, later = sorted(b.gaps["search 1"], key=lambda gap: gap.since)
    assert (lost.since, lost.until - oldest <= timedelta(seconds=1)) == (NOON - timedelta(days=7) - MINUTE + MINUTE, True)
    assert later.since == NOON - MINUTE
    assert later.until == b.x.now - timedelta(days=7) + 2 * MINUTE


def test_a_search_from_before_x_reaches_back_tells_the_rest(b):
    from connectors.twitter import SPEC

    part = b.streams()["search 1"]
    pages = list(SPEC.build(part, b.context(since=NOON - timedelta(days=30))).pages({}))
    (gap,) = [gap for page in pages for gap in page.gaps]
    assert gap.since == NOON - timedelta(days=30)


def test_the_first_run_of_a_source_has_no_gap(b):
    b.run()
    assert not any(b.gaps.values())


def test_more_mentions_than_x_lists_are_a_gap(b):
    posts = many(b, 900, text="dear @quillon number {}")
    b.run("mentions")
    assert sorted(b.ids()) == sorted(posts[:800])
    (gap,) = b.gaps["mentions @quillon"]
    assert "800" in gap.reason
    assert gap.until == min(mention.published_at for mention in b.heard)


def test_the_limit_of_mentions_is_noticed_also_when_the_list_took_two_runs(b):
    many(b, 900, text="dear @quillon number {}")
    b.run("mentions", max_pages=3)
    assert not b.gaps["mentions @quillon"]
    b.run("mentions")
    assert len(b.gaps["mentions @quillon"]) == 1


# ------------------------------------------------------------------------------------------------ changed searches


def test_a_followed_account_that_is_added_is_heard_from_further_back_and_the_others_are_not_read_again(b):
    many(b, 20, author="ada_k", text="words {}")
    older = [b.x.post(NOON - timedelta(days=3), "from grace", "grace_h").id]
    b.customers = ("ada_k",)
    b.run("watch", watch_customers=True)
    read = b.x.posts_read
    b.later(days=1)
    b.customers = ("ada_k", "grace_h")
    assert b.queries(only="watch", watch_customers=True)[0].startswith("from:grace_h ")
    assert b.ids()[20:] == older
    assert b.x.posts_read == read + 1
    b.later(minutes=15)
    assert len(b.queries(only="watch", watch_customers=True)) == 1


def test_catching_up_goes_on_where_it_was_cut_short(b):
    grace = many(b, 250, author="grace_h", text="words {}", until=NOON - timedelta(days=2))
    b.customers = ("ada_k",)
    b.run("watch", watch_customers=True)
    b.later(minutes=15)
    b.customers = ("ada_k", "grace_h")
    grace.append(b.x.post(b.x.now - 5 * MINUTE, "just now", "grace_h").id)
    b.run("watch", watch_customers=True, max_pages=1)
    assert b.ids()[-1] == grace[-1], "what is new is not kept waiting"
    assert b.pages["watch 1"][-1].heard_until is not None
    for _ in range(3):
        b.later(minutes=15)
        b.run("watch", watch_customers=True, max_pages=1)
    assert sorted(b.ids()) == sorted(grace)
    assert b.pages["watch 1"][-1].heard_until is None


def test_names_that_are_taken_away_cost_nothing(b):
    many(b, 5)
    b.run("search")
    read = b.x.posts_read
    b.later(minutes=15)
    b.brands = (brand(b.brands[0].rule.targets[0]),)
    b.run("search")
    assert b.x.posts_read == read
