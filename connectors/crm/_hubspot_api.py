"""HubSpot's API through its own Python client, whose requests go out by the guarded door; HubSpot's refusals as our errors.

The client speaks through a pool of connections of urllib3, without a limit on what comes back and with its own idea of
certificates and proxies: the door stands in the place of that pool. Answers are read by us, not turned into the client's objects:
one record that is not as promised would cost its whole page. The client never retries, and it logs nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from connectors._json import Record, document, from_elsewhere, headers_of, record, records, refused_by, text
from listener.core.connector import Answer, Door
from listener.core.errors import ConfigError, Problem, RetryLater, SourceError, SourceProtocolError, SourceRejected
from listener.core.plain import one_line
from listener.net.body import is_web_page
from listener.net.exchange import quiet_libraries
from listener.net.mapping import from_status, retry_after
from listener.net.urls import shown

PACKAGE = "hubspot-api-client"
REQUIREMENT = f"{PACKAGE}>=12,<13"
"""As the extra ``hubspot`` in pyproject.toml has it."""
VARIABLE = "LISTENER_CUSTOMERS__TOKEN"
WHERE = "HubSpot"
CONTACTS_A_PAGE = 100
ASSOCIATIONS_A_REQUEST = 1000
COMPANIES_A_REQUEST = 100
OWNERS_A_PAGE = 500
_SHORT, _LONG = timedelta(seconds=10), timedelta(hours=1)
"""How long to wait where HubSpot does not say: its limits count ten seconds, or a day."""


class _Pool:
    """Stands where the client has urllib3's pool of connections; ``answer`` is the last that came back."""

    def __init__(self, door: Door, token: str, now: datetime, *, private: bool) -> None:
        self._door = door
        self._now = now
        self._headers = {"authorization": f"Bearer {token}"}
        self._private = private
        self.answer: Answer | None = None

    def request(
        self,
        method: str,
        url: str,
        *,
        fields: Sequence[tuple[str, Any]] | None = None,
        body: str | None = None,
        **_: Any,  # the client's headers, time-out and the like: the door has its own
    ) -> _Response:
        """One request. Raises as ``Door.get``, or what the refusal means: the client would lose it among its many exceptions."""
        self.answer = None
        kind, refused = "application/json", range(400, 600)
        if method == "GET":
            said = [(name, str(value).lower() if isinstance(value, bool) else value) for name, value in fields or ()]
            address = f"{url}?{urlencode(said)}" if said else url
            self.answer = self._door.get(address, accept=kind, private=self._private, headers=self._headers, statuses=refused)
        elif method == "POST":
            self.answer = self._door.post(
                url,
                (body or "").encode(),
                content_type=kind,
                accept=kind,
                private=self._private,
                headers=self._headers,
                statuses=refused,
            )
        else:
            raise SourceRejected(f"{WHERE}: only reading is allowed")
        if self.answer.status >= 300:
            raise refusal(self.answer, self._now)
        return _Response(self.answer)


class _Response:
    """What the client takes from an answer of urllib3."""

    def __init__(self, answer: Answer) -> None:
        self.status = answer.status
        self.reason = ""
        self.data = answer.body
        self.headers = dict(answer.headers)

    def getheaders(self) -> dict[str, str]:
        return self.headers

    def getheader(self, name: str, default: str | None = None) -> str | None:
        return self.headers.get(name.lower(), default)


