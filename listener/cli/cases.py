"""``listener cases``: customers heard, advocate candidates and follow-ups, and what people decide on them."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli.case_views import COLUMNS, Known, print_case, row_of
from listener.cli.moments import parse_moment
from listener.cli.output import Column, day, json_line, jsonable, note, say, table
from listener.cli.sheets import private, write_sheet
from listener.cli.shell import Shell, command, group
from listener.core.cases import Action, CaseKind

if TYPE_CHECKING:
    from listener.core.cases import Case
    from listener.core.telling import PersonFacts
    from storage.store import Store

LARGEST_ID = 2**63 - 1
"""The largest that a database can hold."""
EVERYTHING = 1_000_000
"""More cases than a store will ever have open."""


def add(app: typer.Typer) -> None:
    inner = group(app, "cases", "Customers heard, advocate candidates and follow-ups.")
    command(inner, "list")(list_cases)
    command(inner, "show")(show)
    command(inner, "decide")(decide)
    command(inner, "export")(export)


def list_cases(
    shell: Shell,
    kind: Annotated[CaseKind | None, typer.Option(metavar="KIND", help="heard, candidate or follow-up.")] = None,
    brand: Annotated[str | None, typer.Option(metavar="KEY", help="Of this brand only.")] = None,
    closed: Annotated[bool, typer.Option("--all", help="Closed cases too.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="The most to show.")] = 100,
) -> None:
    """List the cases that wait for somebody, the most pressing first.

    Example: listener cases --kind candidate
    """
    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        found = _find(store, now, kind, brand, closed, limit)
    if shell.json:
        for known in found:
            json_line(row_of(known))
        return
    if not found:
        say("No case is open. `listener cases --all` shows closed ones; `listener run` looks for new ones.")
        return
    rows = [
        (
            str(one.case.case_id),
            one.case.kind,
            one.case.state,
            one.name,
            one.company,
            day(one.case.due_at),
            one.case.assignee or "",
        )
        for one in found
    ]
    columns = [
        Column("id", right=True),
        Column("kind"),
        Column("state"),
        Column("person", wide=True),
        Column("company", wide=True),
    ]
    table([*columns, Column("due"), Column("assignee")], rows)
    say("Next: listener cases show ID, listener cases decide ID ACTION")


def _find(store: Store, now: datetime, kind: CaseKind | None, brand: str | None, closed: bool, limit: int) -> list[Known]:
    from listener.cases import OPEN

    found = store.cases.find(states=None if closed else OPEN, kind=kind, brand=brand, limit=limit)
    people = _people(store, now, found)
    return [Known(case, people.get((case.person_id, case.brand))) for case in found]


def _people(store: Store, now: datetime, cases: Sequence[Case]) -> Mapping[tuple[int, str], PersonFacts]:
    pairs = list(dict.fromkeys((case.person_id, case.brand) for case in cases))
    return {(facts.person_id, facts.brand): facts for facts in store.cases.facts(pairs, now, now)}


def _one(store: Store, case_id: int) -> Case:
    case = store.cases.get(case_id)
    if case is None:
        note(f"Error: there is no case {case_id}; see `listener cases --all`")
        raise typer.Exit(1)
    return case


def show(
    shell: Shell, case_id: Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST_ID, help="The id in the list.")]
) -> None:
    """Show one case: its person, the evidence, its history and what can be decided.

    Example: listener cases show 3
    """
    from listener.cases import allowed_actions

    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        case = _one(store, case_id)
        person = _people(store, now, [case]).get((case.person_id, case.brand))
        events = store.cases.events(case_id)
        accounts = store.identities.of_person(case.person_id)
    actions = allowed_actions(case)
    if shell.json:
        from listener.cli.identity_views import identity_facts

        identities = [identity_facts(one) for one in accounts]
        json_line({**jsonable(case), "person": person, "identities": identities, "events": events, "actions": actions})
        return
    print_case(Known(case, person), accounts, events, actions)


def decide(
    shell: Shell,
    case_id: Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST_ID, help="The case.")],
    action: Annotated[
        Action, typer.Argument(metavar="ACTION", help="confirm, dismiss, assign, snooze, contacted, resolved or reopen.")
    ],
    note_text: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; kept in the case's history.")] = "",
    to: Annotated[str | None, typer.Option(metavar="NAME", help="With assign: to whom.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="With snooze: 2026-03-01, or 7d from now.")] = None,
    actor: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides; the account's name by default.")] = None,
) -> None:
    """Decide on a case.

    Example: listener cases decide 3 snooze --until 7d --note "on holiday"
    """
    from listener.case_rules import business_days_after
    from listener.cases import decide as decided

    now = shell.now()
    app = shell.app()
    end = parse_moment(until, now, "--until", ahead=True) if until else None
    with app.open_store(now) as store:
        case = _one(store, case_id)
        due = business_days_after(now, app.settings.judging().follow_up_days)
        change = decided(case, action, now, actor or account(), note_text, assignee=to, until=end, due_at=due)
        changed = store.cases.apply(change)
    if shell.json:
        json_line(changed)
    else:
        say(f"Case {changed.case_id} ({changed.kind}) is now {changed.state}")


def account() -> str:
    """Who is at the command line, as far as the system knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "command line"


def export(
    shell: Shell,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The CSV to write; - is standard output.")],
    kind: Annotated[CaseKind | None, typer.Option(metavar="KIND", help="heard, candidate or follow-up.")] = None,
    brand: Annotated[str | None, typer.Option(metavar="KEY", help="Of this brand only.")] = None,
    closed: Annotated[bool, typer.Option("--all", help="Closed cases too.")] = False,
) -> None:
    """Write the cases as CSV, fit for a spreadsheet.

    Example: listener cases export cases.csv --kind follow-up
    """
    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        found = _find(store, now, kind, brand, closed, EVERYTHING)
    rows = [row_of(known) for known in found]
    if str(file) == "-":
        write_sheet(sys.stdout, COLUMNS, rows)
        return
    with private(file) as opened:
        write_sheet(opened, COLUMNS, rows)
    if shell.json:
        json_line({"written": str(file), "cases": len(rows)})
    else:
        say(f"Wrote {len(rows)} cases to {file}")
