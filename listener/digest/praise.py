"""Who could become an advocate, and whom we won over."""

from __future__ import annotations

from listener.core.analysis import Label
from listener.core.cases import Action, CaseKind, CaseState
from listener.core.standing import Stance
from listener.core.telling import PersonFacts
from listener.digest.happened import (
    OPENED,
    arrow,
    asked,
    done,
    fresh_words,
    hands_off,
    happened,
    news,
    of_kind,
    reach_weight,
    snooze_over,
    stance,
    suggested,
    told_instead,
    waiting_since,
    waits,
)
from listener.digest.matter import Matter, Todo, Window

_PRAISE = (Label.POSITIVE,)
_CAN_BE_THANKED = frozenset({CaseState.NEW, CaseState.CONTACTED})


def new_candidate(facts: PersonFacts, window: Window) -> Matter | None:
    """A promoter whom nobody has decided about yet; told when it is new, and when a snooze is over."""
    found = of_kind(facts, CaseKind.CANDIDATE)
    if found is None or not waits(found.case, window):
        return None
    if snooze_over(found.case, window):
        status = f"snooze is over{waiting_since(found.case, window)}"
    elif found.case.state is CaseState.NEW and happened(found, OPENED):
        status = news(found)
    else:
        return None
    why = "" if status == "new" else status
    if facts.stance_before in _LOW:
        status, why = f"{status}, {arrow(facts)}", arrow(facts)
    weight = (facts.standing.probability[0] if facts.standing else 0.0) * reach_weight(facts)
    if facts.do_not_contact:
        return Matter("new", 0, status, hands_off(facts), found.case, None, weight, _PRAISE, told_instead(facts, why))
    favour = "for leave to quote them" if suggested(found) == "quote" else "for a reference"
    step = f"Confirm; then {facts.owner} asks {favour}." if facts.owner else f"Confirm; then ask {favour}."
    return Matter("new", 0, status, step, found.case, Action.CONFIRM, weight, _PRAISE, Todo("Confirm", " as an advocate", why))


_LOW = frozenset({Stance.PASSIVE, Stance.DETRACTOR})


def won_over(facts: PersonFacts, window: Window) -> Matter | None:
    """Who thinks better of us than before, and said so: words that merely aged won nobody over."""
    before, now = facts.stance_before, stance(facts)
    rose = (before in _LOW and now is Stance.PROMOTER) or (before is Stance.DETRACTOR and now is Stance.PASSIVE)
    if not rose or not fresh_words(facts, window, Label.POSITIVE):
        return None
    spoke = of_kind(facts, CaseKind.HEARD)
    case = spoke.case if spoke is not None and spoke.case.state in _CAN_BE_THANKED else None
    weight = 10.0 * (facts.contact_id is not None) + reach_weight(facts)
    grade = 0 if before is Stance.DETRACTOR else 1
    if facts.do_not_contact:
        return Matter("won", grade, arrow(facts), hands_off(facts), case, None, weight, _PRAISE)
    step = asked(facts, "thank them, and to ask what won them over" if facts.owner else "thank them, and ask what won them over")
    action = done(case, Action.CONTACTED) if case else None
    return Matter("won", grade, arrow(facts), step, case, action, weight, _PRAISE, Todo("Thank", "", arrow(facts)))
