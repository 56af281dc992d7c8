"""Who an author is, as people see it: a proposal, the whole explanation, and the part of it that other commands show."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    brief_words,
    by_hand,
    customer_words,
    decision_words,
    handles_words,
    short_customer,
    strongest,
    sure_words,
    verdict_words,
    waterfall,
)

if TYPE_CHECKING:
    from listener.core.identities import Account, Decision, Merge
    from listener.core.mention import Author
    from listener.core.people import Match, Reason
    from listener.wiring import App
    from storage.identities import Logged, Proposal
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
    yield "or else", _runner_up(identity)
    posts = "1 post about us," if identity.mentions == 1 else f"{identity.mentions} posts about us, the last"
    yield "wrote", f"{posts} on {moment(latest.published_at or latest.heard_at)}"
    yield "", f'"{one_line(latest.text, EXCERPT)}"' if latest.text else f"({latest.withheld or 'nothing is kept of it'})"
    yield "", f"listener mentions show {latest.mention_id}"
    yield "yes", link_command(identity.author_id, match.contact_id) if identity.candidate else None
    yield "no", f"listener identities unlink {identity.author_id}"


def _weighed(label: str, evidence: Sequence[Reason]) -> Iterator[tuple[str, str]]:
    for place, each in enumerate(evidence):
        yield "" if place else label, f"{one_line(each.what, 2 * SHOWN)} ({each.weight_bits:+.1f} bits)"


def _runner_up(identity: Identity) -> str | None:
    found = identity.match.runner_up if identity.match else None
    return f"{customer_words(identity.runner_up, found.contact_id)}: {sure_words(found.probability)}" if found else None


def link_command(author_id: int, contact_id: str | None) -> str:
    return f"listener identities link {author_id} {quoted(contact_id)}"


def quoted(contact_id: str | None) -> str:
    """A contact's id as a word of a shell."""
    return shlex.quote(one_line(contact_id, SHOWN)) if contact_id else "CONTACT"


# ------------------------------------------------------------------------------------------------ one author


def print_identity(
    identity: Identity,
    history: Sequence[Logged],
    ties: Sequence[Merge] = (),
    names: Mapping[int, Account] | None = None,
    *,
    shown: bool = False,
    asked: bool = False,
) -> None:
    """Everything about who an author is: ``history`` are all decisions there ever were, ``ties`` is what makes others the same.

    ``names`` are the accounts of the others; ``shown`` where the source's terms let the profile be shown; ``asked`` where
    the match is with a customer who was asked for, and not what the author was found to be.
    """
    known = names or {}
    lines_of(_facts(identity, known, shown, asked))
    print_evidence(identity)
    if ties:
        say()
        say("Why these accounts are one person")
        lines_of(_tied(tie, identity.author_id, known) for tie in ties)
    if history:
        say()
        say("Decisions")
        people = [each for each in (identity.customer, identity.candidate, identity.runner_up) if each]
        contacts = {each.contact_id: short_customer(each) for each in people}
        lines_of((str(one.decision.id), decision_line(one, identity.author_id, known, contacts)) for one in history)
    say()
    lines_of(_next(identity, asked))


def _facts(identity: Identity, names: Mapping[int, Account], shown: bool, asked: bool) -> Iterator[tuple[str, str | None]]:
    match = identity.match
    yield "author", f"{identity.author_id}: {author_words(identity.author_id, identity.author, identity.platform)}"
    yield from profile_of(identity.author, shown=shown)
    yield "counts as", customer_words(identity.customer, None) if identity.customer else "a person of their own"
    if asked:
        yield "compared to", customer_words(identity.candidate, None)
        yield "today", _compared_words(match)
    else:
        yield "verdict", verdict_words(match, identity.decisions)
    if not asked and match and match.contact_id and match.outcome is Outcome.REVIEW:
        yield "could be", customer_words(identity.candidate, match.contact_id)
    yield "waits", _waits(identity)
    yield "or else", _runner_up(identity)
    together = ", ".join(named(other, names) for other in identity.together)
    yield "with", f"{together}: one person" if together else None
    yield "posts", f"{identity.mentions} about us, the last on {moment(identity.last_said_at)}"
    if match and identity.matched_at:
        yield "looked at", f"{moment(identity.matched_at)}, under the terms {match.policy}"
    if identity.speaks and identity.waits:
        yield "due", "something changed since: the next pass looks again"


def _compared_words(match: Match | None) -> str:
    """How likely it is that the author is the one customer whom they were compared to."""
    if match is None:
        return "not compared: only authors who speak about us are"
    if match.own_side:
        return "one of us: compared with nobody"
    if not match.evidence:
        return "nothing that may be used says anything of it"
    return sure_words(match.probability)