class HubSpotApi:
    """What this program asks of HubSpot."""

    def __init__(self, door: Door, token: str, base: str, *, private: bool, now: datetime) -> None:
        from hubspot import HubSpot  # type: ignore[import-untyped]  # it ships no types

        self._pool = _Pool(door, token.strip(), now, private=private)
        self._base = base.rstrip("/")
        self._crm = HubSpot(access_token=token.strip(), api_factory=self._client).crm
        logging.getLogger("hubspot").setLevel(logging.WARNING)

    def _client(self, package: Any, name: str, config: Mapping[str, Any]) -> Any:
        """One of the client's many APIs, with the door in place of its pool."""
        configuration = package.Configuration(host=self._base)
        configuration.access_token = config["access_token"]
        client = package.ApiClient(configuration=configuration)
        client.rest_client.pool_manager = self._pool
        quiet_libraries()  # a configuration of the client turns their logs up
        return getattr(package, name)(api_client=client)

    def properties(self, kind: str) -> set[str]:
        """The names of all properties of an object (``contacts``, ``companies``). Raises as ``_asked``."""
        core = self._crm.properties.core_api
        body = self._asked(lambda: core.get_all(object_type=kind, archived=False, _preload_content=False))
        return {name for one in records(body.get("results"), f"{WHERE}, properties") if (name := text(one, "name"))}

    def contacts(self, properties: Sequence[str], after: str | None) -> Iterator[tuple[list[Any], str | None]]:
        """All contacts that are not archived, page by page, each page with the cursor behind it. Raises as ``_asked``."""
        api = self._crm.contacts.basic_api
        asked = {"limit": CONTACTS_A_PAGE, "properties": list(properties), "archived": False, "_preload_content": False}
        yield from self._paged(lambda more: api.get_page(**asked, **more), after, "contacts")

    def owners(self) -> dict[str, str]:
        """The names of all owners by id; who has none is known by the e-mail address. Raises as ``_asked``."""
        api = self._crm.owners.owners_api
        found = {}
        for page, _ in self._paged(
            lambda more: api.get_page(limit=OWNERS_A_PAGE, archived=False, _preload_content=False, **more), None, "owners"
        ):
            for one in page:
                parts = (text(one, "firstName"), text(one, "lastName"))
                found[str(record(one).get("id"))] = " ".join(part for part in parts if part) or text(one, "email") or ""
        return found

    def companies_of(self, contact_ids: Sequence[str]) -> dict[str, str]:
        """The company of each contact that has one: the primary, else the first. Raises as ``_asked``."""
        api = self._crm.associations.v4.batch_api
        inputs = {"inputs": [{"id": one} for one in contact_ids]}
        body = self._asked(lambda: api.get_page("contacts", "companies", inputs, _preload_content=False))
        found = {}
        for one in records(body.get("results", []), f"{WHERE}, associations"):
            contact, linked = record(record(one).get("from")).get("id"), record(one).get("to")
            if contact is not None and isinstance(linked, list) and (company := _primary(linked)) is not None:
                found[str(contact)] = company
        return found

    def companies(self, ids: Sequence[str], properties: Sequence[str]) -> dict[str, Record]:
        """The properties of companies by id; a company that is gone is left out. Raises as ``_asked``."""
        api = self._crm.companies.batch_api
        found: dict[str, Record] = {}
        for first in range(0, len(ids), COMPANIES_A_REQUEST):
            inputs = [{"id": one} for one in ids[first : first + COMPANIES_A_REQUEST]]
            asked = {"properties": list(properties), "propertiesWithHistory": [], "inputs": inputs}
            body = self._asked(lambda asked=asked: api.read(asked, archived=False, _preload_content=False))  # type: ignore[misc]  # binds this turn's request
            for one in records(body.get("results"), f"{WHERE}, companies"):
                found[str(record(one).get("id"))] = record(record(one).get("properties"))
        return found

    def _paged(
        self, ask: Callable[[Mapping[str, Any]], Any], after: str | None, what: str
    ) -> Iterator[tuple[list[Any], str | None]]:
        seen = {after}
        while True:
            more = {"after": after} if after else {}
            body = self._asked(lambda more=more: ask(more))  # type: ignore[misc]  # binds this turn's cursor
            following = record(record(body.get("paging")).get("next")).get("after")
            cursor = str(following) if isinstance(following, str | int) and str(following) else None
            if cursor is not None and cursor in seen:
                raise SourceProtocolError(f"{WHERE}, {what}: it names the same next page again and again")
            yield records(body.get("results"), f"{WHERE}, {what}"), cursor
            if cursor is None:
                return
            seen.add(cursor)
            after = cursor

    def _asked(self, call: Callable[[], Any]) -> Record:
        """The JSON object that HubSpot answers with.

        Raises:
            RetryLater: the limit of requests is reached, HubSpot is out of order, or there is no connection.
            SourceRejected: the token, its scopes or the request are not accepted: a person must act.
            SourceProtocolError: not what HubSpot promises.
        """
        call()
        answer = self._pool.answer
        body = document(answer) if answer is not None else None
        if not isinstance(body, dict):
            where = shown(answer.url) if answer is not None else WHERE
            raise SourceProtocolError(f"{where}: the answer is not the object that was promised")
        return body


def _primary(linked: Sequence[Any]) -> str | None:
    ids = [(str(record(one).get("toObjectId")), _is_primary(one)) for one in linked if record(one).get("toObjectId") is not None]
    return next((company for company, primary in ids if primary), ids[0][0] if ids else None)


def _is_primary(one: Any) -> bool:
    types = record(one).get("associationTypes")
    return isinstance(types, list) and any(text(kind, "label") == "Primary" or record(kind).get("typeId") == 1 for kind in types)


def refusal(answer: Answer, now: datetime) -> SourceError:
    """HubSpot's refusal in plain words. Its own words stay out, since they may repeat what a record holds."""
    try:
        body = record(json.loads(answer.body))
    except (ValueError, RecursionError):  # a refusal need not be JSON
        body = {}
    headers = headers_of(answer)
    if answer.status == 429:
        daily = "DAILY" in (text(body, "policyName") or "").upper()
        pause = retry_after(headers, now) or (_LONG if daily else _SHORT)
        which = "daily limit" if daily else "limit"
        return RetryLater(f"{WHERE}: its {which} of requests is reached", after=pause)
    if is_web_page(answer) or from_elsewhere(answer):  # HubSpot itself answers with JSON: who refuses is on the way to it
        return from_status(answer.status, headers, refused_by(answer), now)
    if answer.status == 401:
        return SourceRejected(f"{WHERE}: it does not accept the token: copy that of the private app anew and set {VARIABLE}")
    if answer.status == 403:
        scopes = _scopes(body)
        what = f"one of the scopes {', '.join(scopes)}" if len(scopes) > 1 else f"the scope {scopes[0]}" if scopes else "a scope"
        return SourceRejected(
            f"{WHERE}: the private app lacks {what}: add it in HubSpot under the app's Scopes (docs/customers.md lists all)"
        )
    path = urlsplit(answer.url).path
    return from_status(answer.status, headers, f"{WHERE} ({one_line(path, 80)})", now)


def _scopes(body: Record) -> list[str]:
    found = []
    listed = body.get("errors")
    for one in listed if isinstance(listed, list) else []:
        named = record(record(one).get("context")).get("requiredGranularScopes")
        found += [one_line(name, 60) for name in named if isinstance(name, str)] if isinstance(named, list) else []
    return found[:6]


def unknown_properties(missing: Mapping[str, str]) -> ConfigError:
    """Properties that HubSpot does not have, by our field."""
    return ConfigError(
        [
            Problem(
                f"customers.columns.{field}", f"HubSpot has no property {name!r}", "its internal name, see Settings, Properties"
            )
            for field, name in missing.items()
        ]
    )
