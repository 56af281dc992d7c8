"""Alerts: what was found, who may still have to react, and what became of it; kept with their messages in one transaction."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, or_, select, update

from listener.core.alert_ports import AlertFacts
from listener.core.alerting import (
    ESCALATED_WITHIN,
    PROGRAM,
    WAITING,
    AlertChange,
    AlertDraft,
    AlertPlan,
    AlertRecord,
    AlertRule,
    AlertState,
)
from listener.core.cases import Action, EventKind
from listener.core.messages import PROCESS_ENDED, Message, MessageKind, MessageState
from storage.alert_facts import alert_facts, note_seen
from storage.database import Database, batches
from storage.message_log import SentLine, count_messages, find_messages
from storage.outbox import put_messages
from storage.policies import Policies
from storage.tables import case_events, mentions
from storage.telling_tables import alert_messages, alert_quotes, alerts, outbox
from storage.withdrawing import close_moved, cut_quotes, withdraw_needless

_WAITING = [state.value for state in WAITING]
_ON_ITS_WAY = [state.value for state in MessageState if state not in {MessageState.WITHDRAWN, MessageState.REFUSED}]
_DECIDED = and_(case_events.c.kind == EventKind.DECIDED.value, case_events.c.action != Action.REOPEN.value)
_LAPSED = case_events.c.kind == EventKind.LAPSED.value
_SETTLED = exists().where(
    case_events.c.case_id == alerts.c.case_id,
    or_(and_(case_events.c.at >= alerts.c.opened_at, _DECIDED), and_(case_events.c.at > alerts.c.opened_at, _LAPSED)),
)
"""Whoever decides on a case has seen it, whatever they decide; a case that lapsed needs nobody. The very same moment counts for a
decision, which a person made with a clock of their own; a pass makes its alerts, and lets cases lapse before, at one moment."""

UNSEEN = and_(alerts.c.state.in_(_WAITING), ~_SETTLED)
"""Alerts that somebody may still have to look at; the same wherever they are listed or counted."""


class Alerts:
    """Implements ``AlertBook``, and keeps what people say of alerts."""

    def __init__(self, database: Database, policies: Policies) -> None:
        self._database = database
        self._policies = policies

    def alert_facts(self, now: datetime, limit: int) -> AlertFacts | None:
        """Case events that no alert was made of so far, oldest first, at most so many; ``None`` where there are none."""
        with self._database.read() as connection:
            return alert_facts(connection, now, limit, self._policies)

    def recent(self, subjects: Collection[str], since: datetime) -> Sequence[AlertRecord]:
        """Alerts about the subjects that were opened since then, oldest first, held ones among them."""
        found = []
        with self._database.read() as connection:
            for names in batches(sorted(set(subjects))):
                query = select(alerts).where(alerts.c.subject.in_(names), alerts.c.opened_at >= since)
                found += [_record(row) for row in connection.execute(query.order_by(alerts.c.id))]
        return found

    def waiting(self, now: datetime, escalate_after: timedelta | None = timedelta()) -> Sequence[AlertRecord]:
        """Alerts that something may become of by themselves, oldest first: those whose snooze is over, open ones whose case was
        decided, and open ones that were not escalated and that nobody acknowledged for so long (``None``: none of these)."""
        acts: ColumnElement[bool] = _SETTLED
        if escalate_after is not None:
            late = now - escalate_after
            is_late = and_(alerts.c.changed_at <= late, alerts.c.changed_at > late - ESCALATED_WITHIN)
            acts = or_(acts, and_(alerts.c.escalated_at.is_(None), is_late))
        is_open = and_(alerts.c.state == AlertState.OPEN.value, acts)
        is_over = and_(alerts.c.state == AlertState.SNOOZED.value, alerts.c.snoozed_until <= now)
        with self._database.read() as connection:
            return _records(connection, or_(is_open, is_over))

    def close_moved(self, now: datetime) -> int:
        """Close alerts whose words turned out to be somebody else's, and withdraw what waits to tell of them; how many."""
        with self._database.write() as connection:
            return close_moved(connection, now)

    def save(self, plan: AlertPlan, now: datetime, *, seen: int | None = None) -> None:
        """Keep alerts, changes and messages in one transaction, and that events up to ``seen`` were looked at."""
        with self._database.write() as connection:
            put_plan(self._database, connection, plan, now)
            if seen is not None:
                note_seen(self._database, connection, seen)

    def find(self, *, states: Collection[AlertState] | None = None, limit: int = 100) -> Sequence[AlertRecord]:
        """Alerts in one of the states (all by default), newest first."""
        wanted = alerts.c.state.in_([state.value for state in states or AlertState])
        with self._database.read() as connection:
            return _records(connection, wanted, newest=limit)

    def opened(self, at: datetime) -> int:
        """How many alerts were opened at that moment and are told; those that a limit held back are not."""
        query = select(func.count()).where(alerts.c.opened_at == at, alerts.c.state != AlertState.HELD.value)
        with self._database.read() as connection:
            return int(connection.scalar(query) or 0)

    def named(self, code: str, limit: int = 10) -> Sequence[AlertRecord]:
        """The alerts whose key begins so, newest first: one, unless the code is too short."""
        with self._database.read() as connection:
            return _records(connection, alerts.c.key.startswith(code, autoescape=True), newest=limit)

    def messages(
        self, *, state: MessageState | None = None, limit: int = 100, ids: Collection[int] | None = None
    ) -> Sequence[SentLine]:
        """Outgoing messages of every kind, newest first: of one state, or those of the ``ids``."""
        with self._database.read() as connection:
            return find_messages(connection, state=state, limit=limit, ids=ids)

    def count_messages(self, state: MessageState | None = None) -> int:
        """How many outgoing messages there are, of one state or of any."""
        with self._database.read() as connection:
            return count_messages(connection, state)

    def messages_about(self, alert_id: int) -> Sequence[SentLine]:
        """The messages that tell of the alert, oldest first."""
        with self._database.read() as connection:
            query = select(alert_messages.c.message_id).where(alert_messages.c.alert_id == alert_id)
            ids = connection.scalars(query).all()
            return find_messages(connection, state=None, limit=len(ids), ids=ids)[::-1] if ids else ()

    def recalled(self) -> Mapping[Message, bool]:
        """Messages that tell what may be kept no longer, without their words, and whether they went out, or may have."""
        columns = (outbox.c.dedup_key, outbox.c.channel, outbox.c.recipient, outbox.c.created_at, outbox.c.kind)
        gone = or_(outbox.c.state == MessageState.SENT.value, outbox.c.detail == PROCESS_ENDED).label("gone")
        query = select(*columns, gone).where(outbox.c.recalled_at.is_not(None)).order_by(outbox.c.id)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return {
            Message(
                row.dedup_key, row.channel, row.recipient, "", "", created_at=row.created_at, kind=MessageKind(row.kind)
            ): bool(row.gone)
            for row in rows
        }

    def taken_back(self, dedup_keys: Collection[str]) -> None:
        """Of these messages nothing is left that could be removed."""
        with self._database.write() as connection:
            for keys in batches(sorted(dedup_keys)):
                connection.execute(update(outbox).where(outbox.c.dedup_key.in_(keys)).values(recalled_at=None))


