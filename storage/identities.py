"""Who authors are, as people decide it: proposals that wait, decisions carried out and undone, and what they rest on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Select, func, insert, or_, select, update

from listener.core.corrections import HUMAN, HUMAN_VERSION
from listener.core.errors import StorageError
from listener.core.identities import Decision, DecisionKind
from listener.core.mention import Author
from listener.core.people import Customer, Match, Outcome
from storage import keys
from storage.authors import NOTHING_TO_SAY, due_again, to_author
from storage.database import Database
from storage.deciding import (
    ABOUT_CONTACTS,
    SAID,
    SILENCE,
    as_said,
    contradict,
    decided_at,
    decision_of,
    end_decisions,
    nobody,
    not_contradicted,
    to_decision,
    words_on,
)
from storage.identity_tables import identity_decisions
from storage.lookups import HeardMention, to_heard
from storage.matches import queue_sides
from storage.named import active_row, author_row, no_author
from storage.policies import Policies
from storage.rows import match_row, to_customer, to_match
from storage.settling import settle
from storage.tables import authors, matches, mentions
from storage.who import Identity, accounts_alike, authors_at, authors_of_person, identities_of, newest_about_us


@dataclass(frozen=True, slots=True)
class Proposal:
    """An author who may be a customer, and the newest of what they said about us."""

    identity: Identity
    latest: HeardMention


@dataclass(frozen=True, slots=True)
class Carried:
    """A decision as it was carried out, or undone."""

    decision: Decision
    fresh: bool = True
    """False where that had been decided before, and stands: nothing was changed."""
    ended: tuple[Decision, ...] = ()
    """What it took the place of."""
    restored: tuple[Decision, ...] = ()
    """What stands again, since what had taken its place was undone."""
    withheld: tuple[Decision, ...] = ()
    """What would stand again, but that a later decision says otherwise."""
    persons: frozenset[int] = frozenset()
    """Who gained or lost the author's posts: they are due to be judged."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A decision with the author it is about."""

    decision: Decision
    author: Author
    platform: str
    replaced: bool = False
    """It ended because another decision took its place, and was not undone."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many authors were found to be whom."""

    waiting: int
    """Proposals that nobody has decided."""
    linked: int
    """Authors who are a customer; ``by_hand`` of them because a person said so."""
    by_hand: int
    refused: int
    """Standing decisions that somebody is not a customer."""


