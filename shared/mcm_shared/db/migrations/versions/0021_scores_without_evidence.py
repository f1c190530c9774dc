"""Scores of behaviour without their evidence, which is counted when it is read, and touches without an event."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.drop_column("profile_days", "touched_by")
    op.drop_column("profile_weeks", "touched_by")
    op.drop_column("profile_scores", "evidence")


def downgrade() -> None:
    """Takes the change back; the evidence of days is missing until they are scored again."""
    uid = sa.Uuid()
    op.add_column("profile_weeks", sa.Column("touched_by", uid, nullable=False, server_default="0" * 32))
    op.add_column("profile_days", sa.Column("touched_by", uid, nullable=False, server_default="0" * 32))
    op.add_column("profile_scores", sa.Column("evidence", sa.JSON(), nullable=False, server_default="{}"))
