"""Where the time of one pass goes: CPU and wall seconds of each step, with those of the workers that a step started.

python benchmarks/steps.py [FEEDS] [ENTRIES]
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import corpus
from run import configured

from connectors._workers import shared_workers
from listener import job, pipeline
from listener.wiring import load_app, system_clock


def cpu() -> float:
    """User and system seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(name: str, step: Callable[..., Any], spent: dict[str, tuple[float, float]]) -> Callable[..., Any]:
    def run(*args: Any, **named: Any) -> Any:
        before, started = cpu(), time.perf_counter()
        result = step(*args, **named)
        spent[name] = (cpu() - before, time.perf_counter() - started)
        return result

    return run


def main(feeds: int, entries: int) -> None:
    spent: dict[str, tuple[float, float]] = {}
    for name in ("collect", "understand", "identify", "judge"):
        setattr(pipeline, name, timed(name, getattr(pipeline, name), spent))
    job.tell = timed("tell", job.tell, spent)  # type: ignore[assignment]  # the same function, with a stop-watch
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus.write(folder / "feeds", feeds, entries)
        with corpus.serve(folder / "feeds") as base:
            app = load_app(configured(folder, base, feeds), {})
            now = system_clock()
            with app.open_store(now) as store:
                job.run_pass(app, store, now)
            shared_workers().close()  # so that their time can be read; the server's comes later, and is not ours
            workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{feeds} feeds x {entries} entries")
    for name, (seconds, wall) in spent.items():
        print(f"  {name:<12} CPU {seconds:6.2f} s   wall {wall:6.2f} s")
    print(f"  feed workers CPU {workers.ru_utime + workers.ru_stime:6.2f} s   (with collect)")


if __name__ == "__main__":
    main(*(int(argument) for argument in (sys.argv[1:] + ["2000", "5"][len(sys.argv) - 1 :])))
