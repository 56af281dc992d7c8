"""Fetching in threads: every stream's pages, in whatever order they arrive, to one consumer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, Queue, SimpleQueue

import structlog

from listener.core.brand import MatchingPolicy
from listener.core.errors import SourceError, SourceProtocolError
from listener.core.mention import Cursor, Page
from listener.core.ports import Connector

log = structlog.get_logger()

PAGES_AHEAD = 64
"""Pages that may wait for the writer: enough to keep it busy, few enough to keep memory flat."""


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

    @property
    def id(self) -> tuple[str, str]:
        return (self.source, self.name)


@dataclass(frozen=True, slots=True)
class Done:
    """The stream has no more pages in this run; ``error`` says why, where that is not its end."""

    error: SourceError | None = None


def fetch_all(streams: Sequence[Stream], workers: int) -> Iterator[tuple[Stream, Page | Done]]:
    """Every page of every stream as it arrives; exactly one ``Done`` ends each stream.

    The threads are daemons that stop at the next page once the consumer has gone, so that a run that is told to end does
    not wait for a slow server.
    """
    if not streams:
        return
    waiting: SimpleQueue[Stream] = SimpleQueue()
    for stream in streams:
        waiting.put(stream)
    arrived: Queue[tuple[Stream, Page | Done]] = Queue(maxsize=PAGES_AHEAD)
    over = threading.Event()
    for number in range(min(workers, len(streams))):
        threading.Thread(target=_fetch, args=(waiting, arrived, over), name=f"fetch-{number}", daemon=True).start()
    open_streams = len(streams)
    try:
        while open_streams:
            stream, item = arrived.get()
            open_streams -= isinstance(item, Done)
            yield stream, item
    finally:
        over.set()
        while not arrived.empty():  # a thread that waits for room must be able to see that all is over
            arrived.get_nowait()


def _fetch(waiting: SimpleQueue[Stream], arrived: Queue[tuple[Stream, Page | Done]], over: threading.Event) -> None:
    while not over.is_set():
        try:
            stream = waiting.get_nowait()
        except Empty:
            return
        error: SourceError | None = None
        try:
            for page in stream.open().pages(stream.cursor):
                arrived.put((stream, page))
                if over.is_set():
                    return
        except SourceError as problem:
            error = problem
        except Exception as defect:  # a defect of one connector must not cost the others their run; it is reported as what it is
            log.exception("A connector failed in a way that it should not.", action="connector_defect", source=stream.source)
            error = SourceProtocolError(f"the connector failed ({type(defect).__name__}); please report this")
        if error is not None and error.source is None:
            error.source = stream.source
        arrived.put((stream, Done(error)))
