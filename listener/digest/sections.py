"""The table of sections: what can be a reason to show a person, in the order of urgency.

A section is one entry of ``SECTIONS``: how it is headed and counted, and a rule that finds its matter in a person's facts, or
finds none. Its place in the table is its rank. A person is shown once, under the first section that finds something.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum

from listener.core.analysis import Label
from listener.core.cases import Action, Case, CaseKind, CaseState, Event, EventKind
from listener.core.standing import Stance
from listener.core.telling import CaseFacts, PersonFacts, Quote


@dataclass(frozen=True, slots=True)
class Window:
    """What the digest covers, and the reader's calendar."""

    since: datetime
    until: datetime
    day: date
    tz: tzinfo

    def on(self, moment: datetime) -> date:
        return moment.astimezone(self.tz).date()


@dataclass(frozen=True, slots=True)
class Matter:
    """Why a person is shown. A lower ``grade`` is more urgent; of equal grades, the greater ``weight`` comes first."""

    urgency: str
    grade: int
    status: str
    step: str
    case: Case | None
    action: Action | None
    """What the reader would decide next (``listener cases decide ID ACTION``); ``None``: only look."""
    weight: float = 0.0
    quotes: tuple[Label, ...] = ()
    """Which labels tell most about it, and are quoted first."""


class Tone(StrEnum):
    """What a section asks of the reader; each has its colour."""

    URGENT = "urgent"
    CHANCE = "chance"
    HEARD = "heard"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: str
    lead: str
    one: str
    """How one person is counted in the subject; ``many`` for several."""
    many: str
    tone: Tone
    find: Callable[[PersonFacts, Window], Matter | None]


# ------------------------------------------------------------------------------------------------------- what happened

_WAITING = frozenset({CaseState.NEW, CaseState.CONFIRMED})
_BY_US = frozenset({EventKind.OPENED, EventKind.REOPENED, EventKind.UPDATED})


def _of_kind(facts: PersonFacts, kind: CaseKind) -> CaseFacts | None:
    """The person's case of that kind; the natural key allows one."""
    return next((found for found in facts.cases if found.case.kind is kind), None)


def _waits(case: Case, window: Window) -> bool:
    """Whether somebody should act: open, and not put off beyond the window."""
    return case.state in _WAITING or _snooze_over(case, window)


def _snooze_over(case: Case, window: Window) -> bool:
    return case.state is CaseState.SNOOZED and case.snoozed_until is not None and case.snoozed_until <= window.until


def _happened(found: CaseFacts, kinds: frozenset[EventKind]) -> bool:
    return any(event.kind in kinds for event in found.events)


_OPENED = frozenset({EventKind.OPENED, EventKind.REOPENED})


def _news(found: CaseFacts) -> str:
    return "new" if _happened(found, frozenset({EventKind.OPENED})) else "open again"


def _done(case: Case, action: Action) -> Action:
    """What to decide when the step is done: a contact that was recorded already can only be closed."""
    return Action.RESOLVED if case.state is CaseState.CONTACTED else action


def _looked_after(facts: PersonFacts) -> str:
    return facts.owner or "whoever looks after them"


def _hands_off(facts: PersonFacts) -> str:
    return f"Do not call or write: the CRM forbids it. Tell {_looked_after(facts)}."


# ------------------------------------------------------------------------------------------------------- needs a call


def needs_call(facts: PersonFacts, window: Window) -> Matter | None:
    """An open follow-up that is overdue, due, new, or heard again."""
    found = _of_kind(facts, CaseKind.FOLLOW_UP)
    if found is None:
        return None
    case = found.case
    waits = _waits(case, window)
    due = window.on(case.due_at) if case.due_at else None
    by = f", {'call' if facts.contact_id else 'answer'} by {due}" if due else ""
    grades = (  # in order: the first that holds says how urgent it is
        (waits and due is not None and due < window.day, "overdue", 0, f"overdue since {due}"),
        (waits and due == window.day, "due", 1, "due today"),
        (waits and _snooze_over(case, window), "due", 1, "snooze is over"),
        (waits and _happened(found, _OPENED), "new", 2, f"{_news(found)}{by}"),
        (waits and _happened(found, _BY_US), "again", 3, f"heard again{by}"),
        (case.state is CaseState.CONTACTED and _happened(found, _BY_US), "again", 3, "heard again after a contact"),
    )
    for holds, urgency, grade, status in grades:
        if holds:
            return _call(facts, case, urgency, grade, status)
    return None


