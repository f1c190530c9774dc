"""Notifications: what was notified of each finding, the outbox of the messages to channels, and tests of channels."""

from typing import Final

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

from mcm_shared.db.metadata import METADATA
from mcm_shared.db.types import UtcDateTime

NOTIFIER_START: Final = Table(
    "notifier_start",
    METADATA,
    Column("id", SmallInteger, primary_key=True, autoincrement=False, comment="one row"),
    Column("at", UtcDateTime, nullable=False, comment="findings stored before are not new"),
)

NOTIFIER_CONFIG: Final = Table(
    "notifier_config",
    METADATA,
    Column("id", SmallInteger, primary_key=True, autoincrement=False, comment="one row"),
    Column("config", JSON, nullable=False, comment="channels and routes of the newest start, without secrets"),
    Column("seen_at", UtcDateTime, nullable=False, comment="when a notifier last said that it runs"),
)

NOTIFIED_FINDINGS: Final = Table(
    "notified_findings",
    METADATA,
    Column("finding_uid", Uuid, primary_key=True),
    Column("severity_rank", SmallInteger, nullable=False, comment="the highest that was notified"),
    Column("reopened_after", UtcDateTime, comment="seen_until of the closing whose reopening was notified last"),
)

NOTIFICATION_ROUTES: Final = Table(
    "notification_routes",
    METADATA,
    Column("name", Text, primary_key=True, comment="name in channels.yml"),
    Column("sent_at", UtcDateTime, comment="when findings were last put into a message"),
    Column("storm_since", UtcDateTime, comment="null: no storm"),
    Column("digest_at", UtcDateTime, comment="when the storm's next digest is due"),
)

NOTIFICATION_MESSAGES: Final = Table(
    "notification_messages",
    METADATA,
    Column("id", Uuid, primary_key=True, comment="stable: receivers deduplicate by it"),
    Column("route", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'pending'")),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False, comment="the next attempt"),
    Column("give_up_at", UtcDateTime, nullable=False, comment="afterwards it has failed"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("leased_by", Uuid, comment="the process that sends it"),
    Column("leased_until", UtcDateTime, comment="afterwards another process may send it"),
    Column("content", JSON(none_as_null=True), comment="of a notice or reminder: what it is about"),
    Column("response", Text, comment="what the channel answered last"),
    Column("sent_at", UtcDateTime),
    CheckConstraint("kind IN ('findings', 'digest', 'storm', 'reminder')", name="kind"),
    CheckConstraint("state IN ('pending', 'sent', 'failed')", name="state"),
)
Index(
    "ix_notification_messages_pending",
    NOTIFICATION_MESSAGES.c.due_at,
    postgresql_where=NOTIFICATION_MESSAGES.c.state == text("'pending'"),
    sqlite_where=NOTIFICATION_MESSAGES.c.state == text("'pending'"),
)
Index("ix_notification_messages_state_created_at", NOTIFICATION_MESSAGES.c.state, NOTIFICATION_MESSAGES.c.created_at)

NOTIFICATIONS: Final = Table(
    "notifications",
    METADATA,
    Column("id", Uuid, primary_key=True, comment="hash of route, finding, reason and revision"),
    Column("route", Text, nullable=False),
    Column("finding_uid", Uuid, nullable=False),
    Column("reason", Text, nullable=False),
    Column("severity_rank", SmallInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("message_id", ForeignKey("notification_messages.id"), comment="null: waits for its message"),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    CheckConstraint("reason IN ('new', 'reopened', 'severity_raised')", name="reason"),
    CheckConstraint("state IN ('waiting', 'in_message', 'dropped', 'hidden')", name="state"),
)
Index(
    "ix_notifications_waiting",
    NOTIFICATIONS.c.route,
    NOTIFICATIONS.c.created_at,
    postgresql_where=NOTIFICATIONS.c.state == text("'waiting'"),
    sqlite_where=NOTIFICATIONS.c.state == text("'waiting'"),
)
Index(
    "ix_notifications_hidden",
    NOTIFICATIONS.c.finding_uid,
    postgresql_where=NOTIFICATIONS.c.state == text("'hidden'"),
    sqlite_where=NOTIFICATIONS.c.state == text("'hidden'"),
)
Index("ix_notifications_route_created_at", NOTIFICATIONS.c.route, NOTIFICATIONS.c.created_at)
Index("ix_notifications_message_id", NOTIFICATIONS.c.message_id)

CHANNEL_TESTS: Final = Table(
    "channel_tests",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("leased_by", Uuid, comment="the process that sends it"),
    Column("leased_until", UtcDateTime, comment="afterwards another process may send it"),
    Column("finished_at", UtcDateTime),
    Column("accepted", Boolean, comment="whether the channel accepted the message; null: not finished"),
    Column("response", Text, comment="what the channel answered"),
)
Index(
    "ix_channel_tests_waiting",
    CHANNEL_TESTS.c.requested_at,
    postgresql_where=CHANNEL_TESTS.c.finished_at.is_(None),
    sqlite_where=CHANNEL_TESTS.c.finished_at.is_(None),
)

NOTIFICATION_TABLES: Final = (
    NOTIFIER_START,
    NOTIFIER_CONFIG,
    NOTIFIED_FINDINGS,
    NOTIFICATION_ROUTES,
    NOTIFICATION_MESSAGES,
    NOTIFICATIONS,
    CHANNEL_TESTS,
)
