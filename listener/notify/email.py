"""Messages as mail, over SMTP: one connection for a batch, an answer for each recipient.

Built on the standard library's ``smtplib`` and ``email``; the connection itself comes from the guarded door, so that a
configuration cannot be made to talk to a cloud's metadata service. Mail servers in private networks are allowed.

What a mail server answers may quote an address; of its words only the codes (RFC 5321, RFC 3463) reach the outcome.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path

from listener.core.errors import NotifyError, SourceError
from listener.core.messages import CONFIGURATION, Delivery, Message
from listener.net.addresses import guarded_socket
from listener.notify._mail import MOST, forms, headed


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
    """A private certificate authority, trusted beside the public ones and those of this machine."""
    unsubscribe: str | None = None
    """The address for requests to be left out; by default the sender's."""


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
                    headed(message, self.settings.sender, self.clock())  # what cannot be a mail needs no server
                    if server is None or server.sock is None:  # a 421 makes smtplib hang up
                        server = connect(self.settings)
                    self._send_one(server, message)
                    lost = 0
                    yield Delivery(ok=True, detail="accepted by the mail server")
                except _Unreachable as problem:
                    _close(server)
                    server = None
                    lost += 1
                    outcome = replace(_outcome(problem), unsure=problem.unsure, down=lost > 1 or problem.final)
                    down = replace(outcome, unsure=False) if outcome.down else None
                    yield outcome
                except NotifyError as problem:
                    yield _outcome(problem)
        finally:
            _close(server)

    def _send_one(self, server: smtplib.SMTP, message: Message) -> None:
        """Hand one mail over, in the fullest form that the server takes."""
        settings = self.settings
        limit = min(_stated_limit(server) or MOST, MOST)
        too_big: NotifyError | None = None
        for mail in forms(message, settings.sender, self.clock(), unsubscribe=settings.unsubscribe, limit=limit):
            try:
                _hand_over(server, mail)
            except _TooBig as problem:
                too_big = problem
            else:
                return
        if too_big is not None:
            raise too_big


class _Unreachable(NotifyError):
    """The connection is of no use any more. ``final``: another one would not be either. ``unsure``: the mail may have arrived."""

    def __init__(self, reason: str, *, final: bool, after: timedelta | None = None, unsure: bool = False) -> None:
        super().__init__(reason, after=after)
        self.final = final
        self.unsure = unsure


class _TooBig(NotifyError):
    """The server takes mails, but not so big ones."""


def _outcome(problem: NotifyError) -> Delivery:
    return Delivery(ok=False, detail=str(problem), permanent=problem.permanent, retry_after=problem.after)


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
        server.ehlo_or_helo_if_needed()  # what it offers, such as the size that it takes, stands in its answer
        if settings.user is not None:
            server.login(settings.user, settings.password or "")
    except (smtplib.SMTPException, OSError, SourceError, ValueError) as problem:
        _close(server)
        raise _not_connected(problem, settings) from problem
    return server


def _context(settings: SmtpSettings) -> ssl.SSLContext:
    import certifi  # here, because most messages of a pass need no mail server

    context = ssl.create_default_context()  # with what this machine trusts, which in a bare container is nothing
    context.load_verify_locations(cafile=certifi.where())
    try:
        if settings.ca_file is not None:
            context.load_verify_locations(cafile=str(settings.ca_file))
    except OSError as problem:  # missing, unreadable, or no certificate in it
        reason = f"ca_file {settings.ca_file} cannot be read ({problem.strerror or type(problem).__name__})"
        raise _Unreachable(reason, final=True, after=CONFIGURATION) from problem
    return context


def _not_connected(problem: Exception, settings: SmtpSettings) -> _Unreachable:
    """Why there is no connection, in words that name the server and the setting to look at."""
    place = f"{settings.host}:{settings.port}"
    match problem:
        case ssl.SSLCertVerificationError():
            reason = f"the certificate of {place} is not trusted ({problem.verify_message}); set ca_file for a private one"
        case ssl.SSLError():
            reason = f"no TLS with {place}; is security = {settings.security.value} right for this port?"
        case smtplib.SMTPAuthenticationError() if problem.smtp_code >= 500:
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


def _stated_limit(server: smtplib.SMTP) -> int:
    """How many bytes the server takes by its own words (RFC 1870); 0 where it does not say."""
    stated = server.esmtp_features.get("size", "").strip()
    return int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 20 else 0


def _hand_over(server: smtplib.SMTP, mail: EmailMessage) -> None:
    """Send one mail.

    Raises:
        _Unreachable: the connection was lost.
        _TooBig: the server takes no mail of that size.
        NotifyError: the server refuses the recipient, the sender or the mail.
    """
    try:
        server.send_message(mail)
    except smtplib.SMTPServerDisconnected as problem:
        late = _timed_out(problem)
        reason = "did not answer in time" if late else "closed the connection"
        raise _Unreachable(f"the mail server {reason}", final=late, unsure=True) from problem
    except smtplib.SMTPRecipientsRefused as problem:
        code, words = next(iter(problem.recipients.values()))
        raise _refused("the recipient", code, words, permanent=code >= 500) from problem
    except smtplib.SMTPSenderRefused as problem:  # for good: of every message alike, to be mended in the configuration
        if problem.smtp_code == _SIZE:
            raise _TooBig(_refusal("the mail", problem.smtp_code, problem.smtp_error), permanent=True) from problem
        raise _refused("the sender", problem.smtp_code, problem.smtp_error, permanent=False) from problem
    except smtplib.SMTPResponseException as problem:
        if problem.smtp_code == _SIZE:
            raise _TooBig(_refusal("the mail", problem.smtp_code, problem.smtp_error), permanent=True) from problem
        raise _refused("the mail", problem.smtp_code, problem.smtp_error, permanent=problem.smtp_code >= 500) from problem
    except smtplib.SMTPNotSupportedError as problem:
        raise NotifyError("the mail server takes no addresses beyond ASCII", permanent=True) from problem
    except OSError as problem:
        raise _Unreachable("the connection to the mail server was lost", final=_timed_out(problem), unsure=True) from problem


_SIZE = 552
"""The mail is bigger than the server, or the mailbox, takes (RFC 1870)."""


def _timed_out(problem: BaseException) -> bool:
    """Whether it was a time-out; smtplib reports one as a lost connection."""
    return isinstance(problem, TimeoutError) or isinstance(problem.__context__, TimeoutError)


def _refused(what: str, code: int, words: bytes | str, *, permanent: bool) -> NotifyError:
    mend = what == "the sender" and code >= 500  # else it is greylisting, or too many mails at once
    return NotifyError(_refusal(what, code, words), permanent=permanent, after=CONFIGURATION if mend else None)


def _refusal(what: str, code: int, words: bytes | str) -> str:
    return f"the mail server refused {what} ({_codes(code, words)})"


_ENHANCED = re.compile(r"^\s*([245]\.\d{1,3}\.\d{1,3})\b")


def _codes(code: int, words: bytes | str) -> str:
    """``550 5.1.1``: the reply code and, where the server gives one, the enhanced status code."""
    text = words.decode("ascii", "replace") if isinstance(words, bytes) else words
    found = _ENHANCED.match(text)
    return f"{code} {found.group(1)}" if found else str(code)
