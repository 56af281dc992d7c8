"""The outbox's rules: which messages a digest or an alert becomes, which go now, what is told in one, when to try again.

The store keeps the messages and the outcomes; nothing here reads or writes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from listener.alerts.quiet import all_quiet_until
from listener.core.messages import Delivery, Message, MessageKind, Waiting
from listener.core.recipients import Recipient
from listener.core.telling_ports import Notifier
from listener.digest.model import Digest, Rendered

log = structlog.get_logger()

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
"""Before the second attempt, the third, and so on; the last repeats: an hour after an outage everybody knows everything."""
GIVE_UP = timedelta(hours=24)
"""After it was first due, a message is tried a last time and then parked."""
TRIES = 3
"""But it is tried so often at least: a machine that was off for a weekend does not give up at the first "try again later"."""
SINGLY = 3
"""More alerts than that, waiting for one recipient because they could not be sent, are told in one message."""
_DEFECTS = 5
"""After so many in a row a notifier is not asked again in this pass."""


def digest_messages(digest: Digest, rendered: Rendered, recipients: Sequence[Recipient], now: datetime) -> list[Message]:
    """One message for each recipient; the same digest of the same day gives the same ``dedup_key`` whenever it is told."""
    return _messages(f"digest:{digest.brand}:{digest.day}", MessageKind.DIGEST, rendered, recipients, now)


def _messages(key: str, kind: MessageKind, rendered: Rendered, recipients: Sequence[Recipient], now: datetime) -> list[Message]:
    return [
        Message(
            dedup_key=f"{key}:{recipient.channel}:{recipient.address}",
            channel=recipient.channel,
            recipient=recipient.address,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            created_at=now,
            kind=kind,
        )
        for recipient in dict.fromkeys(recipients)
    ]


# --------------------------------------------------------------------------------------------------- what goes, and when


def quiet_ends(waiting: Sequence[Waiting], recipients: Sequence[Recipient], now: datetime) -> dict[str, datetime]:
    """Alerts by key whose recipient has quiet hours now, and when these end: also of what was due before they began."""
    alerted = [one for one in recipients if one.alerts or one.escalations]
    ends = {address: all_quiet_until(sharing, now) for address, sharing in by_address(alerted).items()}
    alerts = [one for one in waiting if one.kind in {MessageKind.ALERT, MessageKind.BUNDLE}]
    return {one.dedup_key: end for one in alerts if (end := ends.get((one.channel, one.recipient)))}


def by_address(recipients: Sequence[Recipient]) -> dict[tuple[str, str], list[Recipient]]:
    """Who shares each address of each notifier."""
    found: dict[tuple[str, str], list[Recipient]] = {}
    for recipient in recipients:
        found.setdefault((recipient.channel, recipient.address), []).append(recipient)
    return found


def ready(waiting: Sequence[Waiting], now: datetime, asked: Collection[str] = ()) -> dict[str, list[Waiting]]:
    """What is tried now, by channel, oldest first.

    A channel that failed rests, with all that came meanwhile, until the first of its messages is to be tried again. Then all
    that it kept waiting goes with that one: in order, and at the cost of one attempt where it is still dead. What somebody
    ``asked`` for, by key, does not rest.
    """
    channels: dict[str, list[Waiting]] = {}
    for one in sorted(waiting, key=lambda one: one.first_due):  # stable: of one moment, the one that was put in first
        channels.setdefault(one.channel, []).append(one)
    return {channel: going for channel, group in channels.items() if (going := _going(group, now, asked))}


def _going(group: Sequence[Waiting], now: datetime, asked: Collection[str]) -> list[Waiting]:
    held = [one for one in group if one.down]
    if held and not any(is_due(one, now) for one in held):
        return [one for one in group if one.dedup_key in asked]
    return [one for one in group if one.down or is_due(one, now)]


def is_due(one: Waiting, now: datetime) -> bool:
    """Whether its time has come, also where the clock was set back meanwhile.

    What was never tried and has no quiet hours is always due. A next attempt further ahead than any pause was written by a clock
    that was wrong.
    """
    quiet = one.not_before is not None and one.not_before > now
    if quiet:
        return False
    return one.next_attempt_at <= now or not one.attempts or one.next_attempt_at > now + GIVE_UP


def steps(group: Sequence[Waiting]) -> list[tuple[Waiting, ...]]:
    """The messages of one channel in order, those together that are told in one."""
    alerts: dict[str, list[Waiting]] = {}
    for one in group:
        if one.kind is MessageKind.ALERT:
            alerts.setdefault(one.recipient, []).append(one)
    together = {
        its[0].dedup_key: tuple(its)
        for its in alerts.values()
        if len(its) > SINGLY and any(one.attempts for one in its)  # never tried: they wait for nothing, quiet hours are over
    }
    apart = {one.dedup_key for its in together.values() for one in its[1:]}
    return [together.get(one.dedup_key, (one,)) for one in group if one.dedup_key not in apart]


def next_attempt(one: Waiting, outcome: Delivery, now: datetime, tries: int = 0) -> Delivery:
    """The outcome with the pause before the next attempt; parked when it has been tried for a day.

    The pause that a server asks for is kept, but for the last attempt, which is made when the day is over. ``tries`` is how often
    its channel was tried, where that failed: what came last does not make it be asked more often.
    """
    if outcome.ok or outcome.permanent:
        return outcome
    left = one.first_due + GIVE_UP - now
    over = left <= timedelta()
    if over and one.attempts + 1 >= TRIES:
        return replace(outcome, parked=True, retry_after=None)
    pause = PAUSES[min(max(one.attempts, tries), len(PAUSES) - 1)]
    wanted = max(pause, outcome.retry_after or pause)
    return replace(outcome, retry_after=min(wanted, pause if over else left))


# ------------------------------------------------------------------------------------------------------------- sending


def deliver(messages: Sequence[Message], notifiers: Mapping[str, Notifier]) -> Iterator[tuple[Message, Delivery]]:
    """Send messages, channel by channel; an outcome for each, as soon as it is known.

    A channel that fails, or is not configured any more, does not keep the others from being served.
    """
    channels: dict[str, list[Message]] = {}
    for message in messages:
        channels.setdefault(message.channel, []).append(message)
    for channel, group in channels.items():
        notifier = notifiers.get(channel)
        outcomes = _send(channel, group, notifier) if notifier else iter([not_configured(channel)] * len(group))
        yield from zip(group, outcomes, strict=True)


NOBODY = Delivery(ok=False, detail="no recipient of the configuration has this address any more", parked=True)


def not_configured(channel: str) -> Delivery:
    return Delivery(ok=False, detail=f"no notifier named {channel} is configured", down=True)


def _send(channel: str, group: Sequence[Message], notifier: Notifier) -> Iterator[Delivery]:
    """Exactly one outcome for each message of the group. A message on which the notifier breaks does not stop those after it."""
    done = defects = 0
    failure = Delivery(ok=False, detail="the notifier gave no answer", unsure=True)
    while done < len(group) and defects < _DEFECTS:
        try:
            for _, outcome in zip(range(len(group) - done), notifier.send(group[done:]), strict=False):
                done += 1
                defects = 0
                yield outcome
            break
        except Exception as defect:  # a defect of one notifier: told in full, and the other channels still served
            log.exception("A notifier failed.", action="notifier_failed", channel=channel)
            failure = Delivery(ok=False, detail=f"the notifier failed ({type(defect).__name__})", unsure=True)
            defects += 1
            if done < len(group):
                done += 1
                yield failure
    yield from [failure] * (len(group) - done)
