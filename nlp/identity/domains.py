"""Hosts and domains: whose site an address is, offline.

Registrable domains come from the public suffix list that tldextract ships; nothing is downloaded and no cache is written.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from urllib.parse import SplitResult, urlsplit

import tldextract

from nlp.identity.lists import FREE_MAIL, SHARED_HOSTS, SOCIAL

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,30}://", re.IGNORECASE)
_PLAIN = re.compile(r"(?:https?://)?((?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.){1,20}[a-z]{1,63})/?", re.ASCII)
"""A site's front page, or a bare host, as most addresses are: read without taking the address to pieces."""


def split_address(address: str) -> SplitResult:
    """The parts of an address, which may lack its scheme.

    Raises:
        ValueError: it cannot be an address.
    """
    text = address.strip()
    return urlsplit(text if _SCHEME.match(text) or text.startswith("//") else f"//{text}")


@lru_cache(maxsize=16384)
def host_of(address: str) -> str | None:
    """The host of an address with or without scheme, lower-case and without ``www.``; ``None`` if there is none."""
    if plain := _PLAIN.fullmatch(address):
        host = plain[1].removeprefix("www.")
        return host if "." in host else None
    text = address.strip()
    if not text or len(text) > 2000 or any(char.isspace() for char in text):
        return None
    try:
        host = (split_address(text).hostname or "").rstrip(".")
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return None
    host = host.lower().removeprefix("www.")
    labels = host.split(".")
    if len(labels) < 2 or labels[-1].isdigit() or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    return host


@lru_cache(maxsize=16384)
def site_domain(address: str) -> str | None:
    """The registrable domain of a site of one's own or of a company; ``None`` for mail providers, shared hosts and platforms."""
    host = host_of(address)
    if host is None or is_shared(host):
        return None
    return _registrable(host)


def mail_domain(email: str | None) -> str | None:
    """The registrable domain of an e-mail address, unless it is a mail provider's."""
    return site_domain(email.rpartition("@")[2]) if email and "@" in email else None


@lru_cache(maxsize=16384)
def is_shared(host: str) -> bool:
    """Whether unrelated people have their pages under this host's domain."""
    domain, private = _below_suffix(host)
    return domain is None or private or domain in _MANY_PEOPLES or host in _MANY_PEOPLES


_MANY_PEOPLES = FREE_MAIL | SHARED_HOSTS | SOCIAL


def _registrable(host: str) -> str | None:
    """One label below the public suffix; an unlisted top-level domain is one (the list's own default rule)."""
    return _below_suffix(host)[0]


@lru_cache(maxsize=4096)
def _below_suffix(host: str) -> tuple[str | None, bool]:
    """The registrable domain, and whether its suffix is a private one, below which unrelated people have their pages."""
    found = _suffixes()(host)
    if found.suffix or not found.domain:
        return found.top_domain_under_public_suffix or None, found.is_private
    return ".".join(host.split(".")[-2:]), found.is_private


@cache
def _suffixes() -> tldextract.TLDExtract:
    return tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), include_psl_private_domains=True)
