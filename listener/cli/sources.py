"""``listener sources``: how well every source is heard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import typer

from listener.cli.output import Column, json_line, moment, say, table
from listener.cli.shell import Shell, command

if TYPE_CHECKING:
    from listener.core.telling import Coverage
    from listener.wiring import App
    from storage.runs import StreamState

WINDOW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """One line. ``failures`` are those in a row of the worst stream; ``next_at`` is set where the source asked for a pause."""

    source: str
    kind: str
    health: str
    heard_until: datetime | None
    last_attempt: datetime | None
    new: int
    failures: int
    next_at: datetime | None
    reason: str | None


def add(app: typer.Typer) -> None:
    command(app, "sources")(sources)


def sources(shell: Shell) -> None:
    """Show how well every source is heard.

    Example: listener sources --json
    """
    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        found = list(_healths(app, store.runs.coverage(now - WINDOW, now), store.runs.stream_states(), now))
    if shell.json:
        for line in found:
            json_line(line)
        return
    if not found:
        say("No source is configured: add a [[sources]] table to listener.toml, then `listener check`.")
        return
    columns = [Column("source"), Column("kind"), Column("health"), Column("heard until (UTC)"), Column("new, 24 h", right=True)]
    rows = [(line.source, line.kind, line.health, moment(line.heard_until), str(line.new), _why(line)) for line in found]
    table([*columns, Column("why", wide=True)], rows)
    if all(line.last_attempt is None for line in found):
        say("Nothing heard yet: run `listener run`.")


def _why(line: SourceHealth) -> str:
    parts = [line.reason or ""]
    if line.failures > 1:
        parts.append(f"{line.failures} failures in a row")
    if line.next_at:
        parts.append(f"left alone until {moment(line.next_at)}")
    return "; ".join(part for part in parts if part)


def _healths(app: App, coverage: Sequence[Coverage], states: Sequence[StreamState], now: datetime) -> Iterator[SourceHealth]:
    """Configured sources in their order; then those that were heard once and are configured no more."""
    known = {line.source: line for line in coverage}
    for source in app.sources:
        line = known.pop(source.name, None)
        yield _health(
            source.name, source.kind, source.disabled, line, [state for state in states if state.source == source.name], now
        )
    for line in known.values():
        yield _health(line.source, line.kind, "it is not in the configuration any more", line, (), now)


def _health(
    name: str, kind: str, disabled: str | None, line: Coverage | None, states: Sequence[StreamState], now: datetime
) -> SourceHealth:
    pauses = [state.not_before for state in states if state.not_before and state.not_before > now]
    health, reason = (
        ("disabled", disabled) if disabled else (line.health.value, line.reason) if line else ("waiting", "never run so far")
    )
    return SourceHealth(
        source=name,
        kind=kind,
        health=health,
        heard_until=line.heard_until if line else None,
        last_attempt=max((state.last_attempt for state in states), default=None),
        new=line.new if line else 0,
        failures=max((state.failures for state in states), default=0),
        next_at=min(pauses, default=None),
        reason=reason,
    )
