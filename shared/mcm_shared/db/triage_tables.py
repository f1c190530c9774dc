"""What people did with findings: actions are appended and never changed; the columns of findings are their sum."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Table, Text, Uuid, func

from mcm_shared.db.metadata import METADATA
from mcm_shared.db.types import BigId, UtcDateTime

FINDING_ACTIONS: Final = Table(
    "finding_actions",
    METADATA,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("finding_uid", Uuid, nullable=False),
    Column("at", UtcDateTime, nullable=False, server_default=func.current_timestamp()),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("value", Text),
    Column("reason", Text),
    Column("seen_until", UtcDateTime, comment="the latest event time that the person who closed it had seen"),
    Column("seen_detections", BigInteger, comment="the detections that the person who closed it had seen"),
    CheckConstraint("kind IN ('status', 'assign', 'note', 'label')", name="kind"),
)
Index("ix_finding_actions_finding_uid_id", FINDING_ACTIONS.c.finding_uid, FINDING_ACTIONS.c.id)
