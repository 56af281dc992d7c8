"""The tables of what people are told: digests, alerts, which mentions these tell of, bursts, and outgoing messages."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, UniqueConstraint, false

from storage.columns import Id, ref, row_id, table
from storage.types import Moment, json, text

digests = table(
    "digests",
    row_id(),
    text("recipient", "staff"),
    text("day", "nobody"),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    text("data", "author"),
    Column("saved_at", Moment, nullable=False),
    UniqueConstraint("recipient", "day"),
)

digest_quotes = table(
    "digest_quotes",
    Column("digest_id", Id, ForeignKey("digests.id", ondelete="CASCADE"), primary_key=True),
    Column("mention_id", Id, primary_key=True, index=True),
    Column("shown", Boolean, nullable=False),
)
"""Which mentions a stored digest tells of; ``shown`` where it holds their words or address."""

alerts = table(
    "alerts",
    row_id(),
    text("key", "nobody", unique=True),
    text("rule", "nobody"),
    text("subject", "nobody", index=True),
    text("brand", "nobody", nullable=True),
    ref("person_id", "people", nullable=True, index=True),
    ref("case_id", "cases", nullable=True, index=True),
    text("state", "nobody"),
    text("segment", "customer", nullable=True),
    text("owner", "staff", nullable=True),
    Column("opened_at", Moment, nullable=False, index=True),
    Column("changed_at", Moment, nullable=False),
    Column("snoozed_until", Moment),
    Column("escalated_at", Moment),
    text("actor", "staff", nullable=True),
    text("note", "staff", nullable=True),
    text("words", "author"),
    Index(None, "state", "opened_at"),
)
"""``words`` is the alert as JSON (``listener.alerts.model``); it comes last, for it is long: SQLite need not read over it
where it looks for what is due. ``key`` is a digest of the fact, ``subject`` names ids of ours."""

alert_quotes = table(
    "alert_quotes",
    Column("alert_id", Id, ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True),
    Column("mention_id", Id, primary_key=True, index=True),
)
"""Which mentions the words of an alert quote."""

spike_incidents = table(
    "spike_incidents",
    row_id(),
    text("brand", "nobody"),
    text("measure", "nobody"),
    Column("start", Moment, nullable=False),
    Column("detected_at", Moment, nullable=False, index=True),
    Column("last_excess_at", Moment, nullable=False),
    Column("hours", Integer, nullable=False),
    Column("count", Float, nullable=False),
    Column("expected", Float, nullable=False),
    Column("p_value", Float, nullable=False),
    Column("told_excess", Float, nullable=False),
    Column("total", Integer),
    Column("closed_at", Moment),
    UniqueConstraint("brand", "measure", "start"),
)

spike_marks = table(
    "spike_marks",
    text("brand", "nobody", primary_key=True),
    Column("judged_until", Moment, nullable=False),
    Column("looked_at", Moment, nullable=False),
    Column("since", Moment, nullable=False),
)
"""Until the end of which hour a brand's mentions were judged, when they were looked at last, and since when the brand has been
listened to."""

outbox = table(
    "outbox",
    row_id(),
    text("dedup_key", "nobody", unique=True),
    ref("digest_id", "digests", nullable=True, index=True),
    text("kind", "nobody", server_default="digest"),
    text("channel", "nobody"),
    text("recipient", "staff"),
    text("subject", "author"),
    text("text", "author"),
    text("html", "author", nullable=True),
    text("card", "author", nullable=True),
    json("pictures", "author", nullable=True),
    text("state", "nobody"),
    Column("created_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Moment),
    Column("ended_at", Moment),
    text("detail", "staff", nullable=True),
    Column("not_before", Moment),
    Column("bundle_id", Id, index=True),
    Column("recalled_at", Moment),
    Column("down", Boolean, nullable=False, server_default=false()),
    Index(None, "state", "next_attempt_at"),
)
"""``state``: waiting, sent, parked (gave up after a day), refused (no such recipient), withdrawn (by an erasure), bundled (told
in ``bundle_id``, with others that waited). ``down``: its last attempt failed because of its channel. ``card`` and ``pictures``
are JSON (``listener.core.messages``). ``recalled_at``: it went out, or may have, and tells what may be kept no longer: its file
is to be removed."""

alert_messages = table(
    "alert_messages",
    Column("message_id", Id, ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True),
    Column("alert_id", Id, ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True, index=True),
)
"""Which alerts a message tells of: one, or several at once."""
