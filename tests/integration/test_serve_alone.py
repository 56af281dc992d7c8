"""``listener serve`` on a SQLite database, as an operator runs it: it hears, tells, ends when told, and goes on after a kill."""

from __future__ import annotations

import signal
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.commands import call
from tests.support.crowd import crowd
from tests.support.hostile_site import item, rss
from tests.support.serving import Feed, configured, end, events, serving, until
from tests.unit.net.net_server import Site, raw, serve


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        site["/feed.xml"] = rss(item("g1", "Quillon is great, we love it."), item("g2", "The weather is fine."))
        yield site


def rows(folder: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "listener.db")) as database:
        return database.execute(question).fetchall()


class Slow:
    """An answer that never ends: a byte now and then, until the test lets go."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.over = threading.Event()

    @property
    def answer(self) -> object:
        @raw
        def trickle(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: 1000000\r\n\r\n")
            self.asked.set()
            while not self.over.wait(0.1):
                connection.sendall(b" ")

        return trickle


@pytest.fixture
def slow(site: Site) -> Iterator[Slow]:
    slow = Slow()
    site["/slow.xml"] = slow.answer  # type: ignore[assignment]  # a function that writes to the socket
    yield slow
    slow.over.set()


def test_it_hears_works_tells_keeps_others_off_and_ends_when_told(tmp_path: Path, site: Site) -> None:
    configured(tmp_path, [Feed("news", site.url("/feed.xml")), Feed("down", site.url("/down.xml"))])
    with serving(tmp_path) as process:
        until(lambda: (tmp_path / "digests").exists() and list((tmp_path / "digests").glob("*.html")))
        for command in ("serve", "run"):
            other = call(command, folder=tmp_path)
            assert (other.status, other.out) == (0, ""), other.err
            assert f"process {process.pid}" in other.err
        ended, seconds = end(process)
    assert ended.status == 0, ended.err
    assert seconds < 20
    assert ended.out.startswith("Serving 2 sources until Ctrl-C.")
    assert "Ended; what was stored is kept" in ended.err
    assert {event["source"]: event["new"] for event in events(ended, "source_asked")} == {"news": 2, "down": 0}
    assert rows(tmp_path, "select count(*) from mentions where about_us") == [(1,)]
    assert rows(tmp_path, "select count(*) from runs where ended_at is null") == [(0,)]
    assert sorted(site.paths()) == ["/down.xml", "/feed.xml"]


def test_told_to_end_amid_a_slow_answer_it_ends_in_time_and_asks_again_when_it_is_back(
    tmp_path: Path, site: Site, slow: Slow
) -> None:
    configured(tmp_path, [Feed("slow", site.url("/slow.xml"))])
    with serving(tmp_path) as process:
        assert slow.asked.wait(30)
        ended, seconds = end(process)
    assert (ended.status, seconds < 20) == (0, True), ended.err
    assert "Traceback" not in ended.err
    assert rows(tmp_path, "pragma integrity_check") == [("ok",)]
    assert rows(tmp_path, "select name from jobs where done_at is null") == [("source:slow",)]
    assert rows(tmp_path, "select count(*) from runs where ended_at is null") == [(0,)]

    site["/slow.xml"] = rss(item("s1", "Quillon is great, at last."))
    with serving(tmp_path) as process:
        until(lambda: rows(tmp_path, "select count(*) from mentions") == [(1,)])
        until(lambda: not rows(tmp_path, "select name from jobs where done_at is null and name like 'source:%'"))
        ended, _ = end(process)
    assert ended.status == 0


def test_killed_amid_an_answer_what_it_had_begun_is_done_at_once_when_it_is_back(tmp_path: Path, site: Site, slow: Slow) -> None:
    configured(tmp_path, [Feed("slow", site.url("/slow.xml"))])
    with serving(tmp_path) as process:
        assert slow.asked.wait(30)
        end(process, signal.SIGKILL)
    site["/slow.xml"] = rss(item("s1", "Quillon is great, at last."))
    with serving(tmp_path) as process:
        until(lambda: rows(tmp_path, "select count(*) from mentions") == [(1,)])
        ended, _ = end(process)
    assert ended.status == 0
    assert len(site.paths()) == 2


def test_many_sources_due_at_once_are_heard_within_their_jitter_and_within_the_limits(tmp_path: Path) -> None:
    with crowd(40) as hosts:
        configured(tmp_path, [Feed(f"s{at}", url) for at, url in enumerate(hosts.addresses)], jitter="2s")
        with serving(tmp_path) as process:
            until(lambda: (tmp_path / "listener.db").exists() and len(hosts.requests) == 40)
            until(lambda: rows(tmp_path, "select count(*) from jobs where done_at is not null and name like 's%:%'") == [(40,)])
            ended, _ = end(process)
    assert ended.status == 0, ended.err
    moments = [moment for _, moment in hosts.requests]
    assert max(moments) - min(moments) < 2 + 15, "the jitter, and time to get through beside whatever else the machine does"
    assert hosts.most_connections <= 32
    assert hosts.most_requests_of_a_host == 1
    assert rows(tmp_path, "select count(*) from mentions") == [(40,)]
