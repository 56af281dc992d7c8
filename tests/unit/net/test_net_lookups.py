"""Looking names up with a time limit, in threads that are used again."""

from __future__ import annotations

import os
import socket
import threading

import pytest

from listener.net import lookups
from listener.net.lookups import look_up


def threads() -> int:
    return sum(thread.name == "resolve" for thread in threading.enumerate())


def test_one_thread_answers_name_after_name() -> None:
    assert "127.0.0.1" in look_up("localhost", 80, 5)
    before = threads()
    for _ in range(20):
        look_up("localhost", 80, 5)
    assert threads() == before


def test_a_look_up_that_hangs_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    real = socket.getaddrinfo

    def hang(host: str, *arguments: object, **named: object) -> object:
        if host == "slow.example":
            release.wait(10)
        return real("localhost", 80, type=socket.SOCK_STREAM)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            look_up("slow.example", 80, 0.01)
    assert look_up("quick.example", 80, 5)
    release.set()


def test_a_thread_without_work_ends_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "KEPT_FOR", 0.05)
    monkeypatch.setattr(lookups, "_idle", [])
    before = set(threading.enumerate())
    look_up("localhost", 80, 5)
    (thread,) = [thread for thread in set(threading.enumerate()) - before if thread.name == "resolve"]
    thread.join(5)
    assert not thread.is_alive()
    assert look_up("localhost", 80, 5)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_does_not_ask_threads_that_stayed_behind() -> None:
    look_up("localhost", 80, 5)
    child = os.fork()
    if child == 0:
        try:
            found = bool(look_up("localhost", 80, 5))
        except BaseException:
            found = False
        os._exit(0 if found else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
