"""Which accounts are one person's: certain, proposed or neither, by what evidence, under whose terms."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.core.brand import OPEN_WEB, Evidence, MatchingPolicy
from listener.core.identities import Merge, MergeWork
from listener.core.mention import Author
from listener.core.people import Customer, MatchJob
from listener.core.terms import GITHUB, MASTODON, REDDIT, X
from nlp.identity import merging
from nlp.identity.author_keys import author_keys
from nlp.identity.levels import LEVELS
from nlp.identity.merging import build_merger

AUTHORS = 2000


class Names:
    """A CRM in which names are as frequent as given, and others unknown."""

    def __init__(self, customers: int = 2000, **bearers: int) -> None:
        self.customers = customers
        self.known = {key.replace("_", ":", 1).replace("_", " "): count for key, count in bearers.items()}
        self.asked: set[str] = set()

    def candidates(self, keys: Collection[str], cap: int) -> Mapping[str, Sequence[Customer]]:
        raise AssertionError("merging compares authors with authors")

    def bearers(self, keys: Collection[str]) -> Mapping[str, int]:
        self.asked |= set(keys)
        return {key: self.known.get(key.removeprefix("#"), 0) for key in keys}

    def total(self) -> int:
        return self.customers

    def accounts(self, keys: Collection[str]) -> Mapping[str, str]:
        return {}


def x(**values: Any) -> MatchJob:
    """An account on X of Ada Lindqvist."""
    author = Author(**{"handle": "adalq", "display_name": "Ada Lindqvist", "profile_url": "https://x.com/adalq", **values})
    return MatchJob(1, "x", "x.com", author, X)


def mastodon(**values: Any) -> MatchJob:
    page = "https://mastodon.example/@ada_l"
    author = Author(**{"handle": "ada_l", "display_name": "Ada Lindqvist", "profile_url": page, **values})
    return MatchJob(2, "mastodon", "mastodon.example", author, MASTODON)


def site(named: bool = True, **values: Any) -> MatchJob:
    author = Author(**({"display_name": "Ada Lindqvist", **values} if named else values))
    return MatchJob(3, "blog", "https://adalindqvist.example/feed", author, OPEN_WEB, named)


TO_MASTODON = ("https://mastodon.example/@ada_l",)
TO_X = ("https://x.com/AdaLQ",)
TO_SITE = ("https://www.adalindqvist.example/about",)


def look(one: MatchJob, other: MatchJob, names: Names | None = None, authors: int = AUTHORS) -> Merge | None:
    """What the merger says of the two, the same in either order."""
    there, back = (
        build_merger().merge(MergeWork((one.author_id,), (pair,), authors), names or Names())
        for pair in ((one, other), (other, one))
    )
    assert [(each.author_id, each.certain, round(each.probability, 9)) for each in there] == [
        (each.author_id, each.certain, round(each.probability, 9)) for each in back
    ]
    return there[0] if there else None


def verdict(one: MatchJob, other: MatchJob, **values: Any) -> str:
    found = look(one, other, **values)
    return "nothing" if found is None else "certain" if found.certain else "proposed"


def why(one: MatchJob, other: MatchJob) -> list[str]:
    found = look(one, other)
    return [each.what for each in found.evidence] if found else []


# ---------------------------------------------------------------------------------------------------------- what ties


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (x(links=TO_MASTODON), mastodon(links=TO_X), "certain"),
        (x(links=TO_MASTODON, display_name=None), mastodon(links=TO_X, display_name="lunar goblin 75"), "certain"),
        (x(links=TO_MASTODON), mastodon(), "certain"),
        (x(links=TO_MASTODON, bio="my old account was hacked"), mastodon(links=TO_X), "certain"),
        (x(links=TO_MASTODON, bio="my old account was hacked"), mastodon(), "nothing"),
        (x(links=TO_MASTODON, bio="Satire"), mastodon(links=TO_X), "nothing"),
        (x(links=TO_MASTODON), mastodon(display_name="ada"), "proposed"),
        (x(links=TO_MASTODON, handle="goblin", display_name=None), mastodon(display_name=None), "proposed"),
        (x(links=TO_MASTODON), mastodon(display_name="Bob Stone"), "nothing"),
        (x(links=TO_MASTODON), mastodon(display_name="Eva Lindqvist", handle="ada_l"), "nothing"),
        (x(links=TO_MASTODON), mastodon(links=TO_X, display_name="Bob Stone"), "proposed"),
        (x(links=TO_SITE), site(), "certain"),
        (x(links=TO_SITE), site(named=False), "proposed"),
        (x(links=TO_SITE, display_name="Bob Stone", handle="bobs"), site(named=False), "nothing"),
        (x(links=TO_SITE, display_name=None, handle="goblin"), site(display_name="kim"), "nothing"),
        (x(), mastodon(), "nothing"),
    ],
)
def test_links_tie_accounts(one: MatchJob, other: MatchJob, expected: str) -> None:
    assert verdict(one, other) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("ada@lindqvist.example", "Ada+news@Lindqvist.example", "certain"),
        ("a.da@gmail.com", "ada@googlemail.com", "certain"),
        ("info@firm.example", "info@firm.example", "nothing"),  # a company's, and nobody's in particular
        ("noreply@firm.example", "noreply@firm.example", "nothing"),
        ("ada@firm.example", "bob@firm.example", "nothing"),
        ("not an address", "not an address", "nothing"),
    ],
)
def test_the_same_mailbox_is_the_same_person(one: str, other: str, expected: str) -> None:
    assert verdict(x(email=one, display_name=None), mastodon(email=other, display_name=None)) == expected


def test_the_same_address_under_different_names_is_for_a_person_to_decide() -> None:
    same = "ada@lindqvist.example"
    assert verdict(x(email=same), mastodon(email=same, display_name="Bob Stone", handle="bob")) == "proposed"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"bio": "CTO at Brimtel"}, {"bio": "I work at Brimtel"}, "proposed"),
        ({"links": TO_SITE}, {"links": TO_SITE}, "proposed"),
        ({"location": "Halden, Norway"}, {"location": "Halden"}, "proposed"),
        ({"bio": "CTO at Brimtel"}, {"bio": "CTO at Quillon"}, "nothing"),
        ({"bio": "CTO at Brimtel"}, {"display_name": "Bob Stone", "bio": "works at Brimtel"}, "nothing"),
        ({"bio": "CTO at Brimtel"}, {}, "nothing"),
    ],
)
def test_the_same_rare_name_needs_more_to_be_proposed(one: dict[str, Any], other: dict[str, Any], expected: str) -> None:
    assert verdict(x(**one), mastodon(**other)) == expected


def test_a_frequent_name_proposes_nobody() -> None:
    frequent = Names(f_ada=100, l_lindqvist=100, n_ada_lindqvist=9)
    assert verdict(x(bio="CTO at Brimtel"), mastodon(bio="I work at Brimtel"), names=frequent) == "nothing"
    assert verdict(x(links=TO_MASTODON), mastodon(), names=frequent) == "certain", "a link is no matter of chance"


@pytest.mark.parametrize(
    ("handle", "expected"),
    [("lunargoblin", "certain"), ("lunar", "proposed"), ("adalindqvist", "proposed"), ("al", "nothing")],
)
def test_the_same_handle_elsewhere_is_certain_only_if_it_is_long_and_unusual(handle: str, expected: str) -> None:
    assert verdict(x(handle=handle, profile_url=None), mastodon(handle=handle, profile_url=None)) == expected


def test_the_same_handle_under_a_frequent_name_or_another_is_not_enough() -> None:
    one, other = x(handle="lunargoblin", profile_url=None), mastodon(handle="lunargoblin", profile_url=None)
    assert verdict(one, other, names=Names(f_ada=100, l_lindqvist=100, n_ada_lindqvist=9)) == "proposed"
    stranger = replace(other, author=replace(other.author, display_name="Bob Stone"))
    assert verdict(one, stranger) == "nothing"


# -------------------------------------------------------------------------------------------------------------- vetoes


@pytest.mark.parametrize(
    "changed",
    [
        {"display_name": "Ada Lindqvist (parody)"},
        {"bio": "The official account of Brimtel. Follow us"},
        {"bio": "I am a bot that posts every hour"},
        {"bio": "Crypto signals, DM me on telegram to invest", "links": (*TO_X, "https://bit.ly/3xyz")},
    ],
)
def test_accounts_of_brands_robots_and_jokers_are_nobodys_second_account(changed: dict[str, Any]) -> None:
    assert verdict(x(links=TO_MASTODON), mastodon(**{"links": TO_X, **changed})) == "nothing"


def test_the_account_of_an_employer_is_nobodys_second_account() -> None:
    for name in ("Brimtel", "Brimtel Support"):
        company = mastodon(display_name=name, handle="brimtel", links=TO_X, profile_url=TO_MASTODON[0])
        assert verdict(x(links=TO_MASTODON, bio="CTO at Brimtel"), company) == "nothing"


def test_another_employer_makes_a_tie_doubtful() -> None:
    one, other = x(links=TO_MASTODON, bio="CTO at Brimtel"), mastodon(links=TO_X, bio="CTO at Quillon")
    assert verdict(one, other) == "proposed"
    assert "different employers" in why(one, other)


def test_signs_of_a_copy_make_a_tie_doubtful() -> None:
    one, other = x(links=TO_MASTODON), mastodon(bio="the real Ada")
    assert verdict(one, other) == "proposed"
    assert any(what.startswith("signs of a copy: ") for what in why(one, other))


def test_two_accounts_on_one_platform_are_never_merged_automatically() -> None:
    other = replace(x(handle="ada_second", links=TO_X, profile_url=None), author_id=2)
    assert verdict(x(), other) == "proposed"
    assert "two accounts on one platform" in why(x(), other)


# --------------------------------------------------------------------------------------------------------------- terms


def test_without_any_evidence_allowed_nobody_is_compared() -> None:
    names = Names()
    other = replace(mastodon(links=TO_X), platform="reddit", policy=REDDIT)
    assert verdict(x(links=TO_MASTODON), other, names=names) == "nothing"
    assert names.asked == set()


@pytest.mark.parametrize("forbidden", list(Evidence))
@pytest.mark.parametrize("side", [0, 1])
def test_what_either_policy_forbids_is_never_used(forbidden: Evidence, side: int) -> None:
    """Each piece of evidence alone would tie these; without its kind nothing of that kind is among the reasons."""
    full = {"email": "ada@lindqvist.example", "bio": "CTO at Brimtel", "location": "Halden"}
    pair = [x(**full, links=TO_MASTODON, handle="lunargoblin"), mastodon(**full, links=TO_X, handle="lunargoblin")]
    pair[side] = replace(pair[side], policy=MatchingPolicy("strict", evidence=frozenset(Evidence) - {forbidden}))
    names = Names()
    found = look(*pair, names=names)
    kinds = {each.kind for each in found.evidence} if found else set()
    assert forbidden not in kinds
    if forbidden is Evidence.NAME:
        assert not any(key.startswith(("#n:ada", "#f:ada", "#l:lind")) for key in names.asked)


def test_an_address_is_not_used_where_one_platform_forbids_it() -> None:
    one = x(email="ada@lindqvist.example")
    other = replace(mastodon(email="ada@lindqvist.example"), platform="github", policy=GITHUB)
    assert verdict(one, other) == "nothing"


# ------------------------------------------------------------------------------------------------------------ figures


def test_the_waterfall_adds_up_and_names_nobody() -> None:
    found = look(
        x(links=TO_MASTODON, bio="CTO at Brimtel"), mastodon(display_name="ada", bio="works at Brimtel", location="Halden")
    )
    assert found is not None
    bits = found.prior_bits + sum(each.weight_bits for each in found.evidence)
    assert found.probability == pytest.approx(min(merging.MOST, 1 / (1 + 2**-bits)), abs=1e-6)
    said = " ".join(each.what for each in found.evidence).casefold()
    assert not any(word in said for word in ("ada", "lind", "brimtel", "halden", "customer", "crm"))


def test_among_more_authors_the_same_evidence_says_less() -> None:
    one, other = x(links=TO_MASTODON), mastodon(display_name="ada")
    few, many = look(one, other, authors=1000), look(one, other, names=Names(), authors=1_000_000)
    assert few is not None
    assert many is not None
    assert few.prior_bits - many.prior_bits == pytest.approx(9.97, abs=0.01)


def test_every_level_that_can_be_found_has_words_for_two_accounts() -> None:
    fields = {"email", "nickname", "name", "company", "place"}
    assert set(merging.WORDS) == {key for key, level in LEVELS.items() if level.field in fields}


def test_a_pair_is_read_once_and_names_are_asked_for_once() -> None:
    asked: list[int] = []

    class Counting(Names):
        def bearers(self, keys: Collection[str]) -> Mapping[str, int]:
            asked.append(len(keys))
            return super().bearers(keys)

    jobs = [replace(mastodon(links=TO_X), author_id=number) for number in range(2, 12)]
    work = MergeWork((1,), tuple((x(links=TO_MASTODON), job) for job in jobs), AUTHORS)
    assert len(build_merger().merge(work, Counting())) == 10
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (x(links=TO_MASTODON, display_name=None), mastodon(display_name=None)),
        (x(email="ada@lindqvist.example", display_name=None), mastodon(email="ada@lindqvist.example", display_name="b")),
        (x(links=TO_SITE), site()),
        (x(bio="CTO at Brimtel"), mastodon(bio="I work at Brimtel")),
        (x(handle="lunargoblin"), mastodon(handle="lunargoblin", display_name=None)),
    ],
)
def test_accounts_that_can_be_tied_share_a_key(one: MatchJob, other: MatchJob) -> None:
    """What the store finds pairs by."""
    first, second = (author_keys(job.author, job.platform, job.origin, allowed=job.policy.evidence) for job in (one, other))
    assert first & second


# ------------------------------------------------------------------------------------------------------- hostile input

WILD = st.text(st.characters(exclude_categories=()), max_size=80) | st.sampled_from(
    ["", " ", "\x00", "\ud800", "https://", "//x.com/@", "a" * 10_000, "\u200b\u202e@", "https://[::1", "x.com/" + "y" * 3000]
)
WILD_AUTHORS = st.builds(
    Author,
    service_id=st.none() | WILD,
    handle=st.none() | WILD,
    display_name=st.none() | WILD,
    profile_url=st.none() | WILD,
    email=st.none() | WILD,
    bio=st.none() | WILD,
    location=st.none() | WILD,
    links=st.lists(WILD | st.sampled_from([*TO_X, *TO_MASTODON, *TO_SITE]), max_size=4).map(tuple),
    followers=st.none() | st.integers(-5, 2**70),
    following=st.none() | st.integers(-5, 2**70),
    created_year=st.none() | st.integers(-(10**6), 10**6),
)


@given(WILD_AUTHORS, WILD_AUTHORS, st.sampled_from(["x", "blog", "mastodon", "\ud800", ""]), WILD)
def test_hostile_profiles_get_an_answer(one: Author, other: Author, platform: str, origin: str) -> None:
    first = MatchJob(1, "x", "x.com", one, X)
    second = MatchJob(2, platform, origin, other, OPEN_WEB)
    for found in build_merger().merge(MergeWork((1, 2), ((first, second),), 2), Names()):
        assert 0 < found.probability <= merging.MOST
        assert (found.author_id, found.other_author_id) == (1, 2)
