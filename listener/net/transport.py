"""Opening connections only to addresses that were checked, and keeping a deadline for a whole call.

The check sits where the connection is made, below redirects and connection reuse, so there is no way around it. TLS still
verifies the *name*: only the TCP connection goes to the checked address.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

from listener.net.addresses import Resolver, allowed_addresses
from listener.net.mapping import ProxyUnreachable
from listener.net.settings import DoorSettings

KEPT_FOR = 15.0
"""Seconds for which a connection that nobody uses is kept open."""

_DEADLINE: ContextVar[float | None] = ContextVar("deadline", default=None)


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
    """A connection whose every operation respects the deadline: a trickle of bytes cannot stretch a call.

    It is one of ``alive`` until it is closed.
    """

    def __init__(self, inner: httpcore.NetworkStream, alive: set[_Stream]) -> None:
        self._inner = inner
        self._alive = alive
        alive.add(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _within(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _within(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._alive.discard(self)
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            left = _within(timeout, httpcore.ConnectTimeout)
            return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._alive)
        except BaseException:
            self._inner.close()
            raise
        finally:
            self._alive.discard(self)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def interrupt(self) -> None:
        """End the connection under whoever is using it: the thread that waits for it wakes up, and closes it itself.

        Closing it from here would be dangerous: its number can be given to another file before that thread looks again.
        """
        with suppress(OSError):  # it is not connected any more
            socket.socket.shutdown(self._inner.get_extra_info("socket"), socket.SHUT_RDWR)


class _Backend(httpcore.NetworkBackend):
    """Resolves, checks, and connects to the address that it checked. ``check`` is off only for the way to the proxy."""

    def __init__(self, private: bool, resolve: Resolver, alive: set[_Stream], check: bool) -> None:
        self._private = private
        self._resolve = resolve
        self._check = check
        self._plain = httpcore.SyncBackend()
        self._alive = alive

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
                return _Stream(self._plain.connect_tcp(address, port, left, local_address, socket_options), self._alive)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                problem = failed
        if not self._check:
            raise ProxyUnreachable from problem
        raise problem or httpcore.ConnectError("the name has no address")


class Opener:
    """Opens connections to public addresses, or where a source opted in, to private ones too; through the proxy, if there is one
    and the host is not among those that are asked directly."""

    def __init__(self, settings: DoorSettings, tls: ssl.SSLContext, *, private: bool, resolve: Resolver) -> None:
        self._by_proxy = settings.by_proxy
        self._alive: set[_Stream] = set()
        guarded = _Backend(private, resolve, self._alive, check=True)
        # A pool looks through all its connections for each request, and connections to thousands of hosts are seldom used
        # again; so httpcore's pools serve only as what they also are: makers of connections.
        self._directly = httpcore.ConnectionPool(ssl_context=tls, keepalive_expiry=KEPT_FOR, network_backend=guarded)
        self._through = self._directly
        if settings.proxy is not None:
            proxy = httpx.Proxy(settings.proxy, ssl_context=tls if settings.proxy.startswith("https:") else None)
            self._through = httpcore.HTTPProxy(
                proxy_url=str(proxy.url),
                proxy_auth=proxy.raw_auth,
                proxy_ssl_context=proxy.ssl_context,
                ssl_context=tls,
                keepalive_expiry=KEPT_FOR,
                network_backend=_Backend(private, resolve, self._alive, check=False),
            )

    def open(self, origin: httpcore.Origin) -> httpcore.ConnectionInterface:
        """A connection to an origin; the network is touched when its first request is sent."""
        maker = self._through if self._by_proxy(origin.host.decode("ascii"), origin.port) else self._directly
        return maker.create_connection(origin)

    def interrupt(self) -> None:
        """End what is open, under whoever is using it."""
        for stream in self._alive.copy():
            stream.interrupt()
