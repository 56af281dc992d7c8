"""Fetching in threads: everything arrives, one stream's failure stays its own, and nobody waits for a slow server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from listener import collecting
from listener.collecting import PAGES_AHEAD, Done, Stream, fetch_all
from listener.core.brand import OPEN_WEB
from listener.core.errors import RetryLater, SourceProtocolError
from listener.core.mention import Cursor, Mention, Page

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def page(number: int) -> Page:
    return Page((Mention("blog", "o", f"m{number}", "text"),), cursor={"n": number})


class Scripted:
    """A connector that does what it is told, page by page."""

    def __init__(self, *steps: Page | BaseException | Callable[[], None]) -> None:
        self.steps = steps
        self.started_at: Cursor | None = None

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        self.started_at = cursor
        for step in self.steps:
            if isinstance(step, BaseException):
                raise step
            if isinstance(step, Page):
                yield step
            else:
                step()


def stream(name: str, connector: Scripted | BaseException, cursor: Cursor | None = None, lane: str = "") -> Stream:
    def opened() -> Scripted:
        if isinstance(connector, BaseException):
            raise connector
        return connector

    return Stream("feeds", name, "rss", "blog", OPEN_WEB, NOW, opened, cursor or {}, lane)


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


@pytest.mark.parametrize("kind", [ZeroDivisionError, SystemExit])
@pytest.mark.parametrize("early", [True, False])
def test_a_defect_of_a_connector_is_reported_as_one_without_its_data(kind: type[BaseException], early: bool) -> None:
    broken = kind("secret text")
    [end] = heard([stream("s", broken if early else Scripted(broken))])["s"]
    assert isinstance(end, Done)
    assert isinstance(end.error, SourceProtocolError)
    assert kind.__name__ in end.error.reason
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


# ------------------------------------------------------------------------------------------------ lanes


class Watch:
    """Notes what runs beside what."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.running: list[str] = []
        self.most: dict[str, int] = {}
        self.order: list[str] = []

    def step(self, lane: str) -> Callable[[], None]:
        def run() -> None:
            with self._lock:
                self.running.append(lane)
                self.order.append(lane)
                self.most[lane] = max(self.most.get(lane, 0), self.running.count(lane))
            time.sleep(0.002)
            with self._lock:
                self.running.remove(lane)

        return run


def test_of_one_lane_one_stream_is_fetched_at_a_time() -> None:
    watch = Watch()
    streams = [stream(f"{n}", Scripted(watch.step(f"host{n % 3}"), page(n)), lane=f"host{n % 3}") for n in range(30)]
    assert len(heard(streams, 8)) == 30
    assert watch.most == {"host0": 1, "host1": 1, "host2": 1}


def test_a_slow_host_holds_one_thread_however_many_streams_it_has() -> None:
    release = threading.Event()
    slow = [stream(f"slow{n}", Scripted(lambda: release.wait(10) and None, page(n)), lane="slow.example") for n in range(10)]
    quick = [stream(f"quick{n}", Scripted(page(n)), lane=f"quick{n}.example") for n in range(20)]
    ended = []
    for which, item in fetch_all([*slow, *quick], 2):
        if isinstance(item, Done):
            ended.append(which.name)
            if len(ended) == 20:
                release.set()
    assert {name[:5] for name in ended[:20]} == {"quick"}
    assert len(ended) == 30


def test_a_lane_takes_turns_with_the_others() -> None:
    watch = Watch()
    many = [stream(f"m{n}", Scripted(watch.step("many"), page(n)), lane="many") for n in range(3)]
    few = [stream(f"f{n}", Scripted(watch.step(f"few{n}"), page(n)), lane=f"few{n}") for n in range(2)]
    heard([*many, *few], 1)
    assert watch.order == ["many", "few0", "few1", "many", "many"]


def test_more_threads_start_while_the_first_wait_for_the_network() -> None:
    together = threading.Barrier(8, timeout=10)
    streams = [stream(f"s{n}", Scripted(lambda: together.wait() and None, page(n))) for n in range(8)]
    assert all(len(items) == 2 for items in heard(streams, 8).values())


def test_threads_that_only_compute_are_not_joined_by_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "_BUSY", 0.02)  # low, because the machine may be busy with other things, too
    threads: set[int] = set()

    def compute() -> None:
        threads.add(threading.get_ident())
        end = time.thread_time() + 0.001
        while time.thread_time() < end:
            pass

    heard([stream(f"s{n}", Scripted(compute, page(n))) for n in range(200)], 16)
    assert len(threads) <= 2


# ------------------------------------------------------------------------------------------------ being told to end


def test_when_it_is_told_to_end_the_page_under_way_arrives_and_no_other_is_asked_for() -> None:
    stop = threading.Event()
    paging = Scripted(page(1), lambda: stop.wait(10) and None, page(2), page(3))
    arrived = []
    for which, item in fetch_all([stream("a", paging), *(stream(f"b{n}", Scripted(page(n))) for n in range(5))], 1, stop):
        arrived.append((which.name, item))
        stop.set()
    assert arrived == [("a", page(1)), ("a", page(2))]


def test_told_to_end_it_does_not_wait_for_a_slow_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "_ENDING", 0.1)
    stop, asked, release = threading.Event(), threading.Event(), threading.Event()

    def silent() -> None:
        asked.set()
        release.wait(20)

    def tell() -> None:
        asked.wait(5)
        stop.set()

    threading.Thread(target=tell).start()
    started = time.monotonic()
    assert list(fetch_all([stream("s", Scripted(silent, page(1)))], 1, stop)) == []
    assert time.monotonic() - started < 15  # the server takes 20 s
    release.set()


def test_nothing_is_fetched_when_it_was_told_to_end_before() -> None:
    stop = threading.Event()
    stop.set()
    assert list(fetch_all([stream(f"s{n}", Scripted(page(n))) for n in range(9)], 2, stop)) == []


def test_unchanged_streams_arrive_without_anything_to_wake_the_writer() -> None:
    same = Page(cursor={"n": 1}, unchanged=True)
    arrived = heard([stream(f"s{n}", Scripted(same)) for n in range(700)], 4)
    assert len(arrived) == 700
    assert all(items == [same, Done()] for items in arrived.values())
