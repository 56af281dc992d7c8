"""Who an author is, as a truth table: what speaks for and against, what people decided, and what a policy forbids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.core.brand import OPEN_WEB, Evidence, MatchingPolicy, OwnSide, Provenance
from listener.core.mention import Author
from listener.core.people import Customer, KnownHandle, Match, MatchJob, Outcome
from nlp.identity.customer_keys import customer_keys, is_personal
from nlp.identity.matcher import CAP, ENGINE, build_matcher
from nlp.identity.permitted import MOST_LINKS, permitted
from nlp.identity.weights import DEFAULT
from tests.support.spending import within

JANE = Customer(
    "C1",
    "Jane",
    "Doe",
    email="jane.doe@acme.example",
    company="Acme plc",
    website="https://www.acme.example",
    customer_since="2020-03-01",
    handles=(KnownHandle("x", "jane_d", Provenance.GIVEN), KnownHandle("mastodon", "jane@toot.example", Provenance.BOUGHT)),
)
COLLEAGUE = Customer("C2", "Rob", "Roe", email="rob@acme.example", company="Acme")
FREELANCER = Customer("C3", "Ishani", "Rao", email="hello@raostudio.example", website="https://raostudio.example")
NAMED_SITE = Customer("C4", "Teodora", "Ilic", company="Freelance", website="https://teodorailic.example")
BLOGGER = Customer("C5", "Lee", "Price", company="Torx", handles=(KnownHandle("blog", "leewrites.example"),))
CRM = (JANE, COLLEAGUE, FREELANCER, NAMED_SITE, BLOGGER)


class Index:
    """Customers by key, and what was asked."""

    def __init__(self, customers: Iterable[Customer]) -> None:
        self.customers = list(customers)
        self.asked: list[frozenset[str]] = []
        self.calls: Counter[str] = Counter()

    def candidates(self, keys: Collection[str], cap: int) -> Mapping[str, Sequence[Customer]]:
        self.calls["candidates"] += 1
        self.asked.append(frozenset(keys))
        found = {key: [each for each in self.customers if key in customer_keys(each)] for key in keys}
        return {key: customers for key, customers in found.items() if 0 < len(customers) <= cap}

    def bearers(self, keys: Collection[str]) -> Mapping[str, int]:
        self.calls["bearers"] += 1
        counted = Counter(key for each in self.customers for key in customer_keys(each))
        return {key: counted[key] for key in keys}

    def total(self) -> int:
        return len(self.customers)

    def accounts(self, keys: Collection[str]) -> Mapping[str, str]:
        self.calls["accounts"] += 1
        self.asked.append(frozenset(keys))
        spellings: dict[str, Counter[str]] = {}
        for each in self.customers:
            for key in customer_keys(each) & set(keys):
                if each.company:
                    spellings.setdefault(key, Counter())[each.company] += 1
        return {key: counter.most_common(1)[0][0] for key, counter in spellings.items()}


def job(
    author: Author, platform: str = "x", origin: str = "", *, policy: MatchingPolicy = OPEN_WEB, named: bool = True, **more
) -> MatchJob:
    return MatchJob(1, platform, origin, author, policy, named, **more)


def match(author: Author, platform: str = "x", origin: str = "", *, customers: Iterable[Customer] = CRM, **more) -> Match:
    own = more.pop("own", OwnSide())
    (found,) = build_matcher(own).match([job(author, platform, origin, **more)], Index(customers))
    return found


LINK, REVIEW, NONE = Outcome
TABLE = [
    ("the same e-mail", "x", Author(handle="zz", email="Jane.Doe+x@acme.example"), LINK, "C1"),
    ("the same e-mail under another name", "x", Author(display_name="Rosie Bailey", email="jane.doe@acme.example"), REVIEW, "C1"),
    ("the same e-mail, a relative", "x", Author(display_name="Marco Doe", email="jane.doe@acme.example"), REVIEW, "C1"),
    ("a known account", "x", Author(handle="@Jane_D"), LINK, "C1"),
    ("a known account with the name", "x", Author(handle="jane_d", display_name="Jane Doe"), LINK, "C1"),
    ("a known account with a pseudonym", "x", Author(handle="jane_d", display_name="quietotter"), LINK, "C1"),
    ("a known account with another name", "x", Author(handle="jane_d", display_name="Rosie Bailey"), REVIEW, "C1"),
    (
        "a known account, younger, with the name",
        "x",
        Author(handle="jane_d", display_name="Jane Doe", created_year=2024),
        LINK,
        "C1",
    ),
    ("a known account, younger", "x", Author(handle="jane_d", created_year=2024), REVIEW, "C1"),
    ("a known account, as old", "x", Author(handle="jane_d", created_year=2020), LINK, "C1"),
    (
        "a known account, younger, another name",
        "x",
        Author(handle="jane_d", display_name="Rosie Bailey", created_year=2024),
        NONE,
        None,
    ),
    ("the name, and the same handle elsewhere", "github", Author(handle="jane_d", display_name="Jane Doe"), REVIEW, "C1"),
    ("the same handle elsewhere under another name", "github", Author(handle="jane_d", display_name="Rosie Bailey"), NONE, None),
    ("a link to a known account", "github", Author(handle="zz", links=("https://x.com/jane_d",)), REVIEW, "C1"),
    ("a link and the name", "github", Author(display_name="Jane Doe", links=("https://x.com/jane_d",)), LINK, "C1"),
    ("a link and the same handle", "github", Author(handle="jane_d", links=("https://x.com/jane_d",)), LINK, "C1"),
    ("a link and a first name", "github", Author(display_name="Jane", links=("https://x.com/jane_d",)), REVIEW, "C1"),
    ("a link, another name", "github", Author(display_name="Rosie Bailey", links=("https://x.com/jane_d",)), REVIEW, "C1"),
    ("a link from a second account", "x", Author(handle="zz", links=("https://x.com/jane_d",)), REVIEW, "C1"),
    (
        "a commenter's address is a known account",
        "rss",
        Author(display_name="J", profile_url="https://toot.example/@jane"),
        LINK,
        "C1",
    ),
    ("a link to a site of nobody's name", "x", Author(handle="zz", links=("https://www.raostudio.example/about",)), NONE, None),
    ("a site and the name", "x", Author(display_name="Ishani Rao", links=("https://raostudio.example",)), LINK, "C3"),
    ("the author's page is the customer's own site", "rss", Author(profile_url="https://teodorailic.example"), LINK, "C4"),
    ("a site with the customer's name", "x", Author(links=("https://teodorailic.example",)), REVIEW, "C4"),
    (
        "a site with the customer's name, and the name",
        "x",
        Author(display_name="Teodora Ilic", links=("https://teodorailic.example",)),
        LINK,
        "C4",
    ),
    ("a blog that the CRM knows", "rss", Author(display_name="Lee", profile_url="https://leewrites.example/me"), LINK, "C5"),
    (
        "a link, the account younger",
        "github",
        Author(display_name="Jane Doe", links=("https://x.com/jane_d",), created_year=2024),
        LINK,
        "C1",
    ),
    ("the name alone", "github", Author(handle="zz", display_name="Jane Doe"), REVIEW, "C1"),
    ("the name, but another account", "x", Author(handle="zz", display_name="Jane Doe"), NONE, None),
    (
        "the name and a site of the company",
        "github",
        Author(display_name="Jane Doe", links=("https://acme.example",)),
        LINK,
        "C1",
    ),
    ("the name and the company", "github", Author(display_name="Jane Doe", bio="Engineer at Acme"), LINK, "C1"),
    ("the name and the company, another account", "x", Author(handle="zz", display_name="Jane Doe", bio="at Acme"), REVIEW, "C1"),
    ("the company alone", "x", Author(handle="zz", bio="Engineer at Acme"), NONE, None),
    ("nothing", "x", Author(), NONE, None),
]


@pytest.mark.parametrize(("platform", "author", "outcome", "contact"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_who_an_author_is(platform, author, outcome, contact):
    found = match(author, platform)
    assert (found.outcome, found.contact_id) == (outcome, contact)
    assert found.engine == ENGINE
    assert found.policy == "open-web"
    if outcome is LINK:
        assert DEFAULT.link_at <= found.probability < 1
    elif outcome is REVIEW:
        assert DEFAULT.review_at / 2 <= found.probability < 1
    else:
        assert found.probability < DEFAULT.review_at


def test_the_bits_of_the_evidence_make_the_probability():
    found = match(Author(handle="jane_d", created_year=2019), customers=[JANE])
    odds = 2 ** (found.prior_bits + sum(reason.weight_bits for reason in found.evidence))
    assert found.probability == pytest.approx(odds / (1 + odds), abs=0.01)
    assert [reason.what for reason in found.evidence] == [
        "the account that the CRM knows on x",
        "the account is as old as the customer relation",
        "the display name does not contradict",
    ]


def test_no_evidence_names_a_person():
    for _, platform, author, _, _ in TABLE:
        told = " ".join(reason.what for reason in match(author, platform).evidence).casefold()
        assert not {"jane", "doe", "rosie", "bailey", "jane_d", "rao"} & set(told.split())
        assert ".example" not in told


# ------------------------------------------------------------------------------------------------ accounts


@pytest.mark.parametrize(
    ("platform", "author", "origin"),
    [
        ("blog", Author(handle="blog.acme.example", display_name="Somebody Else"), ""),
        ("rss", Author(display_name="Somebody Else"), "https://blog.acme.example/feed.xml"),
        ("rss", Author(), "https://blog.acme.example/feed.xml"),
        ("x", Author(handle="acme_official", links=("https://acme.example",)), ""),
        ("x", Author(handle="zz", email="press@acme.example"), ""),
    ],
)
def test_a_companys_domain_names_the_company_and_nobody(platform, author, origin):
    found = match(author, platform, origin)
    assert (found.outcome, found.contact_id, found.account) == (NONE, None, "Acme plc")
    assert found.evidence[0].kind is Evidence.COMPANY


def test_the_most_frequent_spelling_of_the_company():
    crowd = [replace(COLLEAGUE, contact_id=f"C{number}") for number in range(20, 24)]
    assert match(Author(handle="jane_d"), customers=[JANE, *crowd]).account == "Acme"


def test_a_linked_customer_brings_the_company_that_the_crm_says():
    assert match(Author(display_name="Lee Price", profile_url="https://leewrites.example"), "rss").account == "Torx"


def test_a_named_visitor_on_a_companys_site_is_not_of_that_company():
    visitor = Author(display_name="Somebody", profile_url="https://elsewhere.example")
    assert match(visitor, "rss", "https://acme.example/comments").account is None


def test_whose_a_domain_is():
    assert not is_personal("raostudio.example", FREELANCER)
    assert is_personal("teodorailic.example", NAMED_SITE)
    assert not is_personal("acme.example", JANE)


def test_a_site_of_two_people_without_a_company_is_nobodys_own():
    partner = Customer("C9", "Amir", "Rao", website="https://raostudio.example")
    assert match(Author(links=("https://raostudio.example",)), customers=[FREELANCER, partner]).outcome is NONE


JOE = Customer("J1", "Joe", "Ramsey", email="joe@bigcorp.example")
BIGCORP_NAMES = ("Ada", "Bo", "Cy", "Dee", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon", "Kay", "Lea", "Max", "Nia", "Ola", "Pia")
BIGCORP_NAMES += ("Quin", "Ria", "Sia", "Tom")
BIGCORP = [
    JOE,
    *(
        Customer(f"B{number}", first, "Lindqvist", email=f"{first}@bigcorp.example", company="BigCorp")
        for number, first in enumerate(BIGCORP_NAMES)
    ),
]


@pytest.mark.parametrize(
    ("platform", "author"),
    [
        ("x", Author(handle="quietotter", links=("https://bigcorp.example",))),
        ("x", Author(handle="joek", display_name="Joe K.", bio="Engineer at BigCorp", links=("https://bigcorp.example",))),
        ("x", Author(handle="joe77", display_name="Joe", links=("https://bigcorp.example",))),
        ("x", Author(handle="bigcorpnews", links=("https://bigcorp.example",))),
        ("blog", Author(handle="bigcorp.example", profile_url="https://bigcorp.example")),
        ("blog", Author(display_name="Joe", profile_url="https://bigcorp.example/team")),
    ],
)
def test_the_domain_of_a_company_that_one_contact_lacks_is_not_their_own_site(platform, author):
    found = match(author, platform, customers=BIGCORP)
    assert found.outcome is not LINK
    assert "the customer's own site" not in {reason.what for reason in found.evidence}


def test_a_contact_without_a_company_is_still_found_by_name_and_domain():
    named = Author(display_name="Joe Ramsey", links=("https://bigcorp.example",))
    assert (match(named, customers=BIGCORP).outcome, match(named, customers=BIGCORP).contact_id) == (LINK, "J1")


def test_a_site_of_ones_own_is_not_counted_once_more_as_the_companys():
    found = match(Author(display_name="Teodora Ilic", links=("https://teodorailic.example",)))
    told = {reason.what for reason in found.evidence}
    assert "the customer's own site" in told
    assert "a site of their company" not in told


MAYA = Customer("M1", "Maya", "Lind", company="Torx", website="https://x.com/mayalind")


def test_an_account_in_the_field_for_the_site_has_no_known_provenance():
    author = Author(handle="mayalind", display_name="quietotter")
    known = "the account that the CRM knows on x"
    for customer in (MAYA, replace(MAYA, website=None, domains=("https://x.com/mayalind",))):
        found = match(author, customers=[customer])
        assert (found.outcome, found.contact_id) == (LINK, "M1")
        assert known in {reason.what for reason in found.evidence}
        given_only = match(author, customers=[customer], policy=GIVEN_ONLY)
        assert given_only.outcome is not LINK
        assert known not in {reason.what for reason in given_only.evidence}


@pytest.mark.parametrize("page", ["https://x.com/torx", "https://github.com/torxhq", "https://torx.wordpress.com"])
def test_the_companys_page_is_not_its_contacts_account(page):
    handle = page.rpartition("/")[2]
    found = match(Author(handle=handle, links=(page,)), "x", customers=[replace(MAYA, website=page)])
    assert found.contact_id is None
    assert match(Author(handle=handle), "github", customers=[replace(MAYA, website=page)]).contact_id is None


def test_a_reader_who_links_is_for_a_person_to_judge_and_told_why():
    found = match(Author(handle="quietotter", links=("https://x.com/jane_d",)), "github")
    assert found.outcome is REVIEW
    assert "others link there too: a link without a name is for a person to judge" in {reason.what for reason in found.evidence}


def test_a_name_that_the_handle_already_is_says_nothing_more_of_a_younger_account():
    max_ = Customer("M2", "Max", "Ebner", company="Torx", customer_since="2018-01-01", handles=(KnownHandle("x", "max"),))
    younger = Author(handle="max", display_name="Max", created_year=2023)
    assert match(younger, customers=[max_]).outcome is REVIEW
    assert match(replace(younger, created_year=2016), customers=[max_]).outcome is LINK
    assert match(replace(younger, display_name="Max Ebner"), customers=[max_]).outcome is LINK


@pytest.mark.parametrize("local", ["info", "sales", "support", "hello", "team"])
def test_a_shared_mailbox_is_a_companys_and_nobodys(local):
    customer = Customer("S1", "Mara", "Fenn", company="Torx", email=f"{local}@torx.example")
    found = match(Author(handle="zz", email=f"{local}@torx.example"), customers=[customer])
    assert (found.outcome, found.contact_id, found.account) == (NONE, None, "Torx")
    named = match(Author(display_name="Mara Fenn", email=f"{local}@torx.example"), customers=[customer])
    assert (named.outcome, named.contact_id) == (LINK, "S1")
    assert "the same e-mail address" not in {reason.what for reason in named.evidence}


def test_a_mailbox_on_a_domain_of_ones_name_is_ones_own():
    customer = Customer("S1", "Mara", "Fenn", email="hello@marafenn.example")
    found = match(Author(handle="zz", email="hello@marafenn.example"), customers=[customer])
    assert (found.outcome, found.contact_id) == (LINK, "S1")


@pytest.mark.parametrize("first", ["Jane", "Zebedinah"])
def test_a_full_name_alone_is_never_linked_however_rare(first):
    crowd = [Customer(f"X{number}", f"Name{number}", f"Last{number}") for number in range(600)]
    customers = [replace(JANE, first_name=first, last_name="Quastelhuber"), *crowd]
    found = match(Author(display_name=f"{first} Quastelhuber"), "github", customers=customers)
    assert (found.outcome, found.contact_id) == (REVIEW, "C1")


# ------------------------------------------------------------------------------------------------ several customers


def test_duplicates_of_one_person_are_one_and_the_most_complete_is_taken():
    bare = Customer("C0", "JANE B.", "DOE", email="jane.doe@acme.example")
    found = match(Author(email="jane.doe@acme.example"), customers=[bare, JANE])
    assert (found.outcome, found.contact_id, found.runner_up) == (LINK, "C1", None)
    assert found.evidence[-1].what == "the CRM has 2 entries of this person; the most complete is taken"


def test_equal_duplicates_go_by_the_lowest_id():
    one, two = (Customer(number, "Jane", "Doe", email="jane@acme.example") for number in ("C7", "C6"))
    assert match(Author(email="jane@acme.example"), customers=[one, two]).contact_id == "C6"


def test_one_mailbox_of_two_persons_is_for_people_to_decide():
    shared = replace(COLLEAGUE, email="jane.doe@acme.example")
    found = match(Author(email="jane.doe@acme.example", display_name="Jane Doe"), customers=[JANE, shared])
    assert (found.outcome, found.contact_id) == (REVIEW, "C1")
    assert found.runner_up is not None
    assert found.runner_up.contact_id == "C2"
    assert found.probability + found.runner_up.probability <= 1


def test_evidence_for_two_persons_is_for_people_to_decide():
    author = Author(handle="zz", links=("https://x.com/jane_d", "https://teodorailic.example"))
    found = match(author, "github")
    assert found.outcome is REVIEW
    assert {found.contact_id, found.runner_up.contact_id} == {"C1", "C4"}


def test_much_stronger_evidence_for_one_links():
    author = Author(
        handle="jane_d", display_name="Jane Doe", email="jane.doe@acme.example", links=("https://teodorailic.example",)
    )
    found = match(author)
    assert (found.outcome, found.contact_id, found.runner_up.contact_id) == (LINK, "C1", "C4")


def test_a_key_that_a_crowd_shares_says_nothing():
    crowd = [
        Customer(f"C{number}", f"Name{number}", "Roe", email="info@acme.example", company="Acme") for number in range(CAP + 1)
    ]
    assert match(Author(email="info@acme.example"), customers=crowd).outcome is NONE


# ------------------------------------------------------------------------------------------------ policies

NO_NAME = MatchingPolicy("no-name", evidence=frozenset({Evidence.HANDLE, Evidence.EMAIL}))
NOTHING = MatchingPolicy("nothing", evidence=frozenset())
GIVEN_ONLY = MatchingPolicy("given", provenance=frozenset({Provenance.GIVEN}))


def test_a_policy_that_forbids_everything_asks_for_nothing():
    index = Index(CRM)
    (found,) = build_matcher(OwnSide()).match(
        [job(Author(handle="jane_d", email="jane.doe@acme.example"), policy=NOTHING)], index
    )
    assert (found.outcome, found.account, found.evidence, found.policy) == (NONE, None, (), "nothing")
    assert set(index.asked) <= {frozenset()}
    assert found.keys == ()


@pytest.mark.parametrize("forbidden", [Evidence.EMAIL, Evidence.HANDLE, Evidence.LINK])
def test_forbidden_evidence_is_not_asked_for(forbidden):
    policy = MatchingPolicy("less", evidence=frozenset(Evidence) - {forbidden})
    author = Author(handle="jane_d", email="jane.doe@acme.example", links=("https://mastodon.social/@jane",))
    index = Index(CRM)
    (found,) = build_matcher(OwnSide()).match([job(author, policy=policy)], index)
    assert all(reason.kind is not forbidden for reason in found.evidence)
    prefix = {Evidence.EMAIL: "e:", Evidence.HANDLE: "h:x", Evidence.LINK: "h:mastodon"}[forbidden]
    assert not any(key.startswith(prefix) for key in index.asked[0])


def test_without_names_a_known_account_is_only_proposed():
    found = match(Author(handle="jane_d", display_name="Rosie Bailey"), policy=NO_NAME)
    assert found.outcome is REVIEW
    assert all(reason.kind is not Evidence.NAME for reason in found.evidence)


def test_without_companies_no_account():
    policy = MatchingPolicy("no-company", evidence=frozenset(Evidence) - {Evidence.COMPANY})
    assert match(Author(handle="zz", links=("https://acme.example",)), policy=policy).account is None


@pytest.mark.parametrize(
    ("platform", "author", "outcome"),
    [
        ("x", Author(handle="jane_d"), LINK),
        ("mastodon", Author(handle="jane@toot.example"), NONE),
        ("x", Author(links=("https://toot.example/@jane",)), NONE),
        ("x", Author(email="jane.doe@acme.example"), LINK),
    ],
)
def test_a_bought_handle_is_not_used_where_that_is_forbidden(platform, author, outcome):
    assert match(author, platform, policy=GIVEN_ONLY).outcome is outcome


@pytest.mark.parametrize("evidence", [[each] for each in Evidence] + [[Evidence.EMAIL, Evidence.HANDLE]])
def test_what_is_forbidden_changes_nothing(evidence):
    """An author with everything is answered as one with only what is allowed."""
    allowed = frozenset(evidence)
    policy = MatchingPolicy("some", evidence=allowed)
    author = Author(
        handle="acmehq",
        display_name="Jane Doe (parody)",
        email="jane.doe@acme.example",
        bio="Parody. Engineer at Acme. DM me for crypto profits",
        location="Porto",
        profile_url="https://x.com/acmehq",
        links=("https://acme.example", "https://x.com/jane_d"),
        created_year=2024 if Evidence.HANDLE in allowed else None,
    )
    less = permitted(author, allowed)
    assert match(author, "github", policy=policy) == match(less, "github", policy=policy)
    origin = "https://acme.example/feed"
    cut = match(less, "github", origin if less.handle or less.profile_url else "", policy=policy)
    assert match(author, "github", origin, policy=policy) == cut
    found = match(author, "github", policy=MatchingPolicy("mail", evidence=frozenset({Evidence.EMAIL})))
    assert (found.outcome, found.contact_id) == (LINK, "C1")


def test_an_e_mail_address_says_no_company_where_it_is_forbidden():
    policy = MatchingPolicy("no-mail", evidence=frozenset(Evidence) - {Evidence.EMAIL})
    author = Author(display_name="Jane Doe", email="jane.roe@acme.example")
    assert match(author, "github").outcome is LINK
    found = match(author, "github", policy=policy)
    assert found == match(replace(author, email=None), "github", policy=policy)
    assert found.outcome is REVIEW
    assert not any("acme.example" in key for key in found.keys)


def test_handle_and_display_name_name_no_company_where_they_are_forbidden():
    policy = MatchingPolicy("company", evidence=frozenset({Evidence.COMPANY}))
    author = Author(handle="acmehq", display_name="Acme Support")
    found = match(author, "github", "https://acme.example", policy=policy)
    assert (found.outcome, found.account, found.keys) == (NONE, None, ())


def test_long_profiles_are_cut_before_anything():
    links = (*(f"no link {number}" for number in range(MOST_LINKS)), "https://x.com/jane_d")
    assert match(Author(display_name="Jane Doe", links=links[1:]), "github").outcome is LINK
    assert match(Author(display_name="Jane Doe", links=links), "github").outcome is REVIEW
    letters = iter("aou")  # another author at each try, since names that were compared are kept

    def long() -> Author:
        one = next(letters)
        return Author(handle=one * 10_000, display_name=f"J{one}ne " * 9_000, location=f"P{one}rt, " * 5_000, links=links * 500)

    within(2, lambda: match(long(), "github"))


# ------------------------------------------------------------------------------------------------ our own side

OWN = OwnSide(
    emails=frozenset({"mara@partner.example"}),
    domains=frozenset({"quillon.example"}),
    accounts=frozenset({("x", "quillon"), ("mastodon", "help@toot.example")}),
    names=frozenset({"jane doe"}),
)


@pytest.mark.parametrize(
    ("platform", "author", "origin", "named"),
    [
        ("x", Author(email="Mara+x@partner.example"), "", True),
        ("x", Author(email="jo@mail.quillon.example"), "", True),
        ("x", Author(handle="@Quillon"), "", True),
        ("rss", Author(display_name="Help", profile_url="https://toot.example/@help"), "", True),
        ("blog", Author(handle="blog.quillon.example", display_name="Jo"), "", True),
        ("rss", Author(), "https://blog.quillon.example/feed", False),
        ("rss", Author(display_name="Jane Doe"), "https://blog.quillon.example/feed", True),
        ("rss", Author(display_name="Jane Doe"), "https://elsewhere.example/feed", True),
        ("rss", Author(display_name="JANE  DOE", profile_url="https://quillon.example/team/jane"), "", True),
    ],
)
def test_our_own_side_is_recognised_and_not_matched(platform, author, origin, named):
    found = match(author, platform, origin, own=OWN, named=named)
    assert (found.own_side, found.outcome, found.contact_id, found.account) == (True, NONE, None, None)
    assert len(found.evidence) == 1


@pytest.mark.parametrize(
    ("platform", "author", "origin"),
    [
        ("rss", Author(display_name="A Customer"), "https://blog.quillon.example/comments"),
        ("x", Author(handle="fan", links=("https://quillon.example", "https://x.com/quillon")), ""),
        ("x", Author(handle="zz", display_name="Jane Doe"), ""),
        ("x", Author(handle="notquillon"), ""),
        ("x", Author(email="mara@notquillon.example"), ""),
    ],
)
def test_who_is_not_one_of_us(platform, author, origin):
    assert not match(author, platform, origin, own=OWN).own_side


# ------------------------------------------------------------------------------------------------ batches


def test_a_batch_is_answered_in_order_with_four_questions():
    jobs = [job(row[2], row[1]) for row in TABLE] * 3
    index = Index(CRM)
    found = build_matcher(OwnSide()).match(jobs, index)
    assert [(each.outcome, each.contact_id) for each in found] == [(row[3], row[4]) for row in TABLE] * 3
    assert index.calls == {"candidates": 1, "bearers": 1, "accounts": 2}


def test_no_jobs():
    assert build_matcher(OwnSide()).match([], Index(CRM)) == []


def test_the_fingerprint_follows_the_own_side():
    assert build_matcher(OWN).fingerprint == build_matcher(replace(OWN)).fingerprint
    assert build_matcher(OWN).fingerprint != build_matcher(OwnSide()).fingerprint


# ------------------------------------------------------------------------------------------------ what people decided


def test_what_a_person_said_is_obeyed_without_asking_anything():
    index = Index(CRM)
    stranger = job(Author(handle="zz", display_name="Rosie Bailey"), policy=NOTHING, linked="C1")
    (found,) = build_matcher(OwnSide()).match([stranger], index)
    assert (found.outcome, found.contact_id, found.probability) == (LINK, "C1", 1.0)
    assert [reason.what for reason in found.evidence] == ["a person said so"]
    assert index.asked == []


@pytest.mark.parametrize("author", [Author(handle="jane_d"), Author(email="jane.doe@acme.example", display_name="Jane Doe")])
def test_a_refused_contact_is_never_linked_nor_proposed_again(author):
    assert match(author).contact_id == "C1"
    found = match(author, refused=frozenset({"C1"}))
    assert found.contact_id is None
    assert found.runner_up is None


# ------------------------------------------------------------------------------------------------ accounts that are nobody's


@pytest.mark.parametrize(
    "author",
    [
        Author(handle="jane_d", display_name="Acme Support", links=("https://acme.example",)),
        Author(handle="jane_d", display_name="Acme"),
        Author(handle="jane_d", display_name="Jane Doe (parody)"),
        Author(handle="jane_d", display_name="Jane Doe", bio="DM me for crypto profits"),
        Author(handle="jane_d", display_name="Job Alerts: Acme"),
        Author(handle="jane_d", email="jane.doe@acme.example", bio="The official account of Acme"),
    ],
)
def test_brands_robots_parodies_and_copies_are_linked_to_nobody(author):
    found = match(author)
    assert (found.outcome, found.contact_id, found.runner_up) == (NONE, None, None)
    assert found.evidence[0].weight_bits < -10


@pytest.mark.parametrize(
    "author",
    [
        Author(handle="jane_d", display_name="Jane Doe", bio="building a wallet app. Contact me at jane@acme.example"),
        Author(handle="jane_d", display_name="Jane Doe", bio="my old account was hacked"),
        Author(handle="jane_d", display_name="Jane Doe", bio="Status updates from my garden"),
        Author(handle="jobs_mary", display_name="Jane Doe", email="jane.doe@acme.example"),
    ],
)
def test_one_weak_sign_is_a_doubt_where_an_own_sign_stands_against_it(author):
    platform = "github" if author.email else "x"
    found = match(author, platform)
    assert (found.outcome, found.contact_id) == (LINK, "C1")
    assert any(reason.weight_bits < 0 and "signs of a copy" in reason.what for reason in found.evidence)
    stranger = replace(author, handle="zz", email=None)
    assert match(stranger, "github").outcome is not LINK


@pytest.mark.parametrize(("first", "last"), [("Not", "Vital"), ("Falso", "Rossi")])
def test_a_name_that_looks_like_a_joke_is_the_customers(first, last):
    customer = Customer("N1", first, last, email="nv@torx.example", company="Torx")
    name = f"{first} {last}"
    assert match(Author(display_name=name, email="nv@torx.example"), "github", customers=[customer]).outcome is LINK
    assert match(Author(display_name=name, bio="at Torx"), "github", customers=[customer]).outcome is REVIEW
    assert match(Author(display_name="Not Jane Doe", bio="at Acme"), "github").outcome is NONE


def test_the_company_of_a_brands_account_is_named():
    assert match(Author(handle="acmehq", display_name="Acme Support"), "github").account == "Acme plc"


def test_an_outsider_is_not_of_the_company_they_write_about():
    found = match(Author(handle="zz", display_name="Jane Doe", bio="Tips for Acme users, unofficial"), "github")
    assert found.outcome is not LINK
    assert found.account is None


# ------------------------------------------------------------------------------------------------ names


def test_a_namesake_elsewhere_is_not_linked():
    assert match(Author(display_name="Jane Doe", bio="Engineer at Brimtel"), "github").outcome is NONE
    both = (*CRM, Customer("C8", "Jane", "Doe", company="Brimtel GmbH", email="jane@brimtel.example"))
    found = match(Author(display_name="Jane Doe", bio="Engineer at Brimtel"), "github", customers=both)
    assert (found.outcome, found.contact_id) == (LINK, "C8")


def test_two_of_one_name_at_one_company_are_for_people_to_decide():
    namesake = Customer("C9", "Jane", "Doe", company="Acme", email="j.doe@acme.example", city="Oslo")
    found = match(Author(display_name="Jane Doe", bio="at Acme"), "github", customers=[replace(JANE, city="Porto"), namesake])
    assert found.outcome is REVIEW
    assert found.runner_up is not None


def test_a_former_employer_still_finds_the_customer():
    found = match(Author(display_name="Jane Doe", bio="Brimtel. Formerly Acme."), "github")
    assert (found.outcome, found.contact_id) == (LINK, "C1")
    assert "the profile names their company as a former one" in {reason.what for reason in found.evidence}


def test_the_keys_of_a_match_are_all_that_could_find_the_author():
    author = Author(handle="zz", display_name="Jane Doe", bio="at Nowhere Ltd")
    found = match(author, "github")
    assert {"n:jane doe", "k:jane nowhere", "c:nowhere"} <= set(found.keys)
    assert found.prior_bits < 0


def test_other_weights_decide_otherwise():
    careful = replace(DEFAULT, link_at=0.9999)
    (found,) = build_matcher(OwnSide(), careful).match([job(Author(handle="jane_d", display_name="Jane Doe"))], Index(CRM))
    assert found.outcome is REVIEW
    assert build_matcher(OwnSide(), careful).fingerprint != build_matcher(OwnSide()).fingerprint


wild = st.text(max_size=60)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(Author, handle=wild, display_name=wild, bio=st.text(max_size=150), location=wild, profile_url=wild), max_size=3
    )
)
def test_any_authors_get_an_answer(authors):
    found = build_matcher(OwnSide()).match([job(author) for author in authors], Index(CRM))
    assert len(found) == len(authors)
    assert all(0 <= each.probability <= 1 for each in found)
