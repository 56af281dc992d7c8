"""The lobsters connector: lists of stories, comments of stories whose count grew."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from connectors.lobsters import SPEC
from listener.core.errors import RetryLater
from listener.core.mention import Kind
from listener.net.door import GuardedDoor, open_door
from tests.unit.connectors.conn_door import NOW
from tests.unit.connectors.conn_forums import body, context, ends, golden, mentions, only, plain, rejected, run
from tests.unit.net.net_server import Reply, Site, serve


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        site["/newest.json"] = golden("lobsters", "newest")
        for page in (2, 3):
            site[f"/newest/page/{page}.json"] = "[]"
        site["/s/q7xk2a.json"] = golden("lobsters", "story")
        yield site


@pytest.fixture(scope="module")
def door() -> Iterator[GuardedDoor]:
    with open_door() as door:
        yield door


def hear(site, door, cursors=None, *, more=None, **options):
    return run(SPEC, {"api": site.url(""), **options}, context(door, **(more or {})), cursors)


def story(n: int, minutes: int, comments: int = 0, **more):
    at = (NOW - timedelta(minutes=minutes)).isoformat()
    return {
        "short_id": f"s{n}",
        "created_at": at,
        "title": f"Story {n}",
        "comment_count": comments,
        "submitter_user": "ann",
        **more,
    }


def test_stories_are_read_in_both_shapes_of_their_submitter(site, door):
    found = hear(site, door, comments=False)
    first, second = map(plain, mentions(only(found)))
    assert first == {
        "platform": "lobsters",
        "external_id": "s/q7xk2a",
        "title": "Quillon 3 rewrites its sync engine",
        "author": {
            "service_id": f"127.0.0.1:{site.port}/tessa_w",
            "handle": "tessa_w",
            "profile_url": site.url("/~tessa_w"),
        },
        "url": "https://lobste.rs/s/q7xk2a/quillon_3_rewrites_its_sync_engine",
        "published_at": "2026-01-31T15:12:44+00:00",
        "markup": "plain",
        "kind": "post",
        "engagement": 17,
    }
    assert second["text"] == "<p>We left Quillon after the <em>price</em> change.</p>\n"
    assert second["markup"] == "html"
    assert second["author"] | {"service_id": "", "profile_url": ""} == {
        "service_id": "",
        "profile_url": "",
        "handle": "bo-larsen",
        "bio": "I run a small ISP.",
        "links": ["https://github.com/bolarsen"],
        "created_year": 2019,
    }
    assert rejected(only(found)) == {"nobody": "without title"}


def test_on_the_site_everybody_means_the_name_alone_is_the_account(door):
    connector = SPEC.build(SPEC.streams(SPEC.options(), context(door))["newest"], context(door))
    author = connector._author("tessa_w")
    assert (author.service_id, author.handle, author.profile_url) == (None, "tessa_w", "https://lobste.rs/~tessa_w")


def test_pages_are_swept_back_to_what_is_known_and_not_beyond(site, door):
    for page in range(1, 6):
        path = "/newest.json" if page == 1 else f"/newest/page/{page}.json"
        site[path] = body([story(page * 10 + n, page * 10 + n) for n in range(3)])
    site["/newest/page/6.json"] = "[]"
    first = hear(site, door, comments=False)
    assert len(mentions(only(first))) == 15
    site.seen.clear()
    site["/newest.json"] = body([story(99, -10), story(10, 10), story(5000, 90)])
    site["/newest/page/2.json"] = body([story(1000, 60 * 30)])
    later = {"now": NOW + timedelta(hours=2)}
    second = hear(site, door, ends(first), more=later, comments=False)
    assert [mention.external_id for mention in mentions(only(second))] == ["s/s99"]
    assert site.paths() == ["/newest.json"], "the first page went beyond what was known"


def test_a_run_that_may_fetch_no_more_goes_on_where_it_stopped(site, door):
    for page in range(1, 5):
        path = "/newest.json" if page == 1 else f"/newest/page/{page}.json"
        site[path] = body([story(page, page)])
    site["/newest/page/5.json"] = "[]"
    first = hear(site, door, comments=False, max_pages=2)
    assert [mention.external_id for mention in mentions(only(first))] == ["s/s1", "s/s2"]
    assert only(first)[-1].notice
    assert only(first)[-1].heard_until < NOW
    second = hear(site, door, ends(first), comments=False, max_pages=9)
    assert [mention.external_id for mention in mentions(only(second))] == ["s/s3", "s/s4"]
    assert only(second)[-1].heard_until in {None, NOW}


def test_tags_and_accounts_have_streams_of_their_own_and_no_name_is_shown(site, door):
    site["/t/databases.json"] = body([story(1, 5)])
    site["/t/databases/page/2.json"] = "[]"
    site["/~bo-larsen/stories.json"] = body([story(2, 5)])
    site["/~bo-larsen/stories/page/2.json"] = "[]"
    known = {"handles": lambda platform: ["bo-larsen"] if platform == "lobsters" else []}
    found = hear(site, door, more=known, comments=False, tags=["databases"], watch_customers=True)
    assert [mention.external_id for pages in found.values() for mention in mentions(pages)] == ["s/s1", "s/s2"]
    assert not any("bo-larsen" in name for name in found)
    assert hear(site, door, more=known, comments=False, tags=["databases"], watch=["@bo-larsen"]).keys() == found.keys()


def test_comments_are_heard_of_stories_whose_count_grew(site, door):
    found = hear(site, door)["comments"]
    first, second = mentions(found)
    assert (first.external_id, first.kind, first.title) == ("c/c1aaaa", Kind.COMMENT, "Re: Quillon 3 rewrites its sync engine")
    assert first.author.handle == "ines.k"
    assert second.engagement == 0, "a score below zero is no approval"
    assert rejected(found) == {"c/c2bbbb": "deleted"}
    site.seen.clear()
    again = hear(site, door, {"comments": json.loads(json.dumps(found[-1].cursor))})["comments"]
    assert [page.unchanged for page in again] == [True]
    assert "/s/q7xk2a.json" not in site.paths()


def test_only_what_is_new_in_a_story_is_handed_over_again(site, door):
    found = hear(site, door)["comments"]
    grown = json.loads(golden("lobsters", "story"))
    grown["comments"].append({"short_id": "c4", "created_at": "2026-01-31T18:00:00Z", "comment": "<p>Late</p>", "score": 1})
    site["/s/q7xk2a.json"] = body(grown)
    listed = json.loads(golden("lobsters", "newest"))
    listed[0]["comment_count"] = 4
    site["/newest.json"] = body(listed)
    again = mentions(hear(site, door, {"comments": found[-1].cursor})["comments"])
    assert [mention.external_id for mention in again] == ["c/c3cccc", "c/c4"], "the newest known one bounds what is new"


def test_deleted_comments_which_are_not_counted_hide_no_new_ones(site, door):
    def said(n: int, minutes: int, *, deleted: bool = False):
        at = (NOW + timedelta(minutes=minutes)).isoformat()
        return {"short_id": f"c{n}", "created_at": at, "comment": f"<p>{n}</p>", "is_deleted": deleted}

    def shows(*comments):
        listed = story(1, 600, comments=sum(not one["is_deleted"] for one in comments))
        site["/newest.json"] = body([listed])
        site["/s/s1.json"] = body({**listed, "comments": comments})

    def heard(cursor, hours):
        pages = hear(site, door, {"comments": cursor}, more={"now": NOW + timedelta(hours=hours)})["comments"]
        return [mention.external_id for mention in mentions(pages)], json.loads(json.dumps(pages[-1].cursor))

    old = [said(n, n - 300, deleted=n < 3) for n in range(5)]
    shows(*old)
    assert heard({}, 0)[0] == ["c/c3", "c/c4"]
    cursor = heard({}, 0)[1]
    shows(*old, said(5, 30))
    found, cursor = heard(cursor, 1)
    assert found == ["c/c4", "c/c5"]
    shows(*({**one, "is_deleted": True} for one in [*old, said(5, 30)]), said(6, 90))
    found, cursor = heard(cursor, 2)
    assert found == ["c/c6"], "the count fell, and yet there is a new one"
    site.seen.clear()
    assert heard(cursor, 3)[0] == []
    assert "/s/s1.json" not in site.paths()


def test_comments_beyond_what_a_run_may_read_wait_for_the_next(site, door):
    site["/newest.json"] = body([story(n, n, comments=1) for n in range(1, 6)])
    for n in range(1, 6):
        one = {"short_id": f"c{n}", "created_at": (NOW - timedelta(minutes=1)).isoformat(), "comment": f"<p>{n}</p>"}
        site[f"/s/s{n}.json"] = body({**story(n, n, comments=1), "comments": [one]})
    first = hear(site, door, most_stories=3)["comments"]
    assert [mention.external_id for mention in mentions(first)] == ["c/c1", "c/c2", "c/c3"]
    assert first[-1].notice == "the comments of 2 more stories are read in the next run"
    second = hear(site, door, {"comments": first[-1].cursor}, most_stories=3)["comments"]
    assert [mention.external_id for mention in mentions(second)] == ["c/c4", "c/c5"]
    assert second[-1].notice is None


def test_a_story_that_is_gone_costs_only_itself(site, door):
    site["/newest.json"] = body([story(1, 9, comments=2), story(2, 9, comments=1)])
    comment = {"short_id": "c9", "created_at": (NOW - timedelta(minutes=1)).isoformat(), "comment": "<p>Fine</p>"}
    site["/s/s2.json"] = body({**story(2, 9, 1), "comments": [comment]})
    found = hear(site, door)["comments"]
    assert rejected(found) == {"s/s1": "deleted"}
    assert [mention.external_id for mention in mentions(found)] == ["c/c9"]
    assert [page.unchanged for page in hear(site, door, {"comments": found[-1].cursor})["comments"]] == [True]


def test_a_failure_among_stories_keeps_what_was_heard_before(site, door):
    site["/newest.json"] = body([story(1, 9, comments=1), story(2, 9, comments=1)])
    comment = {"short_id": "c1", "created_at": (NOW - timedelta(minutes=1)).isoformat(), "comment": "<p>Fine</p>"}
    site["/s/s1.json"] = body({**story(1, 9, 1), "comments": [comment]})
    site["/s/s2.json"] = Reply(b"", 503)
    stream = SPEC.streams(SPEC.options(api=site.url(""), private=True), context(door))["comments"]
    pages = SPEC.build(stream, context(door)).pages({})
    first = next(pages)
    assert [mention.external_id for mention in first.mentions] == ["c/c1"]
    with pytest.raises(RetryLater):
        next(pages)
    assert set(first.cursor["stories"]) == {"s1"}
