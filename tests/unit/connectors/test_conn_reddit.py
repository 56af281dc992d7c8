"""The reddit connector against listings in Reddit's documented shape, and against everything it may refuse."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr, ValidationError

from connectors.reddit import SPEC, Options
from listener.core.brand import Brand, ListeningRule, Target, TargetKind
from listener.core.connector import ConnectorContext
from listener.core.errors import RetryLater, SourceError, SourceProtocolError, SourceRejected
from listener.core.mention import ANONYMOUS, Kind
from listener.net.door import open_door
from listener.net.settings import DoorSettings
from tests.contract.cases.case_reddit import serve_golden
from tests.unit.connectors.conn_door import NOW
from tests.unit.net.net_server import Reply, Seen, Site, raw, serve

SECRET = "an-invented-secret"
TOKEN = "an-invented-token"
WEEK = NOW - timedelta(days=7)


class Place:
    """Reddit on loopback, and the streams of a source."""

    def __init__(self, site: Site, door: object) -> None:
        self.site = site
        self.context = ConnectorContext(door, NOW, since=WEEK)
        serve_golden(site)

    def options(self, **more: object) -> Options:
        given = {"queries": ("quillon",), "api": self.site.url(""), "auth": self.site.url(""), "private": True, **more}
        return Options(client_id="an-id", client_secret=SecretStr(SECRET), **given)

    def run(self, cursor=None, *, stream="search:quillon", **options):
        listing = SPEC.streams(self.options(**options), self.context)[stream]
        return list(SPEC.build(listing, self.context).pages(cursor or {}))

    def asked(self, path: str) -> list[dict[str, str]]:
        found = [urlsplit(request.path) for request in self.site.seen]
        return [{name: values[0] for name, values in parse_qs(one.query).items()} for one in found if one.path == path]


@pytest.fixture
def place() -> Iterator[Place]:
    with serve() as site, open_door(DoorSettings(read_timeout=0.5)) as door:
        yield Place(site, door)


def mentions(pages):
    return [mention for page in pages for mention in page.mentions]


def post(number: int, at: datetime, **more: object) -> dict:
    data = {"name": f"t3_{number}", "title": f"words {number}", "selftext": "", "created_utc": at.timestamp(), **more}
    return {"kind": "t3", "data": data}


def listing(posts: list[dict], after: str | None = None, **headers: str) -> Reply:
    return Reply(json.dumps({"kind": "Listing", "data": {"after": after, "children": posts}}).encode(), headers=headers)


def long_list(posts: list[dict], size: int = 100):
    """A listing that names its next page by the last post of this one."""

    def page(seen: Seen) -> Reply:
        names = [one["data"]["name"] for one in posts]
        after = parse_qs(urlsplit(seen.path).query).get("after", [""])[0]
        start = names.index(after) + 1 if after else 0
        part = posts[start : start + size]
        return listing(part, names[start + size - 1] if start + size < len(posts) else None)

    return page


# ------------------------------------------------------------------------------------------------ what is heard


def test_posts_are_heard_without_authors_and_addresses(place):
    (page,) = place.run()
    first, last = page.mentions
    assert (first.external_id, first.title) == ("t3_1qaaa3", "Anyone else moved from spreadsheets to Quillon?")
    assert first.text == "Three months in & still happy.\n\nThe export could be faster."
    assert first.published_at == datetime(2026, 1, 31, 20, 15, tzinfo=UTC)
    assert {one.author for one in page.mentions} == {ANONYMOUS}
    assert {one.url for one in page.mentions} == {None}
    assert {one.origin for one in page.mentions} == {"reddit.com"}
    assert last.title == "Quillon price change"
    assert not {"mossy_lantern", "tin_whistle", "t2_", "permalink"} & set(repr(page).split("'"))
    assert "mossy_lantern" not in repr(page)


def test_what_was_removed_or_deleted_is_left_out_and_named_by_its_id(place):
    assert [(one.item, one.reason) for one in place.run()[0].rejected] == [("t3_1qaaa2", "removed or deleted")]
    (page,) = place.run(stream="comments:bookkeeping", subreddits=("r/bookkeeping",))
    assert [(one.item, one.reason) for one in page.rejected] == [("t1_n0aaa1", "removed or deleted")]
    assert [(one.external_id, one.kind) for one in page.mentions] == [("t1_n0aaa2", Kind.COMMENT)]


def test_a_subreddit_is_heard_whole(place):
    assert len(mentions(place.run(stream="new:bookkeeping", subreddits=("bookkeeping",)))) == 2
    assert place.asked("/r/bookkeeping/new") == [{"limit": "100", "raw_json": "1"}]


def test_a_search_asks_for_the_newest_posts(place):
    place.run()
    assert place.asked("/search") == [{"q": "quillon", "sort": "new", "type": "link", "limit": "100", "raw_json": "1"}]


def test_without_queries_our_names_are_looked_for_as_phrases(place):
    target = Target("q", TargetKind.BRAND, "q", "Quillon Flow")
    brand = Brand("q", "Quillon Flow", ListeningRule("q", (target,)))
    context = ConnectorContext(place.context.door, NOW, brands=(brand,))
    ((name, stream),) = SPEC.streams(place.options(queries=()), context).items()
    list(SPEC.build(stream, context).pages({}))
    assert name == "search:Quillon Flow"
    assert place.asked("/search")[0]["q"] == '"Quillon Flow"'


def test_a_second_run_brings_only_what_is_new(place):
    first = place.run()
    place.site["/search"] = listing([post(9, NOW + timedelta(minutes=20)), post(8, NOW - timedelta(days=2))])
    place.context = ConnectorContext(place.context.door, NOW + timedelta(minutes=30))
    second = place.run(json.loads(json.dumps(first[-1].cursor)))
    assert [one.external_id for one in mentions(second)] == ["t3_9"]


def test_no_id_of_a_post_is_remembered_and_an_edited_one_is_not_counted_again(place):
    gone = post(2, NOW - timedelta(minutes=2), selftext="[removed]")
    place.site["/search"] = listing([post(1, NOW - timedelta(minutes=1)), gone])
    first = place.run()
    kept = json.loads(json.dumps(first[-1].cursor))
    assert len(kept["seen"]) == 2
    assert "t3_" not in json.dumps(kept)
    place.site["/search"] = listing([post(1, NOW - timedelta(minutes=1), selftext="edited"), gone])
    again = place.run(kept)
    assert [page.unchanged for page in again] == [True]


def test_a_bad_record_costs_itself_only(place):
    odd = [{"kind": "t5", "data": {"name": "t5_x"}}, {"kind": "t3", "data": {"title": "no name"}}, None, 7]
    odd += [post(2, NOW, title=["a list"]), post(3, NOW, created_utc="yesterday")]
    place.site["/search"] = listing([post(1, NOW), *odd])
    (page,) = place.run()
    assert [one.external_id for one in page.mentions] == ["t3_1", "t3_3"]
    assert page.mentions[1].published_at is None
    assert {one.reason for one in page.rejected} == {"neither a post nor a comment", "without name", "without text"}


# ------------------------------------------------------------------------------------------------ paging


def test_a_long_list_is_followed_by_the_names_of_its_last_posts(place):
    place.site["/search"] = long_list([post(n, NOW - timedelta(minutes=n)) for n in range(250)])
    assert len(mentions(place.run())) == 250
    assert [one.get("after") for one in place.asked("/search")] == [None, "t3_99", "t3_199"]


def test_more_than_reddit_lists_is_a_gap(place):
    place.site["/search"] = long_list([post(n, NOW - timedelta(minutes=n)) for n in range(1000)])
    pages = place.run()
    assert len(mentions(pages)) == 1000
    (gap,) = pages[-1].gaps
    assert (gap.since, gap.until) == (WEEK, NOW - timedelta(minutes=999))
    assert "1,000" in gap.reason


def test_a_list_that_goes_back_far_enough_has_no_gap(place):
    place.site["/search"] = long_list([post(n, NOW - timedelta(minutes=20 * n)) for n in range(1000)])
    assert [page.gaps for page in place.run() if page.gaps] == []


def test_the_same_page_again_is_not_believed(place):
    place.site["/search"] = listing([post(1, NOW)], "t3_1")
    assert place.run()[-1].gaps
    assert len(place.asked("/search")) == 2


# ------------------------------------------------------------------------------------------------ the token


def test_all_streams_of_a_run_share_one_token_that_is_kept_nowhere(place):
    options = place.options(subreddits=("bookkeeping",))
    pages = [
        page for stream in SPEC.streams(options, place.context).values() for page in SPEC.build(stream, place.context).pages({})
    ]
    (asked,) = [request for request in place.site.seen if request.method == "POST"]
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(f"an-id:{SECRET}".encode()).decode()
    assert asked.body == b"grant_type=client_credentials"
    others = [request for request in place.site.seen if request.method == "GET"]
    assert {request.headers["authorization"] for request in others} == {f"Bearer {TOKEN}"}
    assert {request.headers["user-agent"] for request in place.site.seen} == {options.user_agent}
    assert TOKEN not in repr(pages) + repr(SPEC.streams(options, place.context))
    assert SECRET not in repr(options) + repr(SPEC.streams(options, place.context))


def test_a_token_that_ran_out_is_asked_for_once_more(place):
    good = place.site.answers["/search"]
    tokens = iter(["old", "new"])
    place.site["/api/v1/access_token"] = lambda seen: Reply(json.dumps({"access_token": next(tokens)}).encode())
    place.site["/search"] = lambda seen: good if seen.headers["authorization"] == "Bearer new" else Reply(b"", 401)
    assert len(mentions(place.run())) == 2


def test_a_token_that_is_never_taken_is_for_a_person_to_mend(place):
    place.site["/search"] = Reply(b'{"message": "Unauthorized", "error": 401}', 401)
    with pytest.raises(SourceRejected, match="own token"):
        place.run()
    assert len([request for request in place.site.seen if request.method == "POST"]) == 2


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(b'{"message": "Unauthorized", "error": 401}', 401), SourceRejected, "does not accept client_id"),
        (Reply(b"<html>blocked</html>", 403), SourceRejected, "does not accept client_id"),
        (Reply(b'{"error": "invalid_grant"}'), SourceRejected, "gave no token"),
        (Reply(b'{"access_token": ["x"]}'), SourceRejected, "gave no token"),
        (Reply(b'{"access_token": "a\\r\\nb"}'), SourceRejected, "gave no token"),
        (Reply(b"<html>"), SourceProtocolError, "address of the API"),
        (Reply(b"", 429, {"Retry-After": "7"}), RetryLater, "limit"),
        (Reply(b"", 404), SourceRejected, "404"),
        (Reply(b"", 503), RetryLater, "503"),
    ],
)
def test_no_token_is_an_error_that_never_shows_the_secret(place, reply, kind, words):
    place.site["/api/v1/access_token"] = reply
    with pytest.raises(SourceError, match=words) as caught:
        place.run()
    assert isinstance(caught.value, kind)
    assert SECRET not in f"{caught.value}{caught.value.__cause__}{caught.value.__context__}"


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(b'{"reason": "private", "message": "Forbidden", "error": 403}', 403), SourceRejected, "it is private"),
        (Reply(b'{"reason": "banned", "message": "Not Found", "error": 404}', 404), SourceRejected, "Reddit has banned it"),
        (Reply(b'{"message": "Forbidden", "error": 403}', 403), SourceRejected, "403"),
        (Reply(b"<html>Not Found</html>", 404), SourceRejected, "404"),
        (Reply(b"", 500), RetryLater, "500"),
        (Reply(b"<html>", 200, {"Content-Type": "text/html"}), SourceProtocolError, "address of the API"),
        (Reply(b'{"kind": "Listing", "data": {"chil'), SourceProtocolError, "address of the API"),
        (Reply(b'{"kind": "Listing", "data": {}}'), SourceProtocolError, "not the list"),
        (Reply(b"[]"), SourceProtocolError, "not the list"),
    ],
)
def test_each_refusal_says_what_it_is(place, reply, kind, words):
    place.site["/r/closed/new"] = reply
    with pytest.raises(SourceError, match=words) as caught:
        place.run(stream="new:closed", subreddits=("closed",))
    assert isinstance(caught.value, kind)


def test_a_subreddit_that_does_not_exist_is_not_taken_for_a_quiet_one(place):
    place.site["/r/nowhere/new"] = Reply(b"", 302, {"Location": "/subreddits/search?q=nowhere"})
    place.site["/subreddits/search"] = listing([])
    with pytest.raises(SourceRejected, match="no such subreddit"):
        place.run(stream="new:nowhere", subreddits=("nowhere",))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"x-ratelimit-reset": "206"}, 206), ({"x-ratelimit-reset": "17.5"}, 17.5), ({"Retry-After": "9"}, 9), ({}, 60)],
)
def test_a_limit_says_when_to_come_back(place, headers, seconds):
    place.site["/search"] = Reply(b"", 429, headers)
    with pytest.raises(RetryLater, match="limit of requests") as caught:
        place.run()
    assert caught.value.after == timedelta(seconds=seconds)


def test_the_last_request_of_a_period_is_used_and_no_further_one_is_made(place):
    spent = {"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "33"}
    place.site["/search"] = listing([post(1, NOW)], "t3_1", **spent)
    listing_of = SPEC.streams(place.options(subreddits=("bookkeeping",)), place.context)
    pages = SPEC.build(listing_of["search:quillon"], place.context).pages({})
    assert len(next(pages).mentions) == 1
    for stream in ("search:quillon", "new:bookkeeping"):
        with pytest.raises(RetryLater) as caught:
            list(SPEC.build(listing_of[stream], place.context).pages({}))
        assert caught.value.after == timedelta(seconds=33)
    assert len(place.asked("/search")) == 1


def test_a_silent_server_is_given_up(place):
    place.site["/search"] = raw(lambda connection: connection.recv(1))
    with pytest.raises(RetryLater):
        place.run()


# ------------------------------------------------------------------------------------------------ rechecks and options


def test_what_is_not_there_any_more_is_found_out(place):
    place.site["/api/info"] = listing([post(1, NOW), post(2, NOW, selftext="[deleted]")])
    (checked,) = SPEC.recheck(place.options(), place.context).check(["t3_1", "t3_2", "t3_3"])
    assert (checked.there, checked.gone) == (("t3_1",), ("t3_2", "t3_3"))
    assert place.asked("/api/info")[0]["id"] == "t3_1,t3_2,t3_3"
    assert len(list(SPEC.recheck(place.options(), place.context).check([f"t3_{n}" for n in range(201)]))) == 3


def test_nothing_of_persons_may_be_kept():
    assert SPEC.policy.counts_only
    assert not SPEC.policy.evidence


def test_without_an_approved_application_the_source_says_how_to_get_one():
    for options in (Options(), Options(client_id="x"), Options(client_id="x", client_secret=SecretStr(""))):
        assert "only on request since November 2025" in SPEC.missing(options)
    assert SPEC.missing(Options(client_id="x", client_secret=SecretStr(SECRET))) is None


@pytest.mark.parametrize(
    "wrong", [{"user_agent": "a\nb"}, {"user_agent": " "}, {"subreddits": ["a/b"]}, {"subreddits": [""]}, {"api": "reddit"}]
)
def test_options_that_could_not_work_are_refused(wrong):
    with pytest.raises(ValidationError):
        Options(**wrong)


def test_subreddits_are_named_as_people_name_them(place):
    options = place.options(queries=("q",), subreddits=("r/One", "/r/two/", "three_3"))
    assert list(SPEC.streams(options, place.context))[1::2] == ["new:One", "new:two", "new:three_3"]
