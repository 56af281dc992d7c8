"""Facts in words: standings, evidence, verdicts, excerpts, coverage and counts."""

from __future__ import annotations

import re
import shlex

from listener.core.analysis import Label
from listener.core.brand import Evidence
from listener.core.corrections import HUMAN
from listener.core.people import Match, Outcome
from listener.core.plain import one_line
from listener.core.standing import Stance
from listener.core.telling import Coverage, Health, PersonFacts, Quote
from listener.counting import counted
from listener.identities import by_hand, percent

EXCERPT = 260
"""Characters of a quote where there is room: about three lines of a mail."""
REASON = 160
"""Characters of why a source was not heard."""

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
        if match.engine == HUMAN:
            return "linked by hand"
        return f"{_strongest(match) or 'linked by hand'}; probability {probability(match.probability)}"
    if match.outcome is Outcome.REVIEW:
        return f"perhaps a customer, to be checked: {_strongest(match)}; probability {probability(match.probability)}"
    if match.account:
        return f"somebody at the customer {one_line(match.account, 80)}; which person is not known"
    return "no known customer"


_BY: dict[Evidence, str] = {
    Evidence.EMAIL: "e-mail",
    Evidence.HANDLE: "CRM account",
    Evidence.LINK: "link",
    Evidence.NAME: "name",
    Evidence.COMPANY: "company",
    Evidence.PLACE: "place",
}


def standing_short(facts: PersonFacts) -> str:
    """``passive → promoter 0.84``: before and now, and how sure the latter is; of the surest ``>0.99``."""
    standing = facts.standing
    now = standing.stance if standing else Stance.UNKNOWN
    moved = f"{facts.stance_before} → {now}" if facts.stance_before not in {None, now} else str(now)
    return (
        moved
        if standing is None or now is Stance.UNKNOWN
        else f"{moved} {_short(probability(standing.probability[_PLACE[now]]))}"
    )


def evidence_short(facts: PersonFacts) -> str:
    """``match >99%: link, name``: how we know who this is, or that we do not."""
    match = facts.match
    if match is None:
        return "listed in the CRM" if facts.contact_id else "no known customer"
    if match.outcome is Outcome.LINK and match.contact_id:
        if by_hand(match) or not kinds_of_evidence(match):
            return "linked by hand"
        return f"match {_short(percent(match.probability))}: {kinds_of_evidence(match)}"
    if match.outcome is Outcome.REVIEW:
        return f"perhaps a customer, {_short(percent(match.probability))}: {kinds_of_evidence(match)}"
    if match.account:
        return f"somebody at the customer {one_line(match.account, 80)}"
    return "no known customer"


def _short(sure: str) -> str:
    return sure.replace("over ", ">").replace("under ", "<")


def kinds_of_evidence(match: Match, limit: int = 2) -> str:
    """``link, name``: the kinds of what speaks for a match most."""
    pieces = sorted((piece for piece in match.evidence if piece.weight_bits > 0), key=lambda piece: -piece.weight_bits)
    return ", ".join(list(dict.fromkeys(_BY[piece.kind] for piece in pieces))[:limit])


def _strongest(match: Match) -> str:
    pieces = sorted((piece for piece in match.evidence if piece.weight_bits > 0), key=lambda piece: -piece.weight_bits)
    return ", ".join(one_line(piece.what, 80) for piece in pieces[:3])


def verdict_words(quote: Quote) -> str:
    """The label; that it is unsure; why it has none."""
    if quote.label is Label.UNSCORED:
        return f"not scored: {one_line(quote.reason, 80)}" if quote.reason else "not scored"
    return f"{quote.label}, unsure" if quote.unsure else str(quote.label)


def verdict_short(quote: Quote) -> str:
    """As ``verdict_words``; of a long reason only its beginning: ``not scored: reads English only``."""
    if quote.label is Label.UNSCORED and quote.reason:
        return f"not scored: {one_line(quote.reason.partition(',')[0].removeprefix('the engine '), 40)}"
    return verdict_words(quote)


def where_words(quote: Quote) -> str:
    """Platform and source, once if they are the same, and whether the words are the author's own."""
    place = quote.source if quote.source == quote.platform else f"{quote.platform}, {quote.source}"
    return one_line(place, 80) + ("" if quote.own_words else "; shared, not their own words")


_SITES = frozenset({"blog", "feed", "file", "forum", "rss", "site", "web", "website"})


