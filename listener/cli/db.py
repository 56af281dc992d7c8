"""``listener db``: the database's schema, state and retention."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli.output import Column, json_line, jsonable, note, say, table
from listener.cli.shell import Shell, command

if TYPE_CHECKING:
    from storage.store import Pruned


def add(app: typer.Typer) -> None:
    inner = typer.Typer(help="Look after the database.", no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(inner, name="db")
    command(inner, "upgrade")(upgrade)
    command(inner, "status")(status)
    command(inner, "prune")(prune)
    command(inner, "backup")(backup)
    command(inner, "restore")(restore)


def upgrade(shell: Shell) -> None:
    """Bring the schema up to date; a SQLite database is copied first.

    Example: listener db upgrade
    """
    from storage.schema import HEAD

    app = shell.app()
    with app.open_store(shell.now(), upgrade=True) as store:
        done = store.admin.upgraded
    backup = done and done.backup and str(done.backup)
    if shell.json:
        json_line({"upgraded": True, "former": done and done.former, "backup": backup})
        return
    if backup:
        say(f"The former database was copied to {backup}")
    say(f"Upgraded the schema from {done.former} to {HEAD}." if done else "The schema is up to date.")


def status(shell: Shell) -> None:
    """Show size, rows and integrity; reads the whole database.

    Example: listener db status --json
    """
    app = shell.app()
    with app.open_store(shell.now()) as store:
        found = store.admin.status()
    if shell.json:
        json_line(found)
    else:
        say(f"{found.database}: schema {found.schema}, {found.size_bytes / 1_000_000:,.1f} MB")
        table([Column("table"), Column("rows", right=True)], [(name, f"{count:,}") for name, count in found.rows.items()])
        say("Integrity: nothing wrong found." if not found.problems else "Integrity: damaged.")
    for problem in found.problems:
        note(f"Error: {problem}")
    if found.problems:
        note("Restore a copy, or keep this file and begin a new database: the sources are heard again.")
        raise typer.Exit(1)


def prune(shell: Shell) -> None:
    """Take away what is older than [retention] says.

    Example: listener db prune
    """
    from listener.job import tidy

    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store, store.admin.run_lock():
        done, files = tidy(app, store, now)
    if shell.json:
        json_line({**jsonable(done), "files": files})
    else:
        _print_pruned(done)
    for problem in files.failed:
        note(f"Error: a delivered digest still names somebody who was taken out: {problem}")
    if files.failed:
        raise typer.Exit(1)


def backup(shell: Shell, file: Annotated[Path, typer.Argument(help="The new file.")]) -> None:
    """Copy the database into a new file; whoever works on it goes on.

    The copy holds personal data as the database does: keep it as safe, and no longer than [retention] allows.
    A PostgreSQL database is copied by pg_dump: the error names the command.

    Example: listener db backup /backups/listener-2026-11-23.db
    """
    from storage.copies import back_up

    done = back_up(shell.app().settings.database_url(), file.absolute())
    if shell.json:
        json_line({"file": str(done.file), "size_bytes": done.size_bytes, "schema": done.schema})
    else:
        say(f"Copied to {done.file}: {done.size_bytes / 1_000_000:,.1f} MB, schema {done.schema}, whole.")


def restore(shell: Shell, file: Annotated[Path, typer.Argument(help="A file that `db backup` wrote.")]) -> None:
    """Put a copy back in the place of the database.

    What was there before is copied beside it first. Stop `listener serve`, and let no run begin meanwhile.
    A copy of an older version is brought up to date by the next command.

    Example: listener db restore /backups/listener-2026-11-23.db
    """
    from storage.copies import restore as put_back

    url = shell.app().settings.database_url()
    path = Path(url.removeprefix("sqlite:///"))
    done = put_back(url, file.absolute(), keep=path.with_name(f"{path.name}.{shell.now():%Y%m%dT%H%M%SZ}-before-restore.backup"))
    if shell.json:
        former = done.former and str(done.former)
        json_line({"restored": str(done.file), "size_bytes": done.size_bytes, "schema": done.schema, "former": former})
        return
    say(f"Restored the database from {done.file}: {done.size_bytes / 1_000_000:,.1f} MB, schema {done.schema}.")
    if done.former:
        say(f"What was there before is in {done.former}")


def _print_pruned(done: Pruned) -> None:
    counts = {
        "posts emptied": done.mentions_blanked,
        "former versions of posts": done.revisions,
        "authors made nameless": done.authors_pseudonymised,
        "customers": done.customers,
        "former standings": done.standings,
        "digests": done.digests,
        "notes of closed cases": done.events_blanked,
        "messages": done.messages,
        "runs": done.runs,
    }
    table([Column("taken away"), Column("rows", right=True)], [(name, f"{count:,}") for name, count in counts.items()])
