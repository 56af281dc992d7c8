"""Salesforce as a source of customers: simple-salesforce, speaking to a fake on loopback through the real door."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from connectors.crm.salesforce import SPEC, Options, SalesforceCustomers
from connectors.crm.spec import CrmContext
from listener.core.errors import ConfigError, ListenerError, RetryLater, SourceError, SourceProtocolError, SourceRejected
from listener.core.people import Customer, CustomerPage, KnownHandle
from listener.net.door import open_door
from tests.support.crm_apis import CLIENT, PASSWORD, SECRET, SECURITY, SESSION, USER, FakeSalesforce, answer, contact, said
from tests.unit.net.net_server import Reply, serve

NOW = datetime(2026, 3, 1, tzinfo=UTC)
APP = {"client_id": CLIENT, "client_secret": SECRET}
PERSON = {"username": USER, "password": PASSWORD, "security_token": SECURITY}


@pytest.fixture
def salesforce() -> Iterator[FakeSalesforce]:
    with serve() as site:
        yield FakeSalesforce(site)


def source(fake: FakeSalesforce, columns: dict[str, str] | None = None, **more: object) -> SalesforceCustomers:
    given = {"instance": fake.site.url(""), "private": True, **(more or APP)}
    if not {"client_id", "username", "session_id"} & given.keys():
        given |= APP
    return SPEC.build(Options.model_validate(given), CrmContext(open_door, NOW, columns or {}))


def read(fake: FakeSalesforce, columns: dict[str, str] | None = None, **more: object) -> CustomerPage:
    pages = list(source(fake, columns, **more).pages({}))
    return CustomerPage(
        tuple(one for page in pages for one in page.customers), tuple(one for page in pages for one in page.rejected)
    )


def failing(fake: FakeSalesforce, kind: type[ListenerError], **more: object) -> str:
    with pytest.raises(kind) as caught:
        read(fake, **more)
    text = str(caught.value)
    for secret in (CLIENT, SECRET, PASSWORD, SECURITY, SESSION, "Ada"):
        assert secret not in text
    return text


# ---------------------------------------------------------------------------------------------- what is read


def test_a_contact_with_its_account(salesforce: FakeSalesforce) -> None:
    account = {"Name": "Firm", "Website": "https://firm.example", "Industry": "Software", "Name__x": 1}
    salesforce.contacts = [
        contact(
            1,
            account,
            FirstName="Ada",
            LastName="Example",
            Email="ada@firm.example",
            Title="CTO",
            MailingCity="York",
            MailingCountry="GB",
            HasOptedOutOfEmail=True,
            Owner={"attributes": {}, "Name": "Mara Voss"},
        ),
        contact(2, LastName="Alone"),
    ]

    page = read(salesforce)

    assert page.rejected == ()
    assert page.customers == (
        Customer(
            "003000000000001AAA",
            "Ada",
            "Example",
            email="ada@firm.example",
            company="Firm",
            website="https://firm.example",
            title="CTO",
            city="York",
            region="GB",
            segment="Software",
            owner="Mara Voss",
            do_not_contact=True,
        ),
        Customer("003000000000002AAA", last_name="Alone"),
    )
    (soql,) = salesforce.queries
    assert soql.endswith(" FROM Contact ORDER BY Id")


def test_any_field_can_be_any_field_and_a_condition_chooses(salesforce: FakeSalesforce) -> None:
    salesforce.fields |= {"Products__c", "X__c"}
    salesforce.accounts |= {"Tier__c"}
    salesforce.contacts = [contact(1, {"Tier__c": "Gold"}, Products__c="Core;API", X__c="@Ada")]
    columns = {"products": "Products__c", "handle_x": "X__c", "segment": "Account.Tier__c"}
    where = "Account.Type = 'Customer; ORDER BY it''s'".replace("''", "\\'")

    (customer,) = read(salesforce, columns, where=where, leave_out=["owner", "do_not_contact"]).customers

    assert (customer.products, customer.segment, customer.handles) == (("Core", "API"), "Gold", (KnownHandle("x", "ada"),))
    (soql,) = salesforce.queries
    assert f" WHERE {where} ORDER BY Id" in soql
    assert "Owner.Name" not in soql
    assert "HasOptedOutOfEmail" not in soql


def test_five_thousand_contacts_in_three_queries(salesforce: FakeSalesforce) -> None:
    salesforce.contacts = [contact(number, {"Name": f"Firm {number % 40}"}) for number in range(5000)]
    sizes = [len(page.customers) for page in source(salesforce).pages({})]
    assert sizes == [1000] * 5
    assert salesforce.requests == {"token": 1, "query": 3}


def test_it_goes_on_after_a_cursor(salesforce: FakeSalesforce) -> None:
    salesforce.contacts = [contact(number) for number in range(1500)]
    first, second = source(salesforce).pages({})
    assert first.cursor == {"rows": 1000}
    (again,) = source(salesforce).pages(first.cursor)
    assert again == second


# -------------------------------------------------------------------------------------------------- logging in


@pytest.mark.parametrize("login", [APP, PERSON, {"session_id": SESSION}], ids=["app", "person", "session"])
def test_the_ways_to_log_in(salesforce: FakeSalesforce, login: dict[str, str]) -> None:
    salesforce.contacts = [contact(1)]
    assert len(read(salesforce, **login).customers) == 1


def test_an_expired_session_is_opened_anew_by_who_can(salesforce: FakeSalesforce) -> None:
    salesforce.contacts = [contact(number) for number in range(2001)]
    expired = said("INVALID_SESSION_ID", "Session expired or invalid", 401)
    salesforce.failures["query"] = [expired]
    assert len(read(salesforce).customers) == 2001
    assert salesforce.requests["token"] == 2
    salesforce.failures["query"] = [expired] * 9
    assert "session has expired" in failing(salesforce, SourceRejected)
    salesforce.failures["query"] = [expired]
    assert "SESSION_ID" in failing(salesforce, SourceRejected, session_id=SESSION)


@pytest.mark.parametrize(
    ("login", "words"),
    [
        ({**APP, "client_secret": "wrong"}, "client_id or client_secret are wrong"),
        ({**PERSON, "password": "wrong"}, "user name, password or security token are wrong"),
        ({"session_id": "wrong"}, "the session has expired or is unknown"),
    ],
)
def test_wrong_secrets(salesforce: FakeSalesforce, login: dict[str, str], words: str) -> None:
    assert words in failing(salesforce, SourceRejected, **login)
    assert salesforce.queries == []


@pytest.mark.parametrize(
    "instance",
    ["https://salesforce.attacker.example", "http://10.0.0.1", "https://a.salesforce.com:8443", "https://", "x", "https://[", 5],
)
def test_a_token_goes_to_no_host_but_salesforces(salesforce: FakeSalesforce, instance: object) -> None:
    salesforce.failures["token"] = [answer({"access_token": SESSION, "instance_url": instance})]
    failing(salesforce, SourceError)
    assert [seen.path for seen in salesforce.site.seen] == ["/services/oauth2/token"]


def test_private_addresses_need_leave(salesforce: FakeSalesforce) -> None:
    failing(salesforce, SourceRejected, private=False)
    assert salesforce.site.seen == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{}", b"<html>", b'{"access_token": 5, "instance_url": null}', b"[" * 50_000]
)
def test_log_ins_that_are_answered_otherwise(salesforce: FakeSalesforce, body: bytes) -> None:
    salesforce.failures |= {"token": [Reply(body)], "soap": [Reply(body)]}
    failing(salesforce, SourceProtocolError)
    failing(salesforce, SourceProtocolError, **PERSON)
    for status, kind in ((400, SourceRejected), (401, SourceRejected), (500, RetryLater), (503, RetryLater)):
        salesforce.failures |= {"token": [Reply(body, status)], "soap": [Reply(body, status)]}
        failing(salesforce, kind)
        failing(salesforce, kind, **PERSON)


# ------------------------------------------------------------------------------------------ what is refused


def test_a_field_that_there_is_not_is_named(salesforce: FakeSalesforce) -> None:
    salesforce.fields.discard("HasOptedOutOfEmail")
    text = failing(salesforce, ConfigError)
    assert text.startswith("customers.columns: Contact has no field HasOptedOutOfEmail, or this user may not see it")
    assert "leave_out" in text
    for columns, words in (
        ({"segment": "Account.Tier__c"}, "Account has no field Tier__c"),
        ({"segment": "Foo.Bar"}, "there is no relationship Foo"),
    ):
        with pytest.raises(ConfigError, match=words):
            read(salesforce, columns, leave_out=["do_not_contact"])


def test_a_condition_that_it_does_not_understand(salesforce: FakeSalesforce) -> None:
    assert "customers.where: Salesforce does not understand" in failing(salesforce, ConfigError, where="nonsense")


def test_its_limits_say_when_to_come_back(salesforce: FakeSalesforce) -> None:
    salesforce.failures["query"] = [said("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403)]
    with pytest.raises(RetryLater, match="limit of requests for 24 hours") as caught:
        read(salesforce)
    assert caught.value.after == timedelta(hours=1)
    salesforce.failures["query"] = [Reply(b"", 503, {"Retry-After": "40"})]
    with pytest.raises(RetryLater) as caught:
        read(salesforce)
    assert caught.value.after == timedelta(seconds=40)


def test_a_failure_in_the_middle_gives_the_pages_before_it_and_raises(salesforce: FakeSalesforce) -> None:
    salesforce.contacts = [contact(number) for number in range(4000)]
    pages = source(salesforce).pages({})
    assert len(next(pages).customers) == 1000
    salesforce.failures["query"] = [said("INVALID_QUERY_LOCATOR", "invalid query locator", 400)]
    assert len(next(pages).customers) == 1000
    with pytest.raises(RetryLater, match="forgotten the query"):
        next(pages)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("API_DISABLED_FOR_ORG", 403, SourceRejected),
        ("INVALID_TYPE", 400, SourceRejected),
        ("INSUFFICIENT_ACCESS", 403, SourceRejected),
        ("QUERY_TIMEOUT", 400, RetryLater),
        ("SOMETHING_NEW", 400, SourceRejected),
        ("SOMETHING_NEW", 500, RetryLater),
    ],
)
def test_refusals(salesforce: FakeSalesforce, code: str, status: int, kind: type[ListenerError]) -> None:
    salesforce.failures["query"] = [said(code, "Ada Lovelace must not be repeated", status)]
    failing(salesforce, kind)


# ---------------------------------------------------------------------------------------- what is not as promised


def test_one_bad_record_costs_itself_only(salesforce: FakeSalesforce) -> None:
    salesforce.contacts = [
        contact(1, LastName="Nul\0"),
        contact(2, FirstName="\udfff\u202eBo", LastName=" Ex\nample ", Account="none"),
        {**contact(3), "Id": None},
        {**contact(4), "Account": [1], "Owner": 5, "Email": {"a": 1}},
        contact(2, LastName="Ex ample"),
        contact(6, Title="x" * 5001),
    ]
    salesforce.contacts += [None, 5, "x", []]  # type: ignore[list-item]  # that is the point

    page = read(salesforce)

    assert [one.contact_id for one in page.customers] == ["003000000000002AAA", "003000000000004AAA"]
    assert page.customers[0].last_name == "Ex ample"
    assert page.customers[0].first_name.encode()
    reasons = {one.item: one.reason for one in page.rejected}
    assert reasons["contact 003000000000001AAA"] == "what stands in last_name holds a NUL character"
    assert reasons["contact number 3"] == "it has no contact_id"
    assert reasons["contact 003000000000006AAA"] == "what stands in title is longer than 5000 characters"
    assert "earlier row" in reasons["contact 003000000000002AAA"]
    assert len(page.rejected) == 8


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"5",
        b'{"records": 5}',
        b'{"records": [], "done": false}',
        b'{"records": [], "done": false, "nextRecordsUrl": "https://attacker.example/"}',
        b'{"records": [], "done": false, "nextRecordsUrl": "@attacker.example/services/data/"}',
        b"[" * 50_000,
    ],
)
def test_answers_that_are_none(salesforce: FakeSalesforce, body: bytes) -> None:
    salesforce.failures["query"] = [Reply(body)]
    failing(salesforce, SourceProtocolError)
    assert len(salesforce.site.seen) == 2


def test_pages_in_circles(salesforce: FakeSalesforce) -> None:
    page = answer({"records": [], "done": False, "nextRecordsUrl": "/services/data/v62.0/query/01gplanted-1"})
    salesforce.failures["query"] = [page, page, page]
    failing(salesforce, SourceProtocolError)
    assert salesforce.requests["query"] == 2


# -------------------------------------------------------------------------------------------- the configuration


def test_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"instance": "https://quillon.my.salesforce.com"}
    assert "CLIENT_ID and LISTENER_CUSTOMERS__CLIENT_SECRET" in str(SPEC.missing(Options()))
    assert str(SPEC.missing(Options(client_id="x"))).endswith("set LISTENER_CUSTOMERS__CLIENT_SECRET too")
    assert str(SPEC.missing(Options(username="x"))).endswith("PASSWORD and LISTENER_CUSTOMERS__SECURITY_TOKEN too")
    assert str(SPEC.missing(Options(**APP))).startswith("no instance")
    assert str(SPEC.missing(Options(session_id=SESSION))).startswith("no instance")
    for login in (APP, PERSON, {"session_id": SESSION}):
        assert SPEC.missing(Options(**own, **login)) is None
    assert SPEC.missing(Options(**PERSON)) is None, "who logs in by password needs no domain"
    with pytest.raises(ConfigError, match="no way to log in"):
        list(SPEC.build(Options(), CrmContext(open_door, NOW)).pages({}))
    monkeypatch.setattr("connectors.crm.salesforce.find_spec", lambda name: None)
    assert "simple-salesforce is not installed" in str(SPEC.missing(Options(**own, **APP)))
    everything = str(SPEC.missing(Options()))
    for part in ("simple-salesforce is not installed", "'simple-salesforce>=1.12.9,<2'", "no way to log in", "no instance"):
        assert part in everything


@pytest.mark.parametrize("where", ["Name = 'x", "Id != null LIMIT 5", "x = 1; DELETE", "a = 1 ORDER BY b", "{!x}"])
def test_conditions_that_are_more_than_one(where: str) -> None:
    with pytest.raises(ValidationError):
        Options(where=where)


@pytest.mark.parametrize("name", ["Name, Secret__c FROM User", "(SELECT Id FROM Cases)", "1x", "A..B", "A.B.C.D.E.F"])
def test_names_that_are_no_fields(salesforce: FakeSalesforce, name: str) -> None:
    with pytest.raises(ConfigError, match=r"customers.columns.segment: not the API name of a field"):
        source(salesforce, {"segment": name})


def test_no_secret_is_in_its_options() -> None:
    shown = repr(Options(**APP, password=PASSWORD, security_token=SECURITY, session_id=SESSION))
    assert not any(secret in shown for secret in (CLIENT, SECRET, PASSWORD, SECURITY, SESSION))
