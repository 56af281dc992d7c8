"""A real HTTP server on loopback whose every path is a function, for tests of the door and the connectors."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Reply:
    """A plain answer. ``etag`` makes a second, conditional request end in a 304."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None


@dataclass
class Seen:
    path: str
    headers: Mapping[str, str]
    method: str = "GET"
    body: bytes = b""


Raw = Callable[[socket.socket], None]
"""Takes the connection after the request was read and writes whatever it likes."""


class Site:
    """What the server serves, by path: a ``Reply``, or a function that makes one or writes to the socket.

    Requests are kept in ``seen``.
    """

    def __init__(self, port: int, scheme: str = "http") -> None:
        self.port = port
        self.scheme = scheme
        self.answers: dict[str, Reply | Raw | Callable[[Seen], Reply]] = {}
        self.seen: list[Seen] = []
        self.connections = 0

    def __setitem__(self, path: str, answer: Reply | Raw | Callable[[Seen], Reply] | bytes | str) -> None:
        if isinstance(answer, str):
            answer = answer.encode()
        self.answers[path] = Reply(answer) if isinstance(answer, bytes) else answer

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        return [request.path for request in self.seen]


def raw(function: Raw) -> Raw:
    """Mark a function as one that writes to the socket itself."""
    function.raw = True  # type: ignore[attr-defined]  # a mark on the function object
    return function


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes; without this the second waits 40 ms
    site: Site

    def setup(self) -> None:
        super().setup()
        self.site.connections += 1

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        seen = Seen(self.path, {k.lower(): v for k, v in self.headers.items()}, self.command, self.rfile.read(length))
        self.site.seen.append(seen)
        bare = self.path.partition("?")[0]  # a path without its query answers every query
        answer = self.site.answers.get(self.path) or self.site.answers.get(bare) or Reply(b"nothing here", 404)
        if getattr(answer, "raw", False):
            self.close_connection = True
            with suppress(OSError):  # the client hung up, which is what many tests want
                answer(self.connection)  # type: ignore[operator]  # a Raw
            return
        self._send(answer if isinstance(answer, Reply) else answer(seen), seen)  # type: ignore[arg-type]  # not a Raw

    do_POST = do_GET  # noqa: N815 - the base class looks for this name

    def _send(self, reply: Reply, seen: Seen) -> None:
        status, body = reply.status, reply.body
        if reply.etag is not None and seen.headers.get("if-none-match") == reply.etag:
            status, body = 304, b""
        self.send_response_only(status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.etag is not None:
            self.send_header("ETag", reply.etag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name for it
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # clients that hang up are part of the tests


@contextmanager
def serve(tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """A site on a free port of 127.0.0.1 until the end of the block."""
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {}))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    site = Site(server.server_address[1], "https" if tls else "http")
    server.RequestHandlerClass.site = site  # type: ignore[attr-defined]  # the handler's class made above
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
