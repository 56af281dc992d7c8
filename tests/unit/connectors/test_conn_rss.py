"""The rss connector: options, streams, cursors."""

import json

import pytest
from pydantic import ValidationError

from connectors.rss import SPEC, Options
from listener.core.connector import Answer
from listener.core.errors import ConfigError, RetryLater, SourceProtocolError
from listener.net.door import open_door
from tests.unit.connectors.conn_door import ScriptedDoor, context, item, rss
from tests.unit.net.net_server import Reply, Site

URL = "https://b.example/feed"


def pages(door, cursor=None, url=URL, **more):
    return list(SPEC.build(Options(url=url), context(door, **more)).pages(cursor or {}))


def test_a_feed_becomes_one_page():
    door = ScriptedDoor({URL: rss(item(1), item(2), "<item/>")})
    (page,) = pages(door)
    assert [mention.external_id for mention in page.mentions] == ["id-1", "id-2"]
    assert {mention.origin for mention in page.mentions} == {URL}
    assert [rejected.item for rejected in page.rejected] == ["entry 3"]
    assert set(page.cursor) == {"hash"}


def test_an_unchanged_feed_costs_a_304():
    door = ScriptedDoor({URL: Answer(200, URL, rss(item(1)).encode(), etag='"1"', modified="yesterday")})
    (first,) = pages(door)
    assert first.cursor["etag"] == '"1"'
    (second,) = pages(door, first.cursor)
    assert second.unchanged
    assert second.mentions == ()
    assert second.cursor == first.cursor


def test_an_equal_body_is_unchanged_too():
    door = ScriptedDoor({URL: rss(item(1))})
    (first,) = pages(door)
    (second,) = pages(door, first.cursor)
    assert second.unchanged
    assert second.cursor == first.cursor
    door.answers[URL] = rss(item(1), item(2))
    (third,) = pages(door, second.cursor)
    assert len(third.mentions) == 2


def test_links_are_relative_to_where_the_feed_lies_and_ids_belong_to_where_it_was_configured():
    moved = Answer(200, "https://new.example/x/feed", b"", moved_to="https://new.example/x/feed")
    body = rss("<item><guid>1</guid><link>post</link></item>").encode()
    door = ScriptedDoor({URL: Answer(200, moved.url, body, moved_to=moved.moved_to)})
    (page,) = pages(door)
    assert (page.mentions[0].url, page.mentions[0].origin) == ("https://new.example/x/post", URL)


def test_a_long_feed_comes_in_pages_and_only_the_last_moves_the_cursor():
    door = ScriptedDoor({URL: rss(*(item(n) for n in range(1100)))})
    found = pages(door, {"hash": "old"})
    assert [len(page.mentions) for page in found] == [500, 500, 100]
    assert [page.cursor["hash"] == "old" for page in found] == [True, True, False]


def test_a_preview_wants_only_some():
    assert len(pages(ScriptedDoor({URL: rss(item(1), item(2), item(3))}), limit=2)[0].mentions) == 2


@pytest.mark.parametrize("problem", [RetryLater("later"), SourceProtocolError("odd")])
def test_errors_are_left_to_the_caller(problem):
    with pytest.raises(type(problem)):
        pages(ScriptedDoor({URL: problem}))


def test_a_web_page_is_an_error_that_says_what_to_do():
    with pytest.raises(SourceProtocolError, match=r'https://b\.example/feed: it is a web page.*kind "blog"'):
        pages(ScriptedDoor({URL: "<!doctype html><html>"}))


def test_a_stream_for_each_feed_once(tmp_path):
    opml = tmp_path / "feeds.opml"
    opml.write_text(
        '<?xml version="1.0"?><opml><body><outline text="a"><outline type="rss" xmlUrl="https://c.example/f?a=1&amp;b=2"/></outline>'
        '<outline xmlUrl="HTTPS://B.example/feed"/><outline xmlUrl="file:///etc/passwd"/><outline text="folder"/></body></opml>'
    )
    options = Options(url=URL, urls=["https://d.example/?token=hush"], opml=opml, private=True)
    streams = SPEC.streams(options, context(ScriptedDoor()))
    assert len(streams) == 3
    assert next(iter(streams)) == URL
    assert "https://c.example/f?a=1&b=2" in streams
    assert "hush" not in " ".join(streams)
    assert all(stream.private and len(stream.feeds(tmp_path)) == 1 for stream in streams.values())
    with pytest.raises(ValueError, match="3 feeds"):
        SPEC.build(options, context(ScriptedDoor()))


