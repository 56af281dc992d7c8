"""``listener check``: is everything that a run needs there? Without touching the network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from listener.cli.output import Column, json_line, note, say, table
from listener.cli.shell import Shell, command
from listener.core.errors import ConfigError, SourceRejected
from listener.core.plain import one_line

if TYPE_CHECKING:
    from listener.core.ports import Answer
    from listener.wiring import App, Source


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the configuration, and why it will not work if it will not."""

    part: str
    name: str
    kind: str
    disabled: str | None = None
    """The reason; ``None`` for a part that is ready."""
    broken: bool = False
    """It should work and cannot: the check fails."""


def add(app: typer.Typer) -> None:
    command(app, "check")(check)


def check(shell: Shell) -> None:
    """Check the configuration without touching the network.

    Example: listener check --config /etc/listener/listener.toml
    """
    app = shell.app()
    parts = list(_parts(app, shell.now()))
    if shell.json:
        for part in parts:
            reason = part.disabled
            json_line({"part": part.part, "name": part.name, "kind": part.kind, "ready": reason is None, "reason": reason})
    else:
        rows = [
            (part.part, part.name, part.kind, f"disabled, because {part.disabled}" if part.disabled else "ready")
            for part in parts
        ]
        table([Column("part"), Column("name"), Column("kind"), Column("state", wide=True)], rows)
        if not app.sources:
            say("No source yet: add a [[sources]] table to hear anything.")
    for problem in app.broken_connectors:
        note(f"Warning: the connector {problem.path} cannot be loaded ({problem.got}); no source uses it")
    if any(part.broken for part in parts):
        raise typer.Exit(1)


def _parts(app: App, now: datetime) -> Iterator[Part]:
    for brand in app.settings.brands():
        yield Part("brand", brand.name, f"{len(brand.rule.targets)} targets")
    for source in app.sources:
        yield _source(app, source, now)
    yield _customers(app)
    yield from _authority(app)
    yield _engine(app)
    for notifier in app.settings.notifiers:
        yield Part(
            "notifier", notifier.name, notifier.kind, None if notifier.enabled else "it is switched off in the configuration"
        )


def _source(app: App, source: Source, now: datetime) -> Part:
    """A source's files are looked for, its addresses are not."""
    if source.disabled:
        return Part("source", source.name, source.kind, source.disabled)
    try:
        source.streams(app.context(_Closed(), now), {}, {})
    except ConfigError as problem:
        return Part("source", source.name, source.kind, one_line(str(problem)), broken=True)
    except SourceRejected:  # a kind whose parts only the network can tell
        return Part("source", source.name, source.kind)
    return Part("source", source.name, source.kind)


class _Closed:
    """The door of a check: it leads nowhere."""

    def get(self, url: str, **_: Any) -> Answer:  # noqa: ARG002 - the door's own parameters
        raise SourceRejected("a check does not touch the network")


def _authority(app: App) -> Iterator[Part]:
    """The private certificate authority, where one is configured."""
    if app.settings.net.ca_file is None:
        return
    try:
        app.settings.door().ssl_context()
    except ConfigError as problem:
        yield Part("net", "ca_file", "certificates", one_line(str(problem)), broken=True)
    else:
        yield Part("net", "ca_file", "certificates")


def _customers(app: App) -> Part:
    path = app.customer_file()
    if path is None:
        return Part("customers", "file", "csv", "no file is configured: authors cannot be matched")
    if not path.is_file():
        return Part("customers", str(path), "csv", "there is no such file", broken=True)
    if not os.access(path, os.R_OK):
        return Part("customers", str(path), "csv", "this user may not read it", broken=True)
    return Part("customers", str(path), "csv")


def _engine(app: App) -> Part:
    """Loading the engine shows whether its model is there and whole."""
    from listener.core.errors import EngineError
    from nlp.engines import load_engine

    name = app.settings.nlp.engine
    try:
        engine = load_engine(name)
    except EngineError as problem:
        return Part("engine", name, "sentiment", str(problem), broken=True)
    return Part("engine", name, f"sentiment {engine.version}")
