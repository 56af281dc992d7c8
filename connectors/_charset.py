"""Which character set a document is written in, where what it states is missing or wrong."""

from __future__ import annotations

import re

_BOMS = (
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\x00\x00\xfe\xff",
    b"<\x00",
    b"\x00<",
    b"\x00\x00\x00<",
    b"\x4c\x6f\xa7\x94",
)
_HTTP = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]+)", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]+)")
_TAG = re.compile(rb"<[^<>]{0,4000}>")
_SAMPLE = 1 << 18
_SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "shift-jis": "cp932", "euc-kr": "cp949"}
"""What browsers read instead: these names are used for text that needs the larger set."""


def charset_of(body: bytes, content_type: str) -> str | None:
    """The character set to read ``body`` in, or ``None`` where its own first bytes say it (a byte order mark, UTF-16).

    What reads as UTF-8 and is not plain ASCII *is* UTF-8, whatever a server's default setting says. Else the header counts,
    then the XML declaration, if the bytes can be read so; else it is guessed from the text between the tags.
    """
    if body.startswith(_BOMS):
        return None
    declared = _named(_XML.match(body[:1024]))
    stated = [name for name in (_named(_HTTP.search(content_type)), declared) if name]
    if not body.isascii() and declared in {None, "utf-8", "utf8"} and _reads(body, "utf-8"):
        return "utf-8"
    for name in stated:
        if _reads(body, name):
            return name
    return "utf-8" if _reads(body, "utf-8") else _guessed(body)


def _named(match: re.Match[str] | re.Match[bytes] | None) -> str | None:
    if match is None:
        return None
    found = match.group(1)
    name = (found.decode("ascii") if isinstance(found, bytes) else found).lower()
    return _SUPERSETS.get(name, name)


def _reads(body: bytes, name: str) -> bool:
    try:
        body.decode(name)
    except (UnicodeDecodeError, LookupError, ValueError):
        return False
    return True


def _guessed(body: bytes) -> str:
    """charset-normalizer's guess over the words alone: mark-up is ASCII and would drown them."""
    from charset_normalizer import from_bytes

    words = b" ".join(_TAG.sub(b" ", body[:_SAMPLE]).split())
    best = from_bytes(words[: 1 << 15]).best()
    name = best.encoding if best else "cp1252"
    return name if _reads(body, name) else "cp1252"
