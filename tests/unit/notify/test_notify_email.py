"""Mail over a real SMTP server (aiosmtpd) on loopback, and over servers that misbehave."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from listener.core.messages import CONFIGURATION, Message
from listener.notify._mail import message_id
from listener.notify.email import EmailNotifier, Security, SmtpSettings
from tests.support.postbox import Postbox, free_port, serving

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
PLAIN = SmtpSettings(host="127.0.0.1", port=1, sender="Listener <listener@quillon.example>", security=Security.NONE, seconds=5)


def message(recipient: str = "ines@quillon.example", number: int = 1, **more: Any) -> Message:
    key = f"digest:all:2026-11-22:mail:{number}"
    made = Message(key, "mail", recipient, "2 need a call — Quillon, 2026-11-22", "Grüße\n", "<p>Grüße</p>", NOW)
    return replace(made, **more)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A private authority's file, and the context of a server that it vouches for."""
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return path, context


def notifier(port: int, **options: Any) -> EmailNotifier:
    return EmailNotifier(replace(PLAIN, port=port, **options), lambda: NOW)


def only_password(right: bytes) -> Callable[..., AuthResult]:
    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=isinstance(data, LoginPassword) and data.password == right, handled=False)

    return authenticate


# ------------------------------------------------------------------------------------------------- what is delivered


def test_the_mail_arrives_whole() -> None:
    box = Postbox()
    with serving(box) as port:
        (outcome,) = notifier(port, unsubscribe="stop@quillon.example").send([message()])
    assert outcome.ok, outcome.detail
    (mail,) = box.mails
    assert mail["Subject"] == "2 need a call — Quillon, 2026-11-22"
    assert (mail["From"], mail["To"]) == ("Listener <listener@quillon.example>", "ines@quillon.example")
    assert mail["Date"].datetime == NOW
    assert mail["Message-ID"] == message_id(message().dedup_key, "quillon.example")
    assert mail["List-Unsubscribe"] == "<mailto:stop@quillon.example?subject=unsubscribe>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert [part.get_content() for part in mail.iter_parts()] == ["Grüße\r\n", "<p>Grüße</p>\r\n"]


def test_one_connection_serves_the_batch_and_each_recipient_has_an_outcome() -> None:
    box = Postbox()
    people = ["ines", "gone", "full", "odd", "tomas"]
    with serving(box) as port:
        outcomes = list(notifier(port).send([message(f"{name}@quillon.example", n) for n, name in enumerate(people)]))
    assert [(outcome.ok, outcome.permanent) for outcome in outcomes] == [
        (True, False),
        (False, True),
        (False, False),
        (False, True),
        (True, False),
    ]
    assert [outcome.detail for outcome in outcomes[1:4]] == [
        "the mail server refused the recipient (550 5.1.1)",
        "the mail server refused the recipient (452 4.2.2)",
        "the mail server refused the recipient (550)",
    ]
    assert box.connections == 1
    assert [mail["To"] for mail in box.mails] == ["ines@quillon.example", "tomas@quillon.example"]


def test_a_server_that_hangs_up_politely_is_called_again() -> None:
    box = Postbox()
    with serving(box) as port:
        outcomes = list(notifier(port).send([message("bye@quillon.example", 1), message(number=2)]))
    assert [outcome.ok for outcome in outcomes] == [False, True]
    assert not outcomes[0].permanent
    assert box.connections == 2


def test_a_refused_mail_and_a_postponed_one() -> None:
    with serving(Postbox()) as port:
        outcomes = list(notifier(port).send([message(subject="spam"), message(subject="later"), message()]))
    assert [(outcome.ok, outcome.permanent) for outcome in outcomes] == [(False, True), (False, False), (True, False)]


def test_a_refused_sender_is_a_matter_of_configuration_and_loses_nothing() -> None:
    with serving(Postbox()) as port:
        (outcome,) = notifier(port, sender="stranger@quillon.example").send([message()])
    assert (outcome.ok, outcome.permanent, outcome.retry_after) == (False, False, CONFIGURATION)
    assert outcome.detail == "the mail server refused the sender (553 5.7.1)"


