"""The page on the JSON that commands read and write."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, get_args

from pydantic.fields import FieldInfo

from listener.cli.records import AuthorRecord, KnownAuthorRecord, LabelledRecord, Record, TextRecord
from scripts.reference.commands import leaves
from scripts.reference.markdown import code, page, table
from scripts.reference.outputs import MORE, printed

READ: tuple[tuple[str, type[Record]], ...] = (
    ("listener analyze", TextRecord),
    ("listener eval sentiment", LabelledRecord),
    ("listener match", AuthorRecord),
    ("listener eval match", KnownAuthorRecord),
)
"""The commands that read JSON lines, with a line of each."""
_TYPES = {str: "text", int: "whole number", bool: "true or false", list: "list of texts"}


def formats() -> str:
    """The page of the formats."""
    about = """
JSON lines: one object a line, in UTF-8. Times are ISO 8601 with their offset, what is missing is `null`, and further keys
may come with a later version: read by name, and ignore what you do not know.
"""
    read = """
Further keys are ignored. A line that cannot be used is named on standard error by its number, the others go on, and the
command ends with 1. `preview --json` writes what a source of the kind `file` reads; `spikes` reads CSV with the header
`timestamp,value`.
"""
    written = """
With `--json`. The keys of the outermost object, in their order; `…` stands for keys that depend on what there is. Where a
command can write several kinds of objects, each stands on a line of its own.
"""
    inputs = [f"### {name}\n\n{table(['key', 'is', 'must be there'], _lines(record))}" for name, record in READ]
    outputs = table(["command", "writes"], _written())
    last = f"## What commands write\n\n{written.strip()}\n\n{outputs}"
    return page("Formats", about, f"## What commands read\n\n{read.strip()}", *inputs, last)


def _lines(record: type[Record]) -> Iterator[list[str]]:
    for name, field in record.model_fields.items():
        yield [code(name), _type(field), "yes" if field.is_required() else ""]


def _type(field: FieldInfo) -> str:
    """The plain type of a value of JSON."""
    found = list(dict.fromkeys(_plain(field.annotation)))
    limits = [each for each in field.metadata if getattr(each, "ge", None) is not None or getattr(each, "le", None) is not None]
    bounds = {name: getattr(each, name) for each in limits for name in ("ge", "le") if getattr(each, name, None) is not None}
    return " or ".join(found) + (f" from {bounds['ge']} to {bounds['le']}" if len(bounds) == 2 else "")


def _plain(annotation: Any) -> Iterator[str]:
    if annotation in _TYPES:
        yield _TYPES[annotation]
    elif annotation is type(None):
        yield "`null`"
    elif getattr(annotation, "__origin__", None) is list:
        yield _TYPES[list]
    else:
        inner = get_args(annotation)
        for each in inner[:1] if hasattr(annotation, "__metadata__") else inner:
            yield from _plain(each)


def _written() -> Iterator[list[str]]:
    for way, command in leaves():
        kinds = [", ".join(key if key == MORE else code(key) for key in keys) for keys in printed(function_of(command))]
        yield [code(" ".join(way)), "<br>".join(kinds)]


def function_of(command: Any) -> Callable[..., Any]:
    """The function behind a command, without what ``listener.cli.shell`` wraps around it."""
    wrapped = inspect.unwrap(command.callback)
    found: Callable[..., Any] = inspect.getclosurevars(wrapped).nonlocals["function"]
    return found
