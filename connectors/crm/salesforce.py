"""Customers from Salesforce: its contacts with their accounts, by one SOQL query, 2,000 records an answer.

Any field can be read as any of ours; a name with a dot is a field of a related record (``Account.Industry``, ``Owner.Name``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from importlib.util import find_spec
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from connectors._addresses import WebAddress
from connectors._json import record
from connectors.crm import _salesforce_api as api
from connectors.crm._extras import not_installed
from connectors.crm.csv_file import PAGE
from connectors.crm.records import RecordReader, chosen, reader_of
from connectors.crm.spec import CrmContext, CrmSpec
from listener.core.crm import ColumnUse
from listener.core.errors import ConfigError, Problem
from listener.core.mention import Cursor, Rejected
from listener.core.people import Customer, CustomerPage
from listener.core.plain import one_line

FIELDS: Mapping[str, str] = {
    "contact_id": "Id",
    "first_name": "FirstName",
    "last_name": "LastName",
    "email": "Email",
    "title": "Title",
    "city": "MailingCity",
    "region": "MailingCountry",
    "owner": "Owner.Name",
    "do_not_contact": "HasOptedOutOfEmail",
    "company": "Account.Name",
    "website": "Account.Website",
    "segment": "Account.Industry",
}
"""Our field -> Salesforce's, where the configuration says nothing else: the standard fields that every organization has."""
_FIELD = re.compile(r"[A-Za-z]\w{0,79}(\.[A-Za-z]\w{0,79}){0,4}")
_VARIABLE = "LISTENER_CUSTOMERS__"


def _condition(value: str) -> str:
    bare = re.sub(r"'(?:\\.|[^'\\])*'", "''", value)  # what stands in quotation marks is a value
    if bare.count("'") % 2 or re.search(
        r"[;{}]|\b(?:order\s+by|limit|offset|group\s+by|for\s+(?:update|view|reference))\b", bare, re.IGNORECASE
    ):
        raise ValueError("a condition in SOQL, such as \"Account.Type = 'Customer'\", and nothing behind it")
    return value.strip()


class Options(BaseModel):
    """How to log in at Salesforce, and what to read."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    instance: WebAddress = Field(
        api.LOGIN, description="the address of My Domain, https://NAME.my.salesforce.com; a sandbox has one of its own"
    )
    client_id: SecretStr | None = Field(None, description="the consumer key of an app with the client credentials flow")
    client_secret: SecretStr | None = Field(None, description="the app's consumer secret")
    username: str | None = Field(None, description="or a user's name, where logging in by password is allowed")
    password: SecretStr | None = Field(None, description="the user's password")
    security_token: SecretStr | None = Field(None, description="the user's security token")
    session_id: SecretStr | None = Field(None, description="or a session that was opened elsewhere, for one import by hand")
    where: Annotated[str, AfterValidator(_condition)] | None = Field(None, description="which contacts, as a condition in SOQL")
    leave_out: tuple[str, ...] = Field((), description="our fields that are not to be read")
    version: Annotated[str, Field(pattern=r"^[1-9][0-9]\.[0-9]$")] = Field("62.0", description="the version of the API")
    private: bool = Field(False, description="allow addresses in private networks")


class SalesforceCustomers:
    """A ``CustomerSource``.

    Raises:
        ConfigError: ``columns`` or ``leave_out`` name a field that there is not, or something that is no field's name.
    """

    def __init__(self, options: Options, context: CrmContext) -> None:
        self._options = options
        self._context = context
        self._mapping = chosen(FIELDS, context.columns, options.leave_out)
        problems = [
            Problem(f"customers.columns.{field}", "not the API name of a field", "such as Region__c or Account.Industry")
            for field, name in self._mapping.items()
            if not _FIELD.fullmatch(name)
        ]
        if problems:
            raise ConfigError(problems)
        reader_of(self._mapping, api.WHERE).close()

    @property
    def soql(self) -> str:
        """The query, in the order of the contacts' ids: so a page more or less changes no other."""
        names = ", ".join(dict.fromkeys(self._mapping.values()))
        condition = f" WHERE {self._options.where}" if self._options.where else ""
        return f"SELECT {names} FROM Contact{condition} ORDER BY Id"  # noqa: S608 - checked names; Salesforce's queries only read

    def columns(self) -> Sequence[ColumnUse]:
        """What each field is read as."""
        return [ColumnUse(name, field) for field, name in self._mapping.items()]

    def pages(self, cursor: Cursor) -> Iterator[CustomerPage]:
        """The contacts after ``cursor`` (``{"rows": n}``), in the order of their ids.

        Raises:
            ConfigError: no way to log in, no client, or a field that Salesforce does not have.
            RetryLater, SourceRejected, SourceProtocolError: as Salesforce or the way there says.
        """
        if (why := missing(self._options)) is not None:
            raise ConfigError([Problem("customers", why, "")])
        after = cursor.get("rows", 0)
        done = after if isinstance(after, int) else 0
        options, context, number = self._options, self._context, 0
        with context.open_door() as door, closing(reader_of(self._mapping, api.WHERE)) as reader:
            salesforce = api.SalesforceApi(
                door, options.instance, _login(options), options.version, private=options.private, now=context.now
            )
            for found in salesforce.query(self.soql):
                for first in range(0, len(found), PAGE):
                    part = found[first : first + PAGE]
                    page = self._page(part, number, done, reader)
                    number += len(part)
                    if page.customers or page.rejected:
                        yield CustomerPage(page.customers, page.rejected, {"rows": number})

    def _page(self, contacts: Sequence[Any], before: int, done: int, reader: RecordReader) -> CustomerPage:
        page: list[Customer] = []
        rejected: list[Rejected] = []
        for number, contact in enumerate(contacts, start=before + 1):
            contact_id = record(contact).get("Id")
            item = f"contact {one_line(contact_id, 40)}" if isinstance(contact_id, str) else f"contact number {number}"
            read = reader.read(item, [_value(contact, name) for name in self._mapping.values()])
            if number <= done:
                continue
            if isinstance(read, Rejected):
                rejected.append(read)
            else:
                page.append(read)
        return CustomerPage(tuple(page), tuple(rejected))


