"""Who an author is, as people see it: a proposal, the part of it that other commands show, and what these are made of."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from shutil import get_terminal_size
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from listener.cli.output import moment, say
from listener.core.identities import DecisionKind
from listener.core.people import Outcome
from listener.core.plain import one_line, web_link
from listener.identities import (
    SHOWN,
    against,
    author_words,
    customer_words,
    decision_words,
    handles_words,
    strongest,
    sure_words,
    verdict_words,
    waterfall,
)

if TYPE_CHECKING:
    from listener.core.mention import Author
    from listener.core.people import Match, Reason
    from listener.wiring import App
    from storage.identities import Proposal
    from storage.lookups import HeardMention
    from storage.who import Identity

WIDEST = 100
"""Columns: longer lines are hard to read."""
EXCERPT = 200
BIO = 160
"""Characters of a profile's own words that are shown."""


def columns() -> int:
    """How wide to draw: what the terminal has, within reason."""
    return max(60, min(WIDEST, get_terminal_size().columns))


def lines_of(pairs: Iterable[tuple[str, str | None]], indent: str = "") -> None:
    """Labelled lines, wrapped to the width everywhere; a label of several lines stands at the first."""
    shown = [(label, one_line(value)) for label, value in pairs if value]
    width = max((len(label) for label, _ in shown), default=0)
    for label, value in shown:
        first = f"{indent}{label.ljust(width)}  "
        for line in wrap(value, columns(), initial_indent=first, subsequent_indent=" " * len(first), break_on_hyphens=False):
            say(line)


def told(text: str, indent: str = "") -> None:
    """A line of plain words, wrapped to the width; later lines stand two columns further in."""
    for line in wrap(one_line(text), columns(), initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False):
        say(line)


BITS = "each bit doubles the odds, each below zero halves them"


def draw(match: Match) -> None:
    """The evidence as a waterfall."""
    unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    for line in waterfall(match, columns(), plain=not unicode):
        say(line)


def may_show(app: App, latest: HeardMention | None) -> bool:
    """Whether the terms of what the author said last let our people see their words, and so their profile."""
    from storage.policies import Policies

    return latest is not None and latest.withheld is None and Policies(app.policies).may_quote(latest.policy)


def profile_of(author: Author, *, shown: bool) -> Iterator[tuple[str, str | None]]:
    """What the author says of themselves, where that may be shown."""
    if not shown:
        if author.bio or author.location or author.profile_url:
            yield "profile", "(the source's terms do not allow showing it)"
        return
    yield "profile", web_link(author.profile_url, 300)
    yield "bio", f'"{one_line(author.bio, BIO)}"' if author.bio and one_line(author.bio) else None
    yield "location", one_line(author.location or "", SHOWN)


# ------------------------------------------------------------------------------------------------ one proposal


def print_proposal(proposal: Proposal, *, shown: bool) -> None:
    """A block that can be decided on: who, as whom, why, why not, who else, what they wrote, and the two commands.

    ``shown`` where the source's terms let the author's profile be shown.
    """
    identity, match = proposal.identity, proposal.identity.match
    if match is None:
        return
    told(f"author {identity.author_id}: {author_words(identity.author_id, identity.author, identity.platform)}")
    lines_of(_proposed(proposal, match, shown), "  ")
    say()


def _proposed(proposal: Proposal, match: Match, shown: bool) -> Iterator[tuple[str, str | None]]:
    identity, latest = proposal.identity, proposal.latest
    yield from profile_of(identity.author, shown=shown)
    yield "could be", f"{customer_words(identity.candidate, match.contact_id)}: {sure_words(match.probability)}"
    yield "the CRM knows", handles_words(identity.candidate) if identity.candidate else None
    yield from _weighed("for", strongest(match.evidence))
    yield from _weighed("against", against(match.evidence))
    yield "or else", runner_up_words(identity)
    posts = "1 post about us," if identity.mentions == 1 else f"{identity.mentions} posts about us, the last"
    yield "wrote", f"{posts} on {moment(latest.published_at or latest.heard_at)}"
    yield "", f'"{one_line(latest.text, EXCERPT)}"' if latest.text else f"({latest.withheld or 'nothing is kept of it'})"
    yield "", f"listener mentions show {latest.mention_id}"
    yield "yes", link_command(identity.author_id, match.contact_id) if identity.candidate else None
    yield "no", f"listener identities unlink {identity.author_id}"


def _weighed(label: str, evidence: Sequence[Reason]) -> Iterator[tuple[str, str]]:
    for place, each in enumerate(evidence):
        yield "" if place else label, f"{one_line(each.what, 2 * SHOWN)} ({each.weight_bits:+.1f} bits)"


def runner_up_words(identity: Identity) -> str | None:
    found = identity.match.runner_up if identity.match else None
    return f"{customer_words(identity.runner_up, found.contact_id)}: {sure_words(found.probability)}" if found else None


def link_command(author_id: int, contact_id: str | None) -> str:
    return f"listener identities link {author_id} {quoted(contact_id)}"


def quoted(contact_id: str | None) -> str:
    """A contact's id as a word of a shell."""
    return shlex.quote(one_line(contact_id, SHOWN)) if contact_id else "CONTACT"


# ------------------------------------------------------------------------------------------------ elsewhere


def print_why(identity: Identity) -> None:
    """Why an author is taken for a customer, with how to undo it: for the pages of a case and of a mention."""
    match = identity.match
    told(author_words(identity.author_id, identity.author, identity.platform))
    if match is None or match.outcome is Outcome.NONE or match.contact_id is None:
        known = [one for one in identity.decisions if one.kind is DecisionKind.MERGE]
        by = f", as {decision_words(known[-1])}" if known else ""
        if identity.customer is not None and identity.together:
            told(f"One person with author {identity.together[0]}{by}.", "  ")
        else:
            told(verdict_words(match, identity.decisions), "  ")
        return
    who = customer_words(identity.candidate, match.contact_id)
    lines_of([("", verdict_words(match, identity.decisions, who))])
    draw(match)
    wrong = "No?" if match.outcome is Outcome.REVIEW else "Wrong?"
    lines_of([("", f"{wrong} listener identities unlink {identity.author_id}")])


def identity_facts(identity: Identity) -> dict[str, Any]:
    """For programs."""
    author, match = identity.author, identity.match
    return {
        "author_id": identity.author_id,
        "platform": identity.platform,
        "handle": author.handle,
        "display_name": author.display_name,
        "profile_url": author.profile_url,
        "person_id": identity.person_id,
        "counts_as": identity.customer and identity.customer.contact_id,
        "together_with": identity.together,
        "mentions": identity.mentions,
        "last_said_at": identity.last_said_at,
        "due": identity.speaks and identity.waits,
        "matched_at": identity.matched_at,
        "match": match,
        "candidate": identity.candidate,
        "runner_up": identity.runner_up,
        "decisions": identity.decisions,
    }
