"""Facts in words: standings, evidence, verdicts, excerpts, coverage and counts."""

from __future__ import annotations

import re

from listener.core.analysis import Label
from listener.core.people import Match, Outcome
from listener.core.plain import one_line
from listener.core.standing import Stance
from listener.core.telling import Coverage, Health, PersonFacts, Quote

EXCERPT = 260
"""Characters of a quote: about three lines of a mail."""

_PLACE = {Stance.PROMOTER: 0, Stance.PASSIVE: 1, Stance.DETRACTOR: 2}


def standing_words(facts: PersonFacts) -> str:
    """``promoter, probability 0.84; before: passive``; never more certain than the standing is."""
    standing = facts.standing
    now = standing.stance if standing else Stance.UNKNOWN
    before = "" if facts.stance_before in {None, now} else f"; before: {facts.stance_before}"
    if standing is None or now is Stance.UNKNOWN:
        return f"{now}{before}"
    return f"{now}, probability {probability(standing.probability[_PLACE[now]])}{before}"


def probability(p: float) -> str:
    """Two digits, and never ``1.00``: nothing here is certain."""
    return "over 0.99" if p > 0.99 else f"{p:.2f}"


def evidence_words(facts: PersonFacts) -> str:
    """How we know who this is, or that we do not: the strongest three pieces of evidence."""
    match = facts.match
    if match is None:
        return "listed in the CRM" if facts.contact_id else "no known customer"
    if match.outcome is Outcome.LINK and match.contact_id:
        return f"{_strongest(match) or 'linked by hand'}; probability {probability(match.probability)}"
    if match.outcome is Outcome.REVIEW:
        return f"perhaps a customer, to be checked: {_strongest(match)}; probability {probability(match.probability)}"
    if match.account:
        return f"somebody at the customer {one_line(match.account, 80)}; which person is not known"
    return "no known customer"


def _strongest(match: Match) -> str:
    pieces = sorted((piece for piece in match.evidence if piece.weight_bits > 0), key=lambda piece: -piece.weight_bits)
    return ", ".join(one_line(piece.what, 80) for piece in pieces[:3])


def verdict_words(quote: Quote) -> str:
    """The label; that it is unsure; why it has none."""
    if quote.label is Label.UNSCORED:
        return f"not scored: {one_line(quote.reason, 80)}" if quote.reason else "not scored"
    return f"{quote.label}, unsure" if quote.unsure else str(quote.label)


def where_words(quote: Quote) -> str:
    """Platform and source, once if they are the same, and whether the words are the author's own."""
    place = quote.source if quote.source == quote.platform else f"{quote.platform}, {quote.source}"
    return one_line(place, 80) + ("" if quote.own_words else "; shared, not their own words")


def excerpt(text: str, alias: str, limit: int = EXCERPT) -> str:
    """At most ``limit`` characters of the text, on one line, cut at words and so that the alias is inside."""
    text = one_line(text)
    if len(text) <= limit:
        return text
    found = alias_in(text, alias)
    start = 0 if not found or found.end() <= limit - 1 else max(0, found.start() - limit // 3)
    if start:
        gap = text.find(" ", start, found.start() if found else None)
        start = gap + 1 if gap >= 0 else start
    head = "…" if start else ""
    room = limit - len(head)
    cut = text[start : start + room]
    if start + room < len(text):
        cut = cut[:-1]
        gap = cut.rfind(" ", len(cut) - 30)
        cut = (cut[:gap] if gap > 0 else cut).rstrip() + "…"
    return head + cut


def alias_in(text: str, alias: str) -> re.Match[str] | None:
    """The first place where the alias stands as a word."""
    return next(iter(alias_places(text, alias)), None)


def alias_places(text: str, alias: str) -> list[re.Match[str]]:
    """All places where the alias stands as a word, in any case."""
    if not alias:
        return []
    return list(re.finditer(rf"(?<!\w){re.escape(alias)}(?!\w)", text, re.IGNORECASE))


def coverage_words(line: Coverage) -> str:
    """What is missing of a source, and why; empty where nothing is."""
    reason = one_line(line.reason, 160) if line.reason else ""
    match line.health:
        case Health.DISABLED:
            return f"disabled, because {reason}" if reason else "disabled"
        case Health.WAITING:
            return f"waiting: {reason}" if reason else "not run so far"
    parts = []
    if line.failed_runs:
        parts.append(f"failed in {line.failed_runs} of {counted(line.runs, 'run', 'runs')}")
    if line.streams_failed and line.streams > 1:
        parts.append(f"{line.streams_failed} of {line.streams} parts failed")
    if parts or line.health is not Health.OK:
        parts.append(reason)
    if unreadable := sum(line.rejected.values()):
        parts.append(f"{counted(unreadable, 'entry', 'entries')} could not be read")
    return "; ".join(part for part in parts if part) or ("" if line.health is Health.OK else str(line.health))


def counted(number: int, one: str, many: str) -> str:
    """``1 run``, ``2,000 runs``."""
    return f"{number:,} {one if number == 1 else many}"
