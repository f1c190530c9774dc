"""What people did with dead letters."""

import sqlalchemy as sa
from alembic import op

from mcm_shared.db.types import BigId, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "dead_letter_actions",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column(
            "partition",
            sa.Integer(),
            nullable=False,
            comment="partition and offset of the dead letter in events.dead",
        ),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column(
            "origin",
            sa.Text(),
            nullable=False,
            comment="where its record was first written: topic/partition/offset",
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it was dismissed"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), server_default=sa.func.current_timestamp(), nullable=False),
        sa.CheckConstraint("kind IN ('retried', 'dismissed', 'reopened')", name=op.f("ck_dead_letter_actions_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter_actions")),
    )
    op.create_index("ix_dead_letter_actions_partition_offset", "dead_letter_actions", ["partition", "offset", "id"])


def downgrade() -> None:
    """Takes the change back."""
    op.drop_table("dead_letter_actions")
