"""Which person each author is: the one place that decides it, from links, merges and what people said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select, update

from listener.core.brand import Evidence, Provenance
from listener.core.identities import DecisionKind, account_room
from listener.core.people import Outcome
from storage import keys
from storage.database import Database, batches
from storage.due import brands_of_authors, queue_persons
from storage.entries import entered_twice
from storage.identity_tables import identity_decisions, merges
from storage.policies import Policies
from storage.tables import authors, customers, matches, people

GROUP = 20
"""Accounts that are made one person automatically, at most: what ties more of them together is no person."""
CROWD = 5 * GROUP
"""Accounts that evidence ties together, however many steps away: of more it says nothing, and the walk goes no further."""
ROUNDS = CROWD
"""Steps from author to author, at most: as many as accounts that are no crowd could need."""
_BY_HANDLE = frozenset({Evidence.HANDLE, Evidence.LINK})
"""Evidence that may rest on an account that the CRM has of the customer."""


def settle(database: Database, connection: Connection, author_ids: Collection[int]) -> None:
    """Give the authors, and all who are merged with them, the person that they are now; whoever changes is due to be judged.

    What a person said goes before what the matcher found, and a link of the account itself before one of its group. A group of
    which one customer is known is that customer. Where several are, each account keeps its own, and the others are nobody's. A
    group without a customer shares the person of its lowest author. What the matcher found of one account counts for another
    only where the terms of the other's source allow it too, or a person merged the two.
    """
    ties = _ties(connection, author_ids)
    rows = _rows(connection, ties.authors)
    groups, by_people = _groups(ties, {author: account_room(row.platform, row.origin) for author, row in rows.items()})
    linked = _linked(ties, rows)
    persons = customer_persons(database, connection, set(linked.values()))
    shared = {linked[author] for group in groups if len(group) > 1 for author in group if author in linked}
    terms = _Terms(database.policies, rows, linked, _provenances(connection, shared), {*ties.linked}, by_people)
    person_of: dict[int, int] = {}
    for group in groups:
        person_of |= _persons(group, rows, linked, ties, persons, terms)
    moved = {author: (rows[author].person_id, now) for author, now in person_of.items() if rows[author].person_id != now}
    statement = update(authors).where(authors.c.id == bindparam("row_id")).values(person_id=bindparam("person"))
    for batch in batches(sorted(moved)):
        connection.execute(statement, [{"row_id": author, "person": moved[author][1]} for author in batch])
    brands = brands_of_authors(connection, moved)
    due = {(who, brand) for author, both in moved.items() for who in both for brand in brands[author]}
    queue_persons(database, connection, due)


def customer_persons(database: Database, connection: Connection, contact_keys: Collection[str]) -> dict[str, int]:
    """The person of each customer who is (still) one, created where it is missing; by the contact's key."""
    found: dict[str, int] = {}
    missing: dict[str, int] = {}
    for chunk in batches(sorted(contact_keys)):
        query = select(customers.c.contact_key, customers.c.id, people.c.id.label("person_id"))
        query = query.outerjoin(people, people.c.customer_id == customers.c.id)
        for row in connection.execute(query.where(customers.c.contact_key.in_(chunk), customers.c.retired_at.is_(None))):
            if row.person_id is None:
                missing[row.contact_key] = row.id
            else:
                found[row.contact_key] = row.person_id
    ids = database.reserve(connection, people, len(missing))
    created = [{"id": person, "customer_id": customer} for person, customer in zip(ids, missing.values(), strict=True)]
    database.add(connection, people, created)
    return found | dict(zip(missing, ids, strict=True))


# ------------------------------------------------------------------------------------------------------------ ties


@dataclass(slots=True)
class _Ties:
    """What is known about the authors of some groups: the ties between them, and what people said of each."""

    authors: set[int]
    merged: set[tuple[float, int, int]] = field(default_factory=set)
    """Found by the evidence: how likely, and the two."""
    decided: set[tuple[int, int, int]] = field(default_factory=set)
    """Said by a person: the decision's id, and the two."""
    split: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    linked: dict[int, str] = field(default_factory=dict)
    """Said by a person: the key of the contact who the author is."""
    refused: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))


