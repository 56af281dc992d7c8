"""Telling: each recipient's editions whose hour has come, into the outbox, and out of it to the people.

    recipients ──due?──> windows ──facts, once each──> digests, once for equal wishes ──> store and outbox, together ──> sent

A digest and its messages are stored in one transaction, and sent afterwards: delivery is at least once, and the ``dedup_key`` of
a message makes its effect happen once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from listener.allowances import Spent
from listener.core.messages import Message, MessageKind, Waiting
from listener.core.recipients import Edition, Recipient
from listener.core.telling import DigestFacts, Theme, Utterance
from listener.core.telling_ports import DigestBook, Notifier, Outbox
from listener.core.trends import TrendBook, TrendFacts, Weeks
from listener.digest.build import build_digest
from listener.digest.due import daily_is_due, edition_day, weekly_is_due
from listener.digest.model import Digest
from listener.digest.weekly import NUMBER, Names, build_weekly
from listener.digest.weekly_model import Weekly
from listener.notify.file import FileNotifier, file_stem
from listener.outbox import deliver, digest_messages
from listener.render.cards import digest_card
from listener.render.digest import render_digest
from listener.render.weekly import render_weekly
from listener.render.weekly_card import weekly_card
from listener.sending import send

FIRST_WINDOW = timedelta(days=1)
"""A recipient's first digest tells what was heard in so long before it; what was *heard* then may be older."""

Made = TypeVar("Made")


def no_themes(_: Sequence[Utterance]) -> Sequence[Theme]:
    return ()


@dataclass(frozen=True, slots=True)
class DigestPlan:
    """What digests are about. ``brands`` maps the keys of our brands to their names."""

    brands: Mapping[str, str]
    spent: Mapping[str, Sequence[Spent]] = field(default_factory=dict)
    """What each source used of its allowances so far."""
    resumes: Mapping[str, datetime] = field(default_factory=dict)
    """When each paused source goes on."""
    topics: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The names of the configured topics, by brand and key."""
    rivals: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The names of the configured competitors, by brand and key."""
    themes: Callable[[Sequence[Utterance]], Sequence[Theme]] = no_themes
    """What recurs in texts that nobody configured a topic for."""

    def compose(self, facts: DigestFacts, recipient: Recipient, now: datetime) -> Digest:
        """The recipient's digest of the day that ``now`` is in."""
        return build_digest(
            facts,
            recipient.day(now),
            recipient.zone,
            self.brands,
            only=recipient,
            spent=self.spent,
            resumes=self.resumes,
            topics=self.topics,
            themes=self.themes(facts.texts),
        )

    @property
    def names(self) -> Names:
        return Names(self.brands, self.rivals, self.topics)


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


# ------------------------------------------------------------------------------------------------------- composing


@dataclass
class Desk:
    """Composes digests at one moment: facts are read once for each window, and recipients of equal wishes share one digest."""

    book: DigestBook
    trends: TrendBook
    plan: DigestPlan
    now: datetime
    often: bool = False
    """Whether passes follow each other within hours, so that the next one will not miss anybody's hour."""
    _facts: dict[Any, DigestFacts] = field(default_factory=dict)
    _trends: dict[Any, TrendFacts] = field(default_factory=dict)
    _digests: dict[Any, Digest] = field(default_factory=dict)
    _weeklies: dict[Any, Weekly] = field(default_factory=dict)

    def daily(self, recipient: Recipient, since: datetime) -> Digest:
        """What happened since then."""
        facts = _once(self._facts, since, lambda: self.book.digest_facts(since, self.now))
        key = (since, recipient.day(self.now), *_wishes(recipient))
        return _once(self._digests, key, lambda: self.plan.compose(facts, recipient, self.now))

    def weekly(self, recipient: Recipient) -> Weekly:
        """The week that the recipient's edition was due for last."""
        weeks = Weeks.before(edition_day(recipient, self.now), recipient.zone, NUMBER)
        brands = sorted(recipient.brands) or list(self.plan.brands)
        facts = _once(self._trends, (weeks.edges, *brands), lambda: self.trends.trend_facts(weeks, brands))
        return _once(self._weeklies, (weeks, *_wishes(recipient)), lambda: build_weekly(facts, recipient, self.plan.names))


def _once(made: dict[Any, Made], key: Hashable, make: Callable[[], Made]) -> Made:
    if key not in made:
        made[key] = make()
    return made[key]


def _wishes(recipient: Recipient) -> tuple[Hashable, ...]:
    """What a digest depends on; equal for those who get the same one."""
    return recipient.zone_name, recipient.brands, recipient.segments, recipient.owners


def preview(desk: Desk, recipient: Recipient) -> Digest:
    """The digest that the recipient would get now; nothing is stored."""
    return desk.daily(recipient, desk.book.told_until(recipient.key) or desk.now - FIRST_WINDOW)


def preview_weekly(desk: Desk, recipient: Recipient) -> Weekly:
    """The weekly edition of the last whole week; nothing is stored."""
    return desk.weekly(replace(recipient, hour=0))


# --------------------------------------------------------------------------------------------------------- telling


