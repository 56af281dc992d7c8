"""Who an author is, as people see it: a proposal, the whole explanation, and the part of it that other commands show."""

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
from listener.core.plain import one_line
from listener.identities import (
    SHOWN,
    against,
    author_words,
    by_hand,
    customer_words,
    decision_words,
    handles_words,
    percent,
    strongest,
    sure_words,
    verdict_words,
    waterfall,
)

if TYPE_CHECKING:
    from listener.core.identities import Decision, Merge
    from listener.core.people import Match, Reason
    from storage.identities import Proposal
    from storage.who import Identity

WIDEST = 100
"""Columns: longer lines are hard to read."""
EXCERPT = 200


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


BITS = "each bit doubles the odds, each below zero halves them"


def draw(match: Match) -> None:
    """The evidence as a waterfall."""
    unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    for line in waterfall(match, columns(), plain=not unicode):
        say(line)


# ------------------------------------------------------------------------------------------------ one proposal


def print_proposal(proposal: Proposal) -> None:
    """A block that can be decided on: who, as whom, why, why not, who else, what they wrote, and the two commands."""
    identity, match = proposal.identity, proposal.identity.match
    if match is None:
        return
    say(f"author {identity.author_id}: {author_words(identity.author_id, identity.author, identity.platform)}")
    lines_of(_proposed(proposal, match), "  ")
    say()


def _proposed(proposal: Proposal, match: Match) -> Iterator[tuple[str, str | None]]:
    identity, latest = proposal.identity, proposal.latest
    yield "could be", f"{customer_words(identity.candidate, match.contact_id)}: {sure_words(match.probability)}"
    yield "known as", handles_words(identity.candidate) if identity.candidate else None
    yield from _weighed("for", strongest(match.evidence))
    yield from _weighed("against", against(match.evidence))
    yield "or else", _runner_up(identity)
    posts = "1 post about us," if identity.mentions == 1 else f"{identity.mentions} posts about us, the last"
    yield "wrote", f"{posts} on {moment(latest.published_at or latest.heard_at)} (listener mentions show {latest.mention_id})"
    yield "", f'"{one_line(latest.text, EXCERPT)}"' if latest.text else f"({latest.withheld or 'nothing is kept of it'})"
    yield "yes", link_command(identity.author_id, match.contact_id)
    yield "no", f"listener identities unlink {identity.author_id}"


def _weighed(label: str, evidence: Sequence[Reason]) -> Iterator[tuple[str, str]]:
    for place, each in enumerate(evidence):
        yield "" if place else label, f"{one_line(each.what, 2 * SHOWN)} ({each.weight_bits:+.1f} bits)"


def _runner_up(identity: Identity) -> str | None:
    found = identity.match.runner_up if identity.match else None
    return f"{customer_words(identity.runner_up, found.contact_id)}: {percent(found.probability)}" if found else None


def link_command(author_id: int, contact_id: str | None) -> str:
    return f"listener identities link {author_id} {quoted(contact_id)}"


def quoted(contact_id: str | None) -> str:
    """A contact's id as a word of a shell."""
    return shlex.quote(one_line(contact_id, SHOWN)) if contact_id else "CONTACT"


# ------------------------------------------------------------------------------------------------ one author


def print_identity(identity: Identity, history: Sequence[Decision], ties: Sequence[Merge] = (), *, asked: bool = False) -> None:
    """Everything about who an author is: ``history`` are all decisions there ever were, ``ties`` is what makes others the same.

    ``asked`` where the match is with a customer who was asked for, and not what the author was found to be.
    """
    lines_of(_facts(identity, asked))
    print_evidence(identity)
    if ties:
        say()
        say("Why these accounts are one person")
        lines_of(_tied(tie, identity.author_id) for tie in ties)
    if history:
        say()
        say("Decisions")
        lines_of((str(one.id), decision_line(one, identity.author_id)) for one in history)
    say()
    lines_of(_next(identity, asked))


def _facts(identity: Identity, asked: bool) -> Iterator[tuple[str, str | None]]:
    match = identity.match
    yield "author", f"{identity.author_id}: {author_words(identity.author_id, identity.author, identity.platform)}"
    yield "counts as", customer_words(identity.customer, None) if identity.customer else "a person of their own"
    if asked:
        yield "compared to", customer_words(identity.candidate, None)
        weighed = match is not None and match.contact_id is not None
        yield "today", sure_words(match.probability) if match and weighed else "too little that may be used speaks for it"
    else:
        yield "verdict", verdict_words(match, identity.decisions)
    if not asked and match and match.contact_id and match.outcome is Outcome.REVIEW:
        yield "could be", customer_words(identity.candidate, match.contact_id)
    yield "waits", _waits(identity)
    yield "or else", _runner_up(identity)
    yield "with", ", ".join(f"author {other}" for other in identity.together) + ": one person" if identity.together else None
    yield "posts", f"{identity.mentions} about us, the last on {moment(identity.last_said_at)}"
    if match and identity.matched_at:
        yield "found", f"{moment(identity.matched_at)} by {match.engine} {match.version}, under the terms {match.policy}"
    if identity.speaks and identity.waits:
        yield "due", "something changed since: the next pass looks again"


