"""Reading documents: character sets, what is no feed, authors, dates, JSON Feed's hostile cases."""

import json

import pytest

from connectors._charset import charset_of
from connectors._document import date_in_words, read_document
from connectors._json_feed import read_json_feed
from connectors._people import author_of
from connectors._raw import NotAFeed, RawAuthor, RawEntry, RawFeed, from_plain, to_plain
from connectors._tidy import line, tidy
from tests.unit.connectors.conn_door import item, rss

URL = "https://b.example/feed"
WORDS = {
    "euc-jp": "新しいバージョンをインストールしました。とても速くて、サポートの対応も親切でした。",
    "shift_jis": "新しいバージョンをインストールしました。とても速くて、サポートの対応も親切でした。",
    "euc-kr": "새 버전을 설치했습니다. 매우 빠르고 지원팀의 응대도 친절했습니다.",
    "gb2312": "我们安装了新版本，速度很快，客服的态度也非常好，值得推荐给大家。",
    "big5": "我們安裝了新版本，速度很快，客服的態度也非常好，值得推薦給大家。",
    "koi8-r": "Мы установили новую версию, она работает очень быстро, и поддержка ответила сразу.",
    "windows-1251": "Мы установили новую версию, она работает очень быстро, и поддержка ответила сразу.",
    "iso-8859-1": "Die neue Fassung läuft für uns sehr schön, über alle Maßen gut, ganz ohne Ärger.",
}


def first_text(body: bytes, content_type: str = "") -> str:
    return read_document(body, content_type).entries[0].text


def undeclared(text: str) -> str:
    return rss(item(1, text)).replace(' encoding="utf-8"', "")


@pytest.mark.parametrize("charset", WORDS)
def test_a_charset_that_nothing_states_is_recognised(charset):
    assert first_text(undeclared(WORDS[charset]).encode(charset)) == WORDS[charset]


@pytest.mark.parametrize("charset", WORDS)
def test_a_declared_charset_is_used(charset):
    body = rss(item(1, WORDS[charset])).replace("utf-8", charset).encode(charset)
    assert first_text(body) == WORDS[charset]


@pytest.mark.parametrize("charset", ["koi8-r", "euc-jp"])
def test_the_header_states_the_charset(charset):
    assert first_text(undeclared(WORDS[charset]).encode(charset), f'text/xml; charset="{charset}"') == WORDS[charset]


def test_utf8_is_recognised_whatever_the_server_says():
    assert first_text(rss(item(1, "läuft ✓")).encode(), "text/xml; charset=ISO-8859-1") == "läuft ✓"


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_byte_order_marks_and_wide_encodings(charset):
    body = rss(item(1, "läuft")).replace("utf-8", "utf-16" if "16" in charset else charset[:6].rstrip("-")).encode(charset)
    assert first_text(body) == "läuft"


