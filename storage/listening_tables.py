"""The tables of the listening itself: where each stream is, what happened in each run, what it used and what was lost."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, UniqueConstraint

from storage.columns import Id, row_id, table
from storage.types import Moment, json, text

cursors = table(
    "cursors",
    text("source", "nobody", primary_key=True),
    text("stream", "nobody", primary_key=True),
    text("platform", "nobody"),
    json("cursor", "nobody"),
    Column("first_saved_at", Moment, nullable=False),
    Column("saved_at", Moment, nullable=False),
)

runs = table(
    "runs",
    row_id(),
    Column("started_at", Moment, nullable=False, index=True),
    Column("ended_at", Moment),
    json("counts", "nobody"),
    text("error", "nobody", nullable=True),
)

run_sources = table(
    "run_sources",
    Column("run_id", Id, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    text("source", "nobody", primary_key=True),
    text("kind", "nobody"),
    text("health", "nobody"),
    Column("at", Moment, nullable=False, index=True),
    Column("heard_until", Moment),
    Column("streams", Integer, nullable=False),
    Column("streams_failed", Integer, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("duplicates", Integer, nullable=False),
    json("rejected", "nobody"),
    text("reason", "nobody", nullable=True),
    Column("streams_refused", Integer, nullable=False, server_default="0"),
    Index(None, "source", "run_id"),
)

stream_states = table(
    "stream_states",
    text("source", "nobody", primary_key=True),
    text("stream", "nobody", primary_key=True),
    Column("run_id", Id, nullable=False),
    Column("last_attempt", Moment, nullable=False),
    Column("last_success", Moment),
    text("last_error", "nobody", nullable=True),
    Column("not_before", Moment),
    Column("failures", Integer, nullable=False),
    text("outcome", "nobody", nullable=True),
    text("notice", "nobody", nullable=True),
    Column("heard_until", Moment),
)
"""How each stream stands now; ``failures`` in a row. ``outcome`` is how the last attempt ended: ok, retry, refused, paused or
broken. ``heard_until`` is the moment until which all was heard: earlier than ``last_success`` where more is to be fetched."""

gaps = table(
    "gaps",
    row_id(),
    text("source", "nobody"),
    text("stream", "nobody"),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    text("reason", "nobody"),
    Column("noticed_at", Moment, nullable=False, index=True),
    UniqueConstraint("source", "stream", "since", "until"),
)
"""Windows of time that could not be heard, and never will be."""

used = table(
    "used",
    text("source", "nobody", primary_key=True),
    text("day", "nobody", primary_key=True),
    text("unit", "nobody", primary_key=True),
    Column("amount", BigInteger, nullable=False),
)
"""The ledger: what a source used of what is counted, by UTC day (ISO 8601)."""

incidents = table(
    "incidents",
    row_id(),
    text("source", "nobody"),
    text("kind", "nobody"),
    text("reason", "nobody"),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Index(None, "source", "closed_at"),
)
"""A source that fails or is silent, from its one alert to its one notice of recovery; ``kind``: failing or silent."""

jobs = table(
    "jobs",
    text("name", "nobody", primary_key=True),
    Column("slot", Moment, nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("done_at", Moment),
)
"""The last slot of each job that anybody began; ``done_at`` is NULL until it is done."""

counts = table(
    "counts",
    text("source", "nobody", primary_key=True),
    text("platform", "nobody", primary_key=True),
    text("brand", "nobody", primary_key=True),
    text("target", "nobody", primary_key=True),
    text("day", "nobody", primary_key=True),
    text("label", "nobody", primary_key=True),
    Column("history", Boolean, primary_key=True),
    Column("counted_at", Moment, primary_key=True, index=True),
    Column("mentions", Integer, nullable=False),
)
"""Posts under policies that allow nothing but counts: how many, by the day they were published (ISO 8601). A post that speaks of
several brands counts once for each; ``target`` is the one that speaks for the brand. ``history`` as in ``mentions``."""

counted = table(
    "counted",
    text("key", "nobody", primary_key=True),
    Column("counted_at", Moment, nullable=False, index=True),
)
"""Which posts became counts, as keyed hashes, so that none counts again when it is heard again; ``counted_at`` is when it was
counted, or heard again since."""
