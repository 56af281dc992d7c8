"""Retention: what is taken away by age. Ids, keys, times and verdicts stay, so that nothing old counts as new again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, or_, select, update

from listener.core.cases import CaseState
from listener.core.deletions import erased_before
from listener.core.messages import MessageState
from listener.core.people import Outcome
from storage.corrections import blank_corrections
from storage.counting import KNOWN_FOR
from storage.database import Database, batches
from storage.due import BLANKED
from storage.forgetting import NOBODY, delete_mentions
from storage.listening_tables import counted, counts, gaps, incidents, jobs, runs, stream_states, used
from storage.messages import OVER, withdraw_messages
from storage.near import forget_sketches
from storage.policies import Policies
from storage.tables import (
    analyses,
    analysis_aspects,
    analysis_targets,
    authors,
    case_events,
    cases,
    customers,
    judgements,
    matches,
    mention_revisions,
    mentions,
    people,
    staged_customers,
    standings,
    story_keys,
)
from storage.telling_tables import alert_messages, digests, outbox
from storage.ties import forget_customers_ties, forget_matches, forget_old_ties, forget_who
from storage.told import ToldDigest, changed, cuts, take_out, withdraw
from storage.withdrawing import cut_quotes, forget_alerts, forget_old_alerts

MONTHS = timedelta(days=62)
"""This month and the one before."""
_PART = outbox.alias("part")
_OF_ALERTS = or_(
    exists().where(alert_messages.c.message_id == outbox.c.id),
    exists().where(_PART.c.bundle_id == outbox.c.id, alert_messages.c.message_id == _PART.c.id),
)
"""Messages that tell of an alert that is kept, by themselves or as a bundle."""
CLOSED = [CaseState.RESOLVED.value, CaseState.DISMISSED.value, CaseState.LAPSED.value]


@dataclass(frozen=True, slots=True)
class Retention:
    """How many days what is kept. ``policy_days`` is what the terms of a source demand, by the policy's name."""

    off_target_days: int = 30
    """Content of mentions that turned out not to be about us."""
    unmatched_days: int = 30
    """Names and addresses of authors who are no known customers and whose cases, if any, are closed."""
    mention_days: int = 730
    """Content of any mention."""
    revision_days: int = 90
    """What mentions said before they were edited."""
    retired_days: int = 90
    """Customers that the CRM has no longer."""
    history_days: int = 730
    """Digests, alerts, former standings, reasons and notes of closed cases, ended decisions, former companies of contacts."""
    message_days: int = 30
    """Messages that went out, or never will; what is left of those of an alert, no words, is kept as long as the alert.

    Those that were given up or refused so long ago count as withdrawn: nobody is reminded of them any more."""
    run_days: int = 365
    policy_days: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was taken away."""

    mentions_blanked: int = 0
    revisions: int = 0
    authors_pseudonymised: int = 0
    customers: int = 0
    standings: int = 0
    digests: int = 0
    events_blanked: int = 0
    messages: int = 0
    runs: int = 0
    told: tuple[ToldDigest, ...] = ()
    """Digests that are kept, but no longer name or quote whom and what was taken away here. Files that were delivered of these
    still do: see ``listener.tell.rewrite``."""


def prune(database: Database, connection: Connection, now: datetime, retention: Retention, policies: Policies) -> Pruned:
    """Take away everything that is older than its time; one transaction of the caller.

    Digests and alerts are kept longer than names and texts: the entries and alerts of people who lose their name, and quotes of
    mentions that lose their text, are taken out of those that stay, and messages of these that have not gone out are withdrawn.
    """

    def before(days: int) -> datetime:
        return now - timedelta(days=days)

    revisions = delete(mention_revisions).where(mention_revisions.c.replaced_at < before(retention.revision_days))
    messages = delete(outbox).where(outbox.c.state.in_(OVER), outbox.c.ended_at < before(retention.message_days))
    recalled = or_(outbox.c.recalled_at.is_(None), outbox.c.recalled_at < before(retention.history_days))
    messages = messages.where(recalled, ~_OF_ALERTS)
    connection.execute(delete(staged_customers))
    counted_out = _never_counted(database, connection, now, retention, policies)
    blanked = _old_mentions(connection, now, retention, policies)
    customers_gone = _forget_retired(database, connection, before(retention.retired_days))
    nameless = _pseudonymise(database, connection, now, before(retention.unmatched_days))
    forget_old_ties(connection, before(retention.history_days))
    old_messages = connection.execute(messages).rowcount
    _withdraw_failed(connection, before(retention.message_days), now)
    old_digests = _old_digests(connection, before(retention.history_days))
    forgotten = _persons_of(connection, nameless, customers_gone)
    cut = list(cuts(connection, forgotten, blanked, customers_gone))
    take_out(connection, cut)
    withdraw(connection, cut, now)
    forget_alerts(connection, forgotten, now)
    cut_quotes(connection, blanked, now)
    forget_old_alerts(connection, before(retention.history_days), now)
    return Pruned(
        mentions_blanked=len(blanked),
        revisions=connection.execute(revisions).rowcount,
        authors_pseudonymised=len(nameless),
        customers=len(customers_gone),
        told=(*counted_out, *changed(connection, cut)),
        standings=_old_standings(connection, before(retention.history_days)),
        events_blanked=_old_events(connection, before(retention.history_days)),
        messages=old_messages,
        digests=old_digests,
        runs=_old_listening(connection, now, before(retention.run_days)),
    )


def _old_listening(connection: Connection, now: datetime, before: datetime) -> int:
    """What was written down about the listening itself; how many runs. What a month's cap is counted by is kept that long."""
    day = min(before, now - MONTHS).date().isoformat()
    for statement in (
        delete(gaps).where(gaps.c.noticed_at < before),
        delete(used).where(used.c.day < day),
        delete(incidents).where(incidents.c.closed_at < before),
        delete(jobs).where(jobs.c.done_at < before),
        delete(counts).where(counts.c.counted_at < before),
        delete(counted).where(counted.c.counted_at < now - KNOWN_FOR),
        delete(stream_states).where(stream_states.c.last_attempt < before),
    ):
        connection.execute(statement)
    return connection.execute(delete(runs).where(runs.c.started_at < before)).rowcount


