"""Who needs a call, and who turned against us."""

from __future__ import annotations

from dataclasses import dataclass

from listener.core.analysis import Label
from listener.core.cases import Action, Case, CaseKind, CaseState
from listener.core.standing import Stance
from listener.core.telling import CaseFacts, PersonFacts
from listener.digest.happened import (
    BY_US,
    OPENED,
    arrow,
    asked,
    call_weight,
    done,
    fresh_words,
    hands_off,
    happened,
    heard_by,
    news,
    of_kind,
    snooze_over,
    stance,
    suggested,
    told_instead,
    waiting_since,
    waits,
    was_candidate,
)
from listener.digest.matter import Matter, Todo, Window

OVERDUE, DUE = "overdue", "due"
PRESSING = frozenset({OVERDUE, DUE})
"""What is asked for today, whatever else there is."""
_NO_DAY = {"new": "new", "again": "heard again"}
_AGAINST = (Label.NEGATIVE, Label.MIXED, Label.UNSCORED)


def needs_call(facts: PersonFacts, window: Window) -> Matter | None:
    """A customer's follow-up."""
    return _follow_up(facts, window) if facts.contact_id is not None or facts.do_not_contact else None


def needs_answer(facts: PersonFacts, window: Window) -> Matter | None:
    """A follow-up about somebody who is no known customer: they can only be answered where they said it."""
    return _follow_up(facts, window) if facts.contact_id is None and not facts.do_not_contact else None


def _follow_up(facts: PersonFacts, window: Window) -> Matter | None:
    """An open follow-up that is overdue, due, new, or heard again; of who turned against us only what presses."""
    found = of_kind(facts, CaseKind.FOLLOW_UP)
    if found is None:
        return None
    urgent = _urgency(found, window)
    lost = has_turned(facts, window)
    if urgent is None or (lost and urgent.word not in PRESSING):
        return None
    return _call(facts, found.case, urgent, urgent.word, _turn(facts) if lost else "", window)


@dataclass(frozen=True, slots=True)
class _Urgency:
    """How urgent a follow-up is: in a word, as a grade and as a status; and why, and when to call."""

    word: str
    grade: int
    status: str
    when: str
    why: str = ""


def _urgency(found: CaseFacts, window: Window) -> _Urgency | None:
    """``None`` where the follow-up rests."""
    case = found.case
    open_now = waits(case, window)
    due = window.on(case.due_at) if case.due_at else None
    day = window.words(case.due_at) if case.due_at else ""
    by, comma = (f" by {day}", f", by {day}") if day else ("", "")
    since = waiting_since(case, window)
    grades = (  # in order: the first that holds says how urgent it is
        (
            open_now and due is not None and due < window.day,
            _Urgency(OVERDUE, 0, f"overdue since {day}", " today", f"overdue since {day}"),
        ),
        (open_now and due == window.day, _Urgency(DUE, 1, f"due today{since}", " today", since.removeprefix(", "))),
        (open_now and snooze_over(case, window), _Urgency(DUE, 1, f"snooze is over{since}", " today", f"snooze is over{since}")),
        (open_now and happened(found, OPENED), _Urgency("new", 2, f"{news(found)}{comma}", by, news(found).removeprefix("new"))),
        (open_now and happened(found, BY_US), _Urgency("again", 3, f"heard again{comma}{since}", by, f"heard again{since}")),
        (
            case.state is CaseState.CONTACTED and happened(found, BY_US),
            _Urgency("again", 3, "heard again after a contact", "", "heard again after a contact"),
        ),
    )
    return next((urgent for holds, urgent in grades if holds), None)


def _call(facts: PersonFacts, case: Case, urgent: _Urgency, urgency: str, change: str, window: Window) -> Matter:
    """The matter of a call; ``change`` says how the person's standing changed, where that is the news."""
    spoke = of_kind(facts, CaseKind.HEARD)
    leaving = "may leave us" if spoke is not None and suggested(spoke) == "keep" else ""
    status = "; ".join(part for part in (leaving, change, urgent.status) if part)
    why = "; ".join(part for part in (leaving, change, urgent.why) if part)
    weight = call_weight(facts) + bool(change)
    if facts.do_not_contact:  # no day: nobody may call by then
        rest = _NO_DAY.get(urgent.word) or f"open since {window.words(case.opened_at)}"
        status = "; ".join(part for part in (leaving, change, rest) if part)
        why = "; ".join(part for part in (leaving, change, rest.removeprefix("new")) if part)
        return Matter(urgency, urgent.grade, status, hands_off(facts), case, None, weight, _AGAINST, told_instead(facts, why))
    if facts.contact_id is None:
        step, verb = "Answer where it was said.", "Answer"
        why = "; ".join(part for part in (why, heard_by(facts)) if part)
    else:
        step, verb = asked(facts, "call"), "Call"
    todo = Todo(verb, urgent.when, why)
    return Matter(urgency, urgent.grade, status, step, case, done(case, Action.CONTACTED), weight, _AGAINST, todo)


# ------------------------------------------------------------------------------------------------------------- turned


def has_turned(facts: PersonFacts, window: Window) -> bool:
    """Whether a promoter, or an advocate candidate, is a detractor now, or complained in the window."""
    if facts.stance_before is Stance.PROMOTER and stance(facts) is Stance.DETRACTOR:
        return True
    return (facts.stance_before is Stance.PROMOTER or was_candidate(facts)) and fresh_words(facts, window, Label.NEGATIVE)


def _turn(facts: PersonFacts) -> str:
    if facts.stance_before is not Stance.PROMOTER:
        return "an advocate candidate, and complains"
    return arrow(facts) if stance(facts) is not Stance.PROMOTER else "a promoter, and complains"


def turned(facts: PersonFacts, window: Window) -> Matter | None:
    """A promoter who turned against us: the loss of an advocate, whether or not a call is due."""
    if not has_turned(facts, window):
        return None
    change = _turn(facts)
    found = of_kind(facts, CaseKind.FOLLOW_UP)
    urgent = _urgency(found, window) if found else None
    if found is not None and urgent is not None:
        return _call(facts, found.case, urgent, "turned", change, window)
    case = next((each.case for each in facts.cases if each.events), facts.cases[0].case if facts.cases else None)
    if facts.do_not_contact:
        weight = call_weight(facts)
        return Matter("turned", 4, change, hands_off(facts), case, None, weight, _AGAINST, told_instead(facts, change))
    if facts.contact_id is None:
        step, todo = "Answer where it was said.", Todo("Answer", "", change)
    else:
        step, todo = asked(facts, "find out what went wrong"), Todo("Win back", "", change)
    return Matter("turned", 4, change, step, case, None, call_weight(facts), _AGAINST, todo)
