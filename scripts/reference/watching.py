"""The pages for who watches the program: what it logs, and what it measures."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from listener.core.telling import Coverage, Health
from listener.metrics import Measured, write_metrics
from scripts.reference.markdown import code, page, sentence, table

ROOT = Path(__file__).parents[2]
ROOMS = ("listener", "connectors", "nlp", "storage", "config")
LEVELS = ("debug", "info", "warning", "error", "exception")
"""The methods of a log that write a line; ``exception`` writes it as an error with its traceback."""


@dataclass(frozen=True, slots=True)
class Line:
    """A kind of line of the log, as the code writes it."""

    action: str
    level: str
    sentence: str
    facts: tuple[str, ...]


def logged(root: Path = ROOT) -> list[Line]:
    """Every line that the code logs, in the order of the actions."""
    found = set()
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            found |= set(_lines(ast.parse(path.read_text(encoding="utf-8"))))
    return sorted(found, key=lambda line: (line.action, line.sentence, line.facts))


def _lines(tree: ast.AST) -> Iterator[Line]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {*LEVELS, "log"}:
            given = {word.arg: word.value for word in node.keywords if word.arg}
            if "action" in given:
                at = 1 if node.func.attr == "log" else 0
                level = "as the library's" if at else {"exception": "error"}.get(node.func.attr, node.func.attr)
                more = ("…",) if any(word.arg is None for word in node.keywords) else ()
                facts = (*sorted(name for name in given if name not in {"action", "exc_info"}), *more)
                yield Line(_words(given["action"]), level, _words(node.args[at]), facts)


def _words(node: ast.expr) -> str:
    """A text of the code; what is filled in at run time is an ellipsis."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    if isinstance(node, ast.IfExp):
        return f"{_words(node.body)} / {_words(node.orelse)}"
    return "…"


def log_actions() -> str:
    """The page of the actions of the log."""
    about = """
The log goes to standard error. `[log] level` says how much, `format = "json"` or `--log-format json` makes one JSON
object a line with `timestamp`, `level`, `event` (the sentence), `action` and the facts. An `action` is stable: alert on
it, never on the sentence. No line holds a handle, a name, an e-mail address, a text or a secret.
"""
    rows = [
        [
            code(line.action),
            line.level,
            sentence(line.sentence),
            ", ".join(each if each == "…" else code(each) for each in line.facts),
        ]
        for line in logged()
    ]
    return page("Log", about, table(["action", "level", "sentence", "facts"], rows))


def metrics() -> str:
    """The page of the metrics."""
    about = """
`[metrics] textfile` names a file that each pass writes anew, for the textfile collector of Prometheus' node exporter. All
are gauges.
"""
    rows = [[code(name), ", ".join(map(code, labels)), sentence(what)] for name, (what, labels) in measured().items()]
    return page("Metrics", about, table(["metric", "labels", "is"], rows))


def measured() -> dict[str, tuple[str, list[str]]]:
    """Every metric with its meaning and its labels, as the program itself writes them."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    line = Coverage(
        source="s",
        kind="rss",
        health=Health.OK,
        reason=None,
        heard_until=now,
        lag_p95=timedelta(seconds=1),
        failed_runs=0,
        new=0,
    )
    some = Measured(now, 1.0, True, {"new": 1}, [line], {"waiting": 0}, 0, 0, 0, 0, "0", "0001")
    with TemporaryDirectory() as folder:
        file = Path(folder) / "listener.prom"
        write_metrics(file, some)
        text = file.read_text(encoding="utf-8")
    found: dict[str, tuple[str, list[str]]] = {}
    for name, what in re.findall(r"(?m)^# HELP (\S+) (.*)$", text):
        series = re.search(rf"(?m)^{name}\{{(.*)\}} ", text)
        found[name] = (what, re.findall(r'(\w+)="', series[1]) if series else [])
    return found
