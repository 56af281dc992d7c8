"""Checks across tables. They read the raw tables, so that they report beside the checks of single values and not after them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from config.brands import slug
from config.environment import PREFIX, env_name
from config.fields import is_mail
from config.file import CustomersSettings, SourceSettings
from config.places import Loc, Places
from config.problems import HIDDEN, problems_of, unknown_key
from config.shape import keys_of
from listener.core.errors import Problem
from listener.core.mention import normal_text
from listener.core.plain import one_line
from listener.query import PRESETS, QueryError, parse


def across(tables: Mapping[str, Any], places: Places) -> list[Problem]:
    """Everything that is wrong between tables: names used twice, no brand at all, a mail account without its password."""
    return [
        *_brands(tables, places),
        *_twice(tables, "sources", places),
        *_twice(tables, "notifiers", places),
        *_twice(tables, "recipients", places),
        *_recipients(tables, places),
        *_teams(tables, places),
        *_reserved(tables, places),
        *_passwords(tables, places),
        *_posting(tables, places),
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


def _recipients(tables: Mapping[str, Any], places: Places) -> Iterator[Problem]:
    """Recipients of notifiers, brands and teams that there are not; e-mail without an address."""
    kinds = {_text(item, "name"): _text(item, "kind") for _, item in _items(tables, "notifiers")}
    brands = {_text(item, "name").casefold() for _, item in _items(tables, "brands")}
    teams = tables.get("teams")
    known = set(teams) if isinstance(teams, dict) else set()
    told = {_text(item, "notifier") for _, item in _items(tables, "recipients")}
    for loc, item in _items(tables, "recipients"):
        notifier = _text(item, "notifier")
        if notifier and notifier not in kinds:
            allowed = f"one of: {', '.join(sorted(kinds)) or 'none yet: add a [[notifiers]] table'}"
            yield Problem(places.name((*loc, "notifier")), f"there is no notifier named {notifier[:60]!r}", allowed)
        if kinds.get(notifier) == "email" and not item.get("to"):
            yield Problem(places.name((*loc, "to")), "missing, though it is told by e-mail", "at least one address")
        if kinds.get(notifier) == "email":
            yield from _no_mail(item, (*loc, "to"), places)
        for key, there, more in (("brands", brands, "a configured brand"), ("teams", known, "a team of the table [teams]")):
            names = item.get(key)
            for name in names if isinstance(names, list) else ():
                if isinstance(name, str) and (name.casefold() if key == "brands" else name) not in there:
                    yield Problem(places.name((*loc, key)), f"{name[:60]!r} is none", more)
    for loc, item in _items(tables, "notifiers"):
        if _text(item, "kind") == "email" and not item.get("to") and _text(item, "name") not in told:
            yield Problem(places.name((*loc, "to")), "missing", "at least one address, or a [[recipients]] table that names it")


def _no_mail(item: Mapping[str, Any], loc: Loc, places: Places) -> Iterator[Problem]:
    """Addresses that no mail server would take."""
    given = item.get("to")
    for address in given if isinstance(given, list) else ():
        if isinstance(address, str) and not is_mail(address.strip()):
            yield Problem(places.name(loc), f'"{one_line(address, 60)}"', "e-mail addresses such as team@quillon.example")


def _teams(tables: Mapping[str, Any], places: Places) -> Iterator[Problem]:
    """A team without members would restrict a recipient to nobody, which the core takes for everybody."""
    teams = tables.get("teams")
    for name, members in (teams if isinstance(teams, dict) else {}).items():
        if isinstance(members, list) and not members:
            yield Problem(places.name(("teams", name)), "nobody", "at least one member, as the CRM names the owner")


def _reserved(tables: Mapping[str, Any], places: Places) -> Iterator[Problem]:
    """A notifier of the name under which the digest's own folder is written."""
    for loc, item in _items(tables, "notifiers"):
        if env_name(_text(item, "name")) == FOLDER:
            yield Problem(places.name((*loc, "name")), f'"{FOLDER}" is the digest\'s own folder', "another name")


FOLDER = "folder"
"""As ``listener.notifiers`` calls it."""


def _passwords(tables: Mapping[str, Any], places: Places) -> Iterator[Problem]:
    for loc, item in _items(tables, "notifiers"):
        if item.get("user") and not item.get("password") and item.get("enabled", True) is not False:
            variable = f"{PREFIX}NOTIFIERS__{env_name(_text(item, 'name')).upper()}__PASSWORD"
            yield Problem(
                places.name((*loc, "password")), "missing, though there is a user", f"set {variable} or {variable}_FILE"
            )


def _posting(tables: Mapping[str, Any], places: Places) -> Iterator[Problem]:
    """Chats and webhooks whose secret address would be sent unencrypted, and Slack by two ways at once."""
    for loc, item in _items(tables, "notifiers"):
        kind, url = _text(item, "kind"), _text(item, "url").strip().lower()
        if kind in POSTING and url.startswith("http://") and str(item.get("private")).lower() not in _YES:
            allowed = "an address that begins with https://; with http:// only inside your own network (private = true)"
            yield Problem(places.name((*loc, "url")), HIDDEN, allowed)
        if kind == "slack" and url and item.get("token"):
            yield Problem(places.name((*loc, "token")), "there is a url as well", "a url, or a token with its channel")


POSTING = frozenset({"slack", "teams", "discord", "webhook"})
"""Kinds of notifiers that post to an address which is a secret."""
_YES = frozenset({"true", "1", "yes", "on", "y", "t"})
"""What the environment may write for it."""


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
