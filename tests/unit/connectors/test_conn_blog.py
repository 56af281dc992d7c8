"""The blog connector: discovery, full texts, comments."""

import json

import pytest

from connectors._page_links import page_links
from connectors.blog import SPEC, Options
from listener.core.connector import Answer
from listener.core.errors import RetryLater, SourceProtocolError, SourceRejected
from listener.core.mention import Kind, Markup
from tests.unit.connectors.conn_door import ScriptedDoor, context, item, rss

SITE = "https://b.example/"
FEED = "https://b.example/feed.xml"
HOME = '<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head><body>x</body></html>'
LONG = " ".join(f"Sentence number {n} of the article says something worth reading about the product." for n in range(30))
COMMENT = (
    "<item><guid isPermaLink='false'>c-{0}</guid><title>On it</title><link>https://b.example/1#c{0}</link>"
    "<description>Me too {0}</description></item>"
)


def article(text: str = LONG) -> str:
    body = f"<nav>Menu</nav><article><h1>t</h1><p>{text}</p></article>"
    return f"<!doctype html><html><head><title>t</title></head><body>{body}</body></html>"


def run(door, cursor=None, *, site=SITE, limit=None, **options):
    return list(SPEC.build(Options(url=site, **options), context(door, limit=limit)).pages(cursor or {}))


def mentions(pages):
    return [mention for page in pages for mention in page.mentions]


def roundtrip(pages):
    return json.loads(json.dumps(pages[-1].cursor))


# ------------------------------------------------------------------------------------------------ discovery


def test_the_feed_that_the_page_names_is_found_and_remembered():
    door = ScriptedDoor({SITE: HOME, FEED: rss(item(1, "full", "<content:encoded>The content</content:encoded>"))})
    first = run(door)
    assert [mention.text for mention in mentions(first)] == ["The content"]
    assert mentions(first)[0].origin == SITE
    door.asked.clear()
    second = run(door, roundtrip(first))
    assert [page.unchanged for page in second] == [True]
    assert second[-1].cursor == first[-1].cursor
    assert door.asked == [FEED]


def test_the_address_may_itself_be_a_feed():
    door = ScriptedDoor({FEED: rss(item(1))})
    first = run(door, site=FEED, full_text=False)
    assert len(mentions(first)) == 1
    assert [page.unchanged for page in run(door, roundtrip(first), site=FEED, full_text=False)] == [True]


@pytest.mark.parametrize(
    "place", ["https://b.example/blog/feed/", "https://b.example/blog/index.xml", "https://b.example/feed.json"]
)
def test_the_usual_places_are_tried(place):
    body = rss(item(1)) if not place.endswith("json") else '{"version":"https://jsonfeed.org/version/1","items":[{"id":"id-1"}]}'
    door = ScriptedDoor({"https://b.example/blog": "<html>no links</html>", place: body})
    assert [mention.external_id for mention in mentions(run(door, site="https://b.example/blog", full_text=False))] == ["id-1"]


def test_a_named_feed_that_is_broken_does_not_hide_another():
    home = HOME.replace("<link", '<link rel="alternate" type="application/atom+xml" href="/broken.xml"><link')
    door = ScriptedDoor({SITE: home, "https://b.example/broken.xml": "<html>", FEED: rss(item(1))})
    assert len(mentions(run(door, full_text=False))) == 1


def test_no_feed_anywhere_says_what_to_do():
    with pytest.raises(SourceProtocolError, match='no feed was found; give the feed\'s own address with kind "rss"'):
        run(ScriptedDoor({SITE: "<html>nothing</html>"}))


def test_an_empty_page_has_no_feed():
    with pytest.raises(SourceProtocolError, match="no feed was found"):
        run(ScriptedDoor({SITE: ""}))


def test_something_that_is_neither_page_nor_feed_has_no_feed():
    with pytest.raises(SourceProtocolError, match="no feed was found"):
        run(ScriptedDoor({SITE: "plain words"}))


def test_a_busy_site_is_not_a_site_without_feed():
    with pytest.raises(RetryLater):
        run(ScriptedDoor({SITE: "<html>nothing</html>", "https://b.example/atom.xml": RetryLater("busy")}))


@pytest.mark.parametrize("problem", [SourceRejected("403"), RetryLater("503")])
def test_a_site_that_cannot_be_read_is_an_error(problem):
    with pytest.raises(type(problem)):
        run(ScriptedDoor({SITE: problem}))


