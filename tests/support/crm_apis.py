"""Fakes of HubSpot's and Salesforce's APIs on loopback, in their documented shape: paging, batches, limits, log-ins, refusals."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from tests.unit.net.net_server import Reply, Seen, Site

TOKEN = "planted-private-app-token"
CLIENT, SECRET = "planted-client-id", "planted-client-secret"
SESSION = "00Dplanted!session"
USER, PASSWORD, SECURITY = "ops@quillon.example", "planted <pass> & word", "plantedsecuritytoken"


def answer(body: object, status: int = 200, **headers: str) -> Reply:
    return Reply(json.dumps(body).encode(), status, {"content-type": "application/json;charset=utf-8", **headers})


class FakeHubSpot:
    """``failures`` are answered first, one a request, to the kind of request they are kept under (``""``: to any); ``None`` is no
    failure, for one that comes later."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.contacts: dict[int, dict[str, Any]] = {}
        self.companies: dict[int, dict[str, Any]] = {}
        self.linked: dict[int, list[tuple[int, bool]]] = {}
        """Contact -> companies, each with whether it is the primary one."""
        self.owners: list[dict[str, Any]] = []
        self.custom = {"contacts": {"plan_c", "twitter_c"}, "companies": {"tier_c"}}
        self.requests: Counter[str] = Counter()
        self.asked: list[tuple[str, Any]] = []
        self.failures: dict[str, list[Reply | None]] = {}
        site["/crm/v3/objects/contacts"] = self._answers("contacts", self._contacts)
        site["/crm/v4/associations/contacts/companies/batch/read"] = self._answers("associations", self._associations)
        site["/crm/v3/objects/companies/batch/read"] = self._answers("companies", self._companies)
        site["/crm/v3/owners/"] = self._answers("owners", self._owners)
        for kind in self.custom:
            site[f"/crm/v3/properties/{kind}"] = self._answers("properties", lambda asked, kind=kind: self._properties(kind))

    def contact(self, number: int, **properties: Any) -> None:
        self.contacts[number] = {"hs_object_id": str(number), **properties}

    def company(self, number: int, *contacts: int, primary: bool = True, **properties: Any) -> None:
        self.companies[number] = properties
        for contact in contacts:
            self.linked.setdefault(contact, []).append((number, primary))

    def _answers(self, kind: str, make: Callable[[Any], Reply]) -> Callable[[Seen], Reply]:
        def reply(seen: Seen) -> Reply:
            self.requests[kind] += 1
            posted = seen.method == "POST"
            asked = json.loads(seen.body) if posted else parse_qs(urlsplit(seen.path).query)
            self.asked.append((kind, asked))
            for waiting in (self.failures.get(kind), self.failures.get("")):
                if waiting and (failure := waiting.pop(0)) is not None:
                    return failure
            if seen.headers.get("authorization") != f"Bearer {TOKEN}":
                return refused("INVALID_AUTHENTICATION", 401)
            return make(asked)

        return reply

    def _contacts(self, asked: Mapping[str, list[str]]) -> Reply:
        limit = int(asked.get("limit", ["10"])[0])
        if limit > 100 or asked.get("archived") != ["false"]:
            return refused("VALIDATION_ERROR", 400)
        wanted = ",".join(asked.get("properties", [])).split(",")
        after = int(asked.get("after", ["0"])[0])
        ids = [number for number in sorted(self.contacts) if number > after][:limit]
        results = [
            {
                "id": str(number),
                "properties": {name: self.contacts[number].get(name) for name in wanted if name in self.contacts[number]},
                "createdAt": "2024-03-30T15:28:14.862Z",
                "updatedAt": "2024-03-30T15:28:14.862Z",
                "archived": False,
            }
            for number in ids
        ]
        body: dict[str, Any] = {"results": results}
        if ids and any(number > ids[-1] for number in self.contacts):
            body["paging"] = {"next": {"after": str(ids[-1]), "link": f"https://api.hubapi.com/?after={ids[-1]}"}}
        return answer(body)

    def _associations(self, asked: Mapping[str, Any]) -> Reply:
        inputs = [int(one["id"]) for one in asked["inputs"]]
        if len(inputs) > 1000:
            return refused("VALIDATION_ERROR", 400)
        results = [
            {
                "from": {"id": str(contact)},
                "to": [{"toObjectId": company, "associationTypes": _types(primary)} for company, primary in self.linked[contact]],
            }
            for contact in inputs
            if contact in self.linked
        ]
        lone = [contact for contact in inputs if contact not in self.linked]
        body: dict[str, Any] = {"status": "COMPLETE", "results": results}
        if lone:
            errors = [{"status": "error", "category": "OBJECT_NOT_FOUND", "message": f"No company for {lone[0]}"}]
            body |= {"numErrors": len(lone), "errors": errors}
        return answer(body, 207 if lone else 200)

    def _companies(self, asked: Mapping[str, Any]) -> Reply:
        inputs = [int(one["id"]) for one in asked["inputs"]]
        if len(inputs) > 100 or len(set(inputs)) < len(inputs):
            return refused("VALIDATION_ERROR", 400)
        found = [number for number in inputs if number in self.companies]
        results = [
            {"id": str(number), "properties": {name: self.companies[number].get(name) for name in asked["properties"]}}
            for number in found
        ]
        return answer({"status": "COMPLETE", "results": results}, 200 if len(found) == len(inputs) else 207)

    def _owners(self, asked: Mapping[str, list[str]]) -> Reply:
        limit, after = int(asked.get("limit", ["100"])[0]), int(asked.get("after", ["0"])[0])
        if limit > 500:
            return refused("VALIDATION_ERROR", 400)
        body: dict[str, Any] = {"results": self.owners[after : after + limit]}
        if after + limit < len(self.owners):
            body["paging"] = {"next": {"after": str(after + limit)}}
        return answer(body)

    def _properties(self, kind: str) -> Reply:
        names = {"firstname", "lastname", "email", "company", "jobtitle", "name", "domain", "industry", *self.custom[kind]}
        return answer({"results": [{"name": name, "label": name.title(), "type": "string"} for name in sorted(names)]})


