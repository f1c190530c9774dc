"""The tables. Every write to them is a join: insert if absent, least, greatest, or a count of rows really inserted."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
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

from mcm_shared.db.access_tables import ACCESS_TABLES as ACCESS_TABLES
from mcm_shared.db.dead_letter_tables import DEAD_LETTER_ACTIONS as DEAD_LETTER_ACTIONS
from mcm_shared.db.exception_tables import EXCEPTION_ACTIONS as EXCEPTION_ACTIONS
from mcm_shared.db.exception_tables import EXCEPTION_FILTERS as EXCEPTION_FILTERS
from mcm_shared.db.exception_tables import EXCEPTION_MATCHES as EXCEPTION_MATCHES
from mcm_shared.db.exception_tables import EXCEPTIONS as EXCEPTIONS
from mcm_shared.db.fact_tables import EVENT_FACT_BLOCKS as EVENT_FACT_BLOCKS
from mcm_shared.db.finding_tables import FINDING_CHANGES as FINDING_CHANGES
from mcm_shared.db.finding_tables import FINDINGS as FINDINGS
from mcm_shared.db.metadata import METADATA as METADATA
from mcm_shared.db.notification_tables import NOTIFICATION_TABLES as NOTIFICATION_TABLES
from mcm_shared.db.profile_tables import PROFILE_TABLES as PROFILE_TABLES
from mcm_shared.db.result_tables import FINDING_HISTORY as FINDING_HISTORY
from mcm_shared.db.result_tables import FINDING_OUTBOX as FINDING_OUTBOX
from mcm_shared.db.result_tables import RULE_RESULTS as RULE_RESULTS
from mcm_shared.db.rollup_tables import EVENT_DAYS as EVENT_DAYS
from mcm_shared.db.rollup_tables import EVENT_ROLLUPS as EVENT_ROLLUPS
from mcm_shared.db.rollup_tables import ROLLUPS as ROLLUPS
from mcm_shared.db.rollup_tables import SOURCE_PROGRESS as SOURCE_PROGRESS
from mcm_shared.db.rollup_tables import TUMBLING_COUNTS as TUMBLING_COUNTS
from mcm_shared.db.rollup_tables import USER_DAYS as USER_DAYS
from mcm_shared.db.rollup_tables import USER_TOTALS as USER_TOTALS
from mcm_shared.db.source_tables import SOURCE_POSITIONS as SOURCE_POSITIONS
from mcm_shared.db.triage_tables import FINDING_ACTIONS as FINDING_ACTIONS
from mcm_shared.db.types import BigId, UtcDateTime
from mcm_shared.db.view_tables import SAVED_VIEWS as SAVED_VIEWS

SOURCE_EVENTS: Final = Table(
    "source_events",
    METADATA,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("event_uid", Uuid, nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("source_event_id", Text, nullable=False, comment="the id the source gave the event"),
    Column("event_type", Text, nullable=False),
    Column("user", Text),
    Column("timestamp", UtcDateTime, nullable=False),
    # json, not jsonb: a payload is kept as it came, and nothing searches inside it
    Column("raw_data", JSON, nullable=False),
    Column("attributes", JSON, comment="normalised facts of a native payload; null: raw_data holds them"),
    Column("detected", Boolean, nullable=False, server_default=false(), comment="its own detections are stored"),
    Column("processed", Boolean, nullable=False, server_default=false(), comment="its rules have run"),
    Column("ingested_at", UtcDateTime, nullable=False, server_default=func.current_timestamp()),
)
Index("ix_source_events_timestamp_id", SOURCE_EVENTS.c.timestamp, SOURCE_EVENTS.c.id)
Index(
    "ix_source_events_user_timestamp_id",
    SOURCE_EVENTS.c.user,
    SOURCE_EVENTS.c.timestamp,
    SOURCE_EVENTS.c.id,
    # what a user's page counts, without reading the rows
    postgresql_include=["event_type"],
)
Index(
    "ix_source_events_event_type_timestamp_id",
    SOURCE_EVENTS.c.event_type,
    SOURCE_EVENTS.c.timestamp,
    SOURCE_EVENTS.c.id,
)
Index(
    "ix_source_events_unprocessed",
    SOURCE_EVENTS.c.id,
    postgresql_where=SOURCE_EVENTS.c.processed.is_(false()),
    sqlite_where=SOURCE_EVENTS.c.processed.is_(false()),
)

DETECTIONS: Final = Table(
    "detections",
    METADATA,
    Column("series_id", Uuid, nullable=False, comment="hash of the definition that is counted"),
    Column("group_key", Text, nullable=False),
    Column("at", BigInteger, nullable=False, comment="event time in microseconds since 1970"),
    Column("event_uid", Uuid, nullable=False),
    Column("value", Text, comment="the value counted, for value_count"),
)
# One event can stand for several values: where a correlation that is counted fires at it in several groups.
Index(
    "uq_detections_series_id",
    DETECTIONS.c.series_id,
    DETECTIONS.c.group_key,
    DETECTIONS.c.at,
    DETECTIONS.c.event_uid,
    func.coalesce(DETECTIONS.c.value, text("''")),
    unique=True,
)
Index(
    "ix_detections_value",
    DETECTIONS.c.series_id,
    DETECTIONS.c.group_key,
    DETECTIONS.c.value,
    DETECTIONS.c.at,
    DETECTIONS.c.event_uid,
    postgresql_where=DETECTIONS.c.value.is_not(None),
    sqlite_where=DETECTIONS.c.value.is_not(None),
)

RULES: Final = Table(
    "rules",
    METADATA,
    Column("rule_id", Uuid, primary_key=True),
    Column("version", Text, primary_key=True, comment="hash of the rule's definition"),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("falsepositives", JSON, nullable=False),
    Column("runbook", Text, nullable=False),
    Column("yaml", Text, nullable=False),
    Column("loaded_at", UtcDateTime, nullable=False, server_default=func.current_timestamp()),
    Column("family", Text, nullable=False, server_default=text("''"), comment="the folder of the rule's file"),
    Column("pack", Text, nullable=False, server_default=text("''"), comment="the pack of the rule; '' if unknown"),
    Column("filters", JSON, nullable=False, server_default=text("'[]'"), comment="YAML of the filters that apply"),
    Column("active", Boolean, nullable=False, server_default=false(), comment="part of the newest load"),
)

RULE_CATALOGUE: Final = Table(
    "rule_catalogue",
    METADATA,
    Column("id", SmallInteger, primary_key=True, autoincrement=False, comment="one row"),
    Column("revision", BigInteger, nullable=False, comment="incremented by every load of rules"),
)

ENRICHMENT_ANSWERS: Final = Table(
    "enrichment_answers",
    METADATA,
    Column("key", Text, primary_key=True, comment="hash of the prompt and the model"),
    Column("prompt_version", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("answer", JSON, comment="what the model said, with pseudonyms; null while it is asked, or when refused"),
    Column("refusal", Text, comment="why what it said was not taken"),
    Column("prompt_tokens", Integer, nullable=False, server_default=text("0")),
    Column("completion_tokens", Integer, nullable=False, server_default=text("0")),
    Column("latency_ms", Integer, nullable=False, server_default=text("0")),
    Column("claimed_by", Uuid, comment="who asks"),
    Column("stands_until", UtcDateTime, nullable=False, comment="claim or answer: afterwards another worker may ask"),
    Column("answered_at", UtcDateTime),
)
Index("ix_enrichment_answers_stands_until", ENRICHMENT_ANSWERS.c.stands_until)

AI_USAGE: Final = Table(
    "ai_usage",
    METADATA,
    Column("day", Date, primary_key=True, comment="in UTC"),
    Column("requests", BigInteger, nullable=False, server_default=text("0")),
    Column("used", BigInteger, nullable=False, server_default=text("0"), comment="tokens"),
    Column(
        "taken", BigInteger, nullable=False, server_default=text("0"), comment="tokens workers took from the budget"
    ),
)

ENRICHMENT_JOBS: Final = Table(
    "enrichment_jobs",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("total", BigInteger, nullable=False, comment="findings without a score when it was started"),
    Column("until_id", BigInteger, nullable=False, comment="the last of them"),
    Column("after_id", BigInteger, nullable=False, server_default=text("0"), comment="handled up to this one"),
    Column("failed", BigInteger, nullable=False, server_default=text("0")),
    Column("leased_by", Uuid, comment="who runs it"),
    Column("leased_until", UtcDateTime, comment="afterwards another worker may continue with it"),
    Column("created_at", UtcDateTime, nullable=False, server_default=func.current_timestamp()),
    Column("finished_at", UtcDateTime),
    CheckConstraint("state IN ('waiting', 'running', 'done', 'cancelled')", name="state"),
)
Index(
    "ix_enrichment_jobs_unfinished",
    ENRICHMENT_JOBS.c.created_at,
    postgresql_where=ENRICHMENT_JOBS.c.finished_at.is_(None),
    sqlite_where=ENRICHMENT_JOBS.c.finished_at.is_(None),
)

ENRICHMENT_FEEDBACK: Final = Table(
    "enrichment_feedback",
    METADATA,
    Column("finding_id", ForeignKey("findings.id", ondelete="CASCADE"), primary_key=True),
    Column("verdict", Text, nullable=False),
    Column("comment", Text),
    Column("source", Text, nullable=False, comment="what wrote the explanation that was judged"),
    Column("model", Text, nullable=False, comment="'' for the heuristic"),
    Column("prompt_version", Text, nullable=False, comment="'' for the heuristic"),
    Column("given_at", UtcDateTime, nullable=False),
    CheckConstraint("verdict IN ('helpful', 'wrong')", name="verdict"),
)
