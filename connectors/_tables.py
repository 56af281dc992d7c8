"""Rows out of a file of JSON lines or CSV, one at a time, with a number for each; a row that cannot be read costs only itself."""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from connectors._rows import unflattened
from listener.core.errors import BadItem, SourceProtocolError
from listener.core.plain import one_line

LONGEST_LINE = 1_000_000
"""Characters in one line of JSON, or one cell of CSV."""
_END = "\x1e"
"""Follows a CSV file as a line of its own: it ends up in a cell where a quotation mark was not closed."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_KNOWN = {"text", "title", "body", "content", "url", "link", "id", "external_id", "date", "published_at", "author", "platform"}
_CSV_LIMIT = threading.Lock()

Row = tuple[int, "dict[str, Any] | BadItem"]


def rows(path: Path, name: str) -> Iterator[Row]:
    """(row number, the row or why it cannot be read). In CSV the header is row 1; ``name`` names the file in errors.

    Raises:
        SourceProtocolError: the file as a whole is of no use (UTF-16, a CSV header that names no text).
    """
    with path.open("rb") as raw:
        start = raw.read(4096)
    if start.startswith(_UTF16):
        raise SourceProtocolError(f"{name}: it is written in UTF-16; save it as UTF-8")
    # Bytes that are not UTF-8 become half surrogates, by which the row is recognised; the other rows are read.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        first = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        if first == b"[":
            raise SourceProtocolError(f"{name}: it is one JSON array; write one object a line")
        if first in {b"{", b""}:
            yield from _json_rows(file, name)
        else:
            yield from _csv_rows(file, name)


def _json_rows(file: TextIO, name: str) -> Iterator[Row]:
    number = 0
    while text := file.readline(LONGEST_LINE + 1):
        number += 1
        item = f"{name} row {number}"
        if len(text) > LONGEST_LINE and not text.endswith("\n"):
            _skip_line(file)
            yield number, BadItem(item, f"it is longer than {LONGEST_LINE:,} characters")
        elif text.strip():
            yield number, _json_row(text, item)


def _skip_line(file: TextIO) -> None:
    while (rest := file.readline(LONGEST_LINE)) and not rest.endswith("\n"):
        pass


def _json_row(text: str, item: str) -> dict[str, Any] | BadItem:
    if not _is_utf8(text):
        return BadItem(item, "it is not UTF-8")
    try:
        row = json.loads(text, parse_constant=lambda _: None, parse_int=_number)
    except RecursionError:
        return BadItem(item, "it is nested too deeply")
    except ValueError:
        return BadItem(item, "it is not JSON")
    return row if isinstance(row, dict) else BadItem(item, "it is not a JSON object")


def _number(digits: str) -> int | str:
    """Numbers too long to be one keep their digits (they can still be ids)."""
    return int(digits) if len(digits) < 19 else digits


def _csv_rows(file: TextIO, name: str) -> Iterator[Row]:
    first = file.readline(LONGEST_LINE)
    delimiter = max(",;\t", key=first.count)
    header = _header(next(csv.reader([first], delimiter=delimiter), []), name)
    reader = csv.reader(_lines(file), delimiter=delimiter)
    number = 1
    while True:
        number += 1
        item = f"{name} row {number}"
        try:
            cells = _next(reader)
        except csv.Error as problem:
            yield number, BadItem(item, f"it cannot be read ({problem})")
            continue
        if cells is None:
            return
        if cells and cells != [_END]:
            yield number, _csv_row(cells, header, item)


def _next(reader: Iterator[list[str]]) -> list[str] | None:
    """The next row. The limit of a cell is a setting of the whole process, so it is set for the moment only."""
    with _CSV_LIMIT:
        before = csv.field_size_limit(LONGEST_LINE)
        try:
            return next(reader, None)
        finally:
            csv.field_size_limit(before)


def _lines(file: TextIO) -> Iterator[str]:
    """Lines in pieces of bounded length: the CSV reader then refuses the cell, and not the machine's memory."""
    while text := file.readline(LONGEST_LINE + 1):
        yield text
    yield _END


def _header(cells: list[str], name: str) -> list[str]:
    header = [cell.strip() for cell in cells]
    known = {cell.lower() for cell in header} & _KNOWN
    if not known & {"text", "title", "body", "content"}:
        # A file without a header starts with somebody's post: nothing of its first row is shown unless it is a header.
        columns = f" (its columns: {one_line(', '.join(header), 200)})" if known else ""
        raise SourceProtocolError(f"{name}: it is neither JSON lines nor CSV with a column text or title{columns}")
    return header


def _csv_row(cells: list[str], header: list[str], item: str) -> dict[str, Any] | BadItem:
    if cells[-1].endswith(_END):
        return BadItem(item, "it has no end: is a quotation mark not closed?")
    if len(cells) > len(header):
        return BadItem(item, f"it has {len(cells)} cells, the header has {len(header)}")
    if not all(map(_is_utf8, cells)):
        return BadItem(item, "it is not UTF-8")
    return unflattened(dict(zip(header, cells, strict=False)))


def _is_utf8(text: str) -> bool:
    return text.isascii() or not any("\udc80" <= char <= "\udcff" for char in text)
