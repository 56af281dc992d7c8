"""The connections of all threads: a bounded number, and one that is open is used again.

Looking for a connection costs the same however many hosts there are: a poll asks thousands of them, most of them once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpcore

from listener.core.errors import RetryLater
from listener.net.transport import Opener


@dataclass(frozen=True, slots=True)
class _Kept:
    """An open connection that nobody uses."""

    private: bool
    origin: httpcore.Origin
    connection: httpcore.ConnectionInterface

    def serves(self, private: bool, origin: httpcore.Origin) -> bool:
        """Whether it can carry a call; private and public calls never share a connection."""
        return self.private == private and self.origin == origin and not self.connection.has_expired()


class Connections:
    """Lends connections; those in use and those kept open for the next call are together at most ``most``.

    A host keeps no connection open beside the one that is asked for now, unless that goes to the very same origin.
    """

    def __init__(self, openers: Mapping[bool, Opener], most: int) -> None:
        self._openers = openers
        self._most = most
        self._turns = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._lent = 0
        self._kept: dict[bytes, list[_Kept]] = {}
        """By host, the longest unused first."""
        self._closed = False

    def close(self) -> None:
        """Lend no more, and end what is open; a call that is under way fails."""
        with self._lock:
            self._closed = True
            kept = [one.connection for of_host in self._kept.values() for one in of_host]
            self._kept.clear()
        for connection in kept:
            connection.close()
        for opener in self._openers.values():
            opener.interrupt()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until one more connection may be in use, and hold that right for the ``with`` block."""
        with self._turns:
            yield

    @contextmanager
    def lend(self, private: bool, origin: httpcore.Origin) -> Iterator[httpcore.ConnectionInterface]:
        """A connection to an origin, for one call under ``turn``; it is kept afterwards if it can carry another.

        Raises:
            RetryLater: closed.
        """
        connection = self._take(private, origin)
        try:
            yield connection
        finally:
            self._give_back(_Kept(private, origin, connection))

    def _take(self, private: bool, origin: httpcore.Origin) -> httpcore.ConnectionInterface:
        unwanted: list[_Kept] = []
        with self._lock:
            if self._closed:
                raise RetryLater("the way to the network is closed: the run is ending")
            of_host = self._kept.pop(origin.host, [])
            fit = [one for one in of_host if one.serves(private, origin)]
            unwanted += (one for one in of_host if one not in fit)
            connection = fit.pop().connection if fit else self._openers[private].open(origin)
            self._lent += 1
            if fit:
                self._kept[origin.host] = fit
            unwanted += self._too_many()
        for one in unwanted:
            one.connection.close()
        return connection

    def _too_many(self) -> Iterator[_Kept]:
        """Those kept for which there is no room beside those in use, the longest unused first."""
        while self._kept and self._lent + sum(map(len, self._kept.values())) > self._most:
            host = next(iter(self._kept))
            yield self._kept[host].pop(0)
            if not self._kept[host]:
                del self._kept[host]

    def _give_back(self, used: _Kept) -> None:
        with self._lock:
            self._lent -= 1
            keep = not self._closed and used.connection.is_available()
            if keep:
                # To the end: the order of the hosts is that of their last use.
                self._kept[used.origin.host] = [*self._kept.pop(used.origin.host, []), used]
        if not keep:
            used.connection.close()
