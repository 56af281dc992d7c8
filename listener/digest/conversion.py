"""What became of people in a week, in numbers: who turned, how far candidates came, how soon complaints were answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from listener.core.cases import Action, CaseKind, EventKind
from listener.core.standing import Stance
from listener.core.trends import FollowUp, Step, Turn, Weeks
from listener.counting import counted
from listener.digest.trends import SMALL, median
from listener.digest.weekly_model import Number
from listener.timewords import span_words

_BEFORE_PROMOTER = frozenset({Stance.PASSIVE, Stance.UNKNOWN})
_TURNS: tuple[tuple[str, str, str, frozenset[Stance], frozenset[Stance]], ...] = (
    ("became a promoter", "became promoters", "chance", _BEFORE_PROMOTER, frozenset({Stance.PROMOTER})),
    ("recovered", "recovered", "chance", frozenset({Stance.DETRACTOR}), frozenset({Stance.PASSIVE, Stance.PROMOTER})),
    ("is no promoter any more", "are no promoters any more", "urgent", frozenset({Stance.PROMOTER}), frozenset({Stance.PASSIVE})),
    (
        "turned against us",
        "turned against us",
        "urgent",
        frozenset({Stance.PROMOTER, Stance.PASSIVE, Stance.UNKNOWN}),
        frozenset({Stance.DETRACTOR}),
    ),
)
"""How one of them is called, and several; what it asks of the reader; from which stance to which."""


def turns(turned: Sequence[Turn]) -> tuple[tuple[Number, ...], str]:
    """How many customers turned in which way, each once however many brands; and who was judged for the first time."""
    found = []
    for one, many, tone, before, after in _TURNS:
        number = len({turn.whose.person_id for turn in turned if turn.before in before and turn.after in after})
        if number:
            found.append(Number(one if number == 1 else many, number, tone))
    first = {(turn.whose.person_id, turn.after) for turn in turned if turn.before is None}
    promoters, detractors = (sum(after is stance for _, after in first) for stance in (Stance.PROMOTER, Stance.DETRACTOR))
    known = [
        words
        for number, words in (
            (promoters, counted(promoters, "promoter", "promoters")),
            (detractors, counted(detractors, "detractor", "detractors")),
        )
        if number
    ]
    return tuple(found), f"Judged for the first time: {', '.join(known)}; no change of theirs." if known else ""


def funnel(steps: Sequence[Step], heard: int) -> tuple[Number, ...]:
    """Customers heard, candidates, confirmed, contacted: distinct people of whom that happened in the week."""
    candidates = [step for step in steps if step.kind is CaseKind.CANDIDATE]
    opened = {step.whose.person_id for step in candidates if step.event in {EventKind.OPENED, EventKind.REOPENED}}
    confirmed = {step.whose.person_id for step in candidates if step.action is Action.CONFIRM}
    contacted = {step.whose.person_id for step in candidates if step.action is Action.CONTACTED}
    return (
        Number("heard", heard, "heard"),
        Number("new candidates" if len(opened) != 1 else "new candidate", len(opened), "chance"),
        Number("confirmed", len(confirmed), "chance"),
        Number("contacted", len(contacted), "chance"),
    )


def follow_ups(calls: Sequence[FollowUp], weeks: Weeks) -> str:
    """``3 opened; 4 answered after 6 hours to 3 days, half of them within 26 hours; 2 overdue.``; empty where there were none."""
    opened = sum(weeks.since <= one.opened_at < weeks.until for one in calls)
    lengths = sorted(one.contacted_at - one.opened_at for one in calls if one.contacted_at)
    overdue = sum(one.overdue for one in calls)
    if not (opened or lengths or overdue):
        return ""
    answered = "none answered"
    if lengths:
        answered = f"{len(lengths):,} answered after {span_words(lengths[0])}"
        if span_words(lengths[-1]) != span_words(lengths[0]):
            answered += f" to {span_words(lengths[-1])}"
        if len(lengths) >= SMALL // 2:
            middle = timedelta(seconds=median([one.total_seconds() for one in lengths]))
            answered += f", half of them within {span_words(middle)}"
    return f"{opened:,} opened; {answered}; {overdue:,} overdue."
