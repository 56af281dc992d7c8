"""Fetching in threads: everything arrives, one stream's failure stays its own, and nobody waits for a slow server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from listener.collecting import PAGES_AHEAD, Done, Stream, fetch_all
from listener.core.brand import OPEN_WEB
from listener.core.errors import RetryLater, SourceProtocolError
from listener.core.mention import Cursor, Mention, Page

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def page(number: int) -> Page:
    return Page((Mention("blog", "o", f"m{number}", "text"),), cursor={"n": number})


class Scripted:
    """A connector that does what it is told, page by page."""

    def __init__(self, *steps: Page | Exception | Callable[[], None]) -> None:
        self.steps = steps
        self.started_at: Cursor | None = None

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        self.started_at = cursor
        for step in self.steps:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, Page):
                yield step
            else:
                step()


def stream(name: str, connector: Scripted | Exception, cursor: Cursor | None = None) -> Stream:
    def opened() -> Scripted:
        if isinstance(connector, Exception):
            raise connector
        return connector

    return Stream("feeds", name, "rss", "blog", OPEN_WEB, NOW, opened, cursor or {})


def heard(streams: list[Stream], workers: int = 3) -> dict[str, list[Page | Done]]:
    arrived: dict[str, list[Page | Done]] = {}
    for which, item in fetch_all(streams, workers):
        arrived.setdefault(which.name, []).append(item)
    return arrived


def test_no_streams_is_no_work() -> None:
    assert list(fetch_all([], 4)) == []


@pytest.mark.parametrize("workers", [1, 2, 16])
def test_every_page_of_every_stream_arrives_in_its_order_and_one_end(workers: int) -> None:
    streams = [stream(f"s{n}", Scripted(*(page(i) for i in range(n)))) for n in range(6)]
    arrived = heard(streams, workers)
    for n in range(6):
        assert arrived[f"s{n}"] == [*(page(i) for i in range(n)), Done()]


def test_a_stream_starts_at_its_cursor() -> None:
    connector = Scripted(page(8))
    heard([stream("s", connector, {"n": 7})])
    assert connector.started_at == {"n": 7}


def test_a_failure_keeps_the_pages_before_it_and_the_other_streams() -> None:
    arrived = heard([stream("bad", Scripted(page(1), RetryLater("busy"))), stream("good", Scripted(page(2)))])
    assert arrived["good"] == [page(2), Done()]
    first, end = arrived["bad"]
    assert first == page(1)
    assert isinstance(end, Done)
    assert isinstance(end.error, RetryLater)
    assert end.error.source == "feeds"


@pytest.mark.parametrize("broken", [Scripted(ZeroDivisionError("secret text")), ZeroDivisionError("secret text")])
def test_a_defect_of_a_connector_is_reported_as_one_without_its_data(broken: Scripted | Exception) -> None:
    [end] = heard([stream("s", broken)])["s"]
    assert isinstance(end, Done)
    assert isinstance(end.error, SourceProtocolError)
    assert "ZeroDivisionError" in end.error.reason
    assert "secret" not in str(end.error)


def test_a_consumer_that_leaves_early_does_not_wait_and_the_threads_end() -> None:
    before = set(threading.enumerate())
    endless = [stream(f"s{n}", Scripted(*(page(i) for i in range(PAGES_AHEAD * 3)))) for n in range(4)]
    arriving = fetch_all(endless, 4)
    next(arriving)
    arriving.close()  # type: ignore[attr-defined]  # a generator is an Iterator with a close
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()
