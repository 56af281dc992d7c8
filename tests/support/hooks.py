"""A receiver of chat messages and webhooks on loopback: it keeps what is posted, and answers what the test says."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.unit.net.net_server import Raw, Reply, Seen, Site, raw, serve

PATH = "/services/T0SECRET/B0SECRET/path-of-the-secret-address"
"""What the addresses of chats look like: whoever knows the path may post."""
SECRET_PARTS = ("T0SECRET", "B0SECRET", "path-of-the-secret-address")

Answer = Reply | Raw | Callable[[Seen], Reply]


class _Turns(dict[str, Any]):
    """For whichever path is asked: the next of the answers, the last one for ever."""

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = answers

    def get(self, key: str, default: Any = None) -> Any:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Hook:
    """One address. ``answer`` sets what it says from now on, in turn."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.released = threading.Event()
        self.answer(Reply())

    @property
    def url(self) -> str:
        return self.site.url(PATH)

    @property
    def seen(self) -> list[Seen]:
        """The requests, in order."""
        return self.site.seen

    def bodies(self) -> list[Any]:
        """Of the requests, read as JSON."""
        return [json.loads(request.body) for request in self.seen]

    def answer(self, *answers: Answer) -> None:
        self.site.answers = _Turns(list(answers))


@contextmanager
def hook(tls: Any = None) -> Iterator[Hook]:
    """A receiver until the end of the block; who hangs is let go then."""
    with serve(tls) as site:
        made = Hook(site)
        try:
            yield made
        finally:
            made.released.set()


def said(status: int = 200, body: bytes | str | dict[str, Any] = b"", **headers: str) -> Reply:
    """A plain answer: a dictionary is sent as JSON, and words as ``text/html``, as Slack sends its own. Underscores in the names
    of headers are hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, dict):
        return Reply(json.dumps(body).encode(), status, {"Content-Type": "application/json", **named})
    if isinstance(body, str):
        return Reply(body.encode(), status, {"Content-Type": "text/html", **named})
    return Reply(body, status, named)


def page(status: int = 200) -> Reply:
    """What a log-in page or a parked domain says, whatever it was asked."""
    html = b"<!doctype html><html><head><title>Log in</title></head><body>Please log in</body></html>"
    return Reply(html, status, {"Content-Type": "text/html; charset=utf-8"})


def huge(status: int = 200, size: int = 3_000_000) -> Reply:
    return Reply(b"x" * size, status, {"Content-Type": "text/plain"})


def redirect(to: str) -> Reply:
    return Reply(b"", 302, {"Location": to})


@raw
def reset(connection: socket.socket) -> None:
    """Takes the request and resets the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@raw
def nonsense(connection: socket.socket) -> None:
    connection.sendall(b"220 mail.example ESMTP ready\r\n")


def hangs(receiver: Hook) -> Raw:
    """Takes the request and says nothing until the receiver is let go."""

    @raw
    def wait(connection: socket.socket) -> None:
        receiver.released.wait(30)

    return wait


def drips(receiver: Hook) -> Raw:
    """An answer of which one byte comes after the other, without end."""

    @raw
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not receiver.released.wait(0.05):
            connection.sendall(b"o")

    return drip
