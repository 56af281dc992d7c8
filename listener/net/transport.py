"""An httpx transport that connects only to addresses that were checked, and keeps a deadline for a whole call.

The check sits where the connection is made, below redirects, retries and connection reuse, so there is no way around it. TLS
still verifies the *name*: only the TCP connection goes to the checked address.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

from listener.net.addresses import Resolver, allowed_addresses, check_name
from listener.net.settings import DoorSettings

_DEADLINE: ContextVar[float | None] = ContextVar("deadline", default=None)
_CONNECTIONS = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=15.0)


@contextmanager
def deadline(moment: float) -> Iterator[None]:
    """No read or write of this thread's connections goes on after ``moment`` (``time.monotonic`` seconds)."""
    token = _DEADLINE.set(moment)
    try:
        yield
    finally:
        _DEADLINE.reset(token)


def _within(timeout: float | None, too_late: type[Exception]) -> float | None:
    """The time-out of one operation, cut so that it cannot outlast the call."""
    moment = _DEADLINE.get()
    if moment is None:
        return timeout
    left = moment - time.monotonic()
    if left <= 0:
        raise too_late("the call took too long in all")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A connection whose every operation respects the deadline: a trickle of bytes cannot stretch a call."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _within(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _within(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _within(timeout, httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Resolves, checks, and connects to the address that it checked. ``check`` is off only for the way to the proxy."""

    def __init__(self, private: bool, resolve: Resolver, check: bool) -> None:
        self._private = private
        self._resolve = resolve
        self._check = check
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        seconds = _within(timeout, httpcore.ConnectTimeout) or 60.0
        addresses = (
            allowed_addresses(host, port, self._private, seconds, self._resolve)
            if self._check
            else self._resolve(host, port, seconds)
        )
        problem: Exception | None = None
        for address in addresses:
            try:
                left = _within(timeout, httpcore.ConnectTimeout)
                return _Stream(self._plain.connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                problem = failed
        raise problem or httpcore.ConnectError("the name has no address")


class GuardedTransport(httpx.HTTPTransport):
    """httpx's own transport over the checking backend; one for public addresses, one where a source opted in to private ones."""

    def __init__(self, settings: DoorSettings, tls: ssl.SSLContext, *, private: bool, resolve: Resolver) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._settings = settings
        self._private = private
        self._resolve = resolve
        # httpx offers no way to hand over a network backend, so its pool is replaced by one that has ours.
        make_pool: Callable[..., Any] = httpcore.ConnectionPool
        extra: dict[str, Any] = {}
        if settings.proxy is not None:
            proxy = httpx.Proxy(settings.proxy, ssl_context=tls if settings.proxy.startswith("https:") else None)
            make_pool = httpcore.HTTPProxy
            extra = {"proxy_url": str(proxy.url), "proxy_auth": proxy.raw_auth, "proxy_ssl_context": proxy.ssl_context}
        self._pool = make_pool(
            ssl_context=tls,
            max_connections=_CONNECTIONS.max_connections,
            max_keepalive_connections=_CONNECTIONS.max_keepalive_connections,
            keepalive_expiry=_CONNECTIONS.keepalive_expiry,
            network_backend=_Backend(private, resolve, check=settings.proxy is None),
            **extra,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One hop.

        Raises:
            SourceError: the address is refused, or the name has none.
            httpx.TransportError: as httpx's own transport does.
        """
        if self._settings.proxy is not None:
            url = request.url
            port = url.port or (443 if url.scheme == "https" else 80)
            check_name(url.host, port, self._private, self._settings.connect_timeout, self._resolve)
        return super().handle_request(request)
