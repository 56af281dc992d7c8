"""Pairs of customers that may be one person: proposed, decided by people, and never merged by themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, or_, select, tuple_, update

from listener.core.brand import Evidence
from listener.core.crm import CustomerPair, PairState
from listener.core.errors import StorageError
from listener.core.people import Customer, Reason
from storage import keys
from storage.authors import NOTHING_TO_SAY
from storage.database import Database, batches
from storage.entries import Place, partners, reached
from storage.identity_tables import customer_pairs, identity_decisions
from storage.imports import LAST_IMPORT
from storage.rows import to_customer
from storage.settling import settle
from storage.tables import authors, customers, matches, meta

SOUGHT = "duplicates_sought"
"""The name under which ``meta`` keeps after which import duplicates were looked for, and when that import was."""
PAGE = 500


class CustomerPairs:
    """What may be entered twice in the CRM, and what people said about it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ------------------------------------------------------------------------------------------------- finding

    def search(self) -> Search:
        """A search among new and changed customers whose duplicates have not been looked for since."""
        with self._database.read() as connection:
            return Search(self._database, _sought(connection))

    def are_sought(self) -> bool:
        """Whether duplicates were looked for since the last import."""
        with self._database.read() as connection:
            rows = connection.execute(select(meta.c.name, meta.c.value).where(meta.c.name.in_([SOUGHT, LAST_IMPORT])))
            kept = {row.name: row.value for row in rows}
        return LAST_IMPORT not in kept or kept.get(SOUGHT, "").rpartition(" ")[0] == kept[LAST_IMPORT]

    def all_sought(self, now: datetime) -> None:
        """Remember that duplicates of everybody who changed until ``now`` were looked for."""
        with self._database.write() as connection:
            last = connection.scalar(select(meta.c.value).where(meta.c.name == LAST_IMPORT)) or ""
            row = {"name": SOUGHT, "value": f"{last} {now.isoformat()}"}
            self._database.put(connection, meta, [row], update=("value",))

    def propose(self, looked: Collection[str], pairs: Sequence[CustomerPair], now: datetime) -> int:
        """Keep the pairs found for the contacts that were looked at; how many are new.

        What was proposed for these before ``now`` and is not found again is dropped; what people decided stays.
        """
        with self._database.write() as connection:
            wanted = {*looked, *(one for pair in pairs for one in (pair.contact_id, pair.other_contact_id))}
            ids = _ids(connection, wanted)
            found = {_ordered(ids, pair): pair for pair in pairs if {pair.contact_id, pair.other_contact_id} <= ids.keys()}
            mine = [ids[contact] for contact in looked if contact in ids]
            before: set[Place] = set()
            for chunk in batches(mine):
                kept = connection.execute(select(customer_pairs).where(_of(chunk))).all()
                proposed = {_place(row) for row in kept if row.state == PairState.PROPOSED.value and row.found_at < now}
                before |= {_place(row) for row in kept}
                for gone in batches(sorted(proposed - found.keys())):
                    connection.execute(delete(customer_pairs).where(_PLACE.in_(gone)))
            rows = [_row(place, pair, now) for place, pair in found.items()]
            self._database.put(connection, customer_pairs, rows, update=("probability", "evidence", "found_at"))
        return len(found.keys() - before)

    # ------------------------------------------------------------------------------------------------ deciding

    def decided(self, contact_ids: Collection[str]) -> Collection[frozenset[str]]:
        """The pairs among these contacts of which people said whether they are one person."""
        found: set[frozenset[str]] = set()
        with self._database.read() as connection:
            ids = {customer: contact for contact, customer in _ids(connection, contact_ids).items()}
            for chunk in batches(ids):
                query = select(customer_pairs.c.customer_id, customer_pairs.c.other_customer_id)
                query = query.where(customer_pairs.c.state != PairState.PROPOSED.value, customer_pairs.c.customer_id.in_(chunk))
                pairs = (_place(row) for row in connection.execute(query))
                found |= {frozenset((ids[one], ids[other])) for one, other in pairs if other in ids}
        return found

    def list_pairs(self, contact_id: str | None = None, limit: int = 50, *, decided: bool = False) -> Sequence[CustomerPair]:
        """Pairs of active customers, the likeliest first: proposals, or with ``decided`` what people said."""
        with self._database.read() as connection:
            query = _select().order_by(customer_pairs.c.probability.desc(), customer_pairs.c.customer_id)
            query = query.order_by(customer_pairs.c.other_customer_id).limit(limit)
            proposed = customer_pairs.c.state == PairState.PROPOSED.value
            query = query.where(~proposed if decided else proposed)
            if contact_id is not None:
                query = query.where(_of(list(_ids(connection, [contact_id]).values())))
            return [_pair(row) for row in connection.execute(query)]

    def count(self) -> int:
        """How many pairs are proposed."""
        with self._database.read() as connection:
            proposed = _select().where(customer_pairs.c.state == PairState.PROPOSED.value).subquery()
            return connection.scalar(select(func.count()).select_from(proposed)) or 0

    def decide(self, contact_id: str, other: str, state: PairState, actor: str, now: datetime) -> CustomerPair | None:
        """Remember that two contacts are the same person, or are not; ``None`` where one of them is not known.

        Authors who were matched with one of them, or with another entry of theirs, become due.

        Raises:
            StorageError: people said before, by way of other entries, that the two are, or are not, one person.
        """
        with self._database.write() as connection:
            ids = _ids(connection, [contact_id, other])
            if len(ids) != 2:
                return None
            place = _ordered(ids, CustomerPair(contact_id, other, 0.0))
            _refuse_contradiction(connection, place, state)
            known = connection.execute(select(customer_pairs).where(_is(place))).first()
            if known is None:
                row = _row(place, CustomerPair(contact_id, other, 1.0 if state is PairState.SAME else 0.0), now)
                self._database.add(connection, customer_pairs, [row])
            decided = {"state": state.value, "actor": actor, "decided_at": now}
            connection.execute(update(customer_pairs).where(_is(place)).values(decided))
            _match_anew(self._database, connection, place, [contact_id, other])
            return _pair(connection.execute(_select().where(_is(place))).one())

    def same_groups(self, contact_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The contacts that people said are one person, for each of these that has any; the contact itself is among them."""
        with self._database.read() as connection:
            ids = _ids(connection, contact_ids)
            same = partners(connection, set(ids.values()))
            names = _contact_ids(connection, same)
        found = {}
        for contact, customer in ids.items():
            group = reached(customer, same)
            if len(group) > 1:
                found[contact] = frozenset(names[one] for one in group if one in names)
        return found


class Search:
    """Goes through the customers whose duplicates are due, in their order in the store."""

    def __init__(self, database: Database, since: datetime | None) -> None:
        self._database = database
        self._due = [customers.c.retired_at.is_(None), *([] if since is None else [customers.c.changed_at > since])]
        self._last = self._before = 0

    def pages(self) -> Iterator[Sequence[Customer]]:
        """The customers who are due, a page at a time."""
        query = select(customers).where(*self._due).order_by(customers.c.id).limit(PAGE)
        while True:
            with self._database.read() as connection:
                rows = connection.execute(query.where(customers.c.id > self._last)).all()
            if not rows:
                return
            self._before, self._last = self._last, rows[-1].id
            yield [to_customer(row) for row in rows]

    def earlier(self, contact_ids: Collection[str]) -> frozenset[str]:
        """Those of the contacts who were due and stood on an earlier page: their pairs are found already."""
        with self._database.read() as connection:
            found: set[str] = set()
            for chunk in batches(keys.contact_key(contact) for contact in contact_ids):
                query = select(customers.c.contact_id).where(customers.c.contact_key.in_(chunk), *self._due)
                found.update(connection.scalars(query.where(customers.c.id <= self._before)))
        return frozenset(found)


def _sought(connection: Connection) -> datetime | None:
    kept = connection.scalar(select(meta.c.value).where(meta.c.name == SOUGHT))
    return datetime.fromisoformat(kept.rpartition(" ")[2]) if kept else None


def _refuse_contradiction(connection: Connection, place: Place, state: PairState) -> None:
    """
    Raises:
        StorageError: the two are one person by way of others, or entries of the two were said to be different.
    """
    one, other = place
    same = partners(connection, place)
    mine, theirs = reached(one, same, place), reached(other, same, place)
    if state is PairState.DIFFERENT and other in mine:
        last = min(same[other] & mine - {one})  # the last step of the way that is not the pair itself
        names = _contact_ids(connection, [other, last])
        how = f": say first `listener customers different {names[other]} {names[last]}`" if len(names) == 2 else ""
        raise StorageError(f"By way of another entry the two were said to be the same person{how}")
    if state is PairState.SAME:
        apart = select(customer_pairs).where(customer_pairs.c.state == PairState.DIFFERENT.value, _of(sorted(mine)))
        for row in connection.execute(apart):
            pair = {*_place(row)}
            if pair != {*place} and pair & mine and pair & theirs:
                names = _contact_ids(connection, pair)
                who = " and ".join(sorted(names.values())) if len(names) == 2 else "other entries of the two"
                raise StorageError(f"They were said to be two people: {who}, who would be the same person then")


def _match_anew(database: Database, connection: Connection, place: Place, contact_ids: Sequence[str]) -> None:
    """Authors who were matched with an entry of either, and those of whom somebody said something about one."""
    group = _contact_ids(connection, {*place, *partners(connection, place)})
    contact_ids = sorted({*contact_ids, *group.values()})
    about = identity_decisions.c.contact_key.in_([keys.contact_key(contact) for contact in contact_ids])
    said = select(identity_decisions.c.author_id).where(about, identity_decisions.c.ended_at.is_(None))
    settle(database, connection, set(connection.scalars(said)))
    theirs = or_(matches.c.contact_id.in_(contact_ids), matches.c.runner_up_id.in_(contact_ids))
    due = authors.c.id.in_(select(matches.c.author_id).where(theirs)) & (authors.c.matched_by > NOTHING_TO_SAY)
    connection.execute(update(authors).where(due).values(matched_by=None))


# ----------------------------------------------------------------------------------------------------------- rows

_PLACE = tuple_(customer_pairs.c.customer_id, customer_pairs.c.other_customer_id)


def _place(row: Any) -> Place:
    return row.customer_id, row.other_customer_id


def _ordered(ids: Mapping[str, int], pair: CustomerPair) -> Place:
    one, other = sorted((ids[pair.contact_id], ids[pair.other_contact_id]))
    return one, other


def _is(place: Place) -> Any:
    return (customer_pairs.c.customer_id == place[0]) & (customer_pairs.c.other_customer_id == place[1])


def _of(customer_ids: Sequence[int]) -> Any:
    return or_(customer_pairs.c.customer_id.in_(customer_ids), customer_pairs.c.other_customer_id.in_(customer_ids))


def _select() -> Any:
    """Pairs with the contacts' ids; those of whom one is not in the CRM any more are left out."""
    one, other = customers.alias("one"), customers.alias("other")
    query = select(customer_pairs, one.c.contact_id.label("contact_id"), other.c.contact_id.label("other_contact_id"))
    query = query.join(one, one.c.id == customer_pairs.c.customer_id).join(
        other, other.c.id == customer_pairs.c.other_customer_id
    )
    return query.where(one.c.retired_at.is_(None), other.c.retired_at.is_(None))


def _row(place: Place, pair: CustomerPair, now: datetime) -> dict[str, Any]:
    evidence = [{"what": why.what, "weight_bits": why.weight_bits, "kind": why.kind.value} for why in pair.evidence]
    return {
        "customer_id": place[0],
        "other_customer_id": place[1],
        "probability": pair.probability,
        "evidence": evidence,
        "state": PairState.PROPOSED.value,
        "actor": None,
        "found_at": now,
        "decided_at": None,
    }


def _pair(row: Row[Any]) -> CustomerPair:
    first, second = sorted((row.contact_id, row.other_contact_id))
    return CustomerPair(
        contact_id=first,
        other_contact_id=second,
        probability=row.probability,
        evidence=tuple(Reason(item["what"], item["weight_bits"], Evidence(item["kind"])) for item in row.evidence),
        state=PairState(row.state),
        actor=row.actor,
        found_at=row.found_at,
        decided_at=row.decided_at,
    )


def _ids(connection: Connection, contact_ids: Collection[str]) -> dict[str, int]:
    """The ids of active customers by the CRM's own."""
    by_key = {keys.contact_key(contact): contact for contact in contact_ids}
    found: dict[str, int] = {}
    for chunk in batches(by_key):
        query = select(customers.c.contact_key, customers.c.id)
        query = query.where(customers.c.contact_key.in_(chunk), customers.c.retired_at.is_(None))
        found.update((by_key[row.contact_key], row.id) for row in connection.execute(query))
    return found


def _contact_ids(connection: Connection, customer_ids: Collection[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for chunk in batches(customer_ids):
        query = select(customers.c.id, customers.c.contact_id)
        query = query.where(customers.c.id.in_(chunk), customers.c.retired_at.is_(None))
        found.update((row.id, row.contact_id) for row in connection.execute(query))
    return found
