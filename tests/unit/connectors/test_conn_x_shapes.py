"""The fake of X's API and the golden data answer in the shapes that X publishes."""

import json
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from jsonschema import Draft202012Validator, ValidationError

from tests.support.x_api import TOKEN, FakeX, problem, rate_limited, usage_capped
from tests.unit.connectors.conn_x import NOON
from tests.unit.net.net_server import serve

DATA = Path(__file__).parents[2] / "data" / "x"
SCHEMAS = json.loads((DATA / "schemas.json").read_text())
FIELDS = "author_id,created_at,edit_history_tweet_ids,entities,lang,note_tweet,public_metrics,referenced_tweets"


def check(body, shape):
    Draft202012Validator({**SCHEMAS, "$ref": f"#/$defs/{shape}"}).validate(body)


@pytest.fixture(scope="module")
def site():
    with serve() as site:
        yield site


@pytest.fixture
def x(site):
    fake = FakeX(site, NOON)
    fake.account("77", "quillon")
    for number in range(25):
        more = {"referenced_tweets": [{"type": "replied_to", "id": "12"}], "note_tweet": {"text": "long"}} if number % 2 else {}
        fake.post(NOON - timedelta(minutes=number + 2), f"@quillon Quillon {number}", sequence=number, **more)
    return fake


def ask(x, path, **params):
    url = f"{x.site.url(path)}?{urlencode(params)}"
    return httpx.get(url, headers={"authorization": f"Bearer {TOKEN}"}, trust_env=False)


def listed(x, path, **params):
    fields = {"tweet.fields": FIELDS, "expansions": "author_id", "user.fields": "created_at,verified", "max_results": 10}
    return ask(x, path, **fields, **params).json()


def test_the_schemas_are_schemas():
    Draft202012Validator.check_schema(SCHEMAS)


@pytest.mark.parametrize(
    ("name", "shape"), [("search_tweet_names.json", "list_of_tweets"), ("search_post_names.json", "list_of_posts")]
)
def test_the_golden_data_is_in_xs_shape(name, shape):
    check(json.loads((DATA / name).read_text()), shape)


@pytest.mark.parametrize("new_names", [False, True])
def test_lists_are_in_xs_shape(x, new_names):
    x.new_names = new_names
    shape = "list_of_posts" if new_names else "list_of_tweets"
    for path, params in [("/2/tweets/search/recent", {"query": "Quillon"}), ("/2/users/77/mentions", {})]:
        body = listed(x, path, **params)
        check(body, shape)
        assert body["meta"]["next_token"]
        with pytest.raises(ValidationError):
            check(body, "list_of_tweets" if new_names else "list_of_posts")


def test_an_empty_list_has_no_data_at_all(x):
    body = listed(x, "/2/tweets/search/recent", query="Nobody")
    check(body, "list_of_tweets")
    assert body == {"meta": {"result_count": 0}}


def test_looked_up_posts_and_users_are_in_xs_shape(x):
    ids = [post.id for post in x.posts[:4]]
    x.deleted, x.protected = {ids[1]}, {ids[2]}
    body = ask(x, "/2/tweets", ids=",".join(ids)).json()
    check(body, "looked_up")
    assert [len(body["data"]), len(body["errors"])] == [2, 2]
    check(ask(x, "/2/users/by", usernames="quillon,nobody").json(), "users")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 503])
def test_refusals_are_problems(status):
    check(json.loads(problem(status, "Refused", "invalid-request").body), "problem")


def test_both_kinds_of_429_are_in_xs_shape():
    check(json.loads(rate_limited(NOON).body), "problem")
    assert rate_limited(NOON).headers["x-rate-limit-reset"] == str(int(NOON.timestamp()))
    check(json.loads(usage_capped().body), "usage_capped")


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_results": 5},
        {"max_results": 101},
        {"start_time": "2026-02-01T00:00:00Z"},
        {"end_time": "2026-02-10T12:00:00Z"},
        {"start_time": "2026-02-10T11:00:00Z", "end_time": "2026-02-10T11:00:00Z"},
        {"query": "x" * 513},
        {"next_token": "10~other"},
        {"unknown": 1},
    ],
)
def test_the_fake_refuses_what_x_refuses(x, wrong):
    assert ask(x, "/2/tweets/search/recent", **{"query": "Quillon", **wrong}).status_code == 400


def test_the_fake_bills_a_post_and_an_author_once_a_day(x):
    for _ in range(2):
        listed(x, "/2/tweets/search/recent", query="Quillon")
    assert x.bill == 10 * 5_000 + 10_000
    x.now += timedelta(days=1)
    listed(x, "/2/tweets/search/recent", query="Quillon")
    assert x.bill == 2 * (10 * 5_000 + 10_000)
