"""The command line. Importing it costs nothing; ``main`` brings in what the command at hand needs."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from types import FrameType


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 (worked), 1 (failed) or 2 (wrong usage or configuration)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show must not end the command
    before = signal.signal(signal.SIGTERM, _terminated)
    from listener.cli.app import app
    from listener.cli.failures import report

    try:
        app(args=given, prog_name="listener")
    except SystemExit as end:  # how typer ends, always
        return end.code if isinstance(end.code, int) else 1
    except Exception as problem:  # the edge: everything becomes one plain message and an exit status
        return report(problem, debug="--debug" in given)
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0


def _terminated(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM ends the command like an error would, so that temporary files go and transactions roll back."""
    raise SystemExit(128 + signal.SIGTERM)
