"""Findings: severity, uid, and the message on ``findings`` and ``findings.enriched``."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mcm_shared.errors import PoisonEventError
from mcm_shared.uuids import UUIDNamespace

FINDING_UUIDS: Final = UUIDNamespace(UUID("0b9a4c1e-2f3d-5a77-8f61-7d0c6c1a9b42"))
"""Namespace of finding uids; changing it changes every uid."""


_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MAX_VERSION: Final = 2**31 - 1
_MAX_DETECTIONS: Final = 2**63 - 1


class Severity(StrEnum):
    """Severity of a finding, from low to critical."""

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
    return FINDING_UUIDS.uuid5(f"{rule_id}|{group_key}|{bucket_start.isoformat()}")


def rule_series(rule_id: str, version: str) -> UUID:
    """Computes the series of a rule's own detections from its definition, so that a changed rule counts afresh."""
    return FINDING_UUIDS.uuid5(f"series|{rule_id}|{version}")


class FindingMessage(BaseModel):
    """The whole state of a finding; a consumer drops a message whose ``version`` is not newer than what it has.

    On ``findings`` the AI fields may be None or older than the finding; on ``findings.enriched`` they are those just
    written. ``source`` is None in messages from versions that did not publish it.

    The API's schema extends it, and the rows read from the database follow it. ``mcm_shared.db.finding_tables``
    declares who writes which column.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Annotated[int, Field(examples=[17])]
    uid: Annotated[UUID, Field(description="The same however often the events are processed")]
    version: Annotated[int, Field(description="Rises with each change by the rules", examples=[3])]
    rule_id: Annotated[str, Field(json_schema_extra={"format": "uuid"})]
    rule_name: Annotated[str, Field(examples=["storage_bucket_public"])]
    rule_version: Annotated[str, Field(description="Hash of the definition of the rule that raised it")]
    title: Annotated[str, Field(examples=["Storage bucket made public"])]
    description: Annotated[str, Field(examples=["Bucket acme-reports was made public by mona@example.com"])]
    severity: Annotated[Severity, Field(examples=["critical"])]
    user: Annotated[str | None, Field(examples=["mona@example.com"])]
    group: Annotated[
        dict[str, Any],
        Field(description="The fields the rule groups by, with their values", examples=[{"user": "mona@example.com"}]),
    ]
    tags: Annotated[list[str], Field(description="Controls and techniques", examples=[["soc2.cc6.1", "attack.t1530"]])]
    first_seen: Annotated[datetime, Field(description="Event time of the earliest detection, UTC")]
    last_seen: Annotated[datetime, Field(description="Event time of the latest detection, UTC")]
    detection_count: Annotated[int, Field(description="Distinct detections of the rule", examples=[5])]
    event_id: Annotated[int | None, Field(description="The event of the earliest detection", examples=[4711])]
    event_uid: Annotated[UUID | None, Field(description="The uid of that event")]
    source: Annotated[
        str | None,
        Field(
            description="The source of the earliest detection's event; null: the finding counts events of all sources",
            examples=["github.audit"],
        ),
    ] = None
    created_at: Annotated[datetime, Field(description="When it was first stored, UTC")]
    extra_data: Annotated[dict[str, Any], Field(description="Evidence: the earliest and the latest detection")]
    withdrawn: Annotated[
        bool,
        Field(
            description="Later evidence says otherwise: extra_data.withdrawn_by is the event that decided; "
            "where the counts of many events decide, its `reason` says how"
        ),
    ] = False
    risk_score: Annotated[int | None, Field(ge=0, le=100, description="0 to 100; null until scored", examples=[92])] = (
        None
    )
    ai_explanation: Annotated[str | None, Field(description="What happened, why it matters, what to check first")] = (
        None
    )
    ai_source: Annotated[str | None, Field(description="What wrote the explanation", examples=["heuristic"])] = None
    ai_enriched_at: Annotated[datetime | None, Field(description="When it was scored and explained, UTC")] = None


def parse_finding(value: bytes | None) -> FindingMessage:
    """Decodes a finding from a record's value; raises PoisonEventError with what is wrong with it."""
    try:
        finding = FindingMessage.model_validate_json(value or b"")
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, detail["loc"]))
        raise PoisonEventError(f"not a finding: {f'{field}: ' if field else ''}{detail['msg']}") from None
    if not (0 <= finding.version <= _MAX_VERSION and 0 <= finding.detection_count <= _MAX_DETECTIONS):
        raise PoisonEventError("not a finding: version or detection_count is out of range")
    if _UUID.fullmatch(finding.rule_id) is None:
        raise PoisonEventError("not a finding: rule_id is not a UUID")
    if finding.first_seen.tzinfo is None or finding.last_seen.tzinfo is None:
        raise PoisonEventError("not a finding: first_seen and last_seen need a time zone")
    return finding