def _call(facts: PersonFacts, case: Case, urgency: str, grade: int, status: str) -> Matter:
    quotes = (Label.NEGATIVE, Label.MIXED, Label.UNSCORED)
    if facts.do_not_contact:
        return Matter(urgency, grade, status, _hands_off(facts), case, None, quotes=quotes)
    when = "today" if grade < 2 else "soon"
    if facts.contact_id is None:
        step = "Answer where it was said, and find out who it is: no known customer."
    elif facts.owner:
        step = f"Ask {facts.owner} to call {when}; say what was heard and what happens next."
    else:
        step = f"Call {when}; say what was heard and what happens next."
    return Matter(urgency, grade, status, step, case, _done(case, Action.CONTACTED), _call_weight(facts), quotes)


def _call_weight(facts: PersonFacts) -> float:
    """Customers before strangers, then who has turned against us, then who is heard by many."""
    detractor = facts.standing.probability[2] if facts.standing else 0.0
    return 10.0 * (facts.contact_id is not None) + 2.0 * detractor + 0.2 * _reach_weight(facts)


# ------------------------------------------------------------------------------------------------ advocate candidates


def new_candidate(facts: PersonFacts, window: Window) -> Matter | None:
    """A promoter whom nobody has decided about yet."""
    found = _of_kind(facts, CaseKind.CANDIDATE)
    if found is None or not _waits(found.case, window):
        return None
    if _snooze_over(found.case, window):
        status = "snooze is over"
    elif found.case.state is CaseState.NEW and _happened(found, _OPENED):
        status = _news(found)
    else:
        return None
    promoter = facts.standing.probability[0] if facts.standing else 0.0
    weight = promoter * _reach_weight(facts)
    if facts.do_not_contact:
        return Matter("new", 0, status, _hands_off(facts), found.case, None, weight, (Label.POSITIVE,))
    favour = "may be quoted" if _suggested(found) == "quote" else "would be a reference"
    step = f"Read the posts, then confirm; {_looked_after(facts)} could ask whether they {favour}."
    return Matter("new", 0, status, step, found.case, Action.CONFIRM, weight, (Label.POSITIVE,))


def _reach_weight(facts: PersonFacts) -> float:
    """1 where the reach is unknown, and one more for every tenfold of followers."""
    return 1.0 + math.log10(1 + (facts.reach or 0))


# ---------------------------------------------------------------------------------------------------- customers heard

_HEARD: Mapping[Label, tuple[int, str, str]] = {
    Label.NEGATIVE: (0, "complains", "Call: ask what went wrong before it becomes a habit."),
    Label.MIXED: (0, "praises and complains", "Call: thank for the one, ask about the other."),
    Label.UNSCORED: (1, "spoke, not scored", "Read it yourself: nothing here could judge it."),
    Label.POSITIVE: (2, "praises", "Thank them."),
    Label.NEUTRAL: (3, "mentions us", "Ask how they get on, if the post gives cause."),
}
"""By the gravest label heard in the window, gravest first: grade, status, next step."""
_GRAVITY = tuple(_HEARD)


def heard(facts: PersonFacts, window: Window) -> Matter | None:  # noqa: ARG001 - the shape of every section's rule
    """A known customer who spoke in the window, whatever their standing."""
    found = _of_kind(facts, CaseKind.HEARD)
    if found is None or not _happened(found, _BY_US) or found.case.state not in _LISTENING:
        return None
    case, weight = found.case, _reach_weight(facts)
    fresh = _fresh(found, facts)
    gravest = min((quote for quote in fresh if quote.own_words), key=lambda quote: _GRAVITY.index(quote.label), default=None)
    other = (3, "shares another's words" if fresh else "spoke", "Read it where it was said.")
    grade, status, step = _HEARD[gravest.label] if gravest else other
    step = _STEPS.get(_suggested(found), step)
    if gravest and gravest.unsure:
        status, step = f"{status}, unsure", "Read it yourself first: the verdict is not certain."
    urgency = gravest.label.value if gravest else "heard"
    labels = (gravest.label,) if gravest else ()
    if facts.do_not_contact:
        return Matter(urgency, grade, status, _hands_off(facts), case, None, weight, labels)
    return Matter(urgency, grade, status, step, case, _done(case, Action.CONTACTED), weight, labels)


