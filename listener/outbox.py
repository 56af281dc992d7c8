"""The outbox's rules: which messages a digest or an alert becomes, how they are handed to the notifiers, when to try again.

The store keeps the messages and the outcomes; nothing here reads or writes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from listener.alerts import Alert
from listener.core.ports import Notifier
from listener.core.telling import Delivery, Message
from listener.digest.model import Digest, Rendered

log = structlog.get_logger()

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240, 480, 720))
"""Before each further attempt: 28 hours in all, so that a mail server may be down for a day."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets the digest, by which notifier; ``address`` is what the notifier understands."""

    channel: str
    address: str

    @property
    def key(self) -> str:
        """Under which the recipient's digests are kept."""
        return f"{self.channel}:{self.address}"


def digest_messages(digest: Digest, rendered: Rendered, recipients: Sequence[Recipient], now: datetime) -> list[Message]:
    """One message for each recipient; the same digest of the same day gives the same ``dedup_key`` whenever it is told."""
    return _messages(f"digest:{digest.brand}:{digest.day}", rendered, recipients, now)


def alert_messages(alert: Alert, rendered: Rendered, recipients: Sequence[Recipient], now: datetime) -> list[Message]:
    """One message for each recipient; the same alert gives the same ``dedup_key`` whenever it is told."""
    return _messages(alert.key, rendered, recipients, now)


def _messages(key: str, rendered: Rendered, recipients: Sequence[Recipient], now: datetime) -> list[Message]:
    return [
        Message(
            dedup_key=f"{key}:{recipient.channel}:{recipient.address}",
            channel=recipient.channel,
            recipient=recipient.address,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            created_at=now,
        )
        for recipient in dict.fromkeys(recipients)
    ]


def deliver(messages: Sequence[Message], notifiers: Mapping[str, Notifier]) -> Iterator[tuple[Message, Delivery]]:
    """Send the due messages, channel by channel; an outcome for each, with the pause before the next attempt already set.

    A channel that fails, or is not configured any more, does not keep the others from being served.
    """
    channels: dict[str, list[Message]] = {}
    for message in messages:
        channels.setdefault(message.channel, []).append(message)
    for channel, group in channels.items():
        for message, outcome in zip(group, _send(channel, group, notifiers.get(channel)), strict=True):
            yield message, next_attempt(message, outcome)


def _send(channel: str, group: Sequence[Message], notifier: Notifier | None) -> Iterator[Delivery]:
    """Exactly one outcome for each message of the group."""
    if notifier is None:
        yield from [Delivery(ok=False, detail=f"no notifier named {channel} is configured")] * len(group)
        return
    sent = 0
    failure = "the notifier gave no answer"
    try:
        for _, outcome in zip(group, notifier.send(group), strict=False):
            sent += 1
            yield outcome
    except Exception as defect:  # a defect of one notifier: told in full, and the other channels still served
        log.exception("A notifier failed.", action="notifier_failed", channel=channel)
        failure = f"the notifier failed ({type(defect).__name__})"
    yield from [Delivery(ok=False, detail=failure)] * (len(group) - sent)


def next_attempt(message: Message, outcome: Delivery) -> Delivery:
    """The outcome with the pause before the next attempt; permanent when there has been a try after each pause."""
    if outcome.ok or outcome.permanent:
        return outcome
    if message.attempts >= len(PAUSES):
        return replace(outcome, permanent=True, detail=f"given up after {message.attempts + 1} attempts: {outcome.detail}")
    asked = outcome.retry_after or timedelta()
    return replace(outcome, retry_after=max(asked, PAUSES[message.attempts]))