def put_plan(database: Database, connection: Connection, plan: AlertPlan, now: datetime) -> None:
    """Keep what a plan says, in the caller's transaction; what was kept before is neither kept nor told twice.

    Messages that nobody has tried to send so far are withdrawn where none of their alerts is open any more. Posts that were
    removed since the plan was made are taken out of its alerts, which are told anew.
    """
    _apply(connection, plan.changes, now)
    for keys in batches(plan.settled):
        here = (alerts.c.key.in_(keys), alerts.c.state.in_([*_WAITING, AlertState.ACKNOWLEDGED.value]))
        closed = {"state": AlertState.CLOSED.value, "changed_at": now, "snoozed_until": None}
        connection.execute(update(alerts).where(*here).values(closed))
    new = _add(database, connection, plan.alerts)
    old = {draft.key for draft, _ in plan.alerts} - new.keys()
    messages = [message for message in plan.messages if not message.alert_keys or not old.issuperset(message.alert_keys)]
    ids = {**_ids(connection, {key for message in messages for key in message.alert_keys} - new.keys()), **new}
    put_messages(database, connection, messages, now, alert_ids=ids)
    over = {change.alert_id for change in plan.changes if change.state is not AlertState.OPEN}
    withdraw_needless(connection, {*over, *_ids(connection, plan.settled).values()}, now)
    cut_quotes(connection, _removed(connection, new.values()), now)


def _add(database: Database, connection: Connection, found: Sequence[tuple[AlertDraft, AlertState]]) -> Mapping[str, int]:
    """Keep alerts that are not there yet; their ids by key."""
    by_key = {draft.key: (draft, state) for draft, state in found}
    known = _ids(connection, by_key)
    new = [pair for key, pair in by_key.items() if key not in known]
    ids = database.reserve(connection, alerts, len(new))
    database.add(connection, alerts, [_row(number, *pair) for number, pair in zip(ids, new, strict=True)])
    quotes = [
        {"alert_id": number, "mention_id": mention_id}
        for number, (draft, _) in zip(ids, new, strict=True)
        for mention_id in sorted({*draft.mention_ids, *quoted(draft.words)})
    ]
    database.add(connection, alert_quotes, quotes)
    return {draft.key: number for number, (draft, _) in zip(ids, new, strict=True)}


