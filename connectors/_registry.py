"""Which kinds of sources there are: connectors are found by the entry-point group ``listener.connectors``, ours and others'."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from listener.core.connector import ConnectorSpec
from listener.core.errors import Problem

GROUP = "listener.connectors"

_LOCK = threading.Lock()
_FOUND: list[tuple[dict[str, ConnectorSpec], tuple[Problem, ...]]] = []


def load_specs() -> dict[str, ConnectorSpec]:
    """Every connector by its kind. Loaded when first asked for; one that cannot be loaded is left out, see ``load_problems``."""
    return dict(_found()[0])


def load_problems() -> tuple[Problem, ...]:
    """The connectors that could not be loaded, with the reason: to be shown beside what is wrong with the configuration."""
    return _found()[1]


def read_entry_points(points: Iterable[EntryPoint]) -> tuple[dict[str, ConnectorSpec], tuple[Problem, ...]]:
    """The specs behind entry points. Whatever loading one raises is its problem alone; of two with one kind, ours counts."""
    specs: dict[str, ConnectorSpec] = {}
    problems: list[Problem] = []
    for point in sorted(points, key=lambda point: (not point.value.startswith("connectors."), point.name, point.value)):
        found = _load(point)
        if isinstance(found, Problem):
            problems.append(found)
        elif found.kind in specs:
            problems.append(Problem(_place(point), f"a second connector of kind {found.kind!r}", "a kind of its own"))
        else:
            specs[found.kind] = found
    return specs, tuple(problems)


def _found() -> tuple[dict[str, ConnectorSpec], tuple[Problem, ...]]:
    with _LOCK:
        if not _FOUND:
            _FOUND.append(read_entry_points(entry_points(group=GROUP)))
        return _FOUND[0]


def _load(point: EntryPoint) -> ConnectorSpec | Problem:
    try:
        spec = point.load()
    except Exception as problem:  # foreign code: anything can come out of it
        return Problem(_place(point), f"cannot be loaded ({type(problem).__name__}: {problem})", "")
    if not isinstance(spec, ConnectorSpec):
        return Problem(_place(point), f"{point.value} is a {type(spec).__name__}", "a listener.core.connector.ConnectorSpec")
    if spec.kind != point.name:
        return Problem(_place(point), f"its spec is of kind {spec.kind!r}", f"kind {point.name!r}, as the entry point is named")
    return spec


def _place(point: EntryPoint) -> str:
    package = point.dist.name if point.dist is not None else "an unnamed package"
    return f"connector {point.name} of {package}"