def tell(
    desk: Desk,
    outbox: Outbox,
    notifiers: Mapping[str, Notifier],
    recipients: Sequence[Recipient],
    *,
    unheard: bool = False,
    editions: Collection[Edition] = frozenset(Edition),
    asked: bool = False,
    everybody: Sequence[Recipient] | None = None,
    only: Callable[[Waiting], bool] | None = None,
) -> Told:
    """Make the digests that are due, and send all messages that wait, or ``only`` those to which it says yes.

    ``unheard``: nothing could be heard in this run. Then nobody gets their first digest, which would say no more than the run's
    own errors and use up the day. ``asked``: the first weekly edition does not wait for its day. ``everybody``: all recipients of
    the configuration, whose quiet hours count; by default nobody's, since somebody asked for what waits.
    """
    made = 0
    desk.book.set_back(desk.now)
    began = desk.trends.began()
    for recipient in dict.fromkeys(recipients):
        for edition in Edition:
            if edition not in recipient.editions or edition not in editions:
                continue
            told_until = desk.book.told_until(recipient.edition_key(edition))
            if unheard and told_until is None:
                continue
            if edition is Edition.DAILY:
                due, day = daily_is_due(recipient, told_until, desk.now, often=desk.often), recipient.day(desk.now)
            else:
                due = weekly_is_due(recipient, told_until, began, desk.now) or (asked and told_until is None)
                day = edition_day(recipient, desk.now)
            if not due or _was_told(desk.book, recipient, edition, day):
                continue
            if edition is Edition.DAILY:
                _tell_day(desk, recipient, told_until or desk.now - FIRST_WINDOW)
            else:
                _tell_week(desk, recipient, pages=_is_file(notifiers, recipient))
            made += 1
    return Told(made, *send(outbox, notifiers, desk.now, recipients=everybody, only=only))


def _was_told(book: DigestBook, recipient: Recipient, edition: Edition, day: date) -> bool:
    """Whether it was told of that day before, at an hour or in a zone of then; what follows belongs to the next one."""
    return book.saved_digest(recipient.edition_key(edition), day) is not None


def _tell_day(desk: Desk, recipient: Recipient, since: datetime) -> None:
    digest = desk.daily(recipient, since)
    message = daily_message(digest, recipient, desk.now)
    desk.book.save_digest(recipient.key, digest.day, since, desk.now, digest.to_json(), [message], desk.now)


def _tell_week(desk: Desk, recipient: Recipient, *, pages: bool) -> None:
    weekly = desk.weekly(recipient)
    message = weekly_message(weekly, recipient, desk.now, pages=pages)
    key = recipient.edition_key(Edition.WEEKLY)
    desk.book.save_digest(key, weekly.day, weekly.since, desk.now, weekly.to_json(), [message], desk.now)


def daily_message(digest: Digest, recipient: Recipient, now: datetime) -> Message:
    """The same digest of the same day gives the same ``dedup_key`` whenever it is told."""
    (message,) = digest_messages(digest, render_digest(digest), [recipient], now)
    return replace(message, dedup_key=_named(message.dedup_key, recipient), card=digest_card(digest))


def weekly_message(weekly: Weekly, recipient: Recipient, now: datetime, *, pages: bool) -> Message:
    """The edition for mail, with its pictures beside it, or for ``pages``, with them inside; the key as above."""
    rendered, pictures = render_weekly(weekly, pages=pages)
    return Message(
        dedup_key=_named(f"weekly:{weekly.brand}:{weekly.day}:{recipient.channel}:{recipient.address}", recipient),
        channel=recipient.channel,
        recipient=recipient.address,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        created_at=now,
        kind=MessageKind.WEEKLY,
        card=weekly_card(weekly),
        pictures=pictures,
    )


def _named(key: str, recipient: Recipient) -> str:
    """One address can be several recipients, each with wishes of their own."""
    return f"{key}:{recipient.name}" if recipient.name else key


def _is_file(notifiers: Mapping[str, Notifier], recipient: Recipient) -> bool:
    """Whether the recipient gets files: a page holds its pictures, as nobody puts them beside it."""
    return isinstance(notifiers.get(recipient.channel), FileNotifier)


# -------------------------------------------------------------------------------------------------- what was told before


def rewrite(
    book: DigestBook,
    notifiers: Mapping[str, Notifier],
    recipients: Sequence[Recipient],
    changed: Iterable[tuple[str, date]],
    now: datetime,
) -> Rewritten:
    """Write the files of stored digests again, as the digests are now, under the same names.

    For use after an erasure or retention changed stored digests: ``changed`` names these by their edition's key and their day. It
    goes past the outbox, which sends a message once: the effect is the same however often it is done.
    """
    by_key = {recipient.edition_key(edition): (recipient, edition) for recipient in recipients for edition in Edition}
    written: list[tuple[str, date]] = []
    failed: list[str] = []
    beyond: list[tuple[str, date]] = []
    for key, day in changed:
        recipient, edition = by_key.get(key, (None, Edition.DAILY))
        if recipient is None or not _is_file(notifiers, recipient):
            beyond.append((key, day))
            continue
        problem = _written_again(book, notifiers, recipient, edition, day, now)
        if problem is None:
            written.append((key, day))
        else:
            failed.append(problem)
    return Rewritten(tuple(written), tuple(failed), tuple(beyond))


def _written_again(
    book: DigestBook, notifiers: Mapping[str, Notifier], recipient: Recipient, edition: Edition, day: date, now: datetime
) -> str | None:
    """Why the files of the day's digest could not be written; ``None`` where they were."""
    key = recipient.edition_key(edition)
    data = book.saved_digest(key, day)
    try:
        if edition is Edition.DAILY:
            message = daily_message(Digest.from_json(data or ""), recipient, now)
        else:
            message = weekly_message(Weekly.from_json(data or ""), recipient, now, pages=True)
    except ValueError as problem:
        return f"the digest of {day} for {key}: {problem if data else 'it is not stored any more'}"
    for sent, delivery in deliver([message], notifiers):
        if not delivery.ok:
            return f"{file_stem(sent)}: {delivery.detail}"
    return None
