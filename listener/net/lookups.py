"""Asking the system for the addresses of a name, with a time limit: the system's own resolver knows none.

A look-up runs in a thread of its own, because it cannot be broken off. The thread is used again for a while: to start one for
every name costs more than a look-up that the system answers from its cache.
"""

from __future__ import annotations

import os
import socket
import threading
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

KEPT_FOR = 10.0
"""Seconds for which a thread without work waits for the next name."""

_lock = threading.Lock()
_idle: list[_Thread] = []


@dataclass(frozen=True, slots=True)
class _Question:
    host: str
    port: int
    answer: SimpleQueue[list[str] | Exception] = field(default_factory=SimpleQueue)


class _Thread:
    """Answers one question after another; while it does, it is not among the idle ones."""

    def __init__(self) -> None:
        self.questions: SimpleQueue[_Question] = SimpleQueue()
        threading.Thread(target=self._run, name="resolve", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                question = self.questions.get(timeout=KEPT_FOR)
            except Empty:
                with _lock:
                    if self in _idle:
                        _idle.remove(self)
                        return
                continue  # somebody has just taken it: the question is on its way
            answer = _addresses(question.host, question.port)
            with _lock:
                _idle.append(self)
            question.answer.put(answer)


def look_up(host: str, port: int, seconds: float) -> list[str]:
    """Every address of a name, each once, in the order of the system's resolver.

    Raises:
        TimeoutError: no answer within ``seconds``; the thread goes on waiting for it, and nobody waits for the thread.
        OSError: the name has no address, or cannot be resolved now.
        UnicodeError: it cannot be a name.
    """
    with _lock:
        thread = _idle.pop() if _idle else None
    question = _Question(host, port)
    (thread or _Thread()).questions.put(question)
    try:
        answer = question.answer.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _addresses(host: str, port: int) -> list[str] | Exception:
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        return problem
    return list(dict.fromkeys(str(info[4][0]) for info in infos))


def _forget() -> None:
    """Threads do not live on in a forked process, and nobody there holds the lock."""
    global _lock  # noqa: PLW0603 - made anew, since it can have been held at the fork
    _lock = threading.Lock()
    _idle.clear()


os.register_at_fork(after_in_child=_forget)
