"""The guard on what X costs: never above the caps, the checks' share untouched, pauses said and their windows not hidden."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors._x_budget import Budget, Price
from connectors.twitter import SPEC, Options
from listener.core.connector import ConnectorContext, MemoryLedger
from listener.core.errors import SourceError, SourcePaused, SourceRejected
from tests.support.x_api import problem, rate_limited
from tests.unit.connectors.conn_x import MONEY, NOON, BookLedger, bench
from tests.unit.net.net_server import Reply

MINUTE = timedelta(minutes=1)
DAY = NOON.date()


@pytest.fixture(scope="module")
def benches():
    with bench() as make:
        yield make


@pytest.fixture
def b(benches):
    return benches()


def many(b, count, *, until=NOON - 5 * MINUTE, text="Quillon number {}", authors=1):
    return [b.x.post(until - n * MINUTE, text.format(n), f"author_{n % authors}", sequence=n).id for n in range(count)]


# ------------------------------------------------------------------------------------------------ what is charged


def test_what_is_charged_is_what_x_bills(b):
    many(b, 130, authors=7)
    b.run()
    assert b.ledger.days[DAY] == {MONEY: b.x.bill, "posts": 130, "rechecked": 0}
    assert b.x.bill == 10_000 + 130 * 5_000 + 7 * 10_000


def test_the_most_that_a_request_can_cost_is_charged_before_it_is_sent(b):
    charged = []
    answer = b.site.answers["/2/tweets/search/recent"]
    b.site["/2/tweets/search/recent"] = lambda seen: charged.append(dict(b.ledger.days[DAY])) or answer(seen)
    b.run("search")
    assert charged == [{MONEY: 100 * 15_000, "posts": 100, "rechecked": 0}]
    assert b.ledger.days[DAY][MONEY] == 0


def test_without_authors_only_posts_are_paid_for(b):
    many(b, 3)
    b.run("search", authors=False)
    assert b.ledger.days[DAY][MONEY] == b.x.bill == 15_000
    assert b.heard[0].author.service_id == b.x.users["author_0"].id
    assert b.heard[0].author.handle is None


@pytest.mark.parametrize(
    "refused",
    [problem(400, "Invalid Request", "invalid-request"), problem(401, "Unauthorized", "about:blank"), rate_limited(NOON)],
)
def test_a_refused_request_costs_nothing(b, refused):
    b.x.failures += [refused, refused]
    assert b.run("search")
    assert b.ledger.days[DAY][MONEY] == 0


def test_a_request_that_never_left_costs_nothing(b):
    assert isinstance(b.problem(private=False), SourceRejected)
    assert b.ledger.days[DAY][MONEY] == 0


@pytest.mark.parametrize("api", ["https://api.x.invalid", "http://127.0.0.1:9", "https://127.0.0.1:{port}"])
def test_an_outage_of_the_network_costs_nothing(b, api):
    for _ in range(2):
        assert b.run(api=api.format(port=b.site.port), account_ids=("77",)).keys() == {"search 1", "mentions 77"}
    assert not any(b.ledger.days[DAY].values())


def test_an_answer_that_was_lost_may_have_been_charged_for(b):
    b.x.failures.append(Reply(b'{"data": [', 200))
    assert b.run("search")
    assert b.ledger.days[DAY][MONEY] == 100 * 15_000


def test_a_preview_asks_for_as_little_as_x_gives(b):
    many(b, 30)
    part = b.streams()["search 1"]
    (page,) = SPEC.build(part, b.context(limit=3, ledger=None)).pages({})
    assert len(page.mentions) == 3
    assert b.x.posts_read == 10


# ------------------------------------------------------------------------------------------------ caps


def test_the_monthly_cap_pauses_until_the_next_month_and_what_was_fetched_stands(b):
    many(b, 300)
    told = b.problem(monthly_cap_usd=1)
    assert isinstance(told, SourcePaused)
    assert str(told) == "the monthly cap of USD 1.00 is reached"
    assert told.until == datetime(2026, 3, 1, tzinfo=UTC)
    assert len(b.heard) >= 66
    assert b.ledger.peak <= 1_000_000


def test_the_daily_cap_pauses_until_the_next_day(b):
    many(b, 300)
    told = b.problem(daily_reads=150)
    assert str(told) == "the daily cap of 150 posts read is reached"
    assert told.until == datetime(2026, 2, 11, tzinfo=UTC)
    assert len(b.heard) == 150
    assert b.ledger.busiest == 150


def test_the_next_day_goes_on_where_the_cap_stopped(b):
    posts = many(b, 300)
    for _ in range(4):
        b.run("search", daily_reads=100)
        b.later(days=1)
    assert sorted(b.ids()) == sorted(posts)


def test_a_window_that_is_lost_bit_by_bit_is_told_once(b):
    many(b, 300)
    for _ in range(4):
        b.run("search", daily_reads=50)
        b.later(days=1)
    lost = b.gaps["search 1"]
    assert lost[0].since == NOON - timedelta(days=7)
    assert len(lost) == 3
    assert all(earlier.until == later.since for earlier, later in pairwise(lost))


def test_after_a_pause_the_lost_window_is_said(b):
    posts = many(b, 300)
    b.run("search", monthly_cap_usd=1)
    oldest = min(mention.published_at for mention in b.heard)
    b.x.now = datetime(2026, 3, 1, 0, 15, tzinfo=UTC)
    new = b.x.post(b.x.now - 5 * MINUTE, "Quillon in March")
    assert b.run("search", monthly_cap_usd=1) == {}
    lost, paused = sorted(b.gaps["search 1"], key=lambda gap: gap.since)
    assert lost.until - oldest <= timedelta(seconds=1)
    assert (paused.since, paused.until) == (NOON - MINUTE, b.x.now - timedelta(days=7) + 2 * MINUTE)
    assert b.ids()[-1] == new.id
    assert len(b.heard) < len(posts)


def test_a_cap_of_nothing_asks_nothing(b):
    for told in b.run(monthly_cap_usd=0).values():
        assert isinstance(told, SourcePaused)
    assert b.x.requests == []


# ------------------------------------------------------------------------------------------------ the reserve


def test_listening_leaves_the_budget_of_the_checks_alone(b):
    many(b, 400)
    # 20 checks a day for the 19 days left, of 0.005 each, are 1.90
    told = b.problem(monthly_cap_usd=3, rechecks=20)
    assert "kept for checking" in str(told)
    assert 3_000_000 - 1_900_000 - 15_000 * 10 < b.ledger.peak <= 3_000_000 - 1_900_000
    rechecker = SPEC.recheck(b.options(monthly_cap_usd=3), b.context(rechecks=20))
    assert len([one for found in rechecker.check(b.ids()[:20]) for one in found.there]) == 20


def test_the_reads_of_todays_checks_are_left_alone(b):
    many(b, 400)
    told = b.problem(daily_reads=150, rechecks=100)
    assert "kept for checking" in str(told)
    assert b.ledger.busiest == 50


def test_checks_that_were_made_need_no_reserve_any_more(b):
    ids = many(b, 40)
    list(SPEC.recheck(b.options(), b.context(rechecks=40)).check(ids))
    assert b.run("search", daily_reads=80, rechecks=40) == {}
    assert len(b.heard) == 40
    assert b.ledger.days[DAY]["posts"] == 80


# ------------------------------------------------------------------------------------------------ whatever happens

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("posts"), st.integers(1, 60)),
        st.tuples(st.just("later"), st.integers(1, 60 * 30)),
        st.tuples(st.just("run"), st.integers(1, 4)),
        st.tuples(st.just("fail"), st.sampled_from([400, 401, 429, 503])),
        st.tuples(st.just("garbage"), st.just(0)),
        st.tuples(st.just("check"), st.integers(1, 60)),
    ),
    min_size=3,
    max_size=14,
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.integers(0, 300), st.integers(0, 200), st.integers(0, 30))
def test_no_sequence_of_events_spends_more_than_the_caps_or_the_checks_share(benches, steps, cents, reads, rechecks):
    b = benches()
    b.chosen = {"monthly_cap_usd": cents / 100, "daily_reads": reads}
    for what, amount in steps:
        if what == "posts":
            for number in range(amount):
                b.x.post(b.x.now - number * MINUTE, "@quillon" if number % 3 else "Quillon", f"author_{number % 9}", number + 1)
        elif what == "later":
            b.later(minutes=amount)
        elif what == "fail":
            b.x.failures.append(problem(amount, "no", "about:blank"))
        elif what == "garbage":
            b.x.failures.append(Reply(b"<html>", 200))
        elif what == "check":
            ids = [post.id for post in b.x.posts[:amount]]
            with suppress(SourceError):
                list(SPEC.recheck(b.options(), b.context()).check(ids))
        else:
            b.run(kill_after=amount, rechecks=rechecks)
        assert b.ledger.peak <= cents * 10_000
        assert b.ledger.busiest <= reads
    assert b.x.bill <= sum(amounts[MONEY] for amounts in b.ledger.days.values())
    assert len(b.ids()) == len(set(b.ids()))


@given(
    st.lists(st.tuples(st.integers(1, 100), st.integers(0, 100), st.booleans()), max_size=30),
    st.integers(0, 5_000),
    st.integers(0, 500),
    st.integers(0, 20),
)
def test_charges_stay_below_the_caps_less_the_reserve(requests, cents, reads, rechecks):
    ledger = BookLedger(DAY)
    options = Options(token="t", monthly_cap_usd=cents / 100, daily_reads=reads)
    context = ConnectorContext(None, NOON, ledger=ledger, rechecks=rechecks)
    budget, price = Budget(options, context), Price(15_000)
    for wanted, used, _ in requests:
        try:
            charge = budget.take(wanted, 1, price)
        except SourcePaused:
            continue
        spent = min(used, charge.count)
        budget.settle(charge, price.of(spent))
    reserve = rechecks * 19 * 5_000
    assert ledger.peak <= max(0, cents * 10_000 - reserve)
    assert ledger.busiest <= max(0, reads - rechecks)


def test_a_charge_that_somebody_else_overtakes_is_taken_back():
    class Shared(BookLedger):
        """Somebody else charges at the same moment, once."""

        others = 900

        def charge(self, amounts):
            super().charge(amounts)
            self.days[self.today]["posts"] += self.others
            self.others = 0

    ledger = Shared(DAY)
    budget = Budget(Options(token="t", monthly_cap_usd=100, daily_reads=1000), ConnectorContext(None, NOON, ledger=ledger))
    charge = budget.take(500, 10, Price(1))
    assert charge.count == 100
    assert ledger.used("posts", DAY, DAY) == 1000


def test_free_reads_are_stopped_by_the_daily_cap_only():
    ledger = MemoryLedger(DAY)
    options = Options(token="t", monthly_cap_usd=0, daily_reads=30)
    budget = Budget(options, ConnectorContext(None, NOON, ledger=ledger))
    assert budget.take(100, 10, Price(0)).count == 30
    with pytest.raises(SourcePaused, match="the daily cap of 30 posts"):
        budget.take(100, 10, Price(0))
