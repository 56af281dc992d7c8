"""One host is asked by few at a time, and not too often; a wait for one host never holds up another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_MANY_HOSTS = 4096


class _Host:
    __slots__ = ("next_at", "turns", "users")

    def __init__(self, concurrency: int) -> None:
        self.turns = threading.BoundedSemaphore(concurrency)
        self.next_at = 0.0
        self.users = 0


class Politeness:
    """Turns at hosts, shared by all threads. ``interval`` is the least number of seconds between the starts of two turns."""

    def __init__(
        self,
        concurrency: int,
        interval: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._concurrency = concurrency
        self._interval = interval
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """Wait for one's turn at the host, and hold it for the ``with`` block."""
        with self._lock:
            place = self._hosts.setdefault(host, _Host(self._concurrency))
            place.users += 1
        try:
            with place.turns:
                self._pause(place)
                yield
        finally:
            with self._lock:
                place.users -= 1
                self._forget(host, place)

    def _pause(self, place: _Host) -> None:
        with self._lock:
            now = self._monotonic()
            start = max(now, place.next_at)
            place.next_at = start + self._interval
        if start > now:
            self._sleep(start - now)

    def _forget(self, host: str, place: _Host) -> None:
        """Keep no more hosts in mind than needed: articles lead to many, each asked once."""
        if self._interval == 0:
            if place.users == 0:
                self._hosts.pop(host, None)
        elif len(self._hosts) > _MANY_HOSTS:
            now = self._monotonic()
            for name in [name for name, old in self._hosts.items() if old.users == 0 and old.next_at <= now]:
                del self._hosts[name]
