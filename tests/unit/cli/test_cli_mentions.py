"""``listener mentions``: how a post and its verdict are worded."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from listener.cli.mentions import _excerpt, _understood
from listener.core.analysis import Analysis, Level, Relevance


@pytest.mark.parametrize(
    ("title", "text", "shown"),
    [
        ("A title only", "", "A title only"),
        ("A title", "And a text", "A title · And a text"),
        ("A title", "A title and more", "A title and more"),
        (None, "", "(gone)"),
    ],
)
def test_title_and_text_are_told_apart_where_both_are_there(title: str | None, text: str, shown: str) -> None:
    post: Any = SimpleNamespace(title=title, text=text, withheld="gone")
    assert _excerpt(post) == shown


@pytest.mark.parametrize("level", [None, Level.LOW])
def test_what_is_excluded_says_why_in_its_own_words(level: Level | None) -> None:
    note = "excluded for quillon: it does not match the brand's query"
    told = dict(_understood(Analysis(Relevance.EXCLUDED, None, note=note, level=level), True, 7))
    assert told["about us"] == f"no: {note}"
    assert (told["relevance"] or "").startswith("low: hidden" if level else "")
    assert dict(_understood(Analysis(Relevance.EXCLUDED, None), True, 7))["about us"] == "no: excluded by its rules"
