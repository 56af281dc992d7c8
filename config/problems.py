"""From pydantic's errors to ``Problem``s: where, what was found, what would be right.

No value that could be a secret gets into a text: values of secret fields, of unknown keys and of whole tables are never shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from config.places import Loc, Places
from config.shape import follow, is_secret, keys_of, lists_tables, tags
from listener.core.errors import Problem

HIDDEN = "a value that is not shown"

_SENTENCES = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": 'a list, such as ["one", "two"]',
    "list_type": 'a list, such as ["one", "two"]',
    "dict_type": "a table, such as {{ key = value }}",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "path_type": "a path in quotes",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "greater_than_equal": "{ge} or more",
    "greater_than": "more than {gt}",
    "less_than_equal": "{le} or less",
    "less_than": "less than {lt}",
    "string_too_short": "at least {min_length} characters",
    "too_short": "at least {min_length} of them",
    "string_too_long": "at most {max_length} characters",
    "value_error": "{error}",
}
"""What is allowed, for each of pydantic's error types; its own text serves for the others."""


def problems_of(
    error: ValidationError, model: type[BaseModel], places: Places, prefix: Loc = (), also: Collection[str] = ()
) -> list[Problem]:
    """Every error of a validation against ``model`` as a problem.

    ``prefix`` is where in the file the model's table stands; ``also`` are further keys that the table may have.
    """
    return [_problem(details, model, places, prefix, also) for details in error.errors(include_url=False, include_context=True)]


def unknown_key(name: str, known: Iterable[str]) -> tuple[str, str]:
    """What to say about a key that nobody knows: what was found, and what would be right."""
    options = sorted(known)
    near = get_close_matches(name, options, n=1)
    if not options:
        return "unknown key", "there is no table of that name, or it has no such keys"
    return "unknown key", f"did you mean {near[0]}?" if near else f"known here: {', '.join(options)}"


def _problem(details: ErrorDetails, model: type[BaseModel], places: Places, prefix: Loc, also: Collection[str]) -> Problem:
    spot = follow(model, details["loc"])
    where = places.name((*prefix, *spot.loc))
    kind, context = details["type"], details.get("ctx", {})
    match kind:
        case "extra_forbidden":
            return Problem(where, *unknown_key(str(spot.loc[-1]), {*keys_of(spot.owner), *also}))
        case "missing":
            return Problem(where, "missing", spot.description or "it must be set")
        case "tuple_type" if lists_tables(spot.annotation):
            key = ".".join(str(part) for part in (*prefix, *spot.loc) if isinstance(part, str))
            return Problem(where, _shown(details["input"]), f"a list of tables, each begun with [[{key}]]")
        case "union_tag_not_found" | "union_tag_invalid":
            got = _shown(context["tag"]) if "tag" in context else "missing"
            return Problem(places.name((*prefix, *spot.loc, "kind")), got, _either(tags(spot.annotation)))
    got = HIDDEN if is_secret(spot.annotation) else _shown(details["input"])
    if is_secret(spot.annotation) and kind == "too_short":
        kind = "string_too_short"  # pydantic counts a secret's characters as if they were a list's items
    return Problem(where, got, _allowed(kind, context, details["msg"]))


def _allowed(kind: str, context: Mapping[str, Any], message: str) -> str:
    if kind in _SENTENCES:
        return _SENTENCES[kind].format_map(context).replace("'", "")
    return message.removeprefix("Input should be ")


def _either(names: Sequence[str]) -> str:
    """``a``, ``a or b``, ``a, b or c``, as pydantic says it of literals."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f'"{value[:60]}…"' if len(value) > 60 else f'"{value}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, Sequence):
        return "a list" if value else "an empty list"
    return HIDDEN if isinstance(value, SecretStr) else type(value).__name__
