"""``listener digest``: somebody's digest of a day or of a week, shown, written or sent."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from listener.cli.moments import parse_day
from listener.cli.output import json_line, note, say
from listener.cli.sheets import private
from listener.cli.shell import Shell, command
from listener.core.errors import ConfigError, Problem
from listener.counting import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from listener.core.recipients import Recipient
    from listener.digest.model import Digest
    from listener.digest.weekly_model import Weekly
    from listener.wiring import App
    from storage.store import Store


EVERYTHING = 1_000_000
"""More messages than a store keeps."""


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
        bool,
        typer.Option(
            "--send",
            help="Make and send what is due today, both editions, whatever the hour, and what was given up.",
        ),
    ] = False,
    weekly: Annotated[bool, typer.Option("--weekly", help="The weekly edition, of the last whole week.")] = False,
    name: Annotated[
        str | None,
        typer.Option(
            "--for", metavar="NAME", help="A recipient of the configuration: only theirs. By default the folder; with --send all."
        ),
    ] = None,
) -> None:
    """Show the daily digest, or the weekly edition.

    A day's digest stays as it was told; what was decided since then is in `listener cases`.
    It tells of customers heard, advocate candidates, follow-ups, and how well the sources were heard.
    The first weekly edition comes on its day once a whole week was heard; --weekly --send makes it sooner.

    Example: listener digest --weekly --format html --out week.html
    """
    if shell.json and out is None and form not in {None, Form.JSON}:
        raise ConfigError([Problem("--format", f"{form} is no JSON", "json, or no --json")])
    if send and day:
        raise ConfigError([Problem("--date", "--send makes what is due today", "no --date with --send")])
    now = shell.now()
    app = shell.app()
    recipients = _chosen(app, name)
    wanted = parse_day(day, "--date") if day else None
    with app.open_store(now) as store:
        if send:
            _send(shell, app, store, now, recipients if name else None, weekly=weekly)
            return
        find = told_weekly if weekly else told
        found = find(app, store, wanted, now, recipients[0])
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


def _chosen(app: App, name: str | None) -> Sequence[Recipient]:
    """The recipients of that name, one for each address; without a name the digest's folder.

    A notifier that tells its own addresses goes by its name.

    Raises:
        ConfigError: there is none; lists those that there are.
    """
    everybody = app.recipients()
    if name is None:
        return everybody[:1]
    found = [one for one in everybody if _called(one).casefold() == name.strip().casefold()]
    if not found:
        raise ConfigError([Problem("--for", f'"{name[:60]}"', f"one of: {', '.join(dict.fromkeys(map(_called, everybody)))}")])
    return found


def told(app: App, store: Store, wanted: date | None, now: datetime, recipient: Recipient | None = None) -> Digest:
    """The day's digest as it was told, byte for byte; for today, where none was told so far, the one that would be.

    Of the digest's folder, unless another recipient is named.
    """
    from listener.core.recipients import Edition
    from listener.digest.model import Digest
    from listener.tell import preview
    from listener.telling import desk, hide_overdue

    hide_overdue(app, store, now)
    recipient = recipient or app.recipients()[0]
    today = recipient.day(now)
    saved = store.digests.saved_digest(recipient.edition_key(Edition.DAILY), wanted or today)
    if saved is not None:
        return Digest.from_json(saved)
    if wanted not in {None, today}:
        _never(f"no digest was told to {_called(recipient)} on {wanted}")
    return preview(desk(app, store, now), recipient)


def told_weekly(app: App, store: Store, wanted: date | None, now: datetime, recipient: Recipient) -> Weekly:
    """The weekly edition of a day as it was told; without a day the last one, or where that was not told, how it would be."""
    from dataclasses import replace

    from listener.core.recipients import Edition
    from listener.digest.due import edition_day
    from listener.digest.weekly_model import Weekly
    from listener.tell import preview_weekly
    from listener.telling import desk, hide_overdue

    hide_overdue(app, store, now)
    last = edition_day(replace(recipient, hour=0), now)
    saved = store.digests.saved_digest(recipient.edition_key(Edition.WEEKLY), wanted or last)
    if saved is not None:
        return Weekly.from_json(saved)
    if wanted not in {None, last}:
        _never(f"no weekly edition was told to {_called(recipient)} on {wanted}; the last one is that of {last}")
    return preview_weekly(desk(app, store, now), recipient)


def _never(what: str) -> NoReturn:
    note(f"Error: {what}")
    raise typer.Exit(1)


def _called(recipient: Recipient) -> str:
    return recipient.name or recipient.channel


def _rendered(found: Digest | Weekly, form: Form) -> str:
    from listener.digest.weekly_model import Weekly
    from listener.render.digest import render_digest
    from listener.render.weekly import render_weekly, weekly_text

    if form is Form.JSON:
        return found.to_json() + "\n"
    if isinstance(found, Weekly):
        return weekly_text(found) if form is Form.TEXT else render_weekly(found, pages=True)[0].html
    rendered = render_digest(found)
    return rendered.html if form is Form.HTML else rendered.text


def _send(shell: Shell, app: App, store: Store, now: datetime, named: Sequence[Recipient] | None, *, weekly: bool) -> None:
    """Make and send what is due, of everybody or of the ``named`` recipients: then nothing else goes out."""
    from dataclasses import replace

    from listener.core.recipients import Edition
    from listener.tell import tell
    from listener.telling import desk, hide_overdue

    at_once = [replace(recipient, hour=0) for recipient in named or app.recipients()]
    only = None if named is None else {(one.channel, one.address) for one in named}
    editions = {Edition.WEEKLY} if weekly else set(Edition)
    with store.admin.run_lock():  # a run that writes its events at an earlier moment must not be overtaken
        store.outbox.retry(None if only is None else _parked(store, only), now)  # what failed goes now, and not after its pause
        hide_overdue(app, store, now)  # after that: what was given up may hold what nobody could confirm since
        made = desk(app, store, now)
        theirs = None if only is None else (lambda one: (one.channel, one.recipient) in only)
        done = tell(made, store.outbox, app.notifiers(shell.now), at_once, editions=editions, asked=weekly, only=theirs)
    if shell.json:
        json_line(done)
    elif done.digests or done.sent:
        say(f"{counted(done.digests, 'digest', 'digests')} made, {counted(done.sent, 'message', 'messages')} sent")
    else:
        edition = "the last weekly edition" if weekly else "today's digest"
        rest = "" if done.failed else ", and no message waits"
        say(f"{'Everybody' if named is None else _called(named[0])} has {edition} already{rest}.")
    if done.failed:
        stay = "it stays in the outbox and is tried again" if done.failed == 1 else "they stay in the outbox and are tried again"
        note(f"Error: {counted(done.failed, 'message', 'messages')} could not be sent; {stay}: listener alerts list")
        raise typer.Exit(1)


def _parked(store: Store, addresses: Collection[tuple[str, str]]) -> list[str]:
    """The keys of the messages to these channels and addresses that failed, but those that were refused for good."""
    from listener.core.messages import MessageState

    states = (MessageState.WAITING, MessageState.PARKED)
    lines = [line for state in states for line in store.alerts.messages(state=state, limit=EVERYTHING)]
    return [line.dedup_key for line in lines if (line.channel, line.recipient) in addresses]
