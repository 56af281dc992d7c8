"""What waits for the reader of a digest: authors of a window who may be customers, and cases that nobody has decided."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from listener.core.cases import CaseKind, CaseState
from listener.core.people import Outcome
from listener.core.telling import ProposalFacts, Waiting
from storage import keys
from storage.database import batches
from storage.due import OURS
from storage.rows import to_customer, to_match
from storage.tables import analysis_targets, authors, cases, customers, matches, mentions, people

MOST = 100
"""Of the authors who spoke in one window and may be customers, the most probable."""


def proposed(connection: Connection, since: datetime, until: datetime) -> list[ProposalFacts]:
    """Authors who said something new about us in the window and may be a customer whom the CRM has, the most probable first."""
    place = func.row_number().over(partition_by=mentions.c.author_id, order_by=(mentions.c.said_at.desc(), mentions.c.id.desc()))
    said = (
        select(mentions.c.id, mentions.c.author_id, mentions.c.said_at, place.label("place"))
        .where(mentions.c.heard_at > since, mentions.c.heard_at <= until, mentions.c.about_us, ~mentions.c.history)
        .subquery()
    )
    names = (authors.c.own_person_id, authors.c.display_name, authors.c.handle, authors.c.platform)
    query = (
        select(matches, *names, said.c.id.label("mention_id"), said.c.said_at)
        .join(authors, authors.c.id == matches.c.author_id)
        .join(said, said.c.author_id == authors.c.id)
        .where(said.c.place == 1, matches.c.outcome == Outcome.REVIEW.value, matches.c.contact_id.is_not(None))
        .order_by(matches.c.probability.desc(), said.c.said_at.desc(), authors.c.id)
        .limit(MOST)
    )
    rows = connection.execute(query).all()
    known = _customers(connection, {row.contact_id for row in rows})
    brands = _brands(connection, [row.mention_id for row in rows])
    return [
        _proposal(row, known[row.contact_id], brands[row.mention_id])
        for row in rows
        if row.contact_id in known and row.mention_id in brands
    ]


def _proposal(row: Any, found: Any, brand: str) -> ProposalFacts:
    customer = to_customer(found)
    return ProposalFacts(
        author_id=row.author_id,
        person_id=row.own_person_id,
        customer_id=found.id,
        mention_id=row.mention_id,
        brand=brand,
        author=row.display_name or row.handle or "",
        platform=row.platform,
        said_at=row.said_at,
        match=to_match(row),
        name=customer.name or customer.contact_id,
        company=customer.company or None,
        segment=customer.segment,
        owner=customer.owner,
    )


def _customers(connection: Connection, contact_ids: Iterable[str]) -> dict[str, Any]:
    """The rows of the contacts whom the CRM has, by their id."""
    by_key = {keys.contact_key(contact): contact for contact in contact_ids}
    found: dict[str, Any] = {}
    for chunk in batches(by_key):
        query = select(customers).where(customers.c.contact_key.in_(chunk), customers.c.retired_at.is_(None))
        found.update((by_key[row.contact_key], row) for row in connection.execute(query))
    return found


def _brands(connection: Connection, mention_ids: Iterable[int]) -> dict[int, str]:
    """The brand of ours that each mention is about first."""
    found: dict[int, str] = {}
    for ids in batches(mention_ids):
        its = analysis_targets.c
        query = select(its.mention_id, its.brand).where(its.mention_id.in_(ids), its.kind.in_(OURS))
        for row in connection.execute(query.order_by(its.mention_id, its.position.desc())):
            found[row.mention_id] = row.brand
    return found


def waiting(connection: Connection, since: datetime, due_until: datetime) -> list[Waiting]:
    """Candidates without a decision, and follow-ups due after ``due_until``, to which nothing happened after ``since``."""
    candidate = and_(cases.c.kind == CaseKind.CANDIDATE.value, cases.c.state == CaseState.NEW.value)
    later = or_(cases.c.due_at.is_(None), cases.c.due_at > due_until)
    undecided = cases.c.state.in_([CaseState.NEW.value, CaseState.CONFIRMED.value])
    follow_up = and_(cases.c.kind == CaseKind.FOLLOW_UP.value, undecided, later)
    group = (cases.c.kind, cases.c.brand, customers.c.segment, customers.c.owner)
    query = (
        select(*group, func.count().label("number"), func.min(cases.c.opened_at).label("since"))
        .join(people, people.c.id == cases.c.person_id)
        .outerjoin(customers, customers.c.id == people.c.customer_id)
        .where(cases.c.changed_at <= since, or_(candidate, follow_up))
        .group_by(*group)
    )
    found = [
        Waiting(CaseKind(row.kind), row.brand, row.number, row.since, row.segment, row.owner) for row in connection.execute(query)
    ]
    return sorted(found, key=lambda each: (each.kind, each.brand, each.segment or "", each.owner or ""))
