"""What one pass did, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from listener.cli.output import Column, moment, say, table
from listener.core.errors import SourcePaused
from listener.core.plain import one_line

if TYPE_CHECKING:
    from listener.core.ports import StreamResult
    from listener.job import PassReport


def report_facts(report: PassReport) -> dict[str, Any]:
    """A pass as one JSON object."""
    imported = report.made.customers
    return {
        "run": report.run_id,
        "worked": report.worked,
        "defects": list(report.defects),
        **report.counts(),
        "rescored": report.made.rescored,
        "alerts": report.alerts,
        "customers": imported
        and {
            "unchanged": imported.unchanged,
            "new": imported.saved.new,
            "changed": imported.saved.changed,
            "retired": imported.retired,
            "rejected": [{"row": row, "reason": reason} for row, reason in imported.rejected],
            "refused": imported.refused,
        },
        "streams": [_stream_facts(result) for result in report.heard.collected.results],
        "rechecked": [
            {
                "source": each.source,
                "there": each.there,
                "removed": each.gone,
                "unknown": each.unknown,
                "error": each.error and each.error.reason,
            }
            for each in report.heard.rechecked
        ],
        "skipped": [{"source": name, "reason": reason} for name, reason in report.heard.skipped],
    }


def _stream_facts(result: StreamResult) -> dict[str, Any]:
    return {
        "source": result.source,
        "stream": result.stream,
        "new": result.saved.new,
        "changed": result.saved.changed,
        "duplicates": result.saved.duplicates,
        "rejected": result.rejected,
        "unchanged": result.unchanged,
        "error": result.error and result.error.reason,
        "paused": isinstance(result.error, SourcePaused),
        "lost": [{"since": gap.since, "until": gap.until, "reason": gap.reason} for gap in result.gaps],
        "notice": result.notice,
        "heard_until": result.heard_until,
    }


def print_report(report: PassReport) -> None:
    """A pass for people: a line a source, and what became of it all."""
    rows = [*_source_rows(report), *((name, "", "", "", "", f"not asked: {reason}") for name, reason in report.heard.skipped)]
    if rows:
        counts = [Column(title, right=True) for title in ("new", "changed", "known", "unusable")]
        table([Column("source"), *counts, Column("result", wide=True)], rows)
    else:
        say("No source is configured: add a [[sources]] table to listener.toml.")
    imported = report.made.customers
    if imported and imported.refused:
        say(f"Customers: not imported, those of the last import stay: {one_line(imported.refused)}")
    elif imported and not imported.unchanged:
        saved = imported.saved
        unusable = imported.report.rejected if imported.report else len(imported.rejected)
        say(f"Customers: {saved.new} new, {saved.changed} changed, {imported.retired} gone, {_many(unusable, 'row')} unusable")
    for each in report.heard.rechecked:
        if each.there or each.gone or each.unknown or each.error:
            rest = (
                f"; not all: {each.error.reason}" if each.error else f", {each.unknown} without an answer" if each.unknown else ""
            )
            say(f"Checked again at {each.source}: {_many(each.there, 'post')} still there, {each.gone} removed{rest}")
    made = report.made
    understood, authors, people = _many(made.understood, "mention"), _many(made.identified, "author"), made.judged
    if made.rescored:
        say(f"Of the mentions {made.rescored} were re-scored: an engine, a rule or a correction has changed since")
    say(f"Understood {understood}, looked at {authors}, judged {people} {'person' if people == 1 else 'people'}")
    told = report.told
    failed = f", {told.failed} failed" if told.failed else ""
    alerts = f"{_many(report.alerts, 'alert')}, " if report.alerts else ""
    say(f"Told: {_many(told.digests, 'digest')} made, {alerts}{_many(told.sent, 'message')} sent{failed}")
    say("Next: listener digest, listener cases" if report.worked else "Next: listener sources")


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _source_rows(report: PassReport) -> list[tuple[str, ...]]:
    """A row for each source; its streams are added up."""
    results = report.heard.collected.results
    rows = []
    for name in dict.fromkeys(result.source for result in results):
        theirs = [result for result in results if result.source == name]
        counts = (
            sum(result.saved.new for result in theirs),
            sum(result.saved.changed for result in theirs),
            sum(result.saved.duplicates for result in theirs),
            sum(sum(result.rejected.values()) for result in theirs),
        )
        rows.append((name, *map(str, counts), _outcome(theirs)))
    return rows


def _outcome(results: Sequence[StreamResult]) -> str:
    """How a source was heard; the most frequent error stands for all, then what was lost, then what a person should know."""
    said = [_failures(results)]
    said += [f"lost for good: {moment(gap.since)} to {moment(gap.until)}, {gap.reason}" for each in results for gap in each.gaps]
    said += list(dict.fromkeys(result.notice for result in results if result.notice))
    return "; ".join(part for part in said if part)


def _failures(results: Sequence[StreamResult]) -> str:
    errors = Counter((result.error.reason, isinstance(result.error, SourcePaused)) for result in results if result.error)
    if not errors:
        return "nothing new since last time" if all(result.unchanged for result in results) else "heard"
    ((reason, paused), _), *_ = errors.most_common(1)
    how = "paused" if paused else "failed"
    failed = sum(errors.values())
    return f"{how}: {reason}" if failed == len(results) else f"{failed} of {len(results)} parts {how}: {reason}"
