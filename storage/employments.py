"""Where contacts worked before: a change of company in the CRM ends an employment and keeps it.

So the history of a person stays with the company of the time: what they said in spring is shown with the company of that spring.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from listener.core.crm import Employment, is_another_person, is_same_company
from storage import keys
from storage.database import Database, batches
from storage.identity_tables import employments
from storage.tables import customers

_KEPT = ("company", "title", "website")


class Employments:
    """Where contacts worked before, and where at a given moment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, contact_ids: Collection[str]) -> Mapping[str, Sequence[Employment]]:
        """The former companies of contacts, the latest first; contacts without any are left out."""
        with self._database.read() as connection:
            ids = _customer_ids(connection, contact_ids)
            found = former_companies(connection, list(ids.values()))
        return {contact: found[customer] for contact, customer in ids.items() if customer in found}

    def companies_at(self, wanted: Collection[tuple[str, datetime]]) -> Mapping[tuple[str, datetime], str]:
        """Each contact's company at a moment, where it was another than today's; contacts who stayed are left out."""
        with self._database.read() as connection:
            ids = _customer_ids(connection, {contact for contact, _ in wanted})
            found = companies_at(connection, [(ids[contact], at) for contact, at in wanted if contact in ids])
        return {(contact, at): found[ids[contact], at] for contact, at in wanted if (ids.get(contact, 0), at) in found}


def former_companies(connection: Connection, customer_ids: Collection[int]) -> dict[int, list[Employment]]:
    """Former companies by customer id, the latest first; customers without any are left out."""
    found: dict[int, list[Employment]] = defaultdict(list)
    for chunk in batches(customer_ids):
        query = select(employments).where(employments.c.customer_id.in_(chunk))
        for row in connection.execute(query.order_by(employments.c.until.desc(), employments.c.id.desc())):
            found[row.customer_id].append(Employment(row.company, row.until, row.title, row.website))
    return dict(found)


def companies_at(connection: Connection, wanted: Collection[tuple[int, datetime]]) -> dict[tuple[int, datetime], str]:
    """The company of a customer at a moment, where that was a former one: the first that ended after it."""
    former = former_companies(connection, {customer for customer, _ in wanted})
    found = {}
    for customer, at in wanted:
        later = [one.company for one in former.get(customer, ()) if one.until > at]
        if later:
            found[customer, at] = later[-1]
    return found


def keep_employments(
    database: Database, connection: Connection, changed: Mapping[int, Mapping[str, Any]], now: datetime
) -> list[int]:
    """Note where customers worked until now: ``changed`` maps customer ids to their new columns; called before these are written.

    Another spelling of the company, or its new name on the same site, ends nothing. Where an id belongs to somebody else now,
    the former person's companies are forgotten rather than told of the new one; the ids of these customers.
    """
    ended, others = [], []
    for chunk in batches(changed):
        columns = (customers.c[name] for name in ("id", "first_name", "last_name", "email", *_KEPT))
        for row in connection.execute(select(*columns).where(customers.c.id.in_(chunk))):
            new = changed[row.id]
            name = f"{row.first_name} {row.last_name}"
            if is_another_person(name, row.email, f"{new['first_name']} {new['last_name']}", new["email"]):
                others.append(row.id)
            elif row.company and not is_same_company(row.company, row.website, new["company"], new["website"]):
                ended.append({"customer_id": row.id, **{name: getattr(row, name) for name in _KEPT}, "until": now})
    for chunk in batches(others):
        connection.execute(delete(employments).where(employments.c.customer_id.in_(chunk)))
    database.add(connection, employments, ended)
    return others


def _customer_ids(connection: Connection, contact_ids: Iterable[str]) -> dict[str, int]:
    by_key = {keys.contact_key(contact): contact for contact in contact_ids}
    found: dict[str, int] = {}
    for chunk in batches(by_key):
        query = select(customers.c.contact_key, customers.c.id).where(customers.c.contact_key.in_(chunk))
        found.update((by_key[row.contact_key], row.id) for row in connection.execute(query))
    return found
