"""The guide to identities names every command of the group, and what it shows can be typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from listener.cli.app import app

PAGE = (Path(__file__).parents[2] / "docs" / "identities.md").read_text(encoding="utf-8")
INNER = get_command(app).commands["identities"].commands  # type: ignore[attr-defined]  # the root and this are groups
SHOWN = re.findall(r"(?m)^listener identities .*$", PAGE)


def test_the_guide_names_every_command() -> None:
    assert {name for name in INNER if f"listener identities {name}" not in PAGE} == set()


@pytest.mark.parametrize("line", SHOWN)
def test_what_the_guide_shows_can_be_typed(line: str) -> None:
    words = shlex.split(line)[2:]
    INNER[words[0]].make_context(words[0], words[1:])  # raises where an argument or option is wrong
