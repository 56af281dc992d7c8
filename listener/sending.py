"""Sending: what waits in the outbox goes out, and what became of it is written down before the next one goes.

    waiting ──ready──> channel by channel ──steps──> one message, or several in one ──notifier──> outcome ──> the store

Whatever kills the process, at most one message is between the notifier and the store: that one is sent once more, under the same
key, after a pause: so a message that kills whoever sends it does not stop all others. One process sends at a time; the caller
holds the store's run lock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from listener.core.messages import PROCESS_ENDED, Delivery, Message, MessageKind, Waiting
from listener.core.recipients import Recipient
from listener.core.telling_ports import Notifier, Outbox
from listener.outbox import NOBODY, PAUSES, by_address, deliver, next_attempt, not_configured, quiet_ends, ready, steps
from listener.render.bundle import bundle

Step = tuple[Waiting, ...]
"""One message, or several that are told in one."""
KILLED = Delivery(ok=False, detail=PROCESS_ENDED, unsure=True)


def send(
    outbox: Outbox,
    notifiers: Mapping[str, Notifier],
    now: datetime,
    *,
    recipients: Sequence[Recipient] | None = None,
    asked: Collection[str] = (),
    only: Callable[[Waiting], bool] | None = None,
    batch: int = 50,
) -> tuple[int, int]:
    """Send what is due; how many messages went out, and how many failed, most of which will be tried again.

    ``recipients`` are all of the configuration: alerts wait for the end of their quiet hours, and what would go to an address
    that none of them has is parked. Neither is looked at where they are ``None``. ``asked`` are keys of messages that somebody
    wants sent now: for these there are no quiet hours, and a channel that rests is tried. ``only``: what it says no to is left
    alone. ``batch`` messages are in memory at a time. A dead channel costs one attempt.
    """
    waiting = outbox.waiting()
    if only is not None:
        waiting = [one for one in waiting if only(one)]
    sent = failed = 0
    if recipients is not None:
        waiting, failed = _without_nobodys(outbox, waiting, notifiers, recipients, now)
        waiting = _without_quiet(outbox, waiting, recipients, asked, now)
    for channel, group in ready(waiting, now, asked).items():
        one = _Channel(outbox, notifiers, channel, now, batch)
        one.serve(group)
        sent, failed = sent + one.sent, failed + one.failed
    return sent, failed


def _without_nobodys(
    outbox: Outbox, waiting: Sequence[Waiting], notifiers: Mapping[str, Notifier], recipients: Sequence[Recipient], now: datetime
) -> tuple[Sequence[Waiting], int]:
    """What goes to an address of the configuration; the rest, so many, is parked. A notifier that is gone may come back."""
    known = by_address(recipients)
    nobodys = [one for one in waiting if one.channel in notifiers and (one.channel, one.recipient) not in known]
    if not nobodys:
        return waiting, 0
    outbox.record([(one, NOBODY) for one in nobodys], now)
    gone = {one.dedup_key for one in nobodys}
    return [one for one in waiting if one.dedup_key not in gone], len(nobodys)


def _without_quiet(
    outbox: Outbox, waiting: Sequence[Waiting], recipients: Sequence[Recipient], asked: Collection[str], now: datetime
) -> Sequence[Waiting]:
    """What nobody's quiet hours hold; the rest waits for their end."""
    ends = {key: end for key, end in quiet_ends(waiting, recipients, now).items() if key not in asked}
    held = [one for one in waiting if one.dedup_key in ends]
    new = {one.dedup_key: ends[one.dedup_key] for one in held if one.next_attempt_at < ends[one.dedup_key]}
    if new:
        outbox.hold(new)
    return [one for one in waiting if one.dedup_key not in ends]


