"""Customers from a CRM export as a CSV file: read row by row, a page of at most 1,000 at a time, in constant memory.

A row that cannot be used is rejected by its number, as a spreadsheet counts (the header is row 1); nothing of what stands in a
cell is ever shown. A cell with a spreadsheet formula (``=…``) rejects its row, since it is no fact about a customer; ``="0012"``,
the usual way to keep leading zeros, is read as ``0012``. Cells that merely begin with ``+``, ``-`` or ``@`` are kept as they are:
whoever writes a spreadsheet must guard against them.
"""

from __future__ import annotations

import csv
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from connectors.crm.columns import Columns, find_columns
from connectors.crm.encoding import encoding_of
from listener.core.brand import Provenance
from listener.core.errors import BadItem, SourceProtocolError, SourceRejected
from listener.core.mention import Cursor, Rejected, digest, normal_handle
from listener.core.people import Customer, CustomerPage, KnownHandle

PAGE = 1000
LONGEST_CELL = 5000
_DELIMITERS = ",;\t|"
_YES = frozenset({"true", "yes", "y", "1", "x", "ja", "oui", "si", "sí", "wahr", "vrai", "on"})
_NO = frozenset({"", "false", "no", "n", "0", "nein", "non", "falsch", "faux", "off"})
_QUOTED_TEXT = re.compile(r'="([^"]*)"')
_GERMAN_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_ISO_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?(?:[T ].*)?")
_END = "\x1e"
"""Follows the file as a line of its own: it ends up in a cell where a quotation mark was not closed."""
_SEVERAL = re.compile(r"[;|\n]|,\s")


class CsvFile:
    """A ``CustomerSource``. ``columns`` maps fields to headers where these differ; the delimiter is found out if not given."""

    def __init__(self, path: Path, *, columns: Mapping[str, str] | None = None, delimiter: str | None = None) -> None:
        self._path = path
        self._columns = dict(columns or {})
        self._delimiter = delimiter

    def pages(self, cursor: Cursor) -> Iterator[CustomerPage]:
        """The customers after ``cursor`` (``{"rows": n}``: the rows already read), in the file's order.

        Raises:
            ConfigError: the configured columns do not fit the file.
            SourceRejected: the file cannot be opened.
            SourceProtocolError: it is empty, has the wrong header, or is in no known encoding.
        """
        try:
            encoding = encoding_of(self._path)
            with self._path.open(encoding=encoding, newline="") as file:
                yield from self._read(_lines(file), cursor)
        except SourceProtocolError as error:
            raise SourceProtocolError(f"{self._path.name}: {error.reason}") from error
        except UnicodeError as error:  # UTF-16 that is not: the only encoding that is not checked beforehand
            reason = "it is not correct in the encoding that its first bytes announce"
            raise SourceProtocolError(f"{self._path.name}: {reason}") from error
        except OSError as error:
            raise SourceRejected(f"{self._path}: {error.strerror or 'cannot be read'}") from error

    def _read(self, lines: Iterator[str], cursor: Cursor) -> Iterator[CustomerPage]:
        header_line = next(lines, "")
        if not header_line.strip():
            raise SourceProtocolError("row 1: the file is empty, or its first row is")
        delimiter = self._delimiter or max(_DELIMITERS, key=header_line.count)
        columns = find_columns(next(csv.reader([header_line], delimiter=delimiter), []), self._columns)
        after = cursor.get("rows", 0)
        done = after if isinstance(after, int) else 0
        rows = _rows(csv.reader(lines, delimiter=delimiter))
        with closing(_Ids()) as ids:
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


