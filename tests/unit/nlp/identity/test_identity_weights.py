"""Comparing and weighing two records: levels, bits, and what makes agreement rare."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.core.brand import Evidence, Provenance
from listener.core.mention import Author
from listener.core.people import Customer, KnownHandle
from nlp.identity.compare import Finding, compare, rarity_keys
from nlp.identity.levels import LEVELS, Rarity
from nlp.identity.records import as_author, as_customer, author_record, customer_record
from nlp.identity.weights import DEFAULT, Chance, Weights, probability, score_customers, score_pair

JANE = Customer(
    "C1",
    "Jane",
    "van Dorn",
    email="jane@quillon.example",
    company="Quillon Labs plc",
    website="https://quillon.example",
    city="Porto",
    region="Portugal",
    customer_since="2020-03-01",
    handles=(KnownHandle("x", "jvd", Provenance.GIVEN), KnownHandle("github", "quietotter", Provenance.BOUGHT)),
)


def levels(author: Author, platform: str = "mastodon", customer: Customer = JANE, **more) -> set[str]:
    return {finding.level for finding in compare(author_record(author, platform, "", **more), customer_record(customer))}


@pytest.mark.parametrize(
    ("shown", "handle", "first", "last", "level"),
    [
        ("Jane van Dorn", "", "Jane", "van Dorn", "full"),
        ("VAN DORN Jane", "", "Jane", "van Dorn", "full"),
        ("Jane Dorn (she/her)", "", "Jane", "van Dorn", "full"),
        ("janevandorn", "", "Jane", "van Dorn", "full"),
        ("Jane", "janevandorn", "Jane", "van Dorn", "handle_completes"),
        ("Jane D.", "", "Jane", "Dorn", "initial"),
        ("J. Dorn", "", "Jane", "Dorn", "initial"),
        ("Jane Dornn", "", "Jane", "Dorn", "variant"),
        ("Billy Green", "", "William", "Green", "nickname"),
        ("Tessal Green", "", "Tessalina", "Green", "short"),
        ("quietotter", "janedorn", "Jane", "Dorn", "handle"),
        ("", "jdorn", "Jane", "Dorn", "handle_initial"),
        ("Jane Miller", "janedorn", "Jane", "Dorn", "changed_kept"),
        ("Jane Miller", "", "Jane", "Dorn", "changed"),
        ("Jane Miller-Dorn", "", "Jane", "Dorn", "full"),
        ("Jane", "", "Jane", "Dorn", "first"),
        ("Dorn", "", "Jane", "Dorn", "last"),
        ("Marco Dorn", "", "Jane", "Dorn", "kin"),
        ("Junia Dorn", "", "Jane", "Dorn", "relative"),
        ("Dorn Min-jun", "", "Sung-min", "Dorn", "kin"),
        ("Rosie Bailey", "", "Jane", "Dorn", "other"),
        ("Rosie Bailey", "janedorn", "Jane", "Dorn", "other"),
        ("quietotter", "", "Jane", "Dorn", "silent"),
        ("Alma Ríos Prado", "", "Alma", "Ríos Cano", "shared"),
        ("Alma Ríos", "", "Alma", "Ríos Cano", "full"),
        ("Иван Петров", "", "Ivan", "Petrov", "full"),
        ("Yury Petroff", "", "Jurij", "Petrov", "variant"),
        ("山田太郎", "", "太郎", "山田", "full"),
        ("Kim Min-jun", "", "Min-jun", "Kim", "full"),
        ("Sukarno", "", "Sukarno", "", "first"),
    ],
)
def test_names(shown, handle, first, last, level):
    found = levels(Author(handle=handle or None, display_name=shown or None), customer=Customer("C1", first, last))
    assert {each for each in found if each.startswith("name.")} == {f"name.{level}"}


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        (Author(bio="Engineer at Quillon Labs"), "company.stated"),
        (Author(bio="Engineer @quillonlabs"), "company.stated"),
        (Author(bio="Working for QUILLON LABS GmbH"), "company.stated"),
        (Author(bio="the quillon labs person"), "company.part"),
        (Author(bio="They pay me at Quillon Labs, really"), "company.stated"),
        (Author(bio="Formerly Quillon Labs"), "company.former"),
        (Author(bio="Engineer at Quillon Labs Trading"), "company.part"),
        (Author(bio="Engineer at Brimtel"), "company.other"),
        (Author(bio="Tips for Quillon Labs users, unofficial"), "company.outsider"),
        (Author(handle="jane_quillonlabs", display_name="Jane"), "company.handle"),
        (Author(links=("https://blog.quillon.example",)), "company.domain"),
        (Author(email="press@quillon.example"), "company.mail"),
        (Author(bio="Coffee, knitting"), None),
        (Author(bio="Engineer, Porto", location="Porto"), None),
        (Author(links=("https://quillon.wordpress.com",), email="quillon@gmail.com"), None),
    ],
)
def test_companies(author, expected):
    assert {level for level in levels(author) if level.startswith("company.")} == ({expected} if expected else set())


@pytest.mark.parametrize(
    ("author", "platform", "expected"),
    [
        (Author(handle="jvd"), "x", {"account.known"}),
        (Author(handle="other"), "x", {"account.other"}),
        (Author(links=("https://x.com/jvd",)), "mastodon", {"link.known"}),
        (Author(handle="other", links=("https://x.com/jvd",)), "x", {"link.second"}),
        (Author(handle="quietotter"), "reddit", {"nickname.unusual"}),
        (Author(handle="quietotter9"), "reddit", set()),
        (Author(email="JANE+x@quillon.example"), "mastodon", {"email.same"}),
        (Author(email="jane@brimtel.example"), "mastodon", {"email.other"}),
        (Author(handle="jvd", created_year=2024), "x", {"account.known", "age.younger"}),
        (Author(handle="jvd", created_year=2010), "x", {"account.known", "age.older"}),
        (Author(location="Porto, Portugal"), "mastodon", {"place.same"}),
        (Author(location="Lisbon, Portugal"), "mastodon", {"place.region"}),
        (Author(location="Oslo"), "mastodon", {"place.other"}),
        (Author(bio="Engineer at Quillon Labs", location="Porto"), "mastodon", {"company.stated", "place.colleague"}),
    ],
)
def test_accounts_and_places(author, platform, expected):
    assert levels(author, platform) - {"name.silent", "name.other", "company.mail"} == expected


@pytest.mark.parametrize("forbidden", list(Evidence))
def test_what_is_forbidden_is_not_compared(forbidden):
    author = Author(
        handle="jvd",
        display_name="Jane van Dorn",
        email="jane@quillon.example",
        bio="at Quillon Labs",
        location="Porto",
        links=("https://github.com/quietotter", "https://quillon.example"),
        created_year=2024,
    )
    everything = compare(author_record(author, "x", ""), customer_record(JANE))
    assert forbidden in {LEVELS[finding.level].kind for finding in everything}
    less = compare(author_record(author, "x", "", allowed=frozenset(Evidence) - {forbidden}), customer_record(JANE))
    assert forbidden not in {LEVELS[finding.level].kind for finding in less}


def test_a_handle_of_forbidden_provenance_is_not_compared():
    record = customer_record(JANE, provenance=frozenset({Provenance.GIVEN}))
    found = compare(author_record(Author(links=("https://github.com/quietotter",)), "x", ""), record)
    assert not {finding.level for finding in found} & {"link.known", "account.known"}


# ------------------------------------------------------------------------------------------------ bits


def bits(author: Author, bearers: dict[str, int], total: int = 10_000, customer: Customer = JANE) -> float:
    return score_pair(author_record(author, "mastodon"), customer, bearers, total).bits


def test_a_rare_name_weighs_more_than_a_frequent_one():
    author = Author(display_name="Jane van Dorn")
    rare = {"#f:jane": 1, "#l:dorn": 1, "#n:jane dorn": 1}
    frequent = {"#f:jane": 300, "#l:dorn": 300, "#n:jane dorn": 9}
    assert bits(author, rare) > bits(author, frequent) + 2


def test_a_company_alone_says_nothing_of_a_person():
    for total in (2_000, 100_000, 1_000_000):
        colleague = score_pair(author_record(Author(bio="at Quillon Labs"), "mastodon"), JANE, {"c:quillonlabs": 5}, total)
        assert colleague.probability < 0.5


def test_bits_add_up_and_are_told_in_order():
    author = Author(display_name="Jane van Dorn", bio="Engineer at Quillon Labs", location="Oslo")
    scored = score_pair(author_record(author, "mastodon"), JANE, {}, 2_000)
    assert scored.bits == pytest.approx(scored.prior_bits + sum(scored.weights))
    told = scored.reasons()
    assert [reason.what for reason in told] == [
        "the display name is the customer's name",
        "the profile names their company",
        "another place",
    ]
    assert told[-1].weight_bits < 0
    assert probability(0) == 0.5


def test_every_level_has_words_and_a_weight():
    assert set(DEFAULT.levels) == set(LEVELS)
    assert all(level.says and level.kind in Evidence for level in LEVELS.values())
    for key in ("name.other", "company.other", "company.other_customer", "age.younger", "account.other", "place.other"):
        chance = DEFAULT.levels[key]
        assert chance.m < chance.u, key
    own = [DEFAULT.levels[key] for key, level in LEVELS.items() if level.rarity is Rarity.OWN]
    assert all(chance.u < 0.05 for chance in own)


def test_weights_survive_json():
    assert Weights.from_json(json.loads(json.dumps(DEFAULT.to_json()))) == DEFAULT
    assert Weights.from_json({}).levels == DEFAULT.levels


@pytest.mark.parametrize(
    "data",
    [
        {"levels": {"no.such": [0.1, 0.1]}},
        {"levels": {"name.full": [0, 0.1]}},
        {"levels": {"name.full": ["x", 0.1]}},
        {"levels": {"name.full": 7}},
        {"levels": {"name.full": [0.1]}},
        {"scale": "much"},
        {"offset": 1e9},
        {"levels": []},
        {"levels": {"name.full": [float("nan"), 0.1]}},
    ],
)
def test_broken_weights_are_refused(data):
    with pytest.raises(ValueError, match=r"."):
        Weights.from_json(data)


def test_other_weights_change_the_bits():
    finding = Finding("place.other")
    more = DEFAULT.with_levels({"place.other": Chance(0.001, 0.5)})
    assert more.bits(finding, {}, 1000) < DEFAULT.bits(finding, {}, 1000)


# ------------------------------------------------------------------------------------------------ other pairs


def test_two_authors_are_compared_by_making_one_a_customer():
    blog = Author(display_name="Jane van Dorn", links=("https://mastodon.social/@jvd", "https://x.com/jvd"), created_year=2015)
    other = as_customer(blog, "blog", "")
    linked = score_pair(author_record(Author(handle="jvd"), "x"), other, {}, 1_000)
    assert "account.known" in {finding.level for finding in linked.findings}
    stranger = score_pair(author_record(Author(handle="rb", display_name="Rosie Bailey"), "github"), other, {}, 1_000)
    assert linked.bits > 5 + stranger.bits


def test_two_entries_of_a_crm():
    same = replace(JANE, contact_id="C2", email="jane.vandorn@web.de", handles=())
    other = Customer("C3", "Rosie", "Bailey", company="Brimtel")
    assert score_customers(same, JANE, {}, 1_000).bits > 10 + score_customers(other, JANE, {}, 1_000).bits
    assert as_author(JANE).display_name == "Jane van Dorn"


text = st.text(max_size=80)
authors = st.builds(
    Author,
    handle=text,
    display_name=text,
    profile_url=text,
    email=text,
    bio=st.text(max_size=200),
    location=text,
    links=st.lists(text, max_size=3).map(tuple),
    created_year=st.none() | st.integers(),
    followers=st.none() | st.integers(),
    following=st.none() | st.integers(),
)


@settings(max_examples=150, deadline=None)
@given(authors, st.sampled_from(["x", "blog", "mastodon", ""]), text, text)
def test_any_two_records_can_be_compared(author, platform, name, other):
    customer = Customer(
        "C1", name, other, email=author.email, company=other, website=author.profile_url, city=name, customer_since=other
    )
    for one in (customer, as_customer(author, platform, other)):
        record = author_record(author, platform, other)
        findings = compare(record, customer_record(one))
        assert {finding.level for finding in findings} <= LEVELS.keys()
        scored = DEFAULT.score(findings, dict.fromkeys(rarity_keys(findings), 1), 100)
        assert 0 <= scored.probability <= 1
        assert all("{" not in reason.what for reason in scored.reasons() if reason.kind is not Evidence.HANDLE)
