"""Reminders of exceptions, notifications of findings that are hidden for now, and tests of channels."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from mcm_shared.db.types import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_MESSAGES: Final = "notification_messages"
_NOTIFICATIONS: Final = "notifications"
_KINDS: Final = ("findings", "digest", "storm")
_STATES: Final = ("waiting", "in_message", "dropped")


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "notifier_config",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False, comment="one row"),
        sa.Column(
            "config", sa.JSON(), nullable=False, comment="channels and routes of the newest start, without secrets"
        ),
        sa.Column("seen_at", UtcDateTime(), nullable=False, comment="when a notifier last said that it runs"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifier_config")),
    )
    op.create_table(
        "channel_tests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("leased_by", sa.Uuid(), nullable=True, comment="the process that sends it"),
        sa.Column("leased_until", UtcDateTime(), nullable=True, comment="afterwards another process may send it"),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column(
            "accepted",
            sa.Boolean(),
            nullable=True,
            comment="whether the channel accepted the message; null: not finished",
        ),
        sa.Column("response", sa.Text(), nullable=True, comment="what the channel answered"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_tests")),
    )
    waiting = sa.text("finished_at IS NULL")
    op.create_index(
        "ix_channel_tests_waiting", "channel_tests", ["requested_at"], postgresql_where=waiting, sqlite_where=waiting
    )
    _allow((*_KINDS, "reminder"), (*_STATES, "hidden"))
    hidden = sa.text("state = 'hidden'")
    op.create_index(
        "ix_notifications_hidden", _NOTIFICATIONS, ["finding_uid"], postgresql_where=hidden, sqlite_where=hidden
    )
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(_MESSAGES, "content", comment="of a notice or reminder: what it is about")


def downgrade() -> None:
    """Takes the change back; reminders and the notifications of hidden findings are lost."""
    op.execute("DELETE FROM notification_messages WHERE kind = 'reminder'")
    op.drop_index("ix_notifications_hidden", _NOTIFICATIONS)
    op.execute("UPDATE notifications SET state = 'dropped' WHERE state = 'hidden'")
    _allow(_KINDS, _STATES)
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(_MESSAGES, "content", comment="of the notice of a storm: what waits")
    op.drop_table("channel_tests")
    op.drop_table("notifier_config")


def _allow(kinds: tuple[str, ...], states: tuple[str, ...]) -> None:
    """Replaces the constraints on the kinds of messages and the states of notifications."""
    replaced = ((_MESSAGES, "kind", kinds), (_NOTIFICATIONS, "state", states))
    for table, column, values in replaced:
        condition = f"{column} IN ({', '.join(repr(value) for value in values)})"
        if op.get_bind().dialect.name == "postgresql":
            name = op.f(f"ck_{table}_{column}")
            op.drop_constraint(name, table, type_="check")
            op.create_check_constraint(name, table, condition)
        else:
            _rewrite_sqlite(table, column, condition)


def _rewrite_sqlite(table: str, column: str, condition: str) -> None:
    """Changes a constraint of SQLite, which cannot alter one, in the stored definition of its table.

    This is the procedure of SQLite's documentation for changes that do not affect what is stored.
    """
    bind = op.get_bind()
    query = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
    definition = bind.exec_driver_sql(query, (table,)).scalar_one()
    start = definition.index(f"CHECK ({column} IN (")
    end = definition.index("))", start) + 2
    changed = f"{definition[:start]}CHECK ({condition}){definition[end:]}"
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    bind.exec_driver_sql("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (changed, table))
    bind.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema = OFF")
