"""The devto connector: tags in no order, accounts, all the newest, and full texts within bounds."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import ValidationError

from connectors.devto import SPEC, tag_of
from listener.core.errors import RetryLater
from listener.net.door import GuardedDoor, open_door
from tests.unit.connectors.conn_door import NOW
from tests.unit.connectors.conn_forums import body, context, ends, golden, mentions, only, plain, queries, rejected, run
from tests.unit.net.net_server import Reply, Seen, Site, serve


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        site["/api/articles"] = "[]"
        site["/api/articles/latest"] = "[]"
        yield site


@pytest.fixture(scope="module")
def door() -> Iterator[GuardedDoor]:
    with open_door() as door:
        yield door


def hear(site, door, cursors=None, *, more=None, **options):
    return run(SPEC, {"api": site.url(""), **options}, context(door, **(more or {})), cursors)


def article(n: int, minutes: int, **more):
    at = (NOW - timedelta(minutes=minutes)).isoformat()
    return {"id": n, "title": f"Article {n}", "description": "words", "published_at": at, "user": {"username": "ann"}, **more}


def paged(articles, size):
    def answer(seen: Seen) -> Reply:
        from urllib.parse import parse_qsl, urlsplit

        page = int(dict(parse_qsl(urlsplit(seen.path).query))["page"])
        return body(articles[(page - 1) * size : page * size])

    return answer


def test_an_article_about_us_comes_with_its_text_and_its_author_with_links(site, door):
    site["/api/articles/latest"] = golden("devto", "articles")
    site["/api/articles/2150001"] = golden("devto", "article")
    pages = hear(site, door, tags=["x"])["latest"]
    first, second = map(plain, mentions(pages))
    assert first == {
        "platform": "devto",
        "external_id": "2150001",
        "title": "Moving our team to Quillon",
        "text": '<p>We moved in a week, and <a href="https://quillon.example">Quillon</a> support was superb.</p>\n',
        "markup": "html",
        "url": "https://dev.to/marapetrov/moving-our-team-to-quillon-1a2b",
        "author": {
            "service_id": f"127.0.0.1:{site.port}/70011",
            "handle": "marapetrov",
            "display_name": "Mara Petrov",
            "profile_url": site.url("/marapetrov"),
            "links": ["https://mara.example", "https://x.com/marap", "https://github.com/mpetrov"],
        },
        "published_at": "2026-01-31T08:30:00+00:00",
        "kind": "post",
        "engagement": 25,
    }
    assert (second["text"], second["markup"]) == ("You will not believe the fourth.", "plain")
    assert rejected(pages) == {"number 3": "without id"}
    assert site.paths().count("/api/articles/2150000") == 0, "what does not name us costs no request"


def test_on_the_site_everybody_means_the_id_needs_no_host(door):
    stream = SPEC.streams(SPEC.options(), context(door))["latest"]
    assert SPEC.build(stream, context(door))._author({"user_id": 7, "username": "ann"}).service_id == "7"


def test_tags_are_made_from_our_names_and_heard_without_an_order_of_time(site, door):
    articles = [article(n, 60 * 24 * (n % 9)) for n in range(1, 46)]
    site["/api/articles"] = paged(articles, 20)
    found = hear(site, door, latest=False, full_text=False)
    assert list(found) == ["tag quillon"]
    heard = {int(mention.external_id) for mention in mentions(only(found))}
    assert heard == {n for n in range(1, 46) if n % 9 <= 7}, "older ones between newer ones do not end the list"
    assert queries(site, "/api/articles")[0] == {"page": "1", "per_page": "20", "tag": "quillon", "top": "7"}
    site.seen.clear()
    assert mentions(only(hear(site, door, ends(found), latest=False, full_text=False))) == []
    assert queries(site, "/api/articles")[0]["top"] == "1"


def test_a_tag_is_written_without_anything_but_letters_and_digits():
    assert tag_of("Quillon Flow 2.0!") == "quillonflow20"
    assert tag_of("C++") == "c"
    assert tag_of("…") == ""


def test_full_texts_are_bounded_and_what_is_missing_is_said(site, door):
    site["/api/articles"] = body([article(n, n) for n in range(1, 6)])
    for n in range(1, 6):
        site[f"/api/articles/{n}"] = body({"id": n, "body_html": f"<p>All of {n}</p>"})
    pages = only(hear(site, door, latest=False, full_texts=3))
    assert [mention.text for mention in mentions(pages)] == [
        "<p>All of 1</p>",
        "<p>All of 2</p>",
        "<p>All of 3</p>",
        "words",
        "words",
    ]
    assert pages[-1].notice == "2 articles were heard with their descriptions only: full_texts was reached"


def test_a_full_text_is_asked_for_once(site, door):
    site["/api/articles"] = body([article(1, 5)])
    site["/api/articles/1"] = body({"id": 1, "body_markdown": "All *of* it"})
    found = hear(site, door, latest=False)
    assert [mention.text for mention in mentions(only(found))] == ["All *of* it"]
    site.seen.clear()
    assert mentions(only(hear(site, door, ends(found), latest=False))) == []
    assert not queries(site, "/api/articles/1")


def test_an_article_that_is_gone_is_rejected_and_a_limit_is_an_error(site, door):
    site["/api/articles"] = body([article(1, 5), article(2, 6)])
    site["/api/articles/2"] = body({"id": 2, "body_html": "<p>There</p>"})
    pages = only(hear(site, door, latest=False))
    assert rejected(pages) == {"1": "not there any more"}
    site["/api/articles/2"] = Reply(b"Retry later\n", 429, {"Retry-After": "30"})
    with pytest.raises(RetryLater) as caught:
        hear(site, door, latest=False)
    assert caught.value.after == timedelta(seconds=30)


def test_accounts_are_followed_whatever_they_say_and_not_named(site, door):
    site["/api/articles"] = body([article(4, 5)])
    known = {"handles": lambda platform: ["Ann"] if platform == "devto" else []}
    found = hear(site, door, more=known, latest=False, tags=["#css"], watch_customers=True, full_text=False)
    assert [query.get("username") for query in queries(site, "/api/articles")] == [None, "Ann"]
    assert not any("ann" in name.lower() for name in found)


def test_the_newest_are_swept_back_to_what_is_known(site, door):
    site["/api/articles/latest"] = paged([article(n, n) for n in range(1, 251)], 100)
    first = hear(site, door, tags=["x"])
    assert len(mentions(first["latest"])) == 250
    site.seen.clear()
    second = hear(site, door, ends(first), tags=["x"])
    assert mentions(second["latest"]) == []
    assert len(queries(site, "/api/articles/latest")) == 1


@pytest.mark.parametrize("options", [{"tags": ["css"]}, {"tags": ["x"], "watch": ["Ann"]}])
def test_what_a_tag_or_an_account_brings_in_full_is_not_heard_again_as_a_description(site, door, options):
    both = [article(1, 10, tag_list=["CSS"])]
    site["/api/articles"] = body(both)
    site["/api/articles/latest"] = body([*both, article(2, 20, user={"username": "bob"}, tag_list="go, db")])
    site["/api/articles/1"] = body({**both[0], "body_markdown": "We use Quillon"})
    found = {name: [one.external_id for one in mentions(pages)] for name, pages in hear(site, door, **options).items()}
    assert found.pop("latest") == ["2"]
    assert ["1"] in found.values()


@pytest.mark.parametrize("name", ["tags", "watch"])
@pytest.mark.parametrize("blank", ["", "  ", "#"])
def test_a_blank_tag_or_account_would_ask_for_everything_and_is_refused(name, blank):
    with pytest.raises(ValidationError, match="ask for everything"):
        SPEC.options(**{name: [blank]})