@pytest.mark.parametrize(("content", "why"), [(None, "No such file"), ("<opml/>", "lists no feed"), ("x" * 5_000_001, "larger")])
def test_an_opml_file_of_no_use_is_a_configuration_problem(tmp_path, content, why):
    path = tmp_path / "x.opml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=why):
        SPEC.streams(Options(opml="x.opml"), context(ScriptedDoor(), folder=tmp_path))


@pytest.mark.parametrize(
    "options",
    [{}, {"url": "ftp://b.example/"}, {"url": "b.example"}, {"urls": ["https://"]}, {"url": URL, "unknown": 1}, {"urls": "x"}],
)
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(ValidationError):
        Options(**options)


def test_a_page_that_asks_for_a_log_in_names_the_configured_address():
    login = Answer(200, "https://login.example/?back=x", b"<!doctype html><title>Log in</title>")
    with pytest.raises(SourceProtocolError) as raised:
        pages(ScriptedDoor({URL: login}))
    assert raised.value.reason.startswith(f"{URL} redirects to https://login.example/?…: it is a web page, not a feed")
    assert raised.value.reason.endswith("open the first address in a browser: it may ask for a log-in now, or have moved")


# ------------------------------------------------------------------------------------------------ moved feeds


def polled(site: Site, cursor, path="/old?token=hush"):
    with open_door() as door:
        connector = SPEC.build(Options(url=site.url(path), private=True), context(door))
        return list(connector.pages(cursor))[-1]


def test_a_feed_that_moved_for_good_is_proposed_after_three_runs(site: Site):
    site["/old"] = Reply(status=301, headers={"Location": "/new?token=hush"})
    site["/new"] = Reply(rss(item(1)).encode(), etag='"1"')
    notices = []
    cursor = {}
    for _ in range(4):
        page = polled(site, cursor)
        notices.append(page.notice)
        cursor = json.loads(json.dumps(page.cursor))
    place = f"{site.url('/new')}?…"
    assert notices[:2] == [None, None]
    assert notices[2] == f"it has moved for good to {place} (seen 3 times); put that address into the configuration"
    assert "(seen 4 times)" in notices[3]
    assert page.unchanged
    assert "hush" not in json.dumps(cursor)
    assert [request.path for request in site.seen] == ["/old?token=hush", "/new?token=hush"] * 4, "never followed on its own"


@pytest.mark.parametrize(
    "between",
    [
        Reply(rss(item(1)).encode()),
        Reply(status=302, headers={"Location": "/new"}),
        Reply(status=301, headers={"Location": "/elsewhere"}),
    ],
    ids=["answers itself", "redirects for now", "moves elsewhere"],
)
def test_the_count_begins_anew_when_the_feed_answers_otherwise(site: Site, between: Reply):
    moved = Reply(status=308, headers={"Location": "/new"})
    site["/new"] = site["/elsewhere"] = Reply(rss(item(1)).encode(), etag='"1"')
    cursor = {}
    for answer, told in [(moved, False), (moved, False), (moved, True), (between, False), (moved, False), (moved, False)]:
        site["/old"] = answer
        page = polled(site, cursor)
        assert (page.notice is not None) == told
        cursor = page.cursor


def test_a_run_that_fails_leaves_the_count_as_it_is(site: Site):
    site["/old"] = Reply(status=301, headers={"Location": "/new"})
    site["/new"] = Reply(rss(item(1)).encode(), etag='"1"')
    cursor = polled(site, polled(site, {}).cursor).cursor
    site["/new"] = Reply(status=503)
    with pytest.raises(RetryLater):
        polled(site, cursor)
    site["/new"] = Reply(rss(item(1), item(2)).encode(), etag='"2"')
    page = polled(site, cursor)
    assert len(page.mentions) == 2
    assert "(seen 3 times)" in page.notice


@pytest.mark.parametrize("damaged", [1, "x", {"to": 1}, {"to": "x", "seen": "3"}, {"seen": 9}, None])
def test_a_count_that_is_not_ours_begins_anew(site: Site, damaged):
    site["/old"] = Reply(status=301, headers={"Location": "/new"})
    site["/new"] = rss(item(1))
    assert polled(site, {"moved": damaged}).cursor["moved"] == {"to": site.url("/new"), "seen": 1}
