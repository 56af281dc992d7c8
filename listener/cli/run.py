"""``listener run``: one whole pass, the scheduled job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.moments import parse_moment
from listener.cli.output import Column, json_line, note, progress, say, table
from listener.cli.shell import Shell, command
from listener.core.plain import one_line

if TYPE_CHECKING:
    from listener.collecting import Stream
    from listener.core.ports import ConnectorContext
    from listener.job import PassReport
    from listener.wiring import App, Source


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
    if dry_run:
        _dry_run(shell, app, source or [], now, start)
        return
    from listener.core.errors import StoreBusy
    from listener.job import run_pass

    with app.open_store(now) as store, progress(quiet=shell.json) as bar:
        try:
            report = run_pass(app, store, now, only=source or (), since=start, progress=bar)
        except StoreBusy as busy:
            note(f"{busy}; nothing to do here")
            return
    if shell.json:
        json_line(report_facts(report))
    else:
        print_report(report)
    if not report.worked:
        note("Error: nothing could be heard: every source failed")
        raise typer.Exit(1)


def report_facts(report: PassReport) -> dict[str, Any]:
    """A pass as one JSON object."""
    imported = report.customers
    return {
        "run": report.run_id,
        "worked": report.worked,
        **report.counts(),
        "customers": imported
        and {
            "unchanged": imported.unchanged,
            "new": imported.saved.new,
            "changed": imported.saved.changed,
            "retired": imported.retired,
            "rejected": [{"row": row, "reason": reason} for row, reason in imported.rejected],
            "refused": imported.refused,
        },
        "streams": [
            {
                "source": result.source,
                "stream": result.stream,
                "new": result.saved.new,
                "changed": result.saved.changed,
                "duplicates": result.saved.duplicates,
                "rejected": result.rejected,
                "unchanged": result.unchanged,
                "error": result.error and result.error.reason,
            }
            for result in report.collected.results
        ],
        "skipped": [{"source": name, "reason": reason} for name, reason in report.skipped],
    }


def print_report(report: PassReport) -> None:
    """A pass for people: a line a source, and what became of it all."""
    rows = [*_source_rows(report), *((name, "", "", "", "", f"not asked: {reason}") for name, reason in report.skipped)]
    if rows:
        counts = [Column(title, right=True) for title in ("new", "changed", "known", "unusable")]
        table([Column("source"), *counts, Column("result", wide=True)], rows)
    else:
        say("No source is configured: add a [[sources]] table to listener.toml.")
    imported = report.customers
    if imported and imported.refused:
        say(f"Customers: not imported, those of the last import stay: {one_line(imported.refused)}")
    elif imported and not imported.unchanged:
        saved = imported.saved
        unusable = len(imported.rejected)
        say(f"Customers: {saved.new} new, {saved.changed} changed, {imported.retired} gone, {unusable} rows unusable")
    say(f"Understood {report.understood} mentions, looked at {report.identified} authors, judged {report.judged} people")
    told = report.told
    say(f"Told: {told.digests} digests made, {told.sent} messages sent" + (f", {told.failed} failed" if told.failed else ""))
    say("Next: listener digest, listener cases")


def _source_rows(report: PassReport) -> list[tuple[str, ...]]:
    """A row for each source; its streams are added up, and the most frequent error stands for all."""
    sources = dict.fromkeys(result.source for result in report.collected.results)
    rows = []
    for name in sources:
        theirs = [result for result in report.collected.results if result.source == name]
        errors = Counter(result.error.reason for result in theirs if result.error)
        counts = (
            sum(result.saved.new for result in theirs),
            sum(result.saved.changed for result in theirs),
            sum(result.saved.duplicates for result in theirs),
            sum(sum(result.rejected.values()) for result in theirs),
        )
        rows.append((name, *map(str, counts), _outcome(errors, len(theirs), all(result.unchanged for result in theirs))))
    return rows


def _outcome(errors: Counter[str], streams: int, unchanged: bool) -> str:
    if not errors:
        return "nothing new since last time" if unchanged else "heard"
    (reason, _), *_ = errors.most_common(1)
    failed = sum(errors.values())
    return f"failed: {reason}" if failed == streams else f"{failed} of {streams} parts failed: {reason}"


def _streams(source: Source, context: ConnectorContext) -> Sequence[Stream]:
    """What a dry run fetches; a source whose list of feeds cannot be read fails alone."""
    from listener.core.errors import ConfigError

    try:
        return source.streams(context, {}, {})
    except ConfigError as problem:
        return [source.broken(problem, context.now)]


def _dry_run(shell: Shell, app: App, names: Sequence[str], now: datetime, since: datetime | None) -> None:
    """Fetch what the next run would, and count it. The store is not opened, so known mentions count too."""
    from listener.collecting import Done, fetch_all

    chosen = [app.source(name) for name in names] or list(app.sources)
    for source in chosen:
        if source.disabled:
            note(f"{source.name}: not asked: {source.disabled}")
    found: Counter[str] = Counter()
    unusable: Counter[str] = Counter()
    errors: dict[str, str] = {}
    with app.open_door() as door, progress(quiet=shell.json) as bar:
        context = app.context(door, now, since=since)
        streams = [stream for source in chosen if not source.disabled for stream in _streams(source, context)]
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
