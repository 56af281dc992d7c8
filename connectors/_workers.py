"""The pool of worker processes that read foreign documents (``connectors._worker``), as seen from the run.

Workers are started when needed and kept; a worker that exceeds its time is killed, and the next document gets a fresh one. All
are gone when this process is, however it ends.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors._worker import LENGTH
from listener.core.errors import RetryLater, SourceProtocolError


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """``seconds`` for one document, ``megabytes`` of address space for one worker, at most ``workers`` at once."""

    seconds: float = 30.0
    megabytes: int = 1024
    workers: int = min(4, os.cpu_count() or 1)


class Workers:
    """A pool for any number of threads."""

    def __init__(self, limits: WorkerLimits | None = None) -> None:
        self._limits = limits or WorkerLimits()
        self._turns = threading.BoundedSemaphore(self._limits.workers)
        self._lock = threading.Lock()
        self._idle: list[subprocess.Popen[bytes]] = []
        self._closed = False

    def read(self, op: str, body: bytes, content_type: str, url: str) -> Any:
        """What a worker makes of the document (``connectors._worker.handle``).

        Raises:
            SourceProtocolError: it is not what it should be, or takes more time or memory than it may.
            RetryLater: the pool was closed: the run is ending.
        """
        with self._turns:
            worker = self._take()
            try:
                answer = self._ask(worker, op, body, content_type, url)
            except BaseException:
                _end(worker, at_once=True)
                raise
            if answer.get("full"):
                _end(worker, at_once=True)
            else:
                self._give_back(worker)
        if "error" in answer:
            raise SourceProtocolError(str(answer["error"]))
        return answer["result"]

    def close(self) -> None:
        """End all idle workers now and the busy ones as they finish."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            _end(worker, at_once=False)

    def _take(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise RetryLater("the run is ending")
            while self._idle:
                worker = self._idle.pop()
                if worker.poll() is None:
                    return worker
                _end(worker, at_once=True)
        return _start(self._limits.megabytes)

    def _give_back(self, worker: subprocess.Popen[bytes]) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(worker)
                return
        _end(worker, at_once=False)

    def _ask(self, worker: subprocess.Popen[bytes], op: str, body: bytes, content_type: str, url: str) -> dict[str, Any]:
        request = json.dumps({"op": op, "type": content_type, "url": url, "size": len(body)}).encode()
        too_late = threading.Event()

        def stop() -> None:
            too_late.set()
            worker.kill()

        timer = threading.Timer(self._limits.seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            answer = _exchange(worker, LENGTH.pack(len(request)) + request, body)
        except (OSError, EOFError) as problem:
            if too_late.is_set():
                raise SourceProtocolError(f"it took more than {self._limits.seconds:g} s to read") from None
            raise SourceProtocolError("reading it ended the reader (out of memory, or a defect)") from problem
        finally:
            timer.cancel()
        # Killed in the moment of its answer: the answer counts, the worker is gone.
        return {**answer, "full": True} if too_late.is_set() else answer


def _exchange(worker: subprocess.Popen[bytes], head: bytes, body: bytes) -> dict[str, Any]:
    if worker.stdin is None or worker.stdout is None:  # pragma: no cover - for the type checker: both are pipes
        raise EOFError
    worker.stdin.write(head)
    worker.stdin.write(body)
    worker.stdin.flush()
    size = worker.stdout.read(LENGTH.size)
    if len(size) < LENGTH.size:
        raise EOFError
    data = worker.stdout.read(LENGTH.unpack(size)[0])
    if len(data) < LENGTH.unpack(size)[0]:
        raise EOFError
    answer: dict[str, Any] = json.loads(data)
    return answer


def _start(megabytes: int) -> subprocess.Popen[bytes]:
    """A fresh worker. It gets none of our own settings, which may be secrets, and nothing from the working folder (``-P``)."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LISTENER_")}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), environment.get("PYTHONPATH")]))
    return subprocess.Popen(  # noqa: S603 - our own module by our own interpreter
        [sys.executable, "-P", "-m", "connectors._worker", str(megabytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )


def _end(worker: subprocess.Popen[bytes], *, at_once: bool) -> None:
    """Close the pipes and wait; a worker that does not end by itself is killed."""
    if at_once:
        worker.kill()
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                continue  # unsent bytes for a process that is gone
    try:
        worker.wait(2.0)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


_POOL_LOCK = threading.Lock()
_POOLS: dict[int, Workers] = {}
"""By process id: a forked child must not talk into its parent's pipes."""


def shared_workers() -> Workers:
    """The pool that all connectors of this process share; made when first needed, closed when the process ends."""
    with _POOL_LOCK:
        pool = _POOLS.get(os.getpid())
        if pool is None:
            pool = _POOLS[os.getpid()] = Workers()
            atexit.register(pool.close)
        return pool
