"""Saved views of the list of findings."""

import sqlalchemy as sa
from alembic import op

from mcm_shared.db.types import UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Uuid(), nullable=False, comment="random: who has the link may open the view"),
        sa.Column("owner", sa.Text(), nullable=False, comment="id of the user; local while authentication is off"),
        sa.Column("owner_name", sa.Text(), nullable=False, comment="of the owner, when the view was saved"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filter", sa.JSON(), nullable=False),
        sa.Column(
            "columns", sa.JSON(none_as_null=True), nullable=True, comment="null: those of the list without a view"
        ),
        sa.Column("sort", sa.Text(), nullable=False),
        sa.Column("order", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("owner", "name", name=op.f("uq_saved_views_owner_name")),
    )


def downgrade() -> None:
    """Takes the change back."""
    op.drop_table("saved_views")
