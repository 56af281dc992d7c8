"""Telling: the facts of a window, and digests as they were told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, update

from listener.core.analysis import Label
from listener.core.cases import CaseKind, CaseState
from listener.core.messages import Message
from listener.core.telling import DUE_AHEAD, DigestFacts
from listener.core.times import as_utc
from storage.counting import labels_counted
from storage.coverage import coverage
from storage.database import Database
from storage.due import OURS
from storage.facts import person_facts
from storage.gist import hidden, one_label, texts, topics
from storage.near_tables import TOLD, near_stories
from storage.outbox import put_messages
from storage.policies import Policies
from storage.proposed import proposed, waiting
from storage.rows import of_brand
from storage.spikes import Spikes
from storage.standings import Pair
from storage.tables import analysis_targets, authors, case_events, cases, matches, mentions, people
from storage.telling_tables import digests
from storage.told import note_quotes

SKEW = timedelta(minutes=1)
"""By so much the clocks of machines that share a store may differ."""


class Digests:
    """Implements ``DigestBook``."""

    def __init__(self, database: Database, policies: Policies) -> None:
        self._database = database
        self._policies = policies

    def digest_facts(self, since: datetime, until: datetime) -> DigestFacts:
        """What happened after ``since`` until ``until``: people with case events, people with a follow-up due, coverage, counts,
        authors of the window who may be customers, bursts, and how many cases still wait.

        History is not counted. ``mentions`` are those of others than our own side, whose are counted in ``own_side`` alone. A
        story has one label, by what was said of it in own words: copies are heard, and are no opinion. Under terms that allow
        nothing but counts a post that speaks of two of our brands counts as two.
        """
        since, until = as_utc(since), as_utc(until)
        spikes = tuple(Spikes(self._database, self._policies).between(since, until))
        with self._database.read() as connection:
            pairs = _pairs(connection, since, until)
            facts = person_facts(connection, pairs, since, until, self._policies)
            number, sample = hidden(connection, since, until, self._policies)
            return DigestFacts(
                since,
                until,
                tuple(facts),
                tuple(coverage(connection, since, until)),
                **_counts(connection, since, until),
                topics=tuple(topics(connection, since, until)),
                texts=tuple(texts(connection, since, until, self._policies)),
                hidden=number,
                hidden_sample=tuple(sample),
                proposals=tuple(proposed(connection, since, until)),
                spikes=spikes,
                waiting=tuple(waiting(connection, since, until + DUE_AHEAD)),
            )

    def told_until(self, recipient: str) -> datetime | None:
        """The end of the recipient's last digest; the next begins there."""
        with self._database.read() as connection:
            found: datetime | None = connection.scalar(select(func.max(digests.c.until)).where(digests.c.recipient == recipient))
            return found

    def set_back(self, now: datetime) -> None:
        """Digests that were told until a moment after ``now`` end now, but never before they began.

        A clock was ahead when they were told, or is behind now. What is heard from now on lies in a window again; what was heard
        under the other clock can be told a second time, of one digest at most, and is not lost. Machines whose clocks differ by
        less than ``SKEW`` are not taken for that.
        """
        now = as_utc(now)
        ahead = digests.c.until > now + SKEW
        later = and_(ahead, digests.c.since < now)
        with self._database.write() as connection:
            connection.execute(update(digests).where(later).values(until=now))
            connection.execute(update(digests).where(ahead, digests.c.until > digests.c.since).values(until=digests.c.since))

    def saved_digest(self, recipient: str, day: date) -> str | None:
        """The digest as it was told (JSON), less whoever was erased or forgotten since."""
        with self._database.read() as connection:
            query = select(digests.c.data).where(digests.c.recipient == recipient, digests.c.day == day.isoformat())
            return connection.scalar(query)

    def save_digest(
        self, recipient: str, day: date, since: datetime, until: datetime, data: str, messages: Sequence[Message], now: datetime
    ) -> None:
        """Keep a digest and put its messages into the outbox, in one transaction; what was told for a day stays as it was told.

        ``data`` is a JSON object whose ``people`` is a list of objects with a ``person_id``, and ``quotes`` that each have a
        ``mention_id``, as have the ``posts`` of ``hidden``, and whose ``proposals`` have a ``person_id``, a ``customer_id`` and a
        ``mention_id``: erasure and retention remove these (``storage.told``).
        """
        row = {"recipient": recipient, "day": day.isoformat(), "since": since, "until": until, "data": data, "saved_at": now}
        with self._database.write() as connection:
            self._database.add(connection, digests, [row])
            query = select(digests.c.id, digests.c.data)
            kept = connection.execute(query.where(digests.c.recipient == recipient, digests.c.day == day.isoformat())).one()
            note_quotes(connection, kept.id, kept.data)
            put_messages(self._database, connection, messages, now, digest_id=kept.id)


