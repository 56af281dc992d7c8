"""``listener identities merge`` and ``split``: several accounts of one person, as people decide it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.cases import account
from listener.cli.output import json_line, say
from listener.cli.shell import Shell, command

if TYPE_CHECKING:
    from datetime import datetime

    from listener.core.identities import Account, MergeProposal
    from listener.wiring import App
    from storage.identities import Carried
    from storage.store import Store
    from storage.who import Identity

Who = Annotated[str, typer.Argument(metavar="AUTHOR", help="The author's number, or platform:handle.")]
Other = Annotated[str, typer.Argument(metavar="OTHER", help="The other account: its number, or platform:handle.")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; kept with the decision.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides; the account's name by default.")]


def add(inner: typer.Typer) -> None:
    command(inner, "merge")(merge)
    command(inner, "split")(split)


def merge(shell: Shell, author: Who, other: Other, note: Note = "", by: By = None) -> None:
    """Say that two accounts are one person.

    What both wrote and will write counts as one person's, at once and for good.

    Example: listener identities merge x:maya mastodon:mayalind --note "her site links to both"
    """
    from listener.cli.identities import author_id

    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        one, two = author_id(store, author), author_id(store, other)
        done = store.merging.merge(one, two, actor=by or account(), note=note, now=now)
        _report(shell, app, store, one, [done], now)


def split(
    shell: Shell,
    author: Who,
    other: Annotated[
        str | None, typer.Argument(metavar="[OTHER]", help="The other account; by default all that are one person with it.")
    ] = None,
    note: Note = "",
    by: By = None,
) -> None:
    """Say that two accounts are two people.

    Takes a merge back, or turns a proposal down. It is remembered: no later pass makes them one again.

    Example: listener identities split 12 31
    """
    from listener.cli.identities import author_id

    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        one = author_id(store, author)
        two = author_id(store, other) if other is not None else None
        done = store.merging.split(one, two, actor=by or account(), note=note, now=now)
        _report(shell, app, store, one, done, now)


# ------------------------------------------------------------------------------------------------ proposals, for review


def print_merge(proposal: MergeProposal) -> None:
    """A block that can be decided on: which two accounts, why, why not, and the two commands."""
    from listener.cli.identity_views import lines_of

    one, other = proposal.one, proposal.other
    say(f"authors {one.author_id} and {other.author_id}: {account_words(one)}, {account_words(other)}")
    lines_of(_proposed(proposal), "  ")
    say()


def _proposed(proposal: MergeProposal) -> Iterator[tuple[str, str | None]]:
    from listener.identities import against, strongest, sure_words

    found, one, other = proposal.merge, proposal.one, proposal.other
    yield "could be", f"one person: {sure_words(found.probability)}" if found.evidence else "one person: said by hand"
    for label, evidence in (("for", strongest(found.evidence)), ("against", against(found.evidence))):
        for place, each in enumerate(evidence):
            yield "" if place else label, f"{each.what} ({each.weight_bits:+.1f} bits)"
    if proposal.conflict:
        yield "but", conflict_words(one, other)
        yield "then", f"listener identities unlink {one.author_id}, or listener identities unlink {other.author_id}"
    else:
        yield "yes", f"listener identities merge {one.author_id} {other.author_id}"
    yield "no", f"listener identities split {one.author_id} {other.author_id}"


def merge_facts(proposal: MergeProposal) -> dict[str, Any]:
    """For programs."""
    return {"merge": proposal.merge, "one": proposal.one, "other": proposal.other, "conflict": proposal.conflict}


def account_words(one: Account) -> str:
    """``Maya Lind (@maya, mastodon)``."""
    from listener.core.mention import Author
    from listener.identities import author_words

    return author_words(one.author_id, Author(handle=one.handle, display_name=one.display_name), one.platform)


def conflict_words(one: Account, other: Account) -> str:
    """That the two are taken for different customers, and that each stays so."""
    from listener.core.plain import one_line
    from listener.identities import SHOWN

    first, second = (one_line(each.contact_id or "", SHOWN) for each in (one, other))
    return f"author {one.author_id} counts as {first} and author {other.author_id} as {second}: each keeps its own until one ends"


# ------------------------------------------------------------------------------------------------ what they share


def _report(shell: Shell, app: App, store: Store, number: int, done: Sequence[Carried], now: datetime) -> None:
    """Judge whoever gained or lost posts, and say what was done."""
    from listener.cli.identity_views import identity_facts

    _judge(app, store, {person for one in done for person in one.persons}, now)
    identity = store.identities.of(number)
    if shell.json:
        for one in done:
            facts = {"decision": _facts_of(one.decision), "new": one.fresh, "ended": [_facts_of(each) for each in one.ended]}
            json_line({**facts, "identity": identity_facts(identity)})
        return
    for one in done:
        _say(store, number, one)
    _say_who(identity)
    fresh = [one.decision.id for one in done if one.fresh]
    if fresh:
        remembered = "" if _merges(done) else "It is remembered: no later pass makes them one again. "
        say(f"{remembered}To take it back: {'; '.join(f'listener identities undo {each}' for each in fresh)}")


def _judge(app: App, store: Store, persons: Collection[int], now: datetime) -> None:
    """Do at once what the next pass would: the decision itself is kept already, and what is not done here is still due."""
    from listener.judge import judge

    policy = app.settings.judging()
    due = store.standings.queued_of(persons)
    store.standings.save_standings([(job, *judge(job, policy, now)) for job in due], app.judging_fingerprint, now)


def _say(store: Store, number: int, done: Carried) -> None:
    from listener.cli.identity_views import said_words

    one = done.decision
    if done.fresh:
        say(f"Decision {one.id}: author {number} {said_words(one, number)}")
    else:
        say(f"That was decided before: author {number} {said_words(one, number)} (decision {one.id}); nothing changed")
    for other in done.ended:
        say(f"  It takes the place of decision {other.id}: author {number} {said_words(other, number)}")
    if _merges([done]) and one.other_author_id is not None:
        first, second = store.merging.account(one.author_id), store.merging.account(one.other_author_id)
        if first.person_id != second.person_id:
            both = first.contact_id is not None and second.contact_id is not None
            say(f"  But {conflict_words(first, second)}" if both else "  But another decision keeps them apart")


def _say_who(identity: Identity) -> None:
    from listener.identities import author_words, customer_words

    who = author_words(identity.author_id, identity.author, identity.platform)
    as_whom = customer_words(identity.customer, None) if identity.customer else "a person of their own"
    together = ", ".join(f"author {other}" for other in identity.together)
    say(f"  {who} counts as {as_whom}" + (f", together with {together}" if together else ""))


def _merges(done: Sequence[Carried]) -> bool:
    from listener.core.identities import DecisionKind

    return any(one.decision.kind is DecisionKind.MERGE for one in done)


def _facts_of(decision: Any) -> dict[str, Any]:
    from listener.cli.output import jsonable

    return {"decision": decision.id, **{key: value for key, value in jsonable(decision).items() if key != "id"}}
