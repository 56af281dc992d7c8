"""Whether posts are still on X: there, gone, or not known; within the caps only."""

from datetime import timedelta

import pytest

from connectors.twitter import SPEC
from listener.core.errors import RetryLater, SourcePaused
from tests.support.x_api import post_id, problem
from tests.unit.connectors.conn_x import MONEY, NOON, bench
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


def posts(b, count):
    return [b.x.post(NOON - number * MINUTE, f"Quillon {number}", sequence=number).id for number in range(count)]


def check(b, ids, **options):
    return list(SPEC.recheck(b.options(**options), b.context(rechecks=1000)).check(ids))


def test_deleted_and_protected_posts_are_gone_and_others_there(b):
    ids = posts(b, 4)
    b.x.deleted, b.x.protected = {ids[1]}, {ids[2]}
    (found,) = check(b, ids)
    assert (found.there, found.gone) == ((ids[0], ids[3]), (ids[1], ids[2]))


def test_a_hundred_posts_are_one_request(b):
    ids = posts(b, 250)
    assert [len(found.there) for found in check(b, ids)] == [100, 100, 50]
    assert b.ledger.days[DAY] == {MONEY: 250 * 5_000, "posts": 250, "rechecked": 250}
    assert b.x.bill == 250 * 5_000


def test_what_x_says_nothing_about_is_not_known(b):
    ids = posts(b, 2)
    b.x.posts.pop()
    (found,) = check(b, ids)
    assert (found.there, found.gone) == ((ids[0],), ())


def test_a_missing_author_does_not_make_a_post_gone(b):
    ids = posts(b, 1)
    kind = "https://api.twitter.com/2/problems/resource-not-found"
    b.x.partial = [{"resource_type": "user", "resource_id": ids[0], "type": kind}, "odd", {"type": 5}]
    b.x.posts.clear()
    (found,) = check(b, ids)
    assert (found.there, found.gone) == ((), ())


def test_an_unknown_kind_of_problem_does_not_make_a_post_gone(b):
    b.x.partial = [
        {"resource_type": "tweet", "resource_id": "5", "type": "https://api.twitter.com/2/problems/operational-disconnect"}
    ]
    (found,) = check(b, ["5"])
    assert (found.there, found.gone) == ((), ())


def test_an_edited_post_is_there_under_its_first_id(b):
    first = post_id(NOON - 9 * MINUTE)
    b.site["/2/tweets"] = Reply(b'{"data": [{"id": "9", "text": "x", "edit_history_post_ids": ["%s", "9"]}]}' % first.encode())
    (found,) = check(b, [first])
    assert found.there == (first,)


def test_a_post_that_is_withheld_everywhere_is_gone(b):
    b.site["/2/tweets"] = Reply(b'{"data": [{"id": "9", "text": "", "withheld": {"copyright": true, "country_codes": ["XX"]}}]}')
    (found,) = check(b, ["9"])
    assert (found.there, found.gone) == ((), ("9",))


def test_ids_that_cannot_be_xs_are_not_asked_about(b):
    assert check(b, ["not-an-id", "1" * 20, "٣"]) == []
    assert b.x.requests == []


def test_a_cap_stops_the_checks_and_the_answers_before_it_stand(b):
    ids = posts(b, 250)
    answers = SPEC.recheck(b.options(daily_reads=130), b.context(rechecks=1000)).check(ids)
    found = [*next(answers).there, *next(answers).there]
    with pytest.raises(SourcePaused, match="the daily cap of 130 posts read is reached"):
        next(answers)
    assert found == ids[:130]
    assert b.ledger.busiest == 130


def test_the_monthly_cap_stops_them_too(b):
    ids = posts(b, 120)
    with pytest.raises(SourcePaused, match=r"the monthly cap of USD 0\.50"):
        check(b, ids, monthly_cap_usd="0.5")
    assert b.ledger.peak == 500_000


def test_an_answer_out_of_order_makes_nothing_gone_and_costs_nothing(b):
    ids = posts(b, 3)
    b.x.failures.append(problem(503, "Service Unavailable", "about:blank"))
    with pytest.raises(RetryLater):
        check(b, ids)
    assert b.ledger.days[DAY][MONEY] == 0
