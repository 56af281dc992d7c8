"""What people decide on: cases, and the append-only events that record every change of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from listener.core.mention import Json


class CaseKind(StrEnum):
    HEARD = "heard"
    """A matched customer spoke."""
    CANDIDATE = "candidate"
    """A matched customer who promotes us: could be asked to advocate."""
    FOLLOW_UP = "follow-up"
    """A detractor, or a matched customer's complaint, that needs a call."""


class CaseState(StrEnum):
    NEW = "new"
    CONFIRMED = "confirmed"
    CONTACTED = "contacted"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"
    LAPSED = "lapsed"
    """The reason is gone: the stance changed, or the match was undone."""


class Action(StrEnum):
    """What a person can decide (``listener cases decide``)."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"
    ASSIGN = "assign"
    SNOOZE = "snooze"
    CONTACTED = "contacted"
    RESOLVED = "resolved"
    REOPEN = "reopen"


LEAVING = "leaving"
"""In ``Event.detail["turn"]``: somebody who complained before says now that they leave."""


class EventKind(StrEnum):
    """What can happen to a case. The first four are the program's doing, the last a person's."""

    OPENED = "opened"
    UPDATED = "updated"
    """New mentions, or a changed standing, on a case that is open."""
    REOPENED = "reopened"
    LAPSED = "lapsed"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Case:
    """One matter about one person and one brand. ``(kind, person_id, brand)`` is its natural key."""

    case_id: int
    kind: CaseKind
    person_id: int
    brand: str
    state: CaseState
    opened_at: datetime
    changed_at: datetime
    due_at: datetime | None = None
    assignee: str | None = None
    snoozed_until: datetime | None = None
    mention_ids: tuple[int, ...] = ()
    """The mentions that the case rests on, newest last."""


@dataclass(frozen=True, slots=True)
class CaseChange:
    """An intent: what judging or a person wants done with a case. The store carries it out and appends the event.

    ``case_id`` is ``None`` where the case is to be opened (or found by its natural key).
    """

    kind: CaseKind
    person_id: int
    brand: str
    event: EventKind
    state: CaseState
    at: datetime
    actor: str
    """``"listener"``, or the account name of the person who decided."""
    reason: str
    case_id: int | None = None
    due_at: datetime | None = None
    assignee: str | None = None
    snoozed_until: datetime | None = None
    mention_ids: tuple[int, ...] = ()
    action: Action | None = None
    detail: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a case's history; never changed, never removed but by erasure of the person."""

    event_id: int
    case_id: int
    kind: EventKind
    state: CaseState
    at: datetime
    actor: str
    reason: str
    action: Action | None = None
    detail: Mapping[str, Json] = field(default_factory=dict)
