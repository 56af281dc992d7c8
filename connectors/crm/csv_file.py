"""Customers from a CRM export as a CSV file: read row by row, a page of at most 1,000 at a time, in constant memory.

A row that cannot be used is rejected by its number, as a spreadsheet counts (the header is row 1); nothing of what stands in a
cell is ever shown. What cells may hold stands in ``connectors.crm.rows``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TextIO

from connectors.crm.cells import clean_handle, slash_order
from connectors.crm.columns import Columns, find_columns
from connectors.crm.encoding import encoding_of
from connectors.crm.rows import Ids, customer_of, not_closed
from listener.core.crm import ColumnUse
from listener.core.errors import BadItem, SourceProtocolError, SourceRejected
from listener.core.mention import Cursor, Rejected
from listener.core.people import Customer, CustomerPage

__all__ = ["PAGE", "CsvFile", "clean_handle"]

PAGE = 1000
SAMPLE = 5000
"""Rows of the beginning by which it is found out how dates are written."""
_DELIMITERS = ",;\t|"
_DATES = ("customer_since", "customer_until")
_END = "\x1e"
"""Follows the file as a line of its own: it ends up in a cell where a quotation mark was not closed."""


class CsvFile:
    """A ``CustomerSource``. ``columns`` maps fields to headers where these differ; the delimiter is found out if not given."""

    def __init__(self, path: Path, *, columns: Mapping[str, str] | None = None, delimiter: str | None = None) -> None:
        self._path = path
        self._columns = dict(columns or {})
        self._delimiter = delimiter

    def columns(self) -> tuple[ColumnUse, ...]:
        """What each column of the file is read as; raises as ``pages`` does."""
        with self._opened() as file:
            return self._head(_lines(file))[0].uses()

    def pages(self, cursor: Cursor) -> Iterator[CustomerPage]:
        """The customers after ``cursor`` (``{"rows": n}``: the rows already read), in the file's order.

        Raises:
            ConfigError: the configured columns do not fit the file.
            SourceRejected: the file cannot be opened.
            SourceProtocolError: it is empty, has the wrong header, or is in no known encoding.
        """
        with self._opened() as file:
            columns, rows = self._head(_lines(file))
            columns = replace(columns, day_first=_date_orders(columns, islice(rows, SAMPLE)))
            file.seek(0)
            yield from _read(self._head(_lines(file))[1], columns, cursor)

    def _head(self, lines: Iterator[str]) -> tuple[Columns, Iterator[tuple[int, list[str] | None]]]:
        """What the header says, and the rows below it."""
        header = next(lines, "")
        if not header.strip():
            raise SourceProtocolError("row 1: the file is empty, or its first row is")
        delimiter = self._delimiter or max(_DELIMITERS, key=header.count)
        columns = find_columns(next(csv.reader([header], delimiter=delimiter), []), self._columns)
        return columns, _rows(csv.reader(lines, delimiter=delimiter))

    @contextmanager
    def _opened(self) -> Iterator[TextIO]:
        """The file in its encoding; what goes wrong while it is read names it."""
        try:
            encoding = encoding_of(self._path)
            with self._path.open(encoding=encoding, newline="") as file:
                yield file
        except SourceProtocolError as error:
            raise SourceProtocolError(f"{self._path.name}: {error.reason}") from error
        except UnicodeError as error:  # UTF-16 that is not: the only encoding that is not checked beforehand
            reason = "it is not correct in the encoding that its first bytes announce"
            raise SourceProtocolError(f"{self._path.name}: {reason}") from error
        except OSError as error:
            raise SourceRejected(f"{self._path}: {error.strerror or 'cannot be read'}") from error


def _read(rows: Iterator[tuple[int, list[str] | None]], columns: Columns, cursor: Cursor) -> Iterator[CustomerPage]:
    after = cursor.get("rows", 0)
    done = after if isinstance(after, int) else 0
    with closing(Ids()) as ids:
        last = 1
        page: list[Customer] = []
        rejected: list[Rejected] = []
        for number, cells in rows:
            read = _customer(number, cells, columns, ids)
            if read is None or number <= done:
                continue
            last = number
            if isinstance(read, Rejected):
                rejected.append(read)
            else:
                page.append(read)
            if len(page) + len(rejected) == PAGE:
                yield CustomerPage(tuple(page), tuple(rejected), {"rows": last})
                page, rejected = [], []
        if page or rejected:
            yield CustomerPage(tuple(page), tuple(rejected), {"rows": last})


def _lines(file: Iterator[str]) -> Iterator[str]:
    """The lines, the first without blanks before the header."""
    first = next(file, "")
    while first and not first.strip():
        first = next(file, "")
    if first:
        yield first
        yield from file
        yield _END


def _rows(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str] | None]]:
    """Each row with its number; ``None`` for one that the CSV reader cannot take (a cell without end)."""
    number = 1
    while True:
        number += 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield number, None


def _date_orders(columns: Columns, rows: Iterable[tuple[int, list[str] | None]]) -> dict[str, bool]:
    """Whether the dates with slashes of each column begin with the day, as those say that can be read one way only."""
    places = {field: columns.fields[field] for field in _DATES if field in columns.fields}
    if not places:
        return {}
    orders: dict[str, set[bool]] = {field: set() for field in places}
    for _, row in rows:
        for field, at in places.items():
            order = slash_order(row[at].strip()) if row is not None and at < len(row) else None
            if order is not None:
                orders[field].add(order)
    return {field: found == {True} for field, found in orders.items() if len(found) == 1}


def _customer(number: int, cells: list[str] | None, columns: Columns, ids: Ids) -> Customer | Rejected | None:
    """The row as a customer, or why not; ``None`` for an empty row."""
    item = f"row {number}"
    if cells is None:
        return Rejected(item, "a cell without end: it is too long, or a quotation mark is not closed")
    if not any(cell.strip() for cell in cells):
        return None
    if cells[-1].endswith(_END):
        return Rejected(item, not_closed(columns.names[min(len(cells), columns.width) - 1]))
    try:
        customer = customer_of(item, cells, columns)
    except BadItem as problem:
        return Rejected(problem.item, problem.reason)
    why = ids.repeats(customer.contact_id, cells)
    return Rejected(item, why) if why else customer
