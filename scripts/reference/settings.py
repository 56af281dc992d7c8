"""The pages on the configuration: every setting, and every kind of notifier and customer source with its options."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.environment import PREFIX
from config.fields import Duration
from config.file import File
from config.notifiers import AnyNotifier
from connectors.crm.registry import SPECS as CRM_SPECS
from scripts.reference.markdown import code, escaped, page, sentence, table
from scripts.reference.values import TEXT_LIMIT, default, literals, models, refusal, takes

NAME = "NAME"
"""What stands for the name of an item of a list of tables in a variable of the environment."""

_TOP = f"""
The file is TOML, by default `listener.toml` in the working folder; another one by `--config PATH` or `LISTENER_CONFIG`.
`listener init` writes one with every setting commented, `listener check` says everything that is wrong with yours. A key
that is not listed here is an error.

**From the environment.** A setting can also be given by the variable that stands below it. It goes before the file. Lists
are values with commas between them, or JSON. In a list of tables `{NAME}` is the item's `name` in capitals, each other sign
an underscore: the `token` of the source `x-search` is `LISTENER_SOURCES__X_SEARCH__TOKEN`. That there is such an item, its
`name` and its `kind` stand in the file. In a table of names `{NAME}` is the name; one that the file does not have is read
in small letters. For what is marked *secret*, the same variable with `_FILE` added names a file that holds the value. Secrets
are masked in every message and log.

**Values.** A *span of time* is {refusal(get_args(Duration)[1].func)}. A *path* counts from the folder of the
configuration file; `~` is your home. *Text* has at most {TEXT_LIMIT} characters.
"""
LISTS = frozenset({"brands", "products", "competitors", "topics", "sources", "notifiers", "recipients"})
"""The lists of tables."""


def configuration() -> str:
    """The page of all settings of the file."""
    return page("Configuration", _TOP, *_tables(File, ()), _further())


def _tables(model: type[BaseModel], way: tuple[str, ...]) -> Iterator[str]:
    """A part for each table of the file, in the order of the models."""
    loose = {name: field for name, field in fields(model).items() if not models(field.annotation)}
    for name, field in fields(model).items():
        inner = models(field.annotation)
        if len(inner) > 1:
            yield f"## `[[{name}]]`\n\n{sentence(field.description or '')} What each kind takes: [notifiers](notifiers.md)."
        elif inner:
            yield _part(inner[0], (*way, name), field.description or "", _is_list(field))
            yield from _tables(inner[0], (*way, name))
        elif not way:
            yield f"## `[{name}]`\n\n{settings_table({name: loose[name]}, way)}"


def _is_list(field: FieldInfo) -> bool:
    return default(field) == "" and isinstance(field.get_default(call_default_factory=True), tuple)


def _part(model: type[BaseModel], way: tuple[str, ...], description: str, many: bool) -> str:
    head = f"[[{'.'.join(way)}]]" if many else f"[{'.'.join(way)}]"
    own = {name: field for name, field in fields(model).items() if not models(field.annotation)}
    more = ""
    if way == ("sources",):
        more = "\n\nEach kind has options of its own: [source kinds](source-kinds.md)."
    if way == ("customers",):
        more = "\n\nA file is read as it is; the other kinds have options of their own: [customer sources](customer-sources.md)."
    return f"{'#' * (len(way) + 1)} `{head}`\n\n{sentence(description)}\n\n{settings_table(own, way)}{more}"


def fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The settings of a table by the names that the file uses."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def settings_table(own: dict[str, FieldInfo], way: tuple[str, ...]) -> str:
    """Settings of a table with what they take, their default and what they do."""
    rows = [[code(name), escaped(takes(field)), default(field), _does(field, (*way, name))] for name, field in own.items()]
    return table(["setting", "takes", "default", "does"], rows)


def _does(field: FieldInfo, way: tuple[str, ...]) -> str:
    told = sentence(field.description or "", literals(field.annotation))
    return f"{told}<br>{code(variable(way))}" if variable(way) else told


def variable(way: tuple[str, ...]) -> str:
    """The variable of the environment for a setting; none for what says which item of a list is meant."""
    *tables, key = way
    if not tables:
        return f"{PREFIX}{key}__{NAME}".upper()  # a table of names
    if tables[-1] in LISTS and key in {"name", "kind"}:
        return ""
    steps = [step for part in tables for step in ((part, NAME) if part in LISTS else (part,))]
    return PREFIX + "__".join([*steps, key]).upper()


def _further() -> str:
    """Variables that are no settings of the file."""
    return "## Other variables\n\n" + table(
        ["variable", "does"], [[code("LISTENER_CONFIG"), "The path of the configuration file, where `--config` is not given."]]
    )


def notifiers() -> str:
    """The page of all kinds of notifiers."""
    about = """
One `[[notifiers]]` table a notifier. How to set each of them up, step by step, and what is sent:
[notifiers](../notifiers.md). Values and variables are written as in the [configuration](configuration.md).
"""
    parts = []
    for model in notifier_models():
        own = fields(model)
        kind = get_args(own.pop("kind").annotation)[0]
        parts.append(f"## `{kind}`\n\n{sentence(summary(model))}\n\n{settings_table(own, ('notifiers',))}")
    return page("Notifiers", about, *parts)


def notifier_models() -> tuple[Any, ...]:
    return get_args(get_args(AnyNotifier)[0])


def summary(model: Any) -> str:
    """The first line of the own description of a class or a module."""
    return (vars(model).get("__doc__") or "").strip().split("\n")[0]


def customer_sources() -> str:
    """The page of the kinds of customer sources."""
    about = """
Where customers come from, beside a CSV file: `kind` in `[customers]`, with the options below in the same table. How to
set them up, which rights they need and how columns are named: [customers](../customers.md). Values and variables are
written as in the [configuration](configuration.md).
"""
    parts = []
    for kind, spec in CRM_SPECS.items():
        own = settings_table(fields(spec.options), ("customers",))
        parts.append(f"## `{kind}`\n\n{sentence(summary(sys.modules[spec.options.__module__]))}\n\n{own}")
    return page("Customer sources", about, *parts)
