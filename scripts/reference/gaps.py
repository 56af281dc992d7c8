"""What the code leaves without a description: each is a gap in the reference, and a test fails for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from config.file import File
from connectors.crm.registry import SPECS as CRM_SPECS
from scripts.reference.commands import leaves
from scripts.reference.settings import fields, notifier_models, summary
from scripts.reference.sources import specs
from scripts.reference.values import models

WIDEST = 80
"""Columns that the first line of a command's help has at most."""


def gaps() -> list[str]:
    """Everything without a description, each by its place."""
    found = [*of_commands(None), *of_table(File, "")]
    for kind, spec in specs().items():
        found += [f"source kind {kind}: no summary"] * (not spec.summary)
        found += of_table(spec.options, f"source kind {kind}: ")
    for kind, each in CRM_SPECS.items():
        found += of_table(each.options, f"customer source {kind}: ")
    found += [f"notifier {model.__name__}: no summary" for model in notifier_models() if not summary(model)]
    return found


def of_commands(root: Any) -> Iterator[str]:
    """Commands, arguments and options without help, and commands whose first line is too long for a terminal."""
    for way, command in leaves(root):
        name = " ".join(way)
        first = (command.help or "").split("\n\n")[0]
        if not first:
            yield f"{name}: no help"
        if len(first) > WIDEST:
            yield f"{name}: the first line of its help is wider than {WIDEST} columns"
        yield from (f"{name} {each.opts[0]}: no help" for each in command.params if not (each.help or each.opts[0] == "--help"))


def of_table(model: type[BaseModel], where: str) -> Iterator[str]:
    """Settings without a description, in a table and in the tables within it."""
    for name, field in fields(model).items():
        if not field.description and name != "kind":
            yield f"{where}{name}: no description"
        for inner in models(field.annotation):
            yield from of_table(inner, f"{where}{name}.")