@dataclass
class _Channel:
    """One channel in one pass."""

    outbox: Outbox
    notifiers: Mapping[str, Notifier]
    name: str
    now: datetime
    batch: int
    sent: int = 0
    failed: int = 0
    tries: int = 0
    """How often it was tried since it failed."""
    todo: deque[Step] = field(default_factory=deque)

    def serve(self, group: Sequence[Waiting]) -> None:
        self.tries = max((one.attempts for one in group if one.down), default=0)
        if self.name not in self.notifiers:
            self._postpone(group, not_configured(self.name))
            return
        self.todo.extend(steps(group))
        size = 1 if any(one.down for one in group) else self.batch  # is it back? One message tells
        while self.todo:
            chunk = [self.todo.popleft() for _ in range(min(size, len(self.todo)))]
            down = self._send(chunk)
            if down is not None:
                self._postpone([one for step in self.todo for one in step], down)
                return
            size = self.batch

    def _send(self, chunk: Sequence[Step]) -> Delivery | None:
        """Send the steps, each outcome recorded before the next is sent; the outcome where the channel is down."""
        down: Delivery | None = None
        steps_by_key: dict[str, Step] = {}
        messages: list[Message] = []
        for step, message in self._messages(chunk):
            steps_by_key[message.dedup_key] = step
            messages.append(message)
        self._begin(messages[:1])
        for done, (message, outcome) in enumerate(deliver(messages, self.notifiers), 1):
            self._record(message, steps_by_key[message.dedup_key], outcome, messages[done : done + 1])
            if outcome.down:
                down = outcome
        return down

    def _begin(self, following: Sequence[Message], results: Sequence[tuple[Message | Waiting, Delivery]] = ()) -> None:
        """Write down results, and in the same transaction that the following message is handed over now."""
        begun = next(((one, self._if_killed(one)) for one in following), None)
        if results or begun:
            self.outbox.record(results, self.now, begun=begun)

    def _messages(self, chunk: Sequence[Step]) -> Iterator[tuple[Step, Message]]:
        """What each step says. Several that are told in one become that one in the store before it is sent."""
        loaded = self.outbox.load([one.dedup_key for step in chunk for one in step])
        for step in chunk:
            parts = [loaded[one.dedup_key] for one in step if one.dedup_key in loaded]  # one may have been withdrawn
            if len(parts) == 1:
                yield step, parts[0]
            elif parts:
                whole = bundle(parts, self.now)
                if self.outbox.bundle(whole, [part.dedup_key for part in parts], self.now):
                    yield step, whole

    def _if_killed(self, message: Message) -> Delivery:
        """It waits on, even after its day: what comes of it now must find it waiting."""
        outcome = next_attempt(_as_waiting(message), KILLED, self.now)
        return replace(outcome, parked=False, retry_after=outcome.retry_after or PAUSES[-1])

    def _record(self, message: Message, step: Step, outcome: Delivery, following: Sequence[Message]) -> None:
        if outcome.ok:
            self.sent += 1
            self.tries = 0
            self._begin(following, [(message, outcome)])
        elif message.kind is not MessageKind.BUNDLE:
            self._postpone(step, outcome, following)
        elif outcome.unsure and not outcome.permanent:
            self._postpone([_as_waiting(message)], outcome, following)
        else:  # it was certainly not told: its parts wait again, and are told with what comes until then
            parts = self.outbox.unbundle(message.dedup_key, self.now)
            if outcome.permanent:  # perhaps because of the bundle itself: each for itself
                self.todo.extendleft((part,) for part in reversed(parts))
                self._begin(following)
            else:
                self._postpone(parts, outcome, following)

    def _postpone(self, group: Sequence[Waiting], outcome: Delivery, following: Sequence[Message] = ()) -> None:
        """Write down that these failed. Of a channel that is down all are tried again at one time.

        One that took something just now only throttles: what it does not take yet begins anew, or it would be given up.
        """
        tries = self.tries if outcome.down else 0
        if outcome.down and self.sent:
            group = [replace(one, attempts=0) for one in group]
        results = [(one, next_attempt(one, outcome, self.now, tries)) for one in group]
        self._begin(following, results)
        self.failed += len(results)


def _as_waiting(message: Message) -> Waiting:
    made = message.created_at
    if made is None:
        raise ValueError("a message in the store has a time")
    return Waiting(
        message.dedup_key,
        message.channel,
        message.recipient,
        message.kind,
        made,
        made,
        attempts=message.attempts,
        not_before=message.not_before,
    )