class _Ids:
    """The ids read so far, in a temporary database that is gone with it: a million of them take no memory."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE ids (id TEXT PRIMARY KEY) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def is_new(self, contact_id: str) -> bool:
        # Only a digest goes to the disk: an id can be somebody's e-mail address.
        return self._database.execute("INSERT OR IGNORE INTO ids VALUES (?)", (digest("id", contact_id),)).rowcount == 1

    def close(self) -> None:
        self._database.close()


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


# ------------------------------------------------------------------------------------------------ one row


def _customer(number: int, cells: list[str] | None, columns: Columns, ids: _Ids) -> Customer | Rejected | None:
    """The row as a customer, or why not; ``None`` for an empty row."""
    if cells is None:
        return Rejected(f"row {number}", "a cell without end: it is too long, or a quotation mark is not closed")
    if not any(cell.strip() for cell in cells):
        return None
    try:
        row = _checked(number, cells, columns)
    except BadItem as problem:
        return Rejected(problem.item, problem.reason)
    contact_id = row[columns.fields["contact_id"]]
    if not contact_id:
        return Rejected(f"row {number}", "it has no contact_id")
    if not ids.is_new(contact_id):
        return Rejected(f"row {number}", "its contact_id stands in an earlier row, which is kept")
    return _build(contact_id, row, columns)


def _checked(number: int, cells: Sequence[str], columns: Columns) -> list[str]:
    """The cells stripped, as many as the header has; spreadsheets leave out empty cells at the end of a row."""
    item = f"row {number}"
    if len(cells) > columns.width:
        raise BadItem(item, f"it has {len(cells)} cells, the header has {columns.width}")
    row = []
    for at, (name, cell) in enumerate(zip(columns.names, cells, strict=False)):
        text = cell.strip()
        if cell.endswith(_END) or ("\n" in text and at in columns.one_line):
            raise BadItem(item, f"the cell in column {name} has several lines: is a quotation mark not closed?")
        if len(text) > LONGEST_CELL:
            raise BadItem(item, f"the cell in column {name} is longer than {LONGEST_CELL} characters")
        if "\0" in text:
            raise BadItem(item, f"the cell in column {name} holds a NUL character")
        if text.startswith("="):
            quoted = _QUOTED_TEXT.fullmatch(text)
            if quoted is None:
                raise BadItem(item, f"the cell in column {name} is a spreadsheet formula")
            text = quoted[1].strip()
        row.append(text)
    return row + [""] * (columns.width - len(row))


def _build(contact_id: str, row: Sequence[str], columns: Columns) -> Customer:
    def cell(field: str) -> str:
        return row[columns.fields[field]] if field in columns.fields else ""

    extra = {name: row[at] for name, at in columns.extra.items() if row[at]}
    since = _iso_date(cell("customer_since"))
    if since is None and cell("customer_since"):
        extra["customer_since"] = cell("customer_since")
    return Customer(
        contact_id=contact_id,
        first_name=cell("first_name"),
        last_name=cell("last_name"),
        email=cell("email") if "@" in cell("email") else None,
        company=cell("company"),
        website=cell("website") or None,
        title=cell("title") or None,
        city=cell("city") or None,
        segment=cell("segment") or None,
        products=tuple(filter(None, (part.strip() for part in cell("products").split(";")))),
        customer_since=since,
        owner=cell("owner") or None,
        handles=_handles(row, columns),
        do_not_contact=_do_not_contact(cell("do_not_contact")),
        extra=extra,
    )


def _do_not_contact(text: str) -> bool:
    """Whether the customer must be left alone. What is neither yes nor no (a date, a remark) means yes: the safe side."""
    word = text.casefold()
    return word in _YES or word not in _NO


def _iso_date(text: str) -> str | None:
    """``2021``, ``2021-03``, ``2021-03-01`` (with or without a time) or ``1.3.2021`` as ISO 8601; else ``None``.

    A date with slashes is not guessed at: its day and month cannot be told apart.
    """
    if (german := _GERMAN_DATE.fullmatch(text)) is not None:
        day, month, year = (int(part) for part in german.groups())
    elif (iso := _ISO_DATE.fullmatch(text)) is not None:
        year, month, day = int(iso[1]), int(iso[2] or 1), int(iso[3] or 1)
    else:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _handles(row: Sequence[str], columns: Columns) -> tuple[KnownHandle, ...]:
    found: dict[tuple[str, str], KnownHandle] = {}
    for platform, at in columns.handles.items():
        source = row[columns.sources[platform]].casefold() if platform in columns.sources else ""
        provenance = Provenance(source) if source in set(Provenance) else Provenance.UNKNOWN
        for part in _SEVERAL.split(row[at]):
            if handle := clean_handle(platform, part):
                found.setdefault((platform, handle), KnownHandle(platform, handle, provenance))
    return tuple(found.values())


SITES = frozenset({"blog", "website", "rss", "feed"})
"""Platforms whose handles are addresses."""


def clean_handle(platform: str, text: str) -> str:
    """A handle as exports write it (bare, ``@handle``, an address, in capitals) as a normal one; empty if there is none.

    Of an address the last part of the path is the handle; on Mastodon it is ``name@instance``. A site (a blog,
    a feed) is its address without scheme, ``www.`` and the slash at the end.
    """
    handle = text.strip()
    if not handle:
        return ""
    is_address = "://" in handle or handle.casefold().startswith("www.")
    if not is_address and platform not in SITES and "/" not in handle:
        return normal_handle(handle)
    try:
        url = urlsplit(handle if "://" in handle else f"//{handle}")
    except ValueError:
        return ""
    host = url.netloc.rpartition("@")[2].casefold().removeprefix("www.")
    path = url.path.strip("/")
    if platform in SITES:
        return f"{host}/{path}".rstrip("/").casefold()
    name = normal_handle(path.rpartition("/")[2])
    if not name:
        return ""
    return f"{name}@{host}" if platform == "mastodon" and "@" not in name else name
