"""Cases: the state machines as data, and what people decide. What the facts change by themselves is in ``case_rules``.

Everything is pure: (case, now) -> ``CaseChange``, an intent that the store carries out and records. A change always carries the
*whole* new value of ``due_at``, ``assignee``, ``snoozed_until`` and ``mention_ids`` (``None`` clears).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from listener.core.cases import Action, Case, CaseChange, CaseKind, CaseState, EventKind
from listener.core.errors import ConfigError, Problem
from listener.core.times import as_utc

_NEXT: Mapping[Action, CaseState] = {
    Action.CONFIRM: CaseState.CONFIRMED,
    Action.CONTACTED: CaseState.CONTACTED,
    Action.SNOOZE: CaseState.SNOOZED,
    Action.RESOLVED: CaseState.RESOLVED,
    Action.DISMISS: CaseState.DISMISSED,
    Action.REOPEN: CaseState.NEW,
}
"""Where each action leads. ``ASSIGN`` is not here: it changes no state."""

_PUT_OFF = (Action.ASSIGN, Action.SNOOZE)
_CLOSE = (Action.RESOLVED, Action.DISMISS)
_CLOSED: Mapping[CaseState, tuple[Action, ...]] = {
    CaseState.RESOLVED: (Action.REOPEN,),
    CaseState.DISMISSED: (Action.REOPEN,),
    CaseState.LAPSED: (Action.REOPEN, Action.DISMISS),
}

_ALLOWED: Mapping[CaseKind, Mapping[CaseState, tuple[Action, ...]]] = {
    # A customer spoke: thank, answer or let be.
    CaseKind.HEARD: {
        CaseState.NEW: (*_PUT_OFF, Action.CONTACTED, *_CLOSE),
        CaseState.CONTACTED: (*_PUT_OFF, *_CLOSE),
        CaseState.SNOOZED: (*_PUT_OFF, Action.CONTACTED, *_CLOSE, Action.REOPEN),
        **_CLOSED,
    },
    # Nobody is asked for anything before a person has confirmed that this is the customer and that the praise is meant.
    CaseKind.CANDIDATE: {
        CaseState.NEW: (Action.CONFIRM, *_PUT_OFF, Action.DISMISS),
        CaseState.CONFIRMED: (Action.CONTACTED, *_PUT_OFF, Action.DISMISS),
        CaseState.CONTACTED: (*_PUT_OFF, *_CLOSE),
        CaseState.SNOOZED: (Action.CONFIRM, *_PUT_OFF, Action.DISMISS, Action.REOPEN),
        **_CLOSED,
    },
    # A complaint may be answered or settled at once; confirming says "yes, this needs a call".
    CaseKind.FOLLOW_UP: {
        CaseState.NEW: (Action.CONFIRM, *_PUT_OFF, Action.CONTACTED, *_CLOSE),
        CaseState.CONFIRMED: (*_PUT_OFF, Action.CONTACTED, *_CLOSE),
        CaseState.CONTACTED: (*_PUT_OFF, *_CLOSE),
        CaseState.SNOOZED: (Action.CONFIRM, *_PUT_OFF, Action.CONTACTED, *_CLOSE, Action.REOPEN),
        **_CLOSED,
    },
}

MOVES: Mapping[CaseKind, Mapping[CaseState, Mapping[Action, CaseState]]] = {
    kind: {state: {action: _NEXT.get(action, state) for action in actions} for state, actions in states.items()}
    for kind, states in _ALLOWED.items()
}
"""What a person may decide: kind -> state -> action -> next state. What is not here is not allowed."""

OPEN = frozenset({CaseState.NEW, CaseState.CONFIRMED, CaseState.CONTACTED, CaseState.SNOOZED})
UNTOUCHED = frozenset({CaseState.NEW, CaseState.SNOOZED})
"""Open, and nobody has committed to anything: such a case may lapse by itself."""


# ------------------------------------------------------------------------------------------------ what people decide


def allowed_actions(case: Case) -> tuple[Action, ...]:
    """What a person may decide on the case as it stands."""
    return tuple(MOVES[case.kind][case.state])


def decide(
    case: Case,
    action: Action,
    now: datetime,
    actor: str,
    note: str = "",
    *,
    assignee: str | None = None,
    until: datetime | None = None,
    due_at: datetime | None = None,
) -> CaseChange:
    """A person's decision as a change. ``assignee`` goes with ``ASSIGN``, ``until`` with ``SNOOZE``.

    ``due_at`` is when a follow-up that is reopened is due. What was decided stands in the change's reason, before the note.

    Raises:
        ConfigError: the case's state does not allow it (what it allows is listed), or the decision lacks its detail.
    """
    moves = MOVES[case.kind][case.state]
    if action not in moves:
        allowed = ", ".join(moves)
        raise _refused(case, f"{action} is not possible while it is {case.state}", f"possible now: {allowed}")
    if (action is Action.ASSIGN) != bool(assignee and assignee.strip()):
        raise _refused(case, "an assignee goes with assign, and with nothing else", "assign to a name (--to)")
    if (action is Action.SNOOZE) != (until is not None):
        raise _refused(case, "a time goes with snooze, and with nothing else", "snooze until a time (--until)")
    if until is not None and as_utc(until) <= as_utc(now):
        raise _refused(case, "it cannot be snoozed until a time that has passed", "a time after now")
    state = moves[action]
    return CaseChange(
        kind=case.kind,
        person_id=case.person_id,
        brand=case.brand,
        event=EventKind.DECIDED,
        state=state,
        at=as_utc(now),
        actor=actor,
        reason="; ".join(part for part in (_particulars(assignee, until), note) if part),
        case_id=case.case_id,
        due_at=_due_at(case, action, due_at) if state in OPEN else None,
        assignee=assignee or case.assignee,
        snoozed_until=_snoozed_until(case, state, until),
        mention_ids=case.mention_ids,
        action=action,
    )


def _particulars(assignee: str | None, until: datetime | None) -> str:
    if assignee:
        return f"to {assignee}"
    return f"until {as_utc(until):%Y-%m-%d %H:%M} UTC" if until else ""


def _due_at(case: Case, action: Action, due_at: datetime | None) -> datetime | None:
    """As it was; closing cleared it, so a follow-up that is reopened gets a new one."""
    if case.due_at is None and action is Action.REOPEN and case.kind is CaseKind.FOLLOW_UP:
        return due_at
    return case.due_at


def _snoozed_until(case: Case, state: CaseState, until: datetime | None) -> datetime | None:
    if state is not CaseState.SNOOZED:
        return None
    return as_utc(until) if until is not None else case.snoozed_until


def _refused(case: Case, got: str, allowed: str) -> ConfigError:
    return ConfigError([Problem(f"case {case.case_id} ({case.kind})", got, allowed)])
