"""The stackexchange connector: searches with whole posts by their ids, pauses, quotas, windows beyond the last page."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connectors.stackexchange import SPEC, host_of
from listener.core.errors import ConfigError, RetryLater, SourcePaused, SourceRejected
from listener.core.mention import Kind
from listener.net.door import GuardedDoor, open_door
from tests.unit.connectors.conn_door import NOW
from tests.unit.connectors.conn_forums import body, context, ends, golden, mentions, only, plain, queries, rejected, run
from tests.unit.net.net_server import Reply, Seen, Site, serve

BASE = int(NOW.timestamp())


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        site["/search/excerpts"] = golden("stackexchange", "excerpts")
        site["/questions/79400100;79400050"] = golden("stackexchange", "questions")
        site["/answers/79400222"] = golden("stackexchange", "answers")
        yield site


@pytest.fixture(scope="module")
def door() -> Iterator[GuardedDoor]:
    with open_door() as door:
        yield door


def hear(site, door, cursors=None, *, more=None, **options):
    return run(SPEC, {"api": site.url(""), **options}, context(door, **(more or {})), cursors)


def question(n: int, minutes: int):
    at = BASE - minutes * 60
    return {"item_type": "question", "question_id": n, "creation_date": at, "title": f"Question {n}", "body": f"<p>{n}</p>"}


def serve_questions(site: Site, found, *, wrapper=None):
    """A search over questions, newest first, that obeys todate and page, and the lookup of each by its id."""

    def search(seen: Seen) -> Reply:
        asked = queries(type("One", (), {"seen": [seen]}), "/search/excerpts")[0]
        until = int(asked.get("todate", BASE + 1))
        hits = [one for one in found if int(asked["fromdate"]) <= one["creation_date"] <= until]
        page, size = int(asked["page"]), 2
        part = hits[(page - 1) * size : page * size]
        for one in part:
            site[f"/questions/{one['question_id']}"] = body({"items": [one], "has_more": False})
        ids = ";".join(str(one["question_id"]) for one in part)
        site[f"/questions/{ids}"] = body({"items": part, "has_more": False})
        return body({"items": part, "has_more": page * size < len(hits), "quota_remaining": 200, **(wrapper or {})})

    site["/search/excerpts"] = search


def test_questions_and_answers_come_whole(site, door):
    pages = only(hear(site, door))
    answer, asked = mentions(pages)
    assert plain(asked) == {
        "platform": "stackexchange",
        "external_id": "79400100",
        "title": "Why does Quillon's sync stop & never resume?",
        "text": json.loads(golden("stackexchange", "questions"))["items"][0]["body"],
        "markup": "html",
        "kind": "post",
        "url": "https://stackoverflow.com/questions/79400100/why-does-quillons-sync-stop-never-resume",
        "author": {
            "service_id": "stackoverflow.com/5550001",
            "display_name": "Rémi D.",
            "profile_url": "https://stackoverflow.com/users/5550001/remi-d",
        },
        "published_at": "2026-01-31T06:13:20+00:00",
        "engagement": 3,
    }
    assert (answer.kind, answer.title) == (Kind.COMMENT, "Re: Why does Quillon's sync stop & never resume?")
    assert (answer.url, answer.origin) == ("https://stackoverflow.com/a/79400222", "stackoverflow.com")
    assert (answer.author.service_id, answer.author.display_name) == (None, "user29"), "an account that was deleted"
    assert rejected(pages) == {"79400050": "the question or answer is not there any more", "number 4": "without an id"}


def test_a_search_asks_for_our_name_as_a_phrase_from_where_it_ended(site, door):
    hear(site, door, key="k3y")
    (asked,) = queries(site, "/search/excerpts")
    assert asked.pop("fromdate") == str(BASE - 7 * 86_400)
    assert asked.pop("key") == "k3y"
    expected = {"q": '"Quillon"', "site": "stackoverflow", "sort": "creation", "order": "desc", "page": "1", "pagesize": "100"}
    assert asked == expected
    assert queries(site, "/answers/79400222")[0]["filter"] == "withbody"


def test_what_is_known_costs_no_second_lookup(site, door):
    first = hear(site, door, more={"now": datetime(2026, 1, 31, 9, tzinfo=UTC)})
    site.seen.clear()
    second = hear(site, door, ends(first), more={"now": datetime(2026, 1, 31, 9, tzinfo=UTC)})
    assert mentions(only(second)) == []
    assert [path.partition("?")[0] for path in site.paths()] == ["/search/excerpts"]


def test_answers_are_packed_as_the_service_packs_them(site, door):
    site["/search/excerpts"] = Reply(gzip.compress(golden("stackexchange", "excerpts")), headers={"Content-Encoding": "gzip"})
    assert len(mentions(only(hear(site, door)))) == 2


def test_pages_are_followed_while_there_are_more(site, door):
    serve_questions(site, [question(n, n) for n in range(1, 6)])
    found = hear(site, door)
    assert [mention.external_id for mention in mentions(only(found))] == ["1", "2", "3", "4", "5"]
    assert [query["page"] for query in queries(site, "/search/excerpts")] == ["1", "2", "3"]


def test_beyond_the_last_page_the_search_begins_again_before_the_oldest(site, door):
    serve_questions(site, [question(n, n) for n in range(1, 56)])
    pages = only(hear(site, door, max_pages=40))
    assert [int(mention.external_id) for mention in mentions(pages)] == list(range(1, 56))
    assert [(query["page"], "todate" in query) for query in queries(site, "/search/excerpts")][24:27] == [
        ("25", False),
        ("1", True),
        ("2", True),
    ]
    assert not any(page.gaps for page in pages)


def test_more_posts_of_one_second_than_can_be_shown_are_a_gap(site, door):
    serve_questions(site, [question(n, 5) for n in range(1, 110)])
    pages = only(hear(site, door, max_pages=100))
    assert [gap.reason for page in pages for gap in page.gaps] == ["the search shows no more posts"]
    assert len(mentions(pages)) == 50


def test_a_pause_that_is_asked_for_is_kept_before_the_next_page(site, door):
    serve_questions(site, [question(n, n) for n in range(1, 6)], wrapper={"backoff": 10})
    stream = only(SPEC.streams(SPEC.options(api=site.url(""), private=True), context(door)))
    pages = SPEC.build(stream, context(door)).pages({})
    first = next(pages)
    assert [mention.external_id for mention in first.mentions] == ["1", "2"]
    with pytest.raises(RetryLater) as caught:
        next(pages)
    assert caught.value.after == timedelta(seconds=10)
    serve_questions(site, [question(n, n) for n in range(1, 6)])
    rest = list(SPEC.build(stream, context(door)).pages(json.loads(json.dumps(first.cursor))))
    assert [mention.external_id for mention in mentions(rest)] == ["3", "4", "5"]


def test_a_quota_that_is_used_up_pauses_the_source_until_midnight(site, door):
    now = datetime(2026, 2, 1, 15, 30, tzinfo=UTC)
    site["/search/excerpts"] = body({**json.loads(golden("stackexchange", "excerpts")), "quota_remaining": 0})
    with pytest.raises(SourcePaused) as caught:
        hear(site, door, more={"now": now})
    assert caught.value.until == datetime(2026, 2, 2, tzinfo=UTC)
    assert [path.partition("?")[0] for path in site.paths()] == ["/search/excerpts"], "nothing is asked for after that"


@pytest.mark.parametrize(
    ("error", "name", "message", "kind", "after"),
    [
        (
            502,
            "throttle_violation",
            "too many requests from this IP, more requests available in 81000 seconds",
            RetryLater,
            81_000,
        ),
        (502, "throttle_violation", "slow down", RetryLater, None),
        (503, "temporarily_unavailable", "", RetryLater, None),
        (500, "internal_error", "", RetryLater, None),
        (400, "bad_parameter", "No site found for name `x`", SourceRejected, None),
        (404, "no_method", "", SourceRejected, None),
        (403, "access_denied", "key", SourceRejected, None),
        (405, "key_required", "", SourceRejected, None),
    ],
)
def test_a_numbered_error_has_its_own_meaning(error, name, message, kind, after, site, door):
    said = {"error_id": error, "error_name": name, "error_message": message}
    site["/search/excerpts"] = Reply(json.dumps(said).encode(), 400)
    with pytest.raises(kind) as caught:
        hear(site, door)
    if kind is RetryLater:
        assert caught.value.after == (timedelta(seconds=after) if after else None)
    else:
        assert f"(error {error})" in str(caught.value)


def test_every_site_and_search_and_tag_is_a_stream(site, door):
    site["/questions"] = golden("stackexchange", "questions")
    streams = SPEC.streams(SPEC.options(sites=("stackoverflow", "unix"), queries=("a", "b"), tags=("t",)), context(door))
    assert list(streams) == [
        *("stackoverflow: a", "stackoverflow: b", "stackoverflow tag t"),
        *("unix: a", "unix: b", "unix tag t"),
    ]
    pages = only(hear(site, door, more={"brands": ()}, tags=["quillon"]))
    assert [mention.external_id for mention in mentions(pages)] == ["79400100"]
    assert queries(site, "/questions")[0]["tagged"] == "quillon"


def test_nothing_to_search_for_is_a_mistake_in_the_configuration(door):
    with pytest.raises(ConfigError, match="queries"):
        SPEC.streams(SPEC.options(), context(door, brands=()))


@pytest.mark.parametrize(
    ("site", "host"),
    [
        ("stackoverflow", "stackoverflow.com"),
        ("pt.stackoverflow", "pt.stackoverflow.com"),
        ("meta.stackoverflow", "meta.stackoverflow.com"),
        ("unix", "unix.stackexchange.com"),
        ("unix.meta", "unix.meta.stackexchange.com"),
        ("meta", "meta.stackexchange.com"),
        ("mathoverflow", "mathoverflow.net"),
        ("Stackoverflow.com", "stackoverflow.com"),
    ],
)
def test_a_site_has_its_host(site, host):
    assert host_of(site) == host
