"""The digest as plain text, 80 columns wide: for a terminal, and as the text part of a mail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from rich.cells import cell_len, chop_cells

from listener.core.plain import one_line
from listener.core.telling import Health
from listener.digest.model import Digest, Entry
from listener.digest.parts import CoverageLine, Hidden, QuoteLine
from listener.digest.words import alias_places
from listener.render.lines import (
    INTERNAL,
    NO_QUOTE,
    authors_line,
    coverage_rest,
    facts_line,
    felt_words,
    headline,
    heard_line,
    heard_names,
    hidden_command,
    hidden_reasons,
    hidden_title,
    more_line,
    numbers,
    parts_of,
    period,
    proposal_line,
    proposals_rest,
    quiet_line,
    said_line,
    said_title,
    section_count,
    themes_line,
    todo_line,
    unheard_line,
    until_words,
    waiting_line,
    why_line,
)
from listener.timewords import day_words

WIDTH = 80
BESIDE = 16
"""Columns that a text needs beside its head."""
_LABEL = 14
"""Columns of the names of facts on a card, its indent included."""


def render_text(digest: Digest) -> str:
    """The whole digest; no line is wider than ``WIDTH`` but for addresses, which cannot be broken."""
    return "\n".join(_lines(digest)) + "\n"


def _lines(digest: Digest) -> Iterator[str]:
    yield from wrap(f"{digest.title} · {digest.day}")
    yield "═" * WIDTH
    if quiet := quiet_line(digest):
        yield from wrap(quiet)
        if unheard := unheard_line(digest):
            yield from wrap(unheard)
        return
    yield from wrap(headline(digest))
    yield from _today(digest)
    yield from _people(digest)
    yield from _beside(digest)
    yield from _gist(digest)
    if digest.hidden:
        yield from _heading(hidden_title(digest.hidden))
        yield from _hidden(digest.hidden)
    yield from _heading("How well we heard")
    yield from wrap(period(digest))
    yield from _coverage(digest)
    yield from ("", *wrap(INTERNAL))


def _heading(title: str) -> Iterator[str]:
    yield from ("", "", title.upper(), "─" * WIDTH)


def _today(digest: Digest) -> Iterator[str]:
    """What to do, a numbered line each; whose number it is stands with them again below."""
    if digest.today:
        yield from ("", "TODAY")
    for number, entry in enumerate(digest.today, 1):
        yield from wrap(todo_line(entry), f"{number}. ", "   ")
    if digest.spikes:
        yield ""
    for spike in digest.spikes:
        yield from wrap(spike, "▲ ", "  ")


def _people(digest: Digest) -> Iterator[str]:
    number = numbers(digest)
    for section, people in parts_of(digest):
        yield from _heading(f"{section.title} ({section_count(digest, section)})")
        for place, entry in enumerate(people):
            if place:
                yield ""
            yield from _row(entry, digest, number) if entry.brief else _card(entry, digest, number)
    rest = [line for line in (more_line(digest), waiting_line(digest)) if line]
    for place, line in enumerate(rest):
        yield from (*(() if place else ("", "")), *wrap(line))


def _beside(digest: Digest) -> Iterator[str]:
    """Matches to confirm, each with the two commands that decide it."""
    if not digest.proposals:
        return
    yield from _heading("Matches to confirm")
    for line in digest.proposals:
        yield from wrap(proposal_line(line), "", "  ")
        yield from wrap(f"$ {line.link}", "  yes ", "      ")
        yield from wrap(f"$ {line.refuse}", "  no  ", "      ")
    if rest := proposals_rest(digest):
        yield from wrap(rest)


def _gist(digest: Digest) -> Iterator[str]:
    """The numbers, the topics as a small table, and what recurs besides."""
    yield from _heading(said_title(digest))
    yield from wrap(heard_line(digest))
    if authors := authors_line(digest):
        yield from wrap(authors)
    if digest.topics:
        yield ""
    room = min(max((cell_len(line.name) for line in digest.topics), default=0), 36)
    for line in digest.topics:
        name = line.name + " " * (room - cell_len(line.name))
        yield from wrap_after(f"{name}  ", felt_words(line))
    if digest.themes:
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
    """The text beside a head, which is kept as it is; further lines stand under the text.

    A head that leaves too little room beside it has lines of its own.
    """
    if cell_len(head) > WIDTH - BESIDE:
        yield from wrap(head)
        yield from wrap(text, "  ")
        return
    for number, line in enumerate(wrap(text, width=WIDTH - cell_len(head))):
        yield (head if number == 0 else " " * cell_len(head)) + line


def _card(entry: Entry, digest: Digest, number: Mapping[int, int]) -> Iterator[str]:
    """Somebody about whom a decision is due: who, what they said, what we know, what to do."""
    head = f"{number[entry.person_id]}. {entry.name}" if entry.person_id in number else entry.name
    yield from wrap(f"{head} · {entry.role}" if entry.role else head, "", "   ")
    if not entry.todo:
        yield from wrap(entry.status, "   ")
    if entry.do_not_contact:
        yield from wrap("!! DO NOT CONTACT: the CRM forbids calls and mail to this person.", "   ", "      ")
    for quote in entry.quotes:
        yield from _said(quote, digest)
    yield from wrap(facts_line(entry), "   ")
    if why := why_line(entry):
        yield from wrap(why, "   ")
    yield from _ending(entry)


def _row(entry: Entry, digest: Digest, number: Mapping[int, int]) -> Iterator[str]:
    """Somebody who is told in brief."""
    head = f"{number[entry.person_id]}. " if entry.person_id in number else ""
    place = f", {entry.place}" if entry.place else ""
    state = f": {entry.state}" if entry.state else ""
    yield from wrap(f"{head}{entry.name}{place}{state}", "", "   ")
    if entry.do_not_contact:
        yield from wrap("!! DO NOT CONTACT: the CRM forbids calls and mail to this person.", "   ", "      ")
    for quote in entry.quotes:
        yield from _said(quote, digest)
    yield from wrap(entry.known, "   ")
    yield from _ending(entry)


def _ending(entry: Entry) -> Iterator[str]:
    for also in entry.also:
        yield from wrap(f"Also: {also}", "   ")
    yield from wrap(entry.step, "   ")
    if entry.command:
        yield from wrap(f"$ {entry.command}", "   ", "     ")


def _said(quote: QuoteLine, digest: Digest) -> Iterator[str]:
    words = f"“{_marked(quote)}”" if quote.text else NO_QUOTE
    yield from wrap(words, "   │ ", "   │ ")
    yield from wrap(said_line(quote, digest), "   │ ", "   │ ")
    if quote.url:
        yield f"   │ {one_line(quote.url)}"


def fact(name: str, value: str) -> Iterator[str]:
    """A labelled value on a card; a label that is longer than its column is followed by a space."""
    yield from wrap(value, f"  {name:<{_LABEL - 3}} ", " " * _LABEL)


def quote_lines(quote: QuoteLine, today: date) -> Iterator[str]:
    """A quote in a box: the words, the verdict, the day, where it stands."""
    if quote.text:
        yield from wrap(f"“{_marked(quote)}”", "  │ ", "  │ ")
    else:
        yield from wrap("The terms of this source do not let us quote it.", "  │ ", "  │ ")
    yield from wrap(f"— {quote.verdict}, {day_words(quote.said_at.date(), today)}, {quote.where}", "  │ ", "  │   ")
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
