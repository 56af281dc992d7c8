"""Hosts, domains and profile links."""

from __future__ import annotations

import pytest

from nlp.identity.domains import host_of, is_shared, mail_domain, site_domain
from nlp.identity.profiles import mastodon_names, platform_name, profile_of


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://www.Acme.example/a?b#c", "acme.example"),
        ("acme.example", "acme.example"),
        ("//acme.example:8080/x", "acme.example"),
        ("https://user:secret@acme.example", "acme.example"),
        ("https://bücher.example", "xn--bcher-kva.example"),
        ("billy_green.wordpress.com", "billy_green.wordpress.com"),
        ("", None),
        ("blog", None),
        ("mailto:x", None),
        ("https://10.0.0.1/", None),
        ("http://[::1]/", None),
        ("http://[broken/", None),
        ("two words.example", None),
        ("https://a..b.example", None),
        ("https://ex ample.example", None),
        ("a." * 1500 + "example", None),
        ("https://" + "ü" * 300 + ".example", None),
    ],
)
def test_hosts(address, host):
    assert host_of(address) == host


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("https://blog.acme.example/post", "acme.example"),
        ("shop.acme.co.uk", "acme.co.uk"),
        ("https://gmail.com", None),
        ("https://jane.wordpress.com", None),
        ("https://jane.blogspot.com", None),
        ("https://jane.github.io", None),
        ("https://github.com/jane", None),
        ("co.uk", None),
        ("not an address", None),
    ],
)
def test_domains_that_belong_to_somebody(address, domain):
    assert site_domain(address) == domain


@pytest.mark.parametrize(
    ("email", "domain"),
    [("jane@mail.acme.example", "acme.example"), ("jane@web.de", None), (None, None), ("no address", None)],
)
def test_mail_domains(email, domain):
    assert mail_domain(email) == domain


def test_shared_hosts():
    assert is_shared("jane.substack.com")
    assert not is_shared("jane.example")


@pytest.mark.parametrize(
    ("address", "profile"),
    [
        ("https://x.com/JaneDoe", ("x", "janedoe")),
        ("twitter.com/janedoe/", ("x", "janedoe")),
        ("https://x.com/jane/status/12", None),
        ("https://x.com/search", None),
        ("https://github.com/jane-d", ("github", "jane-d")),
        ("https://github.com/jane/project", None),
        ("https://www.reddit.com/user/jane", ("reddit", "jane")),
        ("https://old.reddit.com/u/jane/", ("reddit", "jane")),
        ("https://www.youtube.com/@jane", ("youtube", "jane")),
        ("https://youtu.be/abc", ("blog", "youtu.be/abc")),
        ("https://www.producthunt.com/@jane", ("producthunt", "jane")),
        ("https://www.trustpilot.com/users/jane", ("trustpilot", "jane")),
        ("https://www.linkedin.com/in/j%C3%A4ne/", ("linkedin", "jäne")),
        ("https://bsky.app/profile/jane.example", ("bluesky", "jane.example")),
        ("https://news.ycombinator.com/user?id=jane", ("hackernews", "jane")),
        ("https://news.ycombinator.com/item?id=12", None),
        ("https://mastodon.social/@jane", ("mastodon", "jane@mastodon.social")),
        ("https://toot.example/@jane", ("mastodon", "jane@toot.example")),
        ("https://toot.example/users/Jane", ("mastodon", "jane@toot.example")),
        ("https://toot.example/@jane@other.example", ("mastodon", "jane@other.example")),
        ("https://toot.example/@jane/1234", None),
        ("https://medium.com/@jane", ("blog", "medium.com/jane")),
        ("https://dev.to/jane", ("blog", "dev.to/jane")),
        ("https://jane.wordpress.com/about", ("blog", "jane.wordpress.com")),
        ("https://jane.github.io", ("blog", "jane.github.io")),
        ("https://medium.com/a/b", None),
        ("https://jane.example/about", None),
        ("nonsense", None),
    ],
)
def test_profile_links(address, profile):
    assert profile_of(address) == profile


def test_platforms_have_one_name():
    assert [platform_name(name) for name in ("Twitter", "rss", "feed", "Mastodon ", "hn")] == [
        "x",
        "blog",
        "blog",
        "mastodon",
        "hackernews",
    ]


def test_a_mastodon_account_in_full_and_bare():
    assert mastodon_names("jane", "toot.example") == ("jane@toot.example", "jane")
    assert mastodon_names("jane@other.example", "toot.example") == ("jane@other.example", "jane")
    assert mastodon_names("jane", None) == ("jane",)
