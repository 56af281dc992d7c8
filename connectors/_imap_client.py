"""A connection to an IMAP server: limited in time and size, and what goes wrong on it as an error of a source.

Built on the standard library's ``imaplib``; the connection itself comes from the guarded door. What a server answers may quote an
address or a mail; of its words only the codes of RFC 5530 reach an error.
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from listener.core.errors import RetryLater, SourceProtocolError, SourceRejected
from listener.net.addresses import guarded_socket

_CODE = re.compile(rb"^\s*\[([A-Z][A-Z0-9-]{1,30})[\] ]")
_FOR_NOW = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "OVERQUOTA", "THROTTLED"})
_SLACK = 100_000
"""Bytes that a server may send beside what was asked for."""


class Security(StrEnum):
    """How the connection is encrypted: from the start (port 993), by STARTTLS (143), or not at all (143, a server beside us)."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A folder of a mail server. ``seconds`` limits each wait, ``total`` a whole visit; ``largest`` is in bytes, of one mail."""

    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    folder: str
    private: bool
    largest: int
    ca_file: Path | None = None
    seconds: float = 20.0
    total: float = 180.0

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"


class Client(imaplib.IMAP4):
    """``imaplib`` over a socket from the guarded door, cut off when its time is over; ``context`` for TLS from the start."""

    def __init__(self, mailbox: Mailbox, context: ssl.SSLContext | None) -> None:
        self._mailbox = mailbox
        self._context = context
        self._left = _SLACK
        # A server that sends a byte now and then would never run into the limit of one wait.
        self._watch = threading.Timer(mailbox.total, self._cut)
        self._watch.daemon = True
        try:
            super().__init__(mailbox.host, mailbox.port, timeout=mailbox.seconds)
        except BaseException:
            self._watch.cancel()
            raise

    def allow(self, size: int) -> None:
        """How many bytes the next answers may have in all: what a server sends unasked is kept in memory too."""
        self._left = size + _SLACK

    def end(self, *, politely: bool) -> None:
        """Hang up."""
        self._watch.cancel()
        try:
            if politely:
                self.logout()
            else:
                self.shutdown()
        except (imaplib.IMAP4.error, OSError, ValueError, TypeError, AttributeError, LookupError, SourceProtocolError):
            self.sock.close()

    def _create_socket(self, timeout: float | None) -> socket.socket:
        """The place that ``imaplib`` itself overrides for TLS; nothing public hands it a connected socket."""
        box = self._mailbox
        self.sock = guarded_socket(box.host, box.port, private=box.private, seconds=timeout or box.seconds)
        self._watch.start()
        if self._context is not None:
            try:
                self.sock = self._context.wrap_socket(self.sock, server_hostname=box.host, do_handshake_on_connect=False)
                self.sock.do_handshake()
            except BaseException:
                self.sock.close()
                raise
        return self.sock

    def _cut(self) -> None:
        try:
            # Of the plain socket: that of TLS would make the thread that waits read on without TLS.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
        except OSError:
            return  # it is closed already, which is what is wanted

    def read(self, size: int) -> bytes:
        """A literal. Its size is the server's word: only so much is believed."""
        self._spend(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._spend(len(line))
        return line

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise SourceProtocolError(f"{self._mailbox.place} sends more than was asked for")


@contextmanager
def asking(mailbox: Mailbox) -> Iterator[None]:
    """What ``imaplib`` and the network raise, as errors of a source; none of their texts is kept."""
    try:
        yield
    except (RetryLater, SourceRejected, SourceProtocolError):
        raise
    except OSError as problem:  # a time-out and every error of TLS is one
        raise _lost(problem, mailbox) from None
    except imaplib.IMAP4.error as problem:
        words = problem.args[0] if problem.args else ""
        ended = isinstance(problem, imaplib.IMAP4.abort) and "unexpected" not in str(words)
        if ended or (isinstance(words, bytes) and words.startswith(b"* BYE")):
            raise RetryLater(f"{mailbox.place} closed the connection") from None
        raise SourceProtocolError(f"{mailbox.place} does not answer as an IMAP server does") from None
    except (ValueError, TypeError, AttributeError, LookupError, EOFError):  # imaplib takes an answer apart without looking
        raise SourceProtocolError(f"{mailbox.place} does not answer as an IMAP server does") from None


def _lost(problem: OSError, mailbox: Mailbox) -> RetryLater | SourceRejected:
    place = mailbox.place
    match problem:
        case ssl.SSLCertVerificationError():
            return SourceRejected(
                f"the certificate of {place} is not trusted ({problem.verify_message}); set ca_file for a private one"
            )
        case TimeoutError():
            return RetryLater(f"{place} did not answer within {mailbox.seconds:g} s")
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError() | ssl.SSLSyscallError():
            return RetryLater(f"{place} closed the connection")
        case ssl.SSLError():
            return SourceRejected(f"no TLS with {place}; is security = {mailbox.security.value} right for this port?")
        case _:
            return RetryLater(f"{place} closed the connection")


def refused(
    mailbox: Mailbox, said: Sequence[Any], what: str, *, protocol: bool = False
) -> RetryLater | SourceRejected | SourceProtocolError:
    """A refusal as an error; its code says whether waiting helps."""
    found = _CODE.match(said[0]) if said and isinstance(said[0], bytes) else None
    code = found[1].decode("ascii") if found else ""
    reason = f"{mailbox.place} {what}" + (f" ({code})" if code else "")
    if code in _FOR_NOW:
        return RetryLater(reason)
    return SourceProtocolError(reason) if protocol else SourceRejected(reason)


def tls_context(mailbox: Mailbox) -> ssl.SSLContext:
    """Verifies against the public certificate authorities and the private one, if any.

    Raises:
        SourceRejected: the file of the private authority cannot be read.
    """
    import certifi

    context = ssl.create_default_context(cafile=certifi.where())
    if mailbox.ca_file is not None:
        try:
            context.load_verify_locations(cafile=str(mailbox.ca_file))
        except OSError as problem:  # ssl.SSLError, for a file that holds no certificate, is one too
            why = problem.strerror or "no certificate in it"
            raise SourceRejected(f"ca_file {mailbox.ca_file}: {why}; it must be a readable PEM file") from None
    return context
