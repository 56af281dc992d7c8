"""Cases as people see them: lists, histories, the facts behind them, and decisions carried out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import case, select

from listener.core.cases import Case, CaseChange, CaseKind, CaseState, Event
from listener.core.errors import StorageError
from listener.core.telling import PersonFacts
from storage.casebook import apply_changes
from storage.database import Database
from storage.due import queue_persons
from storage.facts import person_facts
from storage.policies import Policies
from storage.rows import to_case, to_event
from storage.tables import case_events, cases, people

_PRESSING = (CaseKind.FOLLOW_UP, CaseKind.CANDIDATE, CaseKind.HEARD)


class Cases:
    """The case book for people: judging writes to it through ``Standings``."""

    def __init__(self, database: Database, policies: Policies) -> None:
        self._database = database
        self._policies = policies

    def find(
        self,
        *,
        states: Collection[CaseState] | None = None,
        kind: CaseKind | None = None,
        brand: str | None = None,
        limit: int = 100,
    ) -> Sequence[Case]:
        """Cases in one of the states (all by default): the most pressing kind first, then the next due, then the last changed."""
        pressing = case({kind.value: place for place, kind in enumerate(_PRESSING)}, value=cases.c.kind)
        due = (cases.c.due_at.is_(None), cases.c.due_at)
        query = select(cases).order_by(pressing, *due, cases.c.changed_at.desc(), cases.c.id.desc()).limit(limit)
        if states is not None:
            query = query.where(cases.c.state.in_([state.value for state in states]))
        if kind is not None:
            query = query.where(cases.c.kind == kind.value)
        if brand is not None:
            query = query.where(cases.c.brand == brand)
        with self._database.read() as connection:
            return [to_case(row) for row in connection.execute(query)]

    def get(self, case_id: int) -> Case | None:
        with self._database.read() as connection:
            row = connection.execute(select(cases).where(cases.c.id == case_id)).first()
            return to_case(row) if row else None

    def events(self, case_id: int) -> Sequence[Event]:
        """Everything that ever happened to the case, oldest first."""
        with self._database.read() as connection:
            query = select(case_events).where(case_events.c.case_id == case_id).order_by(case_events.c.id)
            return [to_event(row) for row in connection.execute(query)]

    def apply(self, change: CaseChange) -> Case:
        """Carry a person's decision out; the case as it is then. The caller has checked that the move is allowed.

        The person becomes due for judging, since a decision can make something else happen: a case that sleeps has to be woken,
        and a follow-up that is settled lets the person be a candidate again.

        Raises:
            StorageError: the person is no longer known (erased meanwhile).
        """
        with self._database.write() as connection:
            if connection.execute(select(people.c.id).where(people.c.id == change.person_id)).first() is None:
                raise StorageError(f"Case {change.case_id} no longer exists: the person was erased")
            queue_persons(self._database, connection, {(change.person_id, change.brand)})
            return apply_changes(self._database, connection, [change])[0]

    def facts(self, pairs: Sequence[tuple[int, str]], since: datetime, until: datetime) -> Sequence[PersonFacts]:
        """What is known about each (person, brand), with what happened to their cases after ``since`` until ``until``."""
        with self._database.read() as connection:
            return person_facts(connection, pairs, since, until, self._policies)
