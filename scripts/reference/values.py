"""What a setting or an option takes, in words: its type, its limits, its default.

Validators of our own say in one sentence what is allowed; they are asked with a value that nobody would allow, so that the page
says what an error says.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, BeforeValidator, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError, PydanticUndefined

from config.fields import Duration, Text
from connectors._addresses import WebAddress
from scripts.reference.markdown import choices, code

_PLAIN: dict[type[Any], str] = {
    bool: "`true` or `false`",
    int: "a whole number",
    float: "a number",
    Decimal: "a number",
    str: "text",
    timedelta: "a span of time",
}
_BY_VALIDATOR = {
    get_args(Duration)[1].func: "",  # the page says at its top how spans of time are written
    get_args(WebAddress)[1].func: "an address that begins with http:// or https://",
}
TEXT_LIMIT: int = get_args(Text)[1].max_length
"""Characters that a text has at most unless something else is said; not repeated at every setting."""
_PROBES: tuple[Any, ...] = ("", "\x00 ?", timedelta(days=-1), SecretStr("\x00 ?"), {"?": []}, ("*",))
"""Values that no setting allows, each of another type."""


def takes(field: FieldInfo) -> str:
    """What is allowed for a setting, in words."""
    words = _with(_type(field.annotation), field.metadata)
    return f"{words} (secret)" if is_secret(field.annotation) else words


def default(field: FieldInfo) -> str:
    """The default, as the file writes it; empty where there is none."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined or isinstance(value, BaseModel):
        return ""
    return "" if value in ((), [], {}, "") else code(literal(value))


def literal(value: Any) -> str:
    """A value as TOML writes it."""
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value.value if isinstance(value, Enum) else value
    match plain:
        case bool():
            return str(plain).lower()
        case int() | float() | Decimal():
            return str(plain)
        case tuple() | list():
            return f"[{', '.join(map(literal, plain))}]"
        case timedelta():
            return f'"{_span(plain)}"'
    return f'"{plain}"'


def _span(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def is_secret(annotation: Any) -> bool:
    return any(isinstance(part, type) and issubclass(part, SecretStr) for part in _alternatives(annotation))


def literals(annotation: Any) -> list[str]:
    """The values that a choice has."""
    found = []
    for part in _alternatives(annotation):
        if get_origin(part) is Literal:
            found += [str(each) for each in get_args(part)]
        elif get_origin(part) in {tuple, list}:
            found += [each for item in get_args(part) for each in literals(item)]
        elif isinstance(part, type) and issubclass(part, Enum):
            found += [str(each.value) for each in part]
    return found


def models(annotation: Any) -> list[type[BaseModel]]:
    """The tables that a setting holds, itself or as items of a list."""
    found = []
    for part in _alternatives(annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            found.append(part)
        elif get_origin(part) in {tuple, list}:
            found += [each for item in get_args(part) if item is not ... for each in models(item)]
    return found


def _alternatives(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif get_origin(annotation) in {Union, types.UnionType}:
        for each in get_args(annotation):
            yield from _alternatives(each)
    else:
        yield annotation


def _type(annotation: Any) -> str:
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        return _with(_type(inner), [each for one in metadata for each in (one.metadata if isinstance(one, FieldInfo) else [one])])
    if get_origin(annotation) in {Union, types.UnionType}:
        return " or ".join(dict.fromkeys(_type(each) for each in get_args(annotation) if each is not type(None)))
    if get_origin(annotation) is Literal:
        return choices(f'"{each}"' for each in get_args(annotation))
    if get_origin(annotation) in {tuple, list}:
        items = [each for each in get_args(annotation) if each is not ...]
        return f"a list of {len(items)}: {_type(items[0])} each" if len(items) > 1 else f"a list: {_type(items[0])}"
    if get_origin(annotation) is dict:
        return f"a table of names, each with {_type(get_args(annotation)[1])}"
    return _of_class(annotation)


def _with(words: str, metadata: list[Any]) -> str:
    """The words for a type, changed by what annotates it."""
    said = "; ".join(filter(None, map(_said, metadata)))
    if "a span of time" in words:
        return f"{words}{', ' if said else ''}{said}{_limits(metadata)}"
    if words.startswith("a list") and any(getattr(each, "min_length", None) == 1 for each in metadata):
        words = words.replace("a list:", "a list of at least one:", 1)
    return f"{said or words}{_limits(metadata)}"


def _of_class(annotation: Any) -> str:
    if issubclass(annotation, SecretStr):
        return "text"
    if issubclass(annotation, Enum):
        return choices(f'"{each.value}"' for each in annotation)
    if issubclass(annotation, PurePath):
        return "a path"
    return _PLAIN[annotation]


def _said(annotation: Any) -> str:
    """What a validator says of a value that it refuses."""
    if not isinstance(annotation, AfterValidator | BeforeValidator):
        return ""
    func = annotation.func
    return _BY_VALIDATOR[func] if func in _BY_VALIDATOR else refusal(func)


def refusal(validator: Any) -> str:
    """The sentence with which a validator of our own says what is allowed; empty where it does not."""
    for probe in _PROBES:
        try:
            validator(probe)
        except PydanticCustomError as refused:
            return refused.message()
        except (TypeError, AttributeError, ValueError):
            continue  # it is asked for values of another type, or says only what is wrong
    return ""


def _limits(metadata: list[Any]) -> str:
    found: dict[str, Any] = {}
    for each in metadata:
        for name in ("ge", "gt", "le", "lt", "max_length", "min_length", "pattern"):
            value = getattr(each, name, None)
            if value is not None and (name, value) not in {("max_length", TEXT_LIMIT), ("min_length", 1)}:
                found[name] = _span(value) if isinstance(value, timedelta) else value
    if "ge" in found and "le" in found:
        return f" from {found['ge']} to {found['le']}"
    words = {
        "ge": "{} or more",
        "gt": "above {}",
        "le": "at most {}",
        "lt": "below {}",
        "min_length": "at least {} characters",
        "max_length": "at most {} characters",
        "pattern": "of the form `{}`",
    }
    return "".join(f", {words[name].format(value)}" for name, value in found.items())
