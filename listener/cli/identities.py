"""``listener identities``: who authors are. What people decide counts at once, and no later pass or import takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli import identity_fit, merges
from listener.cli.cases import LARGEST_ID, account
from listener.cli.output import Column, json_line, moment, say, table
from listener.cli.shell import ReviewFirst, Shell, command, group

if TYPE_CHECKING:
    from datetime import datetime

    from listener.core.people import Customer, Match
    from listener.wiring import App
    from storage.identities import Carried, Counts
    from storage.store import Store
    from storage.who import Identity

Who = Annotated[str, typer.Argument(metavar="AUTHOR", help="The author's number, or platform:handle.")]
Contact = Annotated[str, typer.Argument(metavar="CONTACT", help="The customer's id in the CRM.")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; kept with the decision.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides; the account's name by default.")]


def add(app: typer.Typer) -> None:
    inner = group(app, "identities", "Who authors are: proposals, decisions, undo.", ReviewFirst)
    command(inner, "review")(review)
    command(inner, "explain")(explain)
    command(inner, "link")(link)
    command(inner, "unlink")(unlink)
    command(inner, "decisions")(decisions)
    command(inner, "undo")(undo)
    merges.add(inner)
    identity_fit.add(inner)


def review(
    shell: Shell,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="The most to show.")] = 10,
) -> None:
    """List authors who may be customers, for you to decide.

    The most probable stand first; of equals who spoke last.

    Example: listener identities review --limit 3
    """
    from listener.cli.identity_views import print_proposal

    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        found = store.identities.proposals(now, limit)
        counts = store.identities.counts()
        pairs = store.merging.proposals(limit)
    if shell.json:
        from listener.cli.identity_views import identity_facts

        for one in found:
            json_line({**identity_facts(one.identity), "latest": one.latest})
        for pair in pairs:
            json_line(merges.merge_facts(pair))
        return
    say(_counted(counts))
    say()
    for one in found:
        print_proposal(one)
    if counts.waiting > len(found):
        say(f"And {counts.waiting - len(found)} more: listener identities review --limit {counts.waiting}")
        say()
    for pair in pairs:
        merges.print_merge(pair)
    if not found and not pairs:
        say("Nothing waits for you. Next: listener identities explain AUTHOR, listener cases")
    elif found:
        say(f"All the evidence of one: listener identities explain {found[0].identity.author_id}")


def _counted(counts: Counts) -> str:
    from listener.counting import counted

    waiting = "1 author waits" if counts.waiting == 1 else f"{counts.waiting} authors wait"
    linked = counted(counts.linked, "is linked to a customer", "are linked to customers")
    refused = f", {counts.refused} turned down" if counts.refused else ""
    return f"{waiting} for a decision; {linked} ({counts.by_hand} by hand{refused})"


def explain(
    shell: Shell,
    author: Who,
    contact: Annotated[str | None, typer.Option("--contact", metavar="ID", help="As this customer, by today's evidence.")] = None,
) -> None:
    """Show all that says who an author is, or is not.

    Every piece of evidence with its weight, what spoke against it, who else it could be, and who decided what.

    Example: listener identities explain mastodon:maya
    """
    from listener.cli.identity_views import identity_facts, print_identity

    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        number = author_id(store, author)
        identity = store.identities.of(number)
        if contact is not None:
            identity = _as_contact(app, store, identity, contact)
        history = [one.decision for one in store.identities.decisions(author_id=number, ended=True)][::-1]
        ties = [tie for tie in store.merging.ties(number) if {tie.author_id, tie.other_author_id} & {*identity.together}]
    if shell.json:
        json_line({**identity_facts(identity), "ties": ties, "history": history})
        return
    print_identity(identity, history, ties, asked=contact is not None)


def link(shell: Shell, author: Who, contact: Contact, note: Note = "", by: By = None) -> None:
    """Say that an author is a customer.

    All that they wrote and will write counts as the customer's, at once and for good.

    Example: listener identities link 12 C42 --note "she told us at the fair"
    """
    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        number = author_id(store, author)
        done = store.identities.link(number, contact.strip(), actor=by or account(), note=note, now=now)
        _report(shell, app, store, number, done, now)


def unlink(
    shell: Shell,
    author: Who,
    contact: Annotated[
        str | None, typer.Argument(metavar="[CONTACT]", help="Whom they are not; by default whom they are linked to.")
    ] = None,
    note: Note = "",
    by: By = None,
) -> None:
    """Say that an author is not a customer.

    Takes a link back, or turns a proposal down. It is remembered: no later pass or import makes it again.

    Example: listener identities unlink 12
    """
    from listener.identities import contact_to_refuse

    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        number = author_id(store, author)
        before = store.identities.of(number)
        wrong = contact_to_refuse(number, before.match, before.decisions, before.customer, contact)
        done = store.identities.refuse(number, wrong, actor=by or account(), note=note, now=now)
        _report(shell, app, store, number, done, now)


def decisions(
    shell: Shell,
    author: Annotated[str | None, typer.Argument(metavar="[AUTHOR]", help="About this author only.")] = None,
    ended: Annotated[bool, typer.Option("--all", help="Also those that were undone or replaced.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="The most to show.")] = 100,
) -> None:
    """List what people decided, the newest first.

    Example: listener identities decisions --all
    """
    from listener.cli.identity_views import said_words

    app = shell.app()
    with app.open_store(shell.now()) as store:
        number = author_id(store, author) if author is not None else None
        found = store.identities.decisions(author_id=number, ended=ended, limit=limit)
    if shell.json:
        for one in found:
            json_line({**_facts_of(one.decision), "platform": one.platform, "handle": one.author.handle})
        return
    if not found:
        say("Nothing was decided yet. Next: listener identities review")
        return
    rows = [
        (
            str(one.decision.id),
            f"{one.decision.author_id} {one.author.display_name or one.author.handle or one.platform}",
            said_words(one.decision),
            one.decision.actor,
            moment(one.decision.at),
            f"ended {moment(one.decision.ended_at)}" if one.decision.ended_at else "",
            one.decision.note,
        )
        for one in found
    ]
    columns = [Column("id", right=True), Column("author", wide=True), Column("decided", wide=True), Column("by")]
    table([*columns, Column("at (UTC)"), Column("ended", wide=True), Column("why", wide=True)], rows)
    say("Next: listener identities undo ID")


def undo(
    shell: Shell,
    decision: Annotated[int, typer.Argument(metavar="DECISION", min=1, max=LARGEST_ID, help="The id in the list.")],
    by: By = None,
) -> None:
    """Take a decision back.

    What it had taken the place of stands again, and the evidence is asked again.

    Example: listener identities undo 3
    """
    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        done = store.identities.undo(decision, actor=by or account(), now=now)
        _report(shell, app, store, done.decision.author_id, done, now)


# ------------------------------------------------------------------------------------------------ what they share


def author_id(store: Store, text: str) -> int:
    """The number of the author who is named by it, or by platform and handle.

    Raises:
        ConfigError: it names nobody, or several.
        StorageError: there is no such author.
    """
    from listener.core.errors import ConfigError, Problem, StorageError
    from listener.core.plain import one_line
    from listener.identities import named_author

    named = named_author(text)
    if isinstance(named, int):
        return named
    found = store.identities.named(*named)
    if not found:
        raise StorageError(f"No author with that handle was heard on {one_line(named[0], 40)}")
    if len(found) > 1:
        numbers = ", ".join(map(str, found[:10]))
        raise ConfigError([Problem("AUTHOR", "several authors had that handle", f"say which one by its number: {numbers}")])
    return found[0]


def _as_contact(app: App, store: Store, identity: Identity, contact_id: str) -> Identity:
    """The author compared with that customer only, by today's evidence and under the author's terms."""
    from dataclasses import replace

    customer = store.identities.customer(contact_id.strip())
    match = _compared(app, store, identity.author_id, customer)
    return replace(identity, match=match, matched_at=None, candidate=customer, runner_up=None)


def _compared(app: App, store: Store, number: int, customer: Customer) -> Match | None:
    """The match if that customer were the only one; ``None`` for an author who says nothing about us."""
    from dataclasses import replace

    from listener.core import terms
    from listener.identities import OneCustomer
    from nlp.identity.keys import customer_keys

    jobs = store.matches.jobs_of([number], {**terms.BY_NAME, **app.policies})
    asked = [replace(job, linked=None, refused=frozenset()) for job in jobs]
    index = OneCustomer(customer, frozenset(customer_keys(customer)), store.customers)
    return next(iter(app.matcher(app.fitted(store)).match(asked, index)), None)


def _catch_up(app: App, store: Store, number: int, done: Carried, now: datetime) -> None:
    """Do at once what the next pass would: ask the evidence again, and judge whoever gained or lost the author's posts.

    Each part is a transaction of its own; the decision itself is kept already, and what is not done here is still due.
    """
    from listener.core import terms
    from listener.judge import judge

    jobs = store.matches.jobs_of([number], {**terms.BY_NAME, **app.policies})
    matcher = app.matcher(app.fitted(store))
    store.matches.save_matches(list(zip(jobs, matcher.match(jobs, store.customers), strict=True)), matcher.fingerprint, now)
    policy = app.settings.judging()
    persons = {*done.persons, store.identities.of(number).person_id}
    due = store.standings.queued_of(persons)
    store.standings.save_standings([(job, *judge(job, policy, now)) for job in due], app.judging_fingerprint, now)


def _report(shell: Shell, app: App, store: Store, number: int, done: Carried, now: datetime) -> None:
    """Carry out what follows from a decision, and say what it did."""
    from listener.cli.identity_views import identity_facts

    if done.fresh:
        _catch_up(app, store, number, done, now)
    identity = store.identities.of(number)
    if shell.json:
        facts = {"decision": _facts_of(done.decision), "new": done.fresh, "identity": identity_facts(identity)}
        json_line(
            {**facts, "ended": [_facts_of(one) for one in done.ended], "restored": [_facts_of(one) for one in done.restored]}
        )
        return
    _say(number, done, identity)


def _say(number: int, done: Carried, identity: Identity) -> None:
    from listener.cli.identity_views import said_words
    from listener.core.identities import DecisionKind
    from listener.core.people import Outcome
    from listener.identities import author_words, customer_words, sure_words

    one = done.decision
    who = author_words(number, identity.author, identity.platform)
    if one.ended_at is not None:
        say(f"Decision {one.id} is undone: that author {number} {said_words(one, number)}")
    elif not done.fresh:
        say(f"That was decided before: author {number} {said_words(one, number)} (decision {one.id}); nothing changed")
    else:
        say(f"Decision {one.id}: author {number} {said_words(one, number)}")
    for other in done.ended:
        say(f"  It takes the place of decision {other.id}: author {number} {said_words(other, number)}")
    for other in done.restored:
        say(f"  Now stands again, as decision {other.id}: author {number} {said_words(other, number)}")
    match = identity.match
    if identity.customer is not None:
        say(f"  {who} counts as {customer_words(identity.customer, None)}")
    else:
        say(f"  {who} counts as a person of their own")
    if match and match.outcome is Outcome.REVIEW:
        say(f"  Now proposed: {customer_words(identity.candidate, match.contact_id)}, {sure_words(match.probability)}")
    if one.ended_at is None and done.fresh:
        remembered = "" if one.kind is DecisionKind.LINK else "It is remembered: no later pass or import links them again. "
        say(f"{remembered}To take it back: listener identities undo {one.id}")


def _facts_of(decision: Any) -> dict[str, Any]:
    from listener.cli.output import jsonable

    return {"decision": decision.id, **{key: value for key, value in jsonable(decision).items() if key != "id"}}
