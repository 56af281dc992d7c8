"""HubSpot as a source of customers: its real client, speaking to a fake on loopback through the real door."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.crm import _hubspot_api as api
from connectors.crm import _salesforce_api
from connectors.crm.hubspot import SPEC, HubSpotCustomers, Options
from connectors.crm.spec import CrmContext
from listener.core.errors import ConfigError, ListenerError, RetryLater, SourceError, SourceProtocolError, SourceRejected
from listener.core.people import Customer, CustomerPage, KnownHandle
from listener.net.door import open_door
from tests.support.crm_apis import TOKEN, FakeHubSpot, answer, refused
from tests.unit.net.net_server import Reply, serve

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def hubspot() -> Iterator[FakeHubSpot]:
    with serve() as site:
        yield FakeHubSpot(site)


def source(fake: FakeHubSpot, columns: dict[str, str] | None = None, **more: object) -> HubSpotCustomers:
    given = {"token": TOKEN, "api": fake.site.url(""), "private": True, **more}
    return SPEC.build(Options.model_validate(given), CrmContext(open_door, NOW, columns or {}))


def read(fake: FakeHubSpot, columns: dict[str, str] | None = None, **more: object) -> CustomerPage:
    pages = list(source(fake, columns, **more).pages({}))
    return CustomerPage(
        tuple(one for page in pages for one in page.customers), tuple(one for page in pages for one in page.rejected)
    )


def failing(fake: FakeHubSpot, kind: type[ListenerError], **more: object) -> str:
    with pytest.raises(kind) as caught:
        read(fake, **more)
    text = str(caught.value)
    assert TOKEN not in text
    assert "Ada" not in text, "HubSpot's own words can repeat what a record holds"
    return text


# ---------------------------------------------------------------------------------------------- what is read


def test_a_contact_with_its_primary_company_and_its_owner(hubspot: FakeHubSpot) -> None:
    hubspot.contact(
        101,
        firstname="Ada",
        lastname="Example",
        email="ada@firm.example",
        jobtitle="CTO",
        city="York",
        country="United Kingdom",
        hs_language="en",
        hubspot_owner_id="77",
        hs_email_optout="true",
        hs_lifecyclestage_customer_date="2021-03-01T00:00:00Z",
        twitterhandle="@Ada_E",
        company="What she typed herself",
    )
    hubspot.company(9, 101, primary=False, name="Former Firm")
    hubspot.company(8, 101, name="Firm", domain="firm.example", website="https://www.firm.example/", industry="COMPUTER_SOFTWARE")
    hubspot.owners = [{"id": "77", "firstName": "Mara", "lastName": "Voss", "email": "mara@quillon.example"}]

    page = read(hubspot)

    assert page.rejected == ()
    assert page.customers == (
        Customer(
            "101",
            "Ada",
            "Example",
            email="ada@firm.example",
            company="Firm",
            website="https://www.firm.example/",
            domains=("firm.example",),
            title="CTO",
            city="York",
            region="United Kingdom",
            language="en",
            segment="COMPUTER_SOFTWARE",
            customer_since="2021-03-01",
            owner="Mara Voss",
            handles=(KnownHandle("x", "ada_e"),),
            do_not_contact=True,
        ),
    )


def test_without_a_company_the_contacts_own_words_count_and_an_owner_without_a_name_is_an_address(hubspot: FakeHubSpot) -> None:
    hubspot.contact(1, lastname="Example", company="Typed Ltd", hubspot_owner_id="5", website="typed.example")
    hubspot.contact(2, lastname="Other", hubspot_owner_id="gone")
    hubspot.company(4, 2, name=None, domain="other.example")
    hubspot.owners = [{"id": 5, "email": "team@quillon.example"}]

    one, two = read(hubspot).customers

    assert (one.company, one.website, one.owner) == ("Typed Ltd", "typed.example", "team@quillon.example")
    assert (two.company, two.website, two.owner) == ("", "other.example", None)


def test_any_property_can_be_any_field(hubspot: FakeHubSpot) -> None:
    hubspot.contact(1, lastname="Example", plan_c="Core;API", twitter_c="https://x.com/ada")
    hubspot.company(2, 1, name="Firm", tier_c="Gold")
    columns = {"products": "plan_c", "handle_x": "twitter_c", "segment": "company.tier_c"}

    (customer,) = read(hubspot, columns, leave_out=["owner", "customer_since"]).customers

    assert (customer.products, customer.segment) == (("Core", "API"), "Gold")
    assert customer.handles == (KnownHandle("x", "ada"),)
    assert hubspot.requests["owners"] == 0, "what is left out is not asked for"
    assert hubspot.requests["properties"] == 2
    asked = next(asked for kind, asked in hubspot.asked if kind == "contacts")
    assert "hubspot_owner_id" not in asked["properties"][0]


def test_a_property_that_there_is_not_is_named_since_hubspot_passes_over_it(hubspot: FakeHubSpot) -> None:
    hubspot.contact(1, lastname="Example")
    with pytest.raises(ConfigError) as caught:
        read(hubspot, {"products": "plan_x", "segment": "company.tier_x", "email": "email"})
    assert [problem.path for problem in caught.value.problems] == ["customers.columns.products", "customers.columns.segment"]
    assert hubspot.requests["contacts"] == 0


def test_only_the_wanted_stages(hubspot: FakeHubSpot) -> None:
    for number, stage in enumerate(("customer", "Evangelist", "lead", None), start=1):
        hubspot.contact(number, lastname="Example", lifecyclestage=stage)
    found = read(hubspot, lifecycle_stages=["customer", "evangelist"])
    assert [one.contact_id for one in found.customers] == ["1", "2"]
    assert found.rejected == (), "who is no customer is not rejected"


def test_five_thousand_contacts_in_few_requests(hubspot: FakeHubSpot) -> None:
    for number in range(1, 5001):
        hubspot.contact(number, lastname=f"Example{number}", hubspot_owner_id=str(number % 700))
    for number in range(1, 251):
        hubspot.company(100_000 + number, *range(number, 5001, 250), name=f"Firm {number}")
    hubspot.owners = [{"id": str(number), "firstName": f"Owner{number}"} for number in range(700)]

    sizes = [len(page.customers) for page in source(hubspot).pages({})]

    assert sizes == [1000] * 5
    assert hubspot.requests == {"contacts": 50, "associations": 5, "companies": 3, "owners": 2}
    assert len(hubspot.site.seen) == 60


def test_it_goes_on_after_a_cursor(hubspot: FakeHubSpot) -> None:
    for number in range(1, 1251):
        hubspot.contact(number, lastname="Example")
    first, rest = source(hubspot).pages({})
    assert first.cursor == {"after": "1000"}
    assert rest.cursor == {}
    (again,) = source(hubspot).pages(first.cursor)
    assert again.customers == rest.customers


def test_no_contacts_at_all(hubspot: FakeHubSpot) -> None:
    assert list(source(hubspot).pages({})) == []


# ---------------------------------------------------------------------------------------- what is not as promised


def test_one_bad_record_costs_itself_only(hubspot: FakeHubSpot) -> None:
    hubspot.contact(1, firstname="A\ud800da\u202e", lastname="Ex\nample\u200b", jobtitle="C" * 5001)
    hubspot.contact(2, firstname="B\ud800ob", lastname=" Ex\r\nample ", email=["bob@firm.example"], city={"name": "York"})
    hubspot.contact(3, lastname="Nul\0")
    hubspot.contact(4, firstname=7, lastname=True, email="=HYPERLINK(1)", twitterhandle="http://[")
    hubspot.contact(5, lastname="Fine")

    page = read(hubspot)

    assert {one.item: one.reason for one in page.rejected} == {
        "contact 1": "what stands in title is longer than 5000 characters",
        "contact 3": "what stands in last_name holds a NUL character",
    }
    two, four, five = page.customers
    assert (two.last_name, two.email) == ("Ex ample", "bob@firm.example")
    assert two.first_name.encode(), "no half of a pair is left, which no database would take"
    assert (four.first_name, four.last_name, four.email, four.handles) == ("7", "true", None, ())
    assert five.last_name == "Fine"


@pytest.mark.parametrize(
    "results",
    [
        [None, 5, "x", [], {"id": "1"}, {"id": None, "properties": {}}, {"id": "2", "properties": []}],
        [{"properties": {"lastname": "No id"}}, {"id": {"a": 1}, "properties": None}],
    ],
)
def test_records_of_any_shape(hubspot: FakeHubSpot, results: list[object]) -> None:
    hubspot.failures["contacts"] = [answer({"results": results})]
    page = read(hubspot)
    assert page.customers == ()
    assert len(page.rejected) == len(results)


@pytest.mark.parametrize("kind", ["contacts", "associations", "companies", "owners"])
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b'{"results": 5}', b'{"results":', b"[" * 50_000, b'{"results": {}}']
)
def test_answers_that_are_none(hubspot: FakeHubSpot, kind: str, body: bytes) -> None:
    hubspot.contact(1, lastname="Example")
    hubspot.company(2, 1, name="Firm")
    hubspot.failures[kind] = [Reply(body)]
    failing(hubspot, SourceProtocolError)


def test_odd_associations_and_companies_cost_no_contact(hubspot: FakeHubSpot) -> None:
    hubspot.contact(1, lastname="Example", company="Typed")
    odd = [
        None,
        {"from": None},
        {"from": {"id": "1"}, "to": [None, {"toObjectId": None}, {"toObjectId": "8", "associationTypes": 5}]},
    ]
    hubspot.failures["associations"] = [answer({"results": odd})]
    hubspot.failures["companies"] = [answer({"results": [None, {"id": "8", "properties": 3}]})]
    assert [one.company for one in read(hubspot).customers] == ["Typed"]


def test_a_cursor_that_goes_in_circles(hubspot: FakeHubSpot) -> None:
    page = {"results": [], "paging": {"next": {"after": "7"}}}
    hubspot.failures["contacts"] = [answer(page), answer(page)]
    assert "again and again" in failing(hubspot, SourceProtocolError)


def test_a_cursor_that_goes_in_a_wide_circle(hubspot: FakeHubSpot) -> None:
    pages = [{"results": [], "paging": {"next": {"after": after}}} for after in ("7", "8", "9", "7")]
    hubspot.failures["contacts"] = [answer(page) for page in (*pages, *pages)]
    assert "again and again" in failing(hubspot, SourceProtocolError)


# -------------------------------------------------------------------------------------------- what is refused


def test_its_limits_say_when_to_come_back(hubspot: FakeHubSpot) -> None:
    hubspot.contact(1, lastname="Example")
    for reply, pause in (
        (refused("RATE_LIMITS", 429, policy="TEN_SECONDLY_ROLLING", **{"Retry-After": "7"}), timedelta(seconds=7)),
        (refused("RATE_LIMITS", 429, policy="TEN_SECONDLY_ROLLING"), timedelta(seconds=10)),
        (refused("RATE_LIMITS", 429, policy="DAILY"), timedelta(hours=1)),
        (Reply(b"", 503, {"Retry-After": "30"}), timedelta(seconds=30)),
    ):
        hubspot.failures[""] = [reply]
        with pytest.raises(RetryLater) as caught:
            read(hubspot)
        assert caught.value.after == pause


def test_a_failure_in_the_middle_gives_the_pages_before_it_and_raises(hubspot: FakeHubSpot) -> None:
    for number in range(1, 2001):
        hubspot.contact(number, lastname="Example")
    pages = source(hubspot).pages({})
    assert len(next(pages).customers) == 1000
    hubspot.failures["contacts"] = [refused("RATE_LIMITS", 429)]
    with pytest.raises(RetryLater):
        next(pages)


def test_a_missing_scope_is_named(hubspot: FakeHubSpot) -> None:
    hubspot.contact(1, lastname="Example")
    hubspot.failures["owners"] = [refused("MISSING_SCOPES", 403, scopes=("crm.objects.owners.read",))]
    assert "lacks the scope crm.objects.owners.read" in failing(hubspot, SourceRejected)
    hubspot.failures["contacts"] = [refused("MISSING_SCOPES", 403)]
    assert "lacks a scope" in failing(hubspot, SourceRejected)


@pytest.mark.parametrize("errors", [5, [None], [{"context": 3}], [{"context": {"requiredGranularScopes": [4, None]}}], {}])
def test_refusals_of_any_shape(hubspot: FakeHubSpot, errors: object) -> None:
    hubspot.failures["contacts"] = [answer({"errors": errors}, 403)]
    failing(hubspot, SourceRejected)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[]", b"[" * 50_000])
def test_refusals_that_are_no_json(hubspot: FakeHubSpot, body: bytes) -> None:
    for status, kind in (
        (400, SourceRejected),
        (401, SourceRejected),
        (403, SourceRejected),
        (429, RetryLater),
        (500, RetryLater),
    ):
        hubspot.failures["contacts"] = [Reply(body, status)]
        failing(hubspot, kind)


def test_a_wrong_token(hubspot: FakeHubSpot) -> None:
    with pytest.raises(SourceRejected, match="does not accept the token") as caught:
        read(hubspot, token="wrong-secret")
    assert "wrong-secret" not in str(caught.value)
    with pytest.raises(SourceError) as caught:
        read(hubspot, token="two\r\nlines")
    assert "two" not in str(caught.value)


def test_private_addresses_need_leave(hubspot: FakeHubSpot) -> None:
    failing(hubspot, SourceRejected, private=False)
    assert hubspot.site.seen == []


def test_the_token_goes_nowhere_else(hubspot: FakeHubSpot) -> None:
    with serve() as other:
        other["/crm/v3/objects/contacts"] = json.dumps({"results": []})
        hubspot.failures["contacts"] = [Reply(b"", 302, {"Location": other.url("/crm/v3/objects/contacts", "localhost")})]
        list(source(hubspot).pages({}))
        assert all("authorization" not in seen.headers for seen in other.seen)
        assert other.seen


# -------------------------------------------------------------------------------------------- the configuration


def test_what_is_missing_and_what_cannot_be(hubspot: FakeHubSpot, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SPEC.missing(Options()) == "no token: set LISTENER_CUSTOMERS__TOKEN to the access token of a private app"
    assert SPEC.missing(Options(token="  ")) is not None
    assert SPEC.missing(Options(token=TOKEN)) is None
    with pytest.raises(ConfigError, match="no token"):
        list(SPEC.build(Options(), CrmContext(open_door, NOW)).pages({}))
    for columns, leave_out in (({"nmae": "x"}, []), ({}, ["nmae"]), ({}, ["contact_id"]), ({"email": "email"}, ["email"])):
        with pytest.raises(ConfigError):
            source(hubspot, columns, leave_out=leave_out)
    monkeypatch.setattr("connectors.crm.hubspot.find_spec", lambda name: None)
    assert "hubspot-api-client is not installed" in str(SPEC.missing(Options(token=TOKEN)))
    everything = str(SPEC.missing(Options()))
    for part in ("hubspot-api-client is not installed", "pip install", f"'{api.REQUIREMENT}'", "; and no token: set LISTENER"):
        assert part in everything


def test_the_extras_are_those_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[4] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert (extras["hubspot"], extras["salesforce"]) == ([api.REQUIREMENT], [_salesforce_api.REQUIREMENT])


def test_no_secret_is_in_its_options() -> None:
    assert TOKEN not in repr(Options(token=TOKEN))


def test_it_says_how_it_reads_its_properties(hubspot: FakeHubSpot) -> None:
    uses = {use.field: use.header for use in source(hubspot, {"products": "plan_c"}).columns()}
    assert (uses["products"], uses["company"], uses["contact_id"]) == ("plan_c", "company.name", "hs_object_id")
