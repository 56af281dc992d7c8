"""Which authors are tied to others, and how ties are forgotten with whom they are about."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from listener.core.identities import DecisionKind
from listener.core.people import Outcome
from storage.authors import NOTHING_TO_SAY
from storage.database import Database, batches
from storage.identity_tables import author_keys, customer_pairs, employments, identity_decisions, merge_queue, merges
from storage.settling import settle
from storage.tables import authors, customers, matches

IMPORT = "import"
"""Who ended a decision about a contact whose id the CRM gave to somebody else."""
_WHO_THEY_ARE = (DecisionKind.LINK.value, DecisionKind.MERGE.value)


def tied(connection: Connection, author_ids: Iterable[int]) -> set[int]:
    """With whom evidence or people tie the authors; some of them may be among these themselves."""
    found: set[int | None] = set()
    for ids in batches(author_ids):
        for table in (merges, identity_decisions):
            for this, that in ((table.c.author_id, table.c.other_author_id), (table.c.other_author_id, table.c.author_id)):
                found.update(connection.scalars(select(that).where(this.in_(ids))))
    return {author for author in found if author is not None}


def forget_who(database: Database, connection: Connection, author_ids: Collection[int]) -> None:
    """Nothing says any more who these authors are, or with whom they are one person.

    Of what people decided only what they are *not* stays, without words: a "no" is remembered when they speak again.
    """
    others = tied(connection, author_ids)
    for ids in batches(author_ids):
        for table in (author_keys, merge_queue):
            connection.execute(delete(table).where(table.c.author_id.in_(ids)))
        for table in (merges, identity_decisions):
            for side in (table.c.author_id, table.c.other_author_id):
                mine = side.in_(ids)
                gone = mine if table is merges else mine & identity_decisions.c.kind.in_(_WHO_THEY_ARE)
                connection.execute(delete(table).where(gone))
        for side in (identity_decisions.c.author_id, identity_decisions.c.other_author_id):
            connection.execute(update(identity_decisions).where(side.in_(ids)).values(contact_id=None, note=""))
    settle(database, connection, {*author_ids, *others})


def forget_customers_ties(connection: Connection, customer_ids: Collection[int]) -> None:
    """What decisions, other entries of the CRM and former companies say of customers whose row is blanked."""
    for ids in batches(customer_ids):
        theirs = select(customers.c.contact_key).where(customers.c.id.in_(ids))
        named = identity_decisions.c.contact_key.in_(theirs)
        connection.execute(update(identity_decisions).where(named).values(contact_id=None, note=""))
        connection.execute(delete(employments).where(employments.c.customer_id.in_(ids)))
        for side in (customer_pairs.c.customer_id, customer_pairs.c.other_customer_id):
            connection.execute(delete(customer_pairs).where(side.in_(ids)))


def forget_matches(database: Database, connection: Connection, contact_ids: Collection[str]) -> set[int]:
    """No match names these contacts any more: who was found to be one of them is nobody known. Whom that is about."""
    runner_up: dict[str, Any] = dict.fromkeys(("runner_up_id", "runner_up_probability"))
    nobody = {**runner_up, **dict.fromkeys(("contact_id", "account")), "evidence": [], "prior_bits": 0.0}
    nobody |= {"outcome": Outcome.NONE.value, "probability": 0.0}
    found: set[int] = set()
    for ids in batches(sorted({contact for contact in contact_ids if contact})):
        named, second = matches.c.contact_id.in_(ids), matches.c.runner_up_id.in_(ids)
        found.update(connection.scalars(select(matches.c.author_id).where(or_(named, second))))
        connection.execute(update(matches).where(named).values(nobody))
        connection.execute(update(matches).where(second).values(runner_up))
    settle(database, connection, found)
    return found


def part_from(database: Database, connection: Connection, customer_ids: Collection[int], now: datetime) -> None:
    """The ids of these contacts belong to somebody else now: nothing that was said or found of the former moves to the latter.

    What people decided about them ends, and is not restored by an undo either; the authors are matched anew.
    """
    about = identity_decisions.c.contact_key
    for ids in batches(customer_ids):
        rows = connection.execute(select(customers.c.contact_key, customers.c.contact_id).where(customers.c.id.in_(ids))).all()
        theirs = about.in_([row.contact_key for row in rows])
        standing = theirs & identity_decisions.c.ended_at.is_(None)
        due = set(connection.scalars(select(identity_decisions.c.author_id).where(standing)))
        past = theirs & identity_decisions.c.ended_at.is_not(None)
        connection.execute(update(identity_decisions).where(past).values(contact_key=None, contact_id=None, note=""))
        connection.execute(update(identity_decisions).where(standing).values(ended_at=now, ended_by=IMPORT))
        for side in (customer_pairs.c.customer_id, customer_pairs.c.other_customer_id):
            connection.execute(delete(customer_pairs).where(side.in_(ids)))
        due |= forget_matches(database, connection, [row.contact_id for row in rows])
        settle(database, connection, due)
        for chunk in batches(sorted(due)):
            again = authors.c.id.in_(chunk) & (authors.c.matched_by > NOTHING_TO_SAY)
            connection.execute(update(authors).where(again).values(matched_by=None))


def forget_old_ties(connection: Connection, before: datetime) -> None:
    """Decisions that ended long ago, and companies that contacts left long ago."""
    connection.execute(delete(identity_decisions).where(identity_decisions.c.ended_at < before))
    connection.execute(delete(employments).where(employments.c.until < before))