def _never_counted(
    database: Database, connection: Connection, now: datetime, retention: Retention, policies: Policies
) -> tuple[ToldDigest, ...]:
    """Delete posts that should have become counts and did not in their time, because nothing analysed them."""
    query = select(mentions.c.id, mentions.c.policy, mentions.c.heard_at)
    late = []
    for row in connection.execute(query.where(policies.are_counts_only(mentions.c.policy))):
        policy = policies.of(row.policy)
        days = policy.keep_days if policy and policy.keep_days is not None else retention.off_target_days
        if row.heard_at < now - timedelta(days=days):
            late.append(row.id)
    return delete_mentions(database, connection, late, now)


def _old_mentions(connection: Connection, now: datetime, retention: Retention, policies: Policies) -> Sequence[int]:
    off_target = (mentions.c.about_us == False) & (mentions.c.heard_at < now - timedelta(days=retention.off_target_days))  # noqa: E712 - SQL
    too_old = mentions.c.heard_at < now - timedelta(days=retention.mention_days)
    old: list[ColumnElement[bool]] = [off_target, too_old, policies.unconfirmed(erased_before(now))]
    for policy, days in retention.policy_days.items():
        old.append((mentions.c.policy == policy) & (mentions.c.heard_at < now - timedelta(days=days)))
    ids = connection.scalars(select(mentions.c.id).where(mentions.c.blanked_at.is_(None), or_(*old))).all()
    blank_mentions(connection, ids, now)
    return ids


def blank_mentions(connection: Connection, mention_ids: Sequence[int], now: datetime) -> None:
    """Take the content of mentions away. The row, its key and its content hash stay, so that a feed that still carries the post
    does not bring it back; the verdict stays too, without the sentences it rests on."""
    content: dict[str, Any] = {"title": None, "text": "", "url": None, "repost_of": None, "external_id": "", "origin": ""}
    blank_corrections(connection, mention_ids)
    forget_sketches(connection, mention_ids)
    for ids in batches(mention_ids):
        here = mentions.c.id.in_(ids)
        connection.execute(update(mentions).where(here).values(**content, blanked_at=now, analysed_by=BLANKED))
        connection.execute(delete(mention_revisions).where(mention_revisions.c.mention_id.in_(ids)))
        connection.execute(update(analyses).where(analyses.c.mention_id.in_(ids)).values(note=None))
        connection.execute(update(analysis_targets).where(analysis_targets.c.mention_id.in_(ids)).values(alias="", evidence=[]))
        connection.execute(update(analysis_aspects).where(analysis_aspects.c.mention_id.in_(ids)).values(surface=""))


def _persons_of(connection: Connection, author_ids: Sequence[int], customer_ids: Sequence[int]) -> set[int]:
    """The people who the authors are by themselves, and those who the customers are."""
    found: set[int] = set()
    for ids in batches(author_ids):
        found.update(connection.scalars(select(authors.c.own_person_id).where(authors.c.id.in_(ids))))
    for ids in batches(customer_ids):
        found.update(connection.scalars(select(people.c.id).where(people.c.customer_id.in_(ids))))
    return found


def _open_case(person_id: Any) -> ColumnElement[bool]:
    return exists().where(cases.c.person_id == person_id, cases.c.state.not_in(CLOSED))


