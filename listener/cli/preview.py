"""``listener preview``: what sources, addresses and files would yield now; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.output import json_line, jsonable, moment, note, paragraph, say
from listener.cli.shell import Shell, command
from listener.core.connector import ConnectorContext, Door
from listener.core.errors import BadItem, ConfigError, Problem, SourceError
from listener.core.mention import Mention, Page
from listener.core.plain import one_line

if TYPE_CHECKING:
    from listener.pipeline import Cleaner
    from listener.sources import Source
    from listener.wiring import App

EXCERPT = 300
"""Characters of a text for people; ``--json`` has all of it."""
LARGEST = 15_000_000
"""Bytes of a feed in a file: as much as the network may bring."""


def add(app: typer.Typer) -> None:
    command(app, "preview")(preview)


def preview(
    shell: Shell,
    inputs: Annotated[
        list[str], typer.Argument(metavar="SOURCE|URL|FILE...", help="A configured source, an address, a feed or mentions file.")
    ],
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="At most so many mentions of each input.")] = None,
    private: Annotated[bool, typer.Option("--private", help="Allow addresses in private networks.")] = False,
) -> None:
    """Show what a source, an address or a file would yield now.

    Nothing is stored. An input that cannot be read does not keep the others from being shown.

    Example: listener preview https://quillon.example --limit 5
    """
    from nlp.text import to_text

    app = shell.app() if shell.config.exists() else None
    failed = 0
    with _door(app) as door:
        reader = _Reader(app, door, shell.now(), limit, private)
        for name in inputs:
            try:
                _show(shell, name, reader, to_text)
            except (SourceError, BadItem, ConfigError) as problem:
                failed += 1
                if shell.json:
                    json_line({"input": name, "error": _reason(problem)})
                else:
                    reason = _reason(problem)
                    note(f"Error: {reason}" if reason.startswith(one_line(name)) else f"Error: {one_line(name)}: {reason}")
    if failed:
        raise typer.Exit(1)


def _reason(problem: Exception) -> str:
    if isinstance(problem, ConfigError):
        return one_line("; ".join(part for each in problem.problems for part in (each.got, each.allowed) if part))
    return one_line(str(problem))


def _door(app: App | None) -> AbstractContextManager[Door]:
    if app is not None:
        return app.open_door()
    from listener.net.door import open_door
    from listener.net.settings import DoorSettings

    return open_door(DoorSettings())


def _show(shell: Shell, name: str, reader: _Reader, clean: Cleaner) -> None:
    shown = 0
    for page in reader.pages(name):
        for rejected in page.rejected:
            note(f"{one_line(name)}: {rejected.item}: {rejected.reason}")
        for mention in islice(page.mentions, None if reader.limit is None else reader.limit - shown):
            shown += 1
            (_print_json if shell.json else _print)(name, _plain(mention, clean))
        if shown == reader.limit:
            break
    if not shown and not shell.json:
        say(f"{name}: nothing to hear there now")


def _plain(mention: Mention, clean: Cleaner) -> Mention:
    """As a run would store it: plain text, with the language that it is written in."""
    from listener.core.mention import Markup
    from nlp.language import identify

    text = clean(mention.text, mention.markup)
    title = clean(mention.title, Markup.PLAIN) if mention.title else None
    return replace(mention, text=text, title=title, markup=Markup.PLAIN, language=identify(text, mention.language))


def _print_json(name: str, mention: Mention) -> None:
    """A line that the ``file`` connector reads."""
    fields: dict[str, Any] = jsonable(mention)
    del fields["markup"]  # it is plain text now, as the connector expects where nothing is said
    json_line({"input": name, **fields})


def _print(name: str, mention: Mention) -> None:
    author = mention.author.display_name or mention.author.handle or "no author named"
    say(one_line(mention.title or "(no title)"))
    language = mention.language or "language not known"
    say(f"  {one_line(author, 80)}, {moment(mention.published_at, 'no date')}, {language}, from {name}")
    if mention.url:
        say(f"  {one_line(mention.url)}")
    paragraph(one_line(mention.text, EXCERPT), "  ")
    say()


COSTLY = 10
"""Where asking costs, a preview without a limit asks for no more than this."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """Finds out what an input is, and reads it."""

    app: App | None
    door: Door
    now: datetime
    limit: int | None
    private: bool

    def pages(self, name: str) -> Iterator[Page]:
        """
        Raises:
            SourceError: it cannot be read.
            ConfigError: nothing is called that.
        """
        sources = {source.name: source for source in self.app.sources} if self.app else {}
        path = Path(name)
        if name in sources:
            return self._source(sources[name])
        if "://" in name:
            return self._address(name)
        if path.is_file():
            return self._feed_file(path) if _is_feed(path) else self._connector("file", {"path": name})
        known = ", ".join(sources) or "none is configured"
        raise ConfigError([Problem("input", "no source, address or file of that name", f"sources: {known}")])

    def _context(self) -> ConnectorContext:
        if self.app is None:
            return ConnectorContext(door=self.door, now=self.now, limit=self.limit)
        return self.app.context(self.door, self.now, limit=self.limit)

    def _source(self, source: Source) -> Iterator[Page]:
        if source.disabled:
            raise ConfigError([Problem(source.name, "disabled", f"because {source.disabled}")])
        costs = bool(source.spec.allowances(source.options))
        context = replace(self._context(), limit=self.limit or (COSTLY if costs else None))
        if self.app is None or not needs_store(source):
            yield from _all_pages(source, context)
            return
        with self.app.open_store(self.now) as store:
            yield from _all_pages(source, self.app.source_context(context, source, store))

    def _address(self, url: str) -> Iterator[Page]:
        """A feed, or else the site whose feeds are looked for."""
        from listener.core.errors import SourceProtocolError

        options = {"url": url, "private": self.private}
        try:
            yield from self._connector("rss", options)
        except SourceProtocolError:
            yield from self._connector("blog", options)

    def _connector(self, kind: str, raw: dict[str, Any]) -> Iterator[Page]:
        from pydantic import ValidationError

        from connectors._registry import load_specs

        spec = load_specs()[kind]
        try:
            options = spec.options.model_validate(raw)
        except ValidationError as problem:
            reasons = [error["msg"].removeprefix("Value error, ") for error in problem.errors()]
            raise ConfigError([Problem("input", reason, "") for reason in reasons]) from None
        folder = replace(self._context(), folder=Path())  # what is named on the command line counts from the working folder
        yield from spec.build(options, folder).pages({})

    def _feed_file(self, path: Path) -> Iterator[Page]:
        from connectors._feeds import read_feed
        from listener.core.errors import SourceProtocolError

        with path.open("rb") as file:
            body = file.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise SourceProtocolError("it is larger than 15 MB")
        yield read_feed(body, str(path), self.now)


def needs_store(source: Source) -> bool:
    """Whether a preview needs the database: to count what asking costs, or to know the customers that are followed."""
    return bool(source.spec.allowances(source.options)) or bool(getattr(source.options, "watch_customers", False))


def _all_pages(source: Source, context: ConnectorContext) -> Iterator[Page]:
    for stream in source.streams(context, {}, {}):
        yield from stream.open().pages({})


def _is_feed(path: Path) -> bool:
    """Whether a file is a feed (XML of any encoding, or JSON Feed) rather than mentions (JSON lines, CSV)."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as problem:
        raise ConfigError([Problem("input", f"it cannot be read ({problem.strerror})", "a readable file")]) from problem
    bare = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n")
    return bare.startswith(b"<") or (bare.startswith(b"{") and b"jsonfeed.org/version" in head)
