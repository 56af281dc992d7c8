"""The tables of who is who: what people decided, which authors are one person, and where contacts worked before."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer

from storage.columns import Id, Key, ref, row_id, table
from storage.types import Moment, json, text

key_counts = table(
    "key_counts",
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("bearers", Integer, nullable=False),
)
"""How many customers have a key: a blocking key, or one that is only counted (how frequent a name is)."""

author_keys = table(
    "author_keys",
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("author_id", Id, ForeignKey("authors.id", ondelete="CASCADE"), primary_key=True, index=True),
    rowid=False,
)
"""Under which keys an author was looked for, as keyed hashes: who is touched by a change of a customer, or by another author."""

identity_decisions = table(
    "identity_decisions",
    row_id(),
    text("kind", "nobody"),
    ref("author_id", "authors"),
    text("contact_id", "customer", nullable=True),
    text("contact_key", "nobody", nullable=True, index=True),
    ref("other_author_id", "authors", nullable=True),
    text("note", "author"),
    text("actor", "staff"),
    Column("at", Moment, nullable=False),
    Column("ended_at", Moment),
    text("ended_by", "staff", nullable=True),
    Index(None, "author_id", "ended_at"),
    Index(None, "other_author_id", "ended_at"),
)
"""One row a decision, never changed but for its end: undone, or another took its place."""

merges = table(
    "merges",
    Column("author_id", Id, ForeignKey("authors.id", ondelete="CASCADE"), primary_key=True),
    Column("other_author_id", Id, ForeignKey("authors.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("probability", Float, nullable=False),
    Column("certain", Boolean, nullable=False),
    Column("prior_bits", Float, nullable=False),
    json("evidence", "author"),
    text("engine", "nobody"),
    text("version", "nobody"),
    Column("found_at", Moment, nullable=False),
)
"""Two authors who are (``certain``), or may be, one person, as the evidence says; what people decided stands over it."""

merge_queue = table(
    "merge_queue",
    Column("author_id", Id, ForeignKey("authors.id", ondelete="CASCADE"), primary_key=True),
)
"""Who is to be compared with other authors; filled in the transaction that keeps their match."""

match_weights = table(
    "match_weights",
    row_id(),
    json("weights", "nobody"),
    text("summary", "nobody"),
    text("actor", "staff"),
    Column("at", Moment, nullable=False),
    Column("ended_at", Moment),
)
"""Weights of evidence estimated on this store's own customers and decisions; the newest that has not ended is used."""

employments = table(
    "employments",
    row_id(),
    ref("customer_id", "customers"),
    text("company", "customer"),
    text("title", "customer", nullable=True),
    text("website", "customer", nullable=True),
    Column("until", Moment, nullable=False),
    Index(None, "customer_id", "until"),
)
"""Where a contact worked before, as the CRM had it: the history of a person stays with the company of the time."""

customer_pairs = table(
    "customer_pairs",
    Column("customer_id", Id, ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True),
    Column("other_customer_id", Id, ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("probability", Float, nullable=False),
    json("evidence", "customer"),
    text("state", "nobody"),
    text("actor", "staff", nullable=True),
    Column("found_at", Moment, nullable=False),
    Column("decided_at", Moment),
)
"""Two entries of the CRM that may be one person: proposed, never merged by itself. ``state``: proposed, same or different."""
