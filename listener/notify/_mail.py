"""A message as a mail: its parts, and smaller forms of it for servers that do not take so much."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from enum import Enum
from html import escape
from typing import Any

from listener.core.errors import NotifyError
from listener.core.messages import CONFIGURATION, Message, Picture
from listener.core.plain import one_line

MOST = 25_000_000
"""Bytes: what the large services take, where a server does not state a limit of its own."""
_POLICY = SMTP_POLICY.clone(cte_type="7bit")
"""Bodies in ASCII and short lines (quoted-printable or base64): every server passes them on as they are."""


class Form(Enum):
    """How much of a message a mail holds."""

    WHOLE = ""
    NO_PICTURES = "The pictures were left out, because the mail server takes no mail of that size."
    TEXT = "This is the text alone, because the mail server takes no mail of the whole message's size."
    CUT = "This is the beginning alone, because the mail server takes no mail of the whole message's size."


def forms(
    message: Message, sender: str, now: datetime, *, unsubscribe: str | None = None, limit: int = MOST
) -> Iterator[EmailMessage]:
    """The mail, and then smaller and smaller forms of it; those above ``limit`` bytes are left out, but for the last.

    Raises:
        NotifyError: as ``compose``.
    """
    for form in Form:
        if form is Form.NO_PICTURES and not message.pictures:
            continue
        if form is Form.TEXT and message.html is None:
            continue
        mail = compose(message, sender, now, unsubscribe=unsubscribe, form=form, limit=limit)
        if form is Form.CUT or len(mail.as_bytes()) <= limit:
            yield mail


def compose(
    message: Message,
    sender: str,
    now: datetime,
    *,
    unsubscribe: str | None = None,
    form: Form = Form.WHOLE,
    limit: int = MOST,
) -> EmailMessage:
    """The mail: text first, HTML with its pictures as the alternative, with an id that is the same whenever it is sent again.

    Raises:
        NotifyError: the sender or the recipient is not one address; with another recipient it will never be.
    """
    mail = headed(message, sender, now, unsubscribe=unsubscribe)
    text = _readable(message.text)
    if form is Form.CUT:
        text = text[: max(limit - 5_000, 1_000) // 6]  # a character takes six bytes at the worst, on the average of a text
    mail.set_content(f"{form.value}\n\n{text}" if form.value else text)
    if message.html is not None and form in {Form.WHOLE, Form.NO_PICTURES}:
        _add_html(mail, message, str(mail["Message-ID"]).strip("<>"), form)
    return mail


def headed(message: Message, sender: str, now: datetime, *, unsubscribe: str | None = None) -> EmailMessage:
    """The mail without its body.

    Raises:
        NotifyError: as ``compose``.
    """
    name, address = parseaddr(sender)
    mail = EmailMessage(policy=_POLICY)
    try:
        author = _address(address, name)
        mail["From"] = author
        mail["List-Unsubscribe"] = f"<mailto:{unsubscribe or address}?subject=unsubscribe>"
    except (ValueError, MessageError, IndexError) as problem:  # the standard library's parser answers some non-addresses so
        raise NotifyError("the sender is not one address; look at `from`", after=CONFIGURATION) from problem
    try:
        mail["To"] = _address(message.recipient)
    except (ValueError, MessageError, IndexError) as problem:
        raise NotifyError("the recipient is not one address", permanent=True) from problem
    made = message.created_at or now
    mail["Subject"] = one_line(message.subject, 250)
    mail["Date"] = format_datetime(max(made, message.not_before or made))
    mail["Message-ID"] = message_id(message.dedup_key, author.domain)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: holiday notices are not sent back
    return mail


def _add_html(mail: EmailMessage, message: Message, mail_id: str, form: Form) -> None:
    html = _readable(message.html or "")
    if form is Form.NO_PICTURES:
        for picture in message.pictures:
            html = f"<p>{escape(picture.alt)}</p>".join(_tag(picture).split(html))
        note = f"<p>{escape(form.value)}</p>"
        before, end, after = html.rpartition("</body>")
        mail.add_alternative(f"{before}{note}{end}{after}" if end else html + note, subtype="html")
        return
    ids = {picture.name: f"{picture.name}.{mail_id}" for picture in message.pictures}
    for name, known_as in ids.items():
        html = re.sub(rf"""(\bsrc=["'])cid:{re.escape(name)}(?=["'])""", rf"\g<1>cid:{known_as}", html)
    mail.add_alternative(html, subtype="html")
    shown: Any = mail.get_payload(-1)  # the alternative that was just added
    for picture in message.pictures:
        shown.add_related(
            picture.png, "image", "png", cid=f"<{ids[picture.name]}>", filename=f"{picture.name}.png", disposition="inline"
        )


def _tag(picture: Picture) -> re.Pattern[str]:
    return re.compile(rf"""<img\b[^>]*\bsrc=["']cid:{re.escape(picture.name)}["'][^>]*>""", re.IGNORECASE)


def _address(spec: str, name: str = "") -> Address:
    """Exactly one address; a domain beyond ASCII in the form that every server takes (IDNA)."""
    parsed = Address(name, addr_spec=spec)
    return Address(name, parsed.username, parsed.domain.encode("idna").decode("ascii"))


def message_id(dedup_key: str, domain: str) -> str:
    """The same key gives the same id, so that mail programs show a repeat once; the key itself stays with us."""
    return f"<{hashlib.sha256(dedup_key.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}@{domain}>"


_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def _readable(text: str) -> str:
    """The text in characters that a mail may hold."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8"))