def where_short(quote: Quote) -> str:
    """The platform, or of a site the source; and whether the words are the author's own."""
    place = quote.source if quote.platform in _SITES else quote.platform
    return one_line(place, 60) + ("" if quote.own_words else "; shared, not their own words")


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
        cut = (cut[:gap] if gap > 0 else cut).rstrip(" ,;:") + "…"
    return head + cut


_SENTENCE = re.compile(r"(?<=[.!?…])\s+")


def gist(text: str, alias: str, limit: int) -> str:
    """At most ``limit`` characters: whole sentences around the one that names the alias, where they fit; else an excerpt."""
    text = one_line(text)
    if len(text) <= limit:
        return text
    parts = _SENTENCE.split(text)
    at = next((place for place, part in enumerate(parts) if alias_in(part, alias)), 0)
    end = at + 1
    while end < len(parts) and len(" ".join(parts[at : end + 1])) <= limit - 4:
        end += 1
    chosen = " ".join(parts[at:end])
    head, tail = "… " if at else "", " …" if end < len(parts) else ""
    whole = f"{head}{chosen}{tail}"
    return whole if len(whole) <= limit else _at_a_pause(excerpt(text, alias, limit), alias)


_PAUSE = re.compile(r"[,;:–—](?=\s)|\s[–—-](?=\s)")


def _at_a_pause(cut: str, alias: str) -> str:
    """A cut text that ends where the author paused, if that leaves the most of it and the alias."""
    named = alias_in(cut, alias)
    least = max(len(cut) * 3 // 5, named.end() if named else 0)
    pauses = [found.start() for found in _PAUSE.finditer(cut) if found.start() >= least]
    return f"{cut[: pauses[-1]].rstrip()}…" if cut.endswith("…") and pauses else cut


def alias_in(text: str, alias: str) -> re.Match[str] | None:
    """The first place where the alias stands as a word."""
    return next(iter(alias_places(text, alias)), None)


def alias_places(text: str, alias: str) -> list[re.Match[str]]:
    """All places where the alias stands as a word, in any case."""
    if not alias:
        return []
    return list(re.finditer(rf"(?<!\w){re.escape(alias)}(?!\w)", text, re.IGNORECASE))


def coverage_words(line: Coverage, resumes: str = "", longest: int = REASON) -> str:
    """What is missing of a source, and why (in so many characters at most); empty where nothing is.

    ``resumes`` says when a paused one goes on.
    """
    reason = one_line(line.reason, longest) if line.reason else ""
    match line.health:
        case Health.DISABLED:
            return f"disabled, because {reason}" if reason else "disabled"
        case Health.WAITING if not line.runs:
            return f"waiting: {reason}" if reason else "not run so far"
        case Health.PAUSED:
            parts = ["paused" + (f", {reason}" if reason else ""), f"goes on {resumes}" if resumes else ""]
        case Health.WAITING:
            parts = [f"waiting: {reason}" if reason else "waiting", *_failed(line)]
        case _:
            parts = _failed(line)
            if parts or line.health is not Health.OK:
                parts.append(reason)
    parts.append(_unusable(line))
    return "; ".join(part for part in parts if part) or ("" if line.health is Health.OK else str(line.health))


def _failed(line: Coverage) -> list[str]:
    """``refused 4 of 6 runs``, ``failed in 5 of 6 runs, refused in 2 of them``, ``2 of 9 parts failed``."""
    runs = counted(line.runs, "run", "runs")
    parts = []
    if line.refused_runs and line.refused_runs >= line.failed_runs:
        parts.append(f"refused {line.refused_runs:,} of {runs}")
    elif line.failed_runs:
        refused = f", refused in {line.refused_runs:,} of them" if line.refused_runs else ""
        parts.append(f"failed in {line.failed_runs:,} of {runs}{refused}")
    if line.streams_failed and line.streams > 1:
        parts.append(f"{line.streams_failed:,} of {line.streams:,} parts failed")
    return parts


def _unusable(line: Coverage) -> str:
    number = sum(line.rejected.values())
    return f"{counted(number, 'entry', 'entries')} could not be read" if number else ""


def notice_words(line: Coverage, limit: int = 2) -> str:
    """What a person should know or do about a source; the first of several, and how many more."""
    shown = [one_line(each, 200) for each in line.notices[:limit]]
    if more := len(line.notices) - len(shown):
        shown.append(f"{counted(more, 'more notice', 'more notices')}: listener sources {shlex.quote(one_line(line.source))}")
    return "; ".join(each for each in shown if each)
