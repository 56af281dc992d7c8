"""Telling: the digest of everybody whose hour has come, into the outbox, and out of it to the people.

A digest and its messages are stored in one transaction, and sent afterwards: delivery is at least once, and the
``dedup_key`` of a message makes its effect happen once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from listener.allowances import Spent
from listener.core.ports import DigestBook, Notifier, Outbox
from listener.core.telling import DigestFacts, Theme, Utterance
from listener.digest.build import build_digest
from listener.digest.model import Digest
from listener.notify.file import FileNotifier, file_stem
from listener.outbox import Recipient, deliver, digest_messages
from listener.render.digest import render_digest

FIRST_WINDOW = timedelta(days=1)
"""A recipient's first digest tells what was heard in so long before it; what was *heard* then may be older."""


def no_themes(_: Sequence[Utterance]) -> Sequence[Theme]:
    return ()


@dataclass(frozen=True, slots=True)
class DigestPlan:
    """When a day's digest is told, and what it is about. ``brands`` maps the keys of our brands to their names."""

    brands: Mapping[str, str]
    zone: ZoneInfo
    hour: int
    spent: Mapping[str, Sequence[Spent]] = field(default_factory=dict)
    """What each source used of its allowances so far."""
    resumes: Mapping[str, datetime] = field(default_factory=dict)
    """When each paused source goes on."""
    topics: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The names of the configured topics, by brand and key."""
    themes: Callable[[Sequence[Utterance]], Sequence[Theme]] = no_themes
    """What recurs in texts that nobody configured a topic for."""

    def compose(self, facts: DigestFacts, now: datetime) -> Digest:
        """The digest of the day that ``now`` is in."""
        return build_digest(
            facts,
            self.day(now),
            self.zone,
            self.brands,
            spent=self.spent,
            resumes=self.resumes,
            topics=self.topics,
            themes=self.themes(facts.texts),
        )

    def day(self, now: datetime) -> date:
        return now.astimezone(self.zone).date()

    def is_due(self, told_until: datetime | None, now: datetime) -> bool:
        """Once for each time that the hour passed since the last digest; at once for somebody who was never told anything.

        Not only in the rest of the day: a job that runs once a day before the hour tells what yesterday's hour left. One digest a
        day at most, since a day's digest is kept as it was told.
        """
        if told_until is None:
            return True
        local, last = now.astimezone(self.zone), told_until.astimezone(self.zone)
        passed = local.date() if local.hour >= self.hour else local.date() - timedelta(days=1)
        return last.date() < local.date() and last < datetime.combine(passed, time(self.hour), self.zone)


@dataclass(frozen=True, slots=True)
class Told:
    """What telling did: digests made, messages sent and messages that still wait."""

    digests: int = 0
    sent: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What became of delivered digests from which somebody was taken out; each is a recipient's key and a day."""

    written: tuple[tuple[str, date], ...] = ()
    """Files that no longer hold what was taken out."""
    failed: tuple[str, ...] = ()
    """Files that still do, by name, each with the reason; to be removed by hand."""
    beyond_reach: tuple[tuple[str, date], ...] = ()
    """Sent by mail, or by a channel that is not configured any more: nobody can take that back."""


def preview(book: DigestBook, recipient: Recipient, plan: DigestPlan, now: datetime) -> Digest:
    """The digest that the recipient would get now; nothing is stored."""
    since = book.told_until(recipient.key) or now - FIRST_WINDOW
    return plan.compose(book.digest_facts(since, now), now)


def tell(
    book: DigestBook,
    outbox: Outbox,
    notifiers: Mapping[str, Notifier],
    recipients: Sequence[Recipient],
    plan: DigestPlan,
    now: datetime,
    *,
    unheard: bool = False,
) -> Told:
    """Make the digests that are due, and send all messages that wait.

    ``unheard``: nothing could be heard in this run. Then nobody gets their first digest, which would say no more than the run's
    own errors and use up the day.
    """
    made = 0
    composed: dict[datetime, Digest] = {}
    for recipient in recipients:
        told_until = book.told_until(recipient.key)
        if not plan.is_due(told_until, now) or (unheard and told_until is None):
            continue
        since = told_until or now - FIRST_WINDOW
        if since not in composed:
            composed[since] = plan.compose(book.digest_facts(since, now), now)
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


def rewrite(
    book: DigestBook,
    notifiers: Mapping[str, Notifier],
    recipients: Sequence[Recipient],
    changed: Iterable[tuple[str, date]],
    now: datetime,
) -> Rewritten:
    """Write the files of stored digests again, as the digests are now, under the same names.

    For use after an erasure or retention changed stored digests: ``changed`` names these by their recipient's key and day. It
    goes past the outbox, which sends a message once: the effect is the same however often it is done.
    """
    by_key = {recipient.key: recipient for recipient in recipients}
    written: list[tuple[str, date]] = []
    failed: list[str] = []
    beyond: list[tuple[str, date]] = []
    for key, day in changed:
        recipient = by_key.get(key)
        if recipient is None or not isinstance(notifiers.get(recipient.channel), FileNotifier):
            beyond.append((key, day))
            continue
        problem = _written_again(book, notifiers, recipient, day, now)
        if problem is None:
            written.append((key, day))
        else:
            failed.append(problem)
    return Rewritten(tuple(written), tuple(failed), tuple(beyond))


def _written_again(
    book: DigestBook, notifiers: Mapping[str, Notifier], recipient: Recipient, day: date, now: datetime
) -> str | None:
    """Why the files of the day's digest could not be written; ``None`` where they were."""
    data = book.saved_digest(recipient.key, day)
    try:
        digest = Digest.from_json(data or "")
    except ValueError as problem:
        return f"the digest of {day} for {recipient.key}: {problem if data else 'it is not stored any more'}"
    for message, delivery in deliver(digest_messages(digest, render_digest(digest), [recipient], now), notifiers):
        if not delivery.ok:
            return f"{file_stem(message)}: {delivery.detail}"
    return None
