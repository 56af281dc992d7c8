"""The guarded door: GET with redirects, validators and mapped errors, for every connector and notifier."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import httpx

from listener.core.connector import Answer
from listener.core.errors import RetryLater, SourceError, SourceProtocolError, SourceRejected
from listener.net.addresses import Resolver, resolve_name
from listener.net.exchange import Exchange, Reply
from listener.net.mapping import from_status
from listener.net.settings import DoorSettings
from listener.net.urls import shown, without_login

_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}


def _now() -> datetime:
    return datetime.now(UTC)


class GuardedDoor:
    """Implements ``listener.core.connector.Door``; one object serves all threads.

    ``resolve`` and ``clock`` are seams: the system's resolver and the system's clock (for ``Retry-After`` dates of servers
    that do not say what time they think it is).
    """

    def __init__(
        self,
        settings: DoorSettings | None = None,
        *,
        resolve: Resolver = resolve_name,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._settings = settings or DoorSettings()
        self._exchange = Exchange(self._settings, resolve=resolve)
        self._clock = clock

    def close(self) -> None:
        """End all connections; calls after this raise ``RetryLater``."""
        self._exchange.close()

    def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        modified: str | None = None,
        accept: str = "*/*",
        private: bool = False,
        headers: Mapping[str, str] | None = None,
        statuses: Collection[int] = (),
    ) -> Answer:
        """Fetch a page, following at most ``max_redirects`` redirects; each hop's address is checked anew.

        A user name and password in ``url``, and ``headers``, are sent to that origin only. Validators are sent on every hop.

        Raises:
            RetryLater: 408, 425, 429, 5xx (with ``after`` from ``Retry-After``), time-out, connection lost, name not resolved.
            SourceRejected: other 4xx, an address that is not allowed, TLS refused, a redirect from https to http or one too many.
            SourceProtocolError: too large, not decodable, an answer that HTTP does not allow here.
        """
        plain = {"accept": accept}
        if etag:
            plain["if-none-match"] = etag
        if modified:
            plain["if-modified-since"] = modified
        left = self._settings.total_timeout
        here = url
        permanent = True
        for _ in range(self._settings.max_redirects + 1):
            if left <= 0:
                raise RetryLater(f"{shown(url)}: the redirects took too long in all")
            try:
                sent = {**plain, **(headers or {})} if same_origin(url, here) else plain
                reply = self._exchange.once(
                    "GET", here, headers=sent, private=private, seconds=left, body_of_errors=bool(statuses)
                )
                if reply.status not in _REDIRECTS:
                    moved = permanent and here != url
                    answer = self._answer(reply, here, moved=moved, asked=bool(etag or modified), statuses=statuses)
                    return answer if here == url else replace(answer, asked=without_login(url))
            except SourceError as problem:
                if here != url:  # who configured the address must not look in vain for another one
                    problem.reason = f"{shown(url)} redirects to {problem.reason}"
                    problem.unsent = False  # the first address was asked
                raise
            left -= reply.seconds
            permanent = permanent and reply.status in _PERMANENT
            here = next_hop(here, reply.headers.get("location", ""))
        raise SourceRejected(f"{shown(url)}: more than {self._settings.max_redirects} redirects")

    def post(
        self,
        url: str,
        content: bytes,
        *,
        content_type: str,
        accept: str = "*/*",
        private: bool = False,
        headers: Mapping[str, str] | None = None,
        statuses: Collection[int] = (),
    ) -> Answer:
        """Send a request that asks for something; a redirect is an error, because it would give away what is sent.

        Raises:
            RetryLater, SourceRejected, SourceProtocolError: as ``get`` does.
        """
        sent = {"accept": accept, "content-type": content_type, **(headers or {})}
        seconds = self._settings.total_timeout
        reply = self._exchange.once(
            "POST", url, headers=sent, content=content, private=private, seconds=seconds, body_of_errors=bool(statuses)
        )
        if reply.status in _REDIRECTS:
            target = shown(next_hop(url, reply.headers.get("location", "")))
            raise SourceRejected(f"{shown(url)}: redirects, and sending a request on to {target} is not allowed")
        return self._answer(reply, url, moved=False, asked=False, statuses=statuses)

    def _answer(self, reply: Reply, url: str, *, moved: bool, asked: bool, statuses: Collection[int]) -> Answer:
        unchanged = reply.status == 304
        if (unchanged and not asked) or reply.status == 206:
            raise SourceProtocolError(f"{shown(url)}: answered {reply.status}, which was not asked for")
        if not unchanged and not 200 <= reply.status < 300 and reply.status not in statuses:
            raise from_status(reply.status, reply.headers, shown(url), self._clock())
        address = without_login(url)
        return Answer(
            status=reply.status,
            url=address,
            body=reply.body,
            content_type=reply.headers.get("content-type", ""),
            etag=_validator(reply, "etag"),
            modified=_validator(reply, "last-modified"),
            moved_to=address if moved else None,
            headers={name.lower(): value for name, value in reply.headers.items()},
        )


@contextmanager
def open_door(settings: DoorSettings | None = None) -> Iterator[GuardedDoor]:
    """A door for the length of a ``with`` block.

    Raises:
        ConfigError: the certificate authority's file cannot be read.
    """
    door = GuardedDoor(settings)
    try:
        yield door
    finally:
        door.close()


def next_hop(here: str, location: str) -> str:
    """Where a redirect leads.

    Raises:
        SourceRejected: from https to http, or to something that is not an http(s) address.
        SourceProtocolError: it leads nowhere.
    """
    if not location:
        raise SourceProtocolError(f"{shown(here)}: redirects to nowhere")
    try:
        old = httpx.URL(here)
        new = old.join(location)
    except httpx.InvalidURL:
        raise SourceProtocolError(f"{shown(here)}: redirects to something that is not an address") from None
    if new.scheme not in {"http", "https"} or not new.host:
        raise SourceRejected(f"{shown(here)}: redirects to an address that is not http or https")
    if old.scheme == "https" and new.scheme == "http":
        raise SourceRejected(f"{shown(here)}: redirects from https to http, which would give away what was protected")
    return str(new.copy_with(userinfo=old.userinfo if same_origin(here, str(new)) else b""))


def same_origin(one: str, other: str) -> bool:
    """Whether two addresses are of one scheme, host and port: what is secret for the one may be sent to the other."""
    if one == other:
        return True
    first, second = httpx.URL(one), httpx.URL(other)
    return (first.scheme, first.host, first.port) == (second.scheme, second.host, second.port)


def _validator(reply: Reply, name: str) -> str | None:
    """A validator short enough to be worth keeping."""
    value: str = reply.headers.get(name, "")
    return value if 0 < len(value) <= 1024 and value.isprintable() and value.isascii() else None
