"""Totals of users, so that their list reads one row a user instead of one a day."""

import sqlalchemy as sa
from alembic import op

from mcm_shared.db.types import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change, and counts the events that are stored."""
    op.create_table(
        "user_totals",
        sa.Column("user", sa.Text(), nullable=False, comment="events without a user are not counted here"),
        sa.Column("shard", sa.SmallInteger(), nullable=False, comment="spreads workers over rows; combine over it"),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False, comment="the earliest event time"),
        sa.Column("last_at", UtcDateTime(), nullable=False, comment="the latest event time"),
        sa.PrimaryKeyConstraint("user", "shard", name=op.f("pk_user_totals")),
    )
    if op.get_bind().dialect.name == "postgresql":
        # an engine that still runs waits, so that no event is missed or counted twice
        op.execute("LOCK TABLE source_events IN SHARE ROW EXCLUSIVE MODE")
    op.execute(
        """INSERT INTO user_totals ("user", shard, "count", first_at, last_at)
        SELECT "user", 0, count(*), min(timestamp), max(timestamp) FROM source_events
        WHERE "user" IS NOT NULL GROUP BY 1"""
    )
    _index_findings("severity_rank", "risk_score")


def downgrade() -> None:
    """Takes the change back."""
    _index_findings()
    op.drop_table("user_totals")


def _index_findings(*included: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_findings_user_first_seen_id", table_name="findings")
        op.create_index(
            "ix_findings_user_first_seen_id",
            "findings",
            ["user", "first_seen", "id"],
            postgresql_include=list(included) or None,
        )
