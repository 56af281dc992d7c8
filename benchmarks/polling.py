"""Asking 2,000 unchanged feeds on 2,000 hosts: CPU a feed of our way against aiohttp, httpx (asynchronous) and feedparser.

    python benchmarks/polling.py [--feeds 2000] [--rounds 5] [--only NAME ...] [--whole]

Every feed is on a loopback address of its own, so no connection serves two; a server in a process of its own answers every
request with a 304. Each contender is a process of its own that opens its client, asks one feed to warm up, and then asks all;
the CPU is user plus system time of that, and the contenders take turns round by round. The ratio is the median of the ratios
per round. All but feedparser, which has no such thing, have at most 32 requests in flight.

``--whole`` measures ``listener run`` instead: the first poll, with one mention a feed, and a second with nothing changed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from run import CONFIG, Cost, chain, measure

IN_FLIGHT = 32
ETAG = '"unchanged"'
MODIFIED = "Fri, 20 Nov 2026 08:00:00 GMT"
_UNCHANGED = (
    b"HTTP/1.1 304 Not Modified\r\nDate: Fri, 20 Nov 2026 09:00:00 GMT\r\nServer: nginx\r\n"
    b'ETag: "unchanged"\r\nLast-Modified: Fri, 20 Nov 2026 08:00:00 GMT\r\nConnection: keep-alive\r\n\r\n'
)
_FEED = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>Blog</title><item><guid isPermaLink="false">1</guid>'
    "<title>Note</title><link>http://{host}/1</link><pubDate>Fri, 20 Nov 2026 08:00:00 GMT</pubDate>"
    "<author>jo@{host}.example (Jo)</author>"
    "<description>Nobody at {host} could say who had left the piano in the courtyard, but Quillon did.</description></item>"
    "</channel></rss>"
)


class _Feeds(asyncio.Protocol):
    """Answers as soon as a request's head is there: with a feed of one entry, or a 304 to whoever knows it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._head = b""

    def data_received(self, data: bytes) -> None:
        self._head += data
        if self._head.endswith(b"\r\n\r\n"):
            known = b"if-none-match" in self._head.lower()
            self._head = b""
            self._transport.write(_UNCHANGED if known else self._feed())  # type: ignore[attr-defined]  # a write transport

    def _feed(self) -> bytes:
        body = _FEED.format(host=self._transport.get_extra_info("sockname")[0]).encode()
        return b'HTTP/1.1 200 OK\r\nETag: "unchanged"\r\nContent-Length: %d\r\n\r\n%b' % (len(body), body)


async def _serve(ready: Any) -> None:
    server = await asyncio.get_running_loop().create_server(_Feeds, "0.0.0.0", 0, backlog=1024)
    ready.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _serving(ready: Any) -> None:
    asyncio.run(_serve(ready))


@contextmanager
def feeds_everywhere() -> Iterator[int]:
    """The port at which every address in 127.0.0.0/8 has a feed."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serving, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.kill()
        process.join()


def addresses(count: int, port: int) -> list[str]:
    """So many feeds, each on a host of its own."""
    return [f"http://127.{1 + n // 62500}.{n // 250 % 250}.{1 + n % 250}:{port}/feed.xml" for n in range(count)]


# ------------------------------------------------------------------------------------------------- the contenders


def _ours(urls: list[str], timed: Callable[[], None]) -> int:
    """The whole path of a run, without the store: streams in threads, the connector for feeds, the door."""
    from connectors.rss import SPEC
    from listener.collecting import Stream, fetch_all
    from listener.core.brand import OPEN_WEB
    from listener.core.connector import ConnectorContext
    from listener.core.mention import Page
    from listener.net.door import open_door
    from listener.net.settings import DoorSettings

    now = datetime(2026, 11, 20, 9, tzinfo=UTC)
    cursor = {"etag": ETAG, "modified": MODIFIED, "hash": "0" * 32}
    with open_door(DoorSettings()) as door:
        context = ConnectorContext(door=door, now=now)

        def stream(url: str) -> Stream:
            options = SPEC.options(url=url, private=True)
            return Stream("feeds", url, "rss", "blog", OPEN_WEB, now, lambda: SPEC.build(options, context), cursor)

        streams = [stream(url) for url in urls]
        list(fetch_all(streams[:1], 1))
        timed()
        return sum(isinstance(item, Page) and item.unchanged for _, item in fetch_all(streams, 8))


def _door(urls: list[str], timed: Callable[[], None]) -> int:
    """The door alone, asked by one thread."""
    from listener.net.door import open_door
    from listener.net.settings import DoorSettings

    with open_door(DoorSettings()) as door:
        door.get(urls[0], etag=ETAG, modified=MODIFIED, private=True)
        timed()
        return sum(door.get(url, etag=ETAG, modified=MODIFIED, private=True).unchanged for url in urls)


def _httpx(urls: list[str], timed: Callable[[], None]) -> int:
    import httpx

    async def run() -> int:
        turns = asyncio.Semaphore(IN_FLIGHT)
        headers = {"if-none-match": ETAG, "if-modified-since": MODIFIED}
        limits = httpx.Limits(max_connections=IN_FLIGHT)
        async with httpx.AsyncClient(headers=headers, limits=limits, trust_env=False) as client:

            async def ask(url: str) -> bool:
                async with turns:
                    return (await client.get(url)).status_code == 304

            await ask(urls[0])
            timed()
            return sum(await asyncio.gather(*map(ask, urls)))

    return asyncio.run(run())


def _aiohttp(urls: list[str], timed: Callable[[], None]) -> int:
    import aiohttp

    async def run() -> int:
        headers = {"if-none-match": ETAG, "if-modified-since": MODIFIED}
        connector = aiohttp.TCPConnector(limit=IN_FLIGHT, limit_per_host=1)
        async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

            async def ask(url: str) -> bool:
                async with session.get(url) as answer:
                    await answer.read()
                    return answer.status == 304

            await ask(urls[0])
            timed()
            return sum(await asyncio.gather(*map(ask, urls)))

    return asyncio.run(run())


def _feedparser(urls: list[str], timed: Callable[[], None]) -> int:
    import feedparser

    feedparser.parse(urls[0], etag=ETAG, modified=MODIFIED)
    timed()
    return sum(feedparser.parse(url, etag=ETAG, modified=MODIFIED).get("status") == 304 for url in urls)


CONTENDERS: dict[str, Callable[[list[str], Callable[[], None]], int]] = {
    "listener": _ours,
    "listener, door only": _door,
    "httpx async": _httpx,
    "aiohttp": _aiohttp,
    "feedparser": _feedparser,
}


def contend(name: str, feeds: int, port: int) -> None:
    """One contender's turn, in a process of its own: prints what it cost as JSON."""
    begun: list[tuple[float, float]] = []
    unchanged = CONTENDERS[name](addresses(feeds, port), lambda: begun.append((_cpu(), time.perf_counter())))
    cpu, started = begun[0]
    print(json.dumps({"cpu": _cpu() - cpu, "wall": time.perf_counter() - started, "unchanged": unchanged}))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


