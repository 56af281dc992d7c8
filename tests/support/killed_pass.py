"""A real pass in a process of its own that kills itself, as if the machine went away, at one point of one step.

    python killed_pass.py CONFIG NOW SUBJECT.METHOD before|after NTH

The store's real method runs; only the moment of death is arranged. Without a point the pass runs to its end.
"""

from __future__ import annotations

import os
import signal
import sys
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


def main(config: str, moment: str, point: str = "", when: str = "before", nth: str = "1") -> None:
    now = datetime.fromisoformat(moment)
    app = load_app(Path(config), {})
    with app.open_store(now) as store:
        if point:
            subject, method = point.split(".")
            part = getattr(store, subject)
            setattr(part, method, dying(getattr(part, method), when, int(nth)))
        run_pass(app, store, now)


if __name__ == "__main__":
    main(*sys.argv[1:])
