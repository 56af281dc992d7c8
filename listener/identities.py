"""Who authors are, in words: how sure it is, what it rests on, and what people may decide. Pure rules over core types.

A weight in bits is log2 of how much likelier a piece of evidence is if author and customer are one person: each bit doubles the
odds, each bit below zero halves them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import wrap

from listener.core.corrections import HUMAN
from listener.core.errors import ConfigError, Problem
from listener.core.identities import Decision, DecisionKind
from listener.core.mention import Author
from listener.core.people import Customer, Match, Outcome, Reason
from listener.core.plain import one_line
from listener.core.terms import platform_name

SHOWN = 80
"""Characters of a name, a handle or a piece of evidence that are shown."""
STRONGEST = 3
_MOST_DRAWN = 60.0
"""Bits: beyond all that can matter, so that one endless weight leaves the others their bars."""
_LEAST_DRAWN = 0.001
"""Bits that fill the room: of less there is nothing to see, and dividing by it could overflow."""
_FOR, _AGAINST, _ZERO, _LINE = "█", "▒", "│", "─"


# ------------------------------------------------------------------------------------------------ naming


def is_address(text: str) -> bool:
    """Whether somebody named an author by the address of a page."""
    return text.strip().lower().startswith(("http://", "https://"))


def named_author(text: str) -> int | tuple[str, str]:
    """An author by the store's number, or as platform and handle.

    Raises:
        ConfigError: it is neither.
    """
    plain = text.strip()
    if plain.isascii() and plain.isdigit() and len(plain) <= 18:
        return int(plain)
    platform, colon, handle = plain.partition(":")
    if not colon or not platform.strip() or not handle.strip().strip("@"):
        got = f'"{one_line(text, 40)}" names no author'
        raise ConfigError([Problem("AUTHOR", got, "the number that a list shows, or platform:handle, as in mastodon:sofiez")])
    return platform_name(platform), handle.strip()


def author_words(author_id: int, author: Author, platform: str) -> str:
    """``Maya Lind (@maya, mastodon)``."""
    name, handle = one_line(author.display_name or "", SHOWN), one_line(author.handle or "", SHOWN).lstrip("@")
    where = one_line(platform, 40)
    account = f"@{handle}, {where}" if handle else where
    return f"{name or f'author {author_id}'} ({account})"


def brief_words(author_id: int, name: str | None, platform: str) -> str:
    """``author 7 (Maya Lind, mastodon)``: within a sentence."""
    return f"author {numbered(author_id, name, platform)}"


def numbered(author_id: int, name: str | None, platform: str) -> str:
    """``7 (Maya Lind, mastodon)``."""
    who = one_line(name or "", SHOWN)
    return f"{author_id} ({', '.join(part for part in (who, one_line(platform, 40)) if part)})"


def short_customer(customer: Customer) -> str:
    """``Maya Lind (C42)``."""
    return f"{one_line(customer.name or customer.company, SHOWN) or 'no name'} ({one_line(customer.contact_id, SHOWN)})"


def customer_words(customer: Customer | None, contact_id: str | None) -> str:
    """``Maya Lind, Head of Operations, Halden Print (C42)``; of one whom the CRM has no more, only the id."""
    if customer is None:
        return f"{one_line(contact_id or 'a contact', SHOWN)}, whom the CRM has no more"
    parts = (one_line(part, SHOWN) for part in (customer.name, customer.title or "", customer.company))
    return f"{', '.join(part for part in parts if part) or 'no name'} ({one_line(customer.contact_id, SHOWN)})"


_SITES = frozenset({"blog", "feed", "rss", "site", "web", "website"})


def handles_words(customer: Customer, limit: int = 4) -> str:
    """The accounts that the CRM knows of the customer: ``x: @maya, blog: maya.example``."""
    known = [
        f"{one_line(each.platform, 30)}: {'' if each.platform in _SITES else '@'}{one_line(each.handle, SHOWN).lstrip('@')}"
        for each in customer.handles
    ]
    more = f" and {len(known) - limit} more" if len(known) > limit else ""
    return ", ".join(known[:limit]) + more


# ------------------------------------------------------------------------------------------------ how sure


_SURE = ((0.95, "almost certainly"), (0.8, "very likely"), (0.6, "probably"), (0.4, "about even"), (0.15, "perhaps"))


def sure_words(probability: float) -> str:
    """``very likely (87%)``."""
    words = next((words for least, words in _SURE if probability >= least), "hardly")
    return f"{words} ({percent(probability)})"


def percent(probability: float) -> str:
    """Whole percents, and never 0 or 100: no evidence is certain."""
    if probability > 0.99:
        return "over 99%"
    return "under 1%" if probability < 0.01 else f"{probability:.0%}"


def by_hand(match: Match) -> bool:
    """Whether a person said so, whatever the evidence."""
    return match.engine == HUMAN


def verdict_words(match: Match | None, decisions: Sequence[Decision], whom: str = "") -> str:
    """What became of the question who the author is; ``whom`` is the match's contact in words, where that is to be named."""
    if match is None:
        return "not looked at: only authors who speak about us are"
    if match.own_side:
        return "one of us: heard, never judged"
    if match.outcome is Outcome.LINK:
        to = f" to {whom}" if whom else ""
        link = next((one for one in decisions if one.kind is DecisionKind.LINK and one.contact_id == match.contact_id), None)
        return f"linked by hand{to}: {decision_words(link)}" if link else f"linked{to}: {sure_words(match.probability)}"
    if match.outcome is Outcome.REVIEW:
        perhaps = f"perhaps {whom}" if whom else "proposed"
        return f"{perhaps}, for you to decide: {sure_words(match.probability)}"
    if match.account:
        return f"somebody at the customer {one_line(match.account, SHOWN)}; which person is not known"
    return "no known customer"


