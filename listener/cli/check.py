"""``listener check``: is everything that a run needs there? Without touching the network."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from listener.allowances import allowance_words, run_words
from listener.cli.check_recipients import recipients, strangers
from listener.cli.output import Column, json_line, jsonable, note, paragraph, say, table
from listener.cli.policies import policy_facts, policy_words
from listener.cli.shell import Shell, command
from listener.core.crm import Preparable
from listener.core.errors import ConfigError, SourceError, SourceRejected
from listener.core.plain import one_line
from listener.counting import counted
from listener.notifiers import missing
from listener.timewords import span_words

if TYPE_CHECKING:
    from listener.core.brand import MatchingPolicy
    from listener.core.connector import Allowance, Answer
    from listener.sources import Source
    from listener.wiring import App


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
    remark: str = ""
    """What to know of a part that is ready."""
    policy: MatchingPolicy | None = None
    """What a source's terms allow."""
    allowances: tuple[Allowance, ...] = ()
    """How much of what is counted a source may use."""

    @property
    def state(self) -> str:
        if self.disabled is not None:
            return f"{'not ready' if self.broken else 'disabled'}, because {self.disabled}"
        return "; ".join(["ready", *([self.remark] if self.remark else []), *limits_words(self.allowances)])


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
            json_line(_facts(part))
    else:
        rows = [(part.part, part.name, part.kind, part.state) for part in parts]
        table([Column("part"), Column("name"), Column("kind"), Column("state", wide=True)], rows)
        if not app.sources:
            say("No source yet: add a [[sources]] table to hear anything.")
        _say_policies(parts)
    for remark in (*strangers(app), *_invented(app)):
        note(f"Warning: {remark}")
    for problem in app.broken_connectors:
        note(f"Warning: the connector {problem.path} cannot be loaded ({problem.got}); no source uses it")
    if any(part.broken for part in parts):
        raise typer.Exit(1)


def limits_words(allowances: Sequence[Allowance]) -> list[str]:
    """``at most USD 20.00 a month``, ``a run costs at most USD 0.30``."""
    return [words for each in allowances for words in (allowance_words(each), run_words(each)) if words]


def _facts(part: Part) -> dict[str, object]:
    return {
        "part": part.part,
        "name": part.name,
        "kind": part.kind,
        "ready": part.disabled is None,
        "reason": part.disabled,
        "remark": part.remark or None,
        "policy": policy_facts(part.policy) if part.policy else None,
        "allowances": [{**jsonable(each), "words": allowance_words(each)} for each in part.allowances],
    }


def _say_policies(parts: Sequence[Part]) -> None:
    """Each policy in use, once, with the sources that it is for."""
    used: dict[MatchingPolicy, list[str]] = {}
    for part in parts:
        if part.policy is not None:
            used.setdefault(part.policy, []).append(part.name)
    if used:
        say()
        say("What the sources' terms allow:")
    for policy, names in used.items():
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        paragraph(f"{policy.name}: {', '.join(one_line(name, 60) for name in names[:_NAMED])}{more}", "  ")
        paragraph(policy_words(policy), "    ")
        paragraph(f"because: {policy.basis}" if policy.basis else "its terms are not known here", "    ")


_NAMED = 12


def _parts(app: App, now: datetime) -> Iterator[Part]:
    for brand in app.settings.brands():
        yield Part("brand", brand.name, counted(len(brand.rule.targets), "target", "targets"))
    for source in app.sources:
        yield _source(app, source, now)
    yield _customers(app, now)
    yield from _authority(app)
    yield _engine(app)
    for notifier in app.settings.notifiers:
        yield Part("notifier", notifier.name, notifier.kind, missing(notifier))
    for name, kind, why, what in recipients(app):
        yield Part("recipient", name, kind, why, remark=what)


def _source(app: App, source: Source, now: datetime) -> Part:
    """A source's files are looked for, its addresses are not."""
    found = Part(
        "source",
        source.name,
        source.kind,
        source.disabled,
        policy=source.policy,
        allowances=tuple(source.spec.allowances(source.options)),
    )
    if source.disabled:
        return found
    try:
        source.streams(app.context(_Closed(), now), {}, {})
    except ConfigError as problem:
        return replace(found, disabled=one_line(str(problem)), broken=True)
    except SourceRejected:  # a kind whose parts only the network can tell
        return found
    if source.kind == "file":
        return _with_file(found, source.options.path, app.settings.folder)
    return found


def _with_file(part: Part, path: str, folder: Path) -> Part:
    """A file that is named must be there; a pattern may match nothing yet."""
    pattern = str(folder / path)
    if Path(pattern).exists() or glob.glob(pattern, recursive=True):  # noqa: PTH207 - Path.glob takes no absolute patterns
        return part
    if glob.has_magic(path):
        return replace(part, remark=f"no file matches {one_line(path)} yet")
    return replace(part, disabled=f"{one_line(path)}: there is no such file", broken=True)


class _Closed:
    """The door of a check: it leads nowhere."""

    def get(self, url: str, **_: Any) -> Answer:  # noqa: ARG002 - the door's own parameters
        raise SourceRejected("a check does not touch the network")

    def post(self, url: str, content: bytes, **_: Any) -> Answer:  # noqa: ARG002 - as above
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


def _customers(app: App, now: datetime) -> Part:
    """A file is looked for, the query of an SQLite file is prepared; any other database or a CRM is not asked."""
    kind = app.settings.customers.effective_kind
    if kind not in {None, "csv"}:
        return _asked_customers(app, str(kind), now)
    path = app.customer_file()
    if path is None:
        return Part("customers", "file", "csv", "no file is configured: authors cannot be matched")
    if not path.is_file():
        return Part("customers", str(path), "csv", "there is no such file", broken=True)
    if not os.access(path, os.R_OK):
        return Part("customers", str(path), "csv", "this user may not read it", broken=True)
    return Part("customers", str(path), "csv")


def _invented(app: App) -> Iterator[str]:
    """A remark where the file still holds customers of the sample that ``listener init`` writes."""
    path = app.customer_file()
    if path is None or not path.is_file() or not os.access(path, os.R_OK):
        return  # told of the part itself
    from config.example import example_customers

    addresses = re.findall(rb"[\w.]+@[\w.-]+", example_customers().encode())
    with path.open("rb") as file:
        if any(address in line for line in file for address in addresses):
            yield f"{one_line(path.name)} holds the invented customers of `listener init`: put your CRM's export in its place"


def _asked_customers(app: App, kind: str, now: datetime) -> Part:
    found = Part("customers", app.customers_title, kind)
    if (why := app.customers_missing()) is not None:
        return replace(found, disabled=why, broken=True)
    try:
        source = app.customer_source(now=now)
        if isinstance(source, Preparable):
            source.prepare()
    except (ConfigError, SourceError) as problem:
        return replace(found, disabled=one_line(str(problem)), broken=True)
    return replace(found, remark=f"asked once in {span_words(app.settings.customers.every)}")


def _engine(app: App) -> Part:
    """Loading the engine shows whether its model is there and whole."""
    from listener.core.errors import EngineError
    from nlp.engines import STAND_IN, load_engine

    name = app.settings.nlp.engine
    try:
        return Part("engine", name, f"sentiment {load_engine(name, model=app.settings.model()).version}")
    except EngineError as problem:
        if not app.settings.nlp.fallback or name == STAND_IN:
            return Part("engine", name, "sentiment", str(problem), broken=True)
        return Part(
            "engine", name, f"sentiment {load_engine(STAND_IN).version}", remark=f"replaced by {STAND_IN} because {problem}"
        )
