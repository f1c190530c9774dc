"""The index of a user's events holds their types too, so that many of them are counted without being read."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    _index_users("event_type")


def downgrade() -> None:
    """Takes the change back."""
    _index_users()


def _index_users(*included: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_source_events_user_timestamp_id", table_name="source_events")
        op.create_index(
            "ix_source_events_user_timestamp_id",
            "source_events",
            ["user", "timestamp", "id"],
            postgresql_include=list(included) or None,
        )
