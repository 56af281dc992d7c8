"""Blocking keys: what customers are stored under, and what finds them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.core.brand import Evidence, Provenance
from listener.core.mention import Author
from listener.core.people import Customer, KnownHandle
from nlp.identity.author_keys import MOST_KEYS, author_keys, person_keys
from nlp.identity.clues import Sign, author_clues
from nlp.identity.customer_keys import customer_domains, customer_keys, known_handles
from nlp.identity.keys import company_key, normal_email


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        (" Jane.Doe@Acme.Example ", "jane.doe@acme.example"),
        ("jane+news@acme.example", "jane@acme.example"),
        ("j.a.n.e+x@GoogleMail.com", "jane@gmail.com"),
        ("j.doe@web.de", "j.doe@web.de"),
        ("mailto:jane@acme.example", "jane@acme.example"),
        ("noreply@acme.example", None),
        ("+tag@acme.example", None),
        ("jane@localhost", None),
        ("jane", None),
        ("jane@a@b.example", None),
        ("Jane <jane@acme.example>", None),
        ("", None),
        (None, None),
    ],
)
def test_addresses(email, expected):
    assert normal_email(email) == expected


def test_every_key_of_a_customer():
    customer = Customer(
        "C1",
        "Bill",
        "Müller",
        email="bill@mail.acme.example",
        company="Acme Holdings plc",
        website="https://www.acme.example/start",
        handles=(
            KnownHandle("x", "bill_m1"),
            KnownHandle("mastodon", "bill@toot.example"),
            KnownHandle("blog", "bill.example/about"),
        ),
    )
    assert customer_keys(customer) == {
        "e:bill@mail.acme.example",
        "d:acme.example",
        "h:x:bill_m1",
        "h:mastodon:bill@toot.example",
        "h:blog:bill.example/about",
        "h:blog:bill.example",
        "a:billm",
        "a:bill",
        "a:billexampleabout",
        "n:william muller",
        "w:billmuller",
        "w:mullerbill",
        "w:bmuller",
        "w:mullerb",
        "w:billm",
        "w:wmuller",
        "k:bill acme",
        "k:bill acme.example",
        "k:william acme",
        "k:william acme.example",
        "k:muller acme",
        "k:muller acme.example",
        "c:acme",
        "#f:william",
        "#l:muller",
        "#n:william muller",
    }
    assert customer_domains(customer) == ("acme.example",)


def test_an_empty_customer_has_no_keys():
    assert customer_keys(Customer("C1", email="not an address", website="none", handles=(KnownHandle("x", ""),))) == frozenset()


def test_mail_providers_and_shared_hosts_give_no_domain():
    customer = Customer("C1", "Jane", "Doe", email="jane@web.de", website="https://jane-doe.wordpress.com")
    assert customer_domains(customer) == ()
    assert "h:blog:jane-doe.wordpress.com" in customer_keys(customer)
    assert not any(key.startswith("h:") for key in customer_keys(replace(customer, website="https://quillon.wordpress.com")))


@pytest.mark.parametrize(
    ("page", "known"),
    [
        ("https://x.com/janedoe", "h:x:janedoe"),
        ("https://github.com/jdoe7", "h:github:jdoe7"),
        ("https://medium.com/@jane.doe", "h:blog:medium.com/jane.doe"),
        ("https://toot.example/@janedoe", "h:mastodon:janedoe@toot.example"),
        ("https://x.com/acme", None),
        ("https://x.com/jane", None),
        ("https://github.com/quietotter", None),
    ],
)
def test_a_profile_page_as_site_is_an_account_where_it_bears_the_name(page, known):
    for customer in (replace(JANE, website=page), replace(JANE, website=None, domains=(page,))):
        assert {key for key in customer_keys(customer) if key.startswith("h:")} == ({known} if known else set())
        assert all(each.provenance is Provenance.UNKNOWN for each in known_handles(customer))


def test_an_account_that_the_crm_has_twice_keeps_its_provenance():
    bought = KnownHandle("x", "janedoe", Provenance.BOUGHT)
    assert known_handles(replace(JANE, website="https://x.com/janedoe", handles=(bought,))) == (bought,)


def clues(author: Author, platform: str = "x", origin: str = "") -> dict[str, Sign]:
    return {clue.key: clue.sign for clue in author_clues(author, platform, origin)}


def test_clues_of_an_author():
    author = Author(
        handle="@Jane_D",
        email="jane+x@acme.example",
        profile_url="https://x.com/jane_d",
        links=("https://github.com/jane", "https://jane.example/about", "https://bit.ly/3", "no link"),
    )
    assert clues(author) == {
        "e:jane@acme.example": Sign.EMAIL,
        "h:x:jane_d": Sign.ACCOUNT,
        "h:github:jane": Sign.LINK,
        "h:blog:jane.example": Sign.SITE,
        "d:jane.example": Sign.SITE,
        "h:blog:bit.ly/3": Sign.LINK,
        "d:acme.example": Sign.MAIL_DOMAIN,
    }


def test_a_commenter_who_gives_an_account_as_address_links_to_it():
    author = Author(display_name="Jane", profile_url="https://toot.example/@jane")
    assert clues(author, "blog", "https://forum.example/feed") == {
        "h:mastodon:jane@toot.example": Sign.LINK,
        "d:forum.example": Sign.ORIGIN,
    }


@pytest.mark.parametrize(
    ("handle", "profile_url", "origin"),
    [
        ("jane", "https://toot.example/@jane", ""),
        ("jane", None, "toot.example"),
        ("jane@toot.example", None, ""),
        ("jane@toot.example", "https://elsewhere.example/@jane@toot.example", "elsewhere.example"),
    ],
)
def test_a_mastodon_author_is_found_in_full_and_bare(handle, profile_url, origin):
    found = clues(Author(handle=handle, profile_url=profile_url), "mastodon", origin)
    assert found["h:mastodon:jane@toot.example"] is Sign.ACCOUNT
    assert found["h:mastodon:jane"] is Sign.ACCOUNT


def test_a_link_to_a_small_instance_is_not_found_bare():
    assert "h:mastodon:jane" not in clues(Author(links=("https://toot.example/@jane",)))
    assert clues(Author(links=("https://mastodon.social/@jane",)))["h:mastodon:jane"] is Sign.LINK


@pytest.mark.parametrize(
    ("known", "author"),
    [
        ("jane.example", Author(handle="jane.example")),
        ("jane.example", Author(display_name="J", profile_url="https://www.jane.example/about")),
        ("jane.example/blog", Author(links=("http://jane.example",))),
        ("jane.wordpress.com", Author(handle="jane", profile_url="https://jane.wordpress.com")),
        ("medium.com/@jane", Author(handle="jane", profile_url="https://medium.com/@jane")),
        ("jane", Author(handle="Jane", profile_url="https://jane.github.io")),
    ],
)
def test_a_blog_is_found_however_it_is_written(known, author):
    customer = Customer("C1", handles=(KnownHandle("blog", known),))
    assert customer_keys(customer) & author_keys(author, "rss", "")


@pytest.mark.parametrize(
    ("shown", "key"),
    [
        ("William Green", "n:william green"),
        ("Green William", "n:william green"),
        ("Billy Green", "n:william green"),
        ("W. Green", "w:wgreen"),
        ("B. Green", "w:bgreen"),
        ("billygreen", "w:billygreen"),
        ("Green Bill", "n:william green"),
    ],
)
def test_names_are_found_however_they_are_written(shown, key):
    customer = Customer("C1", "Billy", "Green")
    assert key in customer_keys(customer) & author_keys(Author(display_name=shown), "x", "")


def test_companies_without_their_legal_form():
    assert company_key("Luquo of Prague s.r.o.") == company_key("LUQUO OF PRAGUE")
    assert company_key("GmbH") is None


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_any_text_gives_keys_or_none(handle, link, name, email):
    author = Author(handle=handle, links=(link,), display_name=name, email=email, profile_url=link)
    for platform in ("x", "blog", "mastodon"):
        for key in author_keys(author, platform, link):
            assert key[:2] in {"e:", "h:", "a:", "d:", "n:", "w:", "k:", "p:", "c:"}
            assert not key.endswith((":", " "))
        assert len(author_keys(author, platform, link)) <= MOST_KEYS
    customer = Customer("C1", name, handle, email=email, website=link, handles=(KnownHandle("blog", handle),), company=name)
    assert all(not key.endswith((":", " ")) for key in customer_keys(customer))


JANE = Customer("C1", "Jane", "Doe", company="Acme plc", website="https://acme.example", city="Porto")


@pytest.mark.parametrize(
    ("author", "key"),
    [
        (Author(handle="jdoe"), "w:jdoe"),
        (Author(handle="doe_jane77"), "w:doejane"),
        (Author(handle="janed"), "w:janed"),
        (Author(handle="jane-doe-acme"), "w:janedoe"),
        (Author(handle="jane_acme"), "k:jane acme"),
        (Author(display_name="Jane Miller", bio="Engineer at Acme"), "k:jane acme"),
        (Author(display_name="J. Doe", bio="engineer @acme"), "k:doe acme"),
        (Author(display_name="Jane Miller", links=("https://www.acme.example/team",)), "k:jane acme.example"),
        (Author(display_name="Jane Doe", location="Porto, Portugal"), "p:jane doe porto"),
        (Author(handle="acmehq", display_name="Acme Support"), "c:acme"),
    ],
)
def test_what_brings_an_author_and_a_customer_together(author, key):
    assert key in customer_keys(JANE) & author_keys(author, "x", "")


def test_companies_are_never_looked_for_as_persons():
    keys = author_keys(Author(display_name="Jane Doe", bio="at Acme", links=("https://acme.example",)), "x", "")
    assert {"c:acme", "d:acme.example"} <= keys
    assert not {key for key in person_keys(keys) if key[:2] in {"c:", "d:"} or key.startswith("#")}


@pytest.mark.parametrize(
    ("forbidden", "prefixes"),
    [
        (Evidence.NAME, ("n:", "w:", "k:", "p:")),
        (Evidence.COMPANY, ("c:", "k:")),
        (Evidence.HANDLE, ("h:x", "a:")),
        (Evidence.EMAIL, ("e:",)),
        (Evidence.PLACE, ("p:",)),
    ],
)
def test_what_is_forbidden_makes_no_key(forbidden, prefixes):
    author = Author(handle="jdoe", display_name="Jane Doe", email="j@acme.example", bio="at Acme", location="Porto")
    allowed = frozenset(Evidence) - {forbidden}
    assert any(key.startswith(prefixes) for key in author_keys(author, "x", ""))
    assert not any(key.startswith(prefixes) for key in author_keys(author, "x", "", allowed=allowed))


def test_a_site_of_ones_own_finds_the_person_and_a_companys_does_not():
    freelancer = Customer("C2", "Jane", "Doe", website="https://jane-doe.example")
    assert "h:blog:jane-doe.example" in customer_keys(freelancer)
    studio = replace(freelancer, website="https://janesstudio.example")
    assert "h:blog:janesstudio.example" not in customer_keys(studio)
    assert "h:blog:acme.example" not in customer_keys(JANE)


def test_every_domain_of_a_customer_counts():
    customer = Customer(
        "C1", email="jane@mail.acme.example", website="https://acme.example", domains=("acme-labs.example", "web.de")
    )
    assert customer_domains(customer) == ("acme.example", "acme-labs.example")
