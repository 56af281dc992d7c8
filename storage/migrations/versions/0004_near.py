"""Sketches of texts and their bands, by which near-duplicates are found.

They fill with the analyses: a new version of the analyzer re-reads all that is kept.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "near_sketches",
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.Column("near_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name=op.f("fk_near_sketches_mention_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mention_id", name=op.f("pk_near_sketches")),
    )
    op.create_index(op.f("ix_near_sketches_near_id"), "near_sketches", ["near_id"])
    op.create_table(
        "near_bands",
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["near_sketches.mention_id"], name=op.f("fk_near_bands_mention_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("band", "mention_id", name=op.f("pk_near_bands")),
    )
    op.create_index(op.f("ix_near_bands_mention_id"), "near_bands", ["mention_id"])
    op.create_table(
        "near_stories",
        sa.Column("story_id", ID, autoincrement=False, nullable=False),
        sa.Column("told_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("story_id", name=op.f("pk_near_stories")),
    )
    op.create_index(op.f("ix_near_stories_told_id"), "near_stories", ["told_id"])
