"""Salesforce's API through simple-salesforce, whose requests go out by the guarded door; Salesforce's refusals as our errors.

simple-salesforce sets no time-out and goes wherever an answer sends it: so its session gets an adapter that sends every request
through the door, and only to the address of the options, or to where Salesforce says at the log-in that the data is, if that is a
host of Salesforce's.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from xml.parsers.expat import ExpatError

import requests

from connectors._json import Record, headers_of, record, records, refused_by, text
from connectors._requests_door import DoorAdapter
from listener.core.connector import Answer, Door
from listener.core.errors import ConfigError, ListenerError, Problem, RetryLater, SourceError, SourceProtocolError, SourceRejected
from listener.core.plain import one_line
from listener.net.mapping import from_status
from listener.net.urls import shown

PACKAGE = "simple-salesforce"
REQUIREMENT = f"{PACKAGE}>=1.12.9,<2"
"""As the extra ``salesforce`` in pyproject.toml has it."""
WHERE = "Salesforce"
LOGIN = "https://login.salesforce.com"
_DOMAIN = ".salesforce.com"
_HOSTS = (_DOMAIN, ".force.com", ".salesforce.mil", ".cloudforce.com", ".database.com")
_STAND_IN = "listener-instance"
"""What simple-salesforce is told as the domain to log in at; the adapter puts the address of the options in its place."""
_HOUR = timedelta(hours=1)
_UNREADABLE = (ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError, ExpatError)
"""What simple-salesforce raises while it reads an answer that is not as Salesforce promises."""

logging.getLogger("simple_salesforce").setLevel(logging.WARNING)


class _SalesforceAdapter(DoorAdapter):
    """Asks the instance; ``refused`` is the last refusal."""

    def __init__(self, door: Door, instance: str, *, private: bool) -> None:
        super().__init__()
        self._door = door
        self._instance = instance.rstrip("/")
        self._private = private
        self.refused: Answer | None = None

    def ask(self, request: requests.PreparedRequest) -> Answer:
        answer = self._answer(request)
        if answer.status >= 400:
            self.refused = answer
        return answer

    def _answer(self, request: requests.PreparedRequest) -> Answer:
        url = self._address(request)
        names = ("authorization", "soapaction")
        headers = {name: str(request.headers[name]) for name in names if name in request.headers}
        refused = range(400, 600)
        if request.method == "GET":
            return self._door.get(url, accept="application/json", private=self._private, headers=headers, statuses=refused)
        if request.method != "POST":
            raise SourceRejected(f"{WHERE}: only reading is allowed")
        body = request.body or b""
        return self._door.post(
            url,
            body.encode() if isinstance(body, str) else bytes(body),
            content_type=str(request.headers.get("content-type", "application/json")),
            private=self._private,
            headers=headers,
            statuses=refused,
        )

    def _address(self, request: requests.PreparedRequest) -> str:
        """Where a request goes: a token is sent nowhere but to the configured address and to Salesforce.

        Raises:
            SourceRejected: it is another host.
        """
        parts = urlsplit(request.url or "")
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if parts.netloc in {f"{_STAND_IN}{_DOMAIN}", urlsplit(self._instance).netloc}:
            return self._instance + path
        if (parts.hostname or "").endswith(_HOSTS) and parts.port in {None, 443}:
            return f"https://{parts.hostname}{path}"
        raise SourceRejected(f"{WHERE}: the log-in names a place that is no host of Salesforce's: check instance")


class SalesforceApi:
    """What this program asks of Salesforce. ``login`` are the arguments of simple-salesforce that say who asks.

    Raises:
        RetryLater, SourceRejected, SourceProtocolError: the log-in failed.
    """

    def __init__(
        self, door: Door, instance: str, login: Mapping[str, str], version: str, *, private: bool, now: datetime
    ) -> None:
        from simple_salesforce.api import Salesforce
        from simple_salesforce.exceptions import SalesforceError

        self._adapter = _SalesforceAdapter(door, instance, private=private)
        self._errors = SalesforceError
        self._unreadable = (SalesforceError, *_UNREADABLE)
        self._now = now
        arguments: dict[str, Any] = {**login, "session": self._adapter.mounted(), "version": version, "domain": _STAND_IN}
        if "session_id" in login:
            arguments["instance"] = urlsplit(instance).netloc
        self._client = self._asked(lambda: Salesforce(**arguments), "the log-in")

    def query(self, soql: str) -> Iterator[list[Any]]:
        """All records that a query finds, a page of Salesforce's at a time. Raises as ``_asked``."""
        body = record(self._asked(lambda: self._client.query(soql), "the query"))
        seen: set[str] = set()
        while True:
            yield records(body.get("records"), WHERE)
            following = text(body, "nextRecordsUrl")
            if body.get("done") is not False and following is None:
                return
            if following is None or not following.startswith("/services/data/") or following in seen:
                raise SourceProtocolError(f"{WHERE}: it names no usable next page, though there are more records")
            seen.add(following)
            body = record(
                self._asked(lambda following=following: self._client.query_more(following, identifier_is_url=True), "the query")  # type: ignore[misc]  # binds this turn's page
            )

    def _asked(self, call: Callable[[], Any], what: str) -> Any:
        """What simple-salesforce gives.

        Raises:
            RetryLater: a limit of Salesforce's is reached, it is out of order, or there is no connection.
            ConfigError: the query has a field that there is not, or that this user may not see.
            SourceRejected: the log-in or this user is not accepted: a person must act.
            SourceProtocolError: not what Salesforce promises.
        """
        self._adapter.answer = self._adapter.refused = None
        try:
            return call()
        except SourceError:
            raise
        except self._unreadable as problem:
            answer, refused = self._adapter.answer, self._adapter.refused
            # A refused session is opened anew and asked again: the last answer is then that to the log-in.
            if refused is not None and (answer is refused or isinstance(problem, self._errors)):
                raise refusal(refused, self._now) from None  # the exception's text repeats the answer
            where = shown(answer.url) if answer is not None else WHERE
            raise SourceProtocolError(f"{where}: {what} was not answered as promised") from None


