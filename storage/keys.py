"""Keys by which rows are found: keyed hashes of personal keys, and digests of addresses and texts for copies of one story."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from listener.core.mention import digest, normal_handle, normal_text

COPY_LENGTH = 40
"""Texts shorter than this are not taken for copies: two people may well write "Great product!"."""

_TRACKING = re.compile(
    r"(utm_.*|mtm_.*|pk_.*|hsa_.*|_hs(enc|mi)|mc_[ce]id|fbclid|gclid|gclsrc|dclid|wbraid|gbraid|msclkid|yclid|twclid|igshid|igsh"
    r"|li_fat_id|mkt_tok|oly_(anon|enc)_id|vero_id|wickedid|at_(medium|campaign)|cmpid|ref_src|ref_url|s_cid|spm|xtor)",
    re.IGNORECASE,
)
"""Parameters that say where a reader came from and never what is shown."""


class Pepper:
    """Hashes personal keys with a secret, so that a copy of the database alone does not tell whose they are."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha512(secret.encode()).digest()
        self._keyed = hashlib.blake2b(key=self._key, digest_size=8)

    def __repr__(self) -> str:
        return "Pepper(***)"

    def hash(self, purpose: str, value: str) -> str:
        """128 bits of keyed BLAKE2b as 32 hexadecimal digits; the same value for another purpose gives another hash."""
        data = f"{purpose}\x00{value}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, key=self._key, digest_size=16).hexdigest()

    def number(self, value: str) -> int:
        """64 bits of keyed BLAKE2b as a signed number: a blocking key, by which millions of rows are found."""
        keyed = self._keyed.copy()
        keyed.update(value.encode("utf-8", "surrogatepass"))
        return int.from_bytes(keyed.digest(), "big", signed=True)


def contact_key(contact_id: str) -> str:
    """The natural key of a customer."""
    return digest("contact", contact_id)


def handle_key(platform: str, handle: str) -> str | None:
    """By which an account is found from its platform and handle."""
    normal = normal_handle(handle)
    return digest("handle", platform, normal) if normal else None


def canonical_url(url: str) -> str | None:
    """The address of what is shown: lower-case host, no scheme, no tracking parameters, no trailing slash.

    A fragment is dropped unless it has a digit: ``#comment-12`` is a post of its own, ``#respond`` is a place on a page.
    ``None`` where it is no web address.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return None
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(name)]
    where = host.rstrip(".") + (f":{port}" if port not in {None, 80, 443} else "")
    query = f"?{urlencode(kept)}" if kept else ""
    fragment = f"#{parts.fragment}" if any(char.isdigit() for char in parts.fragment) else ""
    return f"{where}{parts.path.rstrip('/')}{query}{fragment}"


def address_story_key(address: str) -> str:
    """Shared by posts at the same canonical address, whoever brings them."""
    return digest("story-url", address)


def words_key(text: str) -> str | None:
    """Shared by posts with the same words, unless these are so few that two people may have chosen them."""
    words = normal_text(text)
    return digest("words", words) if len(words) >= COPY_LENGTH else None


def at_home(url: str | None, origin: str, external_id: str) -> bool:
    """Whether a post says of itself that this is where it first appeared, as an aggregator's copy of it does not.

    That is so where its address is on the host of the feed or site that brought it, and where its id is its own address.
    """
    address = canonical_url(url) if url else None
    if address is None:
        return False
    source = canonical_url(origin)
    return address == canonical_url(external_id) or (source is not None and _host(source) == _host(address))


def _host(address: str) -> str:
    return re.split(r"[/?#]", address, maxsplit=1)[0]
