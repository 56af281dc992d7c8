"""Authors as rows: found by their natural key, created with a person of their own, brought up to date when they speak again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, select, update

from listener.core.mention import Author, is_named
from storage.database import Database, Row, batches
from storage.heard import Heard
from storage.tables import authors, people
from storage.types import storable, whole

IDENTITY = ("service_id", "handle", "display_name", "profile_url", "email", "bio", "location", "links")
"""What may say who an author is: a change of it makes the match due."""
VOLATILE = ("followers", "following", "created_year", "verified")

NOTHING_TO_SAY = ""
"""``matched_by`` of an author who says nothing about us: never due, and not in the index range of those who are."""


def to_author(row: Any) -> Author:
    """The author of a row that has the columns of ``authors``."""
    values = {name: getattr(row, name) for name in (*IDENTITY, *VOLATILE)}
    return Author(**{**values, "links": tuple(row.links)})


def due_again() -> Any:
    """For ``matched_by``: due, unless there is nothing to match the author for."""
    return case((authors.c.matched_by == NOTHING_TO_SAY, NOTHING_TO_SAY), else_=None)


def save_authors(
    database: Database, connection: Connection, heard: Sequence[Heard], policy: str, now: datetime
) -> Mapping[str, int]:
    """Create or update the authors of newly heard mentions; ids by natural key.

    What a source leaves out does not erase what is known; of several mentions the one said last counts.
    """
    latest: dict[str, dict[str, Any]] = {}
    for item in sorted(heard, key=lambda item: item.said_at):
        latest.setdefault(item.author_key, {}).update(_values(item))
    known = {}
    for chunk in batches(latest):
        for row in connection.execute(select(authors).where(authors.c.key.in_(chunk))):
            known[row.key] = row
    ids = {key: row.id for key, row in known.items()}
    ids |= _create(database, connection, {key: values for key, values in latest.items() if key not in known}, policy, now)
    _refresh(connection, [(row, latest[key]) for key, row in known.items()], policy, now)
    return ids


def _values(item: Heard) -> dict[str, Any]:
    mention, author = item.mention, item.mention.author
    texts: dict[str, Any] = {name: storable(value) for name in IDENTITY[:-1] if (value := getattr(author, name))}
    counts = {name: whole(value) for name in VOLATILE if (value := getattr(author, name)) is not None}
    if author.links:
        texts["links"] = [storable(link) for link in author.links]
    if item.handle_key:
        texts["handle_key"] = item.handle_key
    return {
        **texts,
        **counts,
        "platform": mention.platform,
        "origin": storable(mention.origin),
        "named": is_named(author),
        "last_said_at": item.said_at,
    }


_BLANK: Row = {"handle_key": None, "links": [], **dict.fromkeys((*IDENTITY[:-1], *VOLATILE))}


def _create(
    database: Database, connection: Connection, new: Mapping[str, dict[str, Any]], policy: str, now: datetime
) -> dict[str, int]:
    persons = database.reserve(connection, people, len(new))
    ids = dict(zip(new, database.reserve(connection, authors, len(new)), strict=True))
    database.add(connection, people, ({"id": person} for person in persons))
    rows = [
        {
            **_BLANK,
            **values,
            "id": ids[key],
            "key": key,
            "own_person_id": person,
            "person_id": person,
            "policy": policy,
            "first_heard_at": now,
            "last_heard_at": now,
            "matched_by": NOTHING_TO_SAY,
        }
        for (key, values), person in zip(new.items(), persons, strict=True)
    ]
    database.add(connection, authors, rows)
    return ids


_KEPT = (*IDENTITY, *VOLATILE, "handle_key", "origin", "last_said_at", "policy")


def _refresh(connection: Connection, found: Sequence[tuple[Any, dict[str, Any]]], policy: str, now: datetime) -> None:
    """Write what changed: one statement for those whose identity changed, one for the others."""
    changed: list[dict[str, Any]] = []
    same: list[dict[str, Any]] = []
    for row, values in found:
        newest = values["last_said_at"] >= row.last_said_at
        new = {name: values.get(name, getattr(row, name)) for name in _KEPT}
        new |= {"last_said_at": max(values["last_said_at"], row.last_said_at), "policy": policy if newest else row.policy}
        differs = new["policy"] != row.policy or any(new[name] != getattr(row, name) for name in IDENTITY)
        (changed if differs else same).append({**new, "row_id": row.id})
    statement = update(authors).where(authors.c.id == bindparam("row_id"))
    statement = statement.values({**{name: bindparam(name) for name in _KEPT}, "last_heard_at": now, "pseudonym_at": None})
    for batch in batches(changed):
        connection.execute(statement.values(matched_by=due_again()), batch)
    for batch in batches(same):
        connection.execute(statement, batch)
