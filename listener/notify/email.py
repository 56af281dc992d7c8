"""Messages as mail, over SMTP: one connection for a batch, an answer for each recipient.

Built on the standard library's ``smtplib`` and ``email``; the connection itself comes from the guarded door, so that a
configuration cannot be made to talk to a cloud's metadata service. Mail servers in private networks are allowed.

What a mail server answers may quote an address; of its words only the codes (RFC 5321, RFC 3463) reach the outcome.
"""

from __future__ import annotations

import hashlib
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from enum import StrEnum
from pathlib import Path

from listener.core.errors import NotifyError, SourceError
from listener.core.telling import Delivery, Message
from listener.net.addresses import guarded_socket


class Security(StrEnum):
    """How the connection is encrypted: from the start (port 465), by STARTTLS (587), or not at all (25, a relay beside us)."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """A mail server and how to use it. ``seconds`` limits each wait for the server."""

    host: str
    port: int
    sender: str
    """``Listener <listener@example.example>`` or the bare address."""
    security: Security = Security.STARTTLS
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    seconds: float = 20.0
    ca_file: Path | None = None
    """A private certificate authority, trusted besides nothing else."""
    unsubscribe: str | None = None
    """The address for requests to be left out; by default the sender's."""


CONFIGURATION = timedelta(hours=1)
"""The pause where a person must first mend something: the messages wait, none is lost."""


@dataclass(frozen=True, slots=True)
class EmailNotifier:
    """Delivers over SMTP. A failure of one recipient leaves the others alone; a lost connection is opened once more."""

    settings: SmtpSettings
    clock: Callable[[], datetime]

    def send(self, messages: Sequence[Message]) -> Iterator[Delivery]:
        """One outcome for each message, in order."""
        server: smtplib.SMTP | None = None
        down: Delivery | None = None
        lost = 0
        try:
            for message in messages:
                if down is not None:  # nobody waits for a dead server once for each message
                    yield down
                    continue
                try:
                    mail = compose(message, self.settings, self.clock())
                    if server is None or server.sock is None:  # a 421 makes smtplib hang up
                        server = connect(self.settings)
                    _send_one(server, mail)
                    lost = 0
                    yield Delivery(ok=True, detail="accepted by the mail server")
                except _Unreachable as problem:
                    _close(server)
                    server = None
                    lost += 1
                    outcome = _outcome(problem)
                    down = outcome if lost > 1 or problem.final else None
                    yield outcome
                except NotifyError as problem:
                    yield _outcome(problem)
        finally:
            _close(server)


class _Unreachable(NotifyError):
    """The connection is of no use any more. ``final``: another one would not be either."""

    def __init__(self, reason: str, *, final: bool, after: timedelta | None = None) -> None:
        super().__init__(reason, after=after)
        self.final = final


def _outcome(problem: NotifyError) -> Delivery:
    return Delivery(ok=False, detail=str(problem), permanent=problem.permanent, retry_after=problem.after)


def compose(message: Message, settings: SmtpSettings, now: datetime) -> EmailMessage:
    """The mail: text first, HTML as its alternative, with an id that is the same whenever it is sent again.

    Raises:
        NotifyError: the recipient is not one address, or something would break out of its header; trying again is useless.
    """
    name, address = parseaddr(settings.sender)
    mail = EmailMessage(policy=SMTP_POLICY)
    try:
        sender = _address(address, name)
        mail["From"] = sender
        mail["To"] = _address(message.recipient)
        mail["Subject"] = _encodable(message.subject)
        mail["Date"] = format_datetime(message.created_at or now)
        mail["Message-ID"] = message_id(message.dedup_key, sender.domain)
        mail["List-Unsubscribe"] = f"<mailto:{settings.unsubscribe or address}?subject=unsubscribe>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: holiday notices are not sent back
        mail.set_content(_encodable(message.text))
        if message.html is not None:
            mail.add_alternative(_encodable(message.html), subtype="html")
    except (ValueError, MessageError, IndexError) as problem:  # the standard library's parser answers some non-addresses so
        raise NotifyError("the recipient, sender or subject is not fit for a mail header", permanent=True) from problem
    return mail


def _address(spec: str, name: str = "") -> Address:
    """Exactly one address; a domain beyond ASCII in the form that every server takes (IDNA)."""
    parsed = Address(name, addr_spec=spec)
    return Address(name, parsed.username, parsed.domain.encode("idna").decode("ascii"))


def message_id(dedup_key: str, domain: str) -> str:
    """The same key gives the same id, so that mail programs show a repeat once; the key itself stays with us."""
    return f"<{hashlib.sha256(dedup_key.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}@{domain}>"


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


# ------------------------------------------------------------------------------------------------------- the connection


