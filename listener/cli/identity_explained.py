"""One author explained: who they are taken for, on what evidence, with whom they are one person, and what was decided of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from listener.cli.identity_views import BITS, draw, lines_of, link_command, profile_of, quoted, runner_up_words, told
from listener.cli.output import moment, say
from listener.core.identities import DecisionKind
from listener.core.people import Outcome
from listener.core.plain import one_line
from listener.identities import (
    SHOWN,
    author_words,
    brief_words,
    by_hand,
    customer_words,
    short_customer,
    strongest,
    sure_words,
    verdict_words,
)

if TYPE_CHECKING:
    from listener.core.identities import Account, Decision, Merge
    from listener.core.people import Match
    from storage.identities import Logged
    from storage.who import Identity


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
    yield "or else", runner_up_words(identity)
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
