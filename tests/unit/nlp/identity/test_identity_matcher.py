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
from nlp.identity.keys import customer_keys, is_personal
from nlp.identity.matcher import CAP, ENGINE, build_matcher
from nlp.identity.weights import DEFAULT

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
    ("a link to a known account", "github", Author(handle="zz", links=("https://x.com/jane_d",)), LINK, "C1"),
    ("a link, another name", "github", Author(display_name="Rosie Bailey", links=("https://x.com/jane_d",)), REVIEW, "C1"),
    ("a link from a second account", "x", Author(handle="zz", links=("https://x.com/jane_d",)), REVIEW, "C1"),
    (
        "a commenter's address is a known account",
        "rss",
        Author(display_name="J", profile_url="https://toot.example/@jane"),
        LINK,
        "C1",
    ),
    ("a link to the customer's own site", "x", Author(handle="zz", links=("https://www.raostudio.example/about",)), LINK, "C3"),
    ("the author's page is the customer's own site", "rss", Author(profile_url="https://raostudio.example"), LINK, "C3"),
    ("a site with the customer's name", "x", Author(links=("https://teodorailic.example",)), LINK, "C4"),
    ("a blog that the CRM knows", "rss", Author(display_name="Lee", profile_url="https://leewrites.example/me"), LINK, "C5"),
    ("a link, the account younger", "github", Author(links=("https://x.com/jane_d",), created_year=2024), LINK, "C1"),
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
    found = match(Author(handle="jane_d", created_year=2024), customers=[JANE])
    odds = 2 ** (found.prior_bits + sum(reason.weight_bits for reason in found.evidence))
    assert found.probability == pytest.approx(odds / (1 + odds), abs=0.01)
    assert [reason.what for reason in found.evidence] == [
        "the account that the CRM knows on x",
        "the display name does not contradict",
        "the account is younger (2024) than the customer relation (2020)",
    ]
    assert found.evidence[2].weight_bits < 0 < found.evidence[0].weight_bits


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
    assert is_personal("raostudio.example", FREELANCER)
    assert is_personal("teodorailic.example", NAMED_SITE)
    assert not is_personal("acme.example", JANE)


def test_a_site_of_two_people_without_a_company_is_nobodys_own():
    partner = Customer("C9", "Amir", "Rao", website="https://raostudio.example")
    assert match(Author(links=("https://raostudio.example",)), customers=[FREELANCER, partner]).outcome is REVIEW


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
    author = Author(handle="zz", links=("https://x.com/jane_d", "https://raostudio.example"))
    found = match(author, "github")
    assert found.outcome is REVIEW
    assert {found.contact_id, found.runner_up.contact_id} == {"C1", "C3"}


def test_much_stronger_evidence_for_one_links():
    author = Author(handle="jane_d", display_name="Jane Doe", email="jane.doe@acme.example", links=("https://raostudio.example",))
    found = match(author)
    assert (found.outcome, found.contact_id, found.runner_up.contact_id) == (LINK, "C1", "C3")


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
