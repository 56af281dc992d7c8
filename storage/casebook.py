"""Carrying out case changes: the case as it is then, and the event that records the change.

Which moves are allowed is decided by the application's rules, not here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from listener.core.cases import Case, CaseChange
from listener.core.mention import digest
from storage.database import Database, batches
from storage.rows import case_row, to_case
from storage.tables import case_events, cases

_Natural = tuple[str, int, str]


def apply_changes(database: Database, connection: Connection, changes: Sequence[CaseChange]) -> list[Case]:
    """Carry the changes out in order; the case as it is after each.

    A case is found by its natural key (kind, person, brand). A change that was carried out before adds nothing.
    """
    known = _known(connection, {change.person_id for change in changes})
    before = dict(known)
    done = _events_there(connection, [_event_key(change) for change in changes])
    fresh = [change for change in changes if _event_key(change) not in done]
    new = list(dict.fromkeys(natural for change in fresh if (natural := _natural(change)) not in known))
    ids = dict(zip(new, database.reserve(connection, cases, len(new)), strict=True))
    events = []
    for change in fresh:
        natural = _natural(change)
        known[natural] = _changed(known.get(natural) or _opened(ids[natural], change), change)
        events.append({**_event(change), "case_id": known[natural].case_id})
    rows = [case_row(case) for natural, case in known.items() if before.get(natural) != case]
    database.put(
        connection,
        cases,
        rows,
        update=("state", "changed_at", "due_at", "assignee", "snoozed_until", "mention_ids"),
    )
    database.add(connection, case_events, events)
    return [known[_natural(change)] for change in changes]


def _natural(change: CaseChange) -> _Natural:
    return change.kind.value, change.person_id, change.brand


def _opened(case_id: int, change: CaseChange) -> Case:
    return Case(case_id, change.kind, change.person_id, change.brand, change.state, change.at, change.at)


def _changed(case: Case, change: CaseChange) -> Case:
    """The case after the change, which carries the whole new value of each of these (``None`` clears)."""
    return replace(
        case,
        state=change.state,
        changed_at=change.at,
        due_at=change.due_at,
        assignee=change.assignee,
        snoozed_until=change.snoozed_until,
        mention_ids=change.mention_ids,
    )


def _event_key(change: CaseChange) -> str:
    facts = (change.event, change.state, change.at.isoformat(), change.actor, change.reason, change.action or "")
    about = json.dumps([change.mention_ids, dict(change.detail)], sort_keys=True, default=str)
    return digest("event", *map(str, _natural(change)), *facts, about)


def _event(change: CaseChange) -> dict[str, object]:
    return {
        "key": _event_key(change),
        "kind": change.event.value,
        "state": change.state.value,
        "at": change.at,
        "actor": change.actor,
        "reason": change.reason,
        "action": change.action.value if change.action else None,
        "detail": dict(change.detail),
    }


def _known(connection: Connection, person_ids: set[int]) -> dict[_Natural, Case]:
    found = {}
    for ids in batches(person_ids):
        for row in connection.execute(select(cases).where(cases.c.person_id.in_(ids))):
            found[row.kind, row.person_id, row.brand] = to_case(row)
    return found


def _events_there(connection: Connection, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for chunk in batches(keys):
        found.update(connection.scalars(select(case_events.c.key).where(case_events.c.key.in_(chunk))))
    return found
