"""Which findings the Sigma filters of exceptions cover."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "exception_matches",
        sa.Column("exception_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("finding_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the finding that was evaluated"),
        sa.Column(
            "covered", sa.Boolean(), nullable=False, comment="the Sigma filter excludes all events of the finding"
        ),
        sa.PrimaryKeyConstraint("exception_id", "finding_id", name=op.f("pk_exception_matches")),
    )


def downgrade() -> None:
    """Takes the change back."""
    op.drop_table("exception_matches")
