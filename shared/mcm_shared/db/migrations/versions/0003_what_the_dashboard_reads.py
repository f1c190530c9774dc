"""Where a finding's events come from."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.add_column(
        "findings",
        sa.Column("source", sa.Text(), nullable=True, comment="the source of the event of the earliest detection"),
    )
    op.execute(
        "UPDATE findings SET source = (SELECT e.source FROM source_events e WHERE e.event_uid = findings.event_uid)"
    )


def downgrade() -> None:
    """Takes the change back."""
    op.drop_column("findings", "source")