# ---------------------------------------------------------------------------------------------------- what is refused

_REFUSED: Mapping[str, tuple[type[SourceError], str]] = {
    "REQUEST_LIMIT_EXCEEDED": (RetryLater, "its limit of requests for 24 hours is reached"),
    "SERVER_UNAVAILABLE": (RetryLater, "it is out of order"),
    "UNABLE_TO_LOCK_ROW": (RetryLater, "it is busy"),
    "QUERY_TIMEOUT": (RetryLater, "the query took too long; narrow it by where"),
    "INVALID_QUERY_LOCATOR": (RetryLater, "it has forgotten the query in the middle"),
    "API_DISABLED_FOR_ORG": (SourceRejected, "this edition has no API, or this user may not use it (permission API Enabled)"),
    "API_CURRENTLY_DISABLED": (RetryLater, "its API is switched off for now"),
    "INSUFFICIENT_ACCESS": (SourceRejected, "this user may not read contacts"),
    "INVALID_SESSION_ID": (
        SourceRejected,
        "the session has expired or is unknown (LISTENER_CUSTOMERS__SESSION_ID, if it is set)",
    ),
    "INVALID_LOGIN": (SourceRejected, "user name, password or security token are wrong, or the user is locked"),
    "LOGIN_MUST_USE_SECURITY_TOKEN": (
        SourceRejected,
        "it wants the user's security token: set LISTENER_CUSTOMERS__SECURITY_TOKEN",
    ),
    "INVALID_OPERATION": (
        SourceRejected,
        "this organization does not let users log in by password: use client_id and client_secret",
    ),
    "invalid_client_id": (SourceRejected, "it does not know the client_id"),
    "invalid_client": (SourceRejected, "client_id or client_secret are wrong"),
    "invalid_grant": (SourceRejected, "the app may not log in: it needs the client credentials flow with a user to run as"),
    "unsupported_grant_type": (
        SourceRejected,
        "the app has no client credentials flow: switch it on, and set instance to My Domain",
    ),
    "invalid_request": (SourceRejected, "it does not take the log-in: set instance to the address of My Domain"),
}
_NO_FIELD = re.compile(r"No such column '([\w.]{1,80})' on (?:entity|sobject of type) '?(\w{1,80})", re.IGNORECASE)
_NO_RELATION = re.compile(r"Didn't understand relationship '(\w{1,80})'", re.IGNORECASE)
_CODE = re.compile(r"<(?:\w+:)?exceptionCode>\s*(\w+)")


def refusal(answer: Answer, now: datetime) -> ListenerError:
    """Salesforce's refusal in plain words. Of its own words only the name of a field is repeated."""
    code, message = _told(answer.body)
    if code in {"INVALID_FIELD", "INVALID_TYPE", "MALFORMED_QUERY", "INVALID_QUERY_FILTER_OPERATOR"}:
        return _of_query(code, message)
    if code in _REFUSED:
        kind, words = _REFUSED[code]
        return RetryLater(f"{WHERE}: {words}", after=_HOUR) if kind is RetryLater else kind(f"{WHERE}: {words}")
    where = f"{WHERE} ({one_line(code, 60)})" if code else refused_by(answer)
    return from_status(answer.status, headers_of(answer), where, now)


def _of_query(code: str, message: str) -> ListenerError:
    if code == "INVALID_TYPE":
        return SourceRejected(f"{WHERE}: this user may not read contacts: give it read access to Contact and Account")
    if (found := _NO_FIELD.search(message)) is not None:
        got, entity = found[1], found[2]
        allowed = "check its API name, let the user see it (field-level security), or name our field in leave_out"
        return ConfigError([Problem("customers.columns", f"{entity} has no field {got}, or this user may not see it", allowed)])
    if (relation := _NO_RELATION.search(message)) is not None:
        return ConfigError(
            [Problem("customers.columns", f"there is no relationship {relation[1]}", "its API name, such as Account")]
        )
    return ConfigError([Problem("customers.where", f"Salesforce does not understand the query ({code})", "a condition in SOQL")])


def _told(body: bytes) -> tuple[str, str]:
    """The code and the message of a refusal: of the REST API (a list), of a log-in by OAuth (an object) or by SOAP (XML)."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        code = _CODE.search(body[:20_000].decode("utf-8", "replace"))
        return (code[1] if code else ""), ""
    first: Record = record(parsed[0]) if isinstance(parsed, list) and parsed else record(parsed)
    return text(first, "errorCode") or text(first, "error") or "", text(first, "message") or ""
