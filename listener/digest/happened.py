"""What happened to a person's cases in a window: what the rules of all sections ask."""

from __future__ import annotations

import math
from collections.abc import Sequence

from listener.core.analysis import Label
from listener.core.cases import Action, Case, CaseKind, CaseState, EventKind
from listener.core.standing import Stance
from listener.core.telling import CaseFacts, PersonFacts, Quote
from listener.digest.matter import Todo, Window
from listener.digest.model import REACH

WAITING = frozenset({CaseState.NEW, CaseState.CONFIRMED})
BY_US = frozenset({EventKind.OPENED, EventKind.REOPENED, EventKind.UPDATED})
OPENED = frozenset({EventKind.OPENED, EventKind.REOPENED})
_COMMITTED = frozenset({CaseState.CONFIRMED, CaseState.CONTACTED})


def of_kind(facts: PersonFacts, kind: CaseKind) -> CaseFacts | None:
    """The person's case of that kind; the natural key allows one."""
    return next((found for found in facts.cases if found.case.kind is kind), None)


def waits(case: Case, window: Window) -> bool:
    """Whether somebody should act: open, and not put off beyond the window."""
    return case.state in WAITING or snooze_over(case, window)


def snooze_over(case: Case, window: Window) -> bool:
    return case.state is CaseState.SNOOZED and case.snoozed_until is not None and case.snoozed_until <= window.until


def happened(found: CaseFacts, kinds: frozenset[EventKind]) -> bool:
    return any(event.kind in kinds for event in found.events)


def news(found: CaseFacts) -> str:
    return "new" if happened(found, frozenset({EventKind.OPENED})) else "open again"


def waiting_since(case: Case, window: Window) -> str:
    """``, waiting since 18 Nov`` of a case that an earlier digest told of; empty of one that this window brought."""
    return f", waiting since {window.words(case.opened_at)}" if case.opened_at <= window.since else ""


def suggested(found: CaseFacts) -> str:
    """The step that the newest event on the case suggests, by its name in ``Event.detail``."""
    steps = [event.detail.get("step") for event in found.events]
    return next((step for step in reversed(steps) if isinstance(step, str)), "")


def new_quotes(cases: Sequence[CaseFacts], facts: PersonFacts) -> list[Quote]:
    """The quotes that the window brought to the cases, newest first."""
    lists = [event.detail.get("new") for found in cases for event in found.events]
    new = {mention for ids in lists if isinstance(ids, Sequence) for mention in ids}
    return [quote for quote in facts.quotes if quote.mention_id in new]


def fresh_words(facts: PersonFacts, window: Window, label: Label) -> bool:
    """Whether the person said something of that label in the window, surely and in their own words."""
    brought = {quote.mention_id for quote in new_quotes(facts.cases, facts)}
    return any(
        quote.label is label and quote.own_words and not quote.unsure
        for quote in facts.quotes
        if quote.mention_id in brought or quote.said_at > window.since
    )


def was_candidate(facts: PersonFacts) -> bool:
    """Whether a person confirmed them as a candidate, or their candidate case lapsed just now."""
    found = of_kind(facts, CaseKind.CANDIDATE)
    if found is None:
        return False
    return found.case.state in _COMMITTED or happened(found, frozenset({EventKind.LAPSED}))


def stance(facts: PersonFacts) -> Stance:
    return facts.standing.stance if facts.standing else Stance.UNKNOWN


def arrow(facts: PersonFacts) -> str:
    """``passive → promoter``."""
    return f"{facts.stance_before} → {stance(facts)}"


# ------------------------------------------------------------------------------------------------------- what to do


def done(case: Case, action: Action) -> Action:
    """What to decide when the step is done: a contact that was recorded already can only be closed."""
    return Action.RESOLVED if case.state is CaseState.CONTACTED else action


def asked(facts: PersonFacts, what: str) -> str:
    """``Ask Ines Kroll to call them.``; whoever looks after the customer does it, where the CRM names somebody."""
    return f"Ask {facts.owner} to {what}." if facts.owner else f"{what[0].upper()}{what[1:]}."


def looked_after(facts: PersonFacts) -> str:
    return facts.owner or "whoever looks after them"


def hands_off(facts: PersonFacts) -> str:
    return f"Tell {looked_after(facts)}; do not call or write."


def told_instead(facts: PersonFacts, why: str = "") -> Todo:
    """What the day's list asks for where nobody may call or write."""
    return Todo(f"Tell {looked_after(facts)} about", ", not to be contacted", why)


def reach_weight(facts: PersonFacts) -> float:
    """1 where the reach is unknown, and one more for every tenfold of followers."""
    return 1.0 + math.log10(1 + (facts.reach or 0))


def heard_by(facts: PersonFacts) -> str:
    """``70,000 followers``; empty where there are few, or nobody knows."""
    return f"{facts.reach:,} followers" if facts.reach is not None and facts.reach >= REACH else ""


def call_weight(facts: PersonFacts) -> float:
    """Customers before strangers, then who has turned against us, then who is heard by many."""
    detractor = facts.standing.probability[2] if facts.standing else 0.0
    return 10.0 * (facts.contact_id is not None) + 2.0 * detractor + 0.2 * reach_weight(facts)
