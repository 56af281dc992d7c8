"""``listener sources``: how well every source is heard, what it uses, and what was not heard and why."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli.output import Column, facts, json_line, paragraph, say, table
from listener.cli.shell import Shell, command
from listener.core.errors import ConfigError, Problem
from listener.core.plain import one_line

if TYPE_CHECKING:
    from listener.cli.source_health import SourceHealth


def add(app: typer.Typer) -> None:
    command(app, "sources")(sources)


def sources(
    shell: Shell,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="All that is known of these sources.")] = None,
) -> None:
    """Show how well every source is heard, and what was lost.

    Example: listener sources --json
    """
    from listener.cli.source_health import gather

    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        found = _chosen(list(gather(app, store, now)), names or ())
    if shell.json:
        for line in found:
            json_line(line)
    elif not found:
        say("No source is configured: add a [[sources]] table to listener.toml, then `listener check`.")
    elif names:
        for number, line in enumerate(found):
            if number:
                say()
            facts(_details(line, now.astimezone(UTC).date()))
    else:
        _say_all(found, now.astimezone(UTC).date())


def _chosen(every: Sequence[SourceHealth], names: Sequence[str]) -> list[SourceHealth]:
    """The named ones, in the order of the names; all where none is named.

    Raises:
        ConfigError: a name is that of no source; the problem lists those there are.
    """
    by_name = {line.source: line for line in every}
    there = f"one of: {', '.join(by_name)}" if by_name else "none is configured"
    unknown = [name for name in dict.fromkeys(names) if name not in by_name]
    if unknown:
        raise ConfigError([Problem("NAME", f"there is no source named {name!r}", there) for name in unknown])
    return [by_name[name] for name in dict.fromkeys(names)] or list(every)


def _say_all(found: Sequence[SourceHealth], today: date) -> None:
    shown = [column for column in _COLUMNS if _has_room() or column.title not in _ROOMY]
    table(shown, [[_row(line, today)[column.title] for column in shown] for line in found])
    for line in found:
        if notes := list(_notes(line, today)):
            say()
            say(line.source)
            for note in notes:
                paragraph(note, "  ")
    say()
    if all(line.last_attempt is None for line in found):
        say("Nothing heard yet: run `listener run`.")
    paragraph(
        "Times are UTC. New posts, and the lag that 95 of 100 of them kept to, are of 24 hours. More: listener sources NAME"
    )


_COLUMNS = (
    Column("source", wide=True),
    Column("kind"),
    Column("health"),
    Column("heard until"),
    Column("lag", right=True),
    Column("new", right=True),
    Column("known", right=True),
    Column("next"),
)
_ROOMY = frozenset({"kind", "known"})
"""Columns for which a narrow terminal has no room: a source's name is worth more."""


def _has_room() -> bool:
    return not sys.stdout.isatty() or get_terminal_size().columns >= 100


def _row(line: SourceHealth, today: date) -> Mapping[str, str]:
    """The cells by the titles of their columns."""
    from listener.timewords import moment_words, span_words

    return {
        "source": line.source,
        "kind": line.kind,
        "health": line.health,
        "heard until": moment_words(line.heard_until, UTC, today) if line.heard_until else "never",
        "lag": span_words(line.lag_p95) if line.lag_p95 is not None else "",
        "new": f"{line.new:,}",
        "known": f"{line.duplicates:,}",
        "next": moment_words(line.next_at, UTC, today) if line.next_at else "",
    }


def _notes(line: SourceHealth, today: date) -> Iterator[str]:
    """What there is to say of a source beside its row, a line each; nothing of one that is fine."""
    from listener.counting import counted
    from listener.digest.words import coverage_words
    from listener.timewords import lost_words, when_words

    if line.health == "waiting" and line.last_attempt is None:
        return
    until = when_words(line.left_alone_until, UTC, today) if line.left_alone_until else ""
    parts = [coverage_words(line.coverage, until if line.health == "paused" else "")]
    if line.failures > 1:
        parts.append(f"{line.failures:,} failures in a row")
    if until and line.health != "paused":
        parts.append(f"left alone until {until}")
    yield from filter(None, ["; ".join(part for part in parts if part)])
    if line.rejected:
        number = counted(sum(line.rejected.values()), "entry", "entries")
        yield f"{number} could not be used: {_reasons(line.rejected)}"
    for each in line.allowances:
        if line.health != "disabled" or each.used:
            yield "; ".join(words for words in (each.words, each.run_words) if words)
    if lost := lost_words(line.gaps, UTC, today):
        yield f"lost for good: {lost}"
    for notice in line.notices:
        yield one_line(notice)


def _reasons(rejected: Mapping[str, int], shown: int = 2) -> str:
    """``2 no date, 1 no id, 3 for other reasons``: the most frequent first."""
    reasons = sorted(rejected.items(), key=lambda item: (-item[1], item[0]))
    others = sum(count for _, count in reasons[shown:])
    parts = [f"{count:,} {one_line(reason, 80)}" for reason, count in reasons[:shown]]
    return ", ".join([*parts, f"{others:,} for other reasons"] if others else parts)


def _details(line: SourceHealth, today: date) -> Iterator[tuple[str, str | None]]:
    """All that is known of a source, by label."""
    from listener.digest.words import coverage_words
    from listener.timewords import lost_words, span_words, stamp_words

    def at(moment: datetime | None, empty: str | None = None) -> str | None:
        return stamp_words(moment, UTC, today) if moment else empty

    known = [f"{line.new:,} new", f"{line.changed:,} changed", f"{line.duplicates:,} known"]
    runs = [
        f"{line.runs:,} {'run' if line.runs == 1 else 'runs'}",
        f"{line.failed_runs:,} failed",
        f"{line.refused_runs:,} refused us",
    ]
    yield "source", f"{line.source} ({line.kind})"
    yield "health", line.health
    yield "why", coverage_words(line.coverage, longest=2000)
    if line.incident:
        yield "told", f"{line.incident['kind']}, since {at(line.incident['opened_at'])}: {line.incident['reason']}"
    yield "heard until", at(line.heard_until, "never")
    yield "last success", at(line.last_success, "never")
    yield "last attempt", at(line.last_attempt, "never")
    yield "failures", f"{line.failures:,} in a row" if line.failures else None
    yield "parts", f"{line.streams:,}, {line.streams_failed:,} of them failing" if line.streams > 1 else None
    yield "left alone", f"until {at(line.left_alone_until)}" if line.left_alone_until else None
    yield "next", at(line.next_at)
    yield "24 hours", f"{', '.join(known)}; {', '.join(runs)}"
    yield "lag", f"95 of 100 new posts were heard within {span_words(line.lag_p95)}" if line.lag_p95 is not None else None
    for reason, count in sorted((line.rejected or {}).items(), key=lambda item: (-item[1], item[0])):
        yield "unusable", f"{count:,} {reason}"
    for each in line.allowances:
        yield "used", "; ".join(words for words in (each.words, each.run_words) if words)
    yield "lost", lost_words(line.gaps, UTC, today, 100) or None
    for notice in line.notices:
        yield "notice", notice
    yield "terms", line.policy
    yield "times", "UTC"
