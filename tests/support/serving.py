"""``listener serve`` in a process of its own, for tests: its configuration, what it logs, and waiting for what it does."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.commands import Ended, default_signals, finish, start


@dataclass(frozen=True)
class Feed:
    """A source of kind rss; ``when`` are the lines of its schedule."""

    name: str
    url: str
    when: str = 'every = "1h"'


def configured(folder: Path, feeds: Sequence[Feed], *, jitter: str = "0s", more: str = "") -> Path:
    """A ``listener.toml`` for these feeds."""
    sources = "".join(
        f'[[sources]]\nname = "{feed.name}"\nkind = "rss"\nurl = "{feed.url}"\nprivate = true\n{feed.when}\n' for feed in feeds
    )
    path = folder / "listener.toml"
    path.write_text(f'[[brands]]\nname = "Quillon"\n{sources}[schedule]\njitter = "{jitter}"\n{more}', encoding="utf-8")
    return path


@contextmanager
def serving(folder: Path, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """The command, which is killed at the end if it is still there."""
    process = start("serve", "--verbose", "--log-format", "json", folder=folder, env=env, before=default_signals)
    try:
        yield process
    finally:
        if process.stderr and not process.stderr.closed:  # nobody waited for its end: a test failed
            process.kill()
            print(*process.communicate(timeout=30), sep="\n")  # noqa: T201 - pytest shows it with the failure


def end(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> tuple[Ended, float]:
    """Tell it to end; how it ended, and after how many seconds."""
    asked = time.monotonic()
    process.send_signal(number)
    return finish(process, timeout=30), time.monotonic() - asked


def events(ended: Ended, action: str) -> list[dict[str, Any]]:
    """What it logged under an action."""
    lines = (json.loads(line) for line in ended.err.splitlines() if line.startswith("{"))
    return [line for line in lines if line["action"] == action]


def until(true: Callable[[], object], seconds: float = 60) -> None:
    """Look until it is true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)
