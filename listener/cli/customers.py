"""``listener customers``: the CRM imported, looked up, and put right where somebody is in it twice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli.cases import account
from listener.cli.output import Column, day, facts, json_line, jsonable, note, paragraph, progress, say, table
from listener.cli.shell import Shell, command, group
from listener.core.crm import PairState
from listener.core.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from listener.core.crm import CustomerPair, Employment
    from listener.core.people import Customer

Contact = Annotated[str, typer.Argument(metavar="ID", help="The CRM's id of the contact.")]
Other = Annotated[str, typer.Argument(metavar="OTHER", help="The CRM's id of the other contact.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who says so; the account's name by default.")]


def add(app: typer.Typer) -> None:
    inner = group(app, "customers", "Import the CRM, and look customers up.")
    command(inner, "import")(import_file)
    command(inner, "list")(list_customers)
    command(inner, "show")(show)
    command(inner, "duplicates")(duplicates)
    command(inner, "same")(same)
    command(inner, "different")(different)


def import_file(
    shell: Shell,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A CRM export (CSV); the configured customers without it.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and write nothing.")] = False,
    allow_shrink: Annotated[
        bool, typer.Option("--allow-shrink", help="Accept an export that lost more than half of the customers.")
    ] = False,
) -> None:
    """Import a CRM export; an import again updates.

    Example: listener customers import crm.csv --dry-run
    """
    from listener.cli.customer_report import import_facts, print_import
    from listener.customer_import import import_customers, preview_import

    now = shell.now()
    app = shell.app()
    if file is None and app.settings.customers.effective_kind is None:
        note("Error: no customers are configured; name a file, or set [customers] in the configuration")
        raise typer.Exit(2)
    where = file.name if file else str(app.settings.customers.file or app.settings.customers.kind)
    with app.open_store(now) as store, progress(quiet=shell.json) as bar:
        if dry_run:
            done = preview_import(app, store, file, now, allow_shrink=allow_shrink, progress=bar)
        else:
            with store.admin.run_lock():
                done = import_customers(app, store, file, now, allow_shrink=allow_shrink, progress=bar)
    if shell.json:
        json_line(import_facts(done, dry_run=dry_run))
    else:
        print_import(done, where, dry_run=dry_run)
    if done.refused:
        raise typer.Exit(1)


def list_customers(
    shell: Shell,
    query: Annotated[str, typer.Argument(metavar="[QUERY]", help="A part of the name, company, e-mail address or id.")] = "",
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="The most to show.")] = 50,
) -> None:
    """List customers.

    Example: listener customers list "Fenwick"
    """
    now = shell.now()
    with shell.app().open_store(now) as store:
        found = store.customers.find(query, limit)
        total = store.customers.count()
    if shell.json:
        for customer in found:
            json_line(customer)
        return
    if not total:
        say("No customers yet: run `listener customers import FILE.csv`, or name the file in [customers].")
        return
    rows = [(one.contact_id, one.name, one.company, one.title or "", one.owner or "") for one in found]
    table(
        [Column("id"), Column("name", wide=True), Column("company", wide=True), Column("title", wide=True), Column("owner")], rows
    )
    say(f"{len(found)} of {total} customers")


def show(shell: Shell, contact_id: Contact) -> None:
    """Show one customer, with former companies.

    Example: listener customers show C-0001
    """
    from listener.cli.customer_report import pair_facts

    now = shell.now()
    with shell.app().open_store(now) as store:
        customer = store.customers.get(contact_id)
        former = store.employments.of([contact_id]).get(contact_id, ())
        pairs = store.customer_pairs.list_pairs(contact_id)
        others = sorted(store.customer_pairs.same_groups([contact_id]).get(contact_id, frozenset()) - {contact_id})
    if customer is None:
        note("Error: there is no customer with that id; see `listener customers list`")
        raise typer.Exit(1)
    if shell.json:
        told = {**jsonable(customer), "former": former, "same_person": others}
        json_line({**told, "possible_duplicates": [pair_facts(pair) for pair in pairs]})
        return
    accounts = (f"{known.platform}: {known.handle} ({known.provenance})" for known in customer.handles)
    facts(
        [
            ("id", customer.contact_id),
            ("name", customer.name),
            ("e-mail", customer.email),
            ("company", customer.company),
            ("site", customer.website),
            ("domains", ", ".join(customer.domains)),
            ("title", customer.title),
            *(("until " + day(one.until), _worked(one)) for one in former),
            ("city", customer.city),
            ("region", customer.region),
            ("language", customer.language),
            ("segment", customer.segment),
            ("products", ", ".join(customer.products)),
            ("customer since", customer.customer_since),
            ("customer until", customer.customer_until),
            ("owner", customer.owner),
            ("accounts", ", ".join(accounts)),
            ("do not contact", "yes" if customer.do_not_contact else None),
            ("same person as", ", ".join(others)),
            ("perhaps also", ", ".join(_other(pair, contact_id) for pair in pairs)),
            *customer.extra.items(),
        ]
    )


def duplicates(
    shell: Shell,
    contact_id: Annotated[str, typer.Argument(metavar="[ID]", help="Only those of one contact.")] = "",
    decided: Annotated[bool, typer.Option("--decided", help="What was decided, instead of what is proposed.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="The most to show.")] = 20,
) -> None:
    """List who may be in the CRM twice, and why.

    Example: listener customers duplicates
    """
    from listener.cli.customer_report import pair_facts

    now = shell.now()
    with shell.app().open_store(now) as store:
        pairs = store.customer_pairs.list_pairs(contact_id or None, limit, decided=decided)
        total = store.customer_pairs.count()
        known = store.import_preview.known({one for pair in pairs for one in (pair.contact_id, pair.other_contact_id)})
    if shell.json:
        for pair in pairs:
            json_line(pair_facts(pair))
        return
    for pair in pairs:
        _print_pair(pair, known)
    if decided or not pairs:
        say(f"{len(pairs)} decided" if decided else "No possible duplicates.")
        return
    say(f"{len(pairs)} of {total:,} possible duplicates" if not contact_id else f"{len(pairs)} possible duplicates")
    first = pairs[0]
    say(f"Next: listener customers same {first.contact_id} {first.other_contact_id}, or different")


def same(shell: Shell, contact_id: Contact, other: Other, by: By = None) -> None:
    """Say that two contacts are one person.

    Example: listener customers same C-0001 C-0207
    """
    _decide(shell, contact_id, other, PairState.SAME, by)


def different(shell: Shell, contact_id: Contact, other: Other, by: By = None) -> None:
    """Say that two contacts are not one person.

    Example: listener customers different C-0001 C-0207
    """
    _decide(shell, contact_id, other, PairState.DIFFERENT, by)


def _decide(shell: Shell, contact_id: str, other: str, state: PairState, by: str | None) -> None:
    from listener.cli.customer_report import pair_facts

    if contact_id == other:
        note("Error: these are one and the same id")
        raise typer.Exit(2)
    now = shell.now()
    with shell.app().open_store(now) as store, store.admin.run_lock():
        pair = store.customer_pairs.decide(contact_id, other, state, by or account(), now)
    if pair is None:
        note("Error: one of the two is no customer; see `listener customers list`")
        raise typer.Exit(1)
    if shell.json:
        json_line(pair_facts(pair))
    elif state is PairState.SAME:
        say(f"Remembered: {contact_id} and {other} are one person. Both entries stay; merge them in the CRM.")
    else:
        say(f"Remembered: {contact_id} and {other} are two people. They will not be proposed again.")


def _print_pair(pair: CustomerPair, known: Mapping[str, Customer]) -> None:
    from listener.cli.customer_report import in_words, percent

    said = {PairState.SAME: "same", PairState.DIFFERENT: "two people"}.get(pair.state, percent(pair.probability).strip())
    for lead, contact in ((said, pair.contact_id), ("", pair.other_contact_id)):
        customer = known.get(contact)
        about = ", ".join(part for part in (customer.name, customer.company) if part) if customer else ""
        say(f"{lead:<10}  {one_line(contact, 40)}  {one_line(about, 80)}".rstrip())
    words = in_words(pair.evidence)
    if pair.actor:
        words = f"said by {pair.actor} on {day(pair.decided_at)}" + (f"; {words}" if words else "")
    paragraph(words, " " * 12)
    say()


def _other(pair: CustomerPair, contact_id: str) -> str:
    return pair.other_contact_id if pair.contact_id == contact_id else pair.contact_id


def _worked(one: Employment) -> str:
    return f"{one.title}, {one.company}" if one.title else one.company
