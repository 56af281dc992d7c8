"""Customers who spoke, and what else changed."""

from __future__ import annotations

from collections.abc import Mapping

from listener.core.analysis import Label
from listener.core.cases import Action, Case, CaseKind, CaseState, Event, EventKind
from listener.core.standing import Stance
from listener.core.telling import PersonFacts
from listener.digest.happened import (
    BY_US,
    WAITING,
    arrow,
    asked,
    done,
    hands_off,
    happened,
    new_quotes,
    of_kind,
    reach_weight,
    stance,
    suggested,
)
from listener.digest.matter import Matter, Todo, Window

_READ = "Read what"

_HEARD: Mapping[Label, tuple[int, str, str, str]] = {
    Label.NEGATIVE: (0, "complains", "call about it", "Call"),
    Label.MIXED: (0, "praises and complains", "call about it", "Call"),
    Label.UNSCORED: (1, "not scored", "", _READ),
    Label.POSITIVE: (2, "praises", "thank them", "Thank"),
    Label.NEUTRAL: (3, "mentions us", "", ""),
}
"""By the gravest label heard in the window, gravest first: grade, status, what to do, what the day's list asks for."""
_GRAVITY = tuple(_HEARD)
_LOOK: Mapping[Label, str] = {
    Label.UNSCORED: "Read it yourself.",
    Label.NEUTRAL: "Answer, if it gives cause.",
}
_STEPS: Mapping[str, tuple[str, str]] = {
    "answer": ("answer them", "Answer"),
    "ask": ("thank them, and ask for a reference", "Thank"),
    "keep": ("call: they may leave us", "Call"),
    "quote": ("thank them, and ask for leave to quote them", "Thank"),
}
"""What judging suggests beyond what the label says by itself."""
_LISTENING = WAITING | {CaseState.CONTACTED}
"""Whoever spoke to us yesterday and speaks again today is heard again; a snoozed or dismissed matter rests."""


def heard(facts: PersonFacts, window: Window) -> Matter | None:  # noqa: ARG001 - the shape of every section's rule
    """A known customer who spoke in the window, whatever their standing."""
    found = of_kind(facts, CaseKind.HEARD)
    if found is None or not happened(found, BY_US) or found.case.state not in _LISTENING:
        return None
    case, weight = found.case, reach_weight(facts)
    fresh = new_quotes([found], facts) or list(facts.quotes[:1])
    gravest = min((quote for quote in fresh if quote.own_words), key=lambda quote: _GRAVITY.index(quote.label), default=None)
    if gravest is None:
        grade, status, step, verb = 3, "shares another's words" if fresh else "spoke", "Read it where it was said.", ""
    else:
        grade, status, what, verb = _HEARD[gravest.label]
        step = asked(facts, what) if what else _LOOK[gravest.label]
    if suggestion := _STEPS.get(suggested(found)):
        step, verb = asked(facts, suggestion[0]), suggestion[1]
    if gravest and gravest.unsure:
        status, step, verb = f"{status}, unsure", "Read it yourself first.", _READ
    urgency = gravest.label.value if gravest else "heard"
    labels = (gravest.label,) if gravest else ()
    if facts.do_not_contact:
        return Matter(urgency, grade, status, hands_off(facts), case, None, weight, labels)
    todo = Todo(verb, " said" if verb == _READ else "", status) if verb else None
    action = None if verb == _READ else done(case, Action.CONTACTED)
    return Matter(urgency, grade, status, step, case, action, weight, labels, todo)


# ------------------------------------------------------------------------------------------------------------ changed


def changed(facts: PersonFacts, window: Window) -> Matter | None:  # noqa: ARG001 - the shape of every section's rule
    """Another stance, a decision of a colleague, or a case that lapsed.

    Of a stranger whose accounts all turned out to be somebody else's nothing is left to tell.
    """
    if facts.contact_id is None and not facts.platforms:
        return None
    case, event = _last_event(facts)
    now = facts.standing.stance if facts.standing else None
    if now is not None and facts.stance_before not in {None, now}:
        return Matter("stance", 0, arrow(facts), _STANCE_STEP[stance(facts)], case, None)
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
    """The newest event of the window over all cases."""
    events = [(event.at, event.event_id, found.case, event) for found in facts.cases for event in found.events]
    if not events:
        return (facts.cases[0].case if facts.cases else None), None
    *_, case, event = max(events, key=lambda item: item[:2])
    return case, event
