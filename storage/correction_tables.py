"""The tables of what people corrected: mentions, and what phrases mean."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer

from storage.columns import Id, ref, row_id, table
from storage.types import Moment, json, text

corrections = table(
    "corrections",
    row_id(),
    ref("mention_id", "mentions", nullable=True),
    Column("revision", Integer),
    text("kind", "nobody"),
    text("value", "nobody"),
    text("target", "nobody", nullable=True),
    json("named", "nobody"),
    text("phrase", "nobody", nullable=True),
    text("brand", "nobody", nullable=True),
    text("note", "author"),
    text("actor", "staff"),
    Column("at", Moment, nullable=False),
    text("engine", "nobody", nullable=True),
    text("version", "nobody", nullable=True),
    text("verdict", "nobody", nullable=True),
    Column("negative", Float),
    Column("neutral", Float),
    Column("positive", Float),
    Column("ended_at", Moment),
    text("ended_by", "staff", nullable=True),
    Index(None, "mention_id", "ended_at"),
)
"""One row a correction, never changed but for the engine's verdict (``engine`` to ``positive``), which a newer engine renews, and
for its end: undone, or another took its place. It holds for ``revision`` of the mention only; a phrase rule has no mention.
``target`` is that of a sentiment or a target; ``named`` are all targets that it speaks of."""

corrected_analyses = table(
    "corrected_analyses",
    Column("mention_id", Id, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", Integer, nullable=False),
    json("analysis", "author"),
)
"""What the engine itself says of a mention with corrections: these are laid over it, and it comes back when they are undone."""
