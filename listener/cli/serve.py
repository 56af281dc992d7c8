"""``listener serve``: the scheduler, until it is told to end."""

from __future__ import annotations

import os
import select
import signal
import sys
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

import typer

from listener.cli.output import Column, json_line, moment, note, say, table
from listener.cli.shell import Shell, command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from listener.schedule.server import Wait
    from listener.wiring import App
    from storage.store import Store

SHOWN = 10
"""Sources named at the start."""


def add(app: typer.Typer) -> None:
    command(app, "serve")(serve)


def serve(shell: Shell) -> None:
    """Listen to every source in its own time, until told to end.

    Sources are asked as often as `every` or `cron` in listener.toml say; the digest goes out at its hour. Several processes can
    serve one PostgreSQL database: each piece of work is done by one of them.

    Example: listener serve --verbose
    """
    from listener.core.errors import StoreBusy
    from listener.schedule.server import Server

    now = shell.now()
    app = shell.app()
    with _told_to_end() as wait, app.open_store(now) as store:
        try:
            with nullcontext() if store.is_shared else store.admin.run_lock():
                _announce(shell, app, store, now)
                finished = Server(app, store, alone=not store.is_shared).serve(wait)
        except StoreBusy as busy:
            note(f"{busy}; nothing to do here")
            return
        note("Ended; what was stored is kept")
        if not finished:
            _end_at_once()


def _end_at_once() -> None:
    """Leave jobs that do not stop in time, as a power cut would: every step can be killed anywhere, and none is half-stored.
    The ordinary way out would wait for their threads."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # it has no room: the way out through that error would wait, too
            stream.flush()
    os._exit(0)


@contextmanager
def _told_to_end() -> Iterator[Wait]:
    """A function that waits, and says whether SIGTERM or Ctrl-C came.

    The handlers only write to a pipe: they run between any two steps of this very thread, where taking a lock could wait for
    ever for itself.
    """
    came, tell = os.pipe()
    os.set_blocking(tell, False)
    before = {number: signal.signal(number, lambda *_: os.write(tell, b"!")) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda seconds: bool(select.select([came], [], [], seconds)[0])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(came)
        os.close(tell)


def _announce(shell: Shell, app: App, store: Store, now: datetime) -> None:
    from listener.schedule import next_runs

    following = next_runs(app, store.runs.stream_states(), now)
    disabled = [source.name for source in app.sources if source.disabled]
    if shell.json:
        json_line({"sources": [{"source": name, "next": at} for name, at in following.items()], "disabled": disabled})
    elif not following:
        say(f"Serving until Ctrl-C, but no source{_not(disabled)} can be listened to: add a [[sources]] table to listener.toml.")
    else:
        say(f"Serving {len(following)} sources{_not(disabled)} until Ctrl-C. Each is asked now if it is due, and then:")
        soonest = sorted(following.items(), key=lambda item: item[1])
        table([Column("source"), Column("next (UTC)")], [(name, moment(at)) for name, at in soonest[:SHOWN]])
        if len(soonest) > SHOWN:
            say(f"and {len(soonest) - SHOWN} more: listener sources")
    sys.stdout.flush()  # into a pipe it would wait there until the end


def _not(disabled: list[str]) -> str:
    return f" ({len(disabled)} disabled: see listener check)" if disabled else ""
