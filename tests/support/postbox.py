"""Real SMTP servers on loopback: one that refuses by address, and one that is slow and can be away for a while."""

from __future__ import annotations

import asyncio
import email
import email.policy
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Postbox:
    """The server's side: keeps what it accepts, refuses by the local part of the address."""

    mails: list[EmailMessage] = field(default_factory=list)
    connections: int = 0
    most: int = 10_000_000
    """Bytes of a mail that it takes, without having said so."""

    async def handle_EHLO(  # noqa: N802 - the names that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += not getattr(session, "counted", False)
        session.counted = True  # type: ignore[attr-defined] # EHLO comes again after STARTTLS
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("stranger"):
            return "553 5.7.1 sender not yours: stranger@quillon.example"
        if address.startswith("grey"):
            return "451 4.7.1 greylisted, try again in a minute: grey@quillon.example"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answers = {
            "gone": "550 5.1.1 <gone@quillon.example> no such user",
            "full": "452 4.2.2 mailbox of full@quillon.example is full",
            "odd": "550 no idea",
            "bye": "421 4.7.0 too many",
        }
        local = address.partition("@")[0]
        if local in answers:
            return answers[local]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        if len(envelope.content or b"") > self.most:
            return "552 5.3.4 too big"
        if "spam" in mail["Subject"]:
            return "554 5.7.1 looks like spam"
        if "later" in mail["Subject"]:
            return "451 4.3.0 try later"
        self.mails.append(mail)
        return "250 OK"


@dataclass
class SlowPostbox:
    """Accepts every mail after ``seconds`` at most, and answers after so many more: a client may be gone by then."""

    seconds: float = 0.0
    seed: int = 0
    accepted: list[EmailMessage] = field(default_factory=list)
    busy: int = 0
    connections: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._quiet = threading.Condition()

    async def handle_EHLO(  # noqa: N802 - the names that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self._count(1)
        try:
            await asyncio.sleep(self._random.uniform(0, self.seconds))
            self.accepted.append(email.message_from_bytes(envelope.content or b"", policy=email.policy.default))
            await asyncio.sleep(self._random.uniform(0, self.seconds))
        finally:
            self._count(-1)
        return "250 OK"

    def _count(self, change: int) -> None:
        with self._quiet:
            self.busy += change
            self._quiet.notify_all()

    def settle(self) -> None:
        """Wait until it works on no mail."""
        with self._quiet:
            if not self._quiet.wait_for(lambda: self.busy == 0, timeout=10):
                raise TimeoutError("the server is still busy")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def open_for_mail(postbox: object, port: int) -> Iterator[None]:
    """The server is there, at that port, in this block."""
    controller = Controller(postbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@contextmanager
def serving(postbox: Postbox, **options: Any) -> Iterator[int]:
    port = free_port()
    controller = Controller(postbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()
