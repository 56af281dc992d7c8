"""A real HTTP proxy on loopback: CONNECT and absolute addresses, with or without a log-in. Only it knows the way to the hosts."""

from __future__ import annotations

import select
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass
class Proxy:
    """``routes`` leads from ``host:port`` to a port of loopback; ``login`` is ``user:password``, if it wants one."""

    routes: Mapping[str, int]
    login: str | None = None
    port: int = 0
    seen: list[tuple[str, str]] = field(default_factory=list)
    """Method and target of every request that it let through."""
    refused: int = 0

    def url(self, login: str | None = None) -> str:
        return f"http://{login + '@' if login else ''}127.0.0.1:{self.port}"

    def hosts(self, method: str) -> set[str]:
        """To which hosts it let such requests through."""
        targets = {target for done, target in self.seen if done == method}
        return {(urlsplit(target).netloc or target).partition(":")[0] for target in targets}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def do_CONNECT(self) -> None:
        port = self._admitted(self.path)
        if port is None:
            return
        with socket.create_connection(("127.0.0.1", port), timeout=10) as there:
            self.send_response_only(200, "Connection established")
            self.end_headers()
            self.close_connection = True
            with suppress(OSError):  # either side may hang up
                _carry(self.connection, there)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        port = self._admitted(f"{parts.hostname}:{parts.port or 80}")
        if port is None:
            return
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        own = {"proxy-authorization", "proxy-connection"}
        headers = {name: value for name, value in self.headers.items() if name.lower() not in own}
        there = HTTPConnection("127.0.0.1", port, timeout=10)
        there.request(self.command, parts._replace(scheme="", netloc="").geturl() or "/", body or None, headers)
        answer = there.getresponse()
        content = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"connection", "content-length", "transfer-encoding"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        there.close()

    do_POST = do_GET  # noqa: N815 - the base class looks for this name

    def _admitted(self, target: str) -> int | None:
        """The port of loopback where the target is; ``None`` where the request was refused."""
        proxy = self.proxy
        wanted = f"Basic {b64encode(proxy.login.encode()).decode()}" if proxy.login else None
        if wanted is not None and self.headers.get("proxy-authorization") != wanted:
            proxy.refused += 1
            return self._refuse(407)
        if target not in proxy.routes:
            return self._refuse(502)
        proxy.seen.append((self.command, self.path))
        return proxy.routes[target]

    def _refuse(self, status: int) -> None:
        self.send_response_only(status)
        if status == 407:
            self.send_header("Proxy-Authenticate", 'Basic realm="proxy"')
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name for it
        pass


def _carry(here: socket.socket, there: socket.socket) -> None:
    """Bytes both ways, until one side has said all."""
    while True:
        ready, _, _ = select.select([here, there], [], [], 30)
        if not ready:
            return
        for one in ready:
            data = one.recv(65536)
            if not data:
                return
            (there if one is here else here).sendall(data)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # clients that hang up are no news


@contextmanager
def proxying(routes: Mapping[str, int], login: str | None = None) -> Iterator[Proxy]:
    """A proxy until the end of the block."""
    proxy = Proxy(routes, login)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": proxy}))
    proxy.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
