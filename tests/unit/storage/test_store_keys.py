"""Keys: addresses as they are compared, keyed hashes, and text that both databases can hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.blocking import EVERYBODY, packed, unpacked
from storage.keys import Pepper, at_home, canonical_url, handle_key, words_key
from storage.types import storable, whole


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://Blog.example/Post/", "blog.example/Post"),
        ("http://blog.example:80/Post?utm_source=x&fbclid=1", "blog.example/Post"),
        ("https://blog.example:8443/p?id=2&utm_medium=rss&b=", "blog.example:8443/p?id=2&b="),
        ("https://blog.example/p#respond", "blog.example/p"),
        ("https://blog.example/p#comment-12", "blog.example/p#comment-12"),
        (" https://blog.example ", "blog.example"),
        ("https://blog.example./p", "blog.example/p"),
        ("ftp://blog.example/p", None),
        ("mailto:x@blog.example", None),
        ("https://[::1/p", None),
        ("https://blog.example:port/p", None),
        ("no address", None),
        ("", None),
    ],
)
def test_an_address_is_compared_by_what_it_shows(url: str, canonical: str | None) -> None:
    assert canonical_url(url) == canonical


@given(st.text())
def test_any_text_can_be_asked_for_its_address_and_stored(text: str) -> None:
    canonical_url(f"https://{text}")
    storable(text).encode()
    assert "\x00" not in storable(text)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_ordinary_text_is_stored_as_it_is(text: str) -> None:
    assert storable(text) == text


def test_whole_numbers_are_kept_in_range() -> None:
    assert [whole(number) for number in (None, 5, 10**30, -(10**30))] == [None, 5, 2**63 - 1, 1 - 2**63]


def test_the_same_value_hashes_by_purpose_and_pepper() -> None:
    one = Pepper("one")
    hashes = {one.hash("key", "a"), one.hash("name", "a"), one.hash("key", "b"), Pepper("two").hash("key", "a")}
    assert len(hashes) == 4
    assert one.hash("key", "a") == Pepper("one").hash("key", "a")
    assert "one" not in repr(one)


def test_a_handle_without_letters_is_no_account() -> None:
    assert handle_key("rss", " @ ") is None
    assert handle_key("rss", "@Ada") == handle_key("rss", "ada ")
    assert handle_key("rss", "ada") != handle_key("x", "ada")


def test_blocking_keys_are_numbers_that_both_databases_hold() -> None:
    numbers = {
        Pepper(pepper).number(key) for pepper in ("one", "two") for key in ("e:a@firm.example", "e:b@firm.example", "\ud800")
    }
    assert len(numbers) == 6
    assert all(-(2**63) <= number < 2**63 for number in numbers)
    assert Pepper("one").number("h:x:ada") == Pepper("one").number("h:x:ada")


@given(st.sets(st.text(max_size=20)))
def test_keys_are_packed_in_order_with_the_one_that_everybody_has(keys: set[str]) -> None:
    pepper = Pepper("one")
    assert list(unpacked(packed(pepper, keys))) == sorted({pepper.number(key) for key in {*keys, EVERYBODY}})


def test_nobody_without_keys_has_any() -> None:
    assert unpacked(None) == unpacked(b"") == ()


@pytest.mark.parametrize(
    ("url", "origin", "external_id", "home"),
    [
        ("https://blog.example/p", "https://BLOG.example/feed.xml", "7", True),
        ("https://blog.example/p", "https://planet.example/feed", "7", False),
        ("https://blog.example/p", "https://planet.example/feed", "https://blog.example/p/", True),
        ("https://blog.example?p=1", "https://blog.example", "7", True),
        ("https://blog.example.evil.example/p", "https://blog.example", "7", False),
        ("https://x.example/p", "file:mentions.jsonl", "7", False),
        (None, "https://blog.example", "https://blog.example/p", False),
        ("no address", "no address", "no address", False),
    ],
)
def test_a_post_is_at_home_where_its_feed_is_or_where_its_id_says(
    url: str | None, origin: str, external_id: str, home: bool
) -> None:
    assert at_home(url, origin, external_id) is home


def test_words_are_compared_as_read_and_short_ones_not_at_all() -> None:
    assert words_key("Great product!") is None
    assert words_key("  It has saved US hours, every single week. ") == words_key("it has  saved us hours,\nevery single week.")
