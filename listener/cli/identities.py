"""``listener identities``: who authors are. What people decide counts at once, and no later pass or import takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli import identity_fit, merges
from listener.cli.author_names import author_id
from listener.cli.cases import LARGEST_ID, account
from listener.cli.output import Column, json_line, moment, say, table
from listener.cli.shell import ReviewFirst, Shell, command, group

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from listener.core.identities import Decision
    from listener.core.people import Customer, Match
    from listener.wiring import App
    from storage.identities import Carried, Counts
    from storage.store import Store
    from storage.who import Identity

Who = Annotated[str, typer.Argument(metavar="AUTHOR", help="The author's number, platform:handle, or profile address.")]
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
    """List what waits for you: authors who may be customers or one person.

    The most probable stand first; of equals who spoke last.

    Example: listener identities review --limit 3
    """
    from listener.cli.identity_views import may_show, print_proposal, told

    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        found = store.identities.proposals(now, limit)
        counts = store.identities.counts()
        every_pair = store.merging.proposals(MOST_PAIRS)
    pairs = every_pair[:limit]
    if shell.json:
        from listener.cli.identity_views import identity_facts

        for one in found:
            json_line({**identity_facts(one.identity), "latest": one.latest})
        for pair in pairs:
            json_line(merges.merge_facts(pair))
        return
    told(_counted(counts, len(every_pair)))
    say()
    for one in found:
        print_proposal(one, shown=may_show(app, one.latest))
    _more(counts.waiting - len(found), "author", counts.waiting)
    for pair in pairs:
        merges.print_merge(pair)
    _more(len(every_pair) - len(pairs), "pair of accounts", len(every_pair))
    if not found and not pairs:
        say("Nothing waits for you. Next: listener identities explain AUTHOR, listener cases")
    elif found:
        say(f"All the evidence of one: listener identities explain {found[0].identity.author_id}")
    else:
        say(f"All that is known of one: listener identities explain {pairs[0].one.author_id}")


MOST_PAIRS = 10_000


def _more(left: int, what: str, every: int) -> None:
    from listener.cli.identity_views import told

    if left > 0:
        plural = what if left == 1 else {"author": "authors"}.get(what, "pairs of accounts")
        told(f"And {left} more {plural}: listener identities review --limit {every}")
        say()


def _counted(counts: Counts, pairs: int) -> str:
    """What waits, in the order in which it is listed, and what is settled."""
    from listener.counting import counted

    waiting = ["1 author" if counts.waiting == 1 else f"{counts.waiting} authors"] if counts.waiting or not pairs else []
    if pairs:
        waiting.append("1 pair of accounts" if pairs == 1 else f"{pairs} pairs of accounts")
    wait = "waits" if (counts.waiting, pairs) in {(1, 0), (0, 1)} and len(waiting) == 1 else "wait"
    linked = counted(counts.linked, "author is linked to a customer", "authors are linked to customers")
    refused = f"; {counts.refused} turned down" if counts.refused else ""
    return f"{' and '.join(waiting)} {wait} for a decision; {linked} ({counts.by_hand} by hand){refused}"


def explain(
    shell: Shell,
    author: Who,
    contact: Annotated[str | None, typer.Option("--contact", metavar="ID", help="As this customer, by today's evidence.")] = None,
) -> None:
    """Show all that says who an author is, or is not.

    Every piece of evidence with its weight, what spoke against it, who else it could be, and who decided what.

    Example: listener identities explain mastodon:sofiez
    """
    from listener.cli.identity_explained import print_identity
    from listener.cli.identity_views import identity_facts, may_show

    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        number = author_id(store, author)
        identity = store.identities.of(number)
        if contact is not None:
            identity = _as_contact(app, store, identity, contact)
        history = store.identities.decisions(author_id=number, ended=True)[::-1]
        ties = [tie for tie in store.merging.ties(number) if {tie.author_id, tie.other_author_id} & {*identity.together}]
        names = store.merging.accounts_of({*identity.together, *_others(one.decision for one in history)})
        shown = may_show(app, store.identities.latest(number, now))
    if shell.json:
        json_line({**identity_facts(identity), "ties": ties, "history": [one.decision for one in history]})
        return
    print_identity(identity, history, ties, names, shown=shown, asked=contact is not None)


def link(shell: Shell, author: Who, contact: Contact, note: Note = "", by: By = None) -> None:
    """Say that an author is a customer.

    All that they wrote and will write counts as the customer's, at once and for good.

    Example: listener identities link 84 QC-1056 --note "she told us at the fair"
    """
    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        number = author_id(store, author)
        before = store.identities.of(number)
        done = store.identities.link(number, contact.strip(), actor=by or account(), note=note, now=now)
        _report(shell, app, store, number, done, now, before)


def unlink(
    shell: Shell,
    author: Who,
    contact: Annotated[
        str | None,
        typer.Argument(metavar="[CONTACT]", help="Whom they are not; by default who is linked or proposed."),
    ] = None,
    note: Note = "",
    by: By = None,
) -> None:
    """Say that an author is not a customer.

    Takes a link back, turns a proposal down, or says so in advance. It is remembered: no later pass or import makes it again.

    Example: listener identities unlink 84
    """
    from listener.identities import contact_to_refuse

    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        number = author_id(store, author)
        before = store.identities.of(number)
        wrong, known = contact_to_refuse(number, before.match, before.decisions, before.customer, contact, before.together)
        if not known:
            store.identities.customer(wrong)  # a misspelt id is not worth remembering
        done = store.identities.refuse(number, wrong, actor=by or account(), note=note, now=now)
        _report(shell, app, store, number, done, now, before)


def decisions(
    shell: Shell,
    author: Annotated[str | None, typer.Argument(metavar="[AUTHOR]", help="About this author only.")] = None,
    ended: Annotated[bool, typer.Option("--all", help="Also those that were undone or replaced.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="The most to show.")] = 100,
) -> None:
    """List what people decided, the newest first.

    Example: listener identities decisions --all
    """
    from listener.cli.identity_explained import ended_words, said_words
    from listener.identities import numbered

    app = shell.app()
    with app.open_store(shell.now()) as store:
        number = author_id(store, author) if author is not None else None
        found = store.identities.decisions(author_id=number, ended=ended, limit=limit)
        names = store.merging.accounts_of(_others(one.decision for one in found))
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
            numbered(one.decision.author_id, one.author.display_name or one.author.handle, one.platform),
            said_words(one.decision, one.decision.author_id, names),
            one.decision.actor,
            moment(one.decision.at),
            *([ended_words(one) or "stands"] if ended else []),
            one.decision.note,
        )
        for one in found
    ]
    columns = [Column("id", right=True), Column("author", wide=True), Column("decided", wide=True), Column("by")]
    since = [Column("since then (UTC)", wide=True)] if ended else []
    table([*columns, Column("at (UTC)"), *since, Column("why", wide=True)], rows)
    standing = next((one.decision.id for one in found if one.decision.ended_at is None), None)
    if standing is not None:
        say(f"To take one back: listener identities undo {standing}")


def undo(
    shell: Shell,
    decision: Annotated[int, typer.Argument(metavar="DECISION", min=1, max=LARGEST_ID, help="The id in the list.")],
    by: By = None,
) -> None:
    """Take a decision back.

    What it had taken the place of stands again, unless something decided since
    says otherwise, and the evidence is asked again.

    Example: listener identities undo 3
    """
    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        done = store.identities.undo(decision, actor=by or account(), now=now)
        _report(shell, app, store, done.decision.author_id, done, now)


# ------------------------------------------------------------------------------------------------ what they share


def _others(decided: Iterable[Decision]) -> set[int]:
    """The authors of decisions about two."""
    return {number for one in decided if one.other_author_id is not None for number in (one.author_id, one.other_author_id)}


def _as_contact(app: App, store: Store, identity: Identity, contact_id: str) -> Identity:
    """The author compared with that customer only, by today's evidence and under the author's terms."""
    from dataclasses import replace

    customer = store.identities.customer(contact_id.strip())
    match = _compared(app, store, identity.author_id, customer)
    return replace(identity, match=match, matched_at=None, candidate=customer, runner_up=None)


def _compared(app: App, store: Store, number: int, customer: Customer) -> Match | None:
    """What the evidence says of that customer alone; ``None`` for an author who says nothing about us."""
    from listener.core import terms
    from nlp.identity.matcher import build_matcher

    matcher = build_matcher(app.own_side, app.fitted(store))
    for job in store.matches.jobs_of([number], {**terms.BY_NAME, **app.policies}):
        return matcher.weigh(job, customer, store.customers)
    return None


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


def _report(
    shell: Shell, app: App, store: Store, number: int, done: Carried, now: datetime, before: Identity | None = None
) -> None:
    """Carry out what follows from a decision, and say what it did; ``before`` is what the author was."""
    from listener.cli.identity_said import say_decided
    from listener.cli.identity_views import identity_facts

    if done.fresh:
        _catch_up(app, store, number, done, now)
    identity = store.identities.of(number)
    if shell.json:
        facts = {"decision": _facts_of(done.decision), "new": done.fresh, "identity": identity_facts(identity)}
        json_line(
            {
                **facts,
                "ended": [_facts_of(one) for one in done.ended],
                "restored": [_facts_of(one) for one in done.restored],
                "withheld": [_facts_of(one) for one in done.withheld],
            }
        )
        return
    others = store.identities.those([*dict.fromkeys([*(before.together if before else ()), *identity.together])])
    every = [done.decision, *done.ended, *done.restored, *done.withheld]
    names = store.merging.accounts_of({number, *_others(every), *(one.author_id for one in others)})
    say_decided(done, before, identity, others, names)


def _facts_of(decision: Any) -> dict[str, Any]:
    from listener.cli.output import jsonable

    return {"decision": decision.id, **{key: value for key, value in jsonable(decision).items() if key != "id"}}
