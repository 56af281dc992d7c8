"""A company's own certificate authority: trusted beside the public ones, for sources, mail and chats; others are refused."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import AuthResult

from listener.notify.email import Security, SmtpSettings, connect
from tests.support.commands import Ended, call
from tests.support.postbox import Postbox, serving
from tests.unit.net.net_server import Reply, Site, serve

CONFIG = """
[[brands]]
name = "Quillon"
[[sources]]
name = "inside"
kind = "rss"
url = "{inside}/feed.xml"
private = true
[[sources]]
name = "strange"
kind = "rss"
url = "{strange}/feed.xml"
private = true
[[notifiers]]
name = "mail"
kind = "email"
host = "127.0.0.1"
port = {mail}
user = "listener"
password = "hush-of-the-mail"
from = "listener@quillon.example"
to = ["team@quillon.example"]
[[notifiers]]
name = "chat"
kind = "slack"
url = "{inside}/chat"
private = true
[nlp]
engine = "vader"
[net]
ca_file = "ca.pem"
"""


def issued(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def feed() -> Reply:
    when = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
    item = f"<item><guid>1</guid><title>Quillon is great</title><pubDate>{when}</pubDate></item>"
    return Reply(f'<rss version="2.0"><channel><title>t</title>{item}</channel></rss>'.encode())


@dataclass
class World:
    folder: Path
    inside: Site
    mails: Postbox

    def __call__(self, *arguments: str) -> Ended:
        return call(*arguments, folder=self.folder)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A feed and a chat under our own authority, a feed under a stranger's, and a mail server under ours."""
    ours, stranger = trustme.CA(), trustme.CA()
    ours.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    stranger.cert_pem.write_to_path(str(tmp_path / "stranger.pem"))

    def admit(*_: Any) -> AuthResult:
        return AuthResult(success=True)

    postbox = Postbox()
    with (
        serve(issued(ours)) as inside,
        serve(issued(stranger)) as strange,
        serving(postbox, tls_context=issued(ours), require_starttls=True, authenticator=admit) as port,
    ):
        inside["/feed.xml"], strange["/feed.xml"], inside["/chat"] = feed(), feed(), b"ok"
        text = CONFIG.format(inside=inside.url(""), strange=strange.url(""), mail=port)
        (tmp_path / "listener.toml").write_text(text, encoding="utf-8")
        yield World(tmp_path, inside, postbox)


def test_ours_is_trusted_everywhere_and_a_strangers_fails_its_source_alone(world: World) -> None:
    ran = world("run")
    assert ran.status == 0, ran.said
    health = {line["source"]: line for line in world("sources", "--json").lines}
    assert health["inside"]["health"] == "ok"
    assert health["strange"]["health"] == "failed"
    assert "the certificate is not valid" in health["strange"]["reason"]
    assert "strange" in ran.out
    assert "the certificate is not valid" in ran.out
    assert world("alerts", "test").status == 0
    assert "/chat" in world.inside.paths()
    assert {mail["To"] for mail in world.mails.mails} == {"team@quillon.example"}


def test_without_it_nothing_is_sent_in_trust_and_all_is_named(world: World) -> None:
    (world.folder / "stranger.pem").replace(world.folder / "ca.pem")
    ran = world("run")
    assert ran.status == 0, "the stranger's is trusted now"
    reasons = {line["source"]: line["reason"] for line in world("sources", "--json").lines}
    assert "the certificate is not valid" in reasons["inside"]
    assert reasons["strange"] is None
    told = world("alerts", "test")
    assert told.status == 1
    assert "is not trusted" in told.said
    assert "set ca_file" in told.said
    assert world.mails.mails == []
    assert "/chat" not in world.inside.paths()
    assert "hush" not in ran.said + told.said


def test_a_file_that_is_no_certificate_is_said_before_anything_is_asked(world: World) -> None:
    (world.folder / "ca.pem").write_text("no certificate", encoding="utf-8")
    ran = world("run")
    assert ran.status == 2
    assert "net.ca_file" in ran.err
    assert world.inside.seen == []


def test_a_mail_server_of_the_public_internet_stays_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    made: list[ssl.SSLContext] = []
    original: Callable[..., ssl.SSLContext] = ssl.create_default_context

    def kept(*given: Any, **more: Any) -> ssl.SSLContext:
        made.append(original(*given, **more))
        return made[-1]

    monkeypatch.setattr(ssl, "create_default_context", kept)
    with serving(Postbox()) as port, pytest.raises(Exception, match="does not offer"):
        connect(SmtpSettings("127.0.0.1", port, "a@b.example", security=Security.STARTTLS, ca_file=tmp_path / "ca.pem"))
    (context,) = made
    names = {str(one["subject"]) for one in context.get_ca_certs()}
    assert any("trustme" in name for name in names)
    assert len(names) > 50
