"""Cards for any chat: text that is safe to show, and smaller and smaller versions of a card until one fits the chat."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar
from urllib.parse import quote

from listener.core.messages import Card, CardItem
from listener.core.plain import one_line, visible, web_link

TITLE, LINE, QUOTE, FOOT = 150, 500, 300, 1_000
"""The longest title, lead or fact, quote, and foot, in characters."""
FACTS, ITEMS = 8, 25

Form = TypeVar("Form")


def fitted(card: Card, build: Callable[[Card], Form], fits: Callable[[Form], bool], most: int = ITEMS) -> Form:
    """The fullest form of the card that fits, with so many items at most. One without any, the smallest, is taken as it is."""
    versions = _ever_smaller(clean(card, most))
    form = build(next(versions))
    for smaller in versions:
        if fits(form):
            break
        form = build(smaller)
    return form


def _ever_smaller(card: Card) -> Iterator[Card]:
    """First the second quotes go, then long words are cut, then quotes go, then the last items, a tenth at a time."""
    yield card
    card = replace(card, items=tuple(replace(item, quotes=item.quotes[:1]) for item in card.items))
    yield card
    card = replace(card, items=tuple(_shortened(item) for item in card.items))
    yield card
    card = replace(card, items=tuple(replace(item, quotes=()) for item in card.items))
    yield card
    kept = len(card.items)
    while kept:
        kept -= max(1, kept // 10)
        more = f"And {len(card.items) - kept:,} more, for which there is no room here."
        yield replace(card, items=card.items[:kept], foot=f"{more} {card.foot}".rstrip())


def _shortened(item: CardItem) -> CardItem:
    return replace(
        item,
        facts=tuple((label, one_line(value, 120)) for label, value in item.facts),
        quotes=tuple(one_line(each, 160) for each in item.quotes),
        step=one_line(item.step, 160),
    )


def clean(card: Card, most: int = ITEMS) -> Card:
    """The card with visible text only, each piece on one line and of bounded length, and with plain web links."""
    items = tuple(_clean_item(item) for item in card.items[:most])
    foot = one_line(card.foot, FOOT)
    if left := len(card.items) - len(items):
        foot = f"And {left:,} more. {foot}".rstrip()
    title = one_line(card.title, TITLE) or "listener"
    return replace(card, title=title, lead=one_line(card.lead, LINE), items=items, foot=foot)


def _clean_item(item: CardItem) -> CardItem:
    facts = ((one_line(label, 40), one_line(value, LINE)) for label, value in item.facts[:FACTS])
    quotes = (one_line(each, QUOTE) for each in item.quotes)
    return CardItem(
        title=one_line(item.title, TITLE) or "—",
        facts=tuple((label, value) for label, value in facts if value),
        quotes=tuple(each for each in quotes if each),
        step=one_line(item.step, LINE),
        command=one_line(item.command, 200),
        url=web_link(item.url),
    )


def block_of(text: str, limit: int) -> str:
    """The lines of a message that has no card, visible characters only; cut at a line, with a word on what is missing."""
    kept: list[str] = []
    left = limit - len(_CUT) - 1
    for line in (_spaced(line[: limit * 2]).rstrip() for line in text.splitlines()):
        if len(line) + 1 > left:
            room = [one_line(line, left)] if not kept else []
            return "\n".join([*kept, *room, _CUT]).lstrip("\n")
        kept.append(line)
        left -= len(line) + 1
    return "\n".join(kept).strip("\n") or "(no text)"


def _spaced(line: str) -> str:
    """Visible characters only; runs of plain spaces stay as they are, for they align."""
    return "".join(part if part.isspace() else visible(part) for part in re.split("( +)", line))


_CUT = "… cut here: there is no room for the rest."

_MARKS = re.compile(r"([\\`*_\[\]<>~|])")
_AT_START = re.compile(r"^(\d{1,9})?([-+#.)=:])")


def no_markdown(text: str) -> str:
    """The text so that Markdown shows it as it is: nothing in it formats, links, mentions or begins a list."""
    escaped = _MARKS.sub(r"\\\1", text)
    return _AT_START.sub(lambda found: f"{found[1] or ''}\\{found[2]}", escaped)


def markdown_link(label: str, url: str) -> str:
    """A link with words of ours; nothing in the address can end it early."""
    return f"[{label}]({quote(url, safe=_IN_ADDRESS)})"


_IN_ADDRESS = "/:?#&=%@+,;!$~.-"


def inline_code(text: str) -> str:
    """The text as code between backticks, which it may not hold itself."""
    return f"`{text.replace('`', chr(39))}`"
