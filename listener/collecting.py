"""Fetching in threads: every stream's pages, in whatever order they arrive, to one consumer."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from listener.core.brand import MatchingPolicy
from listener.core.connector import Connector
from listener.core.errors import SourceError, SourceProtocolError
from listener.core.mention import Cursor, Page
from listener.query import Query

log = structlog.get_logger()

PAGES_AHEAD = 32
"""Pages that may wait for the writer, while it has as many in hand: enough to keep it busy, few enough to keep memory flat."""

_LOOK = 0.02
"""Seconds after which the writer looks for what arrived, where nobody woke it, and whether more threads would help."""
_UNHURRIED = 256
"""So many things that need no hurry (ends of streams, unchanged pages) wake the writer all the same."""
_BUSY = 0.5
"""With more than this share of a processor in use by the fetching threads, one more would only wait for its turn to compute."""
_ENDING = 2.0
"""Seconds for which a fetching that is told to end waits for the pages that are under way."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One part of a source, ready to be fetched. ``open`` makes its connector, in the thread that will use it."""

    source: str
    name: str
    kind: str
    platform: str
    policy: MatchingPolicy
    news_since: datetime
    open: Callable[[], Connector]
    cursor: Cursor = field(default_factory=dict)
    lane: str = ""
    """Streams of one lane share a host: only one of them is fetched at a time. Empty: a lane of its own."""
    variable: str = ""
    """The source's name as a part of the variables that hold its secrets: it replaces ``<NAME>`` in what connectors say."""
    only: Query | None = None
    """Posts that do not match it are counted and let go."""
    backfill: bool = False
    """Older posts that somebody asked for: history, whatever they say, and no news of the source's health."""

    @property
    def id(self) -> tuple[str, str]:
        return (self.source, self.name)


@dataclass(frozen=True, slots=True)
class Done:
    """The stream has no more pages in this run; ``error`` says why, where that is not its end."""

    error: SourceError | None = None


def fetch_all(
    streams: Sequence[Stream], workers: int, stop: threading.Event | None = None
) -> Iterator[tuple[Stream, Page | Done]]:
    """Every page of every stream as it arrives; exactly one ``Done`` ends each stream.

    At most ``workers`` streams are fetched at a time, and one of each lane: a slow host holds one thread, however many streams
    it has. Once ``stop`` is set, no page is asked for any more; a stream that was not fetched to its end has no ``Done`` then.

    The threads are daemons that stop at the next page once the consumer has gone, so that a run that is told to end does
    not wait for a slow server.
    """
    work = _Work(streams, workers, stop or threading.Event())
    try:
        yield from work.arrivals()
    finally:
        work.end()


class _Work:
    """What is to be fetched, and what has arrived: shared by the fetching threads and the writer."""

    def __init__(self, streams: Sequence[Stream], workers: int, stop: threading.Event) -> None:
        self._stop = stop
        self._over = False
        self._lock = threading.Lock()
        self._news = threading.Condition(self._lock)
        self._room = threading.Condition(self._lock)
        self._arrived: list[tuple[Stream, Page | Done]] = []
        self._weight = 0
        """Pages among what has arrived that the writer has work with."""
        self._ready: deque[deque[Stream]] = deque()
        """The lanes that nobody is fetching, with what is left of each."""
        lanes: dict[str | tuple[str, str], deque[Stream]] = {}
        for stream in streams:
            lanes.setdefault(stream.lane or stream.id, deque()).append(stream)
        self._ready.extend(lanes.values())
        self._open = len(streams)
        self._most = min(workers, len(lanes))
        self._started = self._working = 0
        self._computed = 0.0
        """Seconds of processor time that the threads have used."""

    # ------------------------------------------------------------------------------------------------- the writer's side

    def arrivals(self) -> Iterator[tuple[Stream, Page | Done]]:
        looked = time.monotonic()
        computed = 0.0
        self._start(1)
        while self._open or self._arrived:
            yield from self._taken()
            if self._stop.is_set():
                yield from self._last()
                return
            now = time.monotonic()
            if now - looked >= _LOOK:
                used, computed = self._computed - computed, self._computed
                if self._ready and used / (now - looked) < _BUSY:
                    self._start(self._started)
                looked = now

    def _start(self, more: int) -> None:
        """Start more threads: they help while those there are wait for the network, and are in the way while these compute."""
        for _ in range(min(more, self._most - self._started)):
            self._started += 1
            with self._lock:
                self._working += 1
            threading.Thread(target=self._fetch, name=f"fetch-{self._started}", daemon=True).start()

    def _taken(self) -> list[tuple[Stream, Page | Done]]:
        """All that has arrived, after a wait for something that is worth it."""
        with self._lock:
            if self._open and not self._weight and len(self._arrived) < _UNHURRIED:
                self._news.wait(_LOOK)
            taken, self._arrived = self._arrived, []
            self._weight = 0
            self._room.notify_all()
            return taken

    def _last(self) -> Iterator[tuple[Stream, Page | Done]]:
        """What is under way when the fetching is told to end, if it comes soon."""
        until = time.monotonic() + _ENDING
        while self._working and time.monotonic() < until:
            yield from self._taken()
        yield from self._taken()

    def end(self) -> None:
        """Nobody takes anything any more."""
        with self._lock:
            self._over = True
            self._room.notify_all()

    # ------------------------------------------------------------------------------------------------- the threads' side

    @property
    def _ending(self) -> bool:
        return self._over or self._stop.is_set()

    def _fetch(self) -> None:
        """One thread: stream after stream, as long as there is a lane that nobody else is fetching."""
        before = time.thread_time()
        try:
            while not self._ending:
                try:
                    lane = self._ready.popleft()
                except IndexError:
                    return
                stream = lane.popleft()
                self._fetch_stream(stream)
                if lane:
                    self._ready.append(lane)
                before, used = (now := time.thread_time()), now - before
                with self._lock:
                    self._computed += used
        finally:
            with self._lock:
                self._working -= 1
                self._news.notify()

    def _fetch_stream(self, stream: Stream) -> None:
        error: SourceError | None = None
        try:
            for page in stream.open().pages(stream.cursor):
                self._put(stream, page)
                if self._ending:
                    return
        except SourceError as problem:
            error = problem
        # A defect of one connector must not cost the others their run; it is reported as what it is.
        except (Exception, SystemExit) as defect:
            log.exception("A connector failed in a way that it should not.", action="connector_defect", source=stream.source)
            error = SourceProtocolError(f"the connector failed ({type(defect).__name__}); please report this")
        if error is not None and error.source is None:
            error.source = stream.source
        self._put(stream, Done(error))

    def _put(self, stream: Stream, item: Page | Done) -> None:
        """Hand over what arrived, when there is room. The writer is woken only where there is work for it: waking it for each
        of thousands of unchanged feeds would cost more than asking them."""
        with self._lock:
            while self._weight >= PAGES_AHEAD and not self._over:
                self._room.wait()
            self._arrived.append((stream, item))
            if isinstance(item, Done):
                self._open -= 1
            elif not item.unchanged:
                self._weight += 1
            if self._weight == 1 or not self._open or len(self._arrived) == _UNHURRIED:
                self._news.notify()
