"""Reading the settings: one TOML file, then the environment over it; every problem is reported, not only the first."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from config.checks import across, of_customers, of_engine, of_sources
from config.environment import Overlay
from config.file import File
from config.places import Places, lines_of
from config.problems import problems_of
from config.settings import Settings
from listener.core.errors import ConfigError, Problem

LARGEST = 5_000_000
"""Bytes: a file beyond it is not a configuration."""


def load(
    path: Path,
    env: Mapping[str, str],
    *,
    options: Mapping[str, type[BaseModel]] | None = None,
    customers: Mapping[str, type[BaseModel]] | None = None,
    engines: Collection[str] | None = None,
) -> Settings:
    """The settings of a file and an environment.

    With the connectors' ``options`` by kind, those of the kinds of ``customers``, and the names of the ``engines``, these are
    checked too, so that all problems come together.

    Raises:
        ConfigError: the file cannot be read or is not TOML, or some of it cannot be used; lists all problems.
    """
    text = _text(path)
    tables = _tables(path, text)
    overlay = Overlay(tables, File, {"sources": options or {}, "customers": customers or {}})
    overlay.take(env)
    places = Places(lines_of(text), overlay.variables)
    problems = [*overlay.problems, *across(tables, places)]
    if options is not None:
        problems += of_sources(tables, places, options)
    if customers is not None:
        problems += of_customers(tables, places, customers)
    if engines is not None:
        problems += of_engine(tables, places, engines)
    try:
        file = File.model_validate(tables)
    except ValidationError as error:
        problems += problems_of(error, File, places)
        raise ConfigError(sorted(problems, key=_line)) from None  # pydantic's text would show the values
    if problems:
        raise ConfigError(sorted(problems, key=_line))
    return Settings(file=file, path=path.absolute(), places=places)


def _line(problem: Problem) -> int:
    """Problems come in the order of the file, those of the environment after them."""
    found = re.search(r"\(line (\d+)\)$", problem.path)
    return int(found[1]) if found else LARGEST


def _text(path: Path) -> str:
    try:
        with path.open("rb") as opened:
            raw = opened.read(LARGEST + 1)
    except FileNotFoundError:
        raise _unusable(path, "there is no such file", "make one with `listener init`, or name yours with --config") from None
    except OSError as problem:
        raise _unusable(path, f"it cannot be read ({problem.strerror})", "a TOML file") from problem
    if len(raw) > LARGEST:
        raise _unusable(path, "it is larger than 5 MB", "a TOML file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        raise _unusable(path, f"line {line} is not UTF-8", "save the file as UTF-8") from None


def _tables(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise _unusable(path, *_said(str(problem))) from None
    except RecursionError:
        raise _unusable(path, "it is nested too deeply", "a TOML file") from None


def _said(message: str) -> tuple[str, str]:
    """``tomllib`` says what and where; what it would quote of the line (it could be a secret) is not repeated."""
    found = re.fullmatch(r"(.*?) \(at (?:line (\d+), column (\d+)|(end of document))\)", message, re.DOTALL)
    if not found:
        return "not valid TOML", "see https://toml.io"
    where = "at the end of the file" if found[4] else f"line {found[2]}, column {found[3]}"
    return f"not valid TOML, {where}: {found[1]}", "see https://toml.io"


def _unusable(path: Path, got: str, allowed: str) -> ConfigError:
    return ConfigError([Problem(str(path), got, allowed)])
