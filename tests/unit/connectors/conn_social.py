"""What the tests of the social networks' connectors share: runs against a server on loopback, and ways in which it misbehaves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from listener.core.connector import ConnectorContext, ConnectorSpec
from listener.core.errors import RetryLater, SourceError, SourceProtocolError, SourceRejected
from listener.core.mention import Cursor, Mention, Page
from listener.net.door import open_door
from listener.net.settings import DoorSettings
from tests.unit.connectors.conn_door import NOW
from tests.unit.net.net_server import Reply, Seen, Site, raw, serve

DATA = Path(__file__).parents[2] / "data"

FAULTS: Mapping[str, tuple[Any, type[SourceError]]] = {
    "bad request": (Reply(b"{}", 400), SourceRejected),
    "not found page": (Reply(b"<html>404</html>", 404), SourceRejected),
    "gone": (Reply(b"{}", 410), SourceRejected),
    "server error": (Reply(b"oops", 500), RetryLater),
    "bad gateway": (Reply(b"<html>502</html>", 502), RetryLater),
    "unavailable": (Reply(b"", 503, {"Retry-After": "120"}), RetryLater),
    "too many": (Reply(b"{}", 429), RetryLater),
    "web page": (Reply(b"<!doctype html><html>Sign in</html>", 200, {"Content-Type": "text/html"}), SourceProtocolError),
    "cut off": (Reply(b'{"hits": [{"obj'), SourceProtocolError),
    "empty": (Reply(b""), SourceProtocolError),
    "wrong type": (Reply(b'{"hits": "x", "statuses": 7, "posts": {}, "feed": null}'), SourceProtocolError),
    "null": (Reply(b"null"), SourceProtocolError),
    "silence": (raw(lambda connection: connection.recv(1)), RetryLater),
    "hangs up": (raw(lambda connection: connection.close()), RetryLater),
}
"""What a server may do instead of answering, and what that is."""


def golden(name: str) -> Any:
    return json.loads((DATA / name).read_text())


def asked(seen: Seen) -> dict[str, str]:
    """The parameters of a request."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(seen.path).query, keep_blank_values=True).items()}


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(json.dumps(value).encode(), status, {"Content-Type": "application/json", **(headers or {})})


@dataclass
class Bench:
    """A kind of source whose server is ``site``."""

    site: Site
    spec: ConnectorSpec
    options: dict[str, Any]
    context: ConnectorContext

    def streams(self, **more: Any) -> Mapping[str, Any]:
        return self.spec.streams(self.spec.options(**{**self.options, **more}), self.context)

    def run(self, stream: str | None = None, cursor: Cursor | None = None, **more: Any) -> list[Page]:
        """One stream (the first, or the named one) from a cursor."""
        streams = self.streams(**more)
        chosen = streams[stream or next(iter(streams))]
        return list(self.spec.build(chosen, self.context).pages(json.loads(json.dumps(cursor or {}))))


@contextmanager
def bench(spec: ConnectorSpec, address: str, path: str = "", **options: Any) -> Iterator[Bench]:
    """The kind against a fresh server; ``address`` is the option that says where the service is."""
    with serve() as site, open_door(DoorSettings(read_timeout=0.4, total_timeout=5)) as door:
        context = ConnectorContext(door, NOW, since=NOW - timedelta(days=7))
        yield Bench(site, spec, {address: site.url(path), "private": True, **options}, context)


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


def reasons(pages: list[Page]) -> dict[str, str]:
    return {rejected.item: rejected.reason for page in pages for rejected in page.rejected}


def status(number: int, **more: Any) -> dict[str, Any]:
    """A status of Mastodon, the younger the higher its number."""
    return {
        "id": str(number),
        "uri": f"https://social.example/users/jo/statuses/{number}",
        "url": f"https://social.example/@jo/{number}",
        "created_at": (NOW - timedelta(days=1) + timedelta(seconds=number)).isoformat(),
        "visibility": "public",
        "content": f"<p>words {number}</p>",
        "account": {"id": "1", "acct": "jo", "username": "jo", "url": "https://social.example/@jo"},
        **more,
    }
