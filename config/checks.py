"""Checks across tables. They read the raw tables, so that they report beside the checks of single values and not after them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from config.brands import slug
from config.environment import PREFIX, env_name
from config.file import CustomersSettings, SourceSettings
from config.places import Loc, Places
from config.problems import problems_of, unknown_key
from config.shape import keys_of
from listener.core.errors import Problem
from listener.core.mention import normal_text
from listener.query import PRESETS, QueryError, parse


def across(tables: Mapping[str, Any], places: Places) -> list[Problem]:
    """Everything that is wrong between tables: names used twice, no brand at all, a mail account without its password."""
    return [
        *_brands(tables, places),
        *_twice(tables, "sources", places),
        *_twice(tables, "notifiers", places),
        *_passwords(tables, places),
        *_queries(tables, places),
        *_sets_named(tables, places),
    ]


def _items(tables: Mapping[str, Any], key: str) -> Iterator[tuple[Loc, Mapping[str, Any]]]:
    found = tables.get(key)
    for number, item in enumerate(found if isinstance(found, list) else ()):
        if isinstance(item, dict):
            yield (key, number), item


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def _brands(tables: Mapping[str, Any], places: Places) -> Iterator[Problem]:
    if not tables.get("brands", ()):
        yield Problem(places.name(("brands",)), "no brand", 'at least one [[brands]] table with name = "…"')
    seen: dict[str, str] = {}
    for loc, brand in _items(tables, "brands"):
        key = slug(_text(brand, "key") or _text(brand, "name"))
        targets = [(loc, key)]
        for kind, infix in (("products", ""), ("competitors", "vs/")):
            targets += [((*loc, *inner), f"{key}/{infix}{slug(_text(item, 'name'))}") for inner, item in _items(brand, kind)]
        for where, target in targets:
            if not target or target.endswith("/"):
                continue  # a missing or empty name is reported as that, by its own check
            if target in seen:
                yield Problem(
                    places.name((*where, "name")), f"a second one of that name (the first: {seen[target]})", "a name of its own"
                )
            seen.setdefault(target, places.name((*where, "name")))


def _twice(tables: Mapping[str, Any], key: str, places: Places) -> Iterator[Problem]:
    """Names must differ as parts of variable names too: there, case and punctuation do not count."""
    seen: dict[str, str] = {}
    for loc, item in _items(tables, key):
        name = env_name(_text(item, "name")) or _text(item, "name").strip()
        where = places.name((*loc, "name"))
        if name and name in seen:
            yield Problem(where, f"a second one of that name (the first: {seen[name]})", "a name of its own")
        seen.setdefault(name, where)


def _passwords(tables: Mapping[str, Any], places: Places) -> Iterator[Problem]:
    for loc, item in _items(tables, "notifiers"):
        if item.get("user") and not item.get("password") and item.get("enabled", True) is not False:
            variable = f"{PREFIX}NOTIFIERS__{env_name(_text(item, 'name')).upper()}__PASSWORD"
            yield Problem(
                places.name((*loc, "password")), "missing, though there is a user", f"set {variable} or {variable}_FILE"
            )


def _queries(tables: Mapping[str, Any], places: Places) -> Iterator[Problem]:
    """What cannot be understood of exclusion sets and of what brands and sources ask for, each at its character."""
    found = tables.get("exclusion_sets")
    sets = {name: query for name, query in (found if isinstance(found, dict) else {}).items() if isinstance(query, str)}
    written: list[tuple[Loc, str]] = [(("exclusion_sets", name), query) for name, query in sets.items()]
    for name in sets:
        if not _SET_NAME.fullmatch(normal_text(name)):
            yield Problem(
                places.name(("exclusion_sets", name)), f'"{name[:60]}"', "a name of letters, digits, hyphens and underscores"
            )
    written += [((*loc, "query"), _text(brand, "query")) for loc, brand in _items(tables, "brands")]
    written += [((*loc, "only"), _text(source, "only")) for loc, source in _items(tables, "sources")]
    broken: set[str] = set()
    for loc, query in written:
        if not query.strip():
            continue  # reported as empty, or not there at all
        try:
            parse(query.strip(), sets)
        except QueryError as problem:
            if problem.query not in broken:  # who uses a broken set is not to blame for it
                yield Problem(places.name(loc), problem.brief, "docs/queries.md has the whole language")
            broken.add(problem.query)


_SET_NAME = re.compile(r"[\w-]{1,60}")


def _sets_named(tables: Mapping[str, Any], places: Places) -> Iterator[Problem]:
    """Exclusion sets that brands name and nobody has defined."""
    own = tables.get("exclusion_sets")
    known = {*PRESETS, *map(normal_text, own if isinstance(own, dict) else ())}
    for loc, brand in _items(tables, "brands"):
        names = brand.get("exclusion_sets")
        for name in names if isinstance(names, list) else ():
            if isinstance(name, str) and name.strip() and normal_text(name).lstrip("@") not in known:
                yield Problem(
                    places.name((*loc, "exclusion_sets")),
                    f'there is no exclusion set "{name[:60]}"',
                    f"one of: {', '.join(sorted(known))}; or define it in [exclusion_sets]",
                )


def of_sources(tables: Mapping[str, Any], places: Places, options: Mapping[str, type[BaseModel]]) -> Iterator[Problem]:
    """What the connectors find wrong with their sources' own keys, and kinds that no connector has."""
    ours = set(SourceSettings.model_fields)
    for loc, source in _items(tables, "sources"):
        kind = _text(source, "kind")
        if kind and kind not in options:
            yield Problem(places.name((*loc, "kind")), f'there is no connector "{kind}"', f"one of: {', '.join(sorted(options))}")
        elif kind:
            try:
                options[kind].model_validate({key: value for key, value in source.items() if key not in ours})
            except ValidationError as error:
                yield from problems_of(error, options[kind], places, loc, also=ours)