@pytest.mark.parametrize(
    ("body", "content_type", "charset"),
    [
        (b"plain", "", "utf-8"),
        (b"plain", "text/xml; charset=no-such", "utf-8"),
        (b'<?xml version="1.0" encoding="no-such"?>\xe4', "", "cp1252"),
        (b"\xfe\xff\x00<", "", None),
        (b"\x81\x8d\x8f\x90", "", "cp1252"),
    ],
)
def test_odd_statements_about_charsets(body, content_type, charset):
    found = charset_of(body, content_type)
    assert found == charset or (charset == "cp1252" and found is not None)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", 'a web page, not a feed.*kind "blog"'),
        (b"\n\n<HTML><head><title>x</title>", "web page"),
        (rss()[:60].encode(), "cut off|not a feed"),
        (rss(item(1)).split("<item>")[0].encode(), "cut off or damaged before its first entry"),
        (b"just words", "neither RSS"),
        (b"\x00\x01\x02", "neither RSS"),
        (b"%PDF-1.4 \xe2\xe3", "neither RSS"),
        (b'{"error": "rate limit"}', "not a JSON Feed"),
        (b"[]", "not a JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "without a list of items"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": [', r"damaged \(at character"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_feed_says_what_it_is(body, reason):
    with pytest.raises(NotAFeed, match=reason):
        read_document(body, "")


def test_an_empty_feed_is_a_feed():
    assert read_document(rss().encode(), "").entries == ()


@pytest.mark.parametrize(
    "body",
    [
        rss(item(1), item(2))[:-60],
        rss(item(1), "<item><title>a < b & c</title>", item(2)),
        rss(item(1)) + "trailing",
        " \n" + rss(item(1), item(2)),
    ],
)
def test_an_ill_formed_feed_still_yields_its_entries(body):
    assert {entry.id for entry in read_document(body.encode(), "").entries} >= {"id-1"}


def test_a_path_or_address_as_a_body_is_never_opened(tmp_path):
    feed = tmp_path / "feed.xml"
    feed.write_text(rss(item(1)))
    for body in (str(feed), f"file://{feed}", "http://169.254.169.254/"):
        with pytest.raises(NotAFeed):
            read_document(body.encode(), "")


def test_entities_are_not_expanded():
    bomb = '<!DOCTYPE r [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
    feed = rss(item(1, "&b;&x;")).replace("<rss", bomb + "<rss")
    text = first_text(feed.encode())
    assert "root:" not in text
    assert len(text) < 1000


# ------------------------------------------------------------------------------------------------ authors


@pytest.mark.parametrize(
    ("people", "name", "email"),
    [
        ([RawAuthor("jo@long.example (Jo Quill)")], "Jo Quill", "jo@long.example"),
        ([RawAuthor("Jo Quill <Jo@Long.Example>")], "Jo Quill", "jo@long.example"),
        ([RawAuthor("Jo Quill (mailto:jo@long.example)")], "Jo Quill", "jo@long.example"),
        ([RawAuthor("jo@long.example")], "jo@long.example", "jo@long.example"),
        ([RawAuthor('"Jo Quill"', "jo@long.example")], "Jo Quill", "jo@long.example"),
        ([RawAuthor("Jo Quill", "mailto:jo@long.example")], "Jo Quill", "jo@long.example"),
        ([RawAuthor("Jo", "not an address")], "Jo", None),
        ([RawAuthor("Jo", "Jo <jo@long.example>")], "Jo", "jo@long.example"),
        ([RawAuthor("Jo Quill"), RawAuthor("jo@long.example (Jo)")], "Jo Quill", "jo@long.example"),
        ([RawAuthor("Jo Quill"), RawAuthor("jo@long.example")], "Jo Quill", "jo@long.example"),
        ([RawAuthor("jo@long.example"), RawAuthor("Jo Quill")], "Jo Quill", "jo@long.example"),
        ([RawAuthor("Jo Quill"), RawAuthor("Al Other", "al@long.example")], "Jo Quill", None),
        ([RawAuthor("Jo"), RawAuthor("Al"), RawAuthor("who@long.example")], "Jo", None),
        ([RawAuthor()], None, None),
        ([], None, None),
    ],
)
def test_authors_are_taken_apart(people, name, email):
    author = author_of(people, URL)
    assert (author.display_name, author.email) == (name, email)


def test_an_author_link_must_be_a_web_address():
    assert author_of([RawAuthor("Jo", link="/about")], URL).profile_url == "https://b.example/about"
    assert author_of([RawAuthor("Jo", link="javascript:x")], URL).profile_url is None


def test_a_long_address_is_not_cut_by_the_parser():
    feed = rss("<item><title>x</title><author>jo@blog.quillonist (Jo)</author></item>")
    assert author_of(read_document(feed.encode(), "").entries[0].authors, URL).email == "jo@blog.quillonist"


def test_an_editor_of_an_rss_feed_is_not_the_author_of_its_entries():
    feed = rss(item(1), head="<managingEditor>ed@b.example (Ed)</managingEditor>")
    assert read_document(feed.encode(), "").entries[0].authors == ()


# ------------------------------------------------------------------------------------------------ dates


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("Tue, 06 Jan 2026 11:30:00", 1767699000),
        ("Tue, 06 Jan 2026 11:30:00 +0100", 1767695400),
        ("2026-01-06 11:30", 1767699000),
        ("2026-01-06T11:30:00+01:00", 1767695400),
        ("someday", None),
        ("", None),
        ("Tue, 06 Jan 99999999999 11:30:00", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_dates_in_words(written, seconds):
    found = date_in_words(written)
    assert found == seconds or (seconds is None and found is not None and found < 0)


# ------------------------------------------------------------------------------------------------ JSON Feed


def json_feed(items: str) -> bytes:
    return f'{{"version": "https://jsonfeed.org/version/1.1", "items": [{items}]}}'.encode()


def test_huge_numbers_cost_only_themselves():
    feed = read_json_feed(json_feed('{"id": ' + "9" * 5000 + ', "content_text": "x"}, {"id": 1e999, "content_text": "y"}'))
    assert [(entry.id, entry.text) for entry in feed.entries] == [("", "x"), ("1e999", "y")]


def test_wrong_types_count_as_not_given():
    wrong = {
        "id": {},
        "url": [1],
        "title": True,
        "content_html": 1,
        "authors": {"name": "x"},
        "author": "x",
        "date_published": {},
    }
    assert read_json_feed(json_feed(json.dumps(wrong))).entries == (RawEntry(text_is_html=False),)


def test_a_feed_author_counts_where_an_item_has_none():
    body = b'{"version": "https://jsonfeed.org/version/1", "author": {"name": "A"}, "items": [{}, {"author": {"name": "B"}}]}'
    assert [entry.authors for entry in read_json_feed(body).entries] == [(RawAuthor("A"),), (RawAuthor("B"),)]


def test_bytes_that_are_not_utf8_cost_only_their_place():
    assert read_json_feed(json_feed('{"title": "caf\u00e9"}').replace("é".encode(), b"\xe9")).entries[0].title == "caf\ufffd"


# ------------------------------------------------------------------------------------------------ small parts


def test_what_a_worker_says_survives_the_journey():
    feed = RawFeed("x", (RawEntry(id="1", authors=(RawAuthor("Jo"),)),), unreadable=(("entry 2", "why"),))
    assert from_plain(json.loads(json.dumps(to_plain(feed)))) == feed


def test_text_is_made_storable():
    assert tidy("a\x00b\x1b[1m\tc\n\ud800d") == "ab[1m\tc\n\ufffdd"
    assert line(" a \n b\x00 " + "c" * 50, 6) == "a b cc"


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<guid>17</guid>", ("17", "")),
        ("<guid>17</guid><link>/posts/17</link>", ("17", "/posts/17")),
        ("<guid>http://blog.example/17</guid>", ("http://blog.example/17", "http://blog.example/17")),
        ('<guid isPermaLink="false">http://blog.example/17</guid>', ("http://blog.example/17", "")),
        ("<guid>tag:blog.example,2026:17</guid>", ("tag:blog.example,2026:17", "")),
    ],
)
def test_a_guid_stays_as_written_and_is_a_link_only_where_it_is_an_address(inside: str, expected: tuple[str, str]):
    (entry,) = read_document(rss(f"<item><title>x</title>{inside}</item>").encode(), "").entries
    assert (entry.id, entry.link) == expected
