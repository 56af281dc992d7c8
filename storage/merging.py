"""Several accounts of one person: who is compared with whom, what was found, and what people decided."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, delete, func, insert, or_, select, update

from listener.core.brand import MatchingPolicy
from listener.core.corrections import HUMAN, HUMAN_VERSION
from listener.core.errors import StorageError
from listener.core.identities import Account, DecisionKind, Merge, MergeProposal, MergeWork
from listener.core.people import MatchJob, Outcome
from storage.authors import to_author
from storage.database import Database, batches
from storage.deciding import to_decision
from storage.identities import Carried
from storage.identity_tables import author_keys, identity_decisions, merge_queue, merges
from storage.matches import closed
from storage.rows import reasons_from, reasons_row
from storage.settling import settle
from storage.tables import authors, customers, matches, people

CAP = 25
"""A key that more authors share says nothing about who is one person."""
_ABOUT_TWO = (DecisionKind.MERGE.value, DecisionKind.SPLIT.value)


class Merging:
    """Implements ``AuthorIndex``, and keeps what people say about two accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ------------------------------------------------------------------------------------------------- the step

    def pending_merges(self, limit: int, policies: Mapping[str, MatchingPolicy]) -> MergeWork:
        """The first authors who were matched since they were last compared, each with all who share a key with them.

        A key that more than ``CAP`` authors have finds nobody. Authors of our own side, and those without a name any more, are
        compared with nobody.
        """
        with self._database.read() as connection:
            waiting = select(merge_queue.c.author_id).order_by(merge_queue.c.author_id).limit(limit)
            ids = tuple(connection.scalars(waiting))
            pairs = _pairs(connection, ids)
            jobs = _jobs(connection, {author for pair in pairs for author in pair}, policies)
            total = connection.scalar(select(func.count()).select_from(matches)) or 0
        known = tuple((jobs[one], jobs[other]) for one, other in pairs if one in jobs and other in jobs)
        return MergeWork(ids, known, total)

    def save_merges(self, work: MergeWork, found: Sequence[Merge], now: datetime) -> None:
        """Replace the merges of the work's authors and settle who is who. Authors who are gone meanwhile are left out."""
        with self._database.write() as connection:
            there = _existing(connection, {*work.author_ids, *(author for one in found for author in _pair(one))})
            new = {_pair(one): one for one in found if there.issuperset(_pair(one))}
            gone = _merged_pairs(connection, work.author_ids) - set(new)
            both = (merges.c.author_id == bindparam("one"), merges.c.other_author_id == bindparam("other"))
            for batch in batches(sorted(gone)):
                connection.execute(delete(merges).where(*both), [{"one": one, "other": other} for one, other in batch])
            rows = [_row(one, now) for one in new.values()]
            changing = [column.name for column in merges.c if not column.primary_key and column is not merges.c.found_at]
            self._database.put(connection, merges, rows, update=changing)
            settle(self._database, connection, there | {author for pair in gone for author in pair})
            for ids in batches(work.author_ids):
                connection.execute(delete(merge_queue).where(merge_queue.c.author_id.in_(ids)))

    # ------------------------------------------------------------------------------------------------ for people

    def proposals(self, limit: int = 50) -> Sequence[MergeProposal]:
        """Accounts that are, or may be, one person and are not treated as one, the likeliest first.

        Besides proposals these are merges that could not be carried out: of accounts that are linked to different customers, or
        that would put two accounts of one platform together. What a person split is not proposed again.
        """
        one, other = authors.alias("one"), authors.alias("other")
        said = _said(merges.c.author_id, merges.c.other_author_id)
        query = select(merges).join(one, one.c.id == merges.c.author_id).join(other, other.c.id == merges.c.other_author_id)
        query = query.where(one.c.person_id != other.c.person_id, ~said.exists())
        order = (merges.c.probability.desc(), merges.c.author_id, merges.c.other_author_id)
        with self._database.read() as connection:
            found = [to_merge(row) for row in connection.execute(query.order_by(*order).limit(limit))]
            found = [*_undone(connection, limit), *found][:limit]
            accounts = _accounts(connection, authors.c.id, {author for merge in found for author in _pair(merge)})
        by_id = {account.author_id: account for account in accounts}
        return [MergeProposal(merge, *(by_id[author] for author in _pair(merge))) for merge in found]

    def accounts(self, person_ids: Collection[int]) -> Mapping[int, Sequence[Account]]:
        """All accounts of each person, in the order in which they were first heard."""
        found: dict[int, list[Account]] = {person: [] for person in person_ids}
        with self._database.read() as connection:
            for account in _accounts(connection, authors.c.person_id, person_ids):
                found[account.person_id].append(account)
        return found

    def accounts_of(self, author_ids: Collection[int]) -> Mapping[int, Account]:
        """Those of the accounts that are there, by their author's id."""
        with self._database.read() as connection:
            return {account.author_id: account for account in _accounts(connection, authors.c.id, author_ids)}

    def account(self, author_id: int) -> Account:
        """One account.

        Raises:
            StorageError: there is no such author.
        """
        with self._database.read() as connection:
            return _account(connection, author_id)

    def ties(self, author_id: int) -> Sequence[Merge]:
        """What the evidence says of the author and each other one, the likeliest first."""
        query = select(merges).where(or_(merges.c.author_id == author_id, merges.c.other_author_id == author_id))
        with self._database.read() as connection:
            return [to_merge(row) for row in connection.execute(query.order_by(merges.c.probability.desc(), *merges.primary_key))]

    def merge(self, author_id: int, other_id: int, *, actor: str, note: str = "", now: datetime) -> Carried:
        """Two accounts are one person: what both said counts as one's, in one transaction with the decision.

        Raises:
            StorageError: there is no such author, nothing is kept of who they are, or the two are one account.
        """
        with self._database.write() as connection:
            return self._decide(connection, DecisionKind.MERGE, author_id, [other_id], actor, note, now)[0]

    def split(
        self, author_id: int, other_id: int | None = None, *, actor: str, note: str = "", now: datetime
    ) -> Sequence[Carried]:
        """Two accounts are two people, and no later pass makes them one; without the other, the author is nobody of their group.

        Raises:
            StorageError: there is no such author, nothing is kept of who they are, the two are one account, there is nobody to be
                split from, or a link of each makes both the same customer.
        """
        with self._database.write() as connection:
            person = _account(connection, author_id).person_id
            if other_id is None:
                group = [each.author_id for each in _accounts(connection, authors.c.person_id, [person])]
                others = [each for each in group if each != author_id]
            else:
                others = [other_id]
            if not others:
                raise StorageError(f"Author {author_id} is the only account of this person: there is nothing to split")
            return self._decide(connection, DecisionKind.SPLIT, author_id, others, actor, note, now)

    def _decide(
        self,
        connection: Connection,
        kind: DecisionKind,
        author_id: int,
        others: Sequence[int],
        actor: str,
        note: str,
        now: datetime,
    ) -> list[Carried]:
        """One decision about each pair, in the place of the one that stood; where that says the same it is left as it is."""
        before = {each: _account(connection, each).person_id for each in (author_id, *others)}
        if author_id in others:
            raise StorageError(f"Author {author_id} is one account: name two")
        _refuse_forgotten(connection, before)
        done = []
        for one, other in (sorted((author_id, other)) for other in others):
            standing = connection.execute(_said(one, other)).all()
            if any(row.kind == kind for row in standing):
                done += [Carried(to_decision(row), fresh=False) for row in standing]
                continue
            over = update(identity_decisions).where(identity_decisions.c.id.in_([row.id for row in standing]))
            connection.execute(over.values(ended_at=now, ended_by=actor))
            values = {"kind": kind.value, "author_id": one, "other_author_id": other, "note": note, "actor": actor, "at": now}
            (row,) = connection.execute(insert(identity_decisions).values(values).returning(identity_decisions))
            done.append(Carried(to_decision(row), ended=tuple(map(to_decision, standing))))
        settle(self._database, connection, before)
        after = {each: _account(connection, each).person_id for each in before}
        if kind is DecisionKind.SPLIT:
            _refuse_in_vain(connection, author_id, [each for each in others if after[each] == after[author_id]])
        persons = {*before.values(), *after.values()}
        return [replace(one, persons=frozenset(persons)) if one.fresh else one for one in done]


