"""``listener spikes``: a series of counts in, its bursts out, no database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Annotated

import typer

from listener.cli.output import Column, json_line, moment, note, say, table
from listener.cli.shell import Shell, command

if TYPE_CHECKING:
    from listener.spikes.series import Burst
    from listener.spikes.table import Table


def add(app: typer.Typer) -> None:
    command(app, "spikes")(spikes)


def spikes(
    shell: Shell,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="CSV with the header timestamp,value; - is standard input.")],
) -> None:
    """Find bursts in a series of counts: CSV in, incidents out.

    One row per bin of equal length, in any order; times without an offset are UTC. Each row is judged by the rows before it
    only. A burst lasts until 12 hours have passed without excess.

    Example: listener spikes mentions-per-hour.csv --json
    """
    from listener.cli.records import opened
    from listener.spikes import table as tables
    from listener.spikes.series import bursts

    with opened(file) as stream:
        series = tables.read(_lines(stream, tables.LONGEST_LINE))
    _tell_limits(series)
    found = bursts(series.values, series.bin, series.usable) if series.bin else []
    if shell.json:
        for burst in found:
            json_line(_facts(series, burst))
        json_line({"rows": series.rows, "incidents": len(found)})
    else:
        _print(series, found)


def _lines(stream: IO[bytes], longest: int) -> Iterator[bytes]:
    """Lines, of which too long ones are cut: whatever their length, they are refused, and never held whole."""
    while line := stream.readline(longest + 1):
        yield line
        while len(line) > longest and not line.endswith(b"\n"):
            line = stream.readline(longest + 1)
            if not line:
                return


def _tell_limits(series: Table) -> None:
    from listener.spikes.detect import DAY, FILES

    missing = int((~series.usable).sum())
    if missing:
        note(f"{missing:,} bins have no row: nothing is known of them, they are no zeros")
    if series.rows < 2:
        note("Fewer than two rows: nothing can be judged")
    elif series.rows * series.bin / DAY < FILES.learning_days:
        note(
            f"Less than {FILES.learning_days:g} days of counts: only clear bursts are told, "
            f"and none in the first {FILES.first_days:g} days"
        )


def _facts(series: Table, burst: Burst) -> dict[str, object]:
    return {
        "start": series.moment(burst.start),
        "detected_at": series.moment(burst.detected),
        "end": series.moment(burst.last),
        "count": _rounded(burst.count),
        "expected": _rounded(burst.expected),
        "p_value": float(f"{burst.p_value:.3g}"),
    }


def _rounded(value: float) -> float | int:
    near = round(value, 3)
    return int(near) if near.is_integer() else near


def _print(series: Table, found: list[Burst]) -> None:
    from listener.spikes.table import spoken

    if found:
        columns = [Column("start"), Column("detected"), Column("end")]
        columns += [Column(title, right=True) for title in ("in", "count", "expected", "probability")]
        table(columns, (_row(series, burst) for burst in found))
        say()
    bins = f" of {spoken(series.bin)}" if series.bin else ""
    number = "no burst" if not found else "1 burst" if len(found) == 1 else f"{len(found):,} bursts"
    rows = "1 row" if series.rows == 1 else f"{series.rows:,} rows"
    say(f"{number} in {rows}{bins}")


def _row(series: Table, burst: Burst) -> tuple[str, ...]:
    times = (moment(series.moment(at)) for at in (burst.start, burst.detected, burst.last))
    return (*times, f"{burst.hours} h", f"{burst.count:,.6g}", f"{burst.expected:,.1f}", f"{burst.p_value:.0e}")
