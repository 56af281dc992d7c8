"""``listener alerts``: what people were told and what became of it, and alerts that wait for somebody."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli.alerts_test import test
from listener.cli.cases import LARGEST_ID, account
from listener.cli.moments import is_length, parse_moment
from listener.cli.output import json_line, note, paragraph, say
from listener.cli.shell import Shell, command, group
from listener.core.errors import ConfigError, Problem
from listener.core.messages import MessageState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from listener.core.alerting import AlertChange, AlertRecord
    from storage.message_log import SentLine
    from storage.store import Store

Codes = Annotated[list[str], typer.Argument(metavar="ID…", help="The alert's id, as messages and lists show it.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who says so; the account's name by default.")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; kept with the alert.")]
Limit = Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="The most to show.")]

_CODE = re.compile(r"[0-9a-f]{4,32}")
EVERYTHING = 1_000_000
"""More messages than a store keeps."""
LONGEST_SNOOZE = timedelta(days=366)


def add(app: typer.Typer) -> None:
    inner = group(app, "alerts", "What people were told, and alerts that wait for them.")
    command(inner, "list")(list_messages)
    command(inner, "open")(open_alerts)
    command(inner, "show")(show)
    command(inner, "ack")(ack)
    command(inner, "snooze")(snooze)
    command(inner, "retry")(retry)
    command(inner, "drop")(drop)
    command(inner, "test")(test)


# ------------------------------------------------------------------------------------------------------------- looking


def list_messages(
    shell: Shell,
    state: Annotated[
        MessageState | None,
        typer.Option(metavar="STATE", help="waiting, sent, parked, refused, withdrawn or bundled."),
    ] = None,
    limit: Limit = 50,
    held: Annotated[bool, typer.Option("--held", help="Alerts that were kept and not told, instead.")] = False,
) -> None:
    """List outgoing messages and their state, the newest first.

    Example: listener alerts list --state parked
    """
    from listener.cli.alert_views import message_row, message_table
    from listener.core.alerting import AlertState

    now = shell.now()
    if held and state is not None:
        raise ConfigError([Problem("--held", "it goes without --state", "one of the two")])
    with shell.app().open_store(now) as store:
        if held:
            found = store.alerts.find(states=[AlertState.HELD], limit=limit)
            _say_alerts(shell, found, now, "No alert was held back.")
            return
        lines = store.alerts.messages(state=state, limit=limit)
        count = store.alerts.count_messages(state) if len(lines) == limit else len(lines)
    if shell.json:
        for line in lines:
            json_line(message_row(line))
    elif not lines:
        say("No message." if state is None else f"No message is {state}.")
    else:
        message_table(lines, now)
        if count > len(lines):
            say(f"{len(lines):,} of {count:,}: --limit {count} shows all.")
        paragraph("Times are UTC. Next: listener alerts open, listener alerts retry ID")


def open_alerts(shell: Shell, limit: Limit = 50) -> None:
    """List the alerts that nobody acknowledged, the newest first.

    Example: listener alerts open --json
    """
    from listener.core.alerting import WAITING

    now = shell.now()
    with shell.app().open_store(now) as store:
        found = [one for one in store.alerts.find(states=WAITING, limit=limit) if not one.settled]
    _say_alerts(shell, found, now, "No alert waits for anybody.")


def _say_alerts(shell: Shell, found: Sequence[AlertRecord], now: datetime, nothing: str) -> None:
    from listener.cli.alert_views import alert_row, alert_table

    if shell.json:
        for record in found:
            json_line(alert_row(record))
    elif not found:
        say(nothing)
    else:
        alert_table(found, now)
        paragraph("Times are UTC. Next: listener alerts show ID, listener alerts ack ID, listener alerts snooze ID --for 4h")


def show(shell: Shell, code: Annotated[str, typer.Argument(metavar="ID", help="The alert's id.")]) -> None:
    """Show one alert: what it says, who was told, and what became of it.

    Example: listener alerts show 3f9c2b1a
    """
    from listener.cli.alert_views import alert_row, message_row, print_alert

    now = shell.now()
    with shell.app().open_store(now) as store:
        (record,) = _named(store, [code])
        lines = store.alerts.messages_about(record.id)
    if shell.json:
        import json

        said = {"alert": json.loads(record.words), "messages": [message_row(line) for line in lines]}
        json_line({**alert_row(record), **said})
        return
    print_alert(record, lines, now)


# ------------------------------------------------------------------------------------------------------------ deciding


def ack(shell: Shell, codes: Codes, note_text: Note = "", by: By = None) -> None:
    """Say that alerts were seen.

    They are not told again and not escalated.

    Example: listener alerts ack 3f9c2b1a --note "called her"
    """
    from listener.core.alerting import AlertChange, AlertState

    now, actor = shell.now(), by or account()
    with shell.app().open_store(now) as store:
        found = _named(store, codes)
        changes = [AlertChange(one.id, AlertState.ACKNOWLEDGED, now, actor, note_text or None) for one in found]
        changed = _change(store, found, changes, now)
    _report(shell, found, changed, "acknowledged")


def snooze(
    shell: Shell,
    codes: Codes,
    length: Annotated[str | None, typer.Option("--for", metavar="LENGTH", help="So long: 30m, 4h, 2d, 1w.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Until then: 2026-03-01T08:00+01:00.")] = None,
    note_text: Note = "",
    by: By = None,
) -> None:
    """Put alerts off until a time.

    They are told once more when it has come, unless somebody acknowledged them before. Messages about them that nobody has tried
    to send so far are withdrawn.

    Example: listener alerts snooze 3f9c2b1a --for 4h
    """
    from listener.core.alerting import AlertChange, AlertState

    now, actor = shell.now(), by or account()
    end = _end(length, until, now)
    with shell.app().open_store(now) as store:
        found = _named(store, codes)
        note_kept = note_text or None
        changes = [AlertChange(one.id, AlertState.SNOOZED, now, actor, note_kept, snoozed_until=end) for one in found]
        changed = _change(store, found, changes, now)
    _report(shell, found, changed, f"snoozed until {end:%Y-%m-%d %H:%M} UTC")


def _end(length: str | None, until: str | None, now: datetime) -> datetime:
    """When a snooze is over."""
    if (length is None) == (until is None):
        raise ConfigError([Problem("--for", "a snooze has one end", "either --for 4h or --until 2026-03-01T08:00+01:00")])
    option = "--for" if length is not None else "--until"
    if length is not None and not is_length(length):
        raise ConfigError([Problem(option, f'"{length[:60]}"', "a number and its unit: 30m, 4h, 2d or 1w")])
    end = parse_moment(length or until or "", now, option, ahead=True)
    if end <= now:
        raise ConfigError([Problem(option, "it cannot end at a time that has passed", "a time after now")])
    if end - now > LONGEST_SNOOZE:
        raise ConfigError([Problem(option, "longer than a year", "at most 52w; or say that it was seen: listener alerts ack ID")])
    return end


def _named(store: Store, codes: Sequence[str]) -> list[AlertRecord]:
    """The alerts of these ids, in order, each once.

    Raises:
        ConfigError: some are no ids of alerts.
    """
    found: dict[str, AlertRecord] = {}
    problems: list[Problem] = []
    unknown: list[str] = []
    for code in dict.fromkeys(given.strip().rstrip(".").lower() for given in codes):  # as a sentence may end with it
        if not _CODE.fullmatch(code):
            problems.append(Problem("ID", f'"{code[:40]}"', "the first digits of an alert's id, such as 3f9c2b1a"))
            continue
        records = store.alerts.named(code)
        if len(records) > 1:
            problems.append(Problem("ID", f"{code} could be several alerts", "more digits of it"))
        elif records:
            found.setdefault(records[0].key, records[0])
        else:
            unknown.append(code)
    if problems:
        raise ConfigError(problems)
    if unknown:
        note(f"Error: there is no alert {', '.join(unknown)}; see `listener alerts open`")
        raise typer.Exit(1)
    return list(found.values())


def _change(store: Store, found: Sequence[AlertRecord], changes: Sequence[AlertChange], now: datetime) -> dict[int, AlertRecord]:
    """Carry out what was said of alerts that wait for somebody; how all of them are then, by id."""
    from listener.core.alerting import AlertPlan

    store.alerts.save(AlertPlan(changes=tuple(changes)), now)
    return {one.id: one for record in found for one in store.alerts.named(record.key, 1)}


def _report(shell: Shell, before: Sequence[AlertRecord], after: dict[int, AlertRecord], done: str) -> None:
    from listener.alerts.model import Alert
    from listener.cli.alert_views import alert_row, short
    from listener.core.alerting import WAITING

    for record in before:
        if shell.json:
            json_line(alert_row(after[record.id]))
            continue
        news = Alert.from_json(record.words).news
        waited = record.state in WAITING
        by = f" by {record.actor}" if record.actor else ""
        state = f"is {done}" if waited else f"is {record.state} already{by}; nothing was changed"
        paragraph(f"Alert {short(record.key)} {state}: {news}")


# ------------------------------------------------------------------------------------------------------------- sending


def retry(
    shell: Shell,
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID…]", help="Messages, by the id in the list.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that failed, but those that were refused for good.")] = False,
) -> None:
    """Let messages that failed be sent again, at once.

    Example: listener alerts retry 12 13
    """
    from listener.cli.alert_views import say_became
    from listener.sending import send
    from listener.telling import hide_overdue

    now = shell.now()
    if bool(ids) == every:
        raise ConfigError([Problem("ID", "name messages, or all of them", "ids of `listener alerts list`, or --all")])
    app = shell.app()
    with app.open_store(now) as store, store.admin.run_lock():
        keys = [line.dedup_key for line in _unsent(store, ids)] if ids else None
        again = store.outbox.retry(keys, now)
        hide_overdue(app, store, now)
        asked = keys or [one.dedup_key for one in store.outbox.waiting() if one.next_attempt_at == now]
        named = None if keys is None else (lambda one: one.dedup_key in keys)
        sent, failed = 0, 0
        if again:
            sent, failed = send(store.outbox, app.notifiers(), now, recipients=app.recipients(), asked=asked, only=named)
        became = store.alerts.messages(limit=EVERYTHING, ids=set(ids)) if ids else ()
    if shell.json:
        json_line({"retried": again, "sent": sent, "failed": failed})
    elif not again:
        say("No message that failed: nothing to try again.")
    elif became:
        for line in became:
            say_became(line, now)
    else:
        say(f"{again} to be tried again; {sent} sent, {failed} failed" + (": listener alerts list" if failed else ""))
    if failed:
        raise typer.Exit(1)


def drop(
    shell: Shell,
    ids: Annotated[list[int], typer.Argument(metavar="ID…", help="Messages, by the id in the list.")],
) -> None:
    """Give up messages that have not gone out, for good.

    The alerts of which they told stay.

    Example: listener alerts drop 12 13
    """
    now = shell.now()
    with shell.app().open_store(now) as store, store.admin.run_lock():
        dropped = store.outbox.drop([line.dedup_key for line in _unsent(store, ids)], now)
    if shell.json:
        json_line({"dropped": dropped})
    else:
        say(f"Dropped: {dropped} of {len(set(ids))}.")


def _unsent(store: Store, ids: Sequence[int]) -> Sequence[SentLine]:
    """The messages of these ids.

    Raises:
        typer.Exit: some are not there, or have gone out or been withdrawn.
    """
    wanted = {number for number in ids if 0 < number <= LARGEST_ID}
    lines = {line.id: line for line in store.alerts.messages(limit=EVERYTHING, ids=wanted)}
    for number in dict.fromkeys(ids):
        line = lines.get(number)
        if line is None:
            note(f"Error: there is no message {number}; see `listener alerts list`")
            raise typer.Exit(1)
        if line.state in {MessageState.SENT, MessageState.WITHDRAWN, MessageState.BUNDLED}:
            note(f"Error: message {number} is {line.state}: nothing waits to be sent")
            raise typer.Exit(1)
    return list(lines.values())