@pytest.mark.parametrize("failure", [SourceRejected("410"), "<html>moved</html>"])
def test_a_feed_that_fails_is_looked_for_anew(failure):
    door = ScriptedDoor({SITE: HOME, FEED: rss(item(1))})
    cursor = roundtrip(run(door, full_text=False))
    door.answers[FEED] = failure
    door.answers[SITE] = HOME.replace("/feed.xml", "/new.xml")
    door.answers["https://b.example/new.xml"] = rss(item(1), item(2))
    again = run(door, cursor, full_text=False)
    assert [mention.external_id for mention in mentions(again)] == ["id-1", "id-2"]
    assert again[-1].cursor["feed"]["url"] == "https://b.example/new.xml"


def test_links_of_a_page():
    page = b"""<html><head><base href="/base/">
      <link rel="alternate" type="application/rss+xml" title="Posts" href="posts.xml">
      <link rel="ALTERNATE home" type="application/atom+xml; charset=utf-8" href="//cdn.example/atom">
      <link rel="alternate" type="application/rss+xml" title="Comments" href="c.xml">
      <link rel="alternate" type="application/rss+xml" href="/comments/feed/">
      <link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/1">
      <link rel="alternate" type="application/rss+xml" href="javascript:x"><link rel="alternate" hreflang="de" href="/de">
      <link rel="stylesheet" type="application/rss+xml" href="/x"></head></html>"""
    assert page_links(page, "", "https://b.example/sub/page") == {
        "feeds": ["https://b.example/base/posts.xml", "https://cdn.example/atom"],
        "comments": ["https://b.example/base/c.xml", "https://b.example/comments/feed/"],
    }


# ------------------------------------------------------------------------------------------------ full texts


def blog(*entries: str, **pages: object) -> ScriptedDoor:
    return ScriptedDoor({SITE: HOME, FEED: rss(*entries), **{f"https://b.example/{n[1:]}": page for n, page in pages.items()}})


def test_an_excerpt_is_completed_from_the_page_once():
    door = blog(item(1, "Sentence number 0 of the [&amp;#8230;]"), _1=article())
    first = run(door)
    (mention,) = mentions(first)
    assert mention.text.endswith("worth reading about the product.")
    assert "Menu" not in mention.text
    assert mention.markup is Markup.PLAIN
    door.asked.clear()
    assert run(door, roundtrip(first))[-1].unchanged
    # The feed changes: the post that was completed is neither fetched again nor overwritten by its excerpt.
    door.answers[FEED] = rss(item(2, "short"), item(1, "Sentence number 0 of the [&amp;#8230;]"))
    door.answers["https://b.example/2"] = article("Other. " + LONG)
    door.asked.clear()
    third = run(door, roundtrip(first))
    assert [mention.external_id for mention in mentions(third)] == ["id-2"]
    assert "https://b.example/1" not in door.asked


def test_an_excerpt_that_was_edited_is_completed_again():
    door = blog(item(1, "old"), _1=article())
    cursor = roundtrip(run(door))
    door.answers[FEED] = rss(item(1, "new"))
    assert len(mentions(run(door, cursor))) == 1
    assert door.asked.count("https://b.example/1") == 2


@pytest.mark.parametrize(
    "entry",
    [
        item(1, "s", f"<content:encoded>{LONG}</content:encoded>"),
        item(1, "s", "<content:encoded>Short but whole.</content:encoded>"),
        item(1, LONG),
        item(1).replace("https://b.example/1", "https://elsewhere.example/1"),
        item(1).replace("<link>https://b.example/1</link>", ""),
    ],
)
def test_pages_are_not_fetched_where_the_feed_has_all_or_the_words_are_anothers(entry):
    door = blog(entry)
    assert len(mentions(run(door))) == 1
    assert door.asked == [SITE, FEED]


@pytest.mark.parametrize("link", ["https://www.b.example/1", "https://news.b.example/1"])
def test_subdomains_belong_to_the_site(link):
    door = blog(item(1).replace("https://b.example/1", link))
    door.answers[link] = article()
    assert len(mentions(run(door))[0].text) > 1000


@pytest.mark.parametrize("page", [SourceRejected("403"), SourceProtocolError("too large"), "<html></html>", article("Tiny.")])
def test_a_page_of_no_use_leaves_the_excerpt_for_good(page):
    door = blog(item(1, "the excerpt of it"), _1=page)
    first = run(door)
    assert mentions(first)[0].text == "the excerpt of it"
    door.answers[FEED] = rss(item(1, "the excerpt of it"), item(2, LONG))
    run(door, roundtrip(first))
    assert door.asked.count("https://b.example/1") == 1


def test_a_busy_site_is_asked_again_in_the_next_run_only():
    door = blog(item(1), item(2), _1=RetryLater("busy"), _2=article())
    first = run(door)
    assert len(mentions(first)) == 2
    assert "https://b.example/2" not in door.asked
    door.answers["https://b.example/1"] = article()
    second = run(door, roundtrip(first))
    assert [len(mention.text) > 1000 for mention in mentions(second)] == [True, True]
    assert run(door, roundtrip(second))[-1].unchanged


