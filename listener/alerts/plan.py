"""What becomes of what the rules found: which alerts are kept, who is told of them when, and which are told again.

    drafts, recent alerts, policy, recipients, now ──plan──────> alerts, messages
    waiting alerts, policy, recipients, now        ──look_again──> changes, messages

Nothing here reads or writes anything; the store carries a plan out in one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from listener.alerts.messages import Told, messages
from listener.alerts.model import Alert
from listener.core.alerting import (
    ESCALATED_WITHIN,
    LIMITED,
    PER_SUBJECT,
    PROGRAM,
    AlertChange,
    AlertDraft,
    AlertPlan,
    AlertPolicy,
    AlertRecord,
    AlertRule,
    AlertState,
)
from listener.core.messages import Message
from listener.core.recipients import Recipient
from listener.timewords import span_words


def plan(
    drafts: Sequence[AlertDraft],
    recent: Iterable[AlertRecord],
    policy: AlertPolicy,
    recipients: Sequence[Recipient],
    now: datetime,
) -> AlertPlan:
    """The alerts that the drafts become, and their messages.

    ``recent`` are the alerts about the same subjects of the last ``longest(policy)``. What a limit or a rule that is switched off
    keeps back is ``HELD``: stored, and not told. Notices need nobody, so they are ``CLOSED`` at once.
    """
    limits = _Limits(policy, recent)
    states = [(draft, limits.state(draft)) for draft in drafts]
    told = [
        Told(draft.key, Alert.from_json(draft.words), concerned(recipients, draft), draft.notice)
        for draft, state in states
        if state is not AlertState.HELD
    ]
    made: list[Message] = []
    for notice, kind in ((False, "alert"), (True, "recovery")):
        made += messages([each for each in told if each.notice is notice], now, together=policy.together, kind=kind)
    return AlertPlan(alerts=tuple(states), messages=tuple(made))


def longest(policy: AlertPolicy) -> timedelta:
    """How far back alerts count for the limits."""
    return max([PER_SUBJECT, *policy.per_subject.values()])


class _Limits:
    """One alert of a rule about one subject in the rule's time, those of this plan included; not those that a clock which went
    wrong dated ahead."""

    def __init__(self, policy: AlertPolicy, recent: Iterable[AlertRecord]) -> None:
        self._policy = policy
        self._told: defaultdict[tuple[AlertRule, str], list[datetime]] = defaultdict(list)
        self._keys: set[str] = set()
        for record in recent:
            if record.state is not AlertState.HELD:
                self._told[record.rule, record.subject].append(record.opened_at)
                self._keys.add(record.key)

    def state(self, draft: AlertDraft) -> AlertState:
        if draft.rule not in self._policy.rules:
            return AlertState.HELD
        before = self._told[draft.rule, draft.subject]
        limit = self._policy.per_subject.get(draft.rule, PER_SUBJECT if draft.rule in LIMITED else timedelta())
        if draft.key not in self._keys and any(timedelta() <= draft.at - at < limit for at in before):
            return AlertState.HELD
        before.append(draft.at)
        return AlertState.CLOSED if draft.notice else AlertState.OPEN


def concerned(recipients: Sequence[Recipient], matter: AlertDraft | AlertRecord) -> tuple[Recipient, ...]:
    """Those who want alerts of the rule, and whom the brand, the segment and the owner concern."""
    return tuple(
        one for one in recipients if matter.rule.value in one.alerts and one.wants(matter.brand, matter.segment, matter.owner)
    )


# ------------------------------------------------------------------------------------------------------- looking again


def look_again(waiting: Sequence[AlertRecord], policy: AlertPolicy, recipients: Sequence[Recipient], now: datetime) -> AlertPlan:
    """What becomes of alerts that nobody acknowledged.

    They are closed where their case was decided, told again where their snooze is over, and escalated once where nobody reacted.
    """
    settled = [record for record in waiting if record.settled]
    left = [record for record in waiting if not record.settled]
    again = [record for record in left if _is_due_again(record, now)]
    late = [record for record in left if record.state is AlertState.OPEN and _is_late(record, policy, now)]
    highest = [one for one in recipients if one.escalations]
    if not highest:
        late = []
    changes = (
        *(AlertChange(record.id, AlertState.CLOSED, now, PROGRAM) for record in settled),
        *(AlertChange(record.id, AlertState.OPEN, now, PROGRAM) for record in again),
        *(AlertChange(record.id, AlertState.OPEN, record.changed_at, PROGRAM, escalated_at=now) for record in late),
    )
    told = (*_told_again(again, policy, recipients, now), *_escalated(late, policy, highest, now))
    return AlertPlan(changes=changes, messages=told)


def _is_due_again(record: AlertRecord, now: datetime) -> bool:
    return record.state is AlertState.SNOOZED and record.snoozed_until is not None and record.snoozed_until <= now


def _is_late(record: AlertRecord, policy: AlertPolicy, now: datetime) -> bool:
    if policy.escalate_after is None or record.escalated_at is not None:
        return False
    since = max(record.changed_at, record.told_at or record.changed_at)
    return timedelta() <= now - since - policy.escalate_after < ESCALATED_WITHIN


def _told_again(
    records: Sequence[AlertRecord], policy: AlertPolicy, recipients: Sequence[Recipient], now: datetime
) -> Iterator[Message]:
    """To all whom it concerns, told before or not; of which a message was withdrawn, to those who were not told."""
    snoozed: list[tuple[str, Told]] = []
    withdrawn: list[tuple[str, Told]] = []
    for record in records:
        wanted = concerned(recipients, record) if record.rule in policy.rules else ()
        by_program = record.actor == PROGRAM
        chosen = tuple(one for one in wanted if not (by_program and (one.channel, one.address) in record.told))
        until = record.snoozed_until.isoformat() if record.snoozed_until else ""
        told = Told(record.key, Alert.from_json(record.words), chosen)
        (withdrawn if by_program else snoozed).append((until, told))
    for until in sorted({until for until, _ in snoozed}):
        these = [told for moment, told in snoozed if moment == until]
        yield from messages(these, now, together=policy.together, kind=f"alert:again {until}", headed=_snooze_over)
    for until in sorted({until for until, _ in withdrawn}):
        these = [told for moment, told in withdrawn if moment == until]
        yield from messages(these, now, together=policy.together, kind=f"alert:anew {until}")


def _snooze_over(news: str) -> str:
    return f"Snooze is over: {news}"


def _escalated(
    records: Sequence[AlertRecord], policy: AlertPolicy, recipients: Sequence[Recipient], now: datetime
) -> Iterator[Message]:
    told = [
        Told(
            record.key,
            Alert.from_json(record.words),
            tuple(one for one in recipients if one.wants(record.brand, record.segment, record.owner)),
        )
        for record in records
    ]
    span = span_words(policy.escalate_after or timedelta())
    yield from messages(
        told,
        now,
        together=policy.together,
        kind=f"alert:escalated {now.isoformat()}",  # one that was withdrawn may be followed by another
        headed=lambda news: f"Not acknowledged for {span}: {news}",
    )
