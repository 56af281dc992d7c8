"""Every line of the log has an action from one list: docs/reference/log.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "log.md"
NEVER = {
    "handle",
    "name",
    "email",
    "author",
    "display_name",
    "title",
    "text",
    "person",
    "contact",
    "customer",
    "token",
    "password",
}
"""What no line may carry, by the names under which we keep it."""
SPIKES = {"spike_…"}
"""The one action that is put together: of the change of a burst."""
LIBRARY = "library"
"""Of what libraries log, which comes at any level."""


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call of a log, and where it stands."""
    for package in ("config", "connectors", "listener", "nlp", "storage"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_log(node.func.value):
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", node


def _is_log(found: ast.expr) -> bool:
    if isinstance(found, ast.Call):  # structlog.get_logger().info(…)
        return isinstance(found.func, ast.Attribute) and found.func.attr == "get_logger"
    return isinstance(found, ast.Name) and found.id in {"log", "_log", "logger"}


def actions(call: ast.Call) -> set[str]:
    [given] = [keyword.value for keyword in call.keywords if keyword.arg == "action"] or [None]
    if isinstance(given, ast.Constant):
        return {str(given.value)}
    return SPIKES if isinstance(given, ast.JoinedStr) and ast.unparse(given).startswith("f'spike_") else set()


FOUND = list(calls())


def documented() -> set[str]:
    return set(re.findall(r"^\| `([\w.…-]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize(("where", "call"), FOUND, ids=[where for where, _ in FOUND])
def test_a_line_is_a_sentence_with_a_documented_action_and_nobody_in_it(where: str, call: ast.Call) -> None:
    assert actions(call), f"{where}: no action, or one that is put together"
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*(_…)?", action) for action in actions(call)), f"{where}: words_like_these"
    assert actions(call) <= documented(), f"{where}: docs/reference/log.md does not have it"
    assert not {keyword.arg for keyword in call.keywords} & NEVER, where
    [said] = call.args[-1:]
    if actions(call) != {LIBRARY}:
        assert isinstance(said, ast.Constant), f"{where}: what differs belongs into facts of the line, not into its sentence"


def test_the_page_lists_no_action_that_is_gone() -> None:
    assert documented() == {action for _, call in FOUND for action in actions(call)}