def test_a_run_fetches_a_bounded_number_of_pages():
    door = blog(*(item(n) for n in range(5)), **{f"_{n}": article(f"Post {n}. {LONG}") for n in range(5)})
    cursor = {}
    lengths = []
    for _ in range(3):
        pages = run(door, cursor, max_pages=2)
        lengths.append([len(mention.text) > 1000 for mention in mentions(pages)])
        cursor = roundtrip(pages)
    assert lengths == [[True, True, False, False, False], [True, True, False], [True]]
    assert run(door, cursor, max_pages=2)[-1].unchanged


def test_a_feed_that_changed_without_news_moves_the_cursor_only():
    door = blog(item(1, "short"), _1=article())
    first = run(door)
    door.answers[FEED] = rss(item(1, "short"), head="<lastBuildDate>Mon, 05 Jan 2026 10:00:00 GMT</lastBuildDate>")
    (page,) = run(door, roundtrip(first))
    assert page.unchanged
    assert page.cursor["feed"] != first[-1].cursor["feed"]
    assert page.cursor["seen"] == first[-1].cursor["seen"]


@pytest.mark.parametrize("options", [{"full_text": False}, {"max_pages": 0}])
def test_pages_can_be_left_alone(options):
    door = blog(item(1))
    first = run(door, **options)
    assert mentions(first)[0].text == "words"
    assert run(door, roundtrip(first), **options)[-1].unchanged


def test_what_was_seen_stays_bounded():
    door = blog(*(item(n, LONG) for n in range(3)))
    cursor = {**roundtrip(run(door)), "seen": {f"{n:012x}": "x" for n in range(5000)}}
    door.answers[FEED] = rss(item(9))
    assert len(run(door, cursor)[-1].cursor["seen"]) <= 1000


def test_a_preview_wants_only_some_and_no_comments():
    door = blog(item(1), item(2), _1=article())
    pages = run(door, limit=1)
    assert [mention.external_id for mention in mentions(pages)] == ["id-1"]
    assert "https://b.example/2" not in door.asked


# ------------------------------------------------------------------------------------------------ comments

COMMENTS = "https://b.example/comments.xml"
HOME_WITH_COMMENTS = HOME.replace(
    "</head>", f'<link rel="alternate" type="application/rss+xml" title="Comments" href="{COMMENTS}"></head>'
)


def test_the_comments_feed_of_the_page_is_heard():
    door = ScriptedDoor({SITE: HOME_WITH_COMMENTS, FEED: rss(item(1, LONG)), COMMENTS: rss(COMMENT.format(1))})
    first = run(door)
    assert [(m.external_id, m.kind, m.origin) for m in mentions(first)] == [
        ("id-1", Kind.POST, SITE),
        ("c-1", Kind.COMMENT, SITE),
    ]
    assert run(door, roundtrip(first))[-1].unchanged
    door.answers[COMMENTS] = rss(COMMENT.format(2), COMMENT.format(1))
    third = run(door, roundtrip(first))
    assert [mention.external_id for mention in mentions(third)] == ["c-2", "c-1"]
    assert run(ScriptedDoor(door.answers), roundtrip(third))[-1].unchanged


def test_comments_can_be_left_alone():
    door = ScriptedDoor({SITE: HOME_WITH_COMMENTS, FEED: rss(item(1, LONG))})
    assert len(mentions(run(door, comments=False))) == 1
    assert COMMENTS not in door.asked


@pytest.mark.parametrize("problem", [SourceRejected("403"), RetryLater("503"), SourceProtocolError("odd")])
def test_comments_that_cannot_be_read_are_an_error_after_the_posts(problem):
    door = ScriptedDoor({SITE: HOME_WITH_COMMENTS, FEED: rss(item(1, LONG)), COMMENTS: problem})
    pages = SPEC.build(Options(url=SITE), context(door)).pages({})
    assert len(next(pages).mentions) == 1
    with pytest.raises(type(problem)):
        next(pages)


WORDPRESS = "<generator>https://wordpress.org/?v=6.1</generator>"


def test_the_comments_of_wordpress_are_where_they_always_are():
    place = "https://b.example/comments/feed/"
    door = ScriptedDoor({SITE: HOME, FEED: rss(item(1, LONG), head=WORDPRESS), place: rss(COMMENT.format(1))})
    assert [mention.external_id for mention in mentions(run(door))] == ["id-1", "c-1"]


