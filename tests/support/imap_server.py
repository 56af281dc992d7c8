"""IMAP servers on loopback: one that can misbehave in every way, and a real one (pymap) where it is installed.

The first speaks as much of IMAP4rev1 (RFC 3501) as a reader of a folder needs, with TLS from the start or by STARTTLS. It notes
every command, and whether one would have changed the mailbox.
"""

from __future__ import annotations

import base64
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec

ARRIVED = datetime(2026, 1, 30, 12, 0, tzinfo=UTC)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass
class Kept:
    """A mail in the folder. ``size`` is what the server says of it, if not the truth."""

    raw: bytes
    arrived: datetime = ARRIVED
    size: int | None = None


Fault = Callable[["_Visit", str], None]
"""Answers a command (its tag is given) in place of the server; may write what it likes, or close the connection."""


@dataclass
class Imap:
    """What the server serves. ``faults`` maps a command (``LOGIN``, ``UID FETCH``; ``GREETING``) to what it does instead."""

    port: int = 0
    user: str = "jo"
    password: str = "geheim"
    folder: str = '"INBOX"'
    validity: int = 77
    mails: dict[int, Kept] = field(default_factory=dict)
    capabilities: str = "IMAP4rev1 AUTH=PLAIN"
    faults: dict[str, Fault] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    visitors: int = 0

    def put(self, raw: bytes | str, arrived: datetime = ARRIVED, size: int | None = None) -> int:
        """Deliver a mail; its number."""
        number = max(self.mails, default=0) + 1
        data = raw.encode() if isinstance(raw, str) else raw
        self.mails[number] = Kept(data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), arrived, size)
        return number


