"""``listener person``: everything that is kept about somebody, and its erasure."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli.output import json_line, jsonable, note, say
from listener.cli.shell import OptionsOnly, Shell, command
from listener.core.errors import ConfigError, Problem
from listener.counting import counted

if TYPE_CHECKING:
    from listener.recalling import TakenBack
    from listener.tell import Rewritten
    from listener.wiring import App
    from storage.store import Erased, Selector, Store

Contact = Annotated[str | None, typer.Option("--contact", metavar="ID", help="A customer, by the CRM's id.")]
AuthorId = Annotated[
    int | None, typer.Option("--author", metavar="N", help="An author, by author_id of `listener mentions --json`.")
]
Account = Annotated[
    str | None, typer.Option("--account", metavar="PLATFORM:HANDLE", help="An author, by an account: x:@somebody.")
]

Alone = Annotated[str | None, typer.Argument(hidden=True, help="Refused, for it does not say who.")]
"""What stands without an option: nobody can say of which kind it is."""


def add(app: typer.Typer) -> None:
    inner = typer.Typer(
        help="Export or erase everything that is kept about a person.", no_args_is_help=True, rich_markup_mode=None
    )
    app.add_typer(inner, name="person")
    command(inner, "export", OptionsOnly)(export)
    command(inner, "erase", OptionsOnly)(erase)


def _selector(alone: str | None, contact: str | None, author: int | None, account: str | None) -> Selector:
    from storage.store import Selector

    if alone is not None:
        said = alone if not alone.startswith("-") else "VALUE"
        options = f"--contact {said} (the CRM's id), --author N (a number), or --account PLATFORM:HANDLE"
        raise ConfigError([Problem("person", f'"{alone}" alone does not say who', options)])

    platform, _, handle = (account or "").partition(":")
    if account and not (platform and handle):
        raise ConfigError([Problem("--account", "not an account", "PLATFORM:HANDLE, such as x:@somebody")])
    try:
        return Selector(contact_id=contact, author_id=author, platform=platform or None, handle=handle or None)
    except ValueError as problem:
        raise ConfigError([Problem("person", str(problem), "exactly one of --contact, --author and --account")]) from None


def export(shell: Shell, alone: Alone = None, contact: Contact = None, author: AuthorId = None, account: Account = None) -> None:
    """Print everything that is kept about a person, as one JSON object.

    Example: listener person export --contact C-0001 > export.json
    """
    now = shell.now()
    selector = _selector(alone, contact, author, account)
    app = shell.app()
    with app.open_store(now) as store:
        found = store.privacy.export_person(selector)
    if not found:
        note("Error: nothing is kept about such a person")
        raise typer.Exit(1)
    json_line(found)


def erase(
    shell: Shell,
    alone: Alone = None,
    contact: Contact = None,
    author: AuthorId = None,
    account: Account = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase everything that is kept about a person, for good.

    Keyed hashes of their keys stay, so that neither the same feed nor the same CRM export brings them back. Files of digests
    that told of them are written anew, those of alerts removed; mails that went out and copies made elsewhere cannot be recalled.

    Example: listener person erase --account x:@somebody --yes
    """
    from listener.recalling import recall

    now = shell.now()
    selector = _selector(alone, contact, author, account)
    app = shell.app()
    if not yes:
        if not sys.stdin.isatty():
            raise ConfigError([Problem("--yes", "missing", "erasure cannot be undone: confirm it with --yes")])
        typer.confirm("Erase everything about this person? It cannot be undone.", abort=True, err=True)
    with app.open_store(now) as store, store.admin.run_lock():
        erased = store.privacy.erase_person(selector, now)
        files = _rewritten(app, store, erased, now)
        alerts = recall(store.alerts, app.notifiers)
    if shell.json:
        json_line({**jsonable(erased), "files": files, "alerts": alerts})
    elif not erased:
        say("Nothing is kept about such a person.")
    else:
        _explain(erased, files, alerts)
    for problem in (*files.failed, *alerts.failed):
        note(f"Error: a file still holds them, remove it by hand: {problem}")
    if files.failed or alerts.failed:
        raise typer.Exit(1)


def _rewritten(app: App, store: Store, erased: Erased, now: datetime) -> Rewritten:
    """The files of all digests that told of the person, written without them; a digest that never went out is not looked for."""
    from listener.tell import Rewritten, rewrite

    if not erased.digests:
        return Rewritten()
    changed = [(told.recipient, told.day) for told in erased.digests]
    files = rewrite(store.digests, app.notifiers(), app.recipients(), changed, now)
    delivered = {(told.recipient, told.day) for told in erased.digests if told.delivered}
    return replace(files, beyond_reach=tuple(one for one in files.beyond_reach if one in delivered))


def _explain(erased: Erased, files: Rewritten, alerts: TakenBack) -> None:
    """What was done, and what is beyond the program's reach."""
    rows = sum(erased.rows.values())
    say(f"Erased {rows} rows, {erased.copies_blanked} copies of their words and {erased.digest_entries} entries in digests.")
    if files.written:
        say(f"Wrote the files of {len(files.written)} digests anew, without them.")
    if alerts.removed:
        say(f"Removed the files of {counted(alerts.removed, 'message', 'messages')} that told of alerts about them.")
    if alerts.beyond_reach:
        say(f"Cannot be recalled: {counted(alerts.beyond_reach, 'message', 'messages')} that told of alerts about them.")
    for name in alerts.absent:
        say(f"Notifier {name} is not configured: files that it left are removed once it is again, or by hand.")
    by_recipient: dict[str, list[date]] = {}
    for recipient, day in files.beyond_reach:
        by_recipient.setdefault(recipient, []).append(day)
    for recipient, days in by_recipient.items():
        say(f"Cannot be recalled: {len(days)} digests that went to {recipient}, {min(days)} to {max(days)}.")
    say("Backups of the database, exported files and copies of digests that were made before still hold them.")
