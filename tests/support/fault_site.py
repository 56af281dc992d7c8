"""A site on which everything goes wrong that a network can do to a reader, and which is well again when it is told to be."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import trustme

from tests.support.hostile_site import item, rss
from tests.unit.net.net_server import Reply, Site, raw, serve

Answer = Reply | Callable[[socket.socket], None]
LOGIN = b"<!doctype html><html><head><title>Log in</title></head><body><form>Quillon</form></body></html>"
TAG, SEARCH = "/api/v1/timelines/tag/quillon", "/api/v2/search"


def later(pause: timedelta = timedelta(minutes=1)) -> str:
    return format_datetime(datetime.now(UTC) + pause, usegmt=True)


@raw
def silent(connection: socket.socket) -> None:
    """Takes the request and says nothing until the reader gives up."""
    connection.recv(1)


@raw
def reset(connection: socket.socket) -> None:
    """Breaks off in the middle of the body, as a crashed server does."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 9000\r\n\r\n" + feed("x")[:400])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@raw
def drip(connection: socket.socket) -> None:
    """A byte now and then: never long silent, and never done."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        threading.Event().wait(0.2)


def feed(name: str) -> bytes:
    """Two posts about the brand, of now."""
    date = later(-timedelta(minutes=5))
    return rss(*(item(f"{name}-{n}", f"Quillon is great, says {name} for the {n}th time.", date=date) for n in (1, 2))).encode()


FEEDS: Mapping[str, Callable[[], Answer]] = {
    "limited": lambda: Reply(b"", 429),
    "limited-seconds": lambda: Reply(b"", 429, {"Retry-After": "60"}),
    "limited-date": lambda: Reply(b"", 429, {"Retry-After": later()}),
    "broken": lambda: Reply(b"", 500),
    "down": lambda: Reply(b"", 503, {"Retry-After": "60"}),
    "silent": lambda: silent,
    "reset": lambda: reset,
    "drip": lambda: drip,
    "login": lambda: Reply(LOGIN),
    "gone": lambda: Reply(b"", 410),
    "loop": lambda: Reply(b"", 302, {"Location": "/loop"}),
    "moved-to-login": lambda: Reply(b"", 302, {"Location": "/sso"}),
}
"""What the paths of one site answer while the fault lasts."""

APIS: Mapping[str, Callable[[], Answer]] = {
    "token": lambda: Reply(b'{"error": "The access token was revoked"}', 401),
    "cut-json": lambda: Reply(statuses("cut-json")[:-40], headers={"Content-Type": "application/json"}),
    "error-body": lambda: Reply(
        b'{"error": "This method requires an authenticated user"}', headers={"Content-Type": "application/json"}
    ),
    "api-login": lambda: Reply(LOGIN, headers={"Content-Type": "text/html"}),
}
"""What instances of Mastodon, each of its own, answer."""


def statuses(name: str) -> bytes:
    """One post about the brand, as an instance of that name gives it."""
    home = f"https://{name}.example"
    account = {
        "id": "1",
        "username": "mira",
        "acct": f"mira@{name}.example",
        "display_name": "",
        "url": f"{home}/@mira",
        "note": "",
    }
    post = {
        "id": "115990000000000103",
        "created_at": (datetime.now(UTC) - timedelta(minutes=5)).isoformat(),
        "uri": f"{home}/users/mira/statuses/1",
        "url": f"{home}/@mira/1",
        "visibility": "public",
        "language": "en",
        "content": f"<p>Quillon is great, says {name}.</p>",
        "account": {**account, "uri": f"{home}/users/mira", "fields": [], "emojis": []},
        "tags": [{"name": "quillon"}],
        "mentions": [],
        "media_attachments": [],
    }
    return json.dumps([post]).encode()


@dataclass
class FaultySite:
    """All of it: a site of feeds, one under a wrong certificate, and the instances."""

    feeds: Site
    secure: Site
    apis: Mapping[str, Site]
    authority: trustme.CA
    context: ssl.SSLContext

    @property
    def expected(self) -> dict[str, int]:
        """How many posts each source has."""
        return {"good": 2, "certificate": 2, **dict.fromkeys(FEEDS, 2), **dict.fromkeys(APIS, 1)}

    def configuration(self) -> str:
        """The sources, and a reader who gives up soon."""
        urls = {name: self.feeds.url(f"/{name}") for name in ("good", *FEEDS)} | {"certificate": self.secure.url("/certificate")}
        tables = [f'[[sources]]\nname = "{name}"\nkind = "rss"\nurl = "{url}"\nprivate = true\n' for name, url in urls.items()]
        for name, site in self.apis.items():
            token = 'token = "abc"\nqueries = ["Quillon"]\n' if name == "token" else ""
            where = f'instance = "{site.url("")}"\ntags = ["quillon"]\nprivate = true\n'
            tables.append(f'[[sources]]\nname = "{name}"\nkind = "mastodon"\n{where}{token}')
        net = '[net]\nca_file = "ca.pem"\nread_timeout = 3\ntotal_timeout = 6\nper_host_interval = 0\n'
        return f'[[brands]]\nname = "Quillon"\n{"".join(tables)}{net}[digest]\nhour = 0\n'

    def break_down(self) -> None:
        for name, answer in FEEDS.items():
            self.feeds.answers[f"/{name}"] = answer()
        self.feeds["/sso"] = LOGIN
        for name, answer in APIS.items():
            self.apis[name].answers.update({TAG: answer(), SEARCH: answer()})
        trustme.CA().issue_cert("127.0.0.1").configure_cert(self.context)

    def recover(self) -> None:
        for name in ("good", *FEEDS):
            self.feeds[f"/{name}"] = feed(name)
        self.secure["/certificate"] = feed("certificate")
        for name, site in self.apis.items():
            site[TAG] = statuses(name)
            site[SEARCH] = json.dumps({"accounts": [], "hashtags": [], "statuses": json.loads(statuses(name))})
        self.authority.issue_cert("127.0.0.1").configure_cert(self.context)


@contextmanager
def faulty_site() -> Iterator[FaultySite]:
    """The site, which is well so far."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with ExitStack() as stack:
        apis = {name: stack.enter_context(serve()) for name in APIS}
        site = FaultySite(stack.enter_context(serve()), stack.enter_context(serve(context)), apis, authority, context)
        site.recover()
        yield site
