"""Table of actions on dead letters: append-only; the newest action decides."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table, Text, func

from mcm_shared.db.metadata import METADATA
from mcm_shared.db.types import BigId, UtcDateTime

DEAD_LETTER_ACTIONS: Final = Table(
    "dead_letter_actions",
    METADATA,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("partition", Integer, nullable=False, comment="partition and offset of the dead letter in events.dead"),
    Column("offset", BigInteger, nullable=False),
    Column("origin", Text, nullable=False, comment="where its record was first written: topic/partition/offset"),
    Column("kind", Text, nullable=False),
    Column("reason", Text, comment="why it was dismissed"),
    Column("actor", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False, server_default=func.current_timestamp()),
    CheckConstraint("kind IN ('retried', 'dismissed', 'reopened')", name="kind"),
)
Index(
    "ix_dead_letter_actions_partition_offset",
    DEAD_LETTER_ACTIONS.c.partition,
    DEAD_LETTER_ACTIONS.c.offset,
    DEAD_LETTER_ACTIONS.c.id,
)
