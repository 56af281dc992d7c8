"""Records of a database or an API as customers: the values as text, then read as a row of a CSV export is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from connectors.crm.cells import cleaned
from connectors.crm.columns import find_columns
from connectors.crm.rows import LONGEST_CELL, Ids, built
from listener.core.errors import BadItem, ConfigError, Problem, SourceProtocolError
from listener.core.mention import Rejected
from listener.core.people import Customer
from listener.core.plain import one_line

_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_ENDS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")


class RecordReader:
    """Reads the records of one source, whose fields are named by ``header``; ``mapping`` is our field -> one of these names.

    Raises:
        ConfigError: the mapping names a field that we do not have, or one that the source does not.
        SourceProtocolError: there is no field for the id, or none that could identify anybody.
    """

    def __init__(self, header: Sequence[str], mapping: Mapping[str, str], where: str) -> None:
        try:
            self._columns = find_columns(header, mapping)
        except SourceProtocolError as problem:
            raise SourceProtocolError(f"{where}: {problem.reason.removeprefix('row 1: ')}") from None
        self._ids = Ids()

    def close(self) -> None:
        self._ids.close()

    def read(self, item: str, values: Sequence[Any]) -> Customer | Rejected:
        """One record as a customer, or why it is none; ``item`` names it (its number or its id in the CRM)."""
        try:
            row = [self._cell(item, at, value) for at, value in enumerate(values)]
        except BadItem as problem:
            return Rejected(problem.item, problem.reason)
        contact_id = row[self._columns.fields["contact_id"]]
        if not contact_id:
            return Rejected(item, "it has no contact_id")
        if (repeats := self._ids.repeats(contact_id, row)) is not None:
            return Rejected(item, repeats)
        return built(contact_id, row, self._columns)

    def _cell(self, item: str, at: int, value: Any) -> str:
        name = self._columns.names[at]
        text = as_text(value)
        if text is None:
            raise BadItem(item, f"what stands in {name} is no text")
        text = _SURROGATE.sub("\ufffd", text)
        if at in self._columns.one_line:
            text = " ".join(line for part in _LINE_ENDS.split(text) if (line := part.strip()))
        if len(text) > LONGEST_CELL:
            raise BadItem(item, f"what stands in {name} is longer than {LONGEST_CELL} characters")
        if "\0" in text:
            raise BadItem(item, f"what stands in {name} holds a NUL character")
        return cleaned(text, several_lines=at not in self._columns.one_line)


def as_text(value: Any) -> str | None:
    """A value as an export would write it; lists with semicolons. ``None`` for bytes that are no text."""
    match value:
        case None:
            text = ""
        case bool():
            text = "true" if value else "false"
        case float() if value.is_integer():
            text = str(int(value))
        case datetime() | date():
            text = value.isoformat()
        case bytes() | bytearray() | memoryview():
            return _decoded(bytes(value))
        case list() | tuple():
            parts = [as_text(part) for part in value]
            return None if None in parts else ";".join(part for part in parts if part)
        case Mapping():
            text = json.dumps(value, default=str, ensure_ascii=False)
        case _:
            text = str(value)
    return text


def _decoded(value: bytes) -> str | None:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def reader_of(mapping: Mapping[str, str], where: str) -> RecordReader:
    """A reader of records whose values come in the order of ``mapping``, our field -> theirs. Raises as ``RecordReader``."""
    return RecordReader(list(mapping), {field: field for field in mapping}, where)


def chosen(defaults: Mapping[str, str], columns: Mapping[str, str], leave_out: Sequence[str]) -> dict[str, str]:
    """Our field -> the source's, as configured and else by default, without those that are left out.

    Raises:
        ConfigError: a field that is left out is none, or is also named in ``columns``.
    """
    problems = [
        Problem(
            "customers.leave_out",
            f"there is no such field as {one_line(field, 40)!r} by default",
            f"one of {', '.join(defaults)}",
        )
        for field in leave_out
        if field not in defaults
    ]
    problems += [
        Problem(f"customers.columns.{field}", "it is in leave_out too", "one of the two")
        for field in leave_out
        if field in columns
    ]
    problems += [
        Problem("customers.leave_out", "contact_id cannot be left out", "") for field in leave_out if field == "contact_id"
    ]
    if problems:
        raise ConfigError(problems)
    return {field: name for field, name in {**defaults, **columns}.items() if field not in leave_out}
