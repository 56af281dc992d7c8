"""Alerts about people in words: the news, why it is told, with the numbers, and what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, tzinfo

from listener.alerts.model import Alert, AlertItem
from listener.core.alerting import AlertRule
from listener.core.analysis import Label
from listener.core.cases import LEAVING, Action, CaseKind, Event, EventKind
from listener.core.plain import one_line
from listener.core.telling import CaseFacts, PersonFacts
from listener.digest.happened import asked, done, hands_off, new_quotes, of_kind, suggested
from listener.digest.matter import Window
from listener.digest.quotes import quote_line, telling
from listener.digest.words import evidence_words, standing_words
from listener.timewords import stamp_words

QUOTES = 2
ROOM = 260
"""Characters of a quote: about three lines of a mail."""
_AGAINST = (Label.NEGATIVE, Label.MIXED, Label.UNSCORED)


def alert(key: str, rule: AlertRule, item: AlertItem, at: datetime, zone: tzinfo) -> Alert:
    return Alert(key, rule, item.news, at, str(zone), rule is AlertRule.PROMOTER, (item,))


def item(
    rule: AlertRule,
    person: PersonFacts,
    found: CaseFacts,
    reasons: Sequence[str],
    brand: str,
    window: Window,
    news: Collection[int],
) -> AlertItem:
    """One person as an alert tells of them; ``found`` is the case that it is about."""
    labels = (Label.POSITIVE,) if rule is AlertRule.PROMOTER else _AGAINST
    chosen = telling(person.quotes, labels, frozenset(news) & frozenset(found.case.mention_ids))[:QUOTES]
    return AlertItem(
        news=_news(rule, person, found, one_line(brand, 60)),
        title=_name(person),
        about=_about(person),
        facts=tuple(_facts(person, found, reasons, window)),
        step=one_line(_step(rule, person, found), 200),
        command=_command(rule, person, found),
        quotes=tuple(quote_line(quote, window.tz, ROOM) for quote in chosen),
        do_not_contact=person.do_not_contact,
    )


def _name(person: PersonFacts) -> str:
    return one_line(person.name, 80) or "(no name)"


def _about(person: PersonFacts) -> str:
    """``Office Manager, Zandervelt Textiles (SMB)``; may be empty."""
    place = ", ".join(one_line(part, 80) for part in (person.job_title, person.company) if part)
    segment = one_line(person.segment, 80) if person.segment else ""
    return f"{place} ({segment})" if place and segment else place or segment


def _news(rule: AlertRule, person: PersonFacts, found: CaseFacts, brand: str) -> str:
    """``Sofie Zandbergen (Zandervelt Textiles) complains about Quillon``."""
    who = f"{_name(person)} ({one_line(person.company, 60)})" if person.company else _name(person)
    if rule is AlertRule.PROMOTER:
        again = any(event.kind is EventKind.REOPENED for event in found.events)
        return f"{who} is a promoter of {brand} again" if again else f"{who} became a promoter of {brand}"
    leaving, perhaps = is_leaving(person, found), "perhaps " if _is_unsure(person, found) else ""
    if rule is AlertRule.TURNED:
        return f"{who} promoted {brand} and now {'may leave' if leaving else f'{perhaps}complains'}"
    return f"{who} may leave {brand}" if leaving else f"{who} {perhaps}complains about {brand}"


def is_leaving(person: PersonFacts, found: CaseFacts) -> bool:
    """Whether what is told is that they leave, or threaten to."""
    if any(event.detail.get("turn") == LEAVING for event in found.events):
        return True
    spoke = of_kind(person, CaseKind.HEARD)
    return spoke is not None and suggested(spoke) == "keep"


def _facts(person: PersonFacts, found: CaseFacts, reasons: Sequence[str], window: Window) -> Iterator[tuple[str, str]]:
    yield "Why", one_line("; ".join(reasons), 300)
    yield "Standing", standing_words(person) + _rests_on(person)
    yield "Known by", evidence_words(person)
    if person.reach is not None:
        yield "Reach", f"{person.reach:,} followers"
    if person.owner:
        yield "Owner", one_line(person.owner, 80)
    if since := _since(person, found, window):
        yield "Since", since
    if found.case.due_at is not None and not person.do_not_contact:
        yield "Due", f"{'call' if person.contact_id else 'answer'} by {window.words(found.case.due_at)}"


def _since(person: PersonFacts, found: CaseFacts, window: Window) -> str:
    """When the first of the posts was said that the case is new by; empty where none of them can be shown."""
    said = [quote.said_at for quote in new_quotes([found], person)]
    if not said:
        return ""
    stamp = stamp_words(min(said), window.tz, window.day)
    return stamp if len(said) == 1 else f"{stamp}, the first of {len(said):,} posts"


def _is_unsure(person: PersonFacts, found: CaseFacts) -> bool:
    """Whether no verdict on what was new is sure."""
    said = new_quotes([found], person)
    return bool(said) and all(quote.unsure for quote in said)


def _rests_on(person: PersonFacts) -> str:
    """What the standing rests on, as a sentence that follows it; empty where nothing is known of it."""
    why = one_line(person.standing.why, 160) if person.standing else ""
    return f". {why[0].upper()}{why[1:]}" if why else ""


def _step(rule: AlertRule, person: PersonFacts, found: CaseFacts) -> str:
    if person.do_not_contact:
        return hands_off(person)
    if rule is AlertRule.PROMOTER:
        favour = "for leave to quote them" if suggested(found) == "quote" else "for a reference"
        return f"Confirm; then {person.owner} may ask {favour}." if person.owner else f"Confirm; then ask {favour}."
    if person.contact_id is None:
        return "Answer where it was said; no known customer."
    step = asked(person, "call them: they may leave" if is_leaving(person, found) else "call them")
    return f"Read it first, the verdict is not sure. {step}" if _is_unsure(person, found) else step


def _command(rule: AlertRule, person: PersonFacts, found: CaseFacts) -> str:
    case = found.case
    if person.do_not_contact:
        return f"listener cases show {case.case_id}"
    action = Action.CONFIRM if rule is AlertRule.PROMOTER else done(case, Action.CONTACTED)
    return f"listener cases decide {case.case_id} {action}"


def named(event: Event) -> Sequence[int]:
    """The mentions that were new to the case by the event."""
    found = event.detail.get("new")
    return (
        [number for number in found if isinstance(number, int)]
        if isinstance(found, Sequence) and not isinstance(found, str)
        else []
    )
