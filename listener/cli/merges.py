"""``listener identities merge`` and ``split``: several accounts of one person, as people decide it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
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

Who = Annotated[str, typer.Argument(metavar="AUTHOR", help="The author's number, platform:handle, or profile address.")]
Other = Annotated[str, typer.Argument(metavar="OTHER", help="The other account, named likewise.")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; kept with the decision.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides; the account's name by default.")]


def add(inner: typer.Typer) -> None:
    command(inner, "merge")(merge)
    command(inner, "split")(split)


def merge(shell: Shell, author: Who, other: Other, note: Note = "", by: By = None) -> None:
    """Say that two accounts are one person.

    What both wrote and will write counts as one person's, at once and for good.

    Example: listener identities merge 27 70 --note "one writer, two blogs"
    """
    from listener.cli.author_names import author_id

    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        one, two = author_id(store, author), author_id(store, other)
        before = store.identities.those([one, two])
        done = store.merging.merge(one, two, actor=by or account(), note=note, now=now)
        _report(shell, app, store, one, [done], now, before)


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

    Example: listener identities split 27 70
    """
    from listener.cli.author_names import author_id

    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        one = author_id(store, author)
        two = author_id(store, other) if other is not None else None
        before = store.identities.those([one] if two is None else [one, two])
        done = store.merging.split(one, two, actor=by or account(), note=note, now=now)
        _report(shell, app, store, one, done, now, before)


# ------------------------------------------------------------------------------------------------ proposals, for review


def print_merge(proposal: MergeProposal) -> None:
    """A block that can be decided on: which two accounts, why, why not, and the two commands."""
    from listener.cli.identity_views import lines_of, told

    one, other = proposal.one, proposal.other
    told(f"authors {one.author_id} and {other.author_id}: {account_words(one)}, {account_words(other)}")
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
        yield "then", f"listener identities unlink {one.author_id}"
        yield "or", f"listener identities unlink {other.author_id}"
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
    first, second = (f"{_who_word(each)} counts as {_customer_word(each)}" for each in (one, other))
    return f"{first} and {second}: each stays that until you take one of the two links back"


def _who_word(one: Account) -> str:
    from listener.identities import brief_words

    return brief_words(one.author_id, one.display_name or one.handle, one.platform)


def _customer_word(one: Account) -> str:
    from listener.core.plain import one_line
    from listener.identities import SHOWN

    contact = one_line(one.contact_id or "", SHOWN)
    return f"{one_line(one.customer_name, SHOWN)} ({contact})" if one.customer_name else contact


# ------------------------------------------------------------------------------------------------ what they share


def _report(
    shell: Shell, app: App, store: Store, number: int, done: Sequence[Carried], now: datetime, before: Sequence[Identity]
) -> None:
    """Judge whoever gained or lost posts, and say what was done; ``before`` is what the authors were."""
    from listener.cli.identity_views import identity_facts

    _judge(app, store, {person for one in done for person in one.persons}, now)
    identity = store.identities.of(number)
    if shell.json:
        for one in done:
            facts = {"decision": _facts_of(one.decision), "new": one.fresh, "ended": [_facts_of(each) for each in one.ended]}
            json_line({**facts, "identity": identity_facts(identity)})
        return
    decided = {author for one in done for author in (one.decision.author_id, one.decision.other_author_id) if author}
    involved = store.identities.those(sorted(decided | {author for one in before for author in one.together}))
    names = store.merging.accounts_of({number, *decided, *(author for one in (*before, *involved) for author in one.together)})
    for one in done:
        _say(store, number, one, names)
    fresh = [one.decision.id for one in done if one.fresh]
    _say_sides(before if fresh else (), involved, names)
    if fresh and _merges(done):
        _warn(before)
    if fresh:
        if not _merges(done):
            say("It is remembered: no later pass makes them one again.")
        for each in fresh:
            say(f"To take it back: listener identities undo {each}")
    say(f"All that is known: listener identities explain {number}")
    say("Next: listener identities review")


def _judge(app: App, store: Store, persons: Collection[int], now: datetime) -> None:
    """Do at once what the next pass would: the decision itself is kept already, and what is not done here is still due."""
    from listener.judge import judge

    policy = app.settings.judging()
    due = store.standings.queued_of(persons)
    store.standings.save_standings([(job, *judge(job, policy, now)) for job in due], app.judging_fingerprint, now)


def _say(store: Store, number: int, done: Carried, names: Mapping[int, Account]) -> None:
    from listener.cli.identity_explained import named, said_words
    from listener.cli.identity_views import told

    one, who = done.decision, named(number, names)
    if done.fresh:
        told(f"Decision {one.id}: {who} {said_words(one, number, names)}")
    else:
        told(f"That was decided before: {who} {said_words(one, number, names)} (decision {one.id}); nothing changed")
    for other in done.ended:
        told(f"It takes the place of decision {other.id}: {who} {said_words(other, number, names)}", "  ")
    if _merges([done]) and one.other_author_id is not None:
        first, second = store.merging.account(one.author_id), store.merging.account(one.other_author_id)
        if first.person_id != second.person_id:
            both = first.contact_id is not None and second.contact_id is not None
            told(f"But {conflict_words(first, second)}" if both else "But another decision keeps them apart", "  ")
            for each in (first, second) if both else ():
                say(f"    listener identities unlink {each.author_id}")


def _say_sides(before: Sequence[Identity], involved: Sequence[Identity], names: Mapping[int, Account]) -> None:
    """Whom each side counted as, with all who are joined with it, and whom everybody counts as now."""
    from listener.cli.identity_explained import named
    from listener.cli.identity_said import counted_as
    from listener.cli.identity_views import lines_of
    from listener.identities import customer_words

    told: list[tuple[str, str | None]] = []
    for one in before:
        joined = ", ".join(named(other, names) for other in one.together)
        with_whom = f"; with {joined}" if joined else ""
        told.append(("" if told else "before", f"{named(one.author_id, names)} {counted_as(one)}{with_whom}"))
    for place, one in enumerate(involved):
        whom = customer_words(one.customer, None) if one.customer else "a person of their own"
        joined = ", ".join(f"author {other}" for other in one.together)
        together = f", together with {joined}" if joined else ""
        told.append(("" if place else "now", f"{named(one.author_id, names)} counts as {whom}{together}"))
    lines_of(told, "  ")


def _warn(before: Sequence[Identity]) -> None:
    """In one line that two accounts bear names that have nothing in common."""
    from listener.cli.identity_views import told
    from nlp.identity.names import common_name

    if len(before) > 1:
        one, other = ([each.author.display_name or "", each.author.handle or ""] for each in before[:2])
        if not common_name(one, other):
            told("Note: the two names have nothing in common: make sure that this is one person.", "  ")


def _merges(done: Sequence[Carried]) -> bool:
    from listener.core.identities import DecisionKind

    return any(one.decision.kind is DecisionKind.MERGE for one in done)


def _facts_of(decision: Any) -> dict[str, Any]:
    from listener.cli.output import jsonable

    return {"decision": decision.id, **{key: value for key, value in jsonable(decision).items() if key != "id"}}
