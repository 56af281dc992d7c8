"""What is kept of the listening: gaps, what was used, incidents, jobs, counts; and when a post was last seen to be there."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("mentions", sa.Column("confirmed_at", MOMENT, nullable=True))
    op.add_column("mentions", sa.Column("removed_at", MOMENT, nullable=True))
    op.create_index(op.f("ix_mentions_source_said_at"), "mentions", ["source", "said_at"])
    op.add_column("run_sources", sa.Column("streams_refused", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(op.f("ix_run_sources_source_run_id"), "run_sources", ["source", "run_id"])
    op.add_column("stream_states", sa.Column("outcome", sa.Text(), nullable=True))
    op.add_column("stream_states", sa.Column("notice", sa.Text(), nullable=True))
    op.add_column("stream_states", sa.Column("heard_until", MOMENT, nullable=True))
    op.execute("UPDATE stream_states SET heard_until = last_success")
    op.create_table(
        "gaps",
        sa.Column("id", ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("noticed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps")),
        sa.UniqueConstraint("source", "stream", "since", "until", name=op.f("uq_gaps_source_stream_since_until")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_gaps_noticed_at"), "gaps", ["noticed_at"])
    op.create_table(
        "used",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "day", "unit", name=op.f("pk_used")),
    )
    op.create_table(
        "incidents",
        sa.Column("id", ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_incidents_source_closed_at"), "incidents", ["source", "closed_at"])
    op.create_table(
        "jobs",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slot", MOMENT, nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_jobs")),
    )
    op.create_table(
        "counts",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("history", sa.Boolean(), nullable=False),
        sa.Column("counted_at", MOMENT, nullable=False),
        sa.Column("mentions", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            *("source", "platform", "brand", "target", "day", "label", "history", "counted_at"), name=op.f("pk_counts")
        ),
    )
    op.create_index(op.f("ix_counts_counted_at"), "counts", ["counted_at"])
    op.create_table(
        "counted",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("counted_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_counted")),
    )
    op.create_index(op.f("ix_counted_counted_at"), "counted", ["counted_at"])
    _what_was_quoted()


def _what_was_quoted() -> None:
    """Digests that were told before say in their data which mentions they quote."""
    op.create_table(
        "digest_quotes",
        sa.Column("digest_id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["digest_id"], ["digests.id"], name=op.f("fk_digest_quotes_digest_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest_id", "mention_id", name=op.f("pk_digest_quotes")),
    )
    op.create_index(op.f("ix_digest_quotes_mention_id"), "digest_quotes", ["mention_id"])
    connection = op.get_bind()
    add = sa.text("INSERT INTO digest_quotes (digest_id, mention_id, shown) VALUES (:digest, :mention, :shown)")
    for digest_id in connection.scalars(sa.text("SELECT id FROM digests ORDER BY id")).all():
        data = json.loads(connection.scalar(sa.text("SELECT data FROM digests WHERE id = :id"), {"id": digest_id}))
        shown: dict[int, bool] = {}
        for quote in (quote for entry in data.get("people", []) for quote in entry.get("quotes") or []):
            shown[quote["mention_id"]] = shown.get(quote["mention_id"], False) or bool(quote.get("text") or quote.get("url"))
        if shown:
            connection.execute(add, [{"digest": digest_id, "mention": one, "shown": its} for one, its in sorted(shown.items())])
