"""Logins at an OIDC provider."""

import sqlalchemy as sa
from alembic import op

from mcm_shared.db.types import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "login_states",
        sa.Column("state_hash", sa.Text(), nullable=False, comment="of the state sent to the provider; valid once"),
        sa.Column("browser_hash", sa.Text(), nullable=False, comment="of the cookie of the browser that began"),
        sa.Column("return_to", sa.Text(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_login_states")),
    )
    op.add_column("sessions", sa.Column("id_token", sa.Text(), comment="hint for the logout at the OIDC provider"))


def downgrade() -> None:
    """Takes the change back."""
    op.drop_column("sessions", "id_token")
    op.drop_table("login_states")
