"""The digest as plain text, 80 columns wide: for a terminal, and as the text part of a mail."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len, chop_cells

from listener.core.plain import one_line
from listener.core.telling import Health
from listener.digest.model import CoverageLine, Digest, Entry, Hidden, QuoteLine
from listener.digest.sections import SECTIONS
from listener.digest.words import alias_places
from listener.render.lines import (
    INTERNAL,
    authors_line,
    coverage_rest,
    felt_words,
    headline,
    heard_line,
    heard_names,
    hidden_command,
    hidden_reasons,
    hidden_title,
    more_line,
    period,
    standing_line,
    themes_line,
    until_words,
)

WIDTH = 80
_LABEL = 12
"""Columns of the names of facts on a card, its indent included."""


def render_text(digest: Digest) -> str:
    """The whole digest; no line is wider than ``WIDTH`` but for addresses, which cannot be broken."""
    return "\n".join(_lines(digest)) + "\n"


def _lines(digest: Digest) -> Iterator[str]:
    yield from wrap(f"{digest.title} · {digest.day}")
    yield "═" * WIDTH
    yield from wrap(headline(digest))
    yield from wrap(period(digest))
    yield ""
    yield from wrap(heard_line(digest))
    if authors := authors_line(digest):
        yield from wrap(authors)
    for section in SECTIONS:
        people = [entry for entry in digest.people if entry.section == section.key]
        if not people:
            continue
        yield from ("", "", f"{section.title.upper()} ({digest.totals[section.key]})", "─" * WIDTH)
        for number, entry in enumerate(people):
            if number:
                yield ""
            yield from _card(entry)
    if more := more_line(digest):
        yield from ("", "", *wrap(more))
    yield from _gist(digest)
    if digest.hidden:
        yield from ("", "", hidden_title(digest.hidden).upper(), "─" * WIDTH)
        yield from _hidden(digest.hidden)
    yield from ("", "", "WHAT WAS HEARD, AND WHAT WAS NOT", "─" * WIDTH)
    yield from _coverage(digest)
    if digest.people or digest.hidden:
        yield from ("", *wrap(INTERNAL))


def _gist(digest: Digest) -> Iterator[str]:
    """The topics as a small table, and what recurs besides."""
    if not digest.topics and not digest.themes:
        return
    yield from ("", "", "WHAT IT WAS ABOUT", "─" * WIDTH)
    room = min(max((cell_len(line.name) for line in digest.topics), default=0), 36)
    for line in digest.topics:
        name = line.name + " " * (room - cell_len(line.name))
        yield from wrap_after(f"{name}  ", felt_words(line))
    if digest.themes:
        if digest.topics:
            yield ""
        yield from wrap(f"Recurring: {themes_line(digest)}", "", "  ")


def _hidden(hidden: Hidden) -> Iterator[str]:
    yield from wrap(hidden_reasons(hidden))
    for post in hidden.posts:
        head = f"{post.mention_id} {post.why}: "
        room = WIDTH - cell_len(head) - 4
        text = f"“{one_line(post.text, room)}”" if post.text else "its terms do not let us quote it"
        yield from wrap(head + text, "· ", "  ")
    if command := hidden_command(hidden):
        yield from wrap(f"If one of them is about us: $ {command}")


def wrap_after(head: str, text: str) -> Iterator[str]:
    """The text beside a head, which is kept as it is; further lines stand under the text."""
    for number, line in enumerate(wrap(text, width=WIDTH - cell_len(head))):
        yield (head if number == 0 else " " * cell_len(head)) + line


def _card(entry: Entry) -> Iterator[str]:
    yield from wrap(f"{entry.name} · {entry.status}", "", "  ")
    if entry.about:
        yield from wrap(entry.about, "  ")
    if entry.do_not_contact:
        yield from wrap("!! DO NOT CONTACT: the CRM forbids calls and mail to this person.", "  ", "     ")
    for quote in entry.quotes:
        yield ""
        yield from _quote(quote)
    yield ""
    yield from fact("Standing", standing_line(entry))
    yield from fact("Known by", entry.evidence)
    if entry.owner:
        yield from fact("Owner", entry.owner)
    if entry.reach is not None:
        yield from fact("Reach", f"{entry.reach:,} followers")
    for also in entry.also:
        yield from fact("Also", also)
    yield from fact("Next", entry.step)
    if entry.command:
        yield from fact("Then", f"$ {entry.command}")


def fact(name: str, value: str) -> Iterator[str]:
    """A labelled value on a card."""
    yield from wrap(value, f"  {name:<{_LABEL - 2}}", " " * _LABEL)


def _quote(quote: QuoteLine) -> Iterator[str]:
    if quote.text:
        yield from wrap(f"“{_marked(quote)}”", "  │ ", "  │ ")
    else:
        yield from wrap("The terms of this source do not let us quote it.", "  │ ", "  │ ")
    yield from wrap(f"— {quote.verdict}, {quote.said_at:%Y-%m-%d}, {quote.where}", "  │ ", "  │   ")
    if quote.url:
        yield f"  │   {one_line(quote.url)}"


def _marked(quote: QuoteLine) -> str:
    """The target between asterisks."""
    text = quote.text
    for place in reversed(alias_places(text, quote.alias)):
        text = f"{text[: place.start()]}*{place.group()}*{text[place.end() :]}"
    return text


def _coverage(digest: Digest) -> Iterator[str]:
    if not digest.coverage and digest.coverage_heard is None:
        yield "No source is configured."
    for line in digest.coverage:
        mark = _MARKS[Health.PARTIAL] if line.health is Health.OK and line.lost else _MARKS[line.health]
        yield from wrap(f"{mark} {coverage_text(line, digest)}", "", "  ")
    if heard := digest.coverage_heard:
        until = f", until {until_words(heard.heard_until, digest)} or later" if heard.heard_until else ""
        names = f"{heard.number:,} sources heard without gaps{until}: {heard_names(heard)}"
        yield from wrap(f"{_MARKS[Health.OK]} {names}", "", "  ")
    if rest := coverage_rest(digest):
        yield from wrap(rest)


_MARKS = {
    Health.OK: "✓",
    Health.PARTIAL: "~",
    Health.FAILED: "✗",
    Health.PAUSED: "=",
    Health.DISABLED: "-",
    Health.WAITING: "…",
}


def coverage_text(line: CoverageLine, digest: Digest) -> str:
    """``forum (rss): heard until 06:00; refused 2 of 6 runs``; of a paused source first that it is paused."""
    until = f"heard until {until_words(line.heard_until, digest)}" if line.heard_until else "never heard"
    if line.heard_until is None and line.health in {Health.DISABLED, Health.WAITING, Health.PAUSED}:
        until = ""
    parts = [until, line.remark] if line.health is not Health.PAUSED else [line.remark, until]
    return f"{line.source} ({line.kind}): " + "; ".join(part for part in (*parts, line.lost, line.notice, line.spent) if part)


def wrap(text: str, first: str = "", rest: str | None = None, width: int = WIDTH) -> Iterator[str]:
    """The text in lines of at most ``width`` terminal cells, broken at spaces, or in a word that is wider than a line."""
    indent = first if rest is None else rest
    line, room, empty = first, width - cell_len(indent), True
    for word in one_line(text).split(" "):
        for piece in chop_cells(word, room) or [""]:
            gap = "" if empty else " "
            if not empty and cell_len(line) + cell_len(gap) + cell_len(piece) > width:
                yield line.rstrip()
                line, gap = indent, ""
            line += gap + piece
            empty = False
    yield line.rstrip()