def _pairs(connection: Connection, since: datetime, until: datetime) -> list[Pair]:
    happened = (
        select(cases.c.person_id, cases.c.brand)
        .join(case_events, case_events.c.case_id == cases.c.id)
        .where(case_events.c.at > since, case_events.c.at <= until)
    )
    waiting = cases.c.state.in_([CaseState.NEW.value, CaseState.CONFIRMED.value])
    due = and_(waiting, cases.c.kind == CaseKind.FOLLOW_UP.value, cases.c.due_at <= until + DUE_AHEAD)
    awake = and_(cases.c.state == CaseState.SNOOZED.value, cases.c.snoozed_until <= until)
    query = happened.union(select(cases.c.person_id, cases.c.brand).where(or_(due, awake)))
    return sorted((row.person_id, row.brand) for row in connection.execute(query))


def _counts(connection: Connection, since: datetime, until: datetime) -> dict[str, Any]:
    """The mentions first heard in the window that are about a brand of ours, and who spoke."""
    query = (
        select(
            mentions.c.author_id,
            people.c.customer_id,
            matches.c.own_side,
            analysis_targets.c.mention_id,
            analysis_targets.c.brand,
            analysis_targets.c.kind,
            analysis_targets.c.label,
            analysis_targets.c.unsure,
            mentions.c.own_words,
            TOLD,
        )
        .join(authors, authors.c.id == mentions.c.author_id)
        .join(people, people.c.id == authors.c.person_id)
        .join(analysis_targets, analysis_targets.c.mention_id == mentions.c.id)
        .outerjoin(matches, matches.c.author_id == authors.c.id)
        .outerjoin(near_stories, near_stories.c.story_id == mentions.c.story_id)
        .where(mentions.c.heard_at > since, mentions.c.heard_at <= until)
        .where(mentions.c.about_us, ~mentions.c.history, analysis_targets.c.kind.in_(OURS))
        .order_by(analysis_targets.c.mention_id, analysis_targets.c.position)
    )
    by_brand: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for row in connection.execute(query):
        by_brand[row.mention_id, row.brand].append(row)
    told = [of_brand(rows) for rows in by_brand.values()]
    others = [row for row in told if not row.own_side]
    of_story: dict[int, list[Any]] = defaultdict(list)
    for row in others:
        if row.own_words:
            of_story[row.story].append(row)
    only_counted = labels_counted(connection, since, until)
    labels = Counter(map(one_label, of_story.values()))
    unsure = labels.pop(None, 0)
    counts = Counter({label: number for label, number in labels.items() if label}) + only_counted
    return {
        "mentions": len({row.mention_id for row in others}) + only_counted.total(),
        "stories": len({row.story for row in others}) + only_counted.total(),
        "own_side": len({row.mention_id for row in told if row.own_side}),
        "unmatched": len({row.author_id for row in others if row.customer_id is None}),
        "unscored": counts[Label.UNSCORED],
        "unsure": unsure,
        "labels": dict(counts),
    }