def decision_words(decision: Decision) -> str:
    """``kim on 2026-11-20: met her at the fair``."""
    said = f": {one_line(decision.note, 200)}" if decision.note.strip() else ""
    return f"{one_line(decision.actor, SHOWN)} on {decision.at:%Y-%m-%d} (decision {decision.id}){said}"


# ------------------------------------------------------------------------------------------------ what it rests on


def strongest(evidence: Iterable[Reason], limit: int = STRONGEST) -> list[Reason]:
    """What speaks for it most."""
    return sorted((each for each in evidence if each.weight_bits > 0), key=lambda each: -each.weight_bits)[:limit]


def against(evidence: Iterable[Reason]) -> list[Reason]:
    """What speaks against it, the heaviest first."""
    return sorted((each for each in evidence if each.weight_bits < 0), key=lambda each: each.weight_bits)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a waterfall: a piece of evidence, and from where to where it moves the odds (in bits)."""

    what: str
    bits: float
    before: float
    after: float


def steps(match: Match) -> list[Step]:
    """The waterfall of a match: from the prior over each piece of evidence to the total."""
    total = match.prior_bits
    found = [Step("before anything is known of them", total, 0.0, total)]
    for each in match.evidence:
        found.append(Step(one_line(each.what, 2 * SHOWN), each.weight_bits, total, total + each.weight_bits))
        total += each.weight_bits
    return [*found, Step("all together", total, 0.0, total)]


def waterfall(match: Match, width: int, *, plain: bool = False) -> list[str]:
    """The evidence as labelled bars, at most ``width`` columns; ``plain`` draws in ASCII. No lines where nothing was weighed."""
    if not match.evidence:
        return []
    rows = steps(match)
    room = max(12, min(32, width // 3 - 2))
    label = max(20, min(max(len(row.what) for row in rows), width - room - 12))
    ends = [_drawn(end) for row in rows for end in (row.before, row.after)]
    low, high = min(0.0, *ends), max(0.0, *ends)
    scale = (room - 1) / max(high - low, _LEAST_DRAWN)
    lines: list[str] = []
    for row in rows:
        if row is rows[-1]:
            lines.append(f"  {_LINE * (label + 8)}")
        first, *more = wrap(row.what, label, break_long_words=True) or [""]
        bar = _bar(row, low, scale, room)
        lines.append(f"  {first.ljust(label)}  {row.bits:+6.1f}  {bar}".rstrip())
        lines += [f"    {line}" for line in more]
    marks = str.maketrans({_FOR: "#", _AGAINST: "-", _ZERO: "|", _LINE: "-"})
    return [line.translate(marks) for line in lines] if plain else lines


def _drawn(bits: float) -> float:
    return max(-_MOST_DRAWN, min(bits, _MOST_DRAWN))


def _bar(row: Step, low: float, scale: float, room: int) -> str:
    """The bar from ``before`` to ``after``, with a mark at even odds."""
    one, other = (round((_drawn(end) - low) * scale) for end in (row.before, row.after))
    zero, mark = round(-low * scale), _AGAINST if row.bits < 0 else _FOR
    start, end = min(one, other), max(one, other)
    return "".join(mark if start <= at < end else _ZERO if at == zero else " " for at in range(room))


# ------------------------------------------------------------------------------------------------ deciding


def contact_to_refuse(
    author_id: int,
    match: Match | None,
    decisions: Sequence[Decision],
    customer: Customer | None,
    given: str | None,
    together: Sequence[int] = (),
) -> tuple[str, bool]:
    """Whom the author shall not be (again), and whether that is about somebody who is linked, proposed or refused already.

    The given contact, else who is linked or proposed. A "no" in advance is as good as a later one, but whether the CRM has such a
    contact is then still to be seen. ``customer`` is whose posts the author's count as, ``together`` who else is the same person.

    Raises:
        ConfigError: no contact is given, and nobody is linked or proposed.
    """
    hand = next((one.contact_id for one in reversed(decisions) if one.kind is DecisionKind.LINK), None)
    found = match.contact_id if match and match.outcome is not Outcome.NONE else None
    others = [match.runner_up.contact_id] if match and match.runner_up else []
    refused = [one.contact_id for one in decisions if one.kind is DecisionKind.REFUSE and one.contact_id]
    known = [one for one in (hand or found, found) if one]
    if given is not None:
        return given.strip(), given.strip() in {*known, *others, *refused}
    if known:
        return known[0], True
    raise ConfigError([_nobody_to_refuse(author_id, customer, together)])


def _nobody_to_refuse(author_id: int, customer: Customer | None, together: Sequence[int]) -> Problem:
    if customer is not None and together:
        contact = one_line(customer.contact_id, SHOWN)
        got = f"author {author_id} counts as {contact} only as one person with author {together[0]}"
        allowed = f"listener identities split {author_id} {together[0]}, or listener identities unlink {author_id} {contact}"
        return Problem("AUTHOR", got, allowed)
    got = f"author {author_id} is not linked to a customer, and none is proposed"
    return Problem("CONTACT", got, f"say whom they are not: listener identities unlink {author_id} CONTACT")
