"""Alerts as they are kept: which rule found what about whom, whether anybody has seen it, and when it is told again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from listener.core.messages import Message


class AlertRule(StrEnum):
    PROMOTER = "promoter"
    """A known customer became a promoter: an advocate candidate."""
    DETRACTOR = "detractor"
    """A matched customer complains or turned against us, with reach or of a key account."""
    TURNED = "turned"
    """Somebody who promoted us says something negative."""
    SPREADING = "spreading"
    """A critique that several authors or sources repeat."""
    SPIKE = "spike"
    SOURCE = "source"
    """A source died, fell silent, or came back."""


class AlertState(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    """Told again when the snooze is over, unless it was acknowledged meanwhile."""
    CLOSED = "closed"
    """There is nothing to do: a notice of recovery, or its matter is settled."""
    HELD = "held"
    """Kept and not told: the subject's limit was reached, or the rule is switched off for everybody."""


@dataclass(frozen=True, slots=True)
class AlertDraft:
    """What a rule found, already in words, before limits and recipients decide who is told when."""

    key: str
    """The same whenever the same fact is looked at again."""
    rule: AlertRule
    subject: str
    """What the limit counts by: ``person:12:quillon``, ``story:7``, ``spike:quillon:volume``, ``source:forum``."""
    words: str
    """The alert in words as JSON (``listener.alerts.model.Alert``, of one item): it may hold personal data."""
    at: datetime
    brand: str | None = None
    person_id: int | None = None
    case_id: int | None = None
    mention_ids: tuple[int, ...] = ()
    """The mentions that the words quote; those of the quotes in them are found without being named here."""
    segment: str | None = None
    owner: str | None = None
    notice: bool = False
    """Nothing to do: told once, never escalated, needs no acknowledgement."""


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """A stored alert."""

    id: int
    key: str
    rule: AlertRule
    subject: str
    state: AlertState
    words: str
    opened_at: datetime
    changed_at: datetime
    brand: str | None = None
    person_id: int | None = None
    case_id: int | None = None
    segment: str | None = None
    owner: str | None = None
    snoozed_until: datetime | None = None
    escalated_at: datetime | None = None
    actor: str | None = None
    """Who acknowledged or snoozed it last; ``PROGRAM`` where it waits to be told again because a message was withdrawn."""
    note: str | None = None
    settled: bool = False
    """Somebody decided on its case after it was opened, or the case lapsed."""
    told: frozenset[tuple[str, str]] = frozenset()
    """Channel and address of everybody to whom a message about it went, or is on its way."""
    told_at: datetime | None = None
    """When the first of the messages that were made since it changed was to go out: after quiet hours, for one."""


@dataclass(frozen=True, slots=True)
class AlertChange:
    """What became of a stored alert: a decision of a person, an escalation, the end of a snooze."""

    alert_id: int
    state: AlertState
    at: datetime
    actor: str
    """``PROGRAM``, or the account name of the person who decided."""
    note: str | None = None
    snoozed_until: datetime | None = None
    escalated_at: datetime | None = None
    """``None`` leaves it as it is."""


@dataclass(frozen=True, slots=True)
class AlertPlan:
    """What is to be kept and sent, in one transaction: no fact lacks its message, no message its fact."""

    alerts: tuple[tuple[AlertDraft, AlertState], ...] = ()
    changes: tuple[AlertChange, ...] = ()
    messages: tuple[Message, ...] = ()
    settled: tuple[str, ...] = ()
    """Keys of alerts whose matter is over (their incident closed): they are closed, unless they are already."""

    def __bool__(self) -> bool:
        return bool(self.alerts or self.changes or self.messages or self.settled)

    def __add__(self, other: AlertPlan) -> AlertPlan:
        return AlertPlan(
            (*self.alerts, *other.alerts),
            (*self.changes, *other.changes),
            (*self.messages, *other.messages),
            (*self.settled, *other.settled),
        )


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """When people are told at once. The defaults are sensible for a team of five; ``[alerts]`` changes them."""

    rules: frozenset[AlertRule] = frozenset(AlertRule)
    """Switched on."""
    reach: int = 5_000
    """A detractor with so many followers is told at once, whatever the account."""
    segments: frozenset[str] = frozenset()
    """Key accounts by segment, in small letters; where none is named, every matched customer counts as one."""
    spreading_authors: int = 3
    """So many authors who tell one critique make it a spreading one."""
    spreading_hours: int = 48
    per_subject: Mapping[AlertRule, timedelta] = field(default_factory=dict)
    """At most one alert of a rule about one subject in so long; ``PER_SUBJECT`` for rules of ``LIMITED`` that are not named."""
    together: int = 3
    """More new alerts of one rule at once than that are told in one message."""
    escalate_after: timedelta | None = timedelta(hours=24)
    """An alert that nobody acknowledged goes to the recipients of escalations then; ``None``: never."""


PER_SUBJECT = timedelta(days=7)
ESCALATED_WITHIN = timedelta(days=7)
"""An alert that should have been escalated longer ago than that is not any more: so that switching escalations on does not send
everything that was ever left lying."""
LIMITED = frozenset({AlertRule.PROMOTER, AlertRule.DETRACTOR, AlertRule.TURNED, AlertRule.SPREADING})
"""The rules about persons and stories. An incident of a source or a spike is told once however it goes, so there is no limit."""

PROGRAM = "listener"
"""Who changed an alert, where that was no person."""
WAITING = frozenset({AlertState.OPEN, AlertState.SNOOZED})
"""Nobody acknowledged it so far."""
