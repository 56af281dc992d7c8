"""The command line. Importing it costs nothing; ``main`` brings in what the command at hand needs."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from types import FrameType

ENDED = {128 + signal.SIGTERM: "SIGTERM", 128 + signal.SIGINT: "Ctrl-C"}
"""The exit status of a command that was told to end, as shells count it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 (worked), 1 (failed) or 2 (wrong usage or configuration)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show must not end the command
    before = signal.signal(signal.SIGTERM, _terminated)
    from listener.cli.app import app

    try:
        app(args=given, prog_name="listener")
    except SystemExit as end:  # how typer ends, always
        status = end.code if isinstance(end.code, int) else 1
        if status in ENDED:
            from listener.cli.output import note

            note(f"Ended by {ENDED[status]}; what was stored is kept")
        return status
    except Exception as problem:  # the edge: everything becomes one plain message and an exit status
        from listener.cli.failures import report

        return report(problem, debug="--debug" in given)
    finally:
        signal.signal(signal.SIGTERM, before)
        _let_go_of_a_full_log()
    return 0


def _let_go_of_a_full_log() -> None:
    """What standard error could not take would turn the exit status into Python's own 120 when the process ends."""
    try:
        sys.stderr.flush()
    except OSError:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - open as long as the process is


def _open_streams() -> None:
    """Give a process that was started without them somewhere to write to."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - open as long as the process is


def _terminated(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM ends the command like an error would, so that temporary files go and transactions roll back."""
    raise SystemExit(128 + signal.SIGTERM)