def _value(contact: Any, name: str) -> Any:
    """What a record holds under a name; a related record that there is not holds nothing."""
    for part in name.split("."):
        contact = record(contact).get(part)
    return contact


def _login(options: Options) -> dict[str, str]:
    """simple-salesforce's arguments for the first way to log in that is set."""
    ways = (("client_id", "client_secret"), ("username", "password", "security_token"), ("session_id",))
    names = {"client_id": "consumer_key", "client_secret": "consumer_secret"}
    given = _given(options)
    way = next(way for way in ways if set(way) <= given.keys())
    return {names.get(name, name): given[name] for name in way}


def _given(options: Options) -> dict[str, str]:
    found = {}
    for name in ("client_id", "client_secret", "username", "password", "security_token", "session_id"):
        value = getattr(options, name)
        secret = value.get_secret_value() if isinstance(value, SecretStr) else value
        if secret and secret.strip():
            found[name] = secret.strip()
    return found


def missing(options: Options) -> str | None:
    """What is not there for Salesforce to be asked, all of it."""
    lacking = [] if find_spec("simple_salesforce") is not None else [not_installed(api.PACKAGE, api.REQUIREMENT)]
    return "; and ".join([*lacking, *_without_login(options)]) or None


def _without_login(options: Options) -> list[str]:
    given = _given(options)
    ways = {
        "client_id": ("client_id", "client_secret"),
        "username": ("username", "password", "security_token"),
    }
    for way in ways.values():
        lacking = [name for name in way if name not in given]
        if not lacking:
            return _without_domain(options, way)
        if len(lacking) < len(way):
            variables = " and ".join(f"{_VARIABLE}{name.upper()}" for name in lacking)
            return [*_without_domain(options, way), f"half of a way to log in: set {variables} too"]
    if "session_id" in given:
        return _without_domain(options, ("session_id",))
    no_login = f"no way to log in: set {_VARIABLE}CLIENT_ID and {_VARIABLE}CLIENT_SECRET of an app (docs/customers.md)"
    return [no_login, *_without_domain(options, ("client_id",))]


def _without_domain(options: Options, way: Sequence[str]) -> list[str]:
    if "password" not in way and options.instance.rstrip("/") == api.LOGIN:
        return ["no instance: set it to the address of My Domain, https://NAME.my.salesforce.com"]
    return []


def _title(options: Options) -> str:
    return "contacts" if not options.where else "contacts, by a condition"


SPEC = CrmSpec("salesforce", Options, SalesforceCustomers, missing, _title)
