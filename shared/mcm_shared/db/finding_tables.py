"""Findings: the declaration of their columns, with who writes each and whether it is served."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    false,
    func,
    text,
)

from mcm_shared.db.generated import Generated
from mcm_shared.db.metadata import METADATA
from mcm_shared.db.types import BigId, UtcDateTime

ENGINE: Final = {"writer": "engine"}
ENGINE_INTERNAL: Final = {"writer": "engine", "internal": True}
PEOPLE: Final = {"writer": "people"}
PEOPLE_INTERNAL: Final = {"writer": "people", "internal": True}
ENRICHER: Final = {"writer": "enricher"}
DATABASE: Final = {"writer": "database"}
"""Who writes a column. Every column but the internal ones is a field of the API's finding."""

_CLOSED: Final = "chosen_status IN ('resolved', 'false_positive', 'accepted_risk')"
_REOPENED: Final = f"{_CLOSED} AND last_seen > seen_until"

FINDINGS: Final = Table(
    "findings",
    METADATA,
    Column("id", BigId, primary_key=True, autoincrement=True, info=DATABASE),
    Column("uid", Uuid, nullable=False, unique=True, comment="hash of rule, group key and bucket start", info=ENGINE),
    Column("version", Integer, nullable=False, comment="rises with each change by the engine", info=ENGINE),
    Column("rule_id", Uuid, nullable=False, info=ENGINE),
    Column("rule_version", Text, nullable=False, info=ENGINE),
    Column("rule_name", Text, nullable=False, info=ENGINE),
    Column("title", Text, nullable=False, info=ENGINE),
    Column("description", Text, nullable=False, info=ENGINE),
    Column("severity_rank", SmallInteger, nullable=False, info=ENGINE_INTERNAL),
    Column(
        "severity",
        Text,
        Computed(
            "CASE severity_rank WHEN 1 THEN 'low' WHEN 2 THEN 'medium' WHEN 3 THEN 'high' ELSE 'critical' END",
            persisted=True,
        ),
        info=DATABASE,
    ),
    Column("user", Text, info=ENGINE),
    Column(
        "group_key",
        Text,
        nullable=False,
        comment="canonical JSON of the group's fields and values",
        info=ENGINE_INTERNAL,
    ),
    Column("series_id", Uuid, nullable=False, comment="the series in detections that raised it", info=ENGINE_INTERNAL),
    Column("bucket_start", UtcDateTime, nullable=False, info=ENGINE_INTERNAL),
    Column("bucket_end", UtcDateTime, nullable=False, info=ENGINE_INTERNAL),
    Column("first_seen", UtcDateTime, nullable=False, info=ENGINE),
    Column("last_seen", UtcDateTime, nullable=False, info=ENGINE),
    Column("detection_count", BigInteger, nullable=False, info=ENGINE),
    Column("event_id", ForeignKey("source_events.id"), comment="the event of the earliest detection", info=ENGINE),
    Column("event_uid", Uuid, info=ENGINE),
    Column("source", Text, comment="the source of the event of the earliest detection", info=ENGINE),
    Column("tags", JSON, nullable=False, info=ENGINE),
    Column("extra_data", JSON, nullable=False, info=ENGINE),
    Column(
        "withdrawn",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="later evidence says otherwise",
        info=ENGINE,
    ),
    Column("created_at", UtcDateTime, nullable=False, server_default=func.current_timestamp(), info=DATABASE),
    Column("chosen_status", Text, nullable=False, server_default=text("'open'"), info=PEOPLE_INTERNAL),
    Column("status_reason", Text, info=PEOPLE),
    Column("seen_until", UtcDateTime, comment="last_seen as the person who closed it saw it", info=PEOPLE_INTERNAL),
    Column("seen_detections", BigInteger, comment="detection_count as that person saw it", info=PEOPLE_INTERNAL),
    Column("assignee", Text, info=PEOPLE),
    Column("labels", JSON(none_as_null=True), comment="null: none", info=PEOPLE),
    Column("notes", Text, info=PEOPLE),
    Column("triage_version", Integer, nullable=False, server_default=text("0"), info=PEOPLE),
    # neither the engine nor people write it: it follows from the events and the actions, in whichever order they came
    Column("status", Text, Generated(f"CASE WHEN {_REOPENED} THEN 'reopened' ELSE chosen_status END"), info=DATABASE),
    Column(
        "late_detections",
        BigInteger,
        Generated(
            f"CASE WHEN {_CLOSED} AND last_seen <= seen_until AND detection_count > seen_detections"
            " THEN detection_count - seen_detections ELSE 0 END"
        ),
        info=DATABASE,
    ),
    Column("risk_score", SmallInteger, info=ENRICHER),
    Column("ai_explanation", Text, info=ENRICHER),
    Column(
        "ai_source",
        Text,
        comment="what wrote it: openai, cache, heuristic, or fallback (the heuristic, to be asked again)",
        info=ENRICHER,
    ),
    Column("ai_version", Integer, comment="version of the finding it was written for", info=ENRICHER),
    Column("ai_data", JSON, comment="the score's factors, and what was asked of which model", info=ENRICHER),
    Column("ai_enriched_at", UtcDateTime, info=ENRICHER),
    CheckConstraint("risk_score BETWEEN 0 AND 100", name="risk_score"),
    CheckConstraint("severity_rank BETWEEN 1 AND 4", name="severity_rank"),
)
Index(
    "ix_findings_first_seen_id",
    FINDINGS.c.first_seen,
    FINDINGS.c.id,
    # what lists filter by and the engine seldom changes: the rows themselves are wide
    postgresql_include=["severity_rank", "rule_name", "source", "risk_score", "withdrawn", "status", "assignee"],
)
Index("ix_findings_severity_rank_first_seen_id", FINDINGS.c.severity_rank, FINDINGS.c.first_seen, FINDINGS.c.id)
Index(
    "ix_findings_user_first_seen_id",
    FINDINGS.c.user,
    FINDINGS.c.first_seen,
    FINDINGS.c.id,
    # what the list of users shows, without reading the rows
    postgresql_include=["severity_rank", "risk_score", "withdrawn"],
)
Index("ix_findings_event_id", FINDINGS.c.event_id)
Index(
    "ix_findings_unenriched",
    FINDINGS.c.id,
    postgresql_where=FINDINGS.c.risk_score.is_(None),
    sqlite_where=FINDINGS.c.risk_score.is_(None),
)
Index(
    "ix_findings_fallback",
    FINDINGS.c.ai_enriched_at,
    postgresql_where=FINDINGS.c.ai_source == "fallback",
    sqlite_where=FINDINGS.c.ai_source == "fallback",
)
Index(
    "ix_findings_labelled",
    FINDINGS.c.id,
    postgresql_where=FINDINGS.c.labels.is_not(None),
    sqlite_where=FINDINGS.c.labels.is_not(None),
)

FINDING_CHANGES: Final = Table(
    "finding_changes",
    METADATA,
    Column("shard", SmallInteger, primary_key=True, autoincrement=False, comment="spreads writers over rows"),
    # raised by every transaction that changes findings: a reader of the same sum sees the same findings
    Column("count", BigInteger, nullable=False),
)


def finding_columns(writer: Mapping[str, object]) -> tuple[str, ...]:
    """Lists the columns of findings that a writer writes, internal ones too."""
    return tuple(column.name for column in FINDINGS.columns if column.info["writer"] == writer["writer"])
