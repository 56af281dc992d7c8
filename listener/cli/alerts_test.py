"""``listener alerts test``: a sample message by every way on which people are told, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli.output import Column, json_line, note, table
from listener.cli.shell import Shell
from listener.core.errors import ConfigError, Problem

if TYPE_CHECKING:
    from datetime import datetime

    from config.notifiers import AnyNotifier
    from listener.core.telling_ports import Notifier
    from listener.wiring import App

EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a sample message."""

    notifier: str
    kind: str
    address: str | None
    ok: bool
    ready: bool
    detail: str
    seconds: float | None = None

    @property
    def result(self) -> str:
        return f"not ready, because {self.detail}" if not self.ready else self.detail if self.ok else f"FAILED: {self.detail}"


def test(
    shell: Shell,
    notifier: Annotated[list[str] | None, typer.Option("--notifier", metavar="NAME", help="Only that one.")] = None,  # noqa: PT028 - a command, no test
    to: Annotated[str | None, typer.Option("--to", metavar="ADDRESS", help="By e-mail, to that address.")] = None,  # noqa: PT028 - as above
) -> None:
    """Send a sample message by every notifier, and say what happened.

    It is about an invented person and says so. Nothing is stored; real messages wait where they are.

    Example: listener alerts test --notifier team-mail --to me@example.com
    """
    app, now = shell.app(), shell.now()
    chosen = _chosen(app, notifier, to)
    tried = [each for one in chosen for each in _tried(app, one, to, now)]
    if shell.json:
        for each in tried:
            json_line(each)
    else:
        columns = (Column("NOTIFIER"), Column("KIND"), Column("TO"), Column("SECONDS", right=True), Column("RESULT", wide=True))
        table(columns, [(each.notifier, each.kind, each.address or "", _seconds(each), each.result) for each in tried])
    failed = [each for each in tried if not each.ok and (each.ready or notifier)]
    if failed:
        note(f"Error: {len(failed)} of {len(tried)} sample messages did not go out")
        raise typer.Exit(1)
    if not any(each.ready for each in tried):
        note("No notifier is ready, so nothing was sent.")


def _seconds(each: Tried) -> str:
    return "" if each.seconds is None else f"{each.seconds:.1f}"


def _chosen(app: App, names: Sequence[str] | None, to: str | None) -> Sequence[AnyNotifier]:
    """The notifiers that are tried.

    Raises:
        ConfigError: one of the names is none, or there is none at all.
    """
    configured = {one.name: one for one in app.settings.notifiers}
    unknown = [name for name in names or () if name not in configured]
    known = ", ".join(configured) or "none is configured"
    if unknown:
        raise ConfigError([Problem("--notifier", f"there is no notifier named {name!r}", f"one of: {known}") for name in unknown])
    if not configured:
        example = '[[notifiers]] with name = "chat", kind = "slack", url = "https://hooks.slack.com/…"'
        raise ConfigError([Problem("[[notifiers]]", "there is none", f"such as {example}; docs/notifiers.md has every kind")])
    chosen = [configured[name] for name in names] if names else list(configured.values())
    if to is None:
        return chosen
    by_mail = [one for one in chosen if one.kind == EMAIL]
    if not by_mail:
        raise ConfigError([Problem("--to", "none of these notifiers sends e-mail", "a notifier of kind email")])
    return by_mail


def _tried(app: App, one: AnyNotifier, to: str | None, now: datetime) -> Iterator[Tried]:
    from listener.notifiers import missing

    lacks = missing(one)
    if lacks is not None:
        yield Tried(one.name, one.kind, None, ok=False, ready=False, detail=lacks)
        return
    addresses = [to] if to else list(dict.fromkeys(each.address for each in app.recipients() if each.channel == one.name))
    if not addresses and one.kind != EMAIL:
        addresses = ["digest"]
    if not addresses:
        yield Tried(one.name, one.kind, None, ok=False, ready=False, detail="nobody is told by it: give an address with --to")
    ready = app.notifiers()[one.name]
    for address in addresses:
        yield _send(ready, one, address, now)


def _send(ready: Notifier, one: AnyNotifier, address: str, now: datetime) -> Tried:
    from listener.outbox import deliver
    from listener.render.sample_message import sample_message

    began = monotonic()
    message = sample_message(one.name, address, now, picture=one.kind == EMAIL)
    ((_, outcome),) = deliver([message], {one.name: ready})
    shown = address if one.kind == EMAIL else None
    return Tried(one.name, one.kind, shown, outcome.ok, ready=True, detail=outcome.detail, seconds=round(monotonic() - began, 2))