def test_a_sender_who_is_put_off_is_tried_again_soon() -> None:
    with serving(Postbox()) as port:
        (outcome,) = notifier(port, sender="grey@quillon.example").send([message()])
    assert (outcome.ok, outcome.permanent, outcome.retry_after, outcome.down) == (False, False, None, False)
    assert outcome.detail == "the mail server refused the sender (451 4.7.1)"


@pytest.mark.parametrize("sender", ["listener", "listener@", ""])
def test_a_sender_that_is_none_is_a_matter_of_configuration(sender: str) -> None:
    (outcome,) = notifier(free_port(), sender=sender).send([message()])
    assert (outcome.permanent, outcome.retry_after) == (False, CONFIGURATION)
    assert outcome.detail == "the sender is not one address; look at `from`"


def test_what_is_not_one_address_is_refused_and_the_others_are_served() -> None:
    box = Postbox()
    with serving(box) as port:
        outcomes = list(notifier(port).send([message("ines@quillon.example\r\nBcc: eve@evil.example"), message()]))
    assert [(outcome.ok, outcome.permanent) for outcome in outcomes] == [(False, True), (True, False)]
    assert len(box.mails) == 1


def test_no_messages_need_no_server() -> None:
    assert list(notifier(free_port()).send([])) == []


# ------------------------------------------------------------------------------------------------ encryption and login


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")  # it has TLS, but does not see it
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_encrypted_and_logged_in(security: Security, authority: tuple[Path, ssl.SSLContext]) -> None:
    ca_file, context = authority
    how = {"ssl_context": context} if security is Security.TLS else {"tls_context": context, "require_starttls": True}
    box = Postbox()
    options = {
        "authenticator": only_password(b"open sesame"),
        "auth_required": True,
        "auth_require_tls": security is Security.STARTTLS,
    }
    with serving(box, **how, **options) as port:
        encrypted = {"security": security, "ca_file": ca_file, "user": "listener"}
        right = list(notifier(port, **encrypted, password="open sesame").send([message(number=1), message(number=2)]))
        wrong = list(notifier(port, **encrypted, password="guess").send([message(), message()]))
        nobody = list(notifier(port, **(encrypted | {"user": None})).send([message()]))
        distrusted = list(notifier(port, **(encrypted | {"ca_file": None})).send([message()]))
    assert [outcome.ok for outcome in right] == [True, True]
    assert len(box.mails) == 2
    for outcomes, reason in (
        (wrong, f"127.0.0.1:{port} refuses the user name or password (535 5.7.8)"),
        (nobody, "the mail server refused the sender (530 5.7.0)"),
    ):
        assert {(outcome.ok, outcome.permanent, outcome.detail) for outcome in outcomes} == {(False, False, reason)}
        assert outcomes[0].retry_after == CONFIGURATION
    assert "is not trusted" in distrusted[0].detail
    assert distrusted[0].retry_after == CONFIGURATION


def test_a_server_without_the_encryption_that_is_configured(authority: tuple[Path, ssl.SSLContext]) -> None:
    with serving(Postbox()) as port:
        (no_starttls,) = notifier(port, security=Security.STARTTLS).send([message()])
        (no_tls,) = notifier(port, security=Security.TLS).send([message()])
        (no_login,) = notifier(port, user="listener", password="x").send([message()])
    assert "does not offer what is configured: STARTTLS" in no_starttls.detail
    assert "is security = tls right for this port?" in no_tls.detail
    assert "does not offer what is configured: SMTP AUTH" in no_login.detail
    assert {outcome.permanent for outcome in (no_starttls, no_tls, no_login)} == {False}


def test_an_authority_that_is_no_authority(tmp_path: Path) -> None:
    broken = tmp_path / "ca.pem"
    broken.write_text("no certificate")
    for path in (broken, tmp_path / "missing.pem"):
        (outcome,) = notifier(free_port(), security=Security.TLS, ca_file=path).send([message()])
        assert outcome.detail.startswith(f"ca_file {path} cannot be read (")
        assert not outcome.permanent


