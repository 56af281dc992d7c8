"""What became of people in a week: stances that turned, steps of cases, follow-ups, and the customers who spoke."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, case, func, or_, select

from listener.core.analysis import Label
from listener.core.cases import Action, CaseKind, CaseState, EventKind
from listener.core.standing import Stance
from listener.core.trends import FollowUp, Speaker, Step, Turn, Weeks, Whose
from storage.database import batches
from storage.tables import authors, case_events, cases, customers, judgements, people, standings

_OPENED = (EventKind.OPENED.value, EventKind.REOPENED.value)
_WAITING = (CaseState.NEW.value, CaseState.CONFIRMED.value)
_WHOSE = (customers.c.segment, customers.c.owner)


def turns(connection: Connection, weeks: Weeks, brands: Sequence[str]) -> Iterator[Turn]:
    """Customers whose stance at the end of the week is not the one of its beginning, or who had none then."""
    place = func.row_number().over(
        partition_by=(standings.c.person_id, standings.c.brand), order_by=(standings.c.recorded_at.desc(), standings.c.id.desc())
    )
    names = (standings.c.person_id, standings.c.brand, standings.c.stance, *_WHOSE)
    here = (standings.c.recorded_at >= weeks.since, standings.c.recorded_at < weeks.until, standings.c.brand.in_(brands))
    latest = (
        select(*names, place.label("place"))
        .join(people, people.c.id == standings.c.person_id)
        .join(customers, customers.c.id == people.c.customer_id)
        .where(*here)
        .subquery()
    )
    earlier = standings.alias("earlier")
    same = and_(earlier.c.person_id == latest.c.person_id, earlier.c.brand == latest.c.brand)
    before = (
        select(earlier.c.stance)
        .where(same, earlier.c.recorded_at < weeks.since)
        .order_by(earlier.c.recorded_at.desc(), earlier.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(latest, before.label("before")).where(latest.c.place == 1)
    for row in connection.execute(query.order_by(latest.c.person_id, latest.c.brand)):
        if row.before != row.stance:
            yield Turn(_whose(row), Stance(row.before) if row.before else None, Stance(row.stance))


def steps(connection: Connection, weeks: Weeks, brands: Sequence[str]) -> Iterator[Step]:
    """What happened to the cases of customers, each kind of it once for a person."""
    names = (cases.c.person_id, cases.c.brand, cases.c.kind, case_events.c.kind.label("event"), case_events.c.action)
    query = (
        select(*names, *_WHOSE)
        .join(cases, cases.c.id == case_events.c.case_id)
        .join(people, people.c.id == cases.c.person_id)
        .join(customers, customers.c.id == people.c.customer_id)
        .where(_in_week(case_events.c.at, weeks), cases.c.brand.in_(brands))
        .distinct()
        .order_by(*names)
    )
    for row in connection.execute(query):
        action = Action(row.action) if row.action else None
        yield Step(_whose(row), CaseKind(row.kind), EventKind(row.event), action)


def follow_ups(connection: Connection, weeks: Weeks, brands: Sequence[str]) -> Iterator[FollowUp]:
    """Follow-ups, of strangers too, that were opened or answered in the week, or that wait and were due before its end.

    An answer belongs to the last opening before it.
    """
    overdue = and_(cases.c.state.in_(_WAITING), cases.c.due_at < weeks.until)
    touched = select(case_events.c.case_id).where(_in_week(case_events.c.at, weeks), _TELLING)
    query = (
        select(
            cases.c.id, cases.c.person_id, cases.c.brand, *_WHOSE, cases.c.opened_at, case((overdue, 1), else_=0).label("overdue")
        )
        .join(people, people.c.id == cases.c.person_id)
        .outerjoin(customers, customers.c.id == people.c.customer_id)
        .where(cases.c.kind == CaseKind.FOLLOW_UP.value, cases.c.brand.in_(brands), or_(overdue, cases.c.id.in_(touched)))
        .order_by(cases.c.id)
    )
    rows = connection.execute(query).all()
    events = _events(connection, [row.id for row in rows], weeks)
    for row in rows:
        theirs = events.get(row.id, ())
        answered = (event.at for event in theirs if event.action == Action.CONTACTED.value and event.at >= weeks.since)
        contacted = next(answered, None)
        openings = [event.at for event in theirs if event.kind in _OPENED and event.at <= (contacted or weeks.until)]
        yield FollowUp(_whose(row), openings[-1] if openings else row.opened_at, contacted, bool(row.overdue))


_TELLING = or_(case_events.c.kind.in_(_OPENED), case_events.c.action == Action.CONTACTED.value)
"""Events that say when a follow-up was opened, and when it was answered."""


def _events(connection: Connection, case_ids: Sequence[int], weeks: Weeks) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for ids in batches(case_ids):
        query = select(case_events.c.case_id, case_events.c.kind, case_events.c.action, case_events.c.at)
        query = query.where(case_events.c.case_id.in_(ids), _TELLING, case_events.c.at < weeks.until)
        for row in connection.execute(query.order_by(case_events.c.at, case_events.c.id)):
            found[row.case_id].append(row)
    return found


def speakers(connection: Connection, weeks: Weeks, brands: Sequence[str], said: FromClause) -> Iterator[Speaker]:
    """The customers among those who told the posts ``said`` (``storage.trends.told``), the most talkative first."""
    sure = and_(said.c.own_words, or_(~said.c.unsure, said.c.label == Label.UNSCORED.value))

    def felt(label: Label) -> ColumnElement[int]:
        return func.sum(case((and_(sure, said.c.label == label.value), 1), else_=0))

    number = func.count(said.c.id)
    query = (
        select(
            people.c.id.label("person_id"),
            number.label("mentions"),
            felt(Label.POSITIVE).label("positive"),
            felt(Label.NEGATIVE).label("negative"),
        )
        .select_from(said)
        .join(authors, authors.c.id == said.c.author_id)
        .join(people, people.c.id == authors.c.person_id)
        .where(people.c.customer_id.is_not(None))
        .group_by(people.c.id)
        .order_by(number.desc(), people.c.id)
    )
    rows = connection.execute(query).all()
    known = _known(connection, [row.person_id for row in rows])
    stances = _stances(connection, [row.person_id for row in rows], weeks, brands)
    for row in rows:
        its = known[row.person_id]
        name = " ".join(part for part in (its.first_name, its.last_name) if part) or its.contact_id
        brand, stance = stances.get(row.person_id, (brands[0], None))
        yield Speaker(
            Whose(row.person_id, brand, its.segment, its.owner),
            name,
            its.company or None,
            row.mentions,
            int(row.positive),
            int(row.negative),
            stance,
            its.do_not_contact,
        )


def _known(connection: Connection, person_ids: Sequence[int]) -> dict[int, Any]:
    names = ("contact_id", "first_name", "last_name", "company", "segment", "owner", "do_not_contact")
    found: dict[int, Any] = {}
    for ids in batches(person_ids):
        query = select(people.c.id, *(customers.c[name] for name in names))
        query = query.join(customers, customers.c.id == people.c.customer_id).where(people.c.id.in_(ids))
        found.update((row.id, row) for row in connection.execute(query))
    return found


def _stances(
    connection: Connection, person_ids: Sequence[int], weeks: Weeks, brands: Sequence[str]
) -> dict[int, tuple[str, Stance]]:
    """The stance of each person who has one, toward the first of the brands."""
    found: dict[int, tuple[str, Stance]] = {}
    for ids in batches(person_ids):
        query = select(standings.c.person_id, standings.c.brand, standings.c.stance)
        query = query.join(judgements, judgements.c.standing_id == standings.c.id)
        query = query.where(judgements.c.person_id.in_(ids), standings.c.brand.in_(brands), standings.c.recorded_at < weeks.until)
        for row in connection.execute(query.order_by(standings.c.brand.desc())):
            found[row.person_id] = (row.brand, Stance(row.stance))
    return found


def _in_week(moment: ColumnElement[Any], weeks: Weeks) -> ColumnElement[bool]:
    return and_(moment >= weeks.since, moment < weeks.until)


def _whose(row: Any) -> Whose:
    return Whose(row.person_id, row.brand, row.segment, row.owner)
