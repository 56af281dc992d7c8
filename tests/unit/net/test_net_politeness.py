"""Turns at hosts."""

import threading

import pytest

from listener.net.politeness import Politeness


class Time:
    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def polite(concurrency: int, interval: float, time: Time) -> Politeness:
    return Politeness(concurrency, interval, monotonic=lambda: time.now, sleep=time.sleep)


def test_starts_at_one_host_keep_their_distance():
    time = Time()
    politeness = polite(1, 2.0, time)
    for _ in range(3):
        with politeness.turn("a.example"):
            time.now += 0.5
    assert time.slept == [1.5, 1.5]


def test_another_host_does_not_wait():
    time = Time()
    politeness = polite(1, 2.0, time)
    for host in ("a.example", "b.example"):
        with politeness.turn(host):
            pass
    assert time.slept == []


def test_no_more_than_the_allowed_number_at_once():
    politeness = Politeness(2, 0.0)
    inside = threading.Semaphore(0)
    leave = threading.Event()
    most = []
    now = []

    def visit():
        with politeness.turn("a.example"):
            now.append(1)
            most.append(len(now))
            inside.release()
            leave.wait(5)
            now.pop()

    threads = [threading.Thread(target=visit) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert inside.acquire(timeout=5)
    assert inside.acquire(timeout=5)
    assert not inside.acquire(timeout=0.05)
    leave.set()
    for thread in threads:
        thread.join(5)
    assert max(most) == 2
    assert len(most) == 5


def test_hosts_are_forgotten():
    politeness = Politeness(1, 0.0)
    with politeness.turn("a.example"):
        assert set(politeness._hosts) == {"a.example"}
    assert politeness._hosts == {}


def test_many_hosts_are_forgotten_once_their_pause_is_over():
    time = Time()
    politeness = polite(1, 1.0, time)
    for n in range(4096):
        with politeness.turn(f"{n}.example"):
            pass
    time.now += 5
    with politeness.turn("last.example"):
        pass
    assert set(politeness._hosts) == {"last.example"}


def test_a_turn_is_given_back_after_an_error():
    politeness = Politeness(1, 0.0)
    for _ in range(2):
        with pytest.raises(KeyError), politeness.turn("a.example"):
            raise KeyError
    assert politeness._hosts == {}
