"""What can be set about X, and what is told before a run about its cost."""

from datetime import date

import pytest
from pydantic import ValidationError

from connectors.twitter import SPEC, Options
from tests.unit.connectors.conn_x import MONEY


def test_the_allowances_are_in_dollars_a_month_and_posts_a_day():
    money, posts = SPEC.allowances(Options(token="t", monthly_cap_usd="20.50", daily_reads=300))
    assert (money.unit, money.label, money.per, money.limit, money.scale) == (MONEY, "USD", "month", 20_500_000, 1_000_000)
    assert money.most_per_run == 300 * 15_000
    assert (posts.unit, posts.per, posts.limit, posts.most_per_run) == ("posts", "day", 300, 300)
    assert money.first_day(date(2026, 2, 10)) == date(2026, 2, 1)


def test_prices_are_rounded_up_and_the_cap_down():
    options = Options(token="t", user_usd="0.0000001", monthly_cap_usd="0.0000019")
    assert (options.author_cost, options.cap) == (1, 1)


@pytest.mark.parametrize(
    "wrong",
    [{"queries": ["x" * 513]}, {"queries": [" "]}, {"watch": ["no handle"]}, {"account_ids": ["quillon"]}, {"daily_reads": -1}],
)
def test_options_that_x_could_not_take_are_refused(wrong):
    with pytest.raises(ValidationError):
        Options(token="t", **wrong)


@pytest.mark.parametrize("token", [None, "", "  "])
def test_a_source_without_a_token_says_what_to_set(token):
    assert "LISTENER_SOURCES__<NAME>__TOKEN" in SPEC.missing(Options(token=token))
    assert SPEC.missing(Options(token="t")) is None
