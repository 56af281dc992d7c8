"""Services on loopback that answer whatever they are asked with all that they were told, secrets too, as careless ones do."""

from __future__ import annotations

import base64
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Echo:
    """``status`` is that of every answer over HTTP; ``heard`` is all that was asked, log-ins decoded."""

    status: int = 401
    web: int = 0
    smtp: int = 0
    imap: int = 0
    heard: list[str] = field(default_factory=list)


@contextmanager
def echoing() -> Iterator[Echo]:
    """An HTTP server, which is a proxy as well, one for SMTP and one for IMAP."""
    echo = Echo()
    web = ThreadingHTTPServer(("127.0.0.1", 0), type("Web", (_Web,), {"echo": echo}))
    smtp = _Lines(("127.0.0.1", 0), type("Smtp", (_Mail,), {"echo": echo, "first": b"220 ready\r\n"}))
    imap = _Lines(("127.0.0.1", 0), type("Imap", (_Mail,), {"echo": echo, "first": b"* OK ready\r\n"}))
    servers = (web, smtp, imap)
    echo.web, echo.smtp, echo.imap = (server.server_address[1] for server in servers)
    for server in servers:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield echo
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


class _Lines(socketserver.ThreadingTCPServer):
    pass


class _Web(BaseHTTPRequestHandler):
    echo: Echo

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode(errors="replace")
        scheme, _, login = (self.headers.get("authorization") or self.headers.get("proxy-authorization") or "").partition(" ")
        decoded = base64.b64decode(login + "==").decode(errors="replace") if scheme.lower() == "basic" else ""
        told = f"{self.requestline}\n{self.headers}\n{body}\n{decoded}"
        self.echo.heard.append(told)
        page = f'{{"error": {told!r}, "message": {told!r}}}'.encode()
        self.send_response(self.echo.status, told.splitlines()[0])
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    do_GET = do_POST = do_PUT = do_HEAD = do_CONNECT = answer  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None: ...


class _Mail(socketserver.StreamRequestHandler):
    echo: Echo
    first: bytes

    def handle(self) -> None:
        """The same words serve both: ``AUTH`` and ``LOGIN`` are refused with what they said."""
        self.wfile.write(self.first)
        for raw in self.rfile:
            line = raw.decode(errors="replace").strip()
            self.echo.heard.append(line)
            self.wfile.write(self._reply(line).encode())

    def _reply(self, line: str) -> str:
        first, _, rest = line.partition(" ")
        if first.upper() in {"EHLO", "HELO"}:
            return "250-here\r\n250 AUTH PLAIN LOGIN\r\n"
        if first.upper() == "AUTH":
            said = base64.b64decode(rest.split(" ")[-1] + "==").decode(errors="replace").replace("\0", " ")
            self.echo.heard.append(said)
            return f"535 refused: {said}\r\n"
        if rest.upper().startswith("CAPABILITY"):
            return f"* CAPABILITY IMAP4rev1\r\n{first} OK done\r\n"
        if rest.upper().startswith("LOGIN"):
            return f"{first} NO refused: {rest}\r\n"
        return f"{first} BAD {rest}\r\n" if rest else "500 what\r\n"