def named(author_id: int, names: Mapping[int, Account]) -> str:
    """``author 7 (Maya Lind, mastodon)``; only the number of an author who is not there any more."""
    account = names.get(author_id)
    if account is None:
        return f"author {author_id}"
    return brief_words(author_id, account.display_name or account.handle, account.platform)


def _waits(identity: Identity) -> str | None:
    """That a person's link has nobody to lead to, and what becomes of it."""
    link = next((one for one in identity.decisions if one.kind is DecisionKind.LINK), None)
    linked = identity.match is not None and identity.match.outcome is Outcome.LINK
    if link is None or linked or not link.contact_id:
        return None
    return (
        f"for {one_line(link.contact_id, SHOWN)}, whom the CRM has no more: with them the link of decision {link.id} comes back"
    )


def _tied(tie: Merge, author_id: int, names: Mapping[int, Account]) -> tuple[str, str]:
    other = tie.author_id if author_id == tie.other_author_id else tie.other_author_id
    why = "; ".join(f"{one_line(each.what, 2 * SHOWN)} ({each.weight_bits:+.1f} bits)" for each in strongest(tie.evidence))
    who = named(other, names).removeprefix(f"author {other}").strip()
    return f"author {other}", f"{who} {sure_words(tie.probability)}: {why}".strip()


def print_evidence(identity: Identity) -> None:
    """The waterfall of the author's match, with what it means."""
    match = identity.match
    if match is None or not match.evidence:
        return
    say()
    if match.contact_id is None:
        say("What was found")
    else:
        found = identity.candidate
        who = short_customer(found) if found else one_line(match.contact_id, SHOWN)
        told(f"{'Why not' if match.outcome is Outcome.NONE else 'Why'} {who}")
    told(f"({BITS})")
    draw(match)
    if match.contact_id is not None:
        rest = ", with all other customers weighed too" if match.runner_up else ""
        told(f"So they are one person: {sure_words(match.probability)}{rest}.", "  ")


def _next(identity: Identity, asked: bool) -> Iterator[tuple[str, str | None]]:
    match, number = identity.match, identity.author_id
    if asked and identity.candidate is not None:
        if match is not None and match.outcome is not Outcome.NONE:
            yield "If that is who it is:", link_command(number, identity.candidate.contact_id)
        yield "Who they are taken for:", f"listener identities explain {number}"
    elif identity.customer is not None and match and match.outcome is Outcome.LINK:
        if by_hand(match):
            yield "What the evidence says:", f"listener identities explain {number} --contact {quoted(match.contact_id)}"
        yield "If that is wrong:", f"listener identities unlink {number}"
    elif identity.customer is not None and identity.together:
        yield "If that is wrong:", f"listener identities split {number} {identity.together[0]}"
    elif match and match.outcome is Outcome.REVIEW:
        if identity.candidate is not None:  # nobody can be linked to a contact who is gone
            yield "If they are:", link_command(number, match.contact_id)
        yield "If they are not:", f"listener identities unlink {number}"
    else:
        yield "If you know who it is:", link_command(number, None)
        yield "To find their id:", "listener customers list NAME"


def decision_line(logged: Logged, author_id: int, names: Mapping[int, Account], contacts: Mapping[str, str]) -> str:
    """What was decided, by whom, when and why, and whether it still stands."""
    one = logged.decision
    ended = ended_words(logged)
    note = f": {one_line(one.note, 200)}" if one.note.strip() else ""
    said = f"{said_words(one, author_id, names, contacts)} ({one_line(one.actor, SHOWN)}, {moment(one.at)}){note}"
    return f"{said}; {ended}" if ended else said


def ended_words(logged: Logged) -> str:
    """``undone by kim at 2026-11-20 10:00``; nothing while the decision stands."""
    one = logged.decision
    if one.ended_at is None:
        return ""
    how = "replaced" if logged.replaced else "undone"
    return f"{how} by {one_line(one.ended_by or 'somebody', SHOWN)} at {moment(one.ended_at)}"


def said_words(
    one: Decision,
    author_id: int | None = None,
    names: Mapping[int, Account] | None = None,
    customers: Mapping[str, str] | None = None,
) -> str:
    """``is C42``, ``is not C42``, ``is one person with author 7``; with the names of others and of contacts that are given."""
    if one.kind in {DecisionKind.MERGE, DecisionKind.SPLIT}:
        other = one.author_id if author_id == one.other_author_id else one.other_author_id
        whom = named(other, names or {}) if other is not None else "an author who is not kept"
        return f"is {'one person' if one.kind is DecisionKind.MERGE else 'not one person'} with {whom}"
    contact = one_line(one.contact_id or "a contact whose id is not kept", SHOWN)
    contact = (customers or {}).get(one.contact_id or "", contact)
    return f"is {contact}" if one.kind is DecisionKind.LINK else f"is not {contact}"


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
