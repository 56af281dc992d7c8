"""What commands print with ``--json``: the keys, read from the code that prints them.

Only what stands there literally can be read; where a command prints what it was given, an ellipsis stands for the rest.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from typing import Any

import listener.cli
from listener.cli.alerts_test import Tried
from listener.cli.case_views import COLUMNS
from listener.cli.source_health import SourceHealth
from listener.core.cases import Case
from listener.core.mention import Mention
from listener.core.people import Customer
from listener.tell import Told
from storage.admin import StoreStatus
from storage.lookups import HeardMention, MentionVerdicts
from storage.privacy import Erased
from storage.retention import Pruned

MORE = "…"
_GIVEN: Mapping[str, Mapping[str, type[Any]]] = {
    "listener.cli.preview": {"fields": Mention},
    "listener.cli.mentions": {"mention": HeardMention, "found": MentionVerdicts},
    "listener.cli.sources": {"line": SourceHealth, "found": SourceHealth},
    "listener.cli.cases": {"case": Case, "changed": Case},
    "listener.cli.customers": {"customer": Customer},
    "listener.cli.digest": {"done": Told},
    "listener.cli.db": {"found": StoreStatus, "done": Pruned},
    "listener.cli.person": {"erased": Erased},
    "listener.cli.alerts_test": {"each": Tried},
}
"""What commands print as the store or the pipeline gave it: by the module and the name that it has there."""
_LEFT_OUT = {"listener.cli.preview": {"markup"}, "listener.cli.customers": {"same_as"}}
_OTHERWISE: Mapping[str, str] = {"listener.cli.analyze": "_answer"}
"""The functions that make what a command prints where the way to them leads through a pool of threads."""


def printed(function: Callable[..., Any]) -> list[list[str]]:
    """The keys of each kind of object that a command prints, in the order of the code."""
    found: list[list[str]] = []
    for each in _reached(function):
        for node in ast.walk(_tree(each)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "json_line" and node.args:
                keys = list(dict.fromkeys(_keys(node.args[0], each)))
                if keys not in found:
                    found.append(keys)
    if found == [[MORE]] and (name := _OTHERWISE.get(function.__module__)):
        return [list(_returned(getattr(sys.modules[function.__module__], name)))]
    return found


def _reached(function: Callable[..., Any]) -> list[Callable[..., Any]]:
    """The function, and those of its module that it calls, and they call."""
    module = sys.modules[function.__module__]
    found = [function]
    for here in found:
        for node in ast.walk(_tree(here)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                each = getattr(module, node.func.id, None)
                if inspect.isfunction(each) and each.__module__ == module.__name__ and each not in found:
                    found.append(each)
    return found


@cache
def _tree(function: Callable[..., Any]) -> ast.Module:
    return ast.parse(inspect.cleandoc("\n" + inspect.getsource(inspect.unwrap(function))))


def _keys(node: ast.expr, function: Callable[..., Any]) -> Iterator[str]:
    """The keys of the object that an expression makes, as far as it says."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                yield from _keys(value, function)
            elif isinstance(key, ast.Constant):
                yield str(key.value)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        yield from _of_call(node, function)
    elif isinstance(node, ast.Name) and (given := _GIVEN.get(function.__module__, {}).get(node.id)):
        yield from (each.name for each in fields(given) if each.name not in _LEFT_OUT.get(function.__module__, ()))
    elif isinstance(node, ast.Name) and (made := _assigned(node.id, function)) is not None:
        yield from _keys(made, function)
    else:
        yield MORE


def _of_call(node: ast.Call, function: Callable[..., Any]) -> Iterator[str]:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    called = getattr(sys.modules[function.__module__], name, None) or (None if name.startswith("_") else _public().get(name))
    if name == "jsonable" and node.args:
        yield from _keys(node.args[0], function)
    elif name == "row_of":
        yield from COLUMNS
    elif name == "_customer_facts":
        yield from _keys(ast.Name("customer"), function)
    elif inspect.isfunction(called) and called.__module__.startswith("listener.cli."):
        yield from _returned(called)
    else:
        yield MORE


@cache
def _public() -> dict[str, Callable[..., Any]]:
    """The public functions of the modules of the commands, some of which are imported only where they are used."""
    modules = [importlib.import_module(f"listener.cli.{each.name}") for each in pkgutil.iter_modules(listener.cli.__path__)]
    return {
        name: function
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
    }


def _returned(function: Callable[..., Any]) -> Iterator[str]:
    for node in ast.walk(_tree(function)):
        if isinstance(node, ast.Return) and node.value is not None:
            yield from _keys(node.value, function)


def _assigned(name: str, function: Callable[..., Any]) -> ast.expr | None:
    """What a name of a function was last given, where that is an object written out or the answer of a function."""
    found = None
    for node in ast.walk(_tree(function)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        if any(isinstance(to, ast.Name) and to.id == name for to in targets):
            found = node.value  # type: ignore[attr-defined]  # both kinds have it
    return found if isinstance(found, ast.Dict | ast.Call) else None
