"""Newsletters and alert mails from a mailbox, which is only read and never changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from connectors._imap_alerts import SENDER, results_of
from connectors._imap_client import Mailbox, Security
from connectors._imap_mails import Mail, Unreadable, read_head, read_mail, usable
from connectors._imap_session import Session, open_session
from connectors._tidy import line
from listener.core.connector import Connector, ConnectorContext, ConnectorSpec
from listener.core.mention import ANONYMOUS, Author, Cursor, Json, Markup, Mention, Page, Rejected, digest
from listener.core.terms import MAIL

PLATFORM = "mail"

_BATCH = 50
"""Mails whose heads are asked for at once, and the size of a page."""
_FIRST = timedelta(days=7)
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,12})")
_ARRIVED = re.compile(rb'INTERNALDATE "([^"]{1,60})"')
_DOMAIN = re.compile(r"[^@\s.]+(?:\.[^@\s.]+)+")
_REST = "there were more mails than one run may read; the next run goes on with the younger ones"


class Options(BaseModel):
    """A folder of a mail server, and whose mails in it are heard."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(min_length=1, max_length=253, description="the mail server's name")
    port: int | None = Field(default=None, ge=1, le=65535, description="by default 993 with security = tls, else 143")
    security: Security = Field(default=Security.TLS, description="tls, starttls, or none (in a private network only)")
    user: str = Field(min_length=1, description="the user name of the mailbox")
    password: SecretStr | None = Field(default=None, description="the password of the mailbox, better one for this program alone")
    folder: str = Field(default="INBOX", min_length=1, max_length=200, description="the folder that is read")
    senders: tuple[str, ...] = Field(default=(), description="addresses and domains; mails of others are left alone")
    any_sender: bool = Field(default=False, description="hear every mail of the folder, whoever sent it")
    max_mails: int = Field(default=200, ge=1, le=10_000, description="mails looked at in a run")
    max_size: int = Field(default=2_000_000, ge=10_000, le=20_000_000, description="bytes of a mail; a larger one is left out")
    ca_file: Path | None = Field(
        default=None, description="a private certificate authority (PEM), trusted beside the public ones"
    )
    private: bool = Field(default=False, description="allow addresses in private networks")

    @field_validator("host", "user", "folder")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.strip() or not value.isprintable():
            raise ValueError("text without line breaks and control characters")
        return value

    @field_validator("password")
    @classmethod
    def _no_breaks(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and any(char in value.get_secret_value() for char in "\r\n\0"):
            raise ValueError("a password without line breaks")
        return value

    @field_validator("senders")
    @classmethod
    def _addresses(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        found = tuple(value.strip().casefold().removeprefix("@") for value in values)
        if not all(_DOMAIN.fullmatch(value.rpartition("@")[2]) and value.count("@") <= 1 for value in found):
            raise ValueError("addresses (news@shop.example) or domains (shop.example)")
        return found

    @model_validator(mode="after")
    def _is_sensible(self) -> Self:
        if not self.senders and not self.any_sender:
            raise ValueError("name the senders whose mails are heard, or set any_sender = true")
        if self.security is Security.NONE and not self.private:
            raise ValueError("security = none would show the password to everybody on the way; it needs private = true")
        return self

    def mailbox(self, folder: Path) -> Mailbox:
        """What it says, with the path of ``ca_file`` counted from ``folder``."""
        return Mailbox(
            host=self.host,
            port=self.port or (993 if self.security is Security.TLS else 143),
            security=self.security,
            user=self.user,
            password=self.password.get_secret_value() if self.password else "",
            folder=self.folder,
            private=self.private,
            largest=self.max_size,
            ca_file=folder / self.ca_file if self.ca_file else None,
        )


class ImapConnector:
    """One folder.

    Its cursor: ``validity`` and ``uid`` (the number of the last mail that was looked at, and what such numbers are worth:
    UIDVALIDITY), ``day`` (when that was). Where a server numbers its mails anew, those since that day are looked at again: their
    own ids keep them from being heard twice.
    """

    def __init__(self, options: Options, context: ConnectorContext) -> None:
        self._options = options
        self._context = context
        self._left = context.limit

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        """The mails since ``cursor``, the oldest first.

        Raises:
            RetryLater, SourceRejected, SourceProtocolError: the mailbox cannot be read; see ``connectors._imap_session``.
        """
        with open_session(self._options.mailbox(self._context.folder)) as session:
            validity = session.open_folder()
            uids, last = self._new(session, cursor, validity)
            looked_at = uids[: self._options.max_mails]
            left_over = len(uids) > len(looked_at)
            quiet = True
            for start in range(0, max(len(looked_at), 1), _BATCH):
                batch = looked_at[start : start + _BATCH]
                mentions, rejected, arrived = self._read(session, batch) if batch else ([], [], None)
                ended = start + _BATCH >= len(looked_at)
                quiet = quiet and not mentions and not rejected
                if self._left == 0:  # a preview has enough; nothing of the rest was looked at
                    yield Page(tuple(mentions), tuple(rejected), cursor=cursor)
                    return
                number = batch[-1] if batch and (left_over or not ended) else max(last, *batch, 0)
                yield Page(
                    tuple(mentions),
                    tuple(rejected),
                    cursor={"validity": validity, "uid": number, "day": self._context.now.date().isoformat()},
                    unchanged=quiet and ended and not left_over,
                    heard_until=arrived if left_over or not ended else None,
                    notice=_REST if left_over and ended else None,
                )

    def _new(self, session: Session, cursor: Cursor, validity: int) -> tuple[list[int], int]:
        """The numbers of the mails that are to be looked at, and up to which number none is left after these."""
        uid = cursor.get("uid")
        if cursor.get("validity") == validity and isinstance(uid, int):
            return session.after(uid), uid
        last = session.last()  # first: what arrives meanwhile is for the next run
        day = _day(cursor.get("day"))
        begin = day or (self._context.since or self._context.now - _FIRST).date()
        # Servers count days in their own time zone.
        return session.since(begin - timedelta(days=1)), last

    def _read(self, session: Session, uids: Sequence[int]) -> tuple[list[Mention], list[Rejected], datetime | None]:
        """The mentions of some mails, those that were left out, and when the last of them came."""
        mentions: list[Mention] = []
        rejected: list[Rejected] = []
        arrived: datetime | None = None
        heads = session.heads(uids, "FROM")
        for uid in uids:
            if uid not in heads or self._left == 0:
                continue
            said, head = heads[uid]
            came = _when(said, self._context.now)
            arrived = came or arrived
            if not self._wanted(read_head(head)[0]):
                continue
            try:
                found = self._mentions(session, uid, said, came)
            except Unreadable as problem:
                rejected.append(Rejected(f"mail {uid}", str(problem)))
                continue
            found = found[: self._left]
            mentions += found
            if self._left is not None:
                self._left -= len(found)
        return mentions, rejected, arrived

    def _mentions(self, session: Session, uid: int, said: bytes, came: datetime | None) -> list[Mention]:
        size = _SIZE.search(said)
        if size is not None and int(size[1]) > self._options.max_size:
            raise Unreadable(f"it is larger than max_size ({self._options.max_size} bytes)")
        raw = session.mail(uid)
        if raw is None:
            return []
        if len(raw) > self._options.max_size:
            raise Unreadable(f"it is larger than max_size ({self._options.max_size} bytes)")
        mail = read_mail(raw, self._context.now)
        if mail.sender == SENDER and (found := alert_mentions(mail, came)):
            return found
        return [mail_mention(mail, came)]

    def _wanted(self, sender: str) -> bool:
        """Whether a mail of that address is heard. What a mail says of its sender can be false: nobody is matched by it."""
        if self._options.any_sender:
            return True
        domain = sender.rpartition("@")[2]
        return any(one in {sender, domain} or domain.endswith(f".{one}") for one in self._options.senders if sender)


def mail_mention(mail: Mail, came: datetime | None) -> Mention:
    """A newsletter: one mail, one mention.

    Raises:
        Unreadable: it says nothing.
    """
    if not mail.subject and not mail.text and not mail.html.strip():
        raise Unreadable("it has neither subject nor text")
    return Mention(
        platform=PLATFORM,
        origin=mail.domain or "unknown",
        external_id=mail.message_id,
        title=mail.subject or None,
        text=mail.text or mail.html,
        markup=Markup.PLAIN if mail.text else Markup.HTML,
        author=Author(display_name=mail.sender_name) if mail.sender_name else ANONYMOUS,
        published_at=mail.sent or came,
    )


def alert_mentions(mail: Mail, came: datetime | None) -> list[Mention]:
    """An alert: a mention a result. Its link is its id, so that a page which two alerts report is one mention."""
    return [
        Mention(
            platform=PLATFORM,
            origin=mail.domain,
            external_id=result.link if len(result.link) <= 1000 else f"digest:{digest('link', result.link)}",
            title=result.title,
            text=result.snippet,
            author=Author(display_name=line(result.outlet, 200)) if result.outlet else ANONYMOUS,
            url=result.link,
            published_at=mail.sent or came,
        )
        for result in results_of(mail.text, mail.html)
    ]


def _when(said: bytes, now: datetime) -> datetime | None:
    """When the server got the mail: ``17-Jul-1996 02:44:25 -0700``."""
    found = _ARRIVED.search(said)
    return usable(found[1].decode("ascii", "replace").strip().replace("-", " ", 2), now) if found else None


def _day(value: Json) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _build(options: Options, context: ConnectorContext) -> Connector:
    return ImapConnector(options, context)


def _missing(options: Options) -> str | None:
    if options.password is not None and options.password.get_secret_value():
        return None
    return "the mailbox needs a password: set LISTENER_SOURCES__<NAME>__PASSWORD"


SPEC = ConnectorSpec(
    kind="imap",
    summary="newsletters and alert mails (Google Alerts) from a mailbox, which is only read",
    options=Options,
    build=_build,
    platform=PLATFORM,
    policy=MAIL,
    missing=_missing,
    backfills=True,
)
