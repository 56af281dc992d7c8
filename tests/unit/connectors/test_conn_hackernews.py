"""Hacker News against a server that searches as Algolia's does, and against one that misbehaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.hackernews import SPEC, Options
from listener.core.brand import Brand, ListeningRule, Target, TargetKind
from listener.core.errors import ConfigError, SourceProtocolError
from listener.core.mention import Author, Kind, Markup, Mention
from nlp.text import to_text
from tests.unit.connectors.conn_door import NOW
from tests.unit.connectors.conn_social import FAULTS, Bench, answer, asked, bench, golden, mentions, reasons
from tests.unit.net.net_server import Reply, Seen

PATH = "/api/v1/search_by_date"
NEWEST = int(NOW.timestamp())


@pytest.fixture
def hn() -> Iterator[Bench]:
    with bench(SPEC, "api", "/api/v1", queries=['"Quillon"']) as one:
        one.site[PATH] = answer(golden("hackernews/search_by_date.json"))
        yield one


def hit(number: int, at: int) -> dict[str, Any]:
    return {
        "objectID": str(number),
        "author": "osei",
        "comment_text": f"words {number}",
        "created_at_i": at,
        "_tags": ["comment"],
    }


class Search:
    """Hits by time, as the service cuts them: never more than a page, whatever is asked for."""

    def __init__(self, hits: list[dict[str, Any]], most: int = 200) -> None:
        self.hits = sorted(hits, key=lambda one: -one["created_at_i"])
        self.most = most

    def __call__(self, seen: Seen) -> Reply:
        query = asked(seen)
        found = self.hits
        for sign, value in re.findall(r"created_at_i(>=|<=)(\d+)", query["numericFilters"]):
            keep = int(value).__le__ if sign == ">=" else int(value).__ge__
            found = [one for one in found if keep(one["created_at_i"])]
        size = min(int(query["hitsPerPage"]), self.most)
        return answer({"hits": found[:size], "nbHits": len(found), "page": 0, "hitsPerPage": size})


def test_golden_hits_become_mentions(hn):
    pages = hn.run()
    comment, story, question = mentions(pages)
    assert comment == Mention(
        platform="hackernews",
        origin="news.ycombinator.com",
        external_id="46812345",
        text=comment.text,
        url="https://news.ycombinator.com/item?id=46812345",
        author=Author(service_id="rkessler", handle="rkessler", profile_url="https://news.ycombinator.com/user?id=rkessler"),
        published_at=datetime(2026, 1, 31, 18, 20, 11, tzinfo=UTC),
        markup=Markup.HTML,
        kind=Kind.COMMENT,
    )
    assert to_text(comment.text, comment.markup).startswith("We moved to Quillon in March & never looked back.")
    assert (story.title, story.kind, story.engagement) == ("Quillon raises prices for the third time", Kind.POST, 160)
    assert to_text(story.text, story.markup) == "https://news.example/quillon?a=1&b=2"
    assert story.author.handle == "Tilda_M"
    assert (question.text, question.url) == (
        "Quillon or Rival? We are a team of six.",
        "https://news.ycombinator.com/item?id=46810001",
    )
    assert reasons(pages) == {"46809999": "without words: deleted, or shown to nobody"}


def test_a_comments_story_is_not_its_own_words(hn):
    assert "metrics tool" not in f"{mentions(hn.run())[0].title}{mentions(hn.run())[0].text}"


def test_the_search_is_asked_for_phrases_since_the_last_time(hn):
    hn.run()
    query = asked(hn.site.seen[0])
    assert query["query"] == '"Quillon"'
    assert query["tags"] == "(story,comment)"
    assert query["advancedSyntax"] == "true"
    assert query["numericFilters"] == f"created_at_i>={NEWEST - 7 * 86400}"
    second = hn.run(cursor=hn.run()[-1].cursor)
    assert asked(hn.site.seen[-1])["numericFilters"] == f"created_at_i>={NEWEST - 3600}"
    assert mentions(second) == []


@pytest.mark.parametrize("most", [200, 50])
def test_older_hits_are_asked_for_by_time_beyond_the_depth_limit(hn, most):
    hn.site[PATH] = Search([hit(number, NEWEST - number // 3) for number in range(1100)], most)
    pages = hn.run(max_pages=100)
    assert sorted(int(one.external_id) for one in mentions(pages)) == list(range(1100))
    assert not any(page.gaps for page in pages)
    assert all("page" not in asked(seen) for seen in hn.site.seen)


def test_a_second_with_more_hits_than_a_page_is_a_gap_that_is_told(hn):
    hn.site[PATH] = Search([*(hit(number, NEWEST - 5) for number in range(300)), hit(999, NEWEST - 9)])
    pages = hn.run()
    assert len(mentions(pages)) == 201
    (gap,) = [gap for page in pages for gap in page.gaps]
    assert gap.since == NOW - timedelta(seconds=5)


def test_a_run_fetches_no_more_answers_than_permitted_and_the_next_goes_on(hn):
    hn.site[PATH] = Search([hit(number, NEWEST - number) for number in range(500)])
    first = hn.run(max_pages=1)
    second = hn.run(cursor=first[-1].cursor, max_pages=5)
    assert first[-1].notice
    assert len(mentions(first)) == 200
    assert len({one.key for one in mentions(first) + mentions(second)}) == 500
    assert len(mentions(second)) == 300


def test_an_edited_comment_is_heard_again_within_the_overlap(hn):
    late = hit(1, NEWEST - 60)
    hn.site[PATH] = Search([late])
    cursor = hn.run()[-1].cursor
    hn.site[PATH] = Search([{**late, "comment_text": "words 1. Edit: it works now."}])
    assert [one.text for one in mentions(hn.run(cursor=cursor))] == ["words 1. Edit: it works now."]


def test_a_search_that_ignores_the_time_is_not_believed(hn):
    same = [hit(number, NEWEST - number) for number in range(200)]
    hn.site[PATH] = answer({"hits": same, "nbHits": 9000})
    pages = SPEC.build(next(iter(hn.streams().values())), hn.context).pages({})
    assert len(next(pages).mentions) == 200
    with pytest.raises(SourceProtocolError, match="younger"):
        list(pages)


def test_odd_records_cost_themselves_only(hn):
    odd: list[Any] = [None, 7, {}, {"objectID": 12}, {"objectID": "13", "title": 5}, {"objectID": "14", "title": "A title"}]
    hn.site[PATH] = answer({"hits": odd, "nbHits": 6})
    pages = hn.run()
    assert [(one.external_id, one.published_at, one.engagement) for one in mentions(pages)] == [("14", None, None)]
    assert len(reasons(pages)) == 5


@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_that_misbehaves_is_an_error_and_never_silence(hn, fault):
    reply, error = FAULTS[fault]
    hn.site[PATH] = reply
    with pytest.raises(error) as caught:
        hn.run()
    assert "Quillon" not in str(caught.value)


def test_accounts_are_followed_whatever_words_they_use(hn):
    hn.context = replace(hn.context, handles=lambda platform: ["tilda_m", "a),(story"] if platform == "hackernews" else [])
    streams = hn.streams(queries=(), watch=("@rkessler",), watch_customers=True)
    assert [(stream.query, stream.tags) for stream in streams.values()] == [
        ("", "(story,comment),author_rkessler"),
        ("", "(story,comment),author_tilda_m"),
    ]
    assert "tilda" not in " ".join(streams)
    assert len(mentions(hn.run(queries=(), watch=("rkessler",)))) == 3


def test_the_names_of_our_brands_are_looked_for(hn):
    names = [Target("q", TargetKind.BRAND, "q", "Quillon", ("Quillon HQ",))]
    hn.context = replace(hn.context, brands=[Brand("q", "Quillon", ListeningRule("q", tuple(names)))])
    assert list(hn.streams(queries=())) == ['search "Quillon"', 'search "Quillon HQ"']


def test_nothing_to_look_for_is_a_configuration_problem(hn):
    with pytest.raises(ConfigError, match="nothing to listen for"):
        hn.streams(queries=())


@pytest.mark.parametrize("options", [{"watch": ("a b",)}, {"watch": ("x),(story",)}, {"api": "ftp://x"}, {"max_pages": 0}])
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(ValidationError):
        Options(**options)
