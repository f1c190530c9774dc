"""Findings as they travel: severity, and the message on ``findings`` and ``findings.enriched``."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

FINDING_NAMESPACE: Final = UUID("0b9a4c1e-2f3d-5a77-8f61-7d0c6c1a9b42")
"""Namespace of finding uids; changing it changes every uid."""


class Severity(StrEnum):
    """How bad a finding is, from low to critical."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """1 for low to 4 for critical; severities are compared and stored by it."""
        return _RANKS[self]

    @classmethod
    def of_rank(cls, rank: int) -> "Severity":
        """Finds the severity of a rank from 1 to 4."""
        return tuple(cls)[rank - 1]


_RANKS: Final = {severity: rank for rank, severity in enumerate(Severity, start=1)}


def finding_uid(rule_id: str, group_key: str, bucket_start: datetime) -> UUID:
    """Computes a finding's uid from its rule, group key and the start of its time bucket (a version 5 UUID)."""
    name = f"{rule_id}|{group_key}|{bucket_start.isoformat()}"
    digest = hashlib.sha1(FINDING_NAMESPACE.bytes + name.encode(), usedforsecurity=False).digest()
    return UUID(bytes=digest[:16], version=5)


class FindingMessage(BaseModel):
    """The whole state of a finding; a consumer drops a message whose ``version`` is not newer than what it has.

    On ``findings`` the AI fields may be None or older than the finding; on ``findings.enriched`` they are those just
    written. ``source`` is that of the earliest detection's event; None in messages of before it was told.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    uid: UUID
    id: int
    version: int
    rule_id: str
    rule_name: str
    rule_version: str
    title: str
    description: str
    severity: Severity
    user: str | None
    group: dict[str, Any]
    tags: list[str]
    first_seen: datetime
    last_seen: datetime
    detection_count: int
    event_id: int | None
    event_uid: UUID | None
    source: str | None = None
    created_at: datetime
    extra_data: dict[str, Any]
    risk_score: Annotated[int | None, Field(ge=0, le=100)] = None
    ai_explanation: str | None = None
    ai_source: str | None = None
    ai_enriched_at: datetime | None = None
