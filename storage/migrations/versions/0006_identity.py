"""Who is who: decisions, merges, keys of authors and how frequent keys are, more of customers, and where contacts worked before.

Blocking keys become 64-bit hashes. They cannot be computed here: the next pass, or import, makes those of every customer anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.drop_table("customer_domains")
    op.drop_table("customer_keys")
    _keys()
    # Column by column: to make such a table anew, SQLite would delete the old one, and with its rows those that refer to them.
    op.drop_index(op.f("ix_customers_name_key"), "customers")
    op.drop_column("customers", "name_key")
    op.add_column("customers", sa.Column("blocking", sa.LargeBinary(), nullable=True))
    op.add_column("customers", sa.Column("domains", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("customers", sa.Column("region", sa.Text(), nullable=True))
    op.add_column("customers", sa.Column("language", sa.Text(), nullable=True))
    op.add_column("customers", sa.Column("customer_until", sa.Text(), nullable=True))
    op.add_column("matches", sa.Column("prior_bits", sa.Float(), nullable=False, server_default="0"))
    _decisions()
    _merges()
    _customers()


def _keys() -> None:
    op.create_table(
        "customer_keys",
        sa.Column("key", ID, autoincrement=False, nullable=False),
        sa.Column("customer_id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "customer_id", name=op.f("pk_customer_keys")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "author_keys",
        sa.Column("key", ID, autoincrement=False, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_author_keys_author_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", "author_id", name=op.f("pk_author_keys")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_author_keys_author_id"), "author_keys", ["author_id"])
    op.create_table(
        "key_counts",
        sa.Column("key", ID, autoincrement=False, nullable=False),
        sa.Column("bearers", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_key_counts")),
    )
    op.drop_table("staged_customers")  # what an import that was cut short left there was made with the keys of before
    op.create_table(
        "staged_customers",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("contact_key", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=True),
        sa.Column("blocking", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_staged_customers")),
        sa.UniqueConstraint("contact_key", name=op.f("uq_staged_customers_contact_key")),
    )


def _decisions() -> None:
    op.create_table(
        "identity_decisions",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=True),
        sa.Column("contact_key", sa.Text(), nullable=True),
        sa.Column("other_author_id", ID, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_identity_decisions_author_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["other_author_id"], ["authors.id"], name=op.f("fk_identity_decisions_other_author_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_decisions")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_identity_decisions_contact_key"), "identity_decisions", ["contact_key"])
    op.create_index(op.f("ix_identity_decisions_author_id_ended_at"), "identity_decisions", ["author_id", "ended_at"])
    op.create_index(op.f("ix_identity_decisions_other_author_id_ended_at"), "identity_decisions", ["other_author_id", "ended_at"])


def _merges() -> None:
    op.create_table(
        "merges",
        sa.Column("author_id", ID, nullable=False),
        sa.Column("other_author_id", ID, nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("certain", sa.Boolean(), nullable=False),
        sa.Column("prior_bits", sa.Float(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_merges_author_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["other_author_id"], ["authors.id"], name=op.f("fk_merges_other_author_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("author_id", "other_author_id", name=op.f("pk_merges")),
    )
    op.create_index(op.f("ix_merges_other_author_id"), "merges", ["other_author_id"])
    op.create_table(
        "merge_queue",
        sa.Column("author_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_merge_queue_author_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("author_id", name=op.f("pk_merge_queue")),
    )
    op.create_table(
        "match_weights",
        sa.Column("id", ID, nullable=False),
        sa.Column("weights", sa.JSON(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_weights")),
        sqlite_autoincrement=True,
    )


def _customers() -> None:
    op.create_table(
        "employments",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("until", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_employments_customer_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employments")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_employments_customer_id_until"), "employments", ["customer_id", "until"])
    op.create_table(
        "customer_pairs",
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("other_customer_id", ID, nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_customer_pairs_customer_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_customer_id"], ["customers.id"], name=op.f("fk_customer_pairs_other_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("customer_id", "other_customer_id", name=op.f("pk_customer_pairs")),
    )
    op.create_index(op.f("ix_customer_pairs_other_customer_id"), "customer_pairs", ["other_customer_id"])
