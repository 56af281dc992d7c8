"""An address on loopback that takes what is posted to it, and serves one feed: the outside world of an image that is tried."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_FEED = """<?xml version="1.0"?>
<rss version="2.0"><channel><title>A feed</title><link>{url}</link><description>One post</description>
<item><title>We like it</title><guid>1</guid><author>ines@example.org (Ines Toft)</author><pubDate>{now}</pubDate>
<description>Quillon is great.</description></item></channel></rss>
"""
_SOURCE = """
[[sources]]
name = "feed"
kind = "rss"
url = "{url}/feed.xml"
private = true
"""


@dataclass(frozen=True, slots=True)
class Site:
    """Where it is, and the bodies that were posted to it."""

    url: str
    posted: list[bytes] = field(default_factory=list)

    @property
    def source(self) -> str:
        """The table of a configuration that listens to the feed."""
        return _SOURCE.format(url=self.url)


@contextmanager
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            here.posted.append(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer("text/plain", b"ok")  # the word by which Slack takes a message

        def do_GET(self) -> None:
            feed = _FEED.format(url=here.url, now=format_datetime(datetime.now(UTC)))
            self._answer("application/rss+xml", feed.encode())

        def _answer(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here = Site(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
