"""A stage on PostgreSQL, and a wire to it that breaks at a chosen statement: a relay on loopback that reads along."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlalchemy import make_url

from tests.support.faults import Stage


class OnPostgres(Stage):
    """A stage whose store is a database of PostgreSQL."""

    url: str

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as database:
            return database.execute(question.encode()).fetchall()


def on_postgres(stage: Stage, url: str, wire: str | None = None) -> OnPostgres:
    """The stage with its store at ``url``, which the command reaches by ``wire`` where that is another address."""
    made = OnPostgres(**vars(stage))
    made.url = url
    made.env = {**stage.env, "LISTENER_STORAGE__URL": wire or url}
    return made


Harm = Callable[[], None]


@dataclass
class Break:
    """What happens once statements with these words have been sent, each after the one before, on one connection.

    ``harm`` is done then. With ``unanswered`` the last statement reaches the server, and its answer nobody; else nothing does.
    """

    words: Sequence[bytes]
    harm: Harm | None = None
    unanswered: bool = False
    done: threading.Event = field(default_factory=threading.Event)


class Wire:
    """Passes bytes on between the command and the server; at most one ``Break`` waits to happen."""

    def __init__(self, server: str) -> None:
        self._server = make_url(server)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.waiting: Break | None = None

    @property
    def url(self) -> str:
        port = self._listening.getsockname()[1]
        query = {"sslmode": "disable", "gssencmode": "disable"}  # what is encrypted could not be read along
        made = self._server.set(host="127.0.0.1", port=port, query=query)
        return made.render_as_string(hide_password=False)

    def run(self) -> None:
        with suppress(OSError):  # closed: the end
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _connect(self) -> socket.socket:
        folder, port = self._server.query.get("host") or self._server.host, self._server.port or 5432
        if isinstance(folder, str) and folder.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{folder}/.s.PGSQL.{port}")
            return server
        return socket.create_connection((str(folder), port))

    def _serve(self, client: socket.socket) -> None:
        try:
            server = self._connect()
        except OSError:
            client.close()
            return
        _Connection(self, client, server).read_along()


class _Connection:
    """One connection of the command's, and its other half to the server."""

    def __init__(self, wire: Wire, client: socket.socket, server: socket.socket) -> None:
        self._wire, self._client, self._server = wire, client, server
        self._silent, self._answered = threading.Event(), threading.Event()
        threading.Thread(target=self._pass_back, daemon=True).start()

    def read_along(self) -> None:
        seen, before = 0, b""
        while data := _received(self._client):
            broken = self._wire.waiting
            text = before + data
            while broken is not None and seen < len(broken.words) and broken.words[seen] in text:
                text = text.partition(broken.words[seen])[2]
                seen += 1
            before = text[-64:]
            if broken is not None and seen == len(broken.words):
                self._wire.waiting = None
                self._happen(broken, data)
                if broken.harm is None:
                    break
            else:
                self._send(self._server, data)
        self._hang_up()

    def _happen(self, broken: Break, data: bytes) -> None:
        if broken.harm is not None:
            broken.harm()
            self._send(self._server, data)
        elif broken.unanswered:
            self._silent.set()
            self._send(self._server, data)
            self._answered.wait(10)
        broken.done.set()

    def _pass_back(self) -> None:
        while data := _received(self._server):
            if self._silent.is_set():
                self._answered.set()
                return
            self._send(self._client, data)
        self._hang_up()

    def _hang_up(self) -> None:
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    @staticmethod
    def _send(end: socket.socket, data: bytes) -> None:
        with suppress(OSError):  # that end is gone: the next read says so
            end.sendall(data)


def _received(end: socket.socket) -> bytes:
    with suppress(OSError):
        return end.recv(65536)
    return b""


@contextmanager
def wired(server: str) -> Iterator[Wire]:
    """A wire to the database at ``server`` for the length of the block."""
    wire = Wire(server)
    thread = threading.Thread(target=wire.run, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        wire.close()
        thread.join(5)


def terminated(url: str) -> Harm:
    """An administrator ends all connections to the database."""

    def harm() -> None:
        with psycopg.connect(url, autocommit=True) as admin:
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            admin.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}".encode())

    return harm


def crashed(url: str) -> Harm:
    """A process of the server is killed: the server ends all its connections, recovers from its log, and begins anew."""

    def harm() -> None:
        with psycopg.connect(url, autocommit=True) as admin:
            [pid] = admin.execute("SELECT pg_backend_pid()").fetchone() or [0]
            os.kill(pid, signal.SIGKILL)
            with suppress(psycopg.Error):
                admin.execute("SELECT 1")

    return harm


def up_again(url: str) -> None:
    """Wait until the server takes connections."""
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "the server did not come up again"
            time.sleep(0.05)
        else:
            return
