"""``listener digest``: the day's digest, shown, written or sent."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli.moments import parse_day
from listener.cli.output import json_line, note, say
from listener.cli.sheets import private
from listener.cli.shell import Shell, command
from listener.core.errors import ConfigError, Problem

if TYPE_CHECKING:
    from listener.digest.model import Digest
    from listener.wiring import App
    from storage.store import Store


class Form(StrEnum):
    TEXT = "text"
    HTML = "html"
    JSON = "json"


def add(app: typer.Typer) -> None:
    command(app, "digest")(digest)


def digest(
    shell: Shell,
    day: Annotated[
        str | None, typer.Option("--date", metavar="D", help="The digest that was told on that day, as it was.")
    ] = None,
    form: Annotated[Form | None, typer.Option("--format", metavar="FORM", help="text, html or json.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there.")] = None,
    send: Annotated[
        bool, typer.Option("--send", help="Make and send what is due today, whatever the hour, and what was given up.")
    ] = False,
) -> None:
    """Show the daily digest.

    A day's digest stays as it was told; what was decided since then is in `listener cases`.
    It tells of customers heard, advocate candidates, follow-ups, and how well the sources were heard.

    Example: listener digest --format html --out today.html
    """
    if shell.json and out is None and form not in {None, Form.JSON}:
        raise ConfigError([Problem("--format", f"{form} is no JSON", "json, or no --json")])
    now = shell.now()
    app = shell.app()
    wanted = parse_day(day, "--date") if day else None
    with app.open_store(now) as store:
        if send:
            _send(shell, app, store, now)
            return
        found = told(app, store, wanted, now)
    form = form or (Form.JSON if shell.json else Form.TEXT)
    text = _rendered(found, form)
    if out is None:
        say(text.rstrip("\n"))
        return
    with private(out) as file:
        file.write(text)
    if shell.json:
        json_line({"written": str(out), "format": form})
    else:
        say(f"Wrote {out}")


def told(app: App, store: Store, wanted: date | None, now: datetime) -> Digest:
    """The day's digest as it was told, byte for byte; for today, where none was told so far, the one that would be."""
    from listener.digest.model import Digest
    from listener.job import digest_plan, hide_overdue
    from listener.tell import preview

    hide_overdue(app, store, now)

    plan = digest_plan(app, store, now)
    today = plan.day(now)
    recipient = app.recipients()[0]
    saved = store.digests.saved_digest(recipient.key, wanted or today)
    if saved is not None:
        return Digest.from_json(saved)
    if wanted not in {None, today}:
        note(f"Error: no digest was told on {wanted}")
        raise typer.Exit(1)
    return preview(store.digests, recipient, plan, now)


def _rendered(found: Digest, form: Form) -> str:
    from listener.render.digest import render_digest

    if form is Form.JSON:
        return found.to_json() + "\n"
    rendered = render_digest(found)
    return rendered.html if form is Form.HTML else rendered.text


def _send(shell: Shell, app: App, store: Store, now: datetime) -> None:
    from dataclasses import replace

    from listener.job import digest_plan
    from listener.tell import tell
    from storage.outbox import MessageState

    plan = replace(digest_plan(app, store, now), hour=0)
    with store.admin.run_lock():  # a run that writes its events at an earlier moment must not be overtaken
        store.outbox.retry([entry.dedup_key for entry in store.outbox.find(state=MessageState.PARKED)], now)
        told = tell(store.digests, store.outbox, app.notifiers(shell.now), app.recipients(), plan, now)
    if shell.json:
        json_line(told)
    elif told.digests or told.sent:
        say(f"{told.digests} digests made, {told.sent} messages sent")
    else:
        say("Everybody has today's digest already, and no message waits.")
    if told.failed:
        note(f"Error: {told.failed} messages could not be sent; they stay in the outbox and are tried again")
        raise typer.Exit(1)
