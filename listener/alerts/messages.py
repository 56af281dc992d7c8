"""Alerts as messages: each told by itself, or many of one kind in one message, to whom it concerns and when they want it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from listener.alerts.model import Alert
from listener.alerts.quiet import all_quiet_until
from listener.core.alerting import AlertRule
from listener.core.mention import digest
from listener.core.messages import Card, Message, MessageKind
from listener.core.plain import one_line
from listener.core.recipients import Recipient
from listener.digest.model import Rendered
from listener.render.alert import render_alert
from listener.render.cards import alert_card

NAMED = 3
"""So many subjects are named in the subject of a message about many."""

MANY: Mapping[tuple[AlertRule, bool], str] = {
    (AlertRule.PROMOTER, True): "customers became promoters",
    (AlertRule.DETRACTOR, False): "customers complain",
    (AlertRule.TURNED, False): "people who promoted us complain",
    (AlertRule.SPREADING, False): "critiques spread",
    (AlertRule.SPIKE, False): "bursts of mentions",
    (AlertRule.SPIKE, True): "bursts of praise",
    (AlertRule.SOURCE, False): "sources are not heard",
    (AlertRule.SOURCE, True): "sources are heard again",
}
"""What is said of many alerts of a rule at once, by whether they are good news."""


@dataclass(frozen=True, slots=True)
class Told:
    """An alert that is to be told, and whom it concerns."""

    key: str
    alert: Alert
    recipients: tuple[Recipient, ...]
    notice: bool = False
    """It needs nobody."""


def code(key: str) -> str:
    """By what people name an alert that they were sent: the first digits of its key."""
    return key[:8]


def messages(
    told: Sequence[Told], now: datetime, *, together: int, kind: str = "alert", headed: Callable[[str], str] = str
) -> Iterator[Message]:
    """A message for each alert and recipient; one for all alerts of a rule where a recipient would get more than ``together``.

    The ``dedup_key`` is ``kind:key:channel:address``. ``headed`` makes the subject of what is news.
    """
    rendered: dict[str, tuple[Rendered, Card]] = {}
    for recipients, mine in _by_address(told):
        for group in _groups(mine, together):
            key, alert = _as_one(group)
            if key not in rendered:
                alert = replace(alert, news=headed(alert.news))
                rendered[key] = (render_alert(alert), alert_card(alert))
            yield _message(f"{kind}:{key}", rendered[key], tuple(each.key for each in group), recipients, now)


def _message(
    key: str, made: tuple[Rendered, Card], keys: tuple[str, ...], recipients: Sequence[Recipient], now: datetime
) -> Message:
    rendered, card = made
    recipient = recipients[0]
    return Message(
        dedup_key=f"{key}:{recipient.channel}:{recipient.address}",
        channel=recipient.channel,
        recipient=recipient.address,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        created_at=now,
        kind=MessageKind.ALERT,
        card=card,
        not_before=all_quiet_until(recipients, now),
        alert_keys=keys,
    )


def _by_address(told: Sequence[Told]) -> list[tuple[list[Recipient], list[Told]]]:
    """Who shares each address, and what it is told: named twice in the configuration, it is told once."""
    of: dict[tuple[str, str], tuple[dict[Recipient, None], dict[str, Told]]] = {}
    for each in told:
        for recipient in each.recipients:
            recipients, mine = of.setdefault((recipient.channel, recipient.address), ({}, {}))
            recipients[recipient] = None
            mine[each.key] = each
    return [(list(recipients), list(mine.values())) for recipients, mine in of.values()]


def _groups(told: Sequence[Told], together: int) -> Iterator[list[Told]]:
    by_kind: dict[tuple[AlertRule, bool], list[Told]] = {}
    for each in told:
        by_kind.setdefault((each.alert.rule, each.alert.good), []).append(each)
    for group in by_kind.values():
        group.sort(key=lambda each: -max((item.weight for item in each.alert.items), default=0.0))
        yield from [group] if len(group) > together else ([each] for each in group)


def _as_one(group: Sequence[Told]) -> tuple[str, Alert]:
    """The key and the alert of a message about these."""
    first = group[0]
    if len(group) == 1:
        return first.key, first.alert if first.notice else replace(first.alert, seen=f"listener alerts ack {code(first.key)}")
    key = digest("alerts", *sorted(each.key for each in group))
    items = tuple(item for each in group for item in each.alert.items)
    news = _many(first.alert, [item.title for item in items])
    return key, replace(first.alert, key=key, news=news, items=items, seen="" if first.notice else "listener alerts open")


def _many(alert: Alert, titles: Sequence[str]) -> str:
    names = ", ".join(one_line(title, 40) for title in titles[:NAMED])
    more = f" and {len(titles) - NAMED:,} more" if len(titles) > NAMED else ""
    return f"{len(titles):,} {MANY[alert.rule, alert.good]}: {names}{more}"
