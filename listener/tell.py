"""Telling: the digest of everybody whose hour has come, into the outbox, and out of it to the people.

A digest and its messages are stored in one transaction, and sent afterwards: delivery is at least once, and the
``dedup_key`` of a message makes its effect happen once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from listener.core.ports import DigestBook, Notifier, Outbox
from listener.digest.build import build_digest
from listener.digest.model import Digest
from listener.outbox import Recipient, deliver, digest_messages
from listener.render.digest import render_digest

FIRST_WINDOW = timedelta(days=1)
"""A recipient's first digest tells what was heard in so long before it; what was *heard* then may be older."""


@dataclass(frozen=True, slots=True)
class DigestPlan:
    """When a day's digest is told, and what it is about. ``brands`` maps the keys of our brands to their names."""

    brands: Mapping[str, str]
    zone: ZoneInfo
    hour: int

    def day(self, now: datetime) -> date:
        return now.astimezone(self.zone).date()

    def is_due(self, told_until: datetime | None, now: datetime) -> bool:
        """Once a day after the hour; at once for somebody who was never told anything."""
        if told_until is None:
            return True
        local = now.astimezone(self.zone)
        return told_until.astimezone(self.zone).date() < local.date() and local.hour >= self.hour


@dataclass(frozen=True, slots=True)
class Told:
    """What telling did: digests made, messages sent and messages that still wait."""

    digests: int = 0
    sent: int = 0
    failed: int = 0


def preview(book: DigestBook, recipient: Recipient, plan: DigestPlan, now: datetime) -> Digest:
    """The digest that the recipient would get now; nothing is stored."""
    since = book.told_until(recipient.key) or now - FIRST_WINDOW
    return build_digest(book.digest_facts(since, now), plan.day(now), plan.zone, plan.brands)


def tell(
    book: DigestBook,
    outbox: Outbox,
    notifiers: Mapping[str, Notifier],
    recipients: Sequence[Recipient],
    plan: DigestPlan,
    now: datetime,
) -> Told:
    """Make the digests that are due, and send all messages that wait."""
    made = 0
    composed: dict[datetime, Digest] = {}
    for recipient in recipients:
        told_until = book.told_until(recipient.key)
        if not plan.is_due(told_until, now):
            continue
        since = told_until or now - FIRST_WINDOW
        if since not in composed:
            composed[since] = build_digest(book.digest_facts(since, now), plan.day(now), plan.zone, plan.brands)
        digest = composed[since]
        messages = digest_messages(digest, render_digest(digest), [recipient], now)
        book.save_digest(recipient.key, digest.day, since, now, digest.to_json(), messages, now)
        made += 1
    results = send(outbox, notifiers, now)
    return Told(made, *results)


def send(outbox: Outbox, notifiers: Mapping[str, Notifier], now: datetime, *, batch: int = 50) -> tuple[int, int]:
    """Send what waits in the outbox; how many messages went out, and how many failed and will be tried again."""
    sent = failed = 0
    while messages := outbox.due(now, batch):
        results = list(deliver(messages, notifiers))
        outbox.record(results, now)
        sent += sum(delivery.ok for _, delivery in results)
        failed += sum(not delivery.ok for _, delivery in results)
    return sent, failed
