"""Who an author is, with everything that says so: the match and its evidence, what people decided, and the customers meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select

from listener.core.identities import Decision
from listener.core.mention import Author
from listener.core.people import Customer, Match
from storage import keys
from storage.authors import NOTHING_TO_SAY, to_author
from storage.database import batches
from storage.deciding import decisions_about
from storage.rows import to_customer, to_match
from storage.tables import authors, customers, matches, mentions, people


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of who an author is."""

    author_id: int
    platform: str
    origin: str
    author: Author
    person_id: int
    own_person_id: int
    speaks: bool
    """Whether they say anything about us: only such authors are matched."""
    waits: bool
    """The match is missing, or something changed since: the next pass looks again."""
    mentions: int
    """How many of theirs are about us."""
    last_said_at: datetime
    match: Match | None = None
    matched_at: datetime | None = None
    customer: Customer | None = None
    """Whose posts theirs count as."""
    candidate: Customer | None = None
    """The match's contact, as far as the CRM (still) has them."""
    runner_up: Customer | None = None
    decisions: tuple[Decision, ...] = ()
    """What people decided about them, as far as it stands, the first first."""
    together: tuple[int, ...] = ()
    """Other authors who are the same person."""


def identities_of(connection: Connection, author_ids: Collection[int]) -> list[Identity]:
    """What is known of each of the authors, in the order given; those who are not there are left out."""
    rows: dict[int, Any] = {}
    for ids in batches(author_ids):
        rows.update((row.id, row) for row in connection.execute(select(authors).where(authors.c.id.in_(ids))))
    found: dict[int, Any] = {}
    for ids in batches(rows):
        found.update((row.author_id, row) for row in connection.execute(select(matches).where(matches.c.author_id.in_(ids))))
    made = {author: to_match(row) for author, row in found.items()}
    wanted = {match.contact_id for match in made.values()} | {one.runner_up.contact_id for one in made.values() if one.runner_up}
    contacts = active_customers(connection, {contact for contact in wanted if contact})
    persons = {row.person_id for row in rows.values()}
    theirs, company = _customers_of(connection, persons), _authors_of(connection, persons)
    said = _said(connection, rows)
    decisions = decisions_about(connection, rows)
    return [
        Identity(
            author_id=author,
            platform=row.platform,
            origin=row.origin,
            author=to_author(row),
            person_id=row.person_id,
            own_person_id=row.own_person_id,
            speaks=row.matched_by != NOTHING_TO_SAY,
            waits=row.matched_by is None,
            mentions=said.get(author, 0),
            last_said_at=row.last_said_at,
            match=made.get(author),
            matched_at=found[author].matched_at if author in found else None,
            customer=theirs.get(row.person_id),
            candidate=_contact(made.get(author), contacts),
            runner_up=_runner_up(made.get(author), contacts),
            decisions=tuple(decisions.get(author, ())),
            together=tuple(other for other in company[row.person_id] if other != author),
        )
        for author in dict.fromkeys(author_ids)
        if (row := rows.get(author)) is not None
    ]


def authors_of_person(connection: Connection, person_id: int) -> list[int]:
    """The ids of the authors who are the person, the first heard first."""
    return _authors_of(connection, [person_id])[person_id]


def active_customers(connection: Connection, contact_ids: Iterable[str]) -> dict[str, Customer]:
    """Those of the contacts whom the CRM has, by their id."""
    by_key = {keys.contact_key(contact): contact for contact in contact_ids}
    found: dict[str, Customer] = {}
    for chunk in batches(by_key):
        query = select(customers).where(customers.c.contact_key.in_(chunk), customers.c.retired_at.is_(None))
        found.update((by_key[row.contact_key], to_customer(row)) for row in connection.execute(query))
    return found


def _contact(match: Match | None, contacts: Mapping[str, Customer]) -> Customer | None:
    return contacts.get(match.contact_id) if match and match.contact_id else None


def _runner_up(match: Match | None, contacts: Mapping[str, Customer]) -> Customer | None:
    return contacts.get(match.runner_up.contact_id) if match and match.runner_up else None


def _customers_of(connection: Connection, person_ids: Collection[int]) -> dict[int, Customer]:
    found: dict[int, Customer] = {}
    for ids in batches(person_ids):
        query = select(people.c.id.label("person_id"), customers).join(customers, customers.c.id == people.c.customer_id)
        found.update((row.person_id, to_customer(row)) for row in connection.execute(query.where(people.c.id.in_(ids))))
    return found


def _authors_of(connection: Connection, person_ids: Collection[int]) -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for ids in batches(person_ids):
        query = select(authors.c.id, authors.c.person_id).where(authors.c.person_id.in_(ids)).order_by(authors.c.id)
        for row in connection.execute(query):
            found[row.person_id].append(row.id)
    return found


def _said(connection: Connection, author_ids: Iterable[int]) -> dict[int, int]:
    """How many mentions of each author are about us."""
    found: dict[int, int] = {}
    for ids in batches(author_ids):
        query = select(mentions.c.author_id, func.count().label("number")).group_by(mentions.c.author_id)
        about_us = query.where(mentions.c.author_id.in_(ids), mentions.c.about_us)
        found.update((row.author_id, row.number) for row in connection.execute(about_us))
    return found


def accounts_alike(connection: Connection, platform: str, handle: str, limit: int) -> list[int]:
    """The ids of the authors on the platform whose account has that name, on any instance; the one heard last first."""
    name = handle.strip().lstrip("@").partition("@")[0].lower()
    if not name:
        return []
    account = func.lower(func.ltrim(authors.c.handle, "@"))
    query = select(authors.c.id).where(authors.c.platform == platform)
    query = query.where(or_(account == name, account.startswith(f"{name}@", autoescape=True)))
    return list(connection.scalars(query.order_by(authors.c.last_heard_at.desc(), authors.c.id).limit(limit)))


def authors_at(connection: Connection, address: str) -> list[int]:
    """The ids of the authors whose profile has that address, however its end is written; the one heard last first."""
    bare = address.strip().rstrip("/")
    query = select(authors.c.id).where(authors.c.profile_url.in_((bare, f"{bare}/")))
    return list(connection.scalars(query.order_by(authors.c.last_heard_at.desc(), authors.c.id).limit(20)))


def newest_about_us(connection: Connection, author_ids: Sequence[int]) -> dict[int, Any]:
    """The row of each author's newest mention of us."""
    place = func.row_number().over(partition_by=mentions.c.author_id, order_by=(mentions.c.said_at.desc(), mentions.c.id.desc()))
    found: dict[int, Any] = {}
    for ids in batches(author_ids):
        ranked = select(mentions.c.id, place.label("place")).where(mentions.c.author_id.in_(ids), mentions.c.about_us).subquery()
        query = select(mentions).join(ranked, ranked.c.id == mentions.c.id).where(ranked.c.place == 1)
        found.update((row.author_id, row) for row in connection.execute(query))
    return found
