"""A mail's bytes as what it says. Mails are written by anybody: whatever is wrong with one costs that mail and no more."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import Header, decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from connectors._charset import charset_of
from connectors._tidy import line, tidy
from listener.core.mention import digest

_NESTED = re.compile(rb"^content-type:\s*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_STRUCTURE = re.compile(rb"^content-(?:type|disposition):[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
"""The headers that say how a mail is built. To take one apart takes time with the square of its length."""
_MOST_WORK = 100_000_000
"""Of the sum of these squares."""
_DEEPEST = 30
"""Multiparts and mails within a mail; reading costs time with each, for every line."""
_MOST_LINES = 200_000
_MOST_PARTS = 2_000
_LONGEST_HEADER = 4_000
_LONGEST_ID = 500
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7", "mbcs", "oem"})
"""Python can decode these, and no mail is written in them; some are slow."""
_BROKEN = (MessageError, ValueError, TypeError, LookupError, AttributeError, RecursionError, AssertionError)
"""What the standard library's parser answers to some mails."""
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)


class Unreadable(ValueError):
    """The mail cannot be used; the text says why, without quoting it."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says. ``sender`` is its address in small letters; ``text`` and ``html`` are empty where it has none."""

    message_id: str
    sender: str
    sender_name: str
    subject: str
    sent: datetime | None
    text: str
    html: str

    @property
    def domain(self) -> str:
        return self.sender.rpartition("@")[2]


def read_mail(raw: bytes, now: datetime) -> Mail:
    """Take a mail apart.

    Raises:
        Unreadable: it is built to be slow to read, or in a way that nobody can read.
    """
    raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")  # a bare CR ends a line for the parser too
    if len(_NESTED.findall(raw)) > _DEEPEST:
        raise Unreadable("it has too many parts within parts")
    if raw.count(b"\n") > _MOST_LINES:
        raise Unreadable("it has too many lines")
    if sum(len(found[0]) ** 2 for found in _STRUCTURE.finditer(raw)) > _MOST_WORK:
        raise Unreadable("the headers that say how it is built are too long")
    try:
        message = message_from_bytes(raw, policy=policy.compat32)
        sender, name = sender_of(message)
        text, html = _bodies(message)
        return Mail(_message_id(message, raw), sender, name, header(message, "subject"), _sent(message, now), text, html)
    except _BROKEN as problem:
        raise Unreadable(f"it cannot be read ({type(problem).__name__})") from None


def read_head(raw: bytes) -> tuple[str, str]:
    """The sender's address in small letters and the name, of a mail's header alone; empty where it has none."""
    try:
        return sender_of(message_from_bytes(raw[: 16 * _LONGEST_HEADER], policy=policy.compat32))
    except _BROKEN:
        return "", ""


def sender_of(message: Message) -> tuple[str, str]:
    """The address and the name of the first sender."""
    written = _written(message, "from")
    for name, address in getaddresses([written]):
        local, _, domain = address.rpartition("@")
        if local and domain and "." in domain and not re.search(r"[\s<>]", address):
            return address.casefold(), line(_decoded(name), 200)
    return "", ""


def header(message: Message, name: str) -> str:
    """A header as text on one line; what is encoded in a way that nobody knows stays as it is written."""
    return line(_decoded(_written(message, name)))


def _written(message: Message, name: str) -> str:
    """A header as it was written, of bounded length; bytes beyond ASCII in the character set that they seem to be in."""
    found = message.get(name, "")
    if isinstance(found, Header):
        found = "".join(_text(piece, "") if isinstance(piece, bytes) else piece for piece, _ in decode_header(found))
    return str(found)[:_LONGEST_HEADER]


def _decoded(written: str) -> str:
    try:
        pieces = decode_header(written)
    except MessageError:
        return written
    return "".join(piece if isinstance(piece, str) else _text(piece, charset or "ascii") for piece, charset in pieces)


def _bodies(message: Message) -> tuple[str, str]:
    """The first plain text and the first HTML that are no attachments."""
    text = html = ""
    for number, part in enumerate(message.walk()):
        if number >= _MOST_PARTS or (text and html):
            break
        kind = part.get_content_type()
        if kind not in {"text/plain", "text/html"} or part.get_content_disposition() == "attachment":
            continue
        body = part.get_payload(decode=True)
        if not isinstance(body, bytes) or not body.strip():
            continue
        words = tidy(_text(body, part.get_content_charset() or "", str(part.get("content-type", ""))))
        if kind == "text/plain" and not text:
            text = words.strip()
        elif kind == "text/html" and not html:
            html = words
    return text, html


def _text(body: bytes, charset: str, content_type: str = "") -> str:
    """The bytes in their stated character set, else in what they seem to be."""
    for name in (charset, charset_of(body, content_type) or "utf-8"):
        try:
            known = codecs.lookup(name).name
            if known.replace("_", "-") not in _NO_CHARSETS:
                return body.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return body.decode("utf-8", "replace")


def _message_id(message: Message, raw: bytes) -> str:
    """The id that the sender gave the mail, else one of its content: it stays when a server numbers its mails anew."""
    found = "".join(_written(message, "message-id").split()).strip("<>")
    if not found or not found.isprintable() or not found.isascii():
        body = raw.partition(b"\n\n")[2]
        words = (_written(message, name) for name in ("date", "from", "subject"))
        return f"content:{digest('mail', *words, body.decode('latin-1'))}"
    return found if len(found) <= _LONGEST_ID else f"digest:{digest('mail-id', found)}"


def _sent(message: Message, now: datetime) -> datetime | None:
    return usable(_written(message, "date"), now)


def usable(written: str, now: datetime) -> datetime | None:
    """A date as mails write it (without a zone it is UTC); ``None`` where it is none, or far off."""
    try:
        found = parsedate_to_datetime(written)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    try:
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if _OLDEST <= found <= now + _AHEAD else None
