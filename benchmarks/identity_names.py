"""Names of many cultures for invented people, read from ``data/identity_names.toml``: a table, no rules."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Spellings = tuple[str, ...]
"""How one name is written; the first is the usual way."""


@dataclass(frozen=True, slots=True)
class Culture:
    """How people of a culture are named, where they live, and in which languages they write."""

    code: str
    women: tuple[Spellings, ...]
    men: tuple[Spellings, ...]
    families: tuple[Spellings, ...]
    cities: tuple[str, ...]
    country: str
    languages: tuple[str, ...]
    legal: tuple[str, ...]
    family_first: bool = False
    """The family name is written first where people write in their own language."""
    double: bool = False
    """Two family names, of which the first is the one that is kept."""
    single: bool = False
    """Many have one name only."""
    patronymic: bool = False
    """The last name is made of a parent's first name."""
    rare: tuple[str, str] = ("", "")
    """Beginnings and endings of which rare family names are made (split by blanks)."""


def _spelled(text: str) -> tuple[Spellings, ...]:
    return tuple(tuple(part.replace("_", " ") for part in item.split(":")) for item in text.split())


def _culture(row: dict[str, Any]) -> Culture:
    """From a table of the file: names are one text, every other list is a list."""
    names = {kind: _spelled(row[kind]) for kind in ("women", "men", "families")}
    lists = {kind: tuple(value) for kind, value in row.items() if isinstance(value, list)}
    return Culture(**{**row, **lists, **names})


_TABLES = tomllib.loads((Path(__file__).parent / "data" / "identity_names.toml").read_text(encoding="utf-8"))

CULTURES: tuple[Culture, ...] = tuple(_culture(row) for row in _TABLES["cultures"])

NICKNAMES: dict[str, str] = _TABLES["nicknames"]
"""First name (its usual spelling) -> what friends say."""
