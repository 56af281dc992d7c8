"""The rules about people: which case events are told at once, as drafts in words.

    PROMOTER   a known customer became an advocate candidate
    TURNED     somebody who promoted us, or with whom a reference was agreed, complains
    DETRACTOR  a known customer complains, is a detractor, or says after a complaint that they leave: of a key account, or
               heard by many

Of one person, brand and pass at most one holds, of the last two the first. Only what rests on something fresh is told
(``AlertFacts.news``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from listener.alerts import words
from listener.core.alert_ports import AlertFacts
from listener.core.alerting import AlertDraft, AlertPolicy, AlertRule
from listener.core.cases import LEAVING, CaseKind, CaseState, Event, EventKind
from listener.core.mention import digest
from listener.core.standing import Stance
from listener.core.telling import CaseFacts, PersonFacts
from listener.digest.happened import OPENED, of_kind, reach_weight, was_candidate
from listener.digest.matter import Window

_WAITS = frozenset({CaseState.NEW, CaseState.CONFIRMED})
_HEARD_AGAIN = OPENED | {EventKind.UPDATED}


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that holds, with the case and the event that it is about."""

    rule: AlertRule
    case: CaseFacts
    event: Event
    reasons: tuple[str, ...]
    """Why it is told at once, each a few words."""


def drafts(
    facts: AlertFacts, policy: AlertPolicy, brands: Mapping[str, str], now: datetime, zone: tzinfo
) -> Sequence[AlertDraft]:
    """The alerts about people that these events are worth; ``brands`` maps keys to names, ``zone`` is for the words."""
    return [
        _draft(found, person, policy, brands, now, zone, facts.news)
        for person in facts.people
        if (found := find(person, policy, facts.news))
    ]


def find(person: PersonFacts, policy: AlertPolicy, news: Collection[int]) -> Found | None:
    """The rule that holds of one person and brand; ``None`` where none does."""
    for rule in (_turned, _detractor, _promoter):
        if (found := rule(person, policy, news)) is not None:
            return found
    return None


def _promoter(person: PersonFacts, policy: AlertPolicy, news: Collection[int]) -> Found | None:  # noqa: ARG001 - the shape of a rule
    found = of_kind(person, CaseKind.CANDIDATE)
    event = _fresh_event(found, OPENED, news)
    if found is None or event is None or person.contact_id is None or found.case.state is not CaseState.NEW:
        return None
    return Found(
        AlertRule.PROMOTER,
        found,
        event,
        ("a new advocate candidate" if event.kind is EventKind.OPENED else "an advocate candidate again",),
    )


def _turned(person: PersonFacts, policy: AlertPolicy, news: Collection[int]) -> Found | None:  # noqa: ARG001 - as above
    found = of_kind(person, CaseKind.FOLLOW_UP)
    event = _fresh_event(found, _HEARD_AGAIN, news)
    if found is None or event is None or found.case.state not in _WAITS | {CaseState.CONTACTED}:
        return None
    if person.stance_before is Stance.PROMOTER:
        was = "a promoter until now"
    elif was_candidate(person):
        was = "an advocate candidate until now"
    else:
        return None
    return Found(AlertRule.TURNED, found, event, (was, event.reason))


def _detractor(person: PersonFacts, policy: AlertPolicy, news: Collection[int]) -> Found | None:
    found = of_kind(person, CaseKind.FOLLOW_UP)
    event = _fresh_event(found, OPENED, news)
    states = _WAITS
    if (moved := _fresh_event(found, _HEARD_AGAIN, news)) is not None and is_turn(moved):
        event, states = moved, _WAITS | {CaseState.CONTACTED}
    if found is None or event is None or person.contact_id is None or found.case.state not in states:
        return None
    reasons = _pressing(person, policy)
    return Found(AlertRule.DETRACTOR, found, event, (event.reason, *reasons)) if reasons else None


def _pressing(person: PersonFacts, policy: AlertPolicy) -> tuple[str, ...]:
    """Why this one's complaint cannot wait for the digest; nothing where it can."""
    reasons = []
    if not policy.segments:
        reasons.append("a known customer")
    elif (person.segment or "").casefold() in policy.segments:
        reasons.append(f"a key account ({person.segment})")
    if person.reach is not None and person.reach >= policy.reach:
        reasons.append(f"{policy.reach:,} followers or more")
    return tuple(reasons)


def is_turn(event: Event) -> bool:
    """Whether somebody who complained before says now that they leave: news of its own, whatever was told of them."""
    return event.detail.get("turn") == LEAVING


def _fresh_event(found: CaseFacts | None, kinds: Collection[EventKind], news: Collection[int]) -> Event | None:
    """The newest event of these kinds that rests on a fresh mention."""
    fresh = [event for event in (found.events if found else ()) if event.kind in kinds and set(words.named(event)) & set(news)]
    return fresh[-1] if fresh else None


def weight(person: PersonFacts, policy: AlertPolicy, *, leaving: bool) -> float:
    """What makes a person more urgent than others of whom the same rule tells: leaving, then a key account, then reach."""
    is_key = (person.segment or "").casefold() in policy.segments
    return 100.0 * leaving + 50.0 * is_key + reach_weight(person)


# ------------------------------------------------------------------------------------------------------------- drafts


def _draft(
    found: Found,
    person: PersonFacts,
    policy: AlertPolicy,
    brands: Mapping[str, str],
    now: datetime,
    zone: tzinfo,
    news: Collection[int],
) -> AlertDraft:
    key = digest("alert", found.rule.value, str(found.event.event_id))
    local = now.astimezone(zone)
    window = Window(found.event.at, now, local.date(), zone)
    item = words.item(found.rule, person, found.case, found.reasons, brands.get(person.brand, person.brand), window, news)
    item = replace(item, weight=weight(person, policy, leaving=words.is_leaving(person, found.case)))
    alert = words.alert(key, found.rule, item, local, zone)
    return AlertDraft(
        key=key,
        rule=found.rule,
        subject=f"person:{person.person_id}:{person.brand}{f':{LEAVING}' if is_turn(found.event) else ''}",
        words=alert.to_json(),
        at=now,
        brand=person.brand,
        person_id=person.person_id,
        case_id=found.case.case.case_id,
        mention_ids=tuple(quote.mention_id for quote in item.quotes),
        segment=person.segment,
        owner=person.owner,
    )
