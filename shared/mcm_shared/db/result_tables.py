"""Recomputed results of rules, how the findings made of them changed, and which changes are to be published."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table, Text, Uuid, func, text

from mcm_shared.db.metadata import METADATA
from mcm_shared.db.types import SortableText, UtcDateTime

RULE_RESULTS: Final = Table(
    "rule_results",
    METADATA,
    Column("series_id", Uuid, primary_key=True, comment="hash of the rule's definition"),
    Column("group_key", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False, comment="microseconds since 1970"),
    Column("event_uid", Uuid, primary_key=True, comment="the event that the result is about, or the window's name"),
    Column("value", SortableText, primary_key=True, server_default=text("''"), comment="the new value, for new_value"),
    Column("state", Text, nullable=False),
    Column("waits_for", Text, comment="while pending: the source that must be complete"),
    Column("due_at", BigInteger, comment="while pending: until when, in microseconds since 1970"),
    Column("decided_at", BigInteger, nullable=False, comment="time of the event that decided"),
    Column("decided_by", Uuid, nullable=False, comment="uid of the event that decided"),
    Column("first_at", BigInteger, nullable=False),
    Column("first_uid", Uuid, nullable=False, comment="the earliest event of the result"),
    Column("last_at", BigInteger, nullable=False),
    Column("last_uid", Uuid, nullable=False, comment="the latest event of the result"),
    Column("amount", Text, comment="what was measured in a window, as a decimal number"),
    CheckConstraint("state IN ('pending', 'standing', 'withdrawn')", name="state"),
)
Index(
    "ix_rule_results_due",
    RULE_RESULTS.c.series_id,
    RULE_RESULTS.c.waits_for,
    RULE_RESULTS.c.due_at,
    postgresql_where=RULE_RESULTS.c.state == "pending",
    sqlite_where=RULE_RESULTS.c.state == "pending",
)

FINDING_HISTORY: Final = Table(
    "finding_history",
    METADATA,
    Column("finding_uid", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False, comment="the finding's version from then on"),
    Column("state", Text, nullable=False),
    Column("event_uid", Uuid, nullable=False, comment="the event that decided"),
    Column("event_at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False, server_default=func.current_timestamp()),
    CheckConstraint("state IN ('standing', 'withdrawn')", name="state"),
)

FINDING_OUTBOX: Final = Table(
    "finding_outbox",
    METADATA,
    Column("finding_uid", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False, comment="the change that is to be published"),
    Column("written_at", UtcDateTime, nullable=False, server_default=func.current_timestamp()),
)
