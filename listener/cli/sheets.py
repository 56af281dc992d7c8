"""CSV for spreadsheets, which would run a cell that begins like a formula."""

from __future__ import annotations

import csv
import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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


@contextmanager
def private(path: Path) -> Iterator[TextIO]:
    """A file for writing that only this user may read: it holds personal data. An existing one keeps its mode.

    It takes its place when it is complete: where writing fails, what was there before stays. Only where nothing can be put
    beside an existing file or moved into its place is that one itself written over.

    Raises:
        OSError: it cannot be written; names the file.
    """
    try:
        if path.exists() and not path.is_file():  # a device or a pipe, which nothing can take the place of
            with path.open("w", encoding="utf-8", newline="") as file:
                yield file
        else:
            with _in_its_place(path.resolve()) as file:
                yield file
    except OSError as problem:
        problem.filename = str(path)
        raise


_FIXED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY}
"""What says that a file's folder takes no change (it is not ours, or the file is mounted there), though the file itself may."""


@contextmanager
def _in_its_place(target: Path) -> Iterator[TextIO]:
    beside = _beside(target)
    if beside is None:
        with target.open("w", encoding="utf-8", newline="") as file:
            yield file
        return
    handle, temporary = beside
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            if target.exists():
                os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode))
            os.fsync(file.fileno())
        _move(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _beside(target: Path) -> tuple[int, str] | None:
    """A new file in the same folder, open; ``None`` where only the target itself can be written."""
    try:
        return tempfile.mkstemp(prefix=".", suffix=".part", dir=target.parent)
    except OSError as problem:
        if problem.errno in _FIXED and target.exists():
            return None
        raise


def _move(temporary: str, target: Path) -> None:
    try:
        os.replace(temporary, target)  # noqa: PTH105 - the same call as Path.replace, beside its siblings of os
    except OSError as problem:
        if problem.errno not in _FIXED or not target.exists():
            raise
        shutil.copyfile(temporary, target)
        Path(temporary).unlink()