class Identities:
    """What ``listener identities`` works with."""

    def __init__(self, database: Database, policies: Policies) -> None:
        self._database = database
        self._policies = policies

    # ---------------------------------------------------------------------------------------------------- looking up

    def named(self, platform: str, handle: str) -> list[int]:
        """The ids of the authors with that account, the one heard last first: an account may have changed hands."""
        key = keys.handle_key(platform, handle)
        query = select(authors.c.id).where(authors.c.handle_key == key).order_by(authors.c.last_heard_at.desc(), authors.c.id)
        with self._database.read() as connection:
            return list(connection.scalars(query)) if key else []

    def of(self, author_id: int) -> Identity:
        """What is known of who the author is.

        Raises:
            StorageError: there is no such author.
        """
        with self._database.read() as connection:
            found = identities_of(connection, [author_id])
        if not found:
            raise no_author(author_id)
        return found[0]

    def those(self, author_ids: Collection[int]) -> list[Identity]:
        """What is known of each of the authors, in the order given; those who are not there are left out."""
        with self._database.read() as connection:
            return identities_of(connection, author_ids)

    def alike(self, platform: str, handle: str, limit: int = 20) -> list[int]:
        """The ids of the authors on the platform whose account has that name on any instance, the one heard last first."""
        with self._database.read() as connection:
            return accounts_alike(connection, platform, handle, limit)

    def at_address(self, address: str) -> list[int]:
        """The ids of the authors whose profile has that address, the one heard last first."""
        with self._database.read() as connection:
            return authors_at(connection, address)

    def latest(self, author_id: int, now: datetime) -> HeardMention | None:
        """The newest of what the author said about us."""
        with self._database.read() as connection:
            said = newest_about_us(connection, [author_id]).get(author_id)
            if said is None:
                return None
            return to_heard(said, to_author(author_row(connection, author_id)), self._policies, now)

    def of_person(self, person_id: int) -> list[Identity]:
        """What is known of each author who is the person, the first heard first."""
        with self._database.read() as connection:
            return identities_of(connection, authors_of_person(connection, person_id))

    def customer(self, contact_id: str) -> Customer:
        """The customer of that id.

        Raises:
            StorageError: the CRM has none, or none any more.
        """
        with self._database.read() as connection:
            return to_customer(active_row(connection, contact_id))

    def proposals(self, now: datetime, limit: int) -> list[Proposal]:
        """Who waits for a person to decide: the most probable first, of equals who spoke last."""
        query = _waiting(select(authors.c.id)).order_by(matches.c.probability.desc(), authors.c.last_said_at.desc(), authors.c.id)
        with self._database.read() as connection:
            wanted = list(connection.scalars(query.limit(limit)))
            said = newest_about_us(connection, wanted)
            return [
                Proposal(one, to_heard(said[one.author_id], one.author, self._policies, now))
                for one in identities_of(connection, wanted)
                if one.author_id in said
            ]

    def counts(self) -> Counts:
        stands = identity_decisions.c.ended_at.is_(None)
        link = matches.c.outcome == Outcome.LINK.value
        refusals = identity_decisions.c.kind == DecisionKind.REFUSE.value
        with self._database.read() as connection:
            return Counts(
                waiting=connection.scalar(_waiting(select(func.count()))) or 0,
                linked=connection.scalar(select(func.count()).select_from(matches).where(link)) or 0,
                by_hand=connection.scalar(select(func.count()).select_from(matches).where(link, matches.c.engine == HUMAN)) or 0,
                refused=connection.scalar(select(func.count()).select_from(identity_decisions).where(stands, refusals)) or 0,
            )

    def decisions(self, *, author_id: int | None = None, ended: bool = False, limit: int = 100) -> list[Logged]:
        """The newest decisions first, of one author if given; with ``ended`` also those that were undone or replaced."""
        named = (authors.c.platform, *(authors.c[name] for name in _AUTHOR))
        query = select(identity_decisions, *named).join(authors, authors.c.id == identity_decisions.c.author_id)
        if author_id is not None:
            query = query.where(
                or_(identity_decisions.c.author_id == author_id, identity_decisions.c.other_author_id == author_id)
            )
        if not ended:
            query = query.where(identity_decisions.c.ended_at.is_(None))
        with self._database.read() as connection:
            newest = query.order_by(identity_decisions.c.at.desc(), identity_decisions.c.id.desc())
            rows = connection.execute(newest.limit(limit)).all()
            made = decided_at(connection, {row.author_id for row in rows if row.ended_at is not None})
            return [Logged(to_decision(row), to_author(row), row.platform, (row.author_id, row.ended_at) in made) for row in rows]

    # ------------------------------------------------------------------------------------------------------ deciding

    def link(self, author_id: int, contact_id: str, *, actor: str, note: str = "", now: datetime) -> Carried:
        """The author is this contact: what they said and will say counts as the customer's, in one transaction with the decision.

        Raises:
            StorageError: there is no such author or customer, or nothing is kept of who they are.
        """
        return self._decide(DecisionKind.LINK, author_id, contact_id, actor, note, now)

    def refuse(self, author_id: int, contact_id: str, *, actor: str, note: str = "", now: datetime) -> Carried:
        """The author is not this contact: a link to them ends at once, and no later pass or import makes one again.

        Raises:
            StorageError: there is no such author, or nothing is kept of who they are.
        """
        return self._decide(DecisionKind.REFUSE, author_id, contact_id, actor, note, now)

    def _decide(self, kind: DecisionKind, author_id: int, contact_id: str, actor: str, note: str, now: datetime) -> Carried:
        with self._database.write() as connection:
            author = author_row(connection, author_id)
            if author.pseudonym_at is not None:
                raise StorageError(f"Nothing is kept any more of who author {author_id} was")
            if kind is DecisionKind.LINK:
                active_row(connection, contact_id)
            values = (kind.value, author_id, None, contact_id, keys.contact_key(contact_id), note, actor, now)
            said = SimpleNamespace(**dict(zip(SAID, values, strict=True)))
            standing = select(identity_decisions).where(
                identity_decisions.c.author_id == author_id, identity_decisions.c.ended_at.is_(None)
            )
            ended = []
            for row in connection.execute(standing.order_by(identity_decisions.c.id)):
                if (row.kind, row.contact_key) == (said.kind, said.contact_key):
                    return Carried(to_decision(row), fresh=False)
                if row.kind in ABOUT_CONTACTS and contradict(said, row):
                    ended.append(row)
            end_decisions(connection, [row.id for row in ended], actor, now)
            (number,) = self._add(connection, [as_said(said)])
            persons = self._apply(connection, [author], now)
            return Carried(decision_of(connection, number), ended=tuple(map(to_decision, ended)), persons=persons)

    def undo(self, decision_id: int, *, actor: str, now: datetime) -> Carried:
        """End a decision; what it had taken the place of stands again, unless something decided since says otherwise.

        Who the authors are is found anew by the next pass.

        Raises:
            StorageError: there is no such decision, or it has ended already.
        """
        with self._database.write() as connection:
            found = connection.execute(select(identity_decisions).where(identity_decisions.c.id == decision_id)).first()
            if found is None:
                raise StorageError(f"There is no decision {decision_id}; see `listener identities decisions`")
            if found.ended_at is not None:
                raise StorageError(f"Decision {decision_id} has ended already: it was undone, or another took its place")
            end_decisions(connection, [decision_id], actor, now)
            earlier = self._replaced_by(connection, found)
            again = not_contradicted(connection, earlier)
            numbers = self._add(connection, [as_said(row) for row in again])
            both = [author_row(connection, one) for one in (found.author_id, found.other_author_id) if one is not None]
            persons = self._apply(connection, both, now)
            restored = tuple(decision_of(connection, number) for number in numbers)
            withheld = tuple(to_decision(row) for row in earlier if row not in again)
            return Carried(decision_of(connection, decision_id), restored=restored, withheld=withheld, persons=persons)

    def _replaced_by(self, connection: Connection, decision: Any) -> list[Any]:
        """What the decision took the place of when it was made: it ended in that moment, and says something else."""
        earlier = select(identity_decisions).where(
            identity_decisions.c.author_id.in_((decision.author_id, decision.other_author_id)),
            identity_decisions.c.ended_at == decision.at,
            identity_decisions.c.id < decision.id,
            or_(identity_decisions.c.contact_key.is_not(None), identity_decisions.c.kind.not_in(ABOUT_CONTACTS)),
        )
        rows = [row for row in connection.execute(earlier.order_by(identity_decisions.c.id)) if contradict(decision, row)]
        newest = {(row.kind, row.contact_key if row.kind == DecisionKind.REFUSE else ""): row for row in rows}
        return list(newest.values())

    def _add(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> list[int]:
        numbers = self._database.reserve(connection, identity_decisions, len(rows))
        if rows:
            connection.execute(insert(identity_decisions), [{**row, "id": n} for row, n in zip(rows, numbers, strict=True)])
        return numbers

    def _apply(self, connection: Connection, those: Sequence[Any], now: datetime) -> frozenset[int]:
        """Make the matches and persons of the authors what people say; whoever changes is due to be judged. Who that may be."""
        ids = [author.id for author in those]
        words = words_on(connection, ids)
        known = {row.author_id: to_match(row) for row in connection.execute(select(matches).where(matches.c.author_id.in_(ids)))}
        sides = []
        for author in those:
            word = words.get(author.id, SILENCE)
            before = known.get(author.id) or Match(Outcome.NONE, 0.0, author.policy, HUMAN, HUMAN_VERSION)
            now_is = word.over(before)
            if before.engine == HUMAN and before.contact_id is not None and word.linked is None:
                now_is = nobody(before)  # a person's link was undone; the next pass says what the evidence says
            if now_is != before:
                columns = [column.name for column in matches.c][1:]
                self._database.put(connection, matches, [match_row(author.id, now_is, now)], update=columns)
            if now_is.own_side != before.own_side:
                sides.append(author.id)
        connection.execute(update(authors).where(authors.c.id.in_(ids)).values(matched_by=due_again()))
        settle(self._database, connection, ids)
        queue_sides(self._database, connection, sides)
        after = connection.scalars(select(authors.c.person_id).where(authors.c.id.in_(ids)))
        return frozenset({*after, *(author.person_id for author in those)})


_AUTHOR = tuple(name for name in Author.__dataclass_fields__)


def _waiting(query: Select[Any]) -> Select[Any]:
    """Narrowed down to authors who may be a customer and have something to say about us."""
    said = select(mentions.c.id).where(mentions.c.author_id == authors.c.id, mentions.c.about_us).exists()
    speaks = or_(authors.c.matched_by.is_(None), authors.c.matched_by != NOTHING_TO_SAY)
    query = query.select_from(matches.join(authors, authors.c.id == matches.c.author_id))
    return query.where(matches.c.outcome == Outcome.REVIEW.value, speaks, said)
