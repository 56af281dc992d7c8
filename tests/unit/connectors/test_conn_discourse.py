"""The discourse connector: searches with whole posts, all posts, forums that refuse searches."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from connectors._discourse_read import without_previews
from connectors.discourse import SPEC
from listener.core.errors import ConfigError, RetryLater, SourceRejected
from listener.core.mention import Kind
from listener.net.door import GuardedDoor, open_door
from tests.unit.connectors.conn_door import NOW
from tests.unit.connectors.conn_forums import body, context, ends, golden, mentions, only, plain, queries, rejected, run
from tests.unit.net.net_server import Reply, Seen, Site, serve


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        site["/search.json"] = golden("discourse", "search")
        for id_ in (5012, 5008, 5001):
            site[f"/posts/{id_}.json"] = golden("discourse", f"post-{id_}")
        yield site


@pytest.fixture(scope="module")
def door() -> Iterator[GuardedDoor]:
    with open_door() as door:
        yield door


def hear(site, door, cursors=None, *, more=None, **options):
    return run(SPEC, {"url": site.url(""), **options}, context(door, **(more or {})), cursors)


def post(n: int, minutes: int, **more):
    at = (NOW - timedelta(minutes=minutes)).isoformat()
    facts = {"id": n, "created_at": at, "username": "ann", "user_id": 3, "topic_id": 9, "post_number": 2, "post_type": 1}
    return {**facts, "cooked": f"<p>{n}</p>", **more}


def serve_posts(site: Site, posts, *, size=50):
    """A search of all posts, newest first, that obeys before: and page, and each post by its id."""

    def search(seen: Seen) -> Reply:
        asked = queries(type("One", (), {"seen": [seen]}), "/search.json")[0]
        before = asked["q"].partition("before:")[2]
        hits = [one for one in posts if not before or one["created_at"][:10] < before]
        page = int(asked["page"])
        if page > 10:
            return Reply(b'{"errors": ["page parameter must not be greater than 10"]}', 400)
        grouped = {"more_full_page_results": page * size < len(hits) or None, "error": None}
        return body({"posts": hits[(page - 1) * size : page * size], "topics": [], "grouped_search_result": grouped})

    site["/search.json"] = search
    for one in posts:
        site[f"/posts/{one['id']}.json"] = body(one)


def latest_posts(posts, *, inclusive: bool, window: bool):
    """The list of latest posts, as older versions (a window of ids) and newer ones (a number of posts) give it."""

    def answer(seen: Seen) -> Reply:
        before = int(queries(type("One", (), {"seen": [seen]}), "/posts.json")[0].get("before", 10**9))
        if window and before == 10**9:
            before = max(one["id"] for one in posts) + (not inclusive)
        hits = [one for one in posts if one["id"] < before or (inclusive and one["id"] == before)]
        hits = [one for one in hits if one["id"] > before - 50] if window else hits[:50]
        return body({"latest_posts": hits})

    return answer


def test_a_found_post_comes_whole_with_the_title_of_its_topic(site, door):
    pages = only(hear(site, door))
    reply, first = mentions(pages)
    assert plain(reply) == {
        "platform": "discourse",
        "external_id": "5012",
        "title": "Re: Plugins you love",
        "text": json.loads(golden("discourse", "post-5012"))["cooked"],
        "markup": "html",
        "kind": "comment",
        "url": site.url("/t/plugins-you-love/801/3"),
        "author": {
            "service_id": f"127.0.0.1:{site.port}/31",
            "handle": "ada_n",
            "display_name": "Ada Novak",
            "profile_url": site.url("/u/ada_n"),
        },
        "published_at": "2026-01-31T09:00:00+00:00",
        "engagement": 3,
    }
    assert (first.title, first.kind, first.author.display_name) == ("Experience with Quillon", Kind.POST, None)
    assert rejected(pages) == {"5001": "a notice of the forum, not a post"}
    assert reply.origin == f"127.0.0.1:{site.port}"


def test_a_search_asks_for_our_name_since_a_day(site, door):
    hear(site, door, key="k3y", key_user="listener")
    assert queries(site, "/search.json")[0] == {"q": '"Quillon" order:latest after:2026-01-25', "page": "1"}
    assert {(seen.headers["api-key"], seen.headers["api-username"]) for seen in site.seen} == {("k3y", "listener")}


def test_what_is_known_costs_no_second_request(site, door):
    serve_posts(site, [post(n, n) for n in range(1, 8)])
    first = hear(site, door)
    site.seen.clear()
    second = hear(site, door, ends(first))
    assert mentions(only(second)) == []
    assert [path.partition("?")[0] for path in site.paths()] == ["/search.json"]


def test_many_hits_are_handed_over_in_portions_and_nothing_is_lost(site, door):
    serve_posts(site, [post(n, n) for n in range(1, 131)])
    pages = only(hear(site, door))
    assert [len(page.mentions) for page in pages] == [20, 20, 10, 20, 20, 10, 20, 10]
    assert [int(mention.external_id) for mention in mentions(pages)] == list(range(1, 131))
    assert len(queries(site, "/search.json")) == 3, "a page of results is asked for once"


def test_a_run_that_may_fetch_no_more_goes_on_in_the_middle_of_a_page(site, door):
    serve_posts(site, [post(n, n) for n in range(1, 61)])
    first = hear(site, door, max_pages=1)
    assert len(mentions(only(first))) == 20
    second = hear(site, door, ends(first))
    assert [int(mention.external_id) for mention in mentions(only(second))] == list(range(21, 61))


def test_beyond_the_last_page_the_search_begins_again_before_the_oldest(site, door):
    serve_posts(site, [post(n, n * 600) for n in range(1, 16)], size=1)
    pages = only(hear(site, door, max_pages=40))
    assert [int(mention.external_id) for mention in mentions(pages)] == list(range(1, 16))
    assert "before:" in queries(site, "/search.json")[10]["q"]


def test_more_posts_of_one_day_than_can_be_shown_are_a_gap(site, door):
    serve_posts(site, [post(n, 5) for n in range(1, 16)], size=1)
    pages = only(hear(site, door, max_pages=40))
    assert [gap.reason for page in pages for gap in page.gaps] == ["the search shows no more posts"]


def test_a_post_that_is_gone_is_rejected(site, door):
    site["/posts/5012.json"] = Reply(b'{"errors":["gone"],"error_type":"not_found"}', 404)
    assert rejected(only(hear(site, door)))["5012"] == "not there any more"


def test_a_forum_that_is_too_busy_to_search_is_asked_again(site, door):
    busy = json.loads(golden("discourse", "search"))
    busy["posts"] = []
    busy["grouped_search_result"]["error"] = "The site is under heavy load"
    site["/search.json"] = body(busy)
    with pytest.raises(RetryLater, match="too busy"):
        hear(site, door)


def test_a_limit_says_in_its_body_when_to_come_back(site, door):
    said = {"errors": ["slow"], "error_type": "rate_limit", "extras": {"wait_seconds": 12, "time_left": "12 seconds"}}
    site["/posts/5012.json"] = Reply(json.dumps(said).encode(), 429, {"Retry-After": "99"})
    with pytest.raises(RetryLater) as caught:
        hear(site, door)
    assert caught.value.after == timedelta(seconds=12)


def test_a_forum_that_refuses_searches_is_heard_by_its_latest_posts(site, door):
    site["/search.json"] = Reply(b'{"errors":["log in"],"error_type":"not_logged_in"}', 403)
    listed = [*json.loads(golden("discourse", "latest"))["latest_posts"], post(4000, 60 * 24 * 30)]
    site["/posts.json"] = latest_posts(listed, inclusive=True, window=False)
    found = hear(site, door)
    pages = only(found)
    assert [mention.title for mention in mentions(pages)] == ["Re: Hello"]
    assert rejected(pages) == {"5019": "hidden by the forum"}
    assert pages[-1].notice == "the forum refuses searches: its latest posts are read instead"
    again = only(hear(site, door, ends(found)))
    assert mentions(again) == []


def test_a_forum_that_refuses_everything_is_an_error(site, door):
    for path in ("/search.json", "/posts.json"):
        site[path] = Reply(b'{"errors":["log in"],"error_type":"not_logged_in"}', 403)
    with pytest.raises(SourceRejected, match="key and key_user"):
        hear(site, door)


def test_an_account_is_followed_by_search_only_and_not_named(site, door):
    found = hear(site, door, more={"brands": ()}, watch=["@Ada_N"])
    assert queries(site, "/search.json")[0]["q"].startswith("@Ada_N order:latest")
    assert not any("ada" in name.lower() for name in found)
    site["/search.json"] = Reply(b"{}", 403)
    with pytest.raises(SourceRejected):
        hear(site, door, more={"brands": ()}, watch=["@Ada_N"])


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("window", [True, False])
def test_all_posts_are_heard_whatever_the_version_of_the_software(inclusive, window, site, door):
    ids = [n for n in range(400, 100, -1) if n % 3 and not 180 < n < 320]  # 140 ids in a row belong to private posts
    posts = [post(n, 1000 - n, topic_title="T") for n in ids]
    site["/posts.json"] = latest_posts(posts, inclusive=inclusive, window=window)
    pages = only(hear(site, door, all_posts=True, max_pages=40))
    heard = [int(mention.external_id) for mention in mentions(pages)]
    assert heard == ids
    assert not any(page.gaps for page in pages)


def test_a_post_that_was_moved_here_does_not_end_the_list(site, door):
    posts = [post(40, 10), post(39, 60 * 24 * 400), post(38, 20)]
    site["/posts.json"] = latest_posts(posts, inclusive=False, window=False)
    pages = only(hear(site, door, all_posts=True))
    assert [mention.external_id for mention in mentions(pages)] == ["40", "38"]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"user_deleted": True}, "deleted"),
        ({"deleted_at": "2026-01-31T00:00:00Z"}, "deleted"),
        ({"post_type": 4}, "a notice of the forum, not a post"),
        ({"user_id": -2}, "written by a bot"),
    ],
)
def test_what_no_person_says_is_rejected(facts, reason, site, door):
    site["/posts.json"] = latest_posts([post(7, 5, **facts)], inclusive=True, window=False)
    assert rejected(only(hear(site, door, all_posts=True)))["7"] == reason


def test_a_forum_in_a_folder_of_its_host_is_an_origin_of_its_own(site, door):
    site["/community/search.json"] = golden("discourse", "search")
    site["/community/posts/5012.json"] = golden("discourse", "post-5012")
    (one,) = mentions(only(run(SPEC, {"url": site.url("/community/")}, context(door))))
    assert one.origin == f"127.0.0.1:{site.port}/community"
    assert one.url == site.url("/community/t/plugins-you-love/801/3")


def test_a_key_needs_its_user_and_a_search_needs_words(door):
    options = {"url": "https://forum.example"}
    assert "key_user" in SPEC.missing(SPEC.options(**options, key="k"))
    assert SPEC.missing(SPEC.options(**options, key="k", key_user="u")) is None
    assert SPEC.missing(SPEC.options(**options)) is None
    with pytest.raises(ConfigError):
        SPEC.streams(SPEC.options(**options), context(door, brands=()))


def test_previews_of_linked_pages_are_not_the_authors_words_but_quotes_stay():
    quote = '<aside class="quote no-group" data-username="omar"><blockquote>Which?</blockquote></aside>'
    preview = '<aside class="onebox allowlistedgeneric" data-onebox-src="x"><article>Quillon is bad</article></aside>'
    assert without_previews(f"<p>a</p>{preview}{quote}<p>b</p>{preview}") == f"<p>a</p>{quote}<p>b</p>"
    assert without_previews('<aside class="onebox">never closed') == '<aside class="onebox">never closed'
    assert len(without_previews("<aside onebox " * 100_000)) == 1_400_000
    assert len(without_previews('<aside class="onebox">' * 50_000)) == 22 * 50_000
    assert without_previews('<aside class="onebox">x</aside>' * 50_000) == ""


def test_a_post_is_handed_over_without_previews(site, door):
    cooked = '<p>See</p><aside class="onebox"><article>Quillon is bad</article></aside>'
    site["/posts.json"] = latest_posts([post(7, 5, cooked=cooked)], inclusive=True, window=False)
    assert mentions(only(hear(site, door, all_posts=True)))[0].text == "<p>See</p>"


def test_a_limit_in_the_middle_of_a_portion_keeps_what_was_read(site, door):
    serve_posts(site, [post(n, n) for n in range(1, 9)])
    site["/posts/5.json"] = Reply(b"slow down", 429, {"Retry-After": "9"})
    stream = only(SPEC.streams(SPEC.options(url=site.url(""), private=True), context(door)))
    pages = SPEC.build(stream, context(door)).pages({})
    first = next(pages)
    assert [mention.external_id for mention in first.mentions] == ["1", "2", "3", "4"]
    with pytest.raises(RetryLater):
        next(pages)
    serve_posts(site, [post(n, n) for n in range(1, 9)])
    rest = list(SPEC.build(stream, context(door)).pages(json.loads(json.dumps(first.cursor))))
    assert [mention.external_id for mention in mentions(rest)] == ["5", "6", "7", "8"]
