"""What services that do not compile Sigma filters know of those of exceptions."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "exception_filters",
        sa.Column("exception_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "rules",
            sa.JSON(none_as_null=True),
            nullable=True,
            comment="rules that the Sigma filter names, by id, name or title; null: any",
        ),
        sa.Column(
            "problem",
            sa.Text(),
            nullable=True,
            comment="why the Sigma filter is invalid and covers nothing; null: valid",
        ),
        sa.PrimaryKeyConstraint("exception_id", name=op.f("pk_exception_filters")),
    )


def downgrade() -> None:
    """Takes the change back."""
    op.drop_table("exception_filters")