def test_a_guess_that_fails_leads_to_the_threads():
    thread = "<wfw:commentRss>https://b.example/1/feed</wfw:commentRss>"
    door = ScriptedDoor(
        {SITE: HOME, FEED: rss(item(1, LONG, thread), head=WORDPRESS), "https://b.example/1/feed": rss(COMMENT.format(1))}
    )
    first = run(door)
    assert [mention.external_id for mention in mentions(first)] == ["id-1", "c-1"]
    door.asked.clear()
    assert run(door, roundtrip(first))[-1].unchanged
    assert door.asked == [FEED, "https://b.example/1/feed"]


def test_threads_of_posts_are_heard_and_those_without_comments_are_not_asked():
    def thread(n: int, count: int | None = None) -> str:
        counted = f"<slash:comments>{count}</slash:comments>" if count is not None else ""
        return f"<wfw:commentRss>https://b.example/{n}/feed</wfw:commentRss>{counted}"

    door = ScriptedDoor(
        {
            SITE: HOME,
            FEED: rss(
                item(1, LONG, thread(1, 3)), item(2, LONG, thread(2, 0)), item(3, LONG, thread(3)), item(4, LONG, thread(4, 1))
            ),
            "https://b.example/1/feed": Answer(200, "https://b.example/1/feed", rss(COMMENT.format(1)).encode(), etag='"1"'),
            "https://b.example/4/feed": rss(COMMENT.format(4)),
        }
    )
    first = run(door)
    assert [mention.external_id for mention in mentions(first)][4:] == ["c-1", "c-4"]
    assert "https://b.example/2/feed" not in door.asked
    assert [rejected.item for page in first for rejected in page.rejected] == ["comments at https://b.example/3/feed"]
    second = run(door, roundtrip(first))
    assert [page.unchanged for page in second] == [True]
    door.answers["https://b.example/4/feed"] = rss(COMMENT.format(5), COMMENT.format(4))
    third = run(door, roundtrip(second))
    assert [mention.external_id for mention in mentions(third)] == ["c-5", "c-4"]


def test_a_thread_whose_link_is_relative_is_heard():
    door = ScriptedDoor(
        {
            SITE: HOME,
            FEED: rss(item(1, LONG, "<wfw:commentRss>/1/feed</wfw:commentRss>")),
            "https://b.example/1/feed": rss(COMMENT.format(1)),
        }
    )
    assert [mention.external_id for mention in mentions(run(door))] == ["id-1", "c-1"]


def test_the_cursor_keeps_no_secret_of_the_configured_address():
    site = "https://jo:hush@b.example/feed?token=hush"
    door = ScriptedDoor({site: rss(item(1, LONG))})
    first = run(door, site=site)
    assert len(mentions(first)) == 1
    assert "hush" not in repr([page.cursor for page in first])
    assert run(door, roundtrip(first), site=site)[-1].unchanged
    assert door.asked == [site, site]


def test_threads_are_bounded():
    door = blog(*(item(n, LONG, f"<wfw:commentRss>https://b.example/{n}/feed</wfw:commentRss>") for n in range(9)))
    run(door, max_pages=3)
    assert sum(url.endswith("/feed") for url in door.asked) == 3


# ------------------------------------------------------------------------------------------------ moved feeds


def test_a_feed_that_moved_for_good_is_proposed_with_whatever_else_is_heard():
    new = "https://new.example/feed.xml"
    door = ScriptedDoor({SITE: HOME, FEED: Answer(200, new, rss(item(1)).encode(), moved_to=new)})
    cursor, notices = {}, []
    for number in range(5):
        door.answers[FEED] = Answer(200, new, rss(*(item(n) for n in range(number // 2 + 1))).encode(), moved_to=new)
        found = run(door, cursor, full_text=False)
        notices.append([page.notice for page in found])
        cursor = roundtrip(found)
    assert notices[:2] == [[None], [None]]
    assert all(
        told == f"it has moved for good to {new} (seen {n} times); put that address into the configuration"
        for n, told in enumerate((notice for page in notices[2:] for notice in page), start=3)
    )
    door.answers[FEED] = rss(item(1))
    assert [page.notice for page in run(door, cursor, full_text=False)] == [None]


def test_pages_that_are_left_for_the_next_run_do_not_reset_the_count():
    new = "https://new.example/feed.xml"
    door = ScriptedDoor({SITE: HOME, FEED: Answer(200, new, rss(item(1), item(2)).encode(), moved_to=new)})
    cursor = {"feed": {"url": FEED, "state": {"moved": {"to": new, "seen": 2}}}}
    found = run(door, cursor, max_pages=1)
    assert roundtrip(found)["feed"]["state"] == {"moved": {"to": new, "seen": 3}}
    assert "(seen 3 times)" in found[-1].notice
