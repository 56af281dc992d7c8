"""One row of an export as a customer.

A cell with a spreadsheet formula (``=…``) rejects its row, since it is no fact about a customer; ``="0012"``, the usual way to
keep leading zeros, is read as ``0012``. Cells that merely begin with ``+``, ``-`` or ``@`` are kept as they are: whoever writes
a spreadsheet must guard against them. Nothing of what stands in a cell is ever shown.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

from connectors.crm import cells
from connectors.crm.columns import Columns
from listener.core.brand import Provenance
from listener.core.crm import FOOTER, SAME_ID_OTHER_DATA, SAME_ROW_AGAIN
from listener.core.errors import BadItem
from listener.core.mention import digest
from listener.core.people import Customer, KnownHandle

LONGEST_CELL = 5000
_QUOTED_TEXT = re.compile(r'="([^"]*)"')
_PROVENANCES = frozenset(Provenance)


def customer_of(item: str, row: Sequence[str], columns: Columns) -> Customer:
    """The customer of a row with the header's columns; ``item`` names it (``row 7``).

    Raises:
        BadItem: the row cannot be used; says which cell, never what stands in it.
    """
    row = _checked(item, row, columns)
    contact_id = row[columns.fields["contact_id"]]
    if len(row) > 1 and " " in row[0] and not any(row[1:]):
        raise BadItem(item, FOOTER)
    if not contact_id:
        raise BadItem(item, "it has no contact_id")
    return built(contact_id, row, columns)


def not_closed(column: str) -> str:
    """Why a cell with several lines is not taken."""
    return f"the cell in column {column} has several lines: is a quotation mark not closed?"


def _checked(item: str, row: Sequence[str], columns: Columns) -> list[str]:
    """The cells cleaned, as many as the header has; spreadsheets leave out empty cells at the end of a row."""
    if len(row) > columns.width:
        raise BadItem(item, f"it has {len(row)} cells, the header has {columns.width}")
    checked = []
    for at, (name, text) in enumerate(zip(columns.names, row, strict=False)):
        several_lines = at not in columns.one_line
        if not several_lines and "\n" in text.strip():
            raise BadItem(item, not_closed(name))
        if len(text) > LONGEST_CELL and len(text.strip()) > LONGEST_CELL:
            raise BadItem(item, f"the cell in column {name} is longer than {LONGEST_CELL} characters")
        if "\0" in text:
            raise BadItem(item, f"the cell in column {name} holds a NUL character")
        clean = cells.cleaned(text, several_lines=several_lines)
        if clean.startswith("="):
            quoted = _QUOTED_TEXT.fullmatch(clean)
            if quoted is None:
                raise BadItem(item, f"the cell in column {name} is a spreadsheet formula")
            clean = quoted[1].strip()
        checked.append(clean)
    return checked + [""] * (columns.width - len(checked))


def built(contact_id: str, row: Sequence[str], columns: Columns) -> Customer:
    """The customer of a row whose cells are checked, as many as the header has."""

    def cell(field: str) -> str:
        return row[columns.fields[field]] if field in columns.fields else ""

    def fact(field: str) -> str:
        return cells.known(cell(field))

    extra = {name: row[at] for name, at in columns.extra.items() if row[at]}
    dates: dict[str, str | None] = {}
    for field in ("customer_since", "customer_until"):
        dates[field] = cells.iso_date(cell(field), day_first=columns.day_first.get(field)) if cell(field) else None
        if dates[field] is None and fact(field):  # kept as it is: nothing is guessed
            extra[field] = cell(field)
    first, last = cells.named(cell("first_name")), cells.named(cell("last_name"))
    if not first and not last:
        first, last = cells.split_name(cells.named(cell("name")))
    emails = cells.clean_emails(cell("email"))
    if len(emails) > 1:
        extra["further_emails"] = "; ".join(emails[1:])
    return Customer(
        contact_id=contact_id,
        first_name=first,
        last_name=last,
        email=emails[0] if emails else None,
        company=fact("company"),
        website=fact("website") or None,
        domains=cells.clean_domains(cell("domains")),
        title=fact("title") or None,
        city=fact("city") or None,
        region=fact("region") or None,
        language=fact("language") or None,
        segment=fact("segment") or None,
        products=cells.listed(fact("products")),
        customer_since=dates["customer_since"],
        customer_until=dates["customer_until"],
        owner=fact("owner") or None,
        handles=_handles(row, columns),
        do_not_contact=cells.left_alone(cell("do_not_contact")),
        extra=extra,
    )


def _handles(row: Sequence[str], columns: Columns) -> tuple[KnownHandle, ...]:
    found: dict[tuple[str, str], KnownHandle] = {}
    for platform, at in columns.handles.items():
        if not row[at]:
            continue
        source = row[columns.sources[platform]].casefold() if platform in columns.sources else ""
        provenance = Provenance(source) if source in _PROVENANCES else Provenance.UNKNOWN
        for handle in cells.clean_handles(platform, row[at]):
            found.setdefault((platform, handle), KnownHandle(platform, handle, provenance))
    return tuple(found.values())


class Ids:
    """The ids read so far, in a temporary database that is gone with it: a million of them take no memory."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE ids (id TEXT PRIMARY KEY, content TEXT) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def is_new(self, contact_id: str) -> bool:
        return self.repeats(contact_id, ()) is None

    def repeats(self, contact_id: str, row: Sequence[str]) -> str | None:
        """Why a row is not used whose id was there before; ``None`` for a new one."""
        # Only digests go to the disk: an id can be somebody's e-mail address.
        key, content = digest("id", contact_id), digest("row", *row)
        if self._database.execute("INSERT OR IGNORE INTO ids VALUES (?, ?)", (key, content)).rowcount == 1:
            return None
        [before] = self._database.execute("SELECT content FROM ids WHERE id = ?", (key,)).fetchone()
        return SAME_ROW_AGAIN if before == content else SAME_ID_OTHER_DATA

    def close(self) -> None:
        self._database.close()
