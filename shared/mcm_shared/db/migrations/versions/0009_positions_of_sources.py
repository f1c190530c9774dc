"""How far each source was read."""

import sqlalchemy as sa
from alembic import op

from mcm_shared.db.types import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "source_positions",
        sa.Column("source", sa.Text(), nullable=False, comment="name in sources.yml"),
        sa.Column(
            "lane", sa.Text(), nullable=False, comment="live, or backfill of what happened before the first start"
        ),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("feeds", sa.JSON(), nullable=False, comment="names of the sources of its events"),
        sa.Column("position", sa.JSON(), nullable=False, comment="everything before it is acknowledged by Kafka"),
        sa.Column(
            "done",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="a backfill that has read all there was",
        ),
        sa.Column("leased_by", sa.Uuid(), comment="the process that reads it"),
        sa.Column("leased_until", UtcDateTime(), comment="afterwards another process may continue with it"),
        sa.Column("interval_s", sa.Float(), nullable=False),
        sa.Column("silent_after_s", sa.Float(), comment="from sources.yml; null: learned from the source's own events"),
        sa.Column("complete_from", UtcDateTime(), comment="where the first start began"),
        sa.Column("complete_until", UtcDateTime(), comment="no event up to this time is missing"),
        sa.Column("polled_at", UtcDateTime(), comment="the last page or failure"),
        sa.Column("succeeded_at", UtcDateTime(), comment="the last poll that read to the end"),
        sa.Column("failing_since", UtcDateTime()),
        sa.Column("error_kind", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("records", sa.BigInteger(), nullable=False, server_default=sa.text("0"), comment="sent to Kafka"),
        sa.Column("refused", sa.BigInteger(), nullable=False, server_default=sa.text("0"), comment="refused by Kafka"),
        sa.PrimaryKeyConstraint("source", "lane", name=op.f("pk_source_positions")),
    )


def downgrade() -> None:
    """Takes the change back."""
    op.drop_table("source_positions")