def _ties(connection: Connection, author_ids: Iterable[int]) -> _Ties:
    """Everything about the authors and all whom merges connect with them, however many steps away."""
    ties = _Ties(set(author_ids))
    frontier = set(ties.authors)
    crowds = _Crowds()
    for _ in range(ROUNDS):
        if not frontier:
            break
        for ids in batches(sorted(frontier)):
            _read_decisions(connection, ids, ties)
        for ids in batches(sorted(author for author in frontier if not crowds.crowded(author))):
            for tie in _read_merges(connection, ids) - ties.merged:
                ties.merged.add(tie)
                crowds.join(*tie[1:])
        reached = {author for _, *both in (*ties.merged, *ties.decided) for author in both}
        frontier = reached - ties.authors
        ties.authors |= frontier
    ties.merged = {tie for tie in ties.merged if not crowds.crowded(tie[1])}
    twice = entered_twice(connection, {key for refused in ties.refused.values() for key in refused})
    for refused in ties.refused.values():
        refused.update([other for key in refused for other in twice.get(key, ())])
    return ties


class _Crowds:
    """How many authors evidence ties together."""

    def __init__(self) -> None:
        self._crowd_of: dict[int, set[int]] = {}

    def join(self, one: int, other: int) -> None:
        less, more = sorted((self._crowd_of.get(one, {one}), self._crowd_of.get(other, {other})), key=len)
        more |= less
        self._crowd_of.update(dict.fromkeys({*less, one, other}, more))

    def crowded(self, author: int) -> bool:
        return len(self._crowd_of.get(author, ())) > CROWD


def _read_decisions(connection: Connection, ids: Collection[int], ties: _Ties) -> None:
    for side in (identity_decisions.c.author_id, identity_decisions.c.other_author_id):
        query = select(identity_decisions).where(side.in_(ids), identity_decisions.c.ended_at.is_(None))
        for row in connection.execute(query.order_by(identity_decisions.c.id)):
            if row.kind == DecisionKind.LINK:
                ties.linked[row.author_id] = row.contact_key
            elif row.kind == DecisionKind.REFUSE:
                ties.refused[row.author_id].add(row.contact_key)
            elif row.kind == DecisionKind.MERGE:
                ties.decided.add((row.id, row.author_id, row.other_author_id))
            else:
                ties.split[row.author_id].add(row.other_author_id)
                ties.split[row.other_author_id].add(row.author_id)


def _read_merges(connection: Connection, ids: Collection[int]) -> set[tuple[float, int, int]]:
    found: set[tuple[float, int, int]] = set()
    for side in (merges.c.author_id, merges.c.other_author_id):
        query = select(merges.c.probability, merges.c.author_id, merges.c.other_author_id).where(side.in_(ids), merges.c.certain)
        found.update((row.probability, row.author_id, row.other_author_id) for row in connection.execute(query))
    return found


_NEEDED = (authors.c.id, authors.c.platform, authors.c.origin, authors.c.person_id, authors.c.own_person_id, authors.c.policy)
_LINK = (matches.c.contact_id, matches.c.evidence, matches.c.policy.label("linked_under"))


def _rows(connection: Connection, author_ids: Iterable[int]) -> dict[int, Any]:
    """Each author, with the contact whom the matcher linked, if any, by what evidence and under which terms."""
    found: dict[int, Any] = {}
    link = and_(matches.c.author_id == authors.c.id, matches.c.outcome == Outcome.LINK.value)
    for ids in batches(sorted(author_ids)):
        query = select(*_NEEDED, *_LINK)
        found.update((row.id, row) for row in connection.execute(query.outerjoin(matches, link).where(authors.c.id.in_(ids))))
    return found


# ---------------------------------------------------------------------------------------------------------- groups


def _groups(ties: _Ties, rooms: Mapping[int, str | None]) -> tuple[list[list[int]], dict[int, int]]:
    """Who is one person, and for each author whom people merged a number that all of these share.

    Ties are taken one after the other, those of people first, and each that still may be holds. So it does not depend on where
    the walk began. A group never has two authors whom a person split. Evidence alone never puts two accounts on one platform
    together, nor more than ``GROUP``; what people merge does not count for that.
    """
    found = [(one, other) for _, one, other in sorted(ties.merged, key=lambda tie: (-tie[0], tie[1], tie[2]))]
    by_evidence = _Joined(rooms, ties.split)
    holding = [tie for tie in found if by_evidence.may_be_one(*tie, rooms) and by_evidence.join(*tie)]
    joined = _Joined(rooms, ties.split)
    for _, one, other in sorted(ties.decided, reverse=True):  # the newest word counts first
        joined.join(one, other)
    by_people = {author: min(group) for group in joined.groups() if len(group) > 1 for author in group}
    for tie in holding:
        joined.join(*tie)
    return joined.groups(), by_people


