"""Alerts and outgoing messages as people see them: rows of tables, and a page about an alert."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from listener.cli.output import Column, facts, moment, paragraph, say, table
from listener.core.plain import one_line
from listener.timewords import moment_words

if TYPE_CHECKING:
    from listener.core.alerting import AlertRecord
    from storage.message_log import SentLine


def message_row(line: SentLine) -> dict[str, Any]:
    """A message on one line: the keys of ``--json``."""
    return {
        "id": line.id,
        "kind": line.kind,
        "what": line.what,
        "channel": line.channel,
        "recipient": line.recipient,
        "state": line.state,
        "created_at": line.created_at,
        "attempts": line.attempts,
        "next_attempt_at": line.next_attempt_at,
        "not_before": line.not_before,
        "ended_at": line.ended_at,
        "detail": line.detail,
        "alerts": [short(key) for key in line.alerts],
    }


def short(key: str) -> str:
    """By what people name an alert."""
    from listener.alerts.messages import code

    return code(key)


def message_table(lines: Sequence[SentLine], now: datetime) -> None:
    columns = [Column("id", right=True), Column("when"), Column("kind"), Column("what", wide=True), Column("to", wide=True)]
    rows = [
        (
            str(line.id),
            moment_words(line.created_at, UTC, now.date()),
            line.kind,
            line.what,
            _address(line),
            _state_of(line, now),
        )
        for line in lines
    ]
    table([*columns, Column("state")], rows)
    failed = [line for line in lines if line.detail and line.state.value not in {"sent", "withdrawn", "bundled"}]
    for line in failed[:_TROUBLES]:
        when = f"; next attempt {moment_words(line.next_attempt_at, UTC, now.date())}" if line.next_attempt_at else ""
        paragraph(f"{line.id}: {one_line(line.detail or '', 200)}{when}")
    if len(failed) > _TROUBLES:
        say(f"And {len(failed) - _TROUBLES} more that failed: listener alerts list --json")


def _state_of(line: SentLine, now: datetime) -> str:
    """``waiting, quiet until 07:30``: held by the recipient's quiet hours."""
    if line.state.value == "waiting" and line.not_before is not None and line.not_before > now:
        return f"{line.state}, quiet until {moment_words(line.not_before, UTC, now.date())}"
    return str(line.state)


def say_became(line: SentLine, now: datetime) -> None:
    """What became of one message that was tried again: ``53: waiting; the folder is full; next attempt 14:05 UTC``."""
    parts = [f"{line.id}: {_state_of(line, now)}"]
    if line.detail and line.state.value != "sent":
        parts.append(one_line(line.detail, 200))
    if line.next_attempt_at and line.state.value == "waiting":
        parts.append(f"next attempt {moment_words(line.next_attempt_at, UTC, now.date())} UTC")
    paragraph("; ".join(parts))


_TROUBLES = 5
"""So many failures are told below the table."""


def _address(line: SentLine) -> str:
    """``mail: ines@quillon.example``; a channel with one recipient only is its name."""
    return line.channel if line.recipient in {"digest", line.channel} else f"{line.channel}: {line.recipient}"


def alert_row(record: AlertRecord) -> dict[str, Any]:
    """An alert as JSON: its words are told as data."""
    from listener.alerts.model import Alert

    alert = Alert.from_json(record.words)
    return {
        "id": short(record.key),
        "rule": record.rule,
        "state": record.state,
        "news": alert.news,
        "brand": record.brand,
        "subject": record.subject,
        "case_id": record.case_id,
        "opened_at": record.opened_at,
        "changed_at": record.changed_at,
        "snoozed_until": record.snoozed_until,
        "escalated_at": record.escalated_at,
        "actor": record.actor,
        "note": record.note,
        "told": [{"channel": channel, "recipient": recipient} for channel, recipient in sorted(record.told)],
    }


def alert_table(records: Sequence[AlertRecord], now: datetime) -> None:
    from listener.alerts.model import Alert

    columns = [Column("id"), Column("since"), Column("rule"), Column("what", wide=True), Column("state", wide=True)]
    rows = [
        (
            short(record.key),
            moment_words(record.opened_at, UTC, now.date()),
            record.rule,
            Alert.from_json(record.words).news,
            _state(record, now),
        )
        for record in records
    ]
    table(columns, rows)


def _state(record: AlertRecord, now: datetime) -> str:
    if record.snoozed_until is not None:
        return f"{record.state} until {moment_words(record.snoozed_until, UTC, now.date())}"
    return f"{record.state}, escalated" if record.escalated_at and record.state.value == "open" else str(record.state)


def print_alert(record: AlertRecord, lines: Sequence[SentLine], now: datetime) -> None:
    """All about one alert: what it says, who was told, and what became of it."""
    from listener.alerts.model import Alert
    from listener.render.alert import render_alert

    say(render_alert(Alert.from_json(record.words)).text)
    by = f" by {one_line(record.actor)}" if record.actor else ""
    facts(
        [
            ("Alert", f"{short(record.key)}, rule {record.rule}"),
            ("State", f"{_state(record, now)}{by}"),
            ("Note", record.note),
            ("Since", f"{moment(record.opened_at)} UTC"),
            ("Escalated", f"{moment(record.escalated_at)} UTC" if record.escalated_at else None),
            *(("Told", f"{_address(line)}, {line.state} {moment(line.ended_at or line.created_at)} UTC") for line in lines),
        ]
    )
