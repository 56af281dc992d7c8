"""What the facts mean for a person's cases: opened, updated, reopened and lapsed by themselves.

Pure rules: (facts, standing, policy, now) -> ``CaseChange``, as in ``listener.cases``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from listener.case_signs import is_complaint, is_going, is_praise, is_quotable
from listener.cases import OPEN, UNTOUCHED
from listener.core.analysis import Intent, Label
from listener.core.cases import LEAVING, Case, CaseChange, CaseKind, CaseState, EventKind
from listener.core.mention import Json
from listener.core.policy import JudgingPolicy
from listener.core.standing import JudgeJob, Opinion, Stance, Standing
from listener.core.times import midnight

PROGRAM = "listener"
"""The actor of what happens by itself."""
URGENT_DAYS = 1
"""Who leaves or threatens to is called by the next business day, whatever ``follow_up_days`` says."""
_RESTING = frozenset({CaseState.DISMISSED, CaseState.RESOLVED})
"""Closed by a person: such a candidate comes back after a rest only, and only with new praise."""
_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class _Facts:
    job: JudgeJob
    standing: Standing | None
    policy: JudgingPolicy
    now: datetime
    opinions: tuple[Opinion, ...]
    """Oldest first."""

    @property
    def stance(self) -> Stance:
        return self.standing.stance if self.standing else Stance.UNKNOWN

    @property
    def stance_before(self) -> Stance:
        return self.job.previous.stance if self.job.previous else Stance.UNKNOWN

    def case(self, kind: CaseKind) -> Case | None:
        return next((case for case in self.job.cases if case.kind is kind), None)


def automatic_changes(job: JudgeJob, standing: Standing | None, policy: JudgingPolicy, now: datetime) -> tuple[CaseChange, ...]:
    """What the facts mean for the person's cases: at most one change of each, none where nothing is new.

    A case's ``mention_ids`` say what it already knows, so the same facts change nothing twice.
    """
    if job.own_side:
        reason = "the person is one of our own side"
        return tuple(_lapse(case, now, reason) for case in job.cases if case.state in OPEN)
    opinions = tuple(sorted(job.opinions, key=lambda opinion: (opinion.said_at, opinion.mention_id)))
    cases = tuple(_without(case, job.moved) for case in job.cases)
    facts = _Facts(replace(job, cases=cases), standing, policy, now, opinions)
    follow_up = _follow_up(facts)
    changes = [change for change in (_heard(facts), follow_up, _candidate(facts, follow_up)) if change is not None]
    changed = {change.kind for change in changes}
    lost = (case for before, case in zip(job.cases, cases, strict=True) if case != before and case.kind not in changed)
    return (*changes, *(_left(case, now) for case in lost if case.state in OPEN))


def next_look(job: JudgeJob, standing: Standing, changes: Sequence[CaseChange], policy: JudgingPolicy) -> datetime | None:
    """When time alone could next change a case: a snoozed one wakes, an untouched candidate has been silent
    for too long, a closed one has rested."""
    states = {case.kind: (case.state, case.snoozed_until) for case in job.cases}
    states |= {change.kind: (change.state, change.snoozed_until) for change in changes}
    looks = [until for state, until in states.values() if state is CaseState.SNOOZED and until is not None]
    candidate = states.get(CaseKind.CANDIDATE)
    if candidate is not None and candidate[0] in UNTOUCHED and standing.last_said_at is not None:
        looks.append(midnight(standing.last_said_at) + (policy.candidate_active_days + 1) * _DAY)
    closed = next((case for case in job.cases if case.kind is CaseKind.CANDIDATE and case.state in _RESTING), None)
    if closed is not None and standing.stance is Stance.PROMOTER:
        back = midnight(closed.changed_at) + (policy.candidate_rest_days + 1) * _DAY
        if back > standing.as_of:
            looks.append(back)
    return min(looks, default=None)


# -- customers heard


def _heard(facts: _Facts) -> CaseChange | None:
    """A matched customer who spoke, whatever the standing: reposts and what no engine could read included."""
    case = facts.case(CaseKind.HEARD)
    if not facts.job.customer:
        return _lapse_unmatched(case, facts)
    new = _unknown_to(case, (opinion for opinion in facts.opinions if not opinion.history))
    if not new:
        return _woken(case, facts.now)
    labels = [opinion.sentiment.label.value if opinion.own_words else "shared" for opinion in new]
    counts = ", ".join(f"{labels.count(label)} {label}" for label in dict.fromkeys(labels))
    reason = f"a customer spoke: {counts}"
    detail: dict[str, Json] = {"step": _step(new, facts.stance), "new": [opinion.mention_id for opinion in new]}
    return _grown(case, CaseKind.HEARD, facts, new, reason, detail=detail)


def _step(new: Sequence[Opinion], stance: Stance) -> str:
    """The suggested next step: ``keep`` (they are leaving), ``call``, ``answer``, ``quote`` (ask whether we may),
    ``ask`` (whether they would be a reference), ``thank`` or ``look``."""
    own = [opinion for opinion in new if opinion.own_words]
    labels = {opinion.sentiment.label for opinion in own}
    if any(is_going(opinion) for opinion in own):
        return "keep"
    if labels & {Label.NEGATIVE, Label.MIXED}:
        return "call"
    if any(Intent.QUESTION in opinion.intents or Intent.PROBLEM in opinion.intents for opinion in own):
        return "answer"
    if any(is_quotable(opinion) for opinion in own):
        return "quote"
    if Label.POSITIVE in labels:
        return "ask" if stance is Stance.PROMOTER else "thank"
    return "look"


# -- follow-ups


def _follow_up(facts: _Facts) -> CaseChange | None:
    """A matched customer's complaint at once; a detractor's, matched or not.

    A person closed the case: only a complaint that it does not know reopens it. It lapsed: so does its ground coming back.
    """
    case = facts.case(CaseKind.FOLLOW_UP)
    complaints = [opinion for opinion in facts.opinions if is_complaint(opinion)]
    fresh = [opinion for opinion in complaints if not opinion.history]
    detractor = facts.stance is Stance.DETRACTOR and (facts.job.customer or bool(fresh))
    if not detractor and not (facts.job.customer and fresh):
        if case is not None and case.state in UNTOUCHED:
            return _lapse(case, facts.now, "no complaint of a customer and no detractor any more")
        return _woken(case, facts.now)
    new = _unknown_to(case, fresh)
    if case is not None and not new and case.state is not CaseState.LAPSED:
        return _woken(case, facts.now)
    known = complaints if detractor else fresh
    reason = "a detractor" if detractor else "a customer's complaint"
    going = facts.job.customer and any(is_going(opinion) for opinion in new)
    if going:
        reason = "a customer is leaving, or threatens to"
    if new and all(opinion.sentiment.unsure for opinion in new):
        reason += " (the engine is not sure)"
    due = business_days_after(facts.now, URGENT_DAYS if going else facts.policy.follow_up_days)
    detail: dict[str, Json] = {"step": "call", "new": [opinion.mention_id for opinion in new]}
    if going and case is not None and not _was_going(case, complaints):
        detail["turn"] = LEAVING
    return _grown(case, CaseKind.FOLLOW_UP, facts, _unknown_to(case, known), reason, detail=detail, due_at=due, wake=True)


def _was_going(case: Case, complaints: Iterable[Opinion]) -> bool:
    return any(is_going(opinion) and opinion.mention_id in case.mention_ids for opinion in complaints)


def business_days_after(moment: datetime, days: int) -> datetime:
    """The same time of day, so many days from Monday to Friday later."""
    while days > 0:
        moment += _DAY
        if moment.weekday() < _SATURDAY:
            days -= 1
    return moment


# -- advocate candidates


def _candidate(facts: _Facts, follow_up: CaseChange | None) -> CaseChange | None:
    """A promoter who is a customer, spoke lately and has no open complaint; from history too."""
    case = facts.case(CaseKind.CANDIDATE)
    if not facts.job.customer:
        return _lapse_unmatched(case, facts)
    praise = [opinion for opinion in facts.opinions if is_praise(opinion)]
    against = _against(facts, follow_up)
    if against is None:
        return _welcome(case, facts, praise)
    if case is None or case.state not in OPEN:
        return None
    if case.state in UNTOUCHED:
        return _lapse(case, facts.now, against)
    if _just_happened(facts, follow_up):  # a person has committed to something: they are told, and decide
        return _change(case, facts.now, EventKind.UPDATED, case.state, against)
    return None


def _against(facts: _Facts, follow_up: CaseChange | None) -> str | None:
    """What speaks against asking the person now; ``None`` if nothing does."""
    if facts.stance is not Stance.PROMOTER:
        return f"no longer a promoter: {facts.stance}"
    case = facts.case(CaseKind.FOLLOW_UP)
    state = follow_up.state if follow_up else case.state if case else None
    if state in OPEN:
        return "a follow-up is open"
    last = facts.standing.last_said_at if facts.standing else None
    if last is None or midnight(facts.now) - midnight(last) > facts.policy.candidate_active_days * _DAY:
        return f"silent for {facts.policy.candidate_active_days} days"
    return None


def _just_happened(facts: _Facts, follow_up: CaseChange | None) -> bool:
    """Whether this very run brought what speaks against the candidate; told once, not every day."""
    left = facts.stance_before is Stance.PROMOTER and facts.stance is not Stance.PROMOTER
    opened = follow_up is not None and follow_up.event in {EventKind.OPENED, EventKind.REOPENED}
    return left or opened


def _welcome(case: Case | None, facts: _Facts, praise: Sequence[Opinion]) -> CaseChange | None:
    new = _unknown_to(case, praise)
    if case is not None:
        if case.state in _RESTING:
            rested = facts.now - case.changed_at >= facts.policy.candidate_rest_days * _DAY
            if not new or not rested:
                return None
        elif case.state is not CaseState.LAPSED and not new:
            return _woken(case, facts.now)
    why = facts.standing.why if facts.standing else ""
    step = "quote" if any(is_quotable(opinion) for opinion in new) else "ask"
    detail: dict[str, Json] = {"step": step, "new": [opinion.mention_id for opinion in new]}
    return _grown(case, CaseKind.CANDIDATE, facts, new, why, detail=detail)


# ------------------------------------------------------------------------------------------------ changes


def _unknown_to(case: Case | None, opinions: Iterable[Opinion]) -> list[Opinion]:
    known = set(case.mention_ids) if case else set()
    return [opinion for opinion in opinions if opinion.mention_id not in known]


def _grown(
    case: Case | None,
    kind: CaseKind,
    facts: _Facts,
    new: Sequence[Opinion],
    reason: str,
    *,
    detail: Mapping[str, Json],
    due_at: datetime | None = None,
    wake: bool = False,
) -> CaseChange:
    """Open, reopen or update a case with new mentions. ``wake`` ends a snooze; so does its time having come."""
    if case is None:
        return CaseChange(
            kind=kind,
            person_id=facts.job.person_id,
            brand=facts.job.brand,
            event=EventKind.OPENED,
            state=CaseState.NEW,
            at=facts.now,
            actor=PROGRAM,
            reason=reason,
            due_at=due_at,
            mention_ids=tuple(opinion.mention_id for opinion in new),
            detail=detail,
        )
    ids = case.mention_ids + tuple(opinion.mention_id for opinion in new)
    if case.state not in OPEN:
        return _change(case, facts.now, EventKind.REOPENED, CaseState.NEW, reason, mention_ids=ids, due_at=due_at, detail=detail)
    asleep = case.state is CaseState.SNOOZED and not wake and not _due_to_wake(case, facts.now)
    state = case.state if asleep or case.state is not CaseState.SNOOZED else CaseState.NEW
    # More complaints do not buy time: an open follow-up keeps its first due date, unless the new one is more urgent.
    due = min((each for each in (case.due_at, due_at) if each), default=None)
    return _change(case, facts.now, EventKind.UPDATED, state, reason, mention_ids=ids, due_at=due, detail=detail)


def _change(
    case: Case,
    now: datetime,
    event: EventKind,
    state: CaseState,
    reason: str,
    *,
    mention_ids: tuple[int, ...] | None = None,
    due_at: datetime | None = None,
    detail: Mapping[str, Json] | None = None,
) -> CaseChange:
    return CaseChange(
        kind=case.kind,
        person_id=case.person_id,
        brand=case.brand,
        event=event,
        state=state,
        at=now,
        actor=PROGRAM,
        reason=reason,
        case_id=case.case_id,
        due_at=due_at,
        assignee=case.assignee,
        snoozed_until=case.snoozed_until if state is CaseState.SNOOZED else None,
        mention_ids=case.mention_ids if mention_ids is None else mention_ids,
        detail=detail or {},
    )


def _lapse(case: Case, now: datetime, reason: str) -> CaseChange:
    return _change(case, now, EventKind.LAPSED, CaseState.LAPSED, reason)


def _lapse_unmatched(case: Case | None, facts: _Facts) -> CaseChange | None:
    """A case about a customer, of a person who is none (any more): the match was undone."""
    if case is None or case.state not in OPEN:
        return None
    return _lapse(case, facts.now, "the person is no longer matched to a customer")


def _without(case: Case, moved: Collection[int]) -> Case:
    """The case without mentions that turned out to be another person's."""
    kept = tuple(number for number in case.mention_ids if number not in moved)
    return case if len(kept) == len(case.mention_ids) else replace(case, mention_ids=kept)


def _left(case: Case, now: datetime) -> CaseChange:
    """A case that lost posts to another person. Without any it lapses; who has committed to something is told instead."""
    if not case.mention_ids and case.state in UNTOUCHED:
        return _lapse(case, now, "what it rested on turned out to be another person's")
    reason = "some of its posts" if case.mention_ids else "all of its posts"
    return _change(case, now, EventKind.UPDATED, case.state, f"{reason} turned out to be another person's", due_at=case.due_at)


def _due_to_wake(case: Case, now: datetime) -> bool:
    return case.state is CaseState.SNOOZED and case.snoozed_until is not None and case.snoozed_until <= now


def _woken(case: Case | None, now: datetime) -> CaseChange | None:
    """The case awake again, if its snooze is over; else nothing."""
    if case is None or not _due_to_wake(case, now):
        return None
    reason = "snoozed until now"
    return _change(case, now, EventKind.REOPENED, CaseState.NEW, reason, due_at=case.due_at)
