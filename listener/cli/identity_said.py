"""What a decision about an author did, in words: both sides, whoever is joined with them, and how to take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from listener.cli.identity_explained import named, said_words
from listener.cli.identity_views import lines_of, quoted, told
from listener.cli.output import say
from listener.core.identities import DecisionKind
from listener.core.people import Outcome
from listener.identities import by_hand, customer_words, short_customer, sure_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from listener.core.identities import Account, Decision
    from storage.identities import Carried
    from storage.who import Identity


def say_decided(
    done: Carried, before: Identity | None, identity: Identity, others: Sequence[Identity], names: Mapping[int, Account]
) -> None:
    """What was decided, what it replaced or brought back, its effects, and what to do next."""
    one, number = done.decision, identity.author_id
    people = [each for at in (before, identity, *others) if at for each in (at.customer, at.candidate) if each]
    contacts = {each.contact_id: short_customer(each) for each in people}

    def says(decision: Decision) -> str:
        return f"{named(number, names)} {said_words(decision, number, names, contacts)}"

    if one.ended_at is not None:
        told(f"Decision {one.id} is undone: that {says(one)}")
    elif not done.fresh:
        told(f"That was decided before: {says(one)} (decision {one.id}); nothing changed")
    else:
        told(f"Decision {one.id}: {says(one)}")
    for other in done.ended:
        told(f"It takes the place of decision {other.id}: {says(other)}", "  ")
    for other in done.restored:
        told(f"Now stands again, as decision {other.id}: {says(other)}", "  ")
    for other in done.withheld:
        told(f"Not restored, since something decided later says otherwise: {says(other)}", "  ")
    lines_of(_effects(done, before, identity, others, names), "  ")
    _say_next(done, identity)


def _effects(
    done: Carried, before: Identity | None, identity: Identity, others: Sequence[Identity], names: Mapping[int, Account]
) -> Iterator[tuple[str, str | None]]:
    """Whom the author counted as and counts as now, what became of who was one person with them, and what may be wrong."""
    from nlp.identity.names import common_name

    if before is not None and done.fresh:
        yield "before", counted_as(before)
    now_is = customer_words(identity.customer, None) if identity.customer else "a person of their own"
    yield "now", f"counts as {now_is}"
    for other in others:
        whom = f"{short_customer(other.customer)}" if other.customer else "a person of their own"
        if other.person_id == identity.person_id:
            yield "with", f"{named(other.author_id, names)}, one person with them: counts as the same"
        elif other.customer is None:
            yield "but", f"{named(other.author_id, names)}, until now one person with them, counts as a person of their own"
        else:
            yield "but", f"{named(other.author_id, names)}, until now one person with them, stays {whom}"
            yield "wrong?", f"listener identities unlink {other.author_id} {quoted(other.customer.contact_id)}"
    for split in (each for each in identity.decisions if each.kind is DecisionKind.SPLIT):
        second = split.other_author_id if split.author_id == identity.author_id else split.author_id
        if second in identity.together:
            yield (
                "note",
                f"decision {split.id} says that author {second} is somebody else; linked to one customer, both are that one",
            )
    customer, author = identity.customer, identity.author
    linked = done.fresh and done.decision.kind is DecisionKind.LINK and done.decision.ended_at is None
    if linked and customer and not common_name([author.display_name or "", author.handle or ""], [customer.name]):
        yield "note", "the two names have nothing in common: make sure that this is the same person"
    match = identity.match
    if match and match.outcome is Outcome.REVIEW:
        yield "proposed", f"{customer_words(identity.candidate, match.contact_id)}: {sure_words(match.probability)}"
        if identity.candidate is not None:
            yield "  yes", f"listener identities link {identity.author_id} {quoted(match.contact_id)}"
        yield "  no", f"listener identities unlink {identity.author_id}"


def counted_as(identity: Identity) -> str:
    """Whom an author counted as, and why."""
    match, customer = identity.match, identity.customer
    if customer is None:
        if match and match.outcome is Outcome.REVIEW and match.contact_id:
            perhaps = customer_words(identity.candidate, match.contact_id)
            return f"counted as a person of their own; proposed as {perhaps}: {sure_words(match.probability)}"
        return "counted as a person of their own"
    said = f"counted as {customer_words(customer, None)}"
    if match and match.outcome is Outcome.LINK and match.contact_id == customer.contact_id:
        return f"{said}, {'linked by hand' if by_hand(match) else f'linked by the evidence: {sure_words(match.probability)}'}"
    return f"{said}, as one person with author {identity.together[0]}" if identity.together else said


def _say_next(done: Carried, identity: Identity) -> None:

    one = done.decision
    if one.ended_at is not None:
        if again := command_of(one):
            say(f"To take that back: {again}")
    elif done.fresh:
        if one.kind is not DecisionKind.LINK:
            say("It is remembered: no later pass or import links them again.")
        say(f"To take it back: listener identities undo {one.id}")
    say(f"All that is known: listener identities explain {identity.author_id}")
    say("Next: listener identities review")


def command_of(one: Decision) -> str | None:
    """The command that says the same again."""
    if one.kind in {DecisionKind.MERGE, DecisionKind.SPLIT}:
        return f"listener identities {one.kind.value} {one.author_id} {one.other_author_id}"
    if one.contact_id is None:
        return None
    verb = "link" if one.kind is DecisionKind.LINK else "unlink"
    return f"listener identities {verb} {one.author_id} {quoted(one.contact_id)}"
