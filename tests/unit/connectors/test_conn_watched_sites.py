"""Following several sites, and those that the customers' records name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.blog import SPEC, Options, site_address
from listener.net.urls import web_link
from tests.unit.connectors.conn_door import ScriptedDoor, context, item, rss

KNOWN = {"blog": ["jo.example", "host.example/~jo", "jo_writes"], "feed": ["https://kim.example/feed.xml"], "x": ["jo.example"]}


def streams(handles=None, **options):
    return SPEC.streams(Options(**options), context(ScriptedDoor(), handles=lambda platform: (handles or {}).get(platform, ())))


@pytest.mark.parametrize(
    ("handle", "address"),
    [
        ("jo.example", "https://jo.example"),
        ("jo.example/blog", "https://jo.example/blog"),
        ("jo.example:8443", "https://jo.example:8443"),
        ("bücher.example", "https://bücher.example"),
        ("http://jo.example/feed", "http://jo.example/feed"),
        ("billy_green", None),
        ("localhost", None),
        ("127.0.0.1", None),
        ("jo@mail.example", None),
        ("javascript:alert(1)", None),
        ("ftp://jo.example", None),
        ("jo.example:99999", None),
        ("jo.example/a b", None),
        ("", None),
    ],
)
def test_a_handle_is_followed_where_it_is_a_web_address(handle, address):
    assert site_address(handle) == address


@given(st.text(max_size=80))
def test_whatever_a_record_says_the_address_is_a_web_address_or_none(text):
    address = site_address(text)
    assert address is None or web_link("", address) == address


def test_one_site_keeps_its_stream_without_a_name():
    (name,) = streams(url="https://b.example/")
    assert name == ""
    assert set(streams(url="https://b.example/", urls=["https://c.example"])) == {"", "https://c.example/"}


def test_several_sites_are_streams_by_their_addresses_each_once():
    found = streams(urls=["https://B.example", "https://b.example/", "https://c.example/?token=geheim"])
    assert next(iter(found)) == "https://b.example/"
    assert len(found) == 2
    assert "geheim" not in "".join(found)
    assert streams(url="https://b.example", urls=["https://b.example/"]).keys() == {""}


def test_the_customers_sites_are_followed_if_wanted():
    assert set(streams(KNOWN, watch_customers=True)) == {
        "https://jo.example/",
        "https://host.example/~jo",
        "https://kim.example/feed.xml",
    }
    assert set(streams(KNOWN, url="https://b.example/")) == {""}


def test_a_customers_site_is_never_looked_for_in_our_own_network():
    found = streams({"blog": ["intranet.example"]}, watch_customers=True, urls=["https://wiki.example"], private=True)
    assert {name: options.private for name, options in found.items()} == {
        "https://wiki.example/": True,
        "https://intranet.example/": False,
    }


def test_the_options_of_the_source_hold_for_each_site():
    found = streams(KNOWN, watch_customers=True, full_text=False, comments=False, max_pages=3)
    assert {(one.full_text, one.comments, one.max_pages) for one in found.values()} == {(False, False, 3)}


def test_each_site_is_heard_from_a_cursor_of_its_own():
    door = ScriptedDoor({"https://a.example/f": rss(item(1)), "https://b.example/f": rss(item(1))})
    ready = context(door)
    heard = {}
    for name, options in SPEC.streams(
        Options(urls=["https://a.example/f", "https://b.example/f"], full_text=False), ready
    ).items():
        heard[name] = list(SPEC.build(options, ready).pages({}))
    origins = {name: {mention.origin for page in pages for mention in page.mentions} for name, pages in heard.items()}
    assert origins == {"https://a.example/f": {"https://a.example/f"}, "https://b.example/f": {"https://b.example/f"}}
    assert all(json.loads(json.dumps(pages[-1].cursor)) for pages in heard.values())


def test_a_source_without_any_site_is_refused():
    with pytest.raises(ValidationError, match="at least one site"):
        Options()
    with pytest.raises(ValueError, match="split the source"):
        SPEC.build(Options(urls=["https://a.example"]), context(ScriptedDoor()))
