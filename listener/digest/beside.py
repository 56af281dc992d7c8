"""What a digest tells beside people with a matter: matches to confirm, bursts of mentions, and what still waits."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence

from listener.core.cases import CaseKind
from listener.core.plain import one_line
from listener.core.spikes import Measure, SpikeIncident
from listener.core.telling import DUE_AHEAD, PersonFacts, ProposalFacts, Waiting
from listener.digest.happened import WAITING
from listener.digest.matter import Window
from listener.digest.parts import ProposalLine, WaitingLine
from listener.digest.words import kinds_of_evidence
from listener.identities import percent
from listener.timewords import stamp_words

PROPOSALS = 3
"""At most; one on a day on which more would take too long to read."""
SPIKES = 3

Wants = Callable[[str | None, str | None, str | None], bool]
"""Whether a matter of a brand, about somebody of a segment and owner, concerns the reader."""


# -------------------------------------------------------------------------------------------------- matches to confirm


def proposal_lines(found: Iterable[ProposalFacts], wants: Wants) -> tuple[tuple[ProposalLine, ...], int]:
    """The most probable of the proposals, and how many more there are."""
    mine = [each for each in found if wants(each.brand, each.segment, each.owner)]
    mine.sort(key=lambda each: (-each.match.probability, -each.said_at.timestamp(), each.author_id))
    return tuple(map(_proposal, mine[:PROPOSALS])), len(mine[PROPOSALS:])


def _proposal(facts: ProposalFacts) -> ProposalLine:
    contact = shlex.quote(one_line(facts.match.contact_id or ""))
    contact = f"-- {contact}" if contact.startswith("-") else contact  # else it would be taken for an option
    author, name, company = (one_line(part, 60) for part in (facts.author, facts.name, facts.company or ""))
    parts = [company] if company and name.casefold() == author.casefold() else [name, company]
    return ProposalLine(
        author_id=facts.author_id,
        person_id=facts.person_id,
        customer_id=facts.customer_id,
        mention_id=facts.mention_id,
        author=f"{author or f'author {facts.author_id}'} ({one_line(facts.platform, 30)})",
        customer=", ".join(part for part in parts if part) or "a customer without a name",
        sure=percent(facts.match.probability),
        evidence=kinds_of_evidence(facts.match),
        link=f"listener identities link {facts.author_id} {contact}",
        refuse=f"listener identities unlink {facts.author_id} {contact}",
    )


# ------------------------------------------------------------------------------------------------------------- bursts

_ORDER = (Measure.VOLUME, Measure.NEGATIVE, Measure.AUTHORS, Measure.SHARE)
"""How plainly a measure says that there is a burst."""
_COUNTED: Mapping[Measure, str] = {
    Measure.VOLUME: "mentions",
    Measure.NEGATIVE: "negative mentions",
    Measure.AUTHORS: "people who spoke",
}


def spike_lines(
    found: Sequence[SpikeIncident], window: Window, brands: Mapping[str, str], wants: Wants, most: int = SPIKES
) -> tuple[str, ...]:
    """The last bursts that concern the reader, a line each; what several measures show of one burst is told in one."""
    groups: list[list[SpikeIncident]] = []
    for each in sorted(found, key=lambda each: (each.brand, each.start, _ORDER.index(each.measure))):
        if not wants(each.brand, None, None):
            continue
        last = groups[-1] if groups else []
        if last and last[0].brand == each.brand and each.start <= max(one.last_excess_at for one in last):
            last.append(each)
        else:
            groups.append([each])
    groups.sort(key=lambda group: (group[0].start, group[0].brand))
    return tuple(spike_words(each, window, one_line(brands.get(each[0].brand, each[0].brand), 60)) for each in groups[-most:])


def spike_words(burst: Sequence[SpikeIncident], window: Window, brand: str) -> str:
    """``Quillon: 42 mentions in 1 hour, usually 6; from 22 Nov 14:00 to 18:00, over now``."""
    by_measure = {each.measure: each for each in burst}
    plain = [by_measure[measure] for measure in _ORDER if measure in by_measure]
    told = [each for each in plain if each.measure is not Measure.SHARE or Measure.NEGATIVE not in by_measure]
    what = "; ".join(_how_much(each) for each in told[:2])
    start, end = min(each.start for each in burst), max(each.last_excess_at for each in burst)
    began = stamp_words(start, window.tz, window.day)
    if any(each.closed_at is None for each in burst):
        return f"{brand}: {what}; since {began}"
    first, last = start.astimezone(window.tz), end.astimezone(window.tz)
    until = f"{last:%H:%M}" if first.date() == last.date() else stamp_words(last, window.tz, window.day)
    return f"{brand}: {what}; from {began} to {until}, over now"


def _how_much(spike: SpikeIncident) -> str:
    hours = f"{spike.hours} hour{'s' if spike.hours != 1 else ''}"
    if spike.measure is Measure.SHARE:
        of = f" of {spike.total:,} mentions" if spike.total is not None else " of the mentions"
        return f"{spike.count:.0%}{of} negative in {hours}, usually {spike.expected:.0%}"
    return f"{spike.count:,.0f} {_COUNTED[spike.measure]} in {hours}, usually {_usual(spike.expected)}"


def _usual(expected: float) -> str:
    return "fewer than 1" if expected < 0.95 else f"{expected:,.0f}"


# ------------------------------------------------------------------------------------------------------------- waiting


def due_tomorrow(people: Iterable[PersonFacts], window: Window) -> list[Waiting]:
    """The follow-ups that are due soon, but not on the reader's day, and of which there is nothing new: they wait, too."""
    return [
        Waiting(CaseKind.FOLLOW_UP, person.brand, 1, found.case.opened_at, person.segment, person.owner)
        for person in people
        for found in person.cases
        if found.case.kind is CaseKind.FOLLOW_UP and found.case.state in WAITING and not found.events
        if found.case.due_at is not None and found.case.due_at <= window.until + DUE_AHEAD
        if window.on(found.case.due_at) > window.day
    ]


def waiting_lines(found: Iterable[Waiting], window: Window, wants: Wants) -> tuple[WaitingLine, ...]:
    """How many cases of each kind still wait, follow-ups first."""
    mine = [each for each in found if wants(each.brand, each.segment, each.owner)]
    lines = []
    for kind in (CaseKind.FOLLOW_UP, CaseKind.CANDIDATE):
        of_kind = [each for each in mine if each.kind is kind]
        if number := sum(each.number for each in of_kind):
            lines.append(WaitingLine(kind, number, window.on(min(each.since for each in of_kind))))
    return tuple(lines)
