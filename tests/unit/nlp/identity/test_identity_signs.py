"""Accounts that are no customer's own."""

from __future__ import annotations

import re
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.core.mention import Author
from nlp.identity import bio_text, bios, company_names, domains, keys, profiles, sign_patterns, signs
from nlp.identity.signs import Sort, doubts, is_numbered, judged, organisation_slug, sort_of
from tests.support.spending import within


@pytest.mark.parametrize(
    ("author", "sort"),
    [
        (Author(display_name="Jane Doe (parody)"), Sort.PARODY),
        (Author(display_name="Not Jane Doe"), Sort.PARODY),
        (Author(handle="notjanedoe", display_name="Jane Doe"), Sort.PARODY),
        (Author(display_name="Jane Doe", bio="Fan account"), Sort.PARODY),
        (Author(bio="Satire about Quillon"), Sort.PARODY),
        (Author(bio="DM me for crypto profits"), Sort.COPY),
        (Author(bio="Backup account, the old account was hacked"), Sort.COPY),
        (Author(bio="Bitcoin investment", links=("https://t.me/jane",)), Sort.COPY),
        (Author(handle="quillon_bot"), Sort.ROBOT),
        (Author(display_name="Job Alerts: Quillon"), Sort.ROBOT),
        (Author(bio="Automated. Nobody reads replies."), Sort.ROBOT),
        (Author(bio="The official account of Quillon"), Sort.BRAND),
        (Author(bio="We build tools for teams"), Sort.BRAND),
        (Author(bio="Tips for Quillon users, unofficial"), Sort.OUTSIDER),
        (Author(bio="Not affiliated with Quillon"), Sort.OUTSIDER),
    ],
)
def test_what_an_account_is(author, sort):
    assert sort_of(author) is sort


@pytest.mark.parametrize(
    "author",
    [
        Author(),
        Author(handle="janedoe", display_name="Jane Doe", bio="Engineer at Quillon. Views my own."),
        Author(handle="jotalbot", display_name="Jo Talbot"),
        Author(bio="Automated testing engineer"),
        Author(bio="I invest in people. Coffee."),
        Author(handle="notting_hill", display_name="Anna Nott"),
        Author(bio="New account manager at Quillon"),
        Author(display_name="Will Power", bio="Building bots at Quillon"),
    ],
)
def test_ordinary_people(author):
    assert sort_of(author) is None


@pytest.mark.parametrize(
    ("author", "weak"),
    [
        (Author(bio="building a wallet app. Contact me at jane@acme.example"), True),
        (Author(bio="my old account was hacked"), True),
        (Author(bio="Status updates from my garden"), True),
        (Author(display_name="Not Vital"), True),
        (Author(display_name="Falso Rossi"), True),
        (Author(handle="jobs_mary"), True),
        (Author(bio="DM me for crypto profits"), False),
        (Author(bio="Bitcoin. Contact me on WhatsApp"), False),
        (Author(bio="Bitcoin investment", links=("https://t.me/jane",)), False),
        (Author(handle="jane48213", bio="my old account was hacked"), False),
        (Author(bio="Backup account. Text me here"), False),
        (Author(bio="Satire about Quillon"), False),
        (Author(display_name="Jane Doe (parody)"), False),
        (Author(handle="quillon_bot"), False),
        (Author(display_name="Job Alerts: Quillon"), False),
        (Author(bio="The official account of Quillon"), False),
    ],
)
def test_one_sign_that_honest_people_show_is_weak(author, weak):
    sort, found = judged(author)
    assert sort is not None
    assert found is weak


PATTERNS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": pattern
    for module in (bio_text, bios, company_names, domains, keys, profiles, sign_patterns, signs)
    for name, pattern in vars(module).items()
    if isinstance(pattern, re.Pattern)
}
REPEATED = [*"@a.A1-/: _&w\t", "a.", "a@", "A ", "@a", "a-", "A&", "- ", " \n", "a/", "1a", "a:", ".@", "w.", "A'", "@ ", "_1"]


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_no_pattern_is_slow_on_what_repeats(name):
    for piece in REPEATED:
        text = (piece * 10_000)[:10_000]
        within(0.02, partial(PATTERNS[name].sub, "", text))


@pytest.mark.parametrize(
    ("handle", "expected"), [("jane48213", True), ("jane1987", False), ("jane87", False), ("", False), ("12345", False)]
)
def test_numbered_handles(handle, expected):
    assert is_numbered(handle) is expected


def test_doubts_are_named_and_none_decides():
    author = Author(handle="real_jane48213", display_name="Jane ✓", links=("https://bit.ly/3",))
    assert len(doubts(author)) == 4
    assert doubts(Author(handle="jane", display_name="Jane Doe")) == ()


def test_a_company_without_the_words_of_its_accounts():
    assert organisation_slug("Quillon Labs Support") == "quillon"
    assert organisation_slug("Support") == ""


@given(st.builds(Author, handle=st.text(max_size=60), display_name=st.text(max_size=60), bio=st.text(max_size=200)))
def test_any_account_has_a_sort_or_none(author):
    assert sort_of(author) is None or isinstance(sort_of(author), Sort)
    doubts(author)
