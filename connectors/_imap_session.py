"""Reading a folder over IMAP without ever changing it: finding mails by number and day, and fetching them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from connectors._imap_client import Client, Mailbox, Security, asking, refused, tls_context
from listener.core.errors import SourceProtocolError, SourceRejected

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_HEADS = 64_000
"""Bytes of the few header fields of one mail."""
_NUMBERS = 1_000_000
"""Bytes of a list of numbers."""


class Session:
    """One visit to a folder. Every method raises ``RetryLater``, ``SourceRejected`` or ``SourceProtocolError``."""

    def __init__(self, client: Client, mailbox: Mailbox) -> None:
        self._client = client
        self._mailbox = mailbox

    def open_folder(self) -> int:
        """Open the folder without ever changing it (EXAMINE); its UIDVALIDITY."""
        with asking(self._mailbox):
            status, said = self._client.select(_mailbox_name(self._mailbox.folder), readonly=True)
            if status != "OK":
                raise refused(self._mailbox, said, "has no such folder, or does not open it")
            _, found = self._client.response("UIDVALIDITY")
            if found and isinstance(found[0], bytes) and found[0].isdigit():
                return int(found[0])
        raise SourceProtocolError(f"{self._mailbox.place} does not say by what the folder's mails are numbered (UIDVALIDITY)")

    def last(self) -> int:
        """The number of the last mail; 0 in an empty folder."""
        return max(self._search("UID", "*"), default=0)

    def after(self, uid: int) -> list[int]:
        """The numbers of the mails after ``uid``, rising."""
        # The server answers with its last mail where there is none after it.
        return [found for found in self._search("UID", f"{uid + 1}:*") if found > uid]

    def since(self, day: date) -> list[int]:
        """The numbers of the mails that came on ``day`` or later, rising."""
        return self._search("SINCE", f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year:04d}")

    def heads(self, uids: Sequence[int], fields: str) -> dict[int, tuple[bytes, bytes]]:
        """What the server says of each mail (size, day of arrival), and the named header fields."""
        wanted = f"(UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS ({fields})])"
        self._client.allow(len(uids) * _HEADS)
        return self._fetch(",".join(map(str, uids)), wanted)

    def mail(self, uid: int) -> bytes | None:
        """A whole mail, left unread; ``None`` where it has gone meanwhile."""
        # What servers say of sizes beforehand is not always exact.
        self._client.allow(2 * self._mailbox.largest)
        return self._fetch(str(uid), "(UID BODY.PEEK[])").get(uid, (b"", None))[1]

    def _search(self, *criteria: str) -> list[int]:
        self._client.allow(_NUMBERS)
        found = self._uid("SEARCH", *criteria)
        numbers = b" ".join(one for one in found if isinstance(one, bytes)).split()
        return sorted({int(one) for one in numbers if one.isdigit() and len(one) < 11})

    def _fetch(self, uids: str, what: str) -> dict[int, tuple[bytes, bytes]]:
        found: dict[int, tuple[bytes, bytes]] = {}
        parts = self._uid("FETCH", uids, what)
        for number, one in enumerate(parts):
            if not isinstance(one, tuple) or len(one) < 2:
                continue
            # The number stands before the mail or, with some servers, behind it.
            behind = parts[number + 1] if number + 1 < len(parts) and isinstance(parts[number + 1], bytes) else b""
            named = _UID.search(one[0]) or _UID.search(behind)
            if named is not None:
                found[int(named[1])] = (one[0] + b" " + behind, one[1])
        return found

    def _uid(self, command: str, *arguments: str) -> list[Any]:
        with asking(self._mailbox):
            status, found = self._client.uid(command, *arguments)
            if status != "OK":
                raise refused(self._mailbox, found, f"refuses {command}", protocol=True)
            return list(found or ())


@contextmanager
def open_session(mailbox: Mailbox) -> Iterator[Session]:
    """A visit for the length of a ``with`` block: connected, encrypted and logged in as configured.

    Raises:
        RetryLater: nobody answers, or the server says that it cannot for now.
        SourceRejected: an address, a certificate, a user name or a password that is not accepted.
        SourceProtocolError: it is no IMAP server, or answers with something else than was asked for.
    """
    client: Client | None = None
    politely = False
    try:
        with asking(mailbox):
            context = tls_context(mailbox) if mailbox.security is not Security.NONE else None
            client = Client(mailbox, context if mailbox.security is Security.TLS else None)
            if mailbox.security is Security.STARTTLS:
                if "STARTTLS" not in client.capabilities:
                    raise SourceRejected(f"{mailbox.place} does not offer STARTTLS; does it want security = tls (port 993)?")
                client.starttls(context)
        _log_in(client, mailbox)
        yield Session(client, mailbox)
        politely = True
    finally:
        if client is not None:
            client.end(politely=politely)


def _log_in(client: Client, mailbox: Mailbox) -> None:
    if client.state == "AUTH":  # the server knows us already (PREAUTH)
        return
    with asking(mailbox):
        both = f"\0{mailbox.user}\0{mailbox.password}".encode()
        try:
            if "AUTH=PLAIN" in client.capabilities:
                client.authenticate("PLAIN", lambda _: both)
            elif "LOGINDISABLED" in client.capabilities:
                raise SourceRejected(f"{mailbox.place} takes no password on this connection; set security = tls or starttls")
            else:
                client.login(mailbox.user, mailbox.password)
        except client.abort:
            raise
        except client.error as problem:
            said = problem.args[0] if problem.args else b""
            words = said if isinstance(said, bytes) else str(said).removeprefix("b'").encode("ascii", "replace")
            raise refused(mailbox, [words], "refuses the user name or password") from None
        except UnicodeEncodeError:
            raise SourceRejected(f"{mailbox.place} takes no user name or password beyond ASCII") from None


def _mailbox_name(name: str) -> str:
    """A folder's name as IMAP writes it: beyond ASCII in modified UTF-7 (RFC 3501, 5.1.3), in quotation marks."""
    written = []
    for plain, other in re.findall(r"([\x20-\x7e]+)|([^\x20-\x7e]+)", name):
        if plain:
            written.append(plain.replace("&", "&-"))
        else:
            packed = base64.b64encode(other.encode("utf-16-be")).decode("ascii").rstrip("=").replace("/", ",")
            written.append(f"&{packed}-")
    return '"' + "".join(written).replace("\\", "\\\\").replace('"', '\\"') + '"'
