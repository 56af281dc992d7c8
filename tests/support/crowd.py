"""Many hosts at once: feeds on loopback addresses of their own, and how many connections and requests each of them saw."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

_FEED = (
    '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Feed {n}</title><link>http://feed{n}.example/</link>'
    "<item><guid>feed{n}-1</guid><title>Post of feed {n}</title><description>Quillon is great, says feed {n}.</description>"
    "<pubDate>{date}</pubDate></item></channel></rss>"
)


@dataclass
class Crowd:
    """What the hosts saw: requests with the moment of each (seconds of ``time.time``), and the most of everything at once."""

    addresses: list[str] = field(default_factory=list)
    requests: list[tuple[int, float]] = field(default_factory=list)
    most_connections: int = 0
    most_requests: int = 0
    most_requests_of_a_host: int = 0
    connections: int = 0
    under_way: Counter[int] = field(default_factory=Counter)

    def opened(self) -> None:
        self.connections += 1
        self.most_connections = max(self.most_connections, self.connections)

    def closed(self) -> None:
        self.connections -= 1

    def begun(self, host: int) -> None:
        self.requests.append((host, time.time()))
        self.under_way[host] += 1
        self.most_requests = max(self.most_requests, self.under_way.total())
        self.most_requests_of_a_host = max(self.most_requests_of_a_host, self.under_way[host])

    def answered(self, host: int) -> None:
        self.under_way[host] -= 1


class _Host(asyncio.Protocol):
    """One connection to one host: every request gets its feed after a pause."""

    def __init__(self, crowd: Crowd, host: int, pause: float) -> None:
        self._crowd, self._host, self._pause = crowd, host, pause
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._crowd.opened()

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.closed()

    def data_received(self, data: bytes) -> None:
        self._head += data
        if self._head.endswith(b"\r\n\r\n"):
            self._head = b""
            self._crowd.begun(self._host)
            asyncio.get_running_loop().call_later(self._pause, self._answer)

    def _answer(self) -> None:
        self._crowd.answered(self._host)
        body = _FEED.format(n=self._host, date=format_datetime(datetime.now(UTC))).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: {len(body)}\r\n\r\n"
        if not self._transport.is_closing():
            self._transport.write(head.encode() + body)  # type: ignore[attr-defined]  # a transport for writing


@contextmanager
def crowd(hosts: int, pause: float = 0.05) -> Iterator[Crowd]:
    """Feeds on 127.1.x.y, one host each, until the end of the block; ``pause`` seconds pass before each answer."""
    seen = Crowd()
    loop = asyncio.new_event_loop()
    ready, over = threading.Event(), asyncio.Event()

    async def serve() -> None:
        servers = []
        for number in range(hosts):
            name = f"127.1.{number // 250}.{number % 250 + 1}"
            server = await loop.create_server(lambda number=number: _Host(seen, number, pause), name, 0)  # type: ignore[misc]  # binds this turn's number
            servers.append(server)
            seen.addresses.append(f"http://{name}:{server.sockets[0].getsockname()[1]}/feed.xml")
        ready.set()
        await over.wait()
        for server in servers:
            server.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    ready.wait(30)
    try:
        yield seen
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()
