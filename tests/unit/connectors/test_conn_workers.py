"""The worker processes: what is hostile costs a process, not the run."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from connectors import _workers
from connectors._feeds import parse_feed
from connectors._worker import handle
from connectors._workers import WorkerLimits, Workers, shared_workers
from listener.core.errors import RetryLater, SourceProtocolError
from tests.unit.connectors.conn_door import item, rss

URL = "https://user:hush@b.example/feed?token=hush"
GOOD = rss(item(1)).encode()


@pytest.fixture
def workers():
    pool = Workers(WorkerLimits(seconds=60, megabytes=512, workers=2))
    yield pool
    pool.close()


@pytest.fixture
def impatient():
    pool = Workers(WorkerLimits(seconds=3.0, megabytes=512, workers=1))
    yield pool
    pool.close()


def test_a_worker_is_kept_for_the_next_document(workers: Workers):
    for _ in range(3):
        assert len(parse_feed(GOOD, "", URL, workers).entries) == 1
    assert len(workers._idle) == 1


def test_an_error_names_the_feed_without_its_secrets(workers: Workers):
    with pytest.raises(SourceProtocolError) as caught:
        parse_feed(b"<html>", "", URL, workers)
    assert str(caught.value).startswith("https://b.example/feed?…: it is a web page")


def test_a_document_that_takes_too_long_costs_its_worker(impatient: Workers):
    hostile = rss(item(1) * 100_000).encode()
    parse_feed(GOOD, "", URL, impatient)
    before = impatient._idle[0].pid
    started = time.monotonic()
    with pytest.raises(SourceProtocolError, match="more than 3 s"):
        parse_feed(hostile, "", URL, impatient)
    assert time.monotonic() - started < 20
    assert len(parse_feed(GOOD, "", URL, impatient).entries) == 1
    assert impatient._idle[0].pid != before


def test_a_document_that_wants_too_much_memory_costs_its_worker():
    pool = Workers(WorkerLimits(seconds=60, megabytes=200, workers=1))
    try:
        with pytest.raises(SourceProtocolError, match="memory"):
            parse_feed(rss(item(1, "x" * 60_000_000)).encode(), "", URL, pool)
        assert len(parse_feed(GOOD, "", URL, pool).entries) == 1
    finally:
        pool.close()


def test_an_element_with_100_000_attributes_is_read_in_time(workers: Workers):
    attributes = " ".join(f'a{n}="{n}"' for n in range(100_000))
    hostile = rss(f"<item><title>x</title><description><p {attributes}>y</p></description><x {attributes}/></item>", item(2))
    assert parse_feed(hostile.encode(), "", URL, workers).entries[0].title == "x"


ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 30))


@pytest.mark.parametrize(
    "hostile",
    [
        rss("<item><title>deep</title><description>" + "<b>" * 100_000 + "</description></item>", item(2)),
        rss(item(1, "&e29;")).replace("<rss", f"<!DOCTYPE r [{ENTITIES}]><rss"),
        rss("".join(f'<item xmlns:n{n}="urn:{n}"><title>{n}</title></item>' for n in range(1000))),
    ],
    ids=["nested", "entity bomb", "namespaces"],
)
def test_hostile_feeds_yield_their_entries(workers: Workers, hostile):
    assert len(parse_feed(hostile.encode(), "", URL, workers).entries) >= 1
    assert len(parse_feed(GOOD, "", URL, workers).entries) == 1


def test_a_worker_that_died_is_replaced(workers: Workers):
    parse_feed(GOOD, "", URL, workers)
    os.kill(workers._idle[0].pid, signal.SIGKILL)
    workers._idle[0].wait(5)
    assert len(parse_feed(GOOD, "", URL, workers).entries) == 1


def test_a_worker_that_dies_over_a_document_is_an_error_of_that_document(workers: Workers):
    parse_feed(GOOD, "", URL, workers)
    os.kill(workers._idle[0].pid, signal.SIGSTOP)
    timer = threading.Timer(0.2, os.kill, (workers._idle[0].pid, signal.SIGKILL))
    timer.start()
    with pytest.raises(SourceProtocolError, match="ended the reader"):
        parse_feed(GOOD, "", URL, workers)
    timer.join()


def test_many_threads_share_few_workers(workers: Workers):
    results = []
    threads = [threading.Thread(target=lambda: results.append(len(parse_feed(GOOD, "", URL, workers).entries))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == [1] * 8
    assert 1 <= len(workers._idle) <= 2


def test_a_closed_pool_starts_nothing(workers: Workers):
    parse_feed(GOOD, "", URL, workers)
    process = workers._idle[0]
    workers.close()
    assert process.poll() is not None
    with pytest.raises(RetryLater, match="ending"):
        parse_feed(GOOD, "", URL, workers)


def test_workers_get_no_secrets(monkeypatch, workers: Workers):
    monkeypatch.setenv("LISTENER_SMTP_PASSWORD", "planted")
    parse_feed(GOOD, "", URL, workers)
    environment = Path(f"/proc/{workers._idle[0].pid}/environ").read_bytes()
    assert b"planted" not in environment


def test_the_pool_is_shared_within_a_process_and_not_beyond(monkeypatch):
    mine = shared_workers()
    assert shared_workers() is mine
    monkeypatch.setattr(_workers, "_POOLS", {1: mine})
    monkeypatch.setattr(_workers.atexit, "register", lambda function: None)
    assert shared_workers() is not mine


PARENT = """
import os, sys
from connectors._workers import shared_workers
shared_workers().read("links", b"<html>", "", "http://b.example/")
print(shared_workers()._idle[0].pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, None], ids=["killed", "ended"])
def test_no_worker_outlives_its_parent(how):
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        os.kill(worker, 0)
        if how is not None:
            parent.send_signal(how)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and _runs(worker):
        time.sleep(0.02)
    assert not _runs(worker)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_defect_of_a_parser_is_named_and_not_raised(monkeypatch):
    def broken(*_):
        raise KeyError("x")

    monkeypatch.setitem(sys.modules["connectors._worker"]._OPERATIONS, "feed", broken)
    assert handle("feed", b"", "", "") == {"error": "it cannot be read (KeyError)"}


def test_running_out_of_memory_ends_the_worker_after_its_answer(monkeypatch):
    def greedy(*_):
        raise MemoryError

    monkeypatch.setitem(sys.modules["connectors._worker"]._OPERATIONS, "feed", greedy)
    assert handle("feed", b"", "", "")["full"] is True


def test_operations_by_name():
    assert handle("feed", GOOD, "", "http://b.example/")["result"]["entries"][0]["id"] == "id-1"
    assert handle("links", b"<html>", "", "http://b.example/") == {"result": {"feeds": [], "comments": []}}
    assert handle("article", b"<html><body><p>x</p></body></html>", "", "http://b.example/").keys() == {"result"}
