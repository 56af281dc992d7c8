"""Cleaning texts in a process of its own, once something ended a run before its time: who crashes there costs one text.

    python -m listener.cleaning

Texts are read by libraries in C, which could crash where no error can be caught. A run reads them by itself, which is faster;
only while a run of the last days is known to have died, the next ones read them here. Requests come on stdin, answers go to
stdout, each as a length (4 bytes) and JSON. The process ends when stdin does: it never outlives a run that was killed.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import threading
import weakref
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from listener.core.mention import Markup

CAREFUL_FOR = timedelta(days=7)
"""So long after a run that died texts are cleaned apart: a feed shows its last posts for some days."""
SECONDS = 30.0
"""How long one text may take: the longest takes a second on a processor of its own."""
_LENGTH = struct.Struct(">I")


class CleaningFailed(ValueError):
    """The text ended its reader, or took too long."""


class CleaningTimedOut(CleaningFailed):
    """It was still being read when its time was over."""


class CleaningApart:
    """A cleaner whose process starts with the first text, and anew after one that ended it."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._worker: subprocess.Popen[bytes] | None = None
        self._end: Any = None

    def __call__(self, text: str, markup: Markup) -> str:
        """The plain text.

        Raises:
            CleaningFailed: reading it ended the process, or took longer than it may.
            ValueError: it cannot be read.
        """
        try:
            return self._once(text, markup)
        except CleaningTimedOut:  # it would take as long again
            raise
        except CleaningFailed:  # maybe a signal to the whole group, or a lack of memory, ended it: not every death is the text's
            return self._once(text, markup)

    def _once(self, text: str, markup: Markup) -> str:
        worker = self._started()
        late = threading.Event()
        timer = threading.Timer(self._seconds, _end_late, (worker, late))
        timer.daemon = True
        timer.start()
        try:
            answer = _exchange(worker, {"text": text, "markup": markup.value})
        except (OSError, EOFError) as problem:
            self.close()
            if late.is_set():
                raise CleaningTimedOut(f"reading it took longer than {self._seconds:g} s") from problem
            raise CleaningFailed("reading it ended its process") from problem
        finally:
            timer.cancel()
        if "error" in answer:
            raise ValueError(answer["error"])
        return str(answer["text"])

    def close(self) -> None:
        """End the process, if there is one."""
        if self._end is not None:
            self._end()
        self._worker = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._worker is None:
            try:
                self._worker = _start()
            except OSError as problem:
                raise CleaningFailed("its process cannot be started") from problem
            self._end = weakref.finalize(self, _stop, self._worker)
        return self._worker


def _start() -> subprocess.Popen[bytes]:
    """It gets none of our settings, which may be secrets, and nothing from the working folder (``-P``)."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("LISTENER_") and not name.lower().endswith("_proxy")
    }
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), environment.get("PYTHONPATH")]))
    command = [sys.executable, "-P", "-m", "listener.cleaning"]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=quiet, env=environment)  # noqa: S603 - our own module


def _end_late(worker: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    worker.kill()


def _stop(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    for pipe in (worker.stdin, worker.stdout):
        try:
            if pipe is not None:
                pipe.close()
        except OSError:  # what it did not take cannot be written any more
            continue
    worker.wait()


def _exchange(worker: subprocess.Popen[bytes], request: dict[str, str]) -> dict[str, Any]:
    if worker.stdin is None or worker.stdout is None:  # pragma: no cover - for the type checker: both are pipes
        raise EOFError
    _write(worker.stdin, request)
    answer: dict[str, Any] | None = _read(worker.stdout)
    if answer is None:
        raise EOFError
    return answer


def _write(pipe: BinaryIO | Any, message: object) -> None:
    data = json.dumps(message).encode()
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def _read(pipe: BinaryIO | Any) -> Any:
    """The next message, ``None`` at the end."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    data = pipe.read(_LENGTH.unpack(head)[0])
    return json.loads(data) if len(data) == _LENGTH.unpack(head)[0] else None


def main() -> None:
    """Answer until nobody asks any more."""
    from nlp.text import to_text

    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while (request := _read(requests)) is not None:
        try:
            answer = {"text": to_text(request["text"], Markup(request["markup"]))}
        except (ValueError, RecursionError, MemoryError) as problem:
            answer = {"error": type(problem).__name__}
        _write(answers, answer)


if __name__ == "__main__":
    main()
