"""Whose data is whose: from a selector to every row about one person.

Export and erasure both go by this, so neither can forget a table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, or_, select

from storage import keys
from storage.correction_tables import corrected_analyses, corrections
from storage.identity_tables import author_keys, customer_pairs, employments, identity_decisions, merge_queue, merges
from storage.near_tables import near_sketches
from storage.tables import (
    analyses,
    analysis_aspects,
    analysis_targets,
    authors,
    case_events,
    cases,
    customers,
    matches,
    mention_revisions,
    mentions,
    people,
    staged_customers,
    standings,
)
from storage.telling_tables import alerts


@dataclass(frozen=True, slots=True)
class Selector:
    """Names a person by the CRM's id, by the store's id of an author, or by an account.

    Raises:
        ValueError: not exactly one of the three is given.
    """

    contact_id: str | None = None
    author_id: int | None = None
    platform: str | None = None
    handle: str | None = None

    def __post_init__(self) -> None:
        if (self.platform is None) != (self.handle is None):
            raise ValueError("an account is a platform and a handle")
        if sum(part is not None for part in (self.contact_id, self.author_id, self.handle)) != 1:
            raise ValueError("name a person by a contact id, by an author id, or by an account")


@dataclass(frozen=True, slots=True)
class Scope:
    """Everybody and everything that is one person: a customer and all authors matched to them, or authors who are merged."""

    person_ids: tuple[int, ...] = ()
    author_ids: tuple[int, ...] = ()
    customer_ids: tuple[int, ...] = ()
    contact_ids: tuple[str, ...] = ()
    contact_keys: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.author_ids or self.customer_ids)


def scope_of(connection: Connection, selector: Selector) -> Scope:
    """Everything kept about the person; an empty scope where nobody is known by that name."""
    persons = set(connection.scalars(_persons(selector)))
    found = select(people.c.customer_id).where(people.c.id.in_(persons), people.c.customer_id.is_not(None))
    customer_ids = set(connection.scalars(found))
    if selector.contact_id is not None:
        customer_ids.update(connection.scalars(select(customers.c.id).where(_contact(selector.contact_id))))
    contacts = connection.execute(
        select(customers.c.contact_id, customers.c.contact_key).where(customers.c.id.in_(customer_ids)).order_by(customers.c.id)
    ).all()
    theirs = connection.execute(
        select(authors.c.id, authors.c.own_person_id).where(or_(authors.c.person_id.in_(persons), _account(selector)))
    ).all()
    return Scope(
        person_ids=tuple(sorted(persons | {row.own_person_id for row in theirs})),
        author_ids=tuple(sorted(row.id for row in theirs)),
        customer_ids=tuple(sorted(customer_ids)),
        contact_ids=tuple(row.contact_id for row in contacts),
        contact_keys=tuple(row.contact_key for row in contacts),
    )


def _contact(contact_id: str) -> ColumnElement[bool]:
    return customers.c.contact_key == keys.contact_key(contact_id)


def _account(selector: Selector) -> ColumnElement[bool]:
    """The authors that the selector itself names."""
    if selector.platform is not None and selector.handle is not None:
        return authors.c.handle_key == keys.handle_key(selector.platform, selector.handle)
    return authors.c.id == (-1 if selector.author_id is None else selector.author_id)


def _persons(selector: Selector):  # type: ignore[no-untyped-def]  # a Select of one integer; its generic form differs by branch
    if selector.contact_id is not None:
        mine = select(people.c.id).join(customers, customers.c.id == people.c.customer_id)
        return mine.where(_contact(selector.contact_id))
    return select(authors.c.person_id).where(_account(selector))


Where = Callable[[Scope], ColumnElement[bool]]


def _mentions_of(scope: Scope):  # type: ignore[no-untyped-def]  # a scalar subquery, which SQLAlchemy types by its column
    return select(mentions.c.id).where(mentions.c.author_id.in_(scope.author_ids))


def _cases_of(scope: Scope):  # type: ignore[no-untyped-def]  # as above
    return select(cases.c.id).where(cases.c.person_id.in_(scope.person_ids))


def _either(table: Table, scope: Scope) -> ColumnElement[bool]:
    """Rows about two authors of whom one, or both, are the person."""
    return or_(table.c.author_id.in_(scope.author_ids), table.c.other_author_id.in_(scope.author_ids))


ABOUT: Sequence[tuple[Table, Where]] = (
    (alerts, lambda scope: alerts.c.person_id.in_(scope.person_ids)),
    (case_events, lambda scope: case_events.c.case_id.in_(_cases_of(scope))),
    (cases, lambda scope: cases.c.person_id.in_(scope.person_ids)),
    (standings, lambda scope: standings.c.person_id.in_(scope.person_ids)),
    (near_sketches, lambda scope: near_sketches.c.mention_id.in_(_mentions_of(scope))),
    (analysis_aspects, lambda scope: analysis_aspects.c.mention_id.in_(_mentions_of(scope))),
    (analysis_targets, lambda scope: analysis_targets.c.mention_id.in_(_mentions_of(scope))),
    (analyses, lambda scope: analyses.c.mention_id.in_(_mentions_of(scope))),
    (corrections, lambda scope: corrections.c.mention_id.in_(_mentions_of(scope))),
    (corrected_analyses, lambda scope: corrected_analyses.c.mention_id.in_(_mentions_of(scope))),
    (mention_revisions, lambda scope: mention_revisions.c.mention_id.in_(_mentions_of(scope))),
    (mentions, lambda scope: mentions.c.author_id.in_(scope.author_ids)),
    (matches, lambda scope: matches.c.author_id.in_(scope.author_ids)),
    (
        identity_decisions,
        lambda scope: or_(_either(identity_decisions, scope), identity_decisions.c.contact_key.in_(scope.contact_keys)),
    ),
    (merges, lambda scope: _either(merges, scope)),
    (merge_queue, lambda scope: merge_queue.c.author_id.in_(scope.author_ids)),
    (author_keys, lambda scope: author_keys.c.author_id.in_(scope.author_ids)),
    (employments, lambda scope: employments.c.customer_id.in_(scope.customer_ids)),
    (
        customer_pairs,
        lambda scope: or_(
            customer_pairs.c.customer_id.in_(scope.customer_ids), customer_pairs.c.other_customer_id.in_(scope.customer_ids)
        ),
    ),
    (authors, lambda scope: authors.c.id.in_(scope.author_ids)),
    (customers, lambda scope: customers.c.id.in_(scope.customer_ids)),
    (staged_customers, lambda scope: staged_customers.c.contact_key.in_(scope.contact_keys)),
    (people, lambda scope: people.c.id.in_(scope.person_ids)),
)
"""The rows about a person, in an order in which they can be deleted; rows that hang on these by id alone go with them.

Digests, messages, and alerts that are about no one person tell of several people at once: these are handled where they are
(``storage.privacy``).
"""
