"""Settings from the environment: ``LISTENER_STORAGE__URL`` for ``[storage] url``, ``…_FILE`` for a secret in a file.

In lists of tables the item is chosen by its name: ``LISTENER_NOTIFIERS__TEAM_MAIL__PASSWORD`` for the notifier ``team-mail``.
In a table of names (``[teams]``) the name is the last part; one that the file does not have is in small letters.
Variables without a double underscore, and empty ones, are none of ours (container platforms invent some).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from config.places import Loc
from config.problems import unknown_key
from config.shape import Spot, follow, is_secret, is_union, keys_of, lists_tables, takes_many
from listener.core.errors import Problem

PREFIX = "LISTENER_"
LARGEST_SECRET = 100_000
"""Bytes: a file beyond it, or one without an end, holds no secret."""


@dataclass(slots=True)
class Overlay:
    """What the environment adds to the file's tables (which it changes), and what is wrong with it."""

    tables: dict[str, Any]
    model: type[BaseModel]
    kinds: Mapping[str, Mapping[str, type[BaseModel]]] = field(default_factory=dict)
    """The options of each kind, by the table that they belong into: ``sources``, ``customers``."""
    variables: dict[Loc, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def take(self, env: Mapping[str, str]) -> None:
        for variable, value in sorted(env.items()):
            held = value.rstrip("\r\n")  # as what comes from a file of one line ends, on its way through a Kubernetes secret
            if variable.startswith(PREFIX) and "__" in variable and held:
                self._set(variable, held)

    def _set(self, variable: str, value: str) -> None:
        *way, last = names = variable.removeprefix(PREFIX).lower().split("__")
        if not all(name.removesuffix("_file").strip("_ ") for name in names):
            allowed = f"{PREFIX}TABLE__KEY, with a name on both sides of each double underscore"
            self.problems.append(Problem(variable, "a name is empty", allowed))
            return
        loc: Loc = ()
        table: Any = self.tables
        for step in way:
            loc, table = self._enter(variable, loc, table, step)
            if table is None:
                return
        if not isinstance(table, dict):
            return  # the file has something else than a table here, which the validation reports
        if follow(self.model, (*loc, last)).owner is None:  # a table of names
            last = next((name for name in table if env_name(name) == last), last)
        spot, value_or_none = self._leaf(variable, loc, last, value)
        if spot is not None and value_or_none is not None:
            table[str(spot.loc[-1])] = value_or_none
            self.variables[spot.loc] = variable

    def _enter(self, variable: str, loc: Loc, table: Any, step: str) -> tuple[Loc, Any]:
        """One step further in; a table of ``None`` means that there is no such place."""
        if isinstance(table, list):
            names = {env_name(item["name"]): at for at, item in enumerate(table) if isinstance(item, dict) and _named(item)}
            if step in names:
                return (*loc, names[step]), table[names[step]]
            self.problems.append(
                Problem(variable, "no table of that name in the file", f"one of: {', '.join(sorted(names)) or 'none yet'}")
            )
            return loc, None
        if not isinstance(table, dict):
            return loc, None
        if not loc and lists_tables(follow(self.model, (step,)).annotation) and step not in table:
            self.problems.append(
                Problem(variable, f"there is no [[{step}]] table in the file", f'a [[{step}]] table with its name = "…"')
            )
            return loc, None
        spot = follow(self.model, (*loc, step))
        if spot.annotation is None or not takes_many(spot.annotation):
            self.problems.append(Problem(variable, *unknown_key(step, keys_of(follow(self.model, (*loc, "")).owner))))
            return loc, None
        return spot.loc, table.setdefault(step, {})

    def _leaf(self, variable: str, loc: Loc, key: str, value: str) -> tuple[Spot | None, Any]:
        spot = self._spot(loc, key)
        if spot.annotation is not None:
            return spot, self._many(variable, value) if takes_many(spot.annotation) else value
        open_table = _is_open(spot.owner)
        if key.endswith("_file"):
            meant = self._spot(loc, key.removesuffix("_file"))
            if is_secret(meant.annotation) or (open_table and meant.annotation is None):
                if meant.loc in self.variables:
                    self.problems.append(
                        Problem(
                            variable, f"{self.variables[meant.loc]} is set, too", "one of the two: which counts is not guessed"
                        )
                    )
                    return None, None
                return meant, self._content(variable, value)
        if open_table:
            return spot, value
        self.problems.append(Problem(variable, *unknown_key(key, keys_of(spot.owner))))
        return None, None

    def _spot(self, loc: Loc, key: str) -> Spot:
        """The place in the models; where several tables are possible, the file's ``kind`` says which."""
        way: list[str | int] = []
        table: Any = self.tables
        for part in loc:
            way.append(part)
            table = table[part]
            if isinstance(table, dict) and is_union(follow(self.model, tuple(way)).annotation):
                way.append(str(table.get("kind")))
        found = follow(self.model, (*way, key))
        kind = self.kinds.get(str(loc[0])) if loc else None
        if found.annotation is None and kind and _is_open(found.owner) and (options := kind.get(str(table.get("kind")))):
            found = Spot(found.loc, found.owner, follow(options, (key,)).annotation, None)
        return Spot((*loc, key), found.owner, found.annotation, found.description)

    def _many(self, variable: str, value: str) -> Any:
        if not value.lstrip().startswith(("[", "{")):
            return [part.strip() for part in value.split(",") if part.strip()]
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            self.problems.append(Problem(variable, "not readable as JSON", "values with commas between them, or JSON"))
            return None

    def _content(self, variable: str, path: str) -> str | None:
        try:
            with Path(path).open("rb") as file:
                held = file.read(LARGEST_SECRET + 1)
            if len(held) > LARGEST_SECRET:
                wrong = f"its file cannot be read (larger than {LARGEST_SECRET:,} bytes)"
            elif content := held.decode().rstrip("\r\n"):
                return content
            else:
                wrong = "its file is empty"
        except (OSError, ValueError) as problem:
            wrong = f"its file cannot be read ({problem.strerror if isinstance(problem, OSError) else 'not UTF-8 text'})"
        self.problems.append(Problem(variable, wrong, "the path of a readable file that holds the value"))
        return None


def env_name(name: str) -> str:
    """A source's or notifier's name as a part of a variable's name (compared in small letters)."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _is_open(model: type[BaseModel] | None) -> bool:
    """Whether the table may have keys that only its kind knows."""
    return model is not None and model.model_config.get("extra") == "allow"


def _named(item: Mapping[str, Any]) -> bool:
    return isinstance(item.get("name"), str)
