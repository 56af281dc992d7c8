"""One request and its answer, without redirects: the guard that the door and the requests session share."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from listener.core.errors import RetryLater, SourceError, SourceRejected
from listener.net.addresses import Resolver, resolve_name
from listener.net.body import ACCEPT_ENCODING, read_body
from listener.net.mapping import from_httpx
from listener.net.politeness import Politeness
from listener.net.settings import DoorSettings
from listener.net.transport import GuardedTransport, deadline
from listener.net.urls import shown


@dataclass(frozen=True, slots=True)
class Reply:
    """What one hop answered. ``body`` is empty unless it was wanted."""

    status: int
    headers: httpx.Headers
    body: bytes
    reason: str
    seconds: float
    """How long the hop took, without waiting for its turn."""


class Exchange:
    """Makes single requests under the guard. One object serves all threads; ``close`` ends its connections."""

    def __init__(self, settings: DoorSettings, *, resolve: Resolver = resolve_name) -> None:
        quiet_libraries()
        self._settings = settings
        self._resolve = resolve
        self._tls = settings.ssl_context()
        self._politeness = Politeness(settings.per_host_concurrency, settings.per_host_interval)
        self._lock = threading.Lock()
        self._clients: dict[bool, httpx.Client] = {}
        self._closed = False

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def once(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes | Iterable[bytes] | None = None,
        private: bool,
        seconds: float,
        body_of_errors: bool,
    ) -> Reply:
        """One request, at most ``seconds`` long (waiting for one's turn at the host is not counted).

        The body of a redirect or an error is read only if ``body_of_errors`` is set.

        Raises:
            RetryLater, SourceRejected, SourceProtocolError: see ``listener.core.ports.Door``; a status raises nothing here.
        """
        where = shown(url)
        try:
            request = self._request(method, url, headers, content, private)
            with self._politeness.turn(request.url.host):
                started = time.monotonic()
                with deadline(started + seconds):
                    return self._send(request, private, started, body_of_errors)
        except SourceError as problem:
            if not problem.reason.startswith(where):
                problem.reason = f"{where}: {problem.reason}"
            raise
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict) as problem:
            # `from None`: the exception and its request hold the full address, which may carry a token
            raise from_httpx(problem, where) from None

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | Iterable[bytes] | None, private: bool
    ) -> httpx.Request:
        address = httpx.URL(url)
        if address.scheme not in {"http", "https"} or not address.host:
            raise SourceRejected("only http and https addresses are allowed")
        client = self._client(private)
        request = client.build_request(method, address, headers=dict(headers), content=content)
        # Not negotiable: only these can be unpacked within the limit.
        request.headers["accept-encoding"] = ACCEPT_ENCODING
        return request

    def _send(self, request: httpx.Request, private: bool, started: float, body_of_errors: bool) -> Reply:
        response = self._client(private).send(request, stream=True)
        try:
            body = b""
            # A 304 has no body, but reading it to its end lets the connection be used again.
            if body_of_errors or response.is_success or response.status_code == 304:
                encodings = ",".join(response.headers.get_list("content-encoding"))
                body = read_body(response.iter_raw(), encodings, self._settings.max_body)
            return Reply(response.status_code, response.headers, body, response.reason_phrase, time.monotonic() - started)
        finally:
            response.close()

    def _client(self, private: bool) -> httpx.Client:
        """Private and public calls never share a connection."""
        with self._lock:
            if self._closed:
                raise RetryLater("the way to the network is closed: the run is ending")
            if private not in self._clients:
                settings = self._settings
                self._clients[private] = httpx.Client(
                    transport=GuardedTransport(settings, self._tls, private=private, resolve=self._resolve),
                    headers={"user-agent": settings.user_agent},
                    cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                    timeout=httpx.Timeout(settings.read_timeout, connect=settings.connect_timeout),
                    follow_redirects=False,
                    trust_env=False,
                )
            return self._clients[private]


def quiet_libraries() -> None:
    """Keep the HTTP libraries from logging: they write whole addresses and headers, tokens included."""
    for name in ("httpx", "httpcore", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
