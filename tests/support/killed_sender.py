"""Senders, each a process of its own that is killed at a given moment, as if the machine went away.

    python killed_sender.py URL PORT

reads from standard input, line by line, what time it is for the next sender and how many seconds after its beginning it is killed
(0: not at all), and answers how it ended: 0, or -9. The senders are forked by a process that has loaded everything, so that
hundreds of them take seconds.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from datetime import datetime

from listener.notify.email import EmailNotifier, Security, SmtpSettings
from listener.sending import send
from storage.store import open_store


def work(url: str, port: int, now: datetime, ready: int) -> None:
    settings = SmtpSettings("127.0.0.1", port, "Listener <listener@quillon.example>", Security.NONE, seconds=5)
    with open_store(url, now=now, pepper="pepper of the tests") as store:
        os.write(ready, b".")
        send(store.outbox, {"mail": EmailNotifier(settings, lambda: now)}, now, batch=8)


def one_sender(url: str, port: int, now: datetime, seconds: float) -> int:
    seen, ready = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work(url, port, now, ready)
        except BaseException:  # the child must not go on as its parent
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    os.close(ready)
    os.read(seen, 1)  # it has begun, or is dead
    os.close(seen)
    if seconds:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)  # not waited for yet: the id is still its own
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(url: str, port: str) -> None:
    for line in sys.stdin:
        moment, seconds = line.split()
        sys.stdout.write(f"{one_sender(url, int(port), datetime.fromisoformat(moment), float(seconds))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
