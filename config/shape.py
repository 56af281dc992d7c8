"""Ways through the models of the settings: which table, which type and which description a place in the file has."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from config.places import Loc


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the file and what the models say about it: the table's model, and the value's type and description."""

    loc: Loc
    owner: type[BaseModel] | None
    annotation: Any
    description: str | None


def keys_of(model: type[BaseModel] | None) -> list[str]:
    """The keys of a table as the file writes them."""
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def follow(model: type[BaseModel], loc: Loc) -> Spot:
    """Where pydantic's way leads. After a list's index it names the kind of a union's table, which is no step in the file."""
    way: Loc = ()
    owner: type[BaseModel] | None = None
    description: str | None = None
    here: Any = model
    for part in loc:
        if isinstance(part, int):
            here = _item(here)
        else:
            models = _models(here)
            if len(models) > 1:
                here = next((choice for choice in models if part in tags(choice)), None)
                continue
            owner = models[0] if models else None
            field = _field(owner, part)
            here, description = (field.annotation, field.description) if field else (_named(here), None)
        way = (*way, part)
    return Spot(way, owner, here, description)


def _field(model: type[BaseModel] | None, key: str) -> FieldInfo | None:
    fields = model.model_fields.items() if model else ()
    return next((field for name, field in fields if key == (field.alias or name)), None)


def tags(annotation: Any) -> list[str]:
    """The values of ``kind`` that choose between the tables of a union."""
    fields = [_field(choice, "kind") for choice in _models(annotation)]
    return [str(tag) for field in fields if field for tag in get_args(field.annotation)]


def _parts(annotation: Any) -> list[Any]:
    """The alternatives of a type, without what only annotates it."""
    if get_origin(annotation) is Annotated:
        return _parts(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        return [part for choice in get_args(annotation) for part in _parts(choice)]
    return [annotation]


def _models(annotation: Any) -> list[type[BaseModel]]:
    return [part for part in _parts(annotation) if isinstance(part, type) and issubclass(part, BaseModel)]


def _item(annotation: Any) -> Any:
    return next((get_args(part)[0] for part in _parts(annotation) if get_origin(part) in {tuple, list}), None)


def _named(annotation: Any) -> Any:
    """The type of the values of a table whose keys are names of the user's."""
    return next((get_args(part)[1] for part in _parts(annotation) if get_origin(part) is dict), None)


def lists_tables(annotation: Any) -> bool:
    """Whether the value is a list of tables."""
    return bool(_models(_item(annotation)))


def takes_many(annotation: Any) -> bool:
    """Whether the value is a list or a table rather than one thing."""
    return bool(_models(annotation)) or any(get_origin(part) in {tuple, list, dict} for part in _parts(annotation))


def is_union(annotation: Any) -> bool:
    """Whether the table is one of several, chosen by its ``kind``."""
    return len(_models(annotation)) > 1


def is_secret(annotation: Any) -> bool:
    return any(isinstance(part, type) and issubclass(part, SecretStr) for part in _parts(annotation))
