"""Customers by blocking key: what matching reads, hundreds of times a second, without a resident index.

The statements are texts, and the values of an IN list are one parameter: to build and to compile statements anew for each author
takes longer than the database does.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import Connection, TextClause, text

from listener.core.brand import Provenance
from listener.core.people import Customer, KnownHandle
from storage.blocking import COUNTED, EVERYBODY
from storage.database import Database, batches
from storage.keys import Pepper

CONTACTS = 200
"""Of a company with more contacts no more are read to learn how it is spelled."""
AT_ONCE = 10_000
"""Keys or customers a statement."""

_COLUMNS = ", ".join(f"customers.{each.name}" for each in fields(Customer) if each.name not in {"extra", "same_as"})
# CROSS JOIN keeps SQLite from reading a whole table first; how many share a key is known before one of them is read.
_COUNTS = "SELECT counts.key, counts.bearers FROM {asked} CROSS JOIN key_counts AS counts WHERE counts.key = asked.value"
_SHARING = (
    "SELECT keys.customer_id, keys.key FROM {asked} CROSS JOIN key_counts AS counts CROSS JOIN customer_keys AS keys"
    " WHERE counts.key = asked.value AND counts.bearers <= :cap AND keys.key = counts.key"
)
_CUSTOMERS = "SELECT customers.id, {columns} FROM {asked} CROSS JOIN customers WHERE customers.id = asked.value"
_SAME = (
    "SELECT pairs.customer_id, pairs.other_customer_id FROM {asked} CROSS JOIN customer_pairs AS pairs"
    " WHERE pairs.customer_id = asked.value AND pairs.state = 'same' UNION "
    "SELECT pairs.customer_id, pairs.other_customer_id FROM {asked} CROSS JOIN customer_pairs AS pairs"
    " WHERE pairs.other_customer_id = asked.value AND pairs.state = 'same'"
)
_SPELLED = (
    "SELECT contacts.key, customers.company, count(*) FROM ({contacts}) AS contacts CROSS JOIN customers"
    " WHERE customers.id = contacts.customer_id AND customers.company <> '' GROUP BY contacts.key, customers.company"
)
_FIRST_CONTACTS = (
    "SELECT * FROM (SELECT key, customer_id FROM customer_keys WHERE key = :key{0} ORDER BY customer_id LIMIT {1}) AS first{0}"
)


class Candidates:
    """The reading half of ``CustomerIndex``."""

    def __init__(self, database: Database, pepper: Pepper) -> None:
        self._database = database
        self._pepper = pepper
        asked = "json_each(:asked) AS asked" if database.is_sqlite else "unnest(CAST(:asked AS bigint[])) AS asked(value)"
        self._counts = text(_COUNTS.format(asked=asked))
        self._sharing = text(_SHARING.format(asked=asked))
        self._customers = text(_CUSTOMERS.format(asked=asked, columns=_COLUMNS))
        self._same = text(_SAME.format(asked=asked))
        self._spelled = text(_SPELLED.format(contacts=_SHARING.format(asked=asked)))

    def sharing(self, keys: Collection[str], cap: int) -> Mapping[str, Sequence[Customer]]:
        """As ``CustomerIndex.candidates``."""
        hashed = self._hashed(key for key in keys if not key.startswith(COUNTED))
        if not hashed:
            return {}
        with self._database.read() as connection:
            pairs = self._ask(connection, self._sharing, hashed, cap=cap)
            wanted = {customer for customer, _ in pairs}
            rows = self._ask(connection, self._customers, wanted)
            groups = self._same_groups(connection, wanted)
        found = {customer: _customer(*values) for customer, *values in rows}
        for group in groups:
            here = [customer for customer in group if customer in found]
            first = min((found[customer].contact_id for customer in here), default=None)
            found |= {customer: replace(found[customer], same_as=first) for customer in here}
        owners: dict[int, list[int]] = defaultdict(list)
        for customer, key in pairs:
            if customer in found:
                owners[key].append(customer)
        return {hashed[key]: [found[customer] for customer in sorted(its)] for key, its in owners.items()}

    def bearers(self, keys: Collection[str]) -> Mapping[str, int]:
        """As ``CustomerIndex.bearers``."""
        hashed = self._hashed(keys)
        counts = dict.fromkeys(keys, 0)
        with self._database.read() as connection:
            counts |= {hashed[key]: bearers for key, bearers in self._ask(connection, self._counts, hashed)}
        return counts

    def total(self) -> int:
        """As ``CustomerIndex.total``: as counted, without reading anybody."""
        return self.bearers([EVERYBODY])[EVERYBODY]

    def accounts(self, keys: Collection[str]) -> Mapping[str, str]:
        """As ``CustomerIndex.accounts``; of a large company, the contacts imported first tell how it is spelled."""
        hashed = self._hashed(key for key in keys if not key.startswith(COUNTED))
        if not hashed:
            return {}
        with self._database.read() as connection:
            rows = self._ask(connection, self._spelled, hashed, cap=CONTACTS)
            counts = self._ask(connection, self._counts, hashed)
            rows += _first_spelled(connection, [key for key, bearers in counts if bearers > CONTACTS])
        best: dict[str, tuple[int, str]] = {}
        for number, company, contacts in rows:
            key = hashed[number]
            best[key] = min(best.get(key, (0, "")), (-contacts, company))
        return {key: company for key, (_, company) in best.items()}

    def _same_groups(self, connection: Connection, wanted: Collection[int]) -> list[set[int]]:
        """The customers that people said are one person, among these and all that hang together with them."""
        groups: dict[int, set[int]] = {}
        new, known = set(wanted), set(wanted)
        while new:
            pairs = self._ask(connection, self._same, new)
            for one, other in pairs:
                group = groups.get(one, {one}) | groups.get(other, {other})
                groups |= dict.fromkeys(group, group)
            new = {each for pair in pairs for each in pair} - known
            known |= new
        return list({id(group): group for group in groups.values()}.values())

    def _hashed(self, keys: Iterable[str]) -> dict[int, str]:
        return {self._pepper.number(key): key for key in keys}

    def _ask(self, connection: Connection, statement: TextClause, values: Iterable[int], **more: int) -> list[Any]:
        rows: list[Any] = []
        for chunk in batches(values, AT_ONCE):
            asked = json.dumps(chunk) if self._database.is_sqlite else chunk
            rows += connection.execute(statement, {"asked": asked, **more}).all()
        return rows


def _first_spelled(connection: Connection, keys: Sequence[int]) -> list[Any]:
    rows: list[Any] = []
    for chunk in batches(keys, 100):
        contacts = " UNION ALL ".join(_FIRST_CONTACTS.format(place, CONTACTS) for place in range(len(chunk)))
        given = {f"key{place}": key for place, key in enumerate(chunk)}
        rows += connection.execute(text(_SPELLED.format(contacts=contacts)), given).all()
    return rows


def _customer(
    contact_id: str, first_name: str, last_name: str, email: str | None, company: str, website: str | None, domains: Any,
    title: str | None, city: str | None, region: str | None, language: str | None, segment: str | None, products: Any,
    since: str | None, until: str | None, owner: str | None, handles: Any, do_not_contact: Any,
) -> Customer:  # fmt: skip
    """From the columns of ``_COLUMNS``: by place, since hundreds are made for one author."""
    return Customer(
        contact_id, first_name, last_name, email, company, website, tuple(_list(domains)), title, city, region, language, segment,
        tuple(_list(products)), since, until, owner,
        tuple(KnownHandle(platform, handle, _PROVENANCES[given]) for platform, handle, given in _list(handles)),
        bool(do_not_contact),
    )  # fmt: skip


_DECODE = json.JSONDecoder().raw_decode
_PROVENANCES = {each.value: each for each in Provenance}


def _list(value: Any) -> Any:
    """A JSON column as its driver gives it: PostgreSQL's has read it."""
    if value == "[]":
        return ()
    return _DECODE(value)[0] if isinstance(value, str) else value
