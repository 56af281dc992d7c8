"""What a process of the program does once, a process of tests does once, too: not for each of a thousand stores and commands."""

from __future__ import annotations

from functools import cache

import typer.main
from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.util import LRUCache

MOST = 2_000
"""Compiled statements that are kept of one kind of database."""

_OPTIONS = (
    "_json_serializer",
    "_json_deserializer",
    "_on_connect_isolation_level",
    "label_length",
    "max_identifier_length",
    "insertmanyvalues_page_size",
)
"""What a store may set otherwise than another."""
_KEPT: dict[tuple[object, ...], tuple[Dialect, LRUCache[object, object]]] = {}


def share() -> None:
    """From now on SQL is compiled once for all engines, and the tree of commands is built once."""
    event.listen(Engine, "engine_connect", _share_compiled)
    typer.main.get_command = cache(typer.main.get_command)


def _share_compiled(connection: Connection) -> None:
    """Give all connections to one kind of database one dialect, by which what was compiled is known, and one cache of it."""
    own = connection.dialect
    kind = (type(own), own.server_version_info, own.paramstyle, *(getattr(own, name, None) for name in _OPTIONS))
    connection.dialect, compiled = _KEPT.setdefault(kind, (own, LRUCache(MOST)))
    connection.execution_options(compiled_cache=compiled)
