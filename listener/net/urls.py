"""Addresses as they may be shown, stored and compared: never with a password or an access token."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from listener.core.mention import digest

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SECRET = re.compile(r"auth|key|pass|pwd|secret|sig|token|code|session|credential", re.IGNORECASE)
_SAFE_IN_PATH = "/%:@!$&'()*+,;=~-._"


def shown(url: str) -> str:
    """A URL for messages: without user name, password, query and fragment; ``…`` marks that there was a query."""
    try:
        parts = urlsplit(url)
        host = _host(parts.hostname or "", parts.port)
    except ValueError:
        return "an unreadable address"
    text = f"{parts.scheme}://{host}{parts.path}" if parts.scheme and host else parts.path
    text = "".join(char if char.isprintable() else "?" for char in text)
    return (text[:200] or "an empty address") + ("?…" if parts.query else "")


def normal_url(url: str) -> str:
    """A URL as a stable, storable name of a source.

    Scheme and host in lower case, no default port, no user name or password, no fragment; the value of a query parameter
    whose name looks like a secret is replaced by a digest, so that it still tells two sources apart.
    """
    parts = urlsplit(url.strip())
    scheme = parts.scheme.lower()
    port = None if parts.port == _DEFAULT_PORTS.get(scheme) else parts.port
    query = urlencode(
        [
            (name, digest("query", value)[:8] if _SECRET.search(name) else value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
        ]
    )
    path = quote(parts.path or "/", safe=_SAFE_IN_PATH)
    return urlunsplit((scheme, _host(parts.hostname or "", port), path, query, ""))


def web_link(base: str, link: str | None) -> str | None:
    """``link`` resolved against ``base``, or ``None`` where that is not an http(s) address (``javascript:``, ``mailto:``)."""
    if not link:
        return None
    try:
        url = urljoin(base, link.strip())
        parts = urlsplit(url)
        usable = parts.scheme.lower() in _DEFAULT_PORTS and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return url if usable and url.isprintable() else None


def without_login(url: str) -> str:
    """The URL without user name, password and fragment; the query stays."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, _host(parts.hostname or "", parts.port), parts.path, parts.query, ""))


def _host(name: str, port: int | None) -> str:
    host = f"[{name}]" if ":" in name else name
    return f"{host}:{port}" if port is not None else host
