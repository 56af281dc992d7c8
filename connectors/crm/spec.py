"""What a customer source module offers as its module-level ``SPEC``, as ``ConnectorSpec`` is for connectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from listener.core.connector import Door
from listener.core.ports import CustomerSource


@dataclass(frozen=True, slots=True)
class CrmContext:
    """What a customer source may use. It has no clock of its own: ``now`` is the time of the run."""

    open_door: Callable[[], AbstractContextManager[Door]]
    """The way to the network, opened only while pages are asked for."""
    now: datetime
    columns: Mapping[str, str] = field(default_factory=dict)
    """Our field -> what the source calls it, as configured."""
    folder: Path = Path()
    """Relative paths in the options count from here: the folder of the configuration file."""


@dataclass(frozen=True, slots=True)
class CrmSpec:
    """One kind of customer source.

    ``options`` is a frozen pydantic model; ``missing`` says what is not there for it to work (a secret, a package), without
    touching the network; ``build`` touches it neither.
    """

    kind: str
    options: type[BaseModel]
    build: Callable[[Any, CrmContext], CustomerSource]
    missing: Callable[[Any], str | None]
    title: Callable[[Any], str]
    """What the source is, for a table: no secret, no address of a person."""
