"""What can be set about the way to the network."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from listener.core.errors import ConfigError, Problem
from listener.net.direct import is_direct

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """Limits and routes of the guarded door. Times are seconds, sizes are bytes.

    Without a proxy, the address is checked after the name was resolved and the connection goes to that very address, so a name
    that changes its mind between check and use (DNS rebinding) gains nothing.

    With a ``proxy`` the proxy connects, so the guard can only look at the name: an address literal, a name that always means
    this machine, or a name that *this* machine resolves to a forbidden address is refused; a name that only the proxy can
    resolve is passed on. The proxy's own rules must then keep it out of private networks.

    Hosts of ``no_proxy`` are asked as if there were no proxy, and checked so.

    The proxy, what goes past it and the certificate authority come from here only; ``HTTP_PROXY`` and the like are not read.

    Raises:
        ConfigError: a limit is not positive, or the proxy is not an http(s) address.
    """

    user_agent: str = "listener/0.1 (feed reader)"
    proxy: str | None = field(default=None, repr=False)
    """``http://user:password@host:port``; left out of the repr because it may carry a password."""
    no_proxy: tuple[str, ...] = ()
    """Hosts that are asked directly, as ``listener.net.direct.read_exception`` gives them."""
    ca_file: Path | None = None
    """PEM file of a private certificate authority, trusted beside the public ones."""
    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    """The longest pause between two reads."""
    total_timeout: float = 60.0
    """For a whole call: every hop, headers and body. Waiting for one's turn at a busy host is not counted."""
    max_body: int = 15 * MEGABYTE
    """Of the decompressed body."""
    max_redirects: int = 5
    max_connections: int = 32
    """Open at once, over all threads and hosts, those kept for the next call among them."""
    per_host_concurrency: int = 1
    per_host_interval: float = 0.0
    """The least time between the starts of two requests to one host."""

    def __post_init__(self) -> None:
        problems = [
            Problem(f"net.{name}", f"{value!r}", "must be greater than 0")
            for name in (
                "connect_timeout",
                "read_timeout",
                "total_timeout",
                "max_body",
                "max_connections",
                "per_host_concurrency",
            )
            if (value := getattr(self, name)) <= 0
        ]
        problems += [
            Problem(f"net.{name}", f"{value!r}", "must not be negative")
            for name in ("max_redirects", "per_host_interval")
            if (value := getattr(self, name)) < 0
        ]
        if self.proxy is not None and not _is_http_address(self.proxy):
            problems.append(Problem("net.proxy", "not the address of a proxy", "http://host:port or https://host:port"))
        if problems:
            raise ConfigError(problems)

    def by_proxy(self, host: str, port: int) -> bool:
        """Whether the proxy is asked to connect to this host."""
        return self.proxy is not None and not is_direct(host, port, self.no_proxy)

    def ssl_context(self) -> ssl.SSLContext:
        """Verifies against the public certificate authorities (certifi's) and the private one, if any.

        Raises:
            ConfigError: the file of the private authority cannot be read.
        """
        import certifi  # here, because reading settings must stay cheap

        context = ssl.create_default_context(cafile=certifi.where())
        if self.ca_file is not None:
            try:
                context.load_verify_locations(cafile=str(self.ca_file))
            except OSError as problem:  # ssl.SSLError, for a file that holds no certificate, is one too
                got = f"{self.ca_file}: {problem.strerror or 'no certificate in it'}"
                raise ConfigError([Problem("net.ca_file", got, "a readable PEM file")]) from problem
        return context


def _is_http_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
