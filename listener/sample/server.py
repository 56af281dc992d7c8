"""Serves the sample on loopback, as feeds are served: with validators, so that an unchanged feed costs a 304."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from listener.sample.build import SampleSite, build


@contextmanager
def serving(now: datetime, port: int = 0) -> Iterator[str]:
    """Serve the sample as of the day of ``now`` while the block runs; yields its base URL, without a slash at its end.

    Only this machine can reach it. A port of 0 takes any free one.

    Raises:
        OSError: the port is taken.
    """
    pages = _Pages()
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, pages))
    base_url = f"http://127.0.0.1:{server.server_port}"
    pages.site = build(now, base_url)
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.05), name="sample", daemon=True)
    thread.start()
    try:
        yield base_url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Pages:
    """What is served: set once the port, and with it every link, is known."""

    site = SampleSite({})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10  # seconds; an idle connection must not keep its thread

    def __init__(self, pages: _Pages, *args: Any) -> None:
        self.pages = pages
        super().__init__(*args)

    def do_GET(self) -> None:
        found = self.pages.site.resources.get(self.path.partition("?")[0])
        if found is None:
            self._answer(HTTPStatus.NOT_FOUND, b"not found\n", "text/plain; charset=utf-8")
        elif self.headers.get("If-None-Match") == found.etag:
            self._answer(HTTPStatus.NOT_MODIFIED, b"", found.content_type, found.etag)
        else:
            self._answer(HTTPStatus.OK, found.body, found.content_type, found.etag)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _answer(self, status: HTTPStatus, body: bytes, content_type: str, etag: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if etag:
            self.send_header("ETag", etag)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The demo shows what listener does, not what its sample server does."""
