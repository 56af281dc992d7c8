"""``listener customers``: the CRM imported, looked up, and put right where somebody is in it twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from listener.cli.cases import account
from listener.cli.output import Column, day, facts, json_line, jsonable, note, paragraph, progress, say, table
from listener.cli.shell import Shell, command, group
from listener.core.crm import PairState
from listener.core.plain import one_line
from listener.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from listener.core.crm import CustomerPair, Employment
    from listener.core.people import Customer

Contact = Annotated[str, typer.Argument(metavar="ID", help="The CRM's id of the contact.")]
Other = Annotated[str, typer.Argument(metavar="OTHER", help="The CRM's id of the other contact.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who says so; the account's name by default.")]

DECIDED = 10_000
"""Pairs of one contact that are looked through for an earlier answer."""


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
        bool, typer.Option("--allow-shrink", help="Accept an import that loses more than half of the customers.")
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
            json_line(_customer_facts(customer))
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
        _no_such_customer()
    if shell.json:
        told = {**_customer_facts(customer), "former": former, "same_person": others}
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
        if contact_id and store.customers.get(contact_id) is None:
            _no_such_customer()
        pairs = store.customer_pairs.list_pairs(contact_id or None, limit, decided=decided)
        total = store.customer_pairs.count()
        known = store.import_preview.known({one for pair in pairs for one in (pair.contact_id, pair.other_contact_id)})
    if shell.json:
        for pair in pairs:
            json_line(pair_facts(pair))
        return
    for contact, its in [(contact_id, pairs)] if contact_id and pairs else _by_contact(pairs):
        _print_group(contact, its, known)
    if decided or not pairs:
        say(f"{len(pairs)} decided" if decided else "No possible duplicates.")
        return
    duplicates_said = counted(total if not contact_id else len(pairs), "possible duplicate", "possible duplicates")
    say(duplicates_said if contact_id or len(pairs) == total else f"{len(pairs):,} of {duplicates_said}, the likeliest")
    first = pairs[0]
    say(f"Next: listener customers same {first.contact_id} {first.other_contact_id}, or different")


def same(shell: Shell, contact_id: Contact, other: Other, by: By = None) -> None:
    """Say that two contacts are one person.

    Both entries stay, and matching takes them for one: they are no rivals for an author, and whoever is said not to be the one is
    not the other either. A later answer takes the place of an earlier one.

    Example: listener customers same C-0001 C-0207
    """
    _decide(shell, contact_id, other, PairState.SAME, by)


def different(shell: Shell, contact_id: Contact, other: Other, by: By = None) -> None:
    """Say that two contacts are not one person.

    The pair is not proposed again; a later answer takes the place of an earlier one.

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
        said = store.customer_pairs.list_pairs(contact_id, DECIDED, decided=True)
        before = next((one for one in said if _other(one, contact_id) == other and one.state is not state), None)
        pair = store.customer_pairs.decide(contact_id, other, state, by or account(), now)
    if pair is None:
        note("Error: one of the two is no customer; see `listener customers list`")
        raise typer.Exit(1)
    if shell.json:
        json_line({**pair_facts(pair), "instead_of": before.state if before else None})
        return
    both = f"{one_line(contact_id, 40)} and {one_line(other, 40)}"
    if state is PairState.SAME:
        paragraph(
            f"Remembered: {both} are one person. Both entries stay; merge them in the CRM. Matching takes them for one: they are "
            "no rivals for an author, and whoever is said not to be the one is not the other either."
        )
    else:
        paragraph(f"Remembered: {both} are two people. They will not be proposed again.")
    if before is not None:
        earlier = "one person" if before.state is PairState.SAME else "two people"
        by_whom = f" by {one_line(before.actor, 40)}" if before.actor else ""
        paragraph(f"It takes the place of the earlier answer: {earlier}, said{by_whom} on {day(before.decided_at)}.")


def _no_such_customer() -> NoReturn:
    note("Error: there is no customer with that id; see `listener customers list`")
    raise typer.Exit(1)


def _by_contact(pairs: Sequence[CustomerPair]) -> Iterator[tuple[str, list[CustomerPair]]]:
    """The pairs under the contact that most of them have in common; whoever resembles twenty others is named once."""
    often = Counter(contact for pair in pairs for contact in (pair.contact_id, pair.other_contact_id))
    groups: dict[str, list[CustomerPair]] = {}
    for pair in pairs:
        head = max((pair.contact_id, pair.other_contact_id), key=lambda contact: often[contact])
        groups.setdefault(head, []).append(pair)
    yield from groups.items()


def _print_group(head: str, pairs: Sequence[CustomerPair], known: Mapping[str, Customer]) -> None:
    """A contact, and below it those whom it may be too, each with the reasons."""
    from listener.cli.customer_report import percent

    paragraph(_about(head, known))
    for at, pair in enumerate(pairs):
        said = {PairState.SAME: "same", PairState.DIFFERENT: "two people"}.get(pair.state, percent(pair.probability).strip())
        width = 7 if pair.state is PairState.PROPOSED else 14
        paragraph(_about(_other(pair, head), known), f"  {said}".ljust(width))
        words = _why(pair)
        if words and (at + 1 == len(pairs) or _why(pairs[at + 1]) != words):  # the same reasons are said once
            paragraph(words, " " * (width + 2))
    say()


def _why(pair: CustomerPair) -> str:
    from listener.cli.customer_report import in_words

    words = in_words(pair.evidence)
    return one_line(f"said by {pair.actor} on {day(pair.decided_at)}" + (f"; {words}" if words else "") if pair.actor else words)


def _about(contact: str, known: Mapping[str, Customer]) -> str:
    customer = known.get(contact)
    about = ", ".join(part for part in (customer.name, customer.company) if part) if customer else ""
    return f"{one_line(contact, 40)}  {one_line(about, 80)}".rstrip()


def _customer_facts(customer: Customer) -> dict[str, Any]:
    """A customer as JSON; of whom else they are one person with, only what people said is told, and by ``show``."""
    return {name: value for name, value in jsonable(customer).items() if name != "same_as"}


def _other(pair: CustomerPair, contact_id: str) -> str:
    return pair.other_contact_id if pair.contact_id == contact_id else pair.contact_id


def _worked(one: Employment) -> str:
    return f"{one.title}, {one.company}" if one.title else one.company
