"""The github connector: searches, lists of repositories, discussions; limits that look like refusals."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connectors._github_read import origin_of, own_text
from connectors.github import SPEC
from listener.core.errors import ConfigError, RetryLater, SourceProtocolError, SourceRejected
from listener.core.mention import Kind
from listener.net.door import GuardedDoor, open_door
from tests.unit.connectors.conn_door import NOW
from tests.unit.connectors.conn_forums import body, context, ends, golden, mentions, only, plain, queries, rejected, run
from tests.unit.net.net_server import Reply, Seen, Site, serve

NO_TALK = {"discussions": False}


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        site["/search/issues"] = golden("github", "search")
        site["/graphql"] = golden("github", "discussions")
        site["/repos/acme/tools/issues"] = "[]"
        site["/repos/acme/tools/issues/comments"] = golden("github", "comments")
        yield site


@pytest.fixture(scope="module")
def door() -> Iterator[GuardedDoor]:
    with open_door() as door:
        yield door


def hear(site, door, cursors=None, *, more=None, **options):
    return run(SPEC, {"api": site.url(""), **options}, context(door, **(more or {})), cursors)


def found_issue(n: int, at: datetime):
    return {
        "id": n,
        "title": f"Issue {n}",
        "body": "words",
        "created_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "user": {"login": "a", "id": 1},
    }


def test_an_issue_is_read_without_what_its_author_did_not_say(site, door):
    pages = only(hear(site, door, **NO_TALK))
    first, second = map(plain, mentions(pages))
    assert first == {
        "platform": "github",
        "external_id": "issue-2900000042",
        "title": "Export to Quillon fails",
        "text": "Quillon refuses the file. Very annoying.",
        "markup": "plain",
        "kind": "post",
        "url": "https://github.com/acme/tools/issues/42",
        "author": {
            "service_id": f"127.0.0.1:{site.port}/8100001",
            "handle": "kofi-a",
            "profile_url": "https://github.com/kofi-a",
        },
        "published_at": "2026-01-31T11:00:00+00:00",
        "engagement": 5,
    }
    assert second["author"] == {}, "of a deleted account nothing is left"
    assert rejected(pages) == {"issue-2900000040": "written by a bot", "number 4": "without id"}


def test_a_search_asks_for_our_name_from_where_it_ended(site, door):
    first = hear(site, door, **NO_TALK)
    hear(site, door, ends(first), **NO_TALK)
    asked, again = queries(site, "/search/issues")
    assert asked["q"] == '"Quillon" in:title,body is:issue created:>=2026-01-25T00:00:00Z'
    assert again["q"] == '"Quillon" in:title,body is:issue created:>=2026-01-31T23:00:00Z'
    assert (asked["sort"], asked["order"], asked["per_page"]) == ("created", "desc", "100")
    assert "authorization" not in site.seen[0].headers
    assert site.seen[0].headers["x-github-api-version"] == "2022-11-28"


def test_own_queries_and_pull_requests_are_searched_as_they_are(site, door):
    found = hear(site, door, queries=["quillon label:bug"], search=["issue", "pull-request"], **NO_TALK)
    assert list(found) == ["issue: quillon label:bug", "pull-request: quillon label:bug"]
    assert queries(site, "/search/issues")[1]["q"].startswith("quillon label:bug is:pull-request created:>=")


def test_more_than_a_search_shows_is_searched_in_windows(site, door):
    issues = [found_issue(n, NOW - timedelta(minutes=n)) for n in range(1, 1351)]

    def search(seen: Seen) -> Reply:
        asked = queries(type("One", (), {"seen": [seen]}), "/search/issues")[0]
        span = asked["q"].rpartition("created:")[2]
        until = datetime.fromisoformat(span.partition("..")[2]) if ".." in span else NOW
        hits = [one for one in issues if datetime.fromisoformat(one["created_at"]) <= until]
        page = int(asked["page"])
        if page > 10:
            return Reply(b'{"message": "Only the first 1000 search results are available"}', 422)
        return body({"total_count": len(hits), "incomplete_results": False, "items": hits[(page - 1) * 100 : page * 100]})

    site["/search/issues"] = search
    pages = only(hear(site, door, max_pages=30, **NO_TALK))
    assert [mention.external_id for mention in mentions(pages)] == [f"issue-{n}" for n in range(1, 1351)]
    assert not any(page.gaps for page in pages)


def test_a_search_that_ran_out_of_time_is_told(site, door):
    site["/search/issues"] = body({"incomplete_results": True, "items": []})
    assert "ran out of time" in only(hear(site, door, **NO_TALK))[-1].notice


@pytest.mark.parametrize(
    ("status", "headers", "text", "after"),
    [
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 1800)}, "{}", timedelta(minutes=30)),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 60)}, "{}", timedelta(minutes=1)),
        (403, {"Retry-After": "60"}, '{"message": "You have exceeded a secondary rate limit"}', timedelta(minutes=1)),
        (403, {"X-RateLimit-Remaining": "12"}, '{"message": "You have exceeded a secondary rate limit."}', timedelta(minutes=1)),
    ],
)
def test_a_limit_is_no_refusal(status, headers, text, after, site, door):
    site["/search/issues"] = Reply(text.encode(), status, headers)
    with pytest.raises(RetryLater) as caught:
        hear(site, door, **NO_TALK)
    assert caught.value.after == after


@pytest.mark.parametrize(("status", "says"), [(403, "403"), (401, "TOKEN"), (422, "queries"), (404, "404")])
def test_a_refusal_says_what_to_do(status, says, site, door):
    site["/search/issues"] = Reply(b'{"message": "Bad credentials"}', status, {"X-RateLimit-Remaining": "9"})
    with pytest.raises(SourceRejected, match=says):
        hear(site, door, **NO_TALK)


def test_everything_in_a_named_repository_is_heard(site, door):
    site["/repos/acme/tools/issues"] = body([found_issue(7, NOW - timedelta(hours=1))])
    found = hear(site, door, more={"brands": ()}, repositories=["acme/tools"])
    assert list(found) == ["issues of acme/tools", "comments of acme/tools"]
    comments = found["comments of acme/tools"]
    (one,) = mentions(comments)
    assert (one.text, one.kind, one.title) == ("Fixed, and the new importer is a joy.", Kind.COMMENT, "Re: #42")
    assert rejected(comments) == {"comment-3500000008": "nothing but quotes and code"}
    assert queries(site, "/repos/acme/tools/issues/comments")[0]["since"] == "2026-01-25T00:00:00Z"


def test_pages_of_a_list_follow_its_link_header_and_stay_on_this_service(site, door):
    def page(seen: Seen) -> Reply:
        number = int(queries(type("One", (), {"seen": [seen]}), "/repos/acme/tools/issues")[0]["page"])
        more = {"Link": '<https://elsewhere.example/?page=2>; rel="next"'} if number < 3 else {}
        return body([found_issue(number, NOW - timedelta(hours=number))], **more)

    site["/repos/acme/tools/issues"] = page
    found = hear(site, door, more={"brands": ()}, repositories=["acme/tools"], token="t0ken")
    assert [mention.external_id for mention in mentions(found["issues of acme/tools"])] == ["issue-1", "issue-2", "issue-3"]
    assert {seen.headers["authorization"] for seen in site.seen} == {"Bearer t0ken"}


def test_without_a_token_discussions_are_named_as_not_heard(site, door):
    found = hear(site, door, queries=["a", "b"])
    assert [pages[-1].notice and "need a token" in pages[-1].notice for pages in found.values()] == [True, None]
    again = hear(site, door, ends(found), queries=["a", "b"])
    assert "LISTENER_SOURCES__<NAME>__TOKEN" in again["issue: a"][-1].notice
    assert not any(path.startswith("/graphql") for path in site.paths())
    found = hear(site, door, token="t0ken")
    assert list(found) == ["issue: Quillon", "discussion: Quillon"]
    assert [pages[-1].notice for pages in found.values()] == [None, None]


def test_discussions_alone_need_a_token():
    assert "token" in SPEC.missing(SPEC.options(search=()))
    assert SPEC.missing(SPEC.options(search=(), token="t")) is None
    assert SPEC.missing(SPEC.options(search=(), repositories=("acme/tools",))) is None


def test_discussions_come_with_what_is_known_of_their_author(site, door):
    (one,) = mentions(hear(site, door, token="t0ken")["discussion: Quillon"])
    assert plain(one) == {
        "platform": "github",
        "external_id": "discussion-7700001",
        "title": "Is anybody happy with Quillon?",
        "text": "We are. Ask me anything.",
        "markup": "plain",
        "kind": "post",
        "url": "https://github.com/acme/tools/discussions/12",
        "author": {
            "service_id": f"127.0.0.1:{site.port}/8100002",
            "handle": "lena-ito",
            "display_name": "Lena Ito",
            "profile_url": "https://github.com/lena-ito",
            "bio": "Tools at Acme",
            "links": ["https://lena.example"],
            "followers": 77,
            "created_year": 2014,
        },
        "published_at": "2026-01-31T07:00:00+00:00",
        "engagement": 7,
    }
    asked = json.loads(next(seen.body for seen in site.seen if seen.path == "/graphql"))
    assert asked["variables"] == {
        "search": '"Quillon" in:title,body created:>=2026-01-25T00:00:00Z sort:created-desc',
        "after": None,
    }


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}, RetryLater),
        ({"data": None, "errors": [{"message": "Something went wrong while executing your query"}]}, RetryLater),
        ({"data": {"search": None}, "errors": [{"type": "INSUFFICIENT_SCOPES"}]}, SourceRejected),
        ({}, SourceProtocolError),
        ({"data": {"search": None}}, SourceProtocolError),
    ],
)
def test_graphql_says_its_errors_with_status_200(answer, kind, site, door):
    site["/graphql"] = body(answer)
    with pytest.raises(kind):
        hear(site, door, token="t0ken")


def test_discussions_are_followed_by_their_cursor_and_a_repeated_one_ends_it(site, door):
    page = json.loads(golden("github", "discussions"))
    page["data"]["search"]["pageInfo"] = {"hasNextPage": True, "endCursor": "same"}
    site["/graphql"] = body(page)
    pages = hear(site, door, token="t0ken")["discussion: Quillon"]
    assert [gap.reason for each in pages for gap in each.gaps] == ["the service named the same page twice"]
    assert len(mentions(pages)) == 1


def test_an_own_installation_has_graphql_beside_rest(site, door):
    site["/api/v3/search/issues"] = golden("github", "search")
    site["/api/graphql"] = golden("github", "discussions")
    found = run(SPEC, {"api": site.url("/api/v3"), "token": "t"}, context(door))
    assert len(mentions(found["discussion: Quillon"])) == 1


def test_ids_belong_to_the_installation():
    assert origin_of("https://api.github.com") == "github.com"
    assert origin_of("https://ghe.acme.example/api/v3") == "ghe.acme.example"


def test_a_token_that_cannot_be_sent_disables_the_source_and_is_not_shown():
    assert SPEC.missing(SPEC.options(token="ghp_abc")) is None
    reason = SPEC.missing(SPEC.options(token="gh p\u00e9"))
    assert "LISTENER_SOURCES__<NAME>__TOKEN" in reason
    assert "gh p" not in reason
    assert SPEC.missing(SPEC.options(token="")) is None


def test_options_take_repositories_by_owner_and_name_only(door):
    for wrong in ("acme", "acme/tools/issues", "../x", "acme/to ols", "https://github.com/acme/tools"):
        with pytest.raises(ValueError, match="repositories"):
            SPEC.options(repositories=(wrong,))
    with pytest.raises(ConfigError):
        SPEC.streams(SPEC.options(), context(door, brands=()))


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("a\n```py\ncode\n```\nb", "a\n\nb"),
        ("a\n````\n```\nstill code\n````\nb", "a\n\nb"),
        ("a\n~~~\ncode to the end", "a"),
        ("> quoted\nown", "own"),
        ("a <!-- hidden\nlines --> b", "a  b"),
        ("a <!-- never closed\nb", "a"),
        ("5 > 3 and `inline` stay", "5 > 3 and `inline` stay"),
        ("a\r\n\r\n\r\n\r\nb", "a\n\nb"),
    ],
)
def test_code_quotes_and_hidden_notes_are_not_the_authors_words(markdown, words):
    assert own_text(markdown) == words


def test_hostile_markdown_costs_no_more_than_its_length():
    for piece in ("<!--", "```\n", "> \n", "<!-- -->", "~~~~"):
        assert len(own_text(piece * 200_000)) <= 200_000


def test_no_moment_of_a_run_is_written_in_another_zone(site, door):
    since = datetime(2026, 1, 30, 1, tzinfo=UTC)
    hear(site, door, more={"since": since}, **NO_TALK)
    assert queries(site, "/search/issues")[0]["q"].endswith("created:>=2026-01-30T01:00:00Z")
