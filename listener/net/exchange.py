"""One request and its answer, without redirects: the guard that the door and the requests session share."""

from __future__ import annotations

import logging
import time
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from listener.core.errors import SourceError, SourceRejected
from listener.net.addresses import Resolver, check_name, resolve_name
from listener.net.body import ACCEPT_ENCODING, read_body
from listener.net.connections import Connections
from listener.net.mapping import MAPPED, from_http
from listener.net.politeness import Politeness
from listener.net.settings import DoorSettings
from listener.net.transport import Opener, deadline
from listener.net.urls import shown

_SCHEMES = {"http", "https"}
_HTTP_PROBLEMS = tuple(MAPPED)


@dataclass(frozen=True, slots=True)
class Reply:
    """What one hop answered. ``body`` is empty unless it was wanted."""

    status: int
    headers: httpx.Headers
    body: bytes
    reason: str
    seconds: float
    """How long the hop took, without waiting for its turn."""


@dataclass(slots=True)
class _Progress:
    """How far a request has come; httpcore calls it with each step that it begins or ends."""

    written: bool = False
    """Whether the writing of the request was begun."""

    def __call__(self, step: str, info: Mapping[str, Any]) -> None:
        # CONNECT is for the proxy: what was asked for has not left yet
        if step == "http11.send_request_headers.started" and info["request"].method != b"CONNECT":
            self.written = True


class Exchange:
    """Makes single requests under the guard. One object serves all threads; ``close`` ends its connections."""

    def __init__(self, settings: DoorSettings, *, resolve: Resolver = resolve_name) -> None:
        quiet_libraries()
        self._settings = settings
        self._resolve = resolve
        tls = settings.ssl_context()
        self._politeness = Politeness(settings.per_host_concurrency, settings.per_host_interval)
        openers = {private: Opener(settings, tls, private=private, resolve=resolve) for private in (False, True)}
        self._connections = Connections(openers, settings.max_connections)
        pause = settings.read_timeout
        self._timeouts = {"connect": settings.connect_timeout, "read": pause, "write": pause}

    def close(self) -> None:
        self._connections.close()

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
        """One request, at most ``seconds`` long (waiting for one's turn, at the host or for a connection, is not counted).

        The body of a redirect or an error is read only if ``body_of_errors`` is set.

        Raises:
            RetryLater, SourceRejected, SourceProtocolError: see ``listener.core.connector.Door``; a status raises nothing here.
                Each says whether the request was ``unsent``.
        """
        progress = _Progress()
        try:
            address = httpx.URL(url)
            if address.scheme not in _SCHEMES or not address.host:
                raise SourceRejected("only http and https addresses are allowed")
            request = self._request(method, address, headers, content, progress)
            with self._politeness.turn(address.host), self._connections.turn():
                started = time.monotonic()
                with deadline(started + seconds):
                    return self._send(request, private, started, body_of_errors)
        except SourceError as problem:
            where = shown(url)
            if not problem.reason.startswith(where):
                problem.reason = f"{where}: {problem.reason}"
            problem.unsent = not progress.written
            raise
        except _HTTP_PROBLEMS as problem:
            # `from None`: the exception holds what was sent, which may carry a token
            failed = from_http(problem, shown(url))
            failed.unsent = not progress.written
            raise failed from None

    def _request(
        self,
        method: str,
        address: httpx.URL,
        headers: Mapping[str, str],
        content: bytes | Iterable[bytes] | None,
        progress: _Progress,
    ) -> httpcore.Request:
        try:
            lines = self._head(method, address, headers, content)
        except UnicodeEncodeError:
            raise SourceRejected("the request could not be written: a header holds what HTTP cannot carry") from None
        target = httpcore.URL(scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path)
        extensions = {"timeout": self._timeouts, "trace": progress}
        return httpcore.Request(method, target, headers=lines, content=content, extensions=extensions)

    def _head(
        self, method: str, address: httpx.URL, headers: Mapping[str, str], content: bytes | Iterable[bytes] | None
    ) -> list[tuple[bytes, bytes]]:
        """The header lines; the caller's go before ours, with one exception."""
        lines = {
            b"host": address.netloc,
            b"accept": b"*/*",
            b"connection": b"keep-alive",
            b"user-agent": self._settings.user_agent.encode("latin-1"),
        }
        lines.update((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())
        if address.username or address.password:
            login = f"{address.username}:{address.password}".encode()
            lines[b"authorization"] = b"Basic " + b64encode(login)
        # Not negotiable: only these can be unpacked within the limit.
        lines[b"accept-encoding"] = ACCEPT_ENCODING.encode()
        if b"content-length" not in lines and b"transfer-encoding" not in lines:
            if content is not None and not isinstance(content, bytes):
                lines[b"transfer-encoding"] = b"chunked"
            elif content or method in {"POST", "PUT", "PATCH"}:
                lines[b"content-length"] = b"%d" % len(content or b"")
        return list(lines.items())

    def _send(self, request: httpcore.Request, private: bool, started: float, body_of_errors: bool) -> Reply:
        origin = request.url.origin
        host = origin.host.decode("ascii")
        if self._settings.by_proxy(host, origin.port):
            check_name(host, origin.port, private, self._settings.connect_timeout, self._resolve)
        with self._connections.lend(private, origin) as connection:
            response = connection.handle_request(request)
            try:
                headers = httpx.Headers(response.headers)
                body = b""
                # A 304 has no body, but reading it to its end lets the connection be used again.
                if body_of_errors or 200 <= response.status < 300 or response.status == 304:
                    body = read_body(response.iter_stream(), headers.get("content-encoding", ""), self._settings.max_body)
                reason = response.extensions["reason_phrase"].decode("ascii", "ignore")
                return Reply(response.status, headers, body, reason, time.monotonic() - started)
            finally:
                response.close()


def quiet_libraries() -> None:
    """Keep the HTTP libraries from logging: they write whole addresses and headers, tokens included."""
    for name in ("httpx", "httpcore", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