def _refuse_forgotten(connection: Connection, author_ids: Iterable[int]) -> None:
    """
    Raises:
        StorageError: nothing is kept of who one of the authors was.
    """
    for ids in batches(sorted(author_ids)):
        gone = select(authors.c.id).where(authors.c.id.in_(ids), authors.c.pseudonym_at.is_not(None)).order_by(authors.c.id)
        if (author := connection.scalars(gone).first()) is not None:
            raise StorageError(f"Nothing is kept any more of who author {author} was")


def _refuse_in_vain(connection: Connection, author_id: int, others: Sequence[int]) -> None:
    """
    Raises:
        StorageError: these others are the author's person even though they were split: all are linked to one customer.
    """
    if not others:
        return
    mine = matches.c.author_id.in_([author_id, *others])
    linked = set(connection.scalars(select(matches.c.author_id).where(mine, matches.c.outcome == Outcome.LINK.value)))
    how = " or ".join(f"`listener identities unlink {each}`" for each in (author_id, *others[:3]) if each in linked)
    raise StorageError(
        f"Author {author_id} and author {', '.join(map(str, others[:10]))} are linked to the same customer each, "
        f"so a split would change nothing. If one of them is not this customer: {how or 'unlink that one'}"
    )


def to_merge(row: Any) -> Merge:
    """From the columns of ``merges``."""
    return Merge(
        author_id=row.author_id,
        other_author_id=row.other_author_id,
        probability=row.probability,
        certain=row.certain,
        prior_bits=row.prior_bits,
        evidence=reasons_from(row.evidence),
        engine=row.engine,
        version=row.version,
    )


