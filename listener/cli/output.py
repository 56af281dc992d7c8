"""What commands print: JSON lines for programs; tables, plain lines and progress bars for people.

Everything that strangers wrote goes through ``one_line`` before it meets a terminal.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from shutil import get_terminal_size
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Protocol

from listener.core.plain import one_line

if TYPE_CHECKING:
    from rich.progress import TaskID


def say(text: str = "") -> None:
    """A line of the answer, on standard output."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """A message beside the answer, on standard error; where that is full, the work and its exit status matter more."""
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def json_line(value: object) -> None:
    """One JSON object on a line of standard output; in ASCII where that cannot carry every character."""
    unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    sys.stdout.write(as_json(value, ascii_only=not unicode) + "\n")


def as_json(value: object, *, ascii_only: bool = False) -> str:
    """JSON in plain characters; lone surrogates, which UTF-8 cannot carry, are escaped."""
    text = json.dumps(jsonable(value), ensure_ascii=ascii_only, allow_nan=False, separators=(", ", ": "))
    return text.encode("utf-8", "backslashreplace").decode() if not text.isascii() else text


def jsonable(value: object) -> Any:
    """Core types as JSON: dataclasses become objects, times ISO 8601 with their offset, sets sorted lists."""
    match value:
        case Enum():
            found: Any = value.value
        case None | bool() | int() | float() | str():
            found = value
        case datetime() | date():
            found = value.isoformat()
        case timedelta():
            found = value.total_seconds()
        case Mapping():
            found = {str(key): jsonable(item) for key, item in value.items()}
        case set() | frozenset():
            found = sorted(jsonable(item) for item in value)
        case Iterable():
            found = [jsonable(item) for item in value]
        case _ if is_dataclass(value):
            found = {field.name: jsonable(getattr(value, field.name)) for field in fields(value)}
        case _:
            found = str(value)
    return found


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; a ``wide`` one takes what room is left and wraps."""

    title: str
    wide: bool = False
    right: bool = False


LONGEST_CELL = 300
"""Characters: what is longer would make every row of a table as wide; the whole of it is shown elsewhere."""


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """Rows for people: a table on a terminal, aligned lines (each row on one) elsewhere."""
    clean = [[one_line(cell, LONGEST_CELL) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _rich_table(columns, clean)
    else:
        _plain_table(columns, clean)


def _plain_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    lines = [[column.title for column in columns], *rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    for line in lines:
        cells = zip(line, widths, columns, strict=True)
        say("  ".join(cell.rjust(width) if column.right else cell.ljust(width) for cell, width, column in cells).rstrip())


def _rich_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold", show_edge=False)
    told = [at for at in range(len(columns)) if not rows or any(row[at] for row in rows)]  # an empty column only takes room
    for column in (columns[at] for at in told):
        drawn.add_column(
            column.title,
            justify="right" if column.right else "left",
            overflow="fold",
            no_wrap=not column.wide,
        )
    for row in rows:
        drawn.add_row(*(Text(row[at]) for at in told))
    Console(highlight=False).print(drawn)


def facts(pairs: Iterable[tuple[str, str | None]]) -> None:
    """Labelled lines about one thing; pairs without a value are left out."""
    shown = [(label, one_line(value)) for label, value in pairs if value]
    width = max((len(label) for label, _ in shown), default=0)
    for label, value in shown:
        paragraph(value, f"{label.ljust(width)}  ")


def paragraph(text: str, indent: str = "", hang: int = 0) -> None:
    """Words behind an indent (of which later lines keep the width, and ``hang`` more): wrapped on a terminal, on one line
    elsewhere."""
    if not sys.stdout.isatty():
        say(f"{indent}{text}")
        return
    width = max(get_terminal_size().columns, len(indent) + 20)
    for line in wrap(text, width, initial_indent=indent, subsequent_indent=" " * (len(indent) + hang), break_on_hyphens=False):
        say(line)


def moment(value: datetime | None, empty: str = "never") -> str:
    """A time for people: UTC to the minute."""
    return value.strftime("%Y-%m-%d %H:%M") if value else empty


def day(value: datetime | None) -> str:
    return value.strftime("%Y-%m-%d") if value else ""


class Progress(Protocol):
    def __call__(self, step: str, done: int, total: int | None = None) -> None: ...


def _silent(step: str, done: int, total: int | None = None) -> None:
    """Nobody watches."""


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Progress]:
    """A bar for each step, on standard error where that is a terminal; nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    shown = Bars(*columns, console=Console(stderr=True), transient=True)
    tasks: dict[str, TaskID] = {}
    with shown:

        def update(step: str, done: int, total: int | None = None) -> None:
            if step not in tasks:
                tasks[step] = shown.add_task(step, total=total)
            shown.update(tasks[step], completed=done, total=total)

        yield update
