"""Entries of the CRM that people said are one contact, however many steps away."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, or_, select

from listener.core.crm import PairState
from storage.database import batches
from storage.identity_tables import customer_pairs
from storage.tables import customers

Place = tuple[int, int]


def partners(connection: Connection, customer_ids: Collection[int]) -> dict[int, set[int]]:
    """Who is the same as whom, for these customers and all that hang together with them."""
    found: dict[int, set[int]] = {}
    wanted = new = set(customer_ids)
    one, other = customer_pairs.c.customer_id, customer_pairs.c.other_customer_id
    while new:
        pairs: list[Any] = []
        for chunk in batches(sorted(new)):
            same = select(one, other).where(customer_pairs.c.state == PairState.SAME.value)
            pairs += connection.execute(same.where(or_(one.in_(chunk), other.in_(chunk)))).all()
        for mine, theirs in pairs:
            found.setdefault(mine, set()).add(theirs)
            found.setdefault(theirs, set()).add(mine)
        new = {each for pair in pairs for each in pair} - wanted
        wanted = wanted | new
    return found


def reached(start: int, same: Mapping[int, set[int]], without: Place | None = None) -> set[int]:
    """Who is one contact with this one; ``without`` leaves a pair out, so that only a way around it counts."""
    group, new = {start}, [start]
    while new:
        here = new.pop()
        more = {there for there in same.get(here, ()) if without is None or {here, there} != {*without}} - group
        group |= more
        new.extend(more)
    return group


def entered_twice(connection: Connection, contact_keys: Iterable[str]) -> dict[str, dict[str, str]]:
    """The other entries of each contact, their CRM's ids by their keys: who is not one of them is not the others either."""
    ids: dict[str, int] = {}
    for chunk in batches(sorted(set(contact_keys))):
        query = select(customers.c.contact_key, customers.c.id).where(customers.c.contact_key.in_(chunk))
        ids.update((row.contact_key, row.id) for row in connection.execute(query))
    same = partners(connection, set(ids.values()))
    entries: dict[int, Any] = {}
    for ids_of in batches(sorted(same)):
        columns = (customers.c.id, customers.c.contact_key, customers.c.contact_id)
        entries.update((row.id, row) for row in connection.execute(select(*columns).where(customers.c.id.in_(ids_of))))
    return {
        key: {entries[one].contact_key: entries[one].contact_id for one in reached(customer, same) - {customer}}
        for key, customer in ids.items()
        if customer in same
    }