def test_the_password_is_in_no_representation() -> None:
    assert "open sesame" not in repr(EmailNotifier(replace(PLAIN, password="open sesame"), lambda: NOW))


# ------------------------------------------------------------------------------------------------ servers that misbehave


@contextlib.contextmanager
def misbehaving(talk: Callable[[socket.socket, int], None]) -> Iterator[tuple[int, list[int]]]:
    """A server that does with the n-th connection what ``talk`` says, then closes it; and the list of connections."""
    calls: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    connection, _ = listening.accept()
                except TimeoutError:
                    continue
                calls.append(1)
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(5)
                    talk(connection, len(calls))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1], calls
        finally:
            over.set()
            thread.join(5)


def greet(connection: socket.socket) -> None:
    connection.sendall(b"220 hello\r\n")
    connection.recv(1000)
    connection.sendall(b"250 hello\r\n")


def test_a_server_that_says_nothing_costs_one_wait_for_all() -> None:
    def silence(connection: socket.socket, number: int) -> None:
        connection.recv(1000)

    with misbehaving(silence) as (port, calls):
        outcomes = list(notifier(port, seconds=0.3).send([message(number=n) for n in range(5)]))
    assert {(outcome.ok, outcome.permanent, outcome.detail) for outcome in outcomes} == {
        (False, False, f"127.0.0.1:{port} did not answer within 0.3 s")
    }
    assert len(calls) == 1


def test_a_server_that_falls_silent_in_mid_mail_is_given_up() -> None:
    def fall_silent(connection: socket.socket, number: int) -> None:
        greet(connection)
        connection.recv(1000)
        connection.recv(1000)

    with misbehaving(fall_silent) as (port, calls):
        outcomes = list(notifier(port, seconds=0.3).send([message(number=n) for n in range(3)]))
    assert {outcome.detail for outcome in outcomes} == {"the mail server did not answer in time"}
    assert [(outcome.unsure, outcome.down) for outcome in outcomes] == [(True, True), (False, True), (False, True)]
    assert len(calls) == 1


def test_a_connection_that_is_dropped_is_opened_once_more() -> None:
    def drop(connection: socket.socket, number: int) -> None:
        greet(connection)
        connection.recv(1000)

    with misbehaving(drop) as (port, calls):
        outcomes = list(notifier(port).send([message(number=n) for n in range(4)]))
    assert [outcome.ok for outcome in outcomes] == [False] * 4
    assert {outcome.permanent for outcome in outcomes} == {False}
    assert [outcome.unsure for outcome in outcomes] == [True, True, False, False]
    assert [outcome.down for outcome in outcomes] == [False, True, True, True]
    assert {outcome.detail for outcome in outcomes} <= {
        "the mail server closed the connection",
        "the connection to the mail server was lost",
    }
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("greeting", "detail"),
    [
        (b"", "closed the connection"),
        (b"554 5.7.1 go away ines@quillon.example\r\n", "answered 554 5.7.1"),
        (b"421 busy\r\n", "answered 421"),
        (b"\xff\xfe nonsense\r\n", "answered -1"),
    ],
)
def test_a_server_that_does_not_want_us(greeting: bytes, detail: str) -> None:
    with misbehaving(lambda connection, number: connection.sendall(greeting)) as (port, _):
        (outcome,) = notifier(port).send([message()])
    assert outcome.detail == f"127.0.0.1:{port} {detail}"
    assert not outcome.permanent


def test_nobody_there() -> None:
    port = free_port()
    outcomes = list(notifier(port).send([message(), message()]))
    assert {(outcome.ok, outcome.permanent, outcome.down, outcome.unsure) for outcome in outcomes} == {
        (False, False, True, False)
    }
    assert all(outcome.detail.startswith(f"127.0.0.1:{port} cannot be reached: ") for outcome in outcomes)


@pytest.mark.parametrize("host", ["169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0"])
def test_a_metadata_service_is_never_talked_to(host: str) -> None:
    (outcome,) = notifier(25, host=host).send([message()])
    assert "is not allowed" in outcome.detail
