"""Bluesky against a server on loopback: search by time, accounts by cursor, signing in, limits and XRPC's errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors._bluesky_posts import item_of, mention_of
from connectors.bluesky import SPEC, Options
from listener.core.errors import BadItem, ConfigError, RetryLater, SourceProtocolError, SourceRejected
from listener.core.mention import Author, Kind, Mention
from tests.unit.connectors.conn_door import NOW
from tests.unit.connectors.conn_social import FAULTS, Bench, answer, asked, bench, golden, mentions, reasons
from tests.unit.net.net_server import Reply, Seen

SEARCH = "/xrpc/app.bsky.feed.searchPosts"
FEED = "/xrpc/app.bsky.feed.getAuthorFeed"
SIGN_IN = "/xrpc/com.atproto.server.createSession"
MIRA = "did:plc:kq3mirafake0000000000001"
PASSWORD = "abcd-efgh-ijkl-mnop"


@pytest.fixture
def bsky() -> Iterator[Bench]:
    with bench(SPEC, "api", queries=("quillon",)) as one:
        one.site[SEARCH] = answer(golden("bluesky/search_posts.json"))
        yield one


def post(number: int, at: datetime, indexed: datetime | None = None, **more: Any) -> dict[str, Any]:
    return {
        "uri": f"at://{MIRA}/app.bsky.feed.post/{number}",
        "cid": "bafy",
        "author": {"did": MIRA, "handle": "mira.example"},
        "record": {"$type": "app.bsky.feed.post", "createdAt": at.isoformat(), "text": f"words {number}"},
        "indexedAt": (indexed or at).isoformat(),
        **more,
    }


class Search:
    """Ordered by the earlier of the two times of a post, or by when it was indexed; refuses cursors to strangers."""

    def __init__(self, posts: list[dict[str, Any]], *, by_index: bool = False, hidden: int = 0) -> None:
        self.hidden = hidden
        placed = []
        for one in posts:
            indexed = datetime.fromisoformat(one["indexedAt"])
            made = datetime.fromisoformat(one["record"]["createdAt"])
            placed.append((indexed if by_index else min(indexed, made), one))
        self.placed = sorted(placed, key=lambda pair: pair[0], reverse=True)

    def __call__(self, seen: Seen) -> Reply:
        query = asked(seen)
        if "cursor" in query:
            return Reply(b"<html>Request forbidden by administrative rules.</html>", 403)
        since = datetime.fromisoformat(query["since"])
        until = datetime.fromisoformat(query["until"]) if "until" in query else None
        found = [one for at, one in self.placed if at >= since and (until is None or at < until)]
        page = found[: int(query["limit"])]
        more = {"cursor": query["limit"]} if len(found) > len(page) else {}
        return answer({"posts": page[self.hidden :], **more})


# ------------------------------------------------------------------------------------------------ what it reads


def test_golden_posts_become_mentions(bsky):
    pages = bsky.run()
    first, reply = mentions(pages)
    assert first == Mention(
        platform="bluesky",
        origin="bsky.app",
        external_id=f"at://{MIRA}/app.bsky.feed.post/3mdxaaaaaaa01",
        text="Quillon just saved my quarter. How it went: mira.example/notes/qui...",
        url="https://bsky.app/profile/mira.example/post/3mdxaaaaaaa01",
        author=Author(
            service_id=MIRA,
            handle="mira.example",
            display_name="Mira Lindqvist",
            profile_url="https://bsky.app/profile/mira.example",
            created_year=2023,
        ),
        published_at=datetime(2026, 1, 31, 19, 0, 0, 123000, tzinfo=UTC),
        language="en",
        engagement=13,
    )
    assert (reply.kind, reply.language, reply.engagement) == (Kind.COMMENT, None, 0)
    assert reply.published_at == datetime(2026, 1, 31, 18, 30, tzinfo=UTC), "a post is never from after the service had it"
    assert (reply.author.service_id, reply.author.handle) == ("did:web:jonas.example", None)
    assert reply.url == "https://bsky.app/profile/did:web:jonas.example/post/3mdxaaaaaaa02"
    assert reasons(pages) == {
        "at://did:plc:quietfake000000000000001/app.bsky.feed.post/3mdxaaaaaaa03": "its author shows it to signed-in readers only",
        "at://did:plc:imagefake000000000000001/app.bsky.feed.post/3mdxaaaaaaa04": "without words",
    }


def test_a_post_that_an_account_passed_on_is_a_repost_of_the_original():
    repost, own = (item_of(item) for item in golden("bluesky/author_feed.json")["feed"])
    assert (repost.kind, repost.repost_of) == (Kind.REPOST, f"at://{MIRA}/app.bsky.feed.post/3mdxaaaaaaa01")
    assert (repost.author.handle, repost.published_at) == ("sam.example", datetime(2026, 1, 31, 20, tzinfo=UTC))
    assert (own.kind, own.author.handle, own.text) == (Kind.POST, "sam.example", "Quiet Saturday.")
    assert repost.key != mention_of(golden("bluesky/author_feed.json")["feed"][0]["post"]).key


def test_who_shows_posts_to_signed_in_readers_only_is_not_heard_as_one_who_passes_on_either():
    item = golden("bluesky/author_feed.json")["feed"][0]
    item["reason"]["by"]["labels"] = [{"val": "!no-unauthenticated"}]
    with pytest.raises(BadItem, match="signed-in"):
        item_of(item)
    with pytest.raises(BadItem, match="signed-in"):
        mention_of(post(1, NOW, labels=[{"val": "!no-unauthenticated"}]))


def test_odd_records_cost_themselves_only(bsky):
    odd = [None, 7, {}, {"uri": "https://x.example"}, post(1, NOW, record=3), post(2, NOW, author="x", labels=7)]
    bsky.site[SEARCH] = answer({"posts": [*odd, post(3, NOW, indexedAt=5, likeCount=-4)]})
    pages = bsky.run()
    assert [one.external_id[-1] for one in mentions(pages)] == ["2", "3"]
    assert len(reasons(pages)) == 5


# ------------------------------------------------------------------------------------------------ paging


@pytest.mark.parametrize("by_index", [False, True])
@pytest.mark.parametrize("late", [0, 40])
def test_a_search_is_paged_by_time_because_strangers_get_no_cursor(bsky, by_index, late):
    posts = [
        post(number, at := NOW - number * timedelta(seconds=7), at + (number % 5) * late * timedelta(seconds=1))
        for number in range(1, 451)
    ]
    bsky.site[SEARCH] = Search(posts, by_index=by_index)
    pages = bsky.run(max_pages=50)
    assert sorted(int(one.external_id.rpartition("/")[2]) for one in mentions(pages)) == list(range(1, 451))
    assert not any(page.gaps for page in pages)
    assert len(bsky.site.seen) <= 12


def test_a_page_whose_posts_were_taken_away_is_not_the_end(bsky):
    posts = [post(number, NOW - number * timedelta(minutes=1)) for number in range(1, 251)]
    bsky.site[SEARCH] = Search(posts, hidden=3)
    numbers = {int(one.external_id.rpartition("/")[2]) for one in mentions(bsky.run(max_pages=50))}
    assert {100, 150, 240} <= numbers


def test_many_posts_that_came_long_after_they_were_written_do_not_stop_the_search(bsky):
    imported = [post(number, NOW - timedelta(days=2, seconds=number), NOW) for number in range(1, 301)]
    bsky.site[SEARCH] = Search([*imported, post(999, NOW - timedelta(days=3))])
    pages = bsky.run(max_pages=20)
    assert len(mentions(pages)) == 301
    assert not any(page.gaps for page in pages)


def test_more_posts_of_one_moment_than_a_page_holds_are_a_gap_that_is_told(bsky):
    moment = NOW - timedelta(hours=1)
    bsky.site[SEARCH] = Search([*(post(number, moment) for number in range(150)), post(999, NOW - timedelta(hours=2))])
    pages = bsky.run()
    assert len(mentions(pages)) == 101
    assert [gap.since for page in pages for gap in page.gaps] == [moment]


def test_the_next_run_overlaps_the_last_and_tells_nothing_twice(bsky):
    posts = [post(number, NOW - number * timedelta(minutes=1)) for number in range(1, 120)]
    bsky.site[SEARCH] = Search(posts)
    first = bsky.run()
    assert MIRA not in json.dumps(first[-1].cursor)
    bsky.site[SEARCH] = Search([*posts, post(500, NOW - timedelta(minutes=50))])
    requests = len(bsky.site.seen)
    assert [one.text for one in mentions(bsky.run(cursor=first[-1].cursor))] == ["words 500"]
    query = asked(bsky.site.seen[requests])
    assert (query["since"], query["sort"], query["limit"]) == ("2026-01-31T23:00:00.000Z", "latest", "100")


def test_an_account_is_heard_page_by_page(bsky):
    bsky.site[FEED] = lambda seen: answer(
        {"feed": [{"post": post(1 if "cursor" in asked(seen) else 2, NOW - timedelta(hours=1))}]}
        | ({} if "cursor" in asked(seen) else {"cursor": "2026-01-31T23:00:00Z::bafy"})
    )
    pages = bsky.run("account @mira.example", watch=("@mira.example",))
    assert [one.text for one in mentions(pages)] == ["words 2", "words 1"]
    query = asked(bsky.site.seen[0])
    assert (query["actor"], query["filter"]) == ("mira.example", "posts_with_replies")


def test_golden_items_of_an_account_are_heard(bsky):
    bsky.site[FEED] = answer(golden("bluesky/author_feed.json"))
    assert [one.kind for one in mentions(bsky.run("account @sam.example", watch=("sam.example",)))] == [Kind.REPOST, Kind.POST]


def test_an_account_whose_pages_repeat_is_not_believed(bsky):
    bsky.site[FEED] = answer({"feed": [{"post": post(1, NOW)}], "cursor": "again"})
    pages = bsky.run("account @mira.example", watch=("mira.example",), max_pages=50)
    assert [gap.reason for page in pages for gap in page.gaps] == ["the service named the same page twice"]


# ------------------------------------------------------------------------------------------------ signing in


def signed_in(bsky: Bench, **more: Any) -> dict[str, Any]:
    return {"identifier": "us.example", "password": PASSWORD, "service": bsky.site.url("/pds"), **more}


def test_an_account_signs_in_once_for_all_streams_and_asks_its_own_server(bsky):
    bsky.site[f"/pds{SIGN_IN}"] = answer(
        {"accessJwt": "jwt-of-us", "refreshJwt": "r", "did": "did:plc:us", "handle": "us.example"}
    )
    bsky.site[f"/pds{SEARCH}"] = answer({"posts": [post(1, NOW)]})
    streams = bsky.streams(queries=("a", "b"), **signed_in(bsky))
    for stream in streams.values():
        assert len(mentions(list(SPEC.build(stream, bsky.context).pages({})))) == 1
    paths = [seen.path.partition("?")[0] for seen in bsky.site.seen]
    assert paths == [f"/pds{SIGN_IN}", f"/pds{SEARCH}", f"/pds{SEARCH}"]
    assert json.loads(bsky.site.seen[0].body) == {"identifier": "us.example", "password": PASSWORD}
    assert bsky.site.seen[1].headers["authorization"] == "Bearer jwt-of-us"
    assert PASSWORD not in repr(streams)


def test_a_refused_password_is_tried_once_and_says_what_to_do(bsky):
    bsky.site[f"/pds{SIGN_IN}"] = answer({"error": "AuthenticationRequired", "message": "Invalid identifier or password"}, 401)
    for stream in bsky.streams(queries=("a", "b"), **signed_in(bsky)).values():
        with pytest.raises(SourceRejected, match="check identifier and app password") as caught:
            list(SPEC.build(stream, bsky.context).pages({}))
        assert PASSWORD not in str(caught.value)
        assert "us.example" not in str(caught.value)
    assert len(bsky.site.seen) == 1


@pytest.mark.parametrize("given", [{}, {"accessJwt": ""}, {"accessJwt": "a\nb"}, {"accessJwt": "ü"}, []])
def test_a_token_that_is_none_is_an_error(bsky, given):
    bsky.site[f"/pds{SIGN_IN}"] = answer(given)
    with pytest.raises(SourceProtocolError, match="no token"):
        bsky.run(**signed_in(bsky))


def test_half_an_account_disables_the_source_with_the_reason():
    assert SPEC.missing(Options()) is None
    assert "LISTENER_SOURCES__<NAME>__PASSWORD" in (SPEC.missing(Options(identifier="us.example")) or "")
    assert "identifier is not set" in (SPEC.missing(Options(password=PASSWORD)) or "")
    assert SPEC.missing(Options(identifier="us.example", password=PASSWORD)) is None


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (
            answer({"error": "BadQueryString", "message": "bad query: quillon"}, 400),
            r"400 \(BadQueryString\).*does not accept the query",
        ),
        (answer({"error": "InvalidRequest", "message": "Profile not found"}, 400), "does not know the account"),
        (answer({"error": "AuthMissing", "message": "Authentication Required"}, 401), r"401 \(AuthMissing\).*app password"),
        (Reply(b"<html>Request forbidden by administrative rules.</html>", 403), "does not let strangers read this now"),
        (answer({"error": "see <b>https://evil.example</b>"}, 400), "400: it does not accept"),
        (answer({"error": "MethodNotImplemented"}, 404), "404"),
    ],
)
def test_a_refusal_says_what_to_do_and_repeats_no_message(bsky, reply, words):
    bsky.site[SEARCH] = reply
    with pytest.raises(SourceRejected, match=words) as caught:
        bsky.run()
    assert "quillon" not in str(caught.value)
    assert "evil" not in str(caught.value)


def test_a_session_that_has_expired_is_an_error_of_the_account(bsky):
    bsky.site[f"/pds{SIGN_IN}"] = answer({"accessJwt": "old"})
    bsky.site[f"/pds{SEARCH}"] = answer({"error": "ExpiredToken", "message": "Token has expired"}, 400)
    with pytest.raises(SourceRejected, match="does not accept the account"):
        bsky.run(**signed_in(bsky))


def test_a_reached_limit_is_left_alone_until_its_reset(bsky):
    limit = {"RateLimit-Limit": "3000", "RateLimit-Remaining": "0", "RateLimit-Reset": str(int(NOW.timestamp()) + 200)}
    bsky.site[SEARCH] = answer({"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}, 429, limit)
    with pytest.raises(RetryLater, match="limit of requests") as caught:
        bsky.run()
    assert caught.value.after == timedelta(seconds=200)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_that_misbehaves_is_an_error_and_never_silence(bsky, fault):
    reply, error = FAULTS[fault]
    bsky.site[SEARCH] = bsky.site[FEED] = reply
    with pytest.raises(error):
        bsky.run()
    with pytest.raises(error) as caught:
        bsky.run("account @mira.example", watch=("mira.example",))
    assert "mira" not in str(caught.value)


# ------------------------------------------------------------------------------------------------ what it listens for


def test_customers_accounts_are_followed_where_they_are_sure_and_are_not_named(bsky):
    known = ["mira.example", "jo", MIRA]
    bsky.context = replace(bsky.context, handles=lambda platform: known if platform == "bluesky" else [])
    streams = bsky.streams(queries=(), watch_customers=True)
    assert [stream.account for stream in streams.values()] == ["mira.example", MIRA]
    assert "mira" not in " ".join(streams)


def test_nothing_to_look_for_is_a_configuration_problem(bsky):
    with pytest.raises(ConfigError, match="nothing to listen for"):
        bsky.streams(queries=())
