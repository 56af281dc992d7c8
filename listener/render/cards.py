"""Digests and alerts as cards, which every chat shows in its own form: the words of the mail, in fewer of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from listener.alerts.model import Alert, AlertItem
from listener.core.messages import Card, CardItem
from listener.core.plain import web_link
from listener.core.standing import Stance
from listener.counting import counted
from listener.digest.model import Digest, Entry
from listener.digest.parts import QuoteLine
from listener.digest.sections import Tone
from listener.digest.words import excerpt
from listener.render.alert import internal_line, more_line, seen_line, told_at, tone
from listener.render.lines import (
    INTERNAL,
    NO_QUOTE,
    headline,
    heard_line,
    news,
    said_line,
    until_words,
    waiting_line,
    why_line,
)
from listener.timewords import day_words

PEOPLE = 10
"""So many people or matters are on a card; further ones are counted."""
QUOTES = 2
QUOTE = 200
"""Characters of a quote: two lines of a chat."""
SOURCES = 3
"""So many sources are named of those that were not heard in full."""
HANDS_OFF = ("DO NOT CONTACT", "the CRM forbids calls and mail to this person")
NOTHING = ("", "")


def digest_card(digest: Digest) -> Card:
    """The digest: who needs a decision, in the mail's order; the rest of the mail is counted, and what was not heard is named."""
    items = tuple(_entry_item(entry, digest) for entry in digest.people[:PEOPLE])
    return Card(
        title=headline(digest),
        lead=f"{digest.title}, {digest.day}, since {until_words(digest.since, digest)}. {heard_line(digest)}",
        items=items,
        foot=" ".join(filter(None, _foot(digest, quoted=any(item.quotes for item in items)))),
        tone=next((section.tone for _, _, section in news(digest)), Tone.CHANGED).value,
    )


def _entry_item(entry: Entry, digest: Digest) -> CardItem:
    """Where a decision is due, with what it rests on; else only who said what."""
    facts = [("", entry.about), HANDS_OFF if entry.do_not_contact else NOTHING]
    if not entry.brief:
        facts += [
            ("Standing", _standing(entry)),
            ("Evidence", entry.evidence),
            ("Owner", "" if not entry.owner or entry.owner in entry.step else entry.owner),
        ]
    return CardItem(
        title=f"{entry.name} · {entry.status}",
        facts=_said(facts),
        quotes=tuple(_quote_words(quote, said_line(quote, digest)) for quote in entry.quotes[: 1 if entry.brief else QUOTES]),
        step=entry.step,
        command=entry.command,
        url=_address(entry.quotes),
    )


def _standing(entry: Entry) -> str:
    """With what it rests on; empty where there is none yet: in a chat that would only be one line more."""
    why = why_line(entry)
    if entry.standing == Stance.UNKNOWN and not why:
        return ""
    return f"{entry.standing}. {why}" if why else entry.standing


def _foot(digest: Digest, *, quoted: bool) -> Iterator[str]:
    """What the mail has and the card has not, and what could not be heard."""
    if left := max(len(digest.people) - PEOPLE, 0) + sum(digest.more.values()):
        yield f"And {left:,} more: listener cases."
    yield from digest.spikes
    if matches := len(digest.proposals) + digest.proposals_more:
        yield f"{counted(matches, 'match', 'matches')} to confirm: listener identities review."
    if waiting := waiting_line(digest):
        yield f"{waiting}."
    if digest.coverage or digest.coverage_heard:
        yield _unheard(digest)
    if quoted:
        yield INTERNAL


def _unheard(digest: Digest) -> str:
    """How many sources were not heard in full, the first of them by name."""
    gaps = [line.source for line in digest.coverage if not line.is_whole]
    number = len(gaps) + digest.coverage_more_gaps
    if not number:
        return "All sources were heard without gaps."
    more = f" and {number - SOURCES:,} more" if number > SOURCES else ""
    return f"{counted(number, 'source', 'sources')} not heard in full ({', '.join(gaps[:SOURCES])}{more}): listener sources."


def alert_card(alert: Alert) -> Card:
    """The alert: its news, and each matter with why it is told."""
    more, seen = more_line(alert, PEOPLE), seen_line(alert)
    return Card(
        title=alert.news,
        lead=told_at(alert),
        items=tuple(_alert_item(item, alert) for item in alert.items[:PEOPLE]),
        foot=" ".join(filter(None, (f"{more}." if more else "", f"{seen}." if seen else "", internal_line(alert)))),
        tone=tone(alert).value,
    )


def _alert_item(item: AlertItem, alert: Alert) -> CardItem:
    facts = [("", item.about), HANDS_OFF if item.do_not_contact else NOTHING, *item.facts]
    return CardItem(
        title=item.title if len(alert.items) == 1 else item.news,
        facts=_said(facts),
        quotes=tuple(_quote_words(quote, _verdict(quote, alert.at.date())) for quote in item.quotes[:QUOTES]),
        step=item.step,
        command=item.command,
        url=_address(item.quotes),
    )


def _said(facts: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Those that say something."""
    return tuple((label, value) for label, value in facts if value)


def _verdict(quote: QuoteLine, today: date) -> str:
    return f"{quote.verdict}, {day_words(quote.said_at.date(), today)}, {quote.where}"


def _quote_words(quote: QuoteLine, verdict: str) -> str:
    """``“We are leaving.” — negative, 21 Nov, forum``."""
    words = f"“{excerpt(quote.text, quote.alias, QUOTE)}”" if quote.text else NO_QUOTE.rstrip(".")
    return f"{words} — {verdict}"


def _address(quotes: Sequence[QuoteLine]) -> str | None:
    """Of the first of the quotes that are shown."""
    return web_link(quotes[0].url) if quotes else None