class _Joined:
    """Authors, each alone at first, joined to groups."""

    def __init__(self, author_ids: Iterable[int], split: Mapping[int, set[int]]) -> None:
        self._group_of = {author: [author] for author in author_ids}
        self._split = split

    def join(self, one: int, other: int) -> bool:
        """Make one group of the two, unless a person split any of its members; whether they are one now."""
        ours, theirs = self._group_of.get(one), self._group_of.get(other)
        if ours is None or theirs is None:
            return False
        if ours is not theirs:
            if any(not self._split[author].isdisjoint(theirs) for author in ours if author in self._split):
                return False
            ours += theirs
            self._group_of.update(dict.fromkeys(theirs, ours))
        return True

    def may_be_one(self, one: int, other: int, rooms: Mapping[int, str | None]) -> bool:
        """Whether the groups of the two are small enough together and have no two accounts in one place."""
        ours, theirs = self._group_of.get(one, []), self._group_of.get(other, [])
        here = {rooms[author] for author in ours} - {None}
        small = len(ours) + len(theirs) <= GROUP and here.isdisjoint(rooms[author] for author in theirs)
        return small or (bool(ours) and ours is theirs)

    def groups(self) -> list[list[int]]:
        return list({id(group): group for group in self._group_of.values()}.values())


# --------------------------------------------------------------------------------------------------------- persons


def _linked(ties: _Ties, rows: Mapping[int, Any]) -> dict[int, str]:
    """The key of the contact who each author is, by themselves: of those whom a person or the matcher linked."""
    linked = {author: key for author, key in ties.linked.items() if author in rows}
    for author, row in rows.items():
        if author not in linked and row.contact_id:
            key = keys.contact_key(row.contact_id)
            if key not in ties.refused.get(author, ()):
                linked[author] = key
    return linked


def _persons(
    group: Collection[int],
    rows: Mapping[int, Any],
    linked: Mapping[int, str],
    ties: _Ties,
    persons: Mapping[str, int],
    terms: _Terms,
) -> dict[int, int]:
    """Who the authors of a group are. ``persons`` lacks customers who are gone: a link to one leaves an author as it was."""
    found = {author: persons[linked[author]] for author in group if linked.get(author) in persons}
    known = list(found)
    customers_of_group = {linked[author] for author in known}
    rest = sorted(set(group) - set(found))
    if not customers_of_group:
        common = rows[min(group)].own_person_id
        return dict.fromkeys(group, common)
    for author in rest:
        found[author] = rows[author].own_person_id
        if len(customers_of_group) == 1 and author not in ties.linked:  # one whom a person linked elsewhere stays so
            (key,) = customers_of_group
            if key not in ties.refused.get(author, ()) and any(terms.allow(one, author) for one in known):
                found[author] = persons[key]
    return found


@dataclass(frozen=True, slots=True)
class _Terms:
    """Whether the link of one account may count for another of the group: nothing reaches an account by way of a merge that its
    source's terms forbid to be used for it."""

    policies: Policies
    rows: Mapping[int, Any]
    linked: Mapping[int, str]
    provenances: Mapping[str, frozenset[Provenance]]
    """Where the CRM has the accounts of each customer from."""
    by_hand: Collection[int]
    """Authors whom people linked."""
    by_people: Mapping[int, int]

    def allow(self, giver: int, taker: int) -> bool:
        """Whether people said so, or the evidence of the link may be used under both terms."""
        link, name = self.rows[giver], self.rows[taker].policy
        if giver in self.by_hand or link.linked_under == name:
            return True
        if giver in self.by_people and self.by_people[giver] == self.by_people.get(taker):
            return True
        policy = self.policies.of(name)
        kinds = {Evidence(reason["kind"]) for reason in link.evidence}
        if policy is None or not kinds <= policy.evidence:
            return False
        used = self.provenances.get(self.linked[giver], frozenset())
        if under := self.policies.of(link.linked_under):
            used &= under.provenance
        return kinds.isdisjoint(_BY_HANDLE) or used <= policy.provenance


def _provenances(connection: Connection, contact_keys: Collection[str]) -> dict[str, frozenset[Provenance]]:
    found: dict[str, frozenset[Provenance]] = {}
    for chunk in batches(sorted(contact_keys)):
        query = select(customers.c.contact_key, customers.c.handles).where(customers.c.contact_key.in_(chunk))
        for row in connection.execute(query):
            found[row.contact_key] = frozenset(Provenance(given) for _, _, given in row.handles)
    return found
