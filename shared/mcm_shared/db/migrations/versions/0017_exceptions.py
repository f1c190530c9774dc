"""Exceptions: time-limited suppression of findings, and people's actions on it."""

import sqlalchemy as sa
from alembic import op

from mcm_shared.db.types import BigId, UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "exceptions",
        sa.Column("id", BigId, autoincrement=True, nullable=False, comment="shown as EX-id"),
        sa.Column("matcher", sa.JSON(), nullable=False, comment="which findings it covers"),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=True),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=sa.func.current_timestamp(), nullable=False),
        sa.CheckConstraint("starts_at < expires_at", name=op.f("ck_exceptions_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exceptions")),
    )
    op.create_index("ix_exceptions_expires_at", "exceptions", ["expires_at"])
    op.create_table(
        "exception_actions",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("exception_id", BigId, nullable=False),
        sa.Column("at", UtcDateTime(), server_default=sa.func.current_timestamp(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('approve', 'revoke')", name=op.f("ck_exception_actions_kind")),
        sa.ForeignKeyConstraint(["exception_id"], ["exceptions.id"], name=op.f("fk_exception_actions_exception_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exception_actions")),
        sa.UniqueConstraint("exception_id", "kind", name=op.f("uq_exception_actions_exception_id_kind")),
    )


def downgrade() -> None:
    """Takes the change back."""
    op.drop_table("exception_actions")
    op.drop_table("exceptions")
