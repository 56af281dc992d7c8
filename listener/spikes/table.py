"""A series as a file gives it: ``timestamp,value`` rows of equal bins, checked, sorted and laid on their grid."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from listener.core.errors import ListenerError
from listener.core.plain import one_line

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
LONGEST_LINE = 10_000
"""Bytes: a time and a number need fewer than a hundred."""
LARGEST = 1e12
MOST_BINS = 10_000_000
MOST_GAP = 1000
"""So many bins may be missing for each row that there is."""
OFF = 0.1
"""So much of a bin may a row lie beside the grid."""
SHOWN = 10
"""Problems that are named; of the others only the number is."""
_EXAMPLE = "the header must be timestamp,value"


class SeriesError(ListenerError):
    """The file is no series; its text names the lines."""


@dataclass(frozen=True, slots=True)
class Table:
    """A series on its grid, oldest first."""

    values: NDArray[np.float64]
    usable: NDArray[np.bool_]
    """False where the file has no row."""
    stamps: NDArray[np.int64]
    """Of each bin, in microseconds since 1970: the row's own, or the grid's where there is none."""
    bin: timedelta
    """Zero where there are fewer than two rows: then nobody knows it."""
    rows: int

    def moment(self, at: int) -> datetime:
        return EPOCH + int(self.stamps[at]) * TICK


def read(lines: Iterable[bytes]) -> Table:
    """The series of a file's lines, the first of which is the header; naive times are UTC.

    Raises:
        SeriesError: lines that cannot be read, doubled times, or steps of different length.
    """
    stamps, values, numbers = _rows(lines)
    order = np.argsort(stamps, kind="stable")
    stamps, values, numbers = stamps[order], values[order], numbers[order]
    steps = np.diff(stamps)
    doubled = np.flatnonzero(steps == 0)
    _refuse([f"line {numbers[at + 1]}: the same time as in line {numbers[at]}" for at in doubled[:SHOWN].tolist()], len(doubled))
    if not len(steps):
        return Table(values, np.ones(len(values), dtype=bool), stamps, timedelta(0), len(values))
    length = _usual(steps)
    bins = np.maximum(np.rint(steps / length), 1).astype(np.int64)
    _check_steps(steps, bins, length, numbers)
    at = np.concatenate([[0], np.cumsum(bins)])
    size = int(at[-1]) + 1
    if size > min(MOST_BINS, MOST_GAP * len(values)):
        widest = int(np.argmax(bins))
        raise SeriesError(f"line {numbers[widest + 1]}: {bins[widest] - 1:,} bins are missing before it; that is no series")
    filled, usable = np.zeros(size), np.zeros(size, dtype=bool)
    filled[at], usable[at] = values, True
    grid = np.interp(np.arange(size), at, stamps.astype(np.float64)).astype(np.int64)
    grid[at] = stamps
    return Table(filled, usable, grid, int(length) * TICK, len(values))


def _rows(lines: Iterable[bytes]) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    stamps: list[int] = []
    values: list[float] = []
    numbers: list[int] = []
    problems: list[str] = []
    wrong, headed = 0, False
    for number, line in enumerate(lines, start=1):
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not text.strip():
            continue
        try:
            cells = _cells(text)
            if not headed:
                _check_header(cells)
                headed = True
                continue
            stamp, value = _stamp(cells), _value(cells)
        except ValueError as problem:
            if not headed:
                raise SeriesError(f"line {number}: {problem}") from problem
            wrong += 1
            if len(problems) < SHOWN:
                problems.append(f"line {number}: {problem}")
            continue
        stamps.append(stamp)
        values.append(value)
        numbers.append(number)
    if not headed:
        raise SeriesError(f"there is nothing in it; {_EXAMPLE}")
    _refuse(problems, wrong)
    return np.array(stamps, dtype=np.int64), np.array(values, dtype=np.float64), np.array(numbers, dtype=np.int64)


def _cells(line: bytes) -> list[str]:
    if len(line) > LONGEST_LINE:
        raise ValueError("longer than 10,000 bytes")
    if b"\0" in line:
        raise ValueError("it holds a NUL byte; is this a text file in UTF-8?")
    try:
        text = line.decode("utf-8").strip("\r\n")
    except UnicodeDecodeError as problem:
        raise ValueError("not UTF-8") from problem
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error as problem:
        raise ValueError("its quotes do not fit together") from problem


def _check_header(cells: list[str]) -> None:
    if [cell.strip().lower() for cell in cells] != ["timestamp", "value"]:
        raise ValueError(_EXAMPLE)


def _stamp(cells: list[str]) -> int:
    if len(cells) != 2:
        raise ValueError(f"{len(cells)} cells, not a timestamp and a value")
    given = cells[0].strip()
    try:
        return _ticks(datetime.fromisoformat(given))
    except (ValueError, OverflowError) as problem:
        raise ValueError(f'"{one_line(given, 40)}" is no time as 2026-11-23T14:00:00+01:00 or 2026-11-23 14:00:00') from problem


def _ticks(moment: datetime) -> int:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // TICK


def _value(cells: list[str]) -> float:
    given = cells[1].strip()
    try:
        value = float(given) if given.isascii() and "_" not in given else float("nan")
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise ValueError(f'"{one_line(given, 40)}" is no number')
    if value < 0:
        raise ValueError("a count below 0")
    if value > LARGEST:
        raise ValueError("a count above 1e12")
    return value


def _usual(steps: NDArray[np.int64]) -> int:
    """The most frequent step, the shorter one of equals."""
    lengths, times = np.unique(steps, return_counts=True)
    return int(lengths[np.argmax(times)])


def _check_steps(steps: NDArray[np.int64], bins: NDArray[np.int64], length: int, numbers: NDArray[np.int64]) -> None:
    off = np.abs(steps - bins * length) > OFF * length
    wrong = np.flatnonzero(off)
    usual = spoken(length * TICK)
    told = [
        f"line {numbers[at + 1]}: {spoken(int(steps[at]) * TICK)} after the row before; most are {usual} apart"
        for at in wrong[:SHOWN].tolist()
    ]
    _refuse(told, len(wrong))


def spoken(length: timedelta) -> str:
    """``5 min``, ``1 h``, ``1 d``, ``1.5 s``."""
    seconds = length.total_seconds()
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:,.12g} s"


def _refuse(problems: list[str], number: int) -> None:
    if problems:
        more = [f"and {number - len(problems):,} more lines"] if number > len(problems) else []
        raise SeriesError("\n".join([*problems, *more]))
