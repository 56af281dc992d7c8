"""An alert as a mail and as a file: text and HTML that say the same, in the look of the digest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from listener.alerts.model import Alert, AlertItem
from listener.core.alerting import AlertRule
from listener.digest.model import Rendered
from listener.digest.sections import Tone
from listener.render.lines import INTERNAL
from listener.render.look import LIMIT, environment
from listener.render.text import WIDTH, fact, quote_lines, wrap

SHOWN = (25, 18, 12, 6, 3)
"""So many matters are told in full, or fewer where the mail would be cut off otherwise; further ones are counted."""
LISTED = 3
"""More matters than that are listed before they are told, the most urgent first, each with its number."""


def render_alert(alert: Alert) -> Rendered:
    """Both parts, with as many matters as no mail program cuts off."""
    text = html = ""
    for shown in SHOWN:
        text, html = "\n".join(_lines(alert, shown)) + "\n", _html(alert, shown)
        if len(html.encode("utf-8")) <= LIMIT:
            break
    return Rendered(subject=alert.news, text=text, html=html)


def tone(alert: Alert) -> Tone:
    return Tone.CHANCE if alert.good else Tone.URGENT


def more_line(alert: Alert, shown: int) -> str:
    more = len(alert.items) - shown
    where = "listener sources" if alert.rule is AlertRule.SOURCE else "listener alerts open"
    return f"And {more:,} more: {where}" if more > 0 else ""


def list_of(alert: Alert, shown: int) -> list[str]:
    """The news of those that are told below, in their order; empty where these are few."""
    return [item.news for item in alert.items[:shown]] if len(alert.items) > LISTED else []


def told_at(alert: Alert) -> str:
    return f"{alert.at.day} {alert.at:%b %Y %H:%M} ({alert.zone})"


def internal_line(alert: Alert) -> str:
    """For whom the words are; empty where nobody is quoted."""
    return INTERNAL if any(item.quotes for item in alert.items) else ""


def seen_line(alert: Alert) -> str:
    """How to say that it was seen; empty of what needs nobody."""
    if not alert.seen:
        return ""
    return f"Seen {'it' if len(alert.items) == 1 else 'them'}? {alert.seen}"


def _lines(alert: Alert, shown: int) -> Iterator[str]:
    yield from wrap(alert.news)
    yield "═" * WIDTH
    yield from wrap(f"{told_at(alert)}; all times are of this zone")
    listed = list_of(alert, shown)
    if listed:
        yield ""
    for number, news in enumerate(listed, 1):
        yield from wrap(news, f"{number:>3}. ", "     ")
    for item in alert.items[:shown]:
        yield ""
        yield from _item(item, alert.at.date(), alone=len(alert.items) == 1)
    if more := more_line(alert, shown):
        yield from ("", *wrap(more))
    if seen := seen_line(alert):
        yield from ("", *wrap(seen))
    if internal := internal_line(alert):
        yield from ("", *wrap(internal))


def _item(item: AlertItem, today: date, *, alone: bool) -> Iterator[str]:
    yield from wrap(item.title if alone else item.news)
    if item.about:
        yield from wrap(item.about, "  ", "  ")
    if item.do_not_contact:
        yield from wrap("!! DO NOT CONTACT: the CRM forbids calls and mail to this person.", "  ", "     ")
    for quote in item.quotes:
        yield ""
        yield from quote_lines(quote, today)
    if item.quotes:
        yield ""
    for label, value in item.facts:
        yield from fact(label, value)
    yield from fact("Next", item.step)
    if item.command:
        yield from fact("Then", f"$ {item.command}")


def _html(alert: Alert, shown: int) -> str:
    return (
        environment()
        .get_template("alert.html.j2")
        .render(
            alert=alert,
            subject=alert.news,
            preheader=_preheader(alert),
            title="listener",
            day=alert.at.date(),
            tone=tone(alert),
            items=alert.items[:shown],
            many=len(alert.items) > 1,
            listed=list_of(alert, shown),
            more=more_line(alert, shown),
            told_at=told_at(alert),
            seen=seen_line(alert).removesuffix(alert.seen),
            internal=internal_line(alert),
        )
    )


def _preheader(alert: Alert) -> str:
    """What a list of mails shows after the subject."""
    first = alert.items[0]
    if first.quotes and first.quotes[0].text:
        return f"“{first.quotes[0].text}”"
    return next((value for label, value in first.facts if label == "Why"), first.step)
