"""Customers from HubSpot: all contacts that are not archived, each with its primary company and its owner's name.

Every thousand contacts cost ten requests for them, one for their associations, and one for each hundred companies not met
before; nothing is asked contact by contact. Any property can be read as any of our fields: ``company.NAME`` is a property of the
company.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from importlib.util import find_spec
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from connectors._addresses import WebAddress
from connectors._json import Record, record, text
from connectors.crm import _hubspot_api as api
from connectors.crm._extras import not_installed
from connectors.crm.records import RecordReader, chosen, reader_of
from connectors.crm.spec import CrmContext, CrmSpec
from listener.core.crm import ColumnUse
from listener.core.errors import ConfigError, Problem
from listener.core.mention import Cursor, Rejected
from listener.core.people import Customer, CustomerPage
from listener.core.plain import one_line

COMPANY = "company."
PROPERTIES: Mapping[str, str] = {
    "contact_id": "hs_object_id",
    "first_name": "firstname",
    "last_name": "lastname",
    "email": "email",
    "title": "jobtitle",
    "city": "city",
    "region": "country",
    "language": "hs_language",
    "owner": "hubspot_owner_id",
    "do_not_contact": "hs_email_optout",
    "company": "company.name",
    "website": "company.website",
    "domains": "company.domain",
    "segment": "company.industry",
    "customer_since": "hs_lifecyclestage_customer_date",
    "handle_x": "twitterhandle",
    "handle_linkedin": "hs_linkedin_url",
}
"""Our field -> HubSpot's property, where the configuration says nothing else. HubSpot passes over those that it does not have."""
_OWNER = "hubspot_owner_id"
_STAGE = "lifecyclestage"
_INSTEAD = {"company.name": "company", "company.website": "website"}
"""What a contact's own property says where there is no company, or it has no such thing."""
_COMPANIES_KEPT = 10_000


