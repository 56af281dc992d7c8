"""``listener run``: one whole pass, the scheduled job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli.moments import parse_moment
from listener.cli.output import Column, json_line, note, progress, say, table
from listener.cli.shell import Shell, command
from listener.core.errors import ConfigError, Problem

if TYPE_CHECKING:
    from listener.collecting import Stream
    from listener.core.connector import ConnectorContext
    from listener.sources import Source
    from listener.wiring import App


def add(app: typer.Typer) -> None:
    command(app, "run")(run)


def run(
    shell: Shell,
    source: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Listen to this source only; may be repeated.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Go back to this time, where a source can: 2026-03-01 or 7d.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Fetch and count; store and send nothing.")] = False,
) -> None:
    """Collect, understand, identify, judge and tell, once.

    Example: listener run --source news --since 7d
    """
    now = shell.now()
    app = shell.app()
    start = parse_moment(since, now, "--since") if since else None
    if start is not None and start > now:
        raise ConfigError([Problem("--since", f'"{since}" lies in the future', "a time that has passed, or 7d")])
    if dry_run:
        _dry_run(shell, app, source or [], now, start)
        return
    from listener.cli.run_report import print_report, report_facts
    from listener.core.errors import StoreBusy
    from listener.job import run_pass

    with app.open_store(now) as store, progress(quiet=shell.json) as bar:
        try:
            report = run_pass(app, store, now, only=source or (), since=start, progress=bar)
        except StoreBusy as busy:
            note(f"{busy}; nothing to do here")
            if shell.json:
                json_line({"busy": True})
            return
    if shell.json:
        json_line(report_facts(report))
    else:
        print_report(report)
    for defect in report.defects:
        note(f"Error: {defect}; the log has more, and all else was done")
    if not report.worked:
        note("Error: nothing could be heard: every source failed")
    if report.defects or not report.worked:
        raise typer.Exit(1)


def _streams(source: Source, context: ConnectorContext) -> Sequence[Stream]:
    """What a dry run fetches; a source whose list of feeds cannot be read fails alone."""
    from listener.core.errors import ConfigError

    try:
        older = source.backfill(context, context.since, {}) if context.since else []
        return [*source.streams(context, {}, {}), *older]
    except ConfigError as problem:
        return [source.broken(problem, context.now)]


def _costs(source: Source) -> str | None:
    """What asking the source can cost, where that is counted."""
    from listener.allowances import run_words

    most = [words for each in source.spec.allowances(source.options) if (words := run_words(each))]
    return f"asking costs: {', '.join(most)}" if most else None


def _dry_run(shell: Shell, app: App, names: Sequence[str], now: datetime, since: datetime | None) -> None:
    """Fetch what the next run would, and count it. The store is not opened, so known mentions count too.

    A source whose use is counted is not asked, because asking costs: what a run of it can use at most is said instead.
    """
    from listener.collecting import Done, fetch_all

    chosen = []
    for source in [app.source(name) for name in names] or app.sources:
        reason = source.disabled or _costs(source)
        if reason:
            note(f"{source.name}: not asked: {reason}")
        else:
            chosen.append(source)
    found: Counter[str] = Counter()
    unusable: Counter[str] = Counter()
    errors: dict[str, str] = {}
    with app.open_door() as door, progress(quiet=shell.json) as bar:
        context = app.context(door, now, since=since)
        streams = [stream for source in chosen for stream in _streams(source, context)]
        done = 0
        for stream, arrived in fetch_all(streams, app.settings.net.workers):
            if isinstance(arrived, Done):
                done += 1
                bar("collect", done, len(streams))
                if arrived.error:
                    errors[stream.source] = arrived.error.reason
            else:
                found[stream.source] += len(arrived.mentions)
                unusable[stream.source] += len(arrived.rejected)
    asked = list(dict.fromkeys(stream.source for stream in streams))
    if shell.json:
        for name in asked:
            json_line({"source": name, "mentions": found[name], "unusable": unusable[name], "error": errors.get(name)})
    else:
        rows = [
            (name, str(found[name]), str(unusable[name]), f"failed: {errors[name]}" if name in errors else "heard")
            for name in asked
        ]
        columns = [Column("source"), Column("mentions", right=True), Column("unusable", right=True), Column("result", wide=True)]
        table(columns, rows)
        say("Nothing was stored.")
    if asked and len(errors) == len(asked):
        raise typer.Exit(1)
