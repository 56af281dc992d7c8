"""Addresses as they may be shown, stored and compared."""

import pytest

from listener.net.urls import normal_url, shown, web_link, without_login


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://user:pass@blog.example/feed?token=abc#x", "https://blog.example/feed?…"),
        ("https://blog.example:8443/a", "https://blog.example:8443/a"),
        ("http://[2001:db8::1]:80/", "http://[2001:db8::1]:80/"),
        ("not a url", "not a url"),
        ("", "an empty address"),
        ("http://[broken/", "an unreadable address"),
        ("http://blog.example/a\r\nb\x00", "http://blog.example/ab?"),
    ],
)
def test_a_shown_url_holds_no_secret(url, text):
    assert shown(url) == text


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("HTTPS://Blog.Example:443/Feed/#top", "https://blog.example/Feed/"),
        ("http://blog.example:80", "http://blog.example/"),
        ("http://blog.example:8080/?b=2&a=1", "http://blog.example:8080/?b=2&a=1"),
        ("https://user:pass@blog.example/ü?feed=rss2&cat=", "https://blog.example/%C3%BC?feed=rss2&cat="),
    ],
)
def test_a_normal_url_is_a_stable_name(url, name):
    assert normal_url(url) == name
    assert normal_url(name) == name


def test_a_normal_url_tells_secret_parameters_apart_without_keeping_them():
    one, two = normal_url("https://b.example/f?token=alpha"), normal_url("https://b.example/f?token=beta")
    assert one != two
    assert "alpha" not in one
    assert one == normal_url("https://b.example/f?token=alpha")


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("/a", "https://b.example/a"),
        (" c?d=1 ", "https://b.example/feed/c?d=1"),
        ("http://other.example/x", "http://other.example/x"),
        ("javascript:alert(1)", None),
        ("mailto:a@b.example", None),
        ("http://[bad", None),
        ("http://b.example:99999/", None),
        ("//", "https://b.example/feed/"),
        ("", None),
        (None, None),
    ],
)
def test_a_web_link_is_http_or_nothing(link, url):
    assert web_link("https://b.example/feed/", link) == url


def test_a_login_is_cut_off():
    assert without_login("https://u:p@b.example:81/f?x=1#y") == "https://b.example:81/f?x=1"
