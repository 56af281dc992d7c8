"""The tutorial works as it stands: its commands, in order, in one folder, print what it shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from listener.cli.shell import Shell
from tests.support.shown import DOCS, Reader, blocks, difference

TUTORIAL = DOCS / "tutorial.md"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
"""The moment that the page names: the demo's dates count from it. Each command comes a second after the one before."""


def test_the_tutorial_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = count()
    monkeypatch.setattr(Shell, "now", lambda _: NOW + timedelta(seconds=next(seconds)))
    misses = Reader(tmp_path).follow(TUTORIAL)
    assert not misses, "\n\n".join(misses)


def test_each_file_of_the_tutorial_is_named_where_it_is_to_be_written() -> None:
    text = TUTORIAL.read_text(encoding="utf-8")
    titles = [block.title for block in blocks(TUTORIAL) if block.title]
    assert titles == ["listener.toml", "customers.csv", "posts.csv"]
    for title in titles:
        lead = text.partition(f"title={title}\n")[0].rpartition("```")[0].rstrip().rpartition("\n\n")[2]
        assert f"`{title}`" in lead


@pytest.mark.parametrize(
    ("shown", "printed", "miss"),
    [
        ("a\nb\n", "a\nb\n", None),
        ("a\n…\nd\n", "a\nb\nc\nd\n", None),
        ("id …: b\n", "id 17: b\n", None),
        ("…\nd\n", "a\nd\n", None),
        ("a\n", "a\nb\n", "(nothing more), but there is: b"),
        ("a\nc\n", "a\nb\nc\n", "c"),
        ("…\nc\n…\na\n", "a\nb\nc\n", "a"),
        ("a\nb\n", "a\n", "b"),
        ("id …: c\n", "id 17: b\n", "id …: c"),
    ],
)
def test_what_is_shown_and_what_is_printed_are_told_apart(shown: str, printed: str, miss: str | None) -> None:
    assert difference(shown, printed) == miss