class _Guarded(smtplib.SMTP):
    """``smtplib`` over a socket from the guarded door; ``context`` for TLS from the start."""

    def __init__(self, settings: SmtpSettings, context: ssl.SSLContext | None) -> None:
        self._context = context
        super().__init__(settings.host, settings.port, timeout=settings.seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """The place that ``smtplib`` itself overrides for TLS; nothing public hands it a connected socket."""
        plain = guarded_socket(host, port, private=True, seconds=timeout)
        if self._context is None:
            return plain
        try:
            return self._context.wrap_socket(plain, server_hostname=host)
        except OSError:
            plain.close()
            raise


def connect(settings: SmtpSettings) -> smtplib.SMTP:
    """A connection that is encrypted and logged in as configured.

    Raises:
        NotifyError: the server cannot be reached, trusted or used.
    """
    server: smtplib.SMTP | None = None
    try:
        context = _context(settings) if settings.security is not Security.NONE else None
        server = _Guarded(settings, context if settings.security is Security.TLS else None)
        if settings.security is Security.STARTTLS:
            server.starttls(context=context)
        if settings.user is not None:
            server.login(settings.user, settings.password or "")
    except (smtplib.SMTPException, OSError, SourceError, ValueError) as problem:
        _close(server)
        raise _not_connected(problem, settings) from problem
    return server


def _context(settings: SmtpSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as problem:  # missing, unreadable, or no certificate in it
        reason = f"ca_file {settings.ca_file} cannot be read ({problem.strerror or type(problem).__name__})"
        raise _Unreachable(reason, final=True, after=CONFIGURATION) from problem


def _not_connected(problem: Exception, settings: SmtpSettings) -> _Unreachable:
    """Why there is no connection, in words that name the server and the setting to look at."""
    place = f"{settings.host}:{settings.port}"
    match problem:
        case ssl.SSLCertVerificationError():
            reason = f"the certificate of {place} is not trusted ({problem.verify_message}); set ca_file for a private one"
        case ssl.SSLError():
            reason = f"no TLS with {place}; is security = {settings.security.value} right for this port?"
        case smtplib.SMTPAuthenticationError():
            reason = f"{place} refuses the user name or password ({_codes(problem.smtp_code, problem.smtp_error)})"
        case smtplib.SMTPNotSupportedError():
            reason = f"{place} does not offer what is configured: {problem}"
        case smtplib.SMTPResponseException():
            return _Unreachable(f"{place} answered {_codes(problem.smtp_code, problem.smtp_error)}", final=True)
        case SourceError():
            return _Unreachable(f"{place} cannot be reached: {problem.reason}", final=True)
        case _ if _timed_out(problem):
            return _Unreachable(f"{place} did not answer within {settings.seconds:g} s", final=True)
        case smtplib.SMTPException() | ConnectionError() | EOFError():
            return _Unreachable(f"{place} closed the connection", final=True)
        case _:
            reason = f"the connection to {place} cannot be set up ({type(problem).__name__})"
    return _Unreachable(reason, final=True, after=CONFIGURATION)


def _close(server: smtplib.SMTP | None) -> None:
    if server is None:
        return
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()


# --------------------------------------------------------------------------------------------------------- one message


def _send_one(server: smtplib.SMTP, mail: EmailMessage) -> None:
    """Hand one mail over.

    Raises:
        _Unreachable: the connection was lost.
        NotifyError: the server refuses the recipient, the sender or the mail.
    """
    try:
        server.send_message(mail)
    except smtplib.SMTPServerDisconnected as problem:
        late = _timed_out(problem)
        reason = "did not answer in time" if late else "closed the connection"
        raise _Unreachable(f"the mail server {reason}", final=late) from problem
    except smtplib.SMTPRecipientsRefused as problem:
        code, words = next(iter(problem.recipients.values()))
        raise _refused("the recipient", code, words, permanent=code >= 500) from problem
    except smtplib.SMTPSenderRefused as problem:  # of every message alike: to be mended in the configuration
        raise _refused("the sender", problem.smtp_code, problem.smtp_error, permanent=False) from problem
    except smtplib.SMTPResponseException as problem:
        raise _refused("the mail", problem.smtp_code, problem.smtp_error, permanent=problem.smtp_code >= 500) from problem
    except smtplib.SMTPNotSupportedError as problem:
        raise NotifyError("the mail server takes no addresses beyond ASCII", permanent=True) from problem
    except OSError as problem:
        raise _Unreachable("the connection to the mail server was lost", final=_timed_out(problem)) from problem


def _timed_out(problem: BaseException) -> bool:
    """Whether it was a time-out; smtplib reports one as a lost connection."""
    return isinstance(problem, TimeoutError) or isinstance(problem.__context__, TimeoutError)


def _refused(what: str, code: int, words: bytes | str, *, permanent: bool) -> NotifyError:
    reason = f"the mail server refused {what} ({_codes(code, words)})"
    return NotifyError(reason, permanent=permanent, after=CONFIGURATION if what == "the sender" else None)


_ENHANCED = re.compile(r"^\s*([245]\.\d{1,3}\.\d{1,3})\b")


def _codes(code: int, words: bytes | str) -> str:
    """``550 5.1.1``: the reply code and, where the server gives one, the enhanced status code."""
    text = words.decode("ascii", "replace") if isinstance(words, bytes) else words
    found = _ENHANCED.match(text)
    return f"{code} {found.group(1)}" if found else str(code)
