"""Real passes, each in a process of its own, that kill themselves, as if the machine went away, at one point of one step.

    python killed_pass.py NOW CONFIG CONFIG[@SUBJECT.METHOD:before|after:NTH] ...

The store's real method runs; only the moment of death is arranged. Without a point the pass runs to its end. The first has none
and runs in the process that starts the others, so that what every pass loads is loaded once.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from listener.job import run_pass
from listener.wiring import load_app


def dying(method: Callable[..., Any], when: str, nth: int) -> Callable[..., Any]:
    calls = 0

    def called(*args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = method(*args, **named)
        if calls == nth and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return called


def run(config: str, now: datetime, point: str = "") -> None:
    app = load_app(Path(config), {})
    with app.open_store(now) as store:
        if point:
            name, when, nth = point.split(":")
            subject, method = name.split(".")
            part = getattr(store, subject)
            setattr(part, method, dying(getattr(part, method), when, int(nth)))
        run_pass(app, store, now)


def in_its_own_process(config: str, now: datetime, point: str) -> int:
    """How the pass ended."""
    child = os.fork()
    if child == 0:
        try:
            run(config, now, point)
        except BaseException:  # the child must not go on as its parent
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(moment: str, *passes: str) -> None:
    now = datetime.fromisoformat(moment)
    run(passes[0], now)
    for each in passes[1:]:
        config, _, point = each.partition("@")
        ended = in_its_own_process(config, now, point)
        if ended != (-signal.SIGKILL if point else 0):
            sys.exit(f"{point or 'the whole pass'} ended with {ended}")


if __name__ == "__main__":
    main(*sys.argv[1:])