def _waits(identity: Identity) -> str | None:
    """That a person's link has nobody to lead to, and what becomes of it."""
    link = next((one for one in identity.decisions if one.kind is DecisionKind.LINK), None)
    linked = identity.match is not None and identity.match.outcome is Outcome.LINK
    if link is None or linked or not link.contact_id:
        return None
    return (
        f"for {one_line(link.contact_id, SHOWN)}, whom the CRM has no more: with them the link of decision {link.id} comes back"
    )


def _tied(tie: Merge, author_id: int) -> tuple[str, str]:
    other = tie.author_id if author_id == tie.other_author_id else tie.other_author_id
    why = "; ".join(f"{one_line(each.what, 2 * SHOWN)} ({each.weight_bits:+.1f} bits)" for each in strongest(tie.evidence))
    return f"author {other}", f"{sure_words(tie.probability)}: {why}"


def print_evidence(identity: Identity) -> None:
    """The waterfall of the author's match, with what it means."""
    match = identity.match
    if match is None or not match.evidence:
        return
    say()
    if match.contact_id is None:
        say(f"What was found ({BITS})")
    else:
        say(f"Why {one_line(match.contact_id, SHOWN)} ({BITS})")
    draw(match)
    if match.contact_id is not None:
        rest = ", with all other customers weighed too" if match.runner_up else ""
        say(f"  So the probability is {percent(match.probability)}{rest}.")


def _next(identity: Identity, asked: bool) -> Iterator[tuple[str, str | None]]:
    match, number = identity.match, identity.author_id
    if asked and identity.candidate is not None:
        yield "If that is who it is:", link_command(number, identity.candidate.contact_id)
    elif identity.customer is not None and match and match.outcome is Outcome.LINK:
        if by_hand(match):
            yield "What the evidence says:", f"listener identities explain {number} --contact {quoted(match.contact_id)}"
        yield "If that is wrong:", f"listener identities unlink {number}"
    elif identity.customer is not None and identity.together:
        yield "If that is wrong:", f"listener identities split {number} {identity.together[0]}"
    elif match and match.outcome is Outcome.REVIEW:
        yield "If they are:", link_command(number, match.contact_id)
        yield "If they are not:", f"listener identities unlink {number}"
    else:
        yield "If you know who it is:", link_command(number, None)


def decision_line(one: Decision, author_id: int) -> str:
    """What was decided, by whom, when and why, and whether it still stands."""
    ended = f"; ended {moment(one.ended_at)} by {one_line(one.ended_by or '', SHOWN)}" if one.ended_at else ""
    note = f": {one_line(one.note, 200)}" if one.note.strip() else ""
    return f"{said_words(one, author_id)} ({one_line(one.actor, SHOWN)}, {moment(one.at)}){note}{ended}"


def said_words(one: Decision, author_id: int | None = None) -> str:
    """``is C42``, ``is not C42``, ``is one person with author 7``."""
    if one.kind in {DecisionKind.MERGE, DecisionKind.SPLIT}:
        other = one.author_id if author_id == one.other_author_id else one.other_author_id
        return f"is {'one person' if one.kind is DecisionKind.MERGE else 'not one person'} with author {other}"
    contact = one_line(one.contact_id or "a contact whose id is not kept", SHOWN)
    return f"is {contact}" if one.kind is DecisionKind.LINK else f"is not {contact}"


# ------------------------------------------------------------------------------------------------ elsewhere


def print_why(identity: Identity) -> None:
    """Why an author is taken for a customer, with how to undo it: for the pages of a case and of a mention."""
    match = identity.match
    say(author_words(identity.author_id, identity.author, identity.platform))
    if match is None or match.outcome is Outcome.NONE or match.contact_id is None:
        known = [one for one in identity.decisions if one.kind is DecisionKind.MERGE]
        by = f", as {decision_words(known[-1])}" if known else ""
        if identity.customer is not None and identity.together:
            say(f"  One person with author {identity.together[0]}{by}.")
        else:
            say(f"  {verdict_words(match, identity.decisions)}")
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
