"""What people decided about who authors are: how far it stands, which every later step asks, and the rows it is kept in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, update

from listener.core.corrections import HUMAN, HUMAN_VERSION
from listener.core.identities import Decision, DecisionKind
from listener.core.people import Match, MatchJob, Outcome
from storage.database import batches
from storage.entries import entered_twice
from storage.identity_tables import identity_decisions
from storage.tables import customers

ABOUT_CONTACTS = (DecisionKind.LINK.value, DecisionKind.REFUSE.value)


@dataclass(frozen=True, slots=True)
class Word:
    """What people said of one author, as far as it stands, by the CRM's ids of today."""

    linked: str | None = None
    """The contact who the author is."""
    refused: frozenset[str] = frozenset()
    """Contacts who the author is not."""
    alone: bool = False
    """The author is a contact who is gone from the CRM: nobody else, until that one comes back."""

    def was_heard(self, job: MatchJob) -> bool:
        """Whether the job was read with all this: nobody decided anything meanwhile."""
        return (job.linked, job.refused) == (self.linked, self.refused)

    def over(self, match: Match) -> Match:
        """The match as people leave it: no evidence goes before what they said."""
        kept = replace(match, runner_up=None) if match.runner_up and match.runner_up.contact_id in self.refused else match
        if self.linked is not None:
            account = match.account if match.contact_id == self.linked else None
            by_hand = replace(
                match, outcome=Outcome.LINK, probability=1.0, contact_id=self.linked, account=account, own_side=False
            )
            return replace(by_hand, evidence=(), prior_bits=0.0, runner_up=None, engine=HUMAN, version=HUMAN_VERSION)
        if match.contact_id is not None and (self.alone or match.contact_id in self.refused):
            return nobody(match)
        return kept


SILENCE = Word()


def nobody(match: Match) -> Match:
    """The match without a contact and without the evidence that spoke for one; the company stays."""
    return replace(
        match, outcome=Outcome.NONE, probability=0.0, contact_id=None, evidence=(), runner_up=None, prior_bits=0.0, own_side=False
    )


def words_on(connection: Connection, author_ids: Iterable[int]) -> dict[int, Word]:
    """What stands of each author about whom anything was decided."""
    linked: dict[int, str | None] = {}
    refused: dict[int, set[str]] = defaultdict(set)
    refused_keys: dict[int, set[str]] = defaultdict(set)
    contact = func.coalesce(customers.c.contact_id, identity_decisions.c.contact_id).label("contact")
    columns = (identity_decisions.c.author_id, identity_decisions.c.kind, identity_decisions.c.contact_key)
    query = select(*columns, contact, customers.c.id.label("customer_id"))
    # A retired customer's row may be blank, so of those who are gone the decision's own id is taken.
    active = and_(customers.c.contact_key == identity_decisions.c.contact_key, customers.c.retired_at.is_(None))
    query = query.outerjoin(customers, active).where(identity_decisions.c.kind.in_(ABOUT_CONTACTS), *_stands())
    for ids in batches(author_ids):
        for row in connection.execute(query.where(identity_decisions.c.author_id.in_(ids)).order_by(identity_decisions.c.id)):
            if row.kind == DecisionKind.LINK:
                linked[row.author_id] = row.contact if row.customer_id is not None else None
            elif row.contact:
                refused[row.author_id].add(row.contact)
                refused_keys[row.author_id].add(row.contact_key)
    twice = entered_twice(connection, {key for keys in refused_keys.values() for key in keys})
    for author, keys in refused_keys.items():
        refused[author].update(contact for key in keys for contact in twice.get(key, {}).values() if contact)
    return {
        author: Word(linked.get(author), frozenset(refused.get(author, ())), author in linked and linked[author] is None)
        for author in {*linked, *refused}
    }


def decisions_about(connection: Connection, author_ids: Collection[int], *, ended: bool = False) -> Mapping[int, list[Decision]]:
    """What was decided about each author, merges and splits with others too, the first first; with ``ended`` what is past."""
    found: dict[int, dict[int, Decision]] = defaultdict(dict)
    wanted = set(author_ids)
    for ids in batches(sorted(wanted)):
        one, other = identity_decisions.c.author_id, identity_decisions.c.other_author_id
        query = select(identity_decisions).where(or_(one.in_(ids), other.in_(ids)))
        for row in connection.execute(query if ended else query.where(*_stands())):
            for author in {row.author_id, row.other_author_id} & wanted:
                found[author][row.id] = to_decision(row)
    return {author: [each[number] for number in sorted(each)] for author, each in found.items()}


def to_decision(row: Row[Any]) -> Decision:
    """From the columns of ``identity_decisions``."""
    return Decision(
        id=row.id,
        kind=DecisionKind(row.kind),
        author_id=row.author_id,
        actor=row.actor,
        at=row.at,
        contact_id=row.contact_id,
        other_author_id=row.other_author_id,
        note=row.note,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )


def _stands() -> tuple[Any, ...]:
    return (identity_decisions.c.ended_at.is_(None),)


# ------------------------------------------------------------------------------------------------ as rows


def not_contradicted(connection: Connection, rows: Sequence[Any]) -> list[Any]:
    """Those of the ended decisions that nothing contradicts which stands now: all that does came later."""
    who = {row.author_id for row in rows}
    query = select(identity_decisions).where(identity_decisions.c.author_id.in_(who), identity_decisions.c.ended_at.is_(None))
    standing = connection.execute(query).all()
    return [row for row in rows if not any(row.author_id == one.author_id and contradict(row, one) for one in standing)]


def contradict(one: Any, other: Any) -> bool:
    """Whether two decisions (rows, or the like) cannot stand beside each other: a link ends links to anybody else, a refusal a
    link to the same contact, a split a merge of the same two."""
    if one.kind not in ABOUT_CONTACTS or other.kind not in ABOUT_CONTACTS:
        return bool(one.kind != other.kind and _pair(one) == _pair(other))
    same = one.contact_key == other.contact_key
    if one.kind == other.kind:
        return one.kind == DecisionKind.LINK and not same
    return bool(same)


def _pair(decision: Any) -> frozenset[int | None]:
    return frozenset((decision.author_id, decision.other_author_id))


SAID = ("kind", "author_id", "other_author_id", "contact_id", "contact_key", "note", "actor", "at")


def as_said(row: Any) -> dict[str, Any]:
    """What a decision said, who and when, as columns of another that says it again."""
    return {name: getattr(row, name) for name in SAID}


def decided_at(connection: Connection, author_ids: Collection[int]) -> set[tuple[int, datetime]]:
    """When anything was decided about each author: what ended in that moment was replaced."""
    made: set[tuple[int, datetime]] = set()
    for ids in batches(author_ids):
        query = select(identity_decisions.c.author_id, identity_decisions.c.at).where(identity_decisions.c.author_id.in_(ids))
        made.update((row.author_id, row.at) for row in connection.execute(query))
    return made


def end_decisions(connection: Connection, numbers: Collection[int], actor: str, now: datetime) -> None:
    """They stand no longer, from now on."""
    if numbers:
        ended = update(identity_decisions).where(identity_decisions.c.id.in_(numbers))
        connection.execute(ended.values(ended_at=now, ended_by=actor))


def decision_of(connection: Connection, number: int) -> Decision:
    """The decision of that number, which is there."""
    return to_decision(connection.execute(select(identity_decisions).where(identity_decisions.c.id == number)).one())
