"""Alerts that are kept, bursts of mentions, and messages for chats: cards, pictures, bundles and quiet hours."""

from __future__ import annotations

from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _alerts()
    _spikes()
    op.add_column("outbox", sa.Column("kind", sa.Text(), nullable=False, server_default="digest"))
    op.add_column("outbox", sa.Column("card", sa.Text(), nullable=True))
    op.add_column("outbox", sa.Column("pictures", sa.JSON(), nullable=True))
    op.add_column("outbox", sa.Column("not_before", MOMENT, nullable=True))
    op.add_column("outbox", sa.Column("bundle_id", ID, nullable=True))
    op.add_column("outbox", sa.Column("recalled_at", MOMENT, nullable=True))
    op.add_column("outbox", sa.Column("down", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(op.f("ix_outbox_bundle_id"), "outbox", ["bundle_id"])
    # What was told of sources so far were alerts, too.
    op.execute("UPDATE outbox SET kind = 'alert' WHERE dedup_key LIKE 'alert:%' OR dedup_key LIKE 'recovery:%'")


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("case_id", ID, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("snoozed_until", MOMENT, nullable=True),
        sa.Column("escalated_at", MOMENT, nullable=True),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_alerts_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_alerts_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("key", name=op.f("uq_alerts_key")),
        sqlite_autoincrement=True,
    )
    for columns in (["subject"], ["person_id"], ["case_id"], ["opened_at"], ["state", "opened_at"]):
        op.create_index(op.f(f"ix_alerts_{'_'.join(columns)}"), "alerts", columns)
    op.create_table(
        "alert_quotes",
        sa.Column("alert_id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_quotes_alert_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alert_id", "mention_id", name=op.f("pk_alert_quotes")),
    )
    op.create_index(op.f("ix_alert_quotes_mention_id"), "alert_quotes", ["mention_id"])
    op.create_table(
        "alert_messages",
        sa.Column("message_id", ID, nullable=False),
        sa.Column("alert_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["outbox.id"], name=op.f("fk_alert_messages_message_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_messages_alert_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", "alert_id", name=op.f("pk_alert_messages")),
    )
    op.create_index(op.f("ix_alert_messages_alert_id"), "alert_messages", ["alert_id"])
    # What happened before there were alerts is told in digests, and not at once, all of it: no event of a case, and nothing that
    # was said until now makes a burst or a critique that spreads.
    op.execute(
        "INSERT INTO meta (name, value) SELECT 'alerts_seen', CAST(id AS TEXT)"
        " FROM (SELECT max(id) AS id FROM case_events) AS newest WHERE id > 0"
    )
    heard = sa.select(sa.func.max(sa.column("heard_at", MOMENT))).select_from(sa.table("mentions"))
    newest = op.get_bind().scalar(heard)
    if newest is not None:
        known = newest.replace(tzinfo=UTC) if newest.tzinfo is None else newest.astimezone(UTC)
        meta = sa.table("meta", sa.column("name", sa.Text()), sa.column("value", sa.Text()))
        op.execute(meta.insert().values(name="alerts_since", value=known.isoformat()))


def _spikes() -> None:
    op.create_table(
        "spike_incidents",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("start", MOMENT, nullable=False),
        sa.Column("detected_at", MOMENT, nullable=False),
        sa.Column("last_excess_at", MOMENT, nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("count", sa.Float(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("p_value", sa.Float(), nullable=False),
        sa.Column("told_excess", sa.Float(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spike_incidents")),
        sa.UniqueConstraint("brand", "measure", "start", name=op.f("uq_spike_incidents_brand_measure_start")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_spike_incidents_detected_at"), "spike_incidents", ["detected_at"])
    op.create_table(
        "spike_marks",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("judged_until", MOMENT, nullable=False),
        sa.Column("looked_at", MOMENT, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("brand", name=op.f("pk_spike_marks")),
    )