# ------------------------------------------------------------------------------------------------- the comparison


def turn(name: str, feeds: int, port: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--contend", name, "--feeds", str(feeds), "--port", str(port)]
    cost: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if cost["unchanged"] != feeds:
        sys.exit(f"{name}: only {cost['unchanged']} of {feeds} feeds answered 304")
    return cost


def compare(names: list[str], feeds: int, rounds: int) -> None:
    costs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    with feeds_everywhere() as port:
        for _ in range(rounds):
            for name in names:
                costs[name].append(turn(name, feeds, port))
    print(f"{feeds} feeds on as many hosts, all unchanged; {os.cpu_count()} processors, {rounds} rounds")
    print(f"  {'':<20} {'CPU ms a feed (least to most)':<32} {'feeds/s':>8}   CPU of listener / of it")
    for name, rows in costs.items():
        each = sorted(1000 * row["cpu"] / feeds for row in rows)
        speed = feeds / statistics.median(row["wall"] for row in rows)
        ratio = statistics.median(a["cpu"] / b["cpu"] for a, b in zip(costs[names[0]], rows, strict=True))
        spread = f"{statistics.median(each):.3f} ({each[0]:.3f} to {each[-1]:.3f})"
        print(f"  {name:<20} {spread:<32} {speed:>8.0f}   {ratio:.2f}")


def whole(feeds: int, rounds: int) -> None:
    """What ``listener run`` costs from start to exit, the store included."""
    rows: dict[str, list[Cost]] = {"first poll": [], "second, unchanged": []}
    with feeds_everywhere() as port, tempfile.TemporaryDirectory() as name:
        urls = ",\n".join(f'  "{url}"' for url in addresses(feeds, port))
        for number in range(rounds):
            config = Path(name) / str(number) / "listener.toml"
            config.parent.mkdir()
            config.write_text(CONFIG.format(urls=urls), encoding="utf-8")
            for costs in rows.values():
                costs.append(measure(chain(config)))
    print(f"listener run, {feeds} feeds on as many hosts, one mention each; {os.cpu_count()} processors, {rounds} rounds")
    for step, costs in rows.items():
        cpu, wall = (statistics.median(getattr(cost, key) for cost in costs) for key in ("cpu", "wall"))
        print(f"  {step:<20} CPU {cpu:6.2f} s ({1000 * cpu / feeds:.2f} ms a feed)   wall {wall:6.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", choices=list(CONTENDERS), default=list(CONTENDERS))
    parser.add_argument("--whole", action="store_true", help="measure listener run, from start to exit")
    parser.add_argument("--contend", choices=list(CONTENDERS), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.contend:
        contend(chosen.contend, chosen.feeds, chosen.port)
    elif chosen.whole:
        whole(chosen.feeds, chosen.rounds)
    else:
        compare(chosen.only, chosen.feeds, chosen.rounds)


if __name__ == "__main__":
    main()
