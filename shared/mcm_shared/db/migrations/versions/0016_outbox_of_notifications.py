"""Outbox of notifications, and what was notified of each finding."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from mcm_shared.db.types import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_PENDING: Final = sa.text("state = 'pending'")
_WAITING: Final = sa.text("state = 'waiting'")


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "notifier_start",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False, comment="one row"),
        sa.Column("at", UtcDateTime(), nullable=False, comment="findings stored before are not new"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifier_start")),
    )
    op.create_table(
        "notified_findings",
        sa.Column("finding_uid", sa.Uuid(), nullable=False),
        sa.Column("severity_rank", sa.SmallInteger(), nullable=False, comment="the highest that was notified"),
        sa.Column(
            "reopened_after",
            UtcDateTime(),
            nullable=True,
            comment="seen_until of the closing whose reopening was notified last",
        ),
        sa.PrimaryKeyConstraint("finding_uid", name=op.f("pk_notified_findings")),
    )
    op.create_table(
        "notification_routes",
        sa.Column("name", sa.Text(), nullable=False, comment="name in channels.yml"),
        sa.Column("sent_at", UtcDateTime(), nullable=True, comment="when findings were last put into a message"),
        sa.Column("storm_since", UtcDateTime(), nullable=True, comment="null: no storm"),
        sa.Column("digest_at", UtcDateTime(), nullable=True, comment="when the storm's next digest is due"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_notification_routes")),
    )
    op.create_table(
        "notification_messages",
        sa.Column("id", sa.Uuid(), nullable=False, comment="stable: receivers deduplicate by it"),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False, comment="the next attempt"),
        sa.Column("give_up_at", UtcDateTime(), nullable=False, comment="afterwards it has failed"),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("leased_by", sa.Uuid(), nullable=True, comment="the process that sends it"),
        sa.Column("leased_until", UtcDateTime(), nullable=True, comment="afterwards another process may send it"),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=True, comment="of the notice of a storm: what waits"),
        sa.Column("response", sa.Text(), nullable=True, comment="what the channel answered last"),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('findings', 'digest', 'storm')", name=op.f("ck_notification_messages_kind")),
        sa.CheckConstraint("state IN ('pending', 'sent', 'failed')", name=op.f("ck_notification_messages_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_messages")),
    )
    op.create_index(
        "ix_notification_messages_pending",
        "notification_messages",
        ["due_at"],
        postgresql_where=_PENDING,
        sqlite_where=_PENDING,
    )
    op.create_index("ix_notification_messages_state_created_at", "notification_messages", ["state", "created_at"])
    op.create_table(
        "notifications",
        sa.Column("id", sa.Uuid(), nullable=False, comment="hash of route, finding, reason and revision"),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("finding_uid", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("severity_rank", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True, comment="null: waits for its message"),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.CheckConstraint("reason IN ('new', 'reopened', 'severity_raised')", name=op.f("ck_notifications_reason")),
        sa.CheckConstraint("state IN ('waiting', 'in_message', 'dropped')", name=op.f("ck_notifications_state")),
        sa.ForeignKeyConstraint(["message_id"], ["notification_messages.id"], name=op.f("fk_notifications_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
    )
    op.create_index(
        "ix_notifications_waiting",
        "notifications",
        ["route", "created_at"],
        postgresql_where=_WAITING,
        sqlite_where=_WAITING,
    )
    op.create_index("ix_notifications_route_created_at", "notifications", ["route", "created_at"])
    op.create_index("ix_notifications_message_id", "notifications", ["message_id"])


def downgrade() -> None:
    """Takes the change back."""
    for table in (
        "notifications",
        "notification_messages",
        "notification_routes",
        "notified_findings",
        "notifier_start",
    ):
        op.drop_table(table)
