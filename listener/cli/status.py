"""``listener status``: is all well, and if not, what to do."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from listener.cli.output import json_line, jsonable, paragraph, say
from listener.cli.shell import Shell, command

if TYPE_CHECKING:
    from listener.cli.source_health import SourceHealth
    from listener.status import Facts, Line, SourceFact
    from listener.wiring import App
    from storage.runs import RunRecord
    from storage.store import Store

RUNS = 20


def add(app: typer.Typer) -> None:
    command(app, "status")(status)


def status(shell: Shell) -> None:
    """Say in five lines whether all is well, and what to do.

    Exits with 1 where something is wrong: runs that stopped, sources that fail, messages that cannot be sent, a full disk.
    Work that waits for people is no fault.

    Example: listener status --json
    """
    from listener.status import headline, is_well, status_lines

    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        lines = status_lines(_facts(app, store, now), now, app.settings.zone())
    well = is_well(lines)
    if shell.json:
        json_line({"well": well, "lines": [jsonable(line) for line in lines]})
    else:
        say(headline(lines))
        for line in lines:
            _say(line)
    if not well:
        raise typer.Exit(1)


_MARKS = {True: "✓", False: "✗", None: "·"}


def _say(line: Line) -> None:
    do = f" → {line.do}" if line.do else ""
    paragraph(f"{_MARKS[line.well]} {line.about}: {line.says}{do}", hang=2)


def _facts(app: App, store: Store, now: datetime) -> Facts:
    from listener.cli.source_health import gather
    from listener.status import Facts, RunFact
    from storage import schema

    waits = store.attention(now)
    configured = {source.name for source in app.sources}
    found = [each for each in gather(app, store, now) if each.source in configured]
    runs, at_work = _latest_runs(store)
    return Facts(
        runs=[RunFact(run.started_at, run.ended_at, run.error) for run in runs],
        sources=[_source(each) for each in found],
        waiting=waits.waiting,
        quiet=waits.quiet,
        waiting_since=waits.waiting_since,
        parked=waits.parked,
        refused=waits.refused,
        told_at=waits.told_at,
        alerts=waits.alerts,
        overdue=waits.overdue,
        unread=waits.unread,
        at_work=at_work,
        new=waits.new,
        database=store.shown,
        size_bytes=waits.size_bytes,
        schema=schema.HEAD,
        free_bytes=_free(store.path),
    )


def _latest_runs(store: Store) -> tuple[Sequence[RunRecord], bool]:
    """The last runs, newest first, and whether somebody works on the newest where it has no end."""
    runs = store.runs.latest(RUNS)
    if not runs or runs[0].ended_at is not None or store.admin.at_work():
        return runs, True
    later = store.runs.latest(RUNS)  # a run ends before its lock does: that one may have ended, or another one begun, meanwhile
    return later, later[0].run_id != runs[0].run_id


def _source(found: SourceHealth) -> SourceFact:
    """One that is left alone until later is well, unless it was never heard or fails again and again."""
    from listener.core.telling import Health
    from listener.health_rules import FAILURES
    from listener.status import SourceFact

    health = Health(found.health)
    if health is Health.WAITING and found.failures and (found.last_success is None or found.failures >= FAILURES):
        health = Health.FAILED
    return SourceFact(found.source, health, found.reason)


def _free(path: Path | None) -> int | None:
    return shutil.disk_usage(path.parent).free if path else None
