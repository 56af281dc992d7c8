"""An alert as a mail and as a file: text and HTML that say the same, in the look of the digest."""

from __future__ import annotations

from collections.abc import Iterator

from listener.alerts import Alert, AlertItem
from listener.digest.model import Rendered
from listener.digest.sections import Tone
from listener.render.look import LIMIT, environment
from listener.render.text import WIDTH, fact, wrap

SHOWN = (25, 12, 6)
"""So many sources are told in full, or fewer where the mail would be cut off otherwise; further ones are counted."""


def render_alert(alert: Alert) -> Rendered:
    """Both parts, with as many sources as no mail program cuts off."""
    text = html = ""
    for shown in SHOWN:
        text, html = "\n".join(_lines(alert, shown)) + "\n", _html(alert, shown)
        if len(html.encode("utf-8")) <= LIMIT:
            break
    return Rendered(subject=alert.news, text=text, html=html)


def item_facts(item: AlertItem) -> list[tuple[str, str]]:
    """What both parts say of a source, by label; what has nothing to say is left out."""
    pairs = [
        ("Source", f"{item.source} ({item.kind})" if item.kind else item.source),
        ("What", item.what),
        ("Since", item.since),
        ("Why", item.why),
        ("Lost", item.lost),
        ("Next", item.step),
    ]
    return [(label, value) for label, value in pairs if value]


def more_line(alert: Alert, shown: int) -> str:
    more = len(alert.items) - shown
    return f"And {more:,} more: listener sources" if more > 0 else ""


def told_at(alert: Alert) -> str:
    return f"{alert.at.day} {alert.at:%b %Y %H:%M} ({alert.zone})"


def _lines(alert: Alert, shown: int) -> Iterator[str]:
    yield from wrap(alert.news)
    yield "═" * WIDTH
    yield from wrap(f"{told_at(alert)}; all times are of this zone")
    for item in alert.items[:shown]:
        yield ""
        for label, value in item_facts(item):
            yield from fact(label, value)
        yield from fact("Then", f"$ {item.command}")
    if more := more_line(alert, shown):
        yield from ("", *wrap(more))


def _html(alert: Alert, shown: int) -> str:
    return (
        environment()
        .get_template("alert.html.j2")
        .render(
            alert=alert,
            subject=alert.news,
            preheader=alert.items[0].why,
            title="listener",
            day=alert.at.date(),
            tone=(Tone.CHANCE if alert.recovered else Tone.URGENT),
            items=alert.items[:shown],
            facts=item_facts,
            more=more_line(alert, shown),
            told_at=told_at(alert),
        )
    )