def _types(primary: bool) -> list[dict[str, Any]]:
    plain = {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None}
    return [{"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"}, plain] if primary else [plain]


def refused(category: str, status: int, scopes: tuple[str, ...] = (), policy: str | None = None, **headers: str) -> Reply:
    """As HubSpot refuses."""
    body: dict[str, Any] = {"status": "error", "message": "Ada Lovelace must not be repeated", "category": category}
    if scopes:
        body["errors"] = [
            {"message": "One or more of the following scopes are required.", "context": {"requiredGranularScopes": list(scopes)}}
        ]
    if policy:
        body |= {"errorType": "RATE_LIMIT", "policyName": policy}
    return answer(body, status, **headers)


# ------------------------------------------------------------------------------------------------------- Salesforce


class FakeSalesforce:
    """Answers SOQL of the form ``SELECT … FROM Contact``; ``fields`` are those that the user may see."""

    version = "62.0"

    def __init__(self, site: Site) -> None:
        self.site = site
        self.contacts: list[dict[str, Any]] = []
        self.fields = {"Id", "FirstName", "LastName", "Email", "Title", "MailingCity", "MailingCountry", "HasOptedOutOfEmail"}
        self.accounts = {"Name", "Website", "Industry"}
        self.page = 2000
        self.instance = site.url("").rstrip("/")
        self.requests: Counter[str] = Counter()
        self.queries: list[str] = []
        self.failures: dict[str, list[Reply | None]] = {}
        self.sessions = {SESSION}
        data = f"/services/data/v{self.version}/query/"
        site["/services/oauth2/token"] = self._answers("token", self._token)
        site[f"/services/Soap/u/{self.version}"] = self._answers("soap", self._soap)
        site[data] = self._answers("query", self._query)
        for number in range(1, 20):
            site[f"{data}01gplanted-{number}"] = self._answers("query", lambda _, number=number: self._records(number))

    def _answers(self, kind: str, make: Callable[[Seen], Reply]) -> Callable[[Seen], Reply]:
        def reply(seen: Seen) -> Reply:
            self.requests[kind] += 1
            waiting = self.failures.get(kind)
            if waiting and (failure := waiting.pop(0)) is not None:
                return failure
            if kind == "query" and seen.headers.get("authorization", "").removeprefix("Bearer ") not in self.sessions:
                return said("INVALID_SESSION_ID", "Session expired or invalid", 401)
            return make(seen)

        return reply

    def _token(self, seen: Seen) -> Reply:
        expected = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if parse_qs(seen.body.decode()).get("grant_type") != ["client_credentials"]:
            return answer({"error": "unsupported_grant_type", "error_description": "grant type not supported"}, 400)
        if seen.headers.get("authorization") != expected:
            return answer({"error": "invalid_client", "error_description": "invalid client credentials"}, 401)
        return answer({"access_token": SESSION, "instance_url": self.instance, "token_type": "Bearer"})

    def _soap(self, seen: Seen) -> Reply:
        body = seen.body.decode()
        given = (f"<n1:username>{escape(USER)}<", f"<n1:password>{escape(PASSWORD)}{SECURITY}<")
        if not all(part in body for part in given):
            fault = (
                "<sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode><sf:exceptionMessage>Invalid username</sf:exceptionMessage>"
            )
            return Reply(_envelope(f'<fault xmlns:sf="urn:fault.partner.soap.sforce.com">{fault}</fault>'), 500)
        found = f"<serverUrl>{self.instance}/services/Soap/u/{self.version}/00D</serverUrl><sessionId>{SESSION}</sessionId>"
        return Reply(_envelope(found), 200, {"content-type": "text/xml; charset=utf-8"})

    def _query(self, seen: Seen) -> Reply:
        soql = parse_qs(urlsplit(seen.path).query)["q"][0]
        self.queries.append(soql)
        found = re.fullmatch(r"SELECT (?P<names>.+?) FROM Contact(?: WHERE (?P<where>.+?))? ORDER BY Id", soql)
        if found is None or (found["where"] and "nonsense" in found["where"]):
            return said("MALFORMED_QUERY", "unexpected token: 'nonsense'", 400)
        for name in found["names"].split(", "):
            relation, _, last = name.rpartition(".")
            known = {"": self.fields, "Account": self.accounts, "Owner": {"Name"}}
            if relation not in known:
                return said("INVALID_FIELD", f"Didn't understand relationship '{relation}' in field path.", 400)
            if last not in known[relation]:
                entity = relation or "Contact"
                text = f"\n{soql}\nERROR at Row:1:Column:8\nNo such column '{last}' on entity '{entity}'. If you are attempting …"
                return said("INVALID_FIELD", text, 400)
        return self._records(0)

    def _records(self, number: int) -> Reply:
        first = number * self.page
        here = self.contacts[first : first + self.page]
        done = first + self.page >= len(self.contacts)
        body: dict[str, Any] = {"totalSize": len(self.contacts), "done": done, "records": here}
        if not done:
            body["nextRecordsUrl"] = f"/services/data/v{self.version}/query/01gplanted-{number + 1}"
        return answer(body, **{"Sforce-Limit-Info": "api-usage=18/5000"})


def contact(number: int, account: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A record as Salesforce sends it, with its own attributes."""
    record_id = f"003{number:012d}AAA"
    found: dict[str, Any] = {
        "attributes": {"type": "Contact", "url": f"/services/data/v62.0/sobjects/Contact/{record_id}"},
        "Id": record_id,
        "LastName": f"Example{number}",
        "HasOptedOutOfEmail": False,
        **more,
    }
    return {**found, "Account": {"attributes": {"type": "Account"}, **account} if account is not None else None}


def said(code: str, message: str, status: int) -> Reply:
    """As Salesforce's REST API refuses."""
    return answer([{"message": message, "errorCode": code}], status)


def _envelope(inner: str) -> bytes:
    ns = 'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"'
    return f'<?xml version="1.0"?><soapenv:Envelope {ns}><soapenv:Body>{inner}</soapenv:Body></soapenv:Envelope>'.encode()
