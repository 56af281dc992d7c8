"""CSV for spreadsheets, which would run a cell that begins like a formula."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TextIO

from listener.core.plain import one_line

FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a formula begins with, in plain and in full width."""


def harmless(value: object) -> str:
    """A value as a cell: on one line, and with an apostrophe in front where a spreadsheet would take it for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return str(value)
    text = one_line(str(value))
    return f"'{text}" if text.startswith(FORMULA) else text


def write_sheet(file: TextIO, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """A header and the rows, as RFC 4180 says."""
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows([harmless(row[column]) for column in columns] for row in rows)


def private(path: Path) -> AbstractContextManager[TextIO]:
    """A file for writing that only this user may read: it holds personal data. An existing one keeps its mode."""
    return open(path, "w", encoding="utf-8", newline="", opener=lambda name, flags: os.open(name, flags, 0o600))
