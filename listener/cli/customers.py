"""``listener customers``: the CRM export, imported and looked up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from listener.cli.output import Column, facts, json_line, note, say, table
from listener.cli.shell import Shell, command, group

ROWS_SHOWN = 20
"""Rejected rows that are named one by one; the rest is counted."""


def add(app: typer.Typer) -> None:
    inner = group(app, "customers", "Import the CRM export, and look customers up.")
    command(inner, "import")(import_file)
    command(inner, "list")(list_customers)
    command(inner, "show")(show)


def import_file(
    shell: Shell,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The CRM export (CSV).")],
    allow_shrink: Annotated[
        bool, typer.Option("--allow-shrink", help="Accept a file that lost more than half of the customers.")
    ] = False,
) -> None:
    """Import a CRM export; an import again updates.

    Example: listener customers import crm.csv
    """
    from listener.customer_import import import_customers

    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store, store.admin.run_lock():
        done = import_customers(app, store, file, now, allow_shrink=allow_shrink)
    for row, reason in done.rejected[:ROWS_SHOWN]:
        note(f"{row}: {reason}")
    if len(done.rejected) > ROWS_SHOWN:
        note(f"… and {len(done.rejected) - ROWS_SHOWN} rows more that could not be used")
    if shell.json:
        rejected = [{"row": row, "reason": reason} for row, reason in done.rejected]
        json_line({"new": done.saved.new, "changed": done.saved.changed, "retired": done.retired, "rejected": rejected})
    else:
        saved = done.saved
        say(f"Imported: {saved.new} new, {saved.changed} changed, {done.retired} gone, {len(done.rejected)} rows unusable")


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


def show(shell: Shell, contact_id: Annotated[str, typer.Argument(metavar="ID", help="The CRM's id of the contact.")]) -> None:
    """Show one customer.

    Example: listener customers show C-0001
    """
    now = shell.now()
    with shell.app().open_store(now) as store:
        customer = store.customers.get(contact_id)
    if customer is None:
        note("Error: there is no customer with that id; see `listener customers list`")
        raise typer.Exit(1)
    if shell.json:
        json_line(customer)
        return
    accounts = (f"{known.platform}: {known.handle} ({known.provenance})" for known in customer.handles)
    facts(
        [
            ("id", customer.contact_id),
            ("name", customer.name),
            ("e-mail", customer.email),
            ("company", customer.company),
            ("site", customer.website),
            ("title", customer.title),
            ("city", customer.city),
            ("segment", customer.segment),
            ("products", ", ".join(customer.products)),
            ("customer since", customer.customer_since),
            ("owner", customer.owner),
            ("accounts", ", ".join(accounts)),
            ("do not contact", "yes" if customer.do_not_contact else None),
            *customer.extra.items(),
        ]
    )