_LISTENING = _WAITING | {CaseState.CONTACTED}
"""Whoever spoke to us yesterday and speaks again today is heard again; a snoozed or dismissed matter rests."""

_STEPS = {
    "answer": "Answer them: they ask something, or have a problem.",
    "ask": "Thank them, and ask whether they would be a reference.",
    "keep": "Call: they are leaving us, or threaten to.",
    "quote": "Thank them, and ask whether you may quote what they said.",
}
"""What judging suggests beyond what the label says by itself."""


def _suggested(found: CaseFacts) -> str:
    """The step that the newest event on the case suggests, by its name in ``Event.detail``."""
    steps = [event.detail.get("step") for event in found.events]
    return next((step for step in reversed(steps) if isinstance(step, str)), "")


def _fresh(found: CaseFacts, facts: PersonFacts) -> Sequence[Quote]:
    """The quotes that the window brought to the case, or the newest one there is."""
    lists = [event.detail.get("new") for event in found.events]
    new = {mention for ids in lists if isinstance(ids, Sequence) for mention in ids}
    return [quote for quote in facts.quotes if quote.mention_id in new] or facts.quotes[:1]


# ------------------------------------------------------------------------------------------------------------ changed


def changed(facts: PersonFacts, window: Window) -> Matter | None:  # noqa: ARG001 - the shape of every section's rule
    """Another stance, a decision of a colleague, or a case that lapsed."""
    case, event = _last_event(facts)
    now = facts.standing.stance if facts.standing else None
    if now is not None and facts.stance_before not in {None, now}:
        return Matter("stance", 0, f"{facts.stance_before} → {now}", _STANCE_STEP[now], case, None)
    if case is None or event is None:
        return None
    what = case.kind
    if event.kind is EventKind.DECIDED:
        return Matter("decided", 2, f"{what}: {event.state}", f"Nothing to do; decided by {event.actor}.", case, None)
    if event.kind is EventKind.LAPSED:
        return Matter("lapsed", 1, f"{what} lapsed", f"Nothing to do: {event.reason.rstrip('.')}.", case, None)
    return Matter("updated", 3, f"{what}: new facts", f"Look at it: {event.reason.rstrip('.')}.", case, None)


_STANCE_STEP: Mapping[Stance, str] = {
    Stance.PROMOTER: "Look at what won them over.",
    Stance.PASSIVE: "Look at what changed.",
    Stance.DETRACTOR: "Look at what went wrong.",
    Stance.UNKNOWN: "Nothing to do: what they said has aged.",
}


def _last_event(facts: PersonFacts) -> tuple[Case | None, Event | None]:
    """The newest event of the window over all cases, the most telling kind of case first where they are of one moment."""
    events = [(event.at, event.event_id, found.case, event) for found in facts.cases for event in found.events]
    if not events:
        return (facts.cases[0].case if facts.cases else None), None
    *_, case, event = max(events, key=lambda item: item[:2])
    return case, event


# ---------------------------------------------------------------------------------------------------------- the table

SECTIONS: tuple[Section, ...] = (
    Section(
        "call",
        "Needs a call",
        "Complaints by customers, and people turned against us.",
        "needs a call",
        "need a call",
        Tone.URGENT,
        needs_call,
    ),
    Section(
        "candidate",
        "New advocate candidates",
        "Customers who praise us again and again; nobody has decided about them yet.",
        "new candidate",
        "new candidates",
        Tone.CHANCE,
        new_candidate,
    ),
    Section(
        "heard",
        "Customers heard",
        "Known customers who spoke in public.",
        "customer heard",
        "customers heard",
        Tone.HEARD,
        heard,
    ),
    Section(
        "changed",
        "Changed",
        "Other standings, decisions and closed matters since the last digest.",
        "change",
        "changes",
        Tone.CHANGED,
        changed,
    ),
)
