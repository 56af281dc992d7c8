"""How relevant a mention is, what noise it is, and what is felt toward its topics.

What was analysed before has no level and no topics until it is analysed anew, which a new version of the analyzer brings about.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("analyses", sa.Column("level", sa.Text(), nullable=True))
    op.add_column("analyses", sa.Column("noise", sa.Text(), nullable=True))
    op.create_table(
        "analysis_aspects",
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("aspect", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("negative", sa.Float(), nullable=True),
        sa.Column("neutral", sa.Float(), nullable=True),
        sa.Column("positive", sa.Float(), nullable=True),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name=op.f("fk_analysis_aspects_mention_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mention_id", "position", name=op.f("pk_analysis_aspects")),
        sqlite_autoincrement=False,
    )