def of_customers(tables: Mapping[str, Any], places: Places, options: Mapping[str, type[BaseModel]]) -> Iterator[Problem]:
    """What is wrong with where the customers come from: a kind that there is not, keys of another kind, and what the kind itself
    finds wrong with its own. ``options`` are those of every kind but csv, which has none."""
    table = tables.get("customers")
    if not isinstance(table, dict):
        return
    ours = set(CustomersSettings.model_fields)
    own = {key: value for key, value in table.items() if key not in ours}
    kind = _text(table, "kind").strip() or CSV
    if kind == CSV:
        if table.get("kind") and not table.get("file"):
            yield Problem(places.name(("customers", "file")), "missing", "the export (CSV), relative to this file")
        for key in own:
            having = [name for name, model in options.items() if key in keys_of(model)]
            got, allowed = unknown_key(key, ours)
            if having:
                got, allowed = "it is for another kind of customer source", f'set kind = "{having[0]}", or leave it out'
            yield Problem(places.name(("customers", key)), got, allowed)
    elif kind not in options:
        yield Problem(
            places.name(("customers", "kind")), f'there is no such kind "{kind[:60]}"', f"one of: {', '.join([CSV, *options])}"
        )
    else:
        for key in ("file", "delimiter"):
            if key in table:
                yield Problem(places.name(("customers", key)), 'it is for kind = "csv"', f'leave it out: the kind is "{kind}"')
        try:
            options[kind].model_validate(own)
        except ValidationError as error:
            yield from problems_of(error, options[kind], places, ("customers",), also=ours)


CSV = "csv"


def of_engine(tables: Mapping[str, Any], places: Places, engines: Collection[str]) -> Iterator[Problem]:
    nlp = tables.get("nlp")
    engine = _text(nlp, "engine") if isinstance(nlp, dict) else ""
    if engine and engine not in engines:
        yield Problem(places.name(("nlp", "engine")), f'there is no engine "{engine}"', f"one of: {', '.join(sorted(engines))}")