def _removed(connection: Connection, alert_ids: Iterable[int]) -> set[int]:
    """The mentions that the alerts quote and that are gone, or are blank."""
    found: set[int] = set()
    query = select(alert_quotes.c.mention_id).outerjoin(mentions, mentions.c.id == alert_quotes.c.mention_id)
    query = query.where(or_(mentions.c.id.is_(None), mentions.c.blanked_at.is_not(None)))
    for chunk in batches(alert_ids):
        found.update(connection.scalars(query.where(alert_quotes.c.alert_id.in_(chunk))))
    return found


def quoted(words: str) -> list[int]:
    """The mentions that an alert in words quotes."""
    return [quote["mention_id"] for item in json.loads(words).get("items", ()) for quote in item.get("quotes", ())]


def _ids(connection: Connection, keys: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in batches(keys):
        rows = connection.execute(select(alerts.c.key, alerts.c.id).where(alerts.c.key.in_(chunk)))
        found.update((row.key, row.id) for row in rows)
    return found


def _apply(connection: Connection, changes: Sequence[AlertChange], now: datetime) -> None:
    """What somebody acknowledged meanwhile, or what was closed, stays so whatever the program wanted with it."""
    by_columns: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for change in changes:
        values = _changed(change, now)
        by_columns[tuple(values)].append({"of_id": change.alert_id, **{f"new_{name}": it for name, it in values.items()}})
    waits = or_(*(alerts.c.state == state for state in _WAITING))  # a list cannot be bound for many rows at once
    here = update(alerts).where(alerts.c.id == bindparam("of_id"), waits)
    for names, rows in by_columns.items():
        for batch in batches(rows):
            connection.execute(here.values({name: bindparam(f"new_{name}") for name in names}), batch)


def _changed(change: AlertChange, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {
        "state": change.state.value,
        "changed_at": min(change.at, now),
        "snoozed_until": change.snoozed_until,
    }
    if change.actor != PROGRAM:
        values |= {"actor": change.actor, "note": change.note}
    if change.escalated_at is not None:
        values["escalated_at"] = change.escalated_at
    return values


def _row(number: int, draft: AlertDraft, state: AlertState) -> dict[str, Any]:
    return {
        "id": number,
        "key": draft.key,
        "rule": draft.rule.value,
        "subject": draft.subject,
        "brand": draft.brand,
        "person_id": draft.person_id,
        "case_id": draft.case_id,
        "state": state.value,
        "words": draft.words,
        "segment": draft.segment,
        "owner": draft.owner,
        "opened_at": draft.at,
        "changed_at": draft.at,
    }


def _records(connection: Connection, where: Any, newest: int | None = None) -> list[AlertRecord]:
    """Alerts with whether their case was decided and who was told of them: oldest first, or so many of the newest."""
    query = select(alerts, _SETTLED.label("settled")).where(where)
    query = query.order_by(alerts.c.id) if newest is None else query.order_by(alerts.c.id.desc()).limit(newest)
    rows = connection.execute(query).all()
    told: defaultdict[int, list[Any]] = defaultdict(list)
    for ids in batches(row.id for row in rows):
        sent = select(
            alert_messages.c.alert_id, *(outbox.c[name] for name in ("channel", "recipient", "created_at", "not_before"))
        )
        sent = sent.join(outbox, outbox.c.id == alert_messages.c.message_id)
        for row in connection.execute(sent.where(alert_messages.c.alert_id.in_(ids), outbox.c.state.in_(_ON_ITS_WAY))):
            told[row.alert_id].append(row)
    return [_record(row, told[row.id], settled=bool(row.settled)) for row in rows]


def _record(row: Any, messages: Sequence[Any] = (), *, settled: bool = False) -> AlertRecord:
    due = (max(one.created_at, one.not_before or one.created_at) for one in messages if one.created_at >= row.changed_at)
    return AlertRecord(
        id=row.id,
        key=row.key,
        rule=AlertRule(row.rule),
        subject=row.subject,
        state=AlertState(row.state),
        words=row.words,
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        brand=row.brand,
        person_id=row.person_id,
        case_id=row.case_id,
        segment=row.segment,
        owner=row.owner,
        snoozed_until=row.snoozed_until,
        escalated_at=row.escalated_at,
        actor=row.actor,
        note=row.note,
        settled=settled,
        told=frozenset((one.channel, one.recipient) for one in messages),
        told_at=min(due, default=None),
    )
