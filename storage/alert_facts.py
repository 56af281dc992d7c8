"""What happened to cases since alerts were last made of it: events past a cursor, with the people whom they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from listener.core.alert_ports import AlertFacts
from listener.core.cases import CaseKind, EventKind
from listener.core.telling import PersonFacts
from listener.core.times import as_utc
from storage.database import Database, batches
from storage.facts import person_facts
from storage.policies import Policies
from storage.tables import case_events, cases, mentions, meta

SEEN = "alerts_seen"
"""Under this name ``meta`` keeps the id of the newest event that alerts were made of."""
SINCE = "alerts_since"
"""Under this name ``meta`` keeps until when everything had been heard when alerts came to a store that was in use."""
FRESH = timedelta(days=7)
"""A mention heard so long before the event is news no more: what an engine, a rule or a link made of old posts is for digests."""

_KINDS = [CaseKind.CANDIDATE.value, CaseKind.FOLLOW_UP.value]
_MADE_OF = [EventKind.OPENED.value, EventKind.REOPENED.value, EventKind.UPDATED.value, EventKind.LAPSED.value]
_MOMENT = timedelta(microseconds=1)


def alert_facts(connection: Connection, now: datetime, limit: int, policies: Policies) -> AlertFacts | None:
    """The next events, at most ``limit``; of people of whom nothing new was heard only that they were looked at."""
    seen = _seen(connection)
    newest = connection.scalars(select(case_events.c.id).where(case_events.c.id > seen).order_by(case_events.c.id).limit(limit))
    ids = newest.all()
    if not ids:
        return None
    last = ids[-1]
    query = select(case_events, cases.c.person_id, cases.c.brand).join(cases, cases.c.id == case_events.c.case_id)
    query = query.where(case_events.c.id > seen, case_events.c.id <= last)
    query = query.where(case_events.c.kind.in_(_MADE_OF), cases.c.kind.in_(_KINDS)).order_by(case_events.c.id)
    events = connection.execute(query).all()
    news = _news(connection, events)
    pairs = {(row.person_id, row.brand) for row in events if news.intersection(_named(row))}
    if not pairs:
        return AlertFacts(last)
    moments = [row.at for row in events if (row.person_id, row.brand) in pairs]
    people = person_facts(connection, sorted(pairs), min(moments) - _MOMENT, max(now, *moments), policies)
    return AlertFacts(last, tuple(_with_only(facts, range(seen + 1, last + 1)) for facts in people), frozenset(news))


def alerts_since(connection: Connection) -> datetime | None:
    """What was said before then is no news; ``None`` where the store had alerts from its beginning."""
    found = connection.scalar(select(meta.c.value).where(meta.c.name == SINCE))
    return as_utc(datetime.fromisoformat(found)) if found else None


def _seen(connection: Connection) -> int:
    return int(connection.scalar(select(meta.c.value).where(meta.c.name == SEEN)) or 0)


def note_seen(database: Database, connection: Connection, seen: int) -> None:
    """Keep that events up to ``seen`` were looked at; never fewer than before."""
    row = {"name": SEEN, "value": str(max(seen, _seen(connection)))}
    database.put(connection, meta, [row], update=("value",))


def _named(event: Any) -> list[int]:
    """The mentions that were new to the case by the event."""
    found = event.detail.get("new", []) if isinstance(event.detail, dict) else []
    return [number for number in found if isinstance(number, int)]


def _news(connection: Connection, events: Sequence[Any]) -> set[int]:
    since: dict[int, datetime] = {}
    for event in events:
        for number in _named(event):
            since[number] = min(event.at - FRESH, since.get(number, event.at))
    news: set[int] = set()
    for ids in batches(since):
        query = select(mentions.c.id, mentions.c.heard_at).where(mentions.c.id.in_(ids), ~mentions.c.history)
        rows = connection.execute(query.where(mentions.c.blanked_at.is_(None)))
        news.update(row.id for row in rows if row.heard_at >= since[row.id])
    return news


def _with_only(facts: PersonFacts, event_ids: range) -> PersonFacts:
    """The facts with just these events."""
    theirs = (replace(one, events=tuple(event for event in one.events if event.event_id in event_ids)) for one in facts.cases)
    return replace(facts, cases=tuple(theirs))
