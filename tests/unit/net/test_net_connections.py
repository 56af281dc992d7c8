"""The connections of all threads: how many there are at once, which are used again, and by whom."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpcore
import pytest
import trustme

from listener.core.errors import RetryLater
from listener.net.connections import Connections
from listener.net.door import GuardedDoor, open_door
from listener.net.settings import DoorSettings
from listener.net.transport import Opener
from tests.unit.net.net_server import Reply, Seen, raw, serve

HTTP = b"http"


class Line(httpcore.ConnectionInterface):
    """A connection without a network."""

    def __init__(self) -> None:
        self.closed = self.expired = False

    def is_available(self) -> bool:
        return not self.closed

    def has_expired(self) -> bool:
        return self.expired

    def close(self) -> None:
        self.closed = True


class Made(Opener):
    """Connections of a pool, and all lines that were opened for it."""

    def __init__(self, most: int) -> None:
        self.lines: list[Line] = []
        self.interrupted = False
        self.pool = Connections({False: self, True: self}, most)

    def open(self, origin: httpcore.Origin) -> Line:
        self.lines.append(Line())
        return self.lines[-1]

    def interrupt(self) -> None:
        self.interrupted = True

    @property
    def count(self) -> int:
        return sum(not line.closed for line in self.lines)

    def ask(self, host: str, *, port: int = 80, private: bool = False) -> httpcore.ConnectionInterface:
        with self.pool.turn(), self.pool.lend(private, httpcore.Origin(HTTP, host.encode(), port)) as line:
            return line


def test_a_connection_is_used_again_for_the_same_origin_only() -> None:
    made = Made(8)
    first = made.ask("a")
    assert made.ask("b") is not first
    assert made.ask("a") is first
    assert made.ask("a", port=81) is not first
    assert first.closed, "a host keeps no connection beside the one that is asked for"


def test_private_and_public_calls_never_share_a_connection() -> None:
    made = Made(8)
    assert made.ask("a", private=True) is not made.ask("a", private=False)


def test_one_that_the_server_gave_up_is_not_used_again() -> None:
    made = Made(8)
    first = made.ask("a")
    first.expired = True  # type: ignore[attr-defined]  # a Line
    assert made.ask("a") is not first
    assert made.count == 1


def test_those_kept_open_make_room_the_longest_unused_first() -> None:
    made = Made(3)
    lines = {host: made.ask(host) for host in "abc"}
    made.ask("a")
    made.ask("d")
    assert [host for host, line in lines.items() if line.closed] == ["b"]  # type: ignore[attr-defined]  # a Line
    for number in range(20):
        made.ask(f"more{number}")
        assert made.count == 3


def test_those_in_use_and_those_kept_are_together_no_more_than_the_limit() -> None:
    made = Made(2)
    for host in "ab":
        made.ask(host)
    with made.pool.turn(), made.pool.lend(False, httpcore.Origin(HTTP, b"c", 80)):
        assert made.count == 2
        with made.pool.turn(), made.pool.lend(False, httpcore.Origin(HTTP, b"d", 80)):
            assert made.count == 2


def test_closing_interrupts_those_in_use_and_lends_no_more() -> None:
    made = Made(2)
    made.ask("a")
    with made.pool.turn(), made.pool.lend(False, httpcore.Origin(HTTP, b"b", 80)) as used:
        made.pool.close()
        assert made.interrupted
        assert made.count == 1, "whoever uses it closes it"
    assert used.closed  # type: ignore[attr-defined]  # a Line
    with pytest.raises(RetryLater, match="closed"):
        made.ask("a")


# ------------------------------------------------------------------------------------------------ with a real server


def test_no_more_requests_are_in_flight_than_the_settings_allow() -> None:
    lock = threading.Lock()
    now = most = 0

    def slow(seen: Seen) -> Reply:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with lock:
            now -= 1
        return Reply(b"x")

    with serve() as site, open_door(DoorSettings(max_connections=3, per_host_concurrency=16)) as door:
        site["/"] = slow
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda _: door.get(site.url(), private=True).status, range(36)))
    assert answers == [200] * 36
    assert most == 3


@contextmanager
def unchanged() -> Iterator[tuple[int, list[socket.socket]]]:
    """A server that answers 304 again and again: its port, and the connections that were made to it."""
    made: list[socket.socket] = []

    def talk(connection: socket.socket) -> None:
        with connection:
            while connection.recv(65536):
                connection.sendall(b"HTTP/1.1 304 Not Modified\r\n\r\n")

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            made.append(connection)
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1], made
        server.shutdown(socket.SHUT_RDWR)


def test_many_hosts_leave_no_more_connections_open_than_the_limit() -> None:
    with unchanged() as (port, made):
        door = GuardedDoor(DoorSettings(max_connections=4), resolve=lambda *_: ["127.0.0.1"])
        for number in range(12):
            assert door.get(f"http://h{number}.example:{port}/", etag='"1"', private=True).unchanged
        kept = [one for of_host in door._exchange._connections._kept.values() for one in of_host]
        assert [one.origin.host.decode() for one in kept] == [f"h{number}.example" for number in range(8, 12)]
        door.get(f"http://h11.example:{port}/", etag='"1"', private=True)
        assert len(made) == 12
        door.close()


@pytest.mark.parametrize("secure", [False, True])
def test_a_door_that_closes_ends_the_calls_that_wait_for_a_server(secure: bool, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    entered, release = threading.Event(), threading.Event()

    def silent(connection: socket.socket) -> None:
        entered.set()
        release.wait(10)

    with serve(context if secure else None) as site:
        site["/"] = raw(silent)
        door = GuardedDoor(DoorSettings(ca_file=tmp_path / "ca.pem"))
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(door.get, site.url(), private=True)
            assert entered.wait(5)
            door.close()
            assert isinstance(waiting.exception(5), RetryLater)
        assert door._exchange._connections._openers[True]._alive == set()
        release.set()


@pytest.mark.parametrize("value", ["snow \u2603", "a\r\nx-more: b"])
def test_a_header_that_http_cannot_carry_is_refused_before_anything_is_sent(value: str) -> None:
    with serve() as site, open_door() as door:
        with pytest.raises(Exception, match="the request could not be written") as caught:
            door.get(site.url(), headers={"x-key": value}, private=True)
        assert value not in str(caught.value)
        assert site.seen == []