class Options(BaseModel):
    """How to read HubSpot."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    token: SecretStr | None = Field(None, description="the access token of a private app")
    lifecycle_stages: tuple[str, ...] = Field(
        (), description='which contacts are customers, such as ["customer", "evangelist"]; by default all contacts'
    )
    leave_out: tuple[str, ...] = Field((), description="our fields that are not to be read")
    api: WebAddress = Field("https://api.hubapi.com", description="where the API is")
    private: bool = Field(False, description="allow addresses in private networks")


class HubSpotCustomers:
    """A ``CustomerSource``.

    Raises:
        ConfigError: ``columns`` or ``leave_out`` name a field that there is not.
    """

    def __init__(self, options: Options, context: CrmContext) -> None:
        self._options = options
        self._context = context
        self._mapping = chosen(PROPERTIES, context.columns, options.leave_out)
        reader_of(self._mapping, api.WHERE).close()
        names = list(dict.fromkeys(self._mapping.values()))
        wanted = [name for name in names if not name.startswith(COMPANY)]
        wanted += [_INSTEAD[name] for name in names if name in _INSTEAD]
        wanted += [_STAGE] if options.lifecycle_stages else []
        self._contact_properties = list(dict.fromkeys(wanted))
        self._company_properties = [name.removeprefix(COMPANY) for name in names if name.startswith(COMPANY)]
        if "website" in self._company_properties and "domain" not in self._company_properties:
            self._company_properties.append("domain")

    def columns(self) -> Sequence[ColumnUse]:
        """What each property is read as."""
        return [ColumnUse(name, field) for field, name in self._mapping.items()]

    def pages(self, cursor: Cursor) -> Iterator[CustomerPage]:
        """The contacts after ``cursor`` (``{"after": HubSpot's own cursor}``), in the order of their ids.

        Raises:
            ConfigError: no token, no client, or a property in ``columns`` that HubSpot does not have.
            RetryLater, SourceRejected, SourceProtocolError: as HubSpot or the way there says.
        """
        if (why := missing(self._options)) is not None:
            raise ConfigError([Problem("customers", why, "")])
        token = self._options.token.get_secret_value() if self._options.token else ""
        after = cursor.get("after")
        context, options = self._context, self._options
        with context.open_door() as door, closing(reader_of(self._mapping, api.WHERE)) as reader:
            hubspot = api.HubSpotApi(door, token, options.api, private=options.private, now=context.now)
            self._check_properties(hubspot)
            owners = hubspot.owners() if _OWNER in self._mapping.values() else {}
            companies = _Companies(hubspot, self._company_properties)
            waiting: list[Any] = []
            for contacts, following in hubspot.contacts(self._contact_properties, after if isinstance(after, str) else None):
                waiting += contacts
                if waiting and (following is None or len(waiting) + api.CONTACTS_A_PAGE > api.ASSOCIATIONS_A_REQUEST):
                    yield self._page(waiting, reader, owners, companies, following)
                    waiting = []

    def _check_properties(self, hubspot: api.HubSpotApi) -> None:
        """HubSpot passes over a property that it does not have: those that a person named are looked for."""
        asked: dict[str, dict[str, str]] = {"contacts": {}, "companies": {}}
        for field, name in self._context.columns.items():
            of_company = name.startswith(COMPANY)
            asked["companies" if of_company else "contacts"][field] = name.removeprefix(COMPANY)
        unknown: dict[str, str] = {}
        for kind, named in asked.items():
            known = hubspot.properties(kind) if named else set()
            unknown |= {field: name for field, name in named.items() if name not in known}
        if unknown:
            raise api.unknown_properties(unknown)

    def _page(
        self, contacts: Sequence[Any], reader: RecordReader, owners: Mapping[str, str], companies: _Companies, after: str | None
    ) -> CustomerPage:
        page: list[Customer] = []
        rejected: list[Rejected] = []
        stages = {stage.casefold() for stage in self._options.lifecycle_stages}
        known = companies.of([contact_id for one in contacts if (contact_id := _id(one))])
        for number, one in enumerate(contacts, start=1):
            contact, contact_id = record(one).get("properties"), _id(one)
            if not contact_id or not isinstance(contact, Mapping):
                rejected.append(Rejected(f"contact {number} of a page", "it is not as HubSpot promises: no id or no properties"))
                continue
            if stages and (text(contact, _STAGE) or "").casefold() not in stages:
                continue
            company = known.get(contact_id, {})
            values = [self._value(name, contact_id, contact, company, owners) for name in self._mapping.values()]
            read = reader.read(f"contact {one_line(contact_id, 40)}", values)
            if isinstance(read, Rejected):
                rejected.append(read)
            else:
                page.append(read)
        return CustomerPage(tuple(page), tuple(rejected), {"after": after} if after else {})

    @staticmethod
    def _value(name: str, contact_id: str, contact: Record, company: Record, owners: Mapping[str, str]) -> Any:
        if name == "hs_object_id":
            return contact_id
        if name == _OWNER:
            return owners.get(str(contact.get(name)), "")
        if not name.startswith(COMPANY):
            return contact.get(name)
        value = company.get(name.removeprefix(COMPANY))
        if name == "company.website":
            value = value or company.get("domain")
        return value or contact.get(_INSTEAD[name]) if name in _INSTEAD else value


def _id(contact: Any) -> str:
    """HubSpot's id of a record, empty where it has none."""
    found = record(contact).get("id")
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


class _Companies:
    """The companies of contacts, read in batches; the last few thousand are kept, since colleagues follow one another."""

    def __init__(self, hubspot: api.HubSpotApi, properties: Sequence[str]) -> None:
        self._hubspot = hubspot
        self._properties = properties
        self._known: OrderedDict[str, Record] = OrderedDict()

    def of(self, contact_ids: Sequence[str]) -> Mapping[str, Record]:
        """The company's properties for each contact that has one; nothing is asked where none are to be read."""
        if not self._properties or not contact_ids:
            return {}
        linked = self._hubspot.companies_of(contact_ids)
        wanted = dict.fromkeys(linked.values())
        found: dict[str, Record] = {}
        for one in wanted:
            if one in self._known:
                self._known.move_to_end(one)
                found[one] = self._known[one]
        new = self._hubspot.companies([one for one in wanted if one not in found], self._properties)
        found |= new
        self._known.update(new)
        while len(self._known) > _COMPANIES_KEPT:
            self._known.popitem(last=False)
        return {contact: found[company] for contact, company in linked.items() if company in found}


def missing(options: Options) -> str | None:
    """What is not there for HubSpot to be asked, all of it."""
    lacking = [] if find_spec("hubspot") is not None else [not_installed(api.PACKAGE, api.REQUIREMENT)]
    if options.token is None or not options.token.get_secret_value().strip():
        lacking.append(f"no token: set {api.VARIABLE} to the access token of a private app")
    return "; and ".join(lacking) or None


def _title(options: Options) -> str:  # noqa: ARG001 - the shape of the field
    return "all contacts"


SPEC = CrmSpec("hubspot", Options, HubSpotCustomers, missing, _title)