class _Visit:
    """One connection."""

    def __init__(self, imap: Imap, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
        self.imap = imap
        self.tls = tls
        self.use(connection)

    def use(self, connection: socket.socket) -> None:
        self.connection = connection
        self.file = connection.makefile("rb")

    def say(self, text: str | bytes) -> None:
        data = text.encode("utf-8") if isinstance(text, str) else text
        self.connection.sendall(data + b"\r\n")

    def serve(self) -> None:
        if "GREETING" in self.imap.faults:
            self.imap.faults["GREETING"](self, "*")
        else:
            self.say("* OK ready")
        while line := self.file.readline(65_536):
            tag, _, rest = line.decode("utf-8").strip().partition(" ")
            words = rest.split(" ")
            name = " ".join(words[:2]).upper() if words[0].upper() == "UID" else words[0].upper()
            self.imap.commands.append(name if name in {"LOGIN", "AUTHENTICATE"} else rest)
            fault = self.imap.faults.get(name)
            if fault is not None:
                fault(self, tag)
            elif not self._answer(name, tag, rest):
                return

    def _answer(self, name: str, tag: str, rest: str) -> bool:
        """Answer as a server should; False where the connection ends."""
        match name:
            case "CAPABILITY":
                self.say(f"* CAPABILITY {self.imap.capabilities}")
            case "STARTTLS":
                assert self.tls is not None
                self.say(f"{tag} OK begin")
                self.use(self.tls.wrap_socket(self.connection, server_side=True))
                return True
            case "LOGIN" | "AUTHENTICATE":
                if self._known(name, rest):
                    self.say(f"{tag} OK welcome")
                else:
                    self.say(f"{tag} NO [AUTHENTICATIONFAILED] no {self.imap.user} with {self.imap.password} here")
                return True
            case "EXAMINE":
                if rest.partition(" ")[2] != self.imap.folder:
                    self.say(f"{tag} NO [NONEXISTENT] no such folder")
                    return True
                self.say(f"* {len(self.imap.mails)} EXISTS\r\n* OK [UIDVALIDITY {self.imap.validity}] valid")
            case "UID SEARCH":
                self.say("* SEARCH " + " ".join(map(str, self._found(rest.split(" ", 2)[2]))))
            case "UID FETCH":
                self._fetch(rest)
            case "LOGOUT":
                self.say(f"* BYE bye\r\n{tag} OK done")
                return False
            case _:
                self.say(f"{tag} BAD unknown")
                return True
        self.say(f"{tag} OK done")
        return True

    def _known(self, name: str, rest: str) -> bool:
        if name == "LOGIN":
            return rest == f'LOGIN {self.imap.user} "{self.imap.password}"'
        self.say("+ ")
        given = base64.b64decode(self.file.readline().strip()).decode("utf-8")
        return given == f"\0{self.imap.user}\0{self.imap.password}"

    def _found(self, criteria: str) -> list[int]:
        numbers = sorted(self.imap.mails)
        if since := re.fullmatch(r"SINCE (\d\d)-(\w{3})-(\d{4})", criteria):
            first = datetime(int(since[3]), _MONTHS.index(since[2]) + 1, int(since[1]), tzinfo=UTC)
            return [number for number in numbers if self.imap.mails[number].arrived >= first]
        if criteria == "UID *":
            return numbers[-1:]
        begin = int(criteria.removeprefix("UID ").removesuffix(":*"))
        return [number for number in numbers if number >= begin] or numbers[-1:]

    def _fetch(self, rest: str) -> None:
        _, _, numbers, what = rest.split(" ", 3)
        for position, number in enumerate(sorted(self.imap.mails), start=1):
            if str(number) not in numbers.split(","):
                continue
            mail = self.imap.mails[number]
            said, data = f"UID {number}", mail.raw
            if "HEADER.FIELDS" in what:
                head = mail.raw.partition(b"\r\n\r\n")[0] + b"\r\n"
                data = b"".join(re.findall(rb"^From:.*?\r\n(?![ \t])", head, re.IGNORECASE | re.MULTILINE | re.DOTALL)) + b"\r\n"
                size = len(mail.raw) if mail.size is None else mail.size
                day, month = f"{mail.arrived:%d}", _MONTHS[mail.arrived.month - 1]
                said += f' RFC822.SIZE {size} INTERNALDATE "{day}-{month}-{mail.arrived:%Y %H:%M:%S} +0000"'
            section = "BODY[HEADER.FIELDS (FROM)]" if "HEADER.FIELDS" in what else "BODY[]"
            self.connection.sendall(f"* {position} FETCH ({said} {section} {{{len(data)}}}\r\n".encode() + data + b")\r\n")


class ImapServer:
    """Runs an ``Imap`` on a free port of 127.0.0.1, each visitor in a thread, until it is closed."""

    def __init__(self, imap: Imap, tls: ssl.SSLContext | None = None, *, at_once: bool = False) -> None:
        self._imap = imap
        self._tls = tls
        self._at_once = at_once
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        imap.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._imap.visitors += 1
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # two writes an answer would wait 40 ms
            self._open.append(connection)
            threading.Thread(target=self._visit, args=(connection,), daemon=True).start()

    def _visit(self, connection: socket.socket) -> None:
        visit = None
        with suppress(OSError, ValueError):  # visitors that hang up, or are hung up on, are part of the tests
            if self._at_once and self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            visit = _Visit(self._imap, connection, self._tls)
            visit.serve()
        if visit is not None:
            visit.file.close()
            visit.connection.close()
        connection.close()


@contextmanager
def imap_server(imap: Imap, tls: ssl.SSLContext | None = None, *, at_once: bool = False) -> Iterator[Imap]:
    """The server for the length of the block; ``at_once`` means TLS from the start, else ``tls`` is for STARTTLS."""
    server = ImapServer(imap, tls, at_once=at_once)
    try:
        yield imap
    finally:
        server.close()


def real_server_is_installed() -> bool:
    return find_spec("pymap") is not None


@contextmanager
def real_imap_server(user: str, password: str) -> Iterator[int]:
    """pymap with an empty mailbox in memory; its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    run = ["-c", "from pymap.main import main; main()", "--host", "127.0.0.1", "--port", str(port), "--no-tls"]
    account = ["dict", "--demo-user", user, "--demo-password", password]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([sys.executable, *run, *account], stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + timedelta(seconds=20).total_seconds()
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError("the IMAP server did not start")
