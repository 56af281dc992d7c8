"""The tables of what people were told: digests, which mentions they tell of, and outgoing messages."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, UniqueConstraint

from storage.columns import Id, ref, row_id, table
from storage.types import Moment, text

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

outbox = table(
    "outbox",
    row_id(),
    text("dedup_key", "nobody", unique=True),
    ref("digest_id", "digests", nullable=True, index=True),
    text("channel", "nobody"),
    text("recipient", "staff"),
    text("subject", "author"),
    text("text", "author"),
    text("html", "author", nullable=True),
    text("state", "nobody"),
    Column("created_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Moment),
    Column("ended_at", Moment),
    text("detail", "staff", nullable=True),
    Index(None, "state", "next_attempt_at"),
)
"""``state``: waiting, sent, parked (gave up after a day), refused (no such recipient), withdrawn (by an erasure)."""