def _pseudonymise(database: Database, connection: Connection, now: datetime, before: datetime) -> Sequence[int]:
    """Names, addresses and profiles of authors who are no known customers, and what in their mentions names them.

    One of our own side keeps the name by which they are recognised; so does every account of a known customer, and of one who
    is gone from the CRM, until that one is forgotten; who has an open case is still to be talked to. The key stays: it is a
    digest, and without it the same author would be somebody new.
    """
    own = exists().where(matches.c.author_id == authors.c.id, or_(matches.c.own_side, matches.c.outcome == Outcome.LINK.value))
    theirs = people.join(customers, customers.c.id == people.c.customer_id)
    customer = exists().select_from(theirs).where(people.c.id == authors.c.person_id, customers.c.retired_at.is_(None))
    query = select(authors.c.id).where(
        authors.c.pseudonym_at.is_(None), authors.c.last_heard_at < before, ~own, ~customer, ~_open_case(authors.c.person_id)
    )
    ids = connection.scalars(query).all()
    unknown: dict[str, Any] = {
        "contact_id": None,
        "account": None,
        "runner_up_id": None,
        "runner_up_probability": None,
        "evidence": [],
    }
    for chunk in batches(ids):
        connection.execute(update(authors).where(authors.c.id.in_(chunk)).values(**NOBODY, pseudonym_at=now))
        connection.execute(
            update(matches).where(matches.c.author_id.in_(chunk)).values(**unknown, outcome=Outcome.NONE.value, probability=0.0)
        )
        address: dict[str, Any] = {"url": None, "external_id": "", "repost_of": None, "origin": ""}
        connection.execute(update(mentions).where(mentions.c.author_id.in_(chunk)).values(address))
        connection.execute(delete(story_keys).where(story_keys.c.author_id.in_(chunk)))
    forget_who(database, connection, ids)
    return ids


def _forget_retired(database: Database, connection: Connection, before: datetime) -> Sequence[int]:
    """Blank customers that the CRM has no longer, unless a case about them is open; their authors are nobody known then."""
    theirs = select(people.c.id).join(cases, cases.c.person_id == people.c.id)
    talked_to = theirs.where(people.c.customer_id == customers.c.id, cases.c.state.not_in(CLOSED)).exists()
    query = select(customers.c.id, customers.c.contact_id)
    query = query.where(customers.c.retired_at < before, customers.c.content_hash != "", ~talked_to)
    contacts = {row.id: row.contact_id for row in connection.execute(query)}
    ids = list(contacts)
    names = ("first_name", "last_name", "company", "contact_id")
    rest = ("email", "website", "title", "city", "region", "language", "segment", "customer_since", "customer_until", "owner")
    blank: dict[str, Any] = {**dict.fromkeys(names, ""), **dict.fromkeys(rest)}
    blank |= {"domains": [], "products": [], "handles": [], "extra": {}}
    for chunk in batches(ids):
        connection.execute(update(customers).where(customers.c.id.in_(chunk)).values(**blank, content_hash=""))
    forget_customers_ties(connection, ids)
    forget_matches(database, connection, contacts.values())
    return ids


def _old_standings(connection: Connection, before: datetime) -> int:
    """Former standings go; the current one loses its sentence."""
    current = exists().where(judgements.c.standing_id == standings.c.id)
    old = standings.c.recorded_at < before
    connection.execute(update(standings).where(old, current, standings.c.why != "").values(why=""))
    return connection.execute(delete(standings).where(old, ~current)).rowcount


def _old_events(connection: Connection, before: datetime) -> int:
    closed = select(cases.c.id).where(cases.c.state.in_(CLOSED))
    old = (case_events.c.at < before, case_events.c.case_id.in_(closed), case_events.c.reason != "")
    return connection.execute(update(case_events).where(*old).values(reason="", detail={})).rowcount


def _withdraw_failed(connection: Connection, before: datetime, now: datetime) -> None:
    """Messages of alerts that were given up or refused so long ago: nobody sends them any more, so nothing needs their words."""
    ended = (outbox.c.state.in_([MessageState.PARKED.value, MessageState.REFUSED.value]), outbox.c.ended_at < before)
    failed = connection.scalars(select(outbox.c.id).where(*ended)).all()
    parts: list[int] = []
    for chunk in batches(failed):
        parts += connection.scalars(select(outbox.c.id).where(outbox.c.bundle_id.in_(chunk)))
    withdraw_messages(connection, [*failed, *parts], now, recall=False)


def _old_digests(connection: Connection, before: datetime) -> int:
    """Old digests go, with what is left of their messages; a recipient's next window begins where the last one ended.

    A recipient who has had no digest since starts anew.
    """
    return connection.execute(delete(digests).where(digests.c.until < before)).rowcount