def _row(merge: Merge, now: datetime) -> dict[str, Any]:
    return {
        "author_id": merge.author_id,
        "other_author_id": merge.other_author_id,
        "probability": merge.probability,
        "certain": merge.certain,
        "prior_bits": merge.prior_bits,
        "evidence": reasons_row(merge.evidence),
        "engine": merge.engine,
        "version": merge.version,
        "found_at": now,
    }


def _pair(merge: Merge) -> tuple[int, int]:
    return merge.author_id, merge.other_author_id


# ----------------------------------------------------------------------------------------------------- who is compared


def _pairs(connection: Connection, author_ids: Iterable[int]) -> list[tuple[int, int]]:
    """The authors, each with everybody who shares a telling key with them; the lower id first, each pair once."""
    mine, theirs, more = author_keys.alias("mine"), author_keys.alias("theirs"), author_keys.alias("more")
    crowded = select(more.c.key).where(more.c.key == mine.c.key).order_by(more.c.author_id).offset(CAP).limit(1).exists()
    query = select(mine.c.author_id, theirs.c.author_id.label("other")).distinct()
    query = query.join(theirs, and_(theirs.c.key == mine.c.key, theirs.c.author_id != mine.c.author_id)).where(~crowded)
    found = set()
    for ids in batches(author_ids):
        for row in connection.execute(query.where(mine.c.author_id.in_(ids))):
            found.add((min(row.author_id, row.other), max(row.author_id, row.other)))
    return sorted(found)


def _jobs(connection: Connection, author_ids: Iterable[int], policies: Mapping[str, MatchingPolicy]) -> dict[int, MatchJob]:
    found = {}
    ours = select(matches.c.author_id).where(matches.c.author_id == authors.c.id, matches.c.own_side).exists()
    for ids in batches(sorted(author_ids)):
        for row in connection.execute(select(authors).where(authors.c.id.in_(ids), authors.c.pseudonym_at.is_(None), ~ours)):
            policy = policies.get(row.policy) or closed(row.policy)
            found[row.id] = MatchJob(row.id, row.platform, row.origin, to_author(row), policy, row.named)
    return found


def _existing(connection: Connection, author_ids: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for ids in batches(sorted(author_ids)):
        found.update(connection.scalars(select(authors.c.id).where(authors.c.id.in_(ids))))
    return found


def _merged_pairs(connection: Connection, author_ids: Iterable[int]) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for ids in batches(author_ids):
        for side in (merges.c.author_id, merges.c.other_author_id):
            rows = connection.execute(select(merges.c.author_id, merges.c.other_author_id).where(side.in_(ids)))
            found.update((row.author_id, row.other_author_id) for row in rows)
    return found


# -------------------------------------------------------------------------------------------------- what people see


def _said(one: Any, other: Any) -> Select[Any]:
    """What people decided about two accounts, as far as it stands; the lower id comes first."""
    pair = (identity_decisions.c.author_id == one, identity_decisions.c.other_author_id == other)
    stands = identity_decisions.c.ended_at.is_(None)
    return select(identity_decisions).where(stands, identity_decisions.c.kind.in_(_ABOUT_TWO), *pair)


def _undone(connection: Connection, limit: int) -> list[Merge]:
    """What people merged and what cannot be carried out: the two are linked to different customers, or were split elsewhere."""
    one, other, said = authors.alias("one"), authors.alias("other"), identity_decisions
    query = select(said.c.author_id, said.c.other_author_id).join(one, one.c.id == said.c.author_id)
    query = query.join(other, other.c.id == said.c.other_author_id).where(one.c.person_id != other.c.person_id)
    query = query.where(said.c.kind == DecisionKind.MERGE.value, said.c.ended_at.is_(None))
    rows = connection.execute(query.order_by(said.c.id.desc()).limit(limit))
    return [Merge(row.author_id, row.other_author_id, 1.0, True, 0.0, (), HUMAN, HUMAN_VERSION) for row in rows]


def _account(connection: Connection, author_id: int) -> Account:
    found = _accounts(connection, authors.c.id, [author_id])
    if not found:
        raise StorageError(f"There is no author {author_id}; `listener mentions --json` names them")
    return found[0]


def _accounts(connection: Connection, column: Any, wanted: Iterable[int]) -> list[Account]:
    found = []
    shown = ("person_id", "platform", "handle", "display_name", "profile_url")
    names = (customers.c.contact_id, customers.c.first_name, customers.c.last_name)
    query = select(authors.c.id, *(authors.c[name] for name in shown), *names).join(people, people.c.id == authors.c.person_id)
    query = query.outerjoin(customers, customers.c.id == people.c.customer_id)
    for ids in batches(sorted(set(wanted))):
        for row in connection.execute(query.where(column.in_(ids)).order_by(authors.c.id)):
            name = " ".join(part for part in (row.first_name, row.last_name) if part) or None
            values = {each: getattr(row, each) for each in shown}
            found.append(Account(author_id=row.id, **values, contact_id=row.contact_id, customer_name=name))
    return found
