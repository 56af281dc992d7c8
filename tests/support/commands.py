"""The command ``listener`` as a stranger uses it: in a process of its own, or, where that shows nothing more, in this one."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import structlog

from listener.cli import main

SCRIPT = Path(sys.executable).with_name("listener")


@dataclass(frozen=True)
class Ended:
    """What a command left: exit status and both streams."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """Standard output as JSON lines: nothing else may stand there."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def said(self) -> str:
        return self.out + self.err


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours without settings of listener's, and with those given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LISTENER_")}
    return {**kept, "COLUMNS": "80", **(more or {})}


def start(
    *arguments: object,
    folder: Path,
    env: Mapping[str, str] | None = None,
    before: Callable[[], None] | None = None,
    command: Path = SCRIPT,
) -> subprocess.Popen[str]:
    """The command in a process of its own, in ``folder``; ``before`` runs in it first; another installation may be named."""
    return subprocess.Popen(
        [str(command), *map(str, arguments)],
        cwd=folder,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        preexec_fn=before,  # noqa: PLW1509 - limits and signals that only the process itself can set
    )


def finish(process: subprocess.Popen[str], timeout: float = 90) -> Ended:
    out, err = process.communicate(timeout=timeout)
    return Ended(process.returncode, out, err)


def spawn(
    *arguments: object, folder: Path, env: Mapping[str, str] | None = None, before: Callable[[], None] | None = None
) -> Ended:
    """The command in a process of its own, to its end."""
    return finish(start(*arguments, folder=folder, env=env, before=before))


def call(*arguments: object, folder: Path, env: Mapping[str, str] | None = None) -> Ended:
    """The command in this process, in ``folder``: a second faster, since everything is imported already."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    here = Path.cwd()
    with patch.dict(os.environ, environment(env), clear=True), redirect_stdout(out), redirect_stderr(err), _own_log():
        os.chdir(folder)
        try:
            status = main([str(argument) for argument in arguments])
        finally:
            os.chdir(here)
    return Ended(status, *(_content(stream) for stream in (out, err)))


def _content(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


@contextmanager
def _own_log() -> Iterator[None]:
    """What the command sets up for its log goes with it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers, root.level = handlers, level
        structlog.reset_defaults()


def default_signals() -> None:
    """As a shell starts a command, whatever the test runner does."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
