"""Every column of every table in the documentation has a header: who hears a table read aloud has nothing else to go by."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_RULE = re.compile(r"^\|(?: *:?-+:? *\|)+$")
"""The line between a table's header and its rows."""


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_column_has_a_header(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    heads = [(at, head) for at, (head, rule) in enumerate(pairwise(lines), 1) if _RULE.match(rule.strip())]
    assert [
        f"line {at}: {head}" for at, head in heads if not all(cell.strip() for cell in head.strip().strip("|").split("|"))
    ] == []
