"""An index of the facts of events, by blocks of events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from mcm_shared.db.types import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change. The API fills the table: also with the events that are stored already."""
    op.create_table(
        "event_fact_blocks",
        sa.Column(
            "block",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="id of its events divided by 256",
        ),
        sa.Column("first_at", UtcDateTime(), nullable=False, comment="the earliest event time"),
        sa.Column("last_at", UtcDateTime(), nullable=False, comment="the latest event time"),
        sa.Column(
            "hashes",
            ARRAY(sa.Integer()).with_variant(sa.JSON(), "sqlite"),
            nullable=False,
            comment="the facts of its events, each as a number",
        ),
        sa.PrimaryKeyConstraint("block", name=op.f("pk_event_fact_blocks")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_event_fact_blocks_hashes", "event_fact_blocks", ["hashes"], postgresql_using="gin")


def downgrade() -> None:
    """Takes the change back."""
    op.drop_table("event_fact_blocks")
