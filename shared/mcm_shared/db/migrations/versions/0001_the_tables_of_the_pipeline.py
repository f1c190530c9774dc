"""The tables of the pipeline."""

import sqlalchemy as sa
from alembic import op

from mcm_shared.db.types import SortableText, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "detections",
        sa.Column("series_id", sa.Uuid(), nullable=False, comment="hash of the definition that is counted"),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="event time in microseconds since 1970"),
        sa.Column("event_uid", sa.Uuid(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True, comment="the value counted, for value_count"),
    )
    op.create_index(
        "uq_detections_series_id",
        "detections",
        ["series_id", "group_key", "at", "event_uid", sa.text("coalesce(value, '')")],
        unique=True,
    )
    op.create_index(
        "ix_detections_value",
        "detections",
        ["series_id", "group_key", "value", "at", "event_uid"],
        unique=False,
        postgresql_where=sa.text("value IS NOT NULL"),
        sqlite_where=sa.text("value IS NOT NULL"),
    )
    op.create_table(
        "tumbling_counts",
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False, comment="start, in microseconds since 1970"),
        sa.Column("shard", sa.SmallInteger(), nullable=False, comment="spreads workers over rows; sum over it"),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first", SortableText, nullable=False, comment="position of the earliest event: time and uid"),
        sa.Column("last", SortableText, nullable=False, comment="position of the latest event: time and uid"),
        sa.PrimaryKeyConstraint("series_id", "group_key", "bucket", "shard", name=op.f("pk_tumbling_counts")),
    )
    op.create_table(
        "event_rollups",
        sa.Column("hour", UtcDateTime(), nullable=False, comment="event time floored to the hour"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False, comment="spreads workers over rows; sum over it"),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "source", "shard", name=op.f("pk_event_rollups")),
    )
    op.create_table(
        "rules",
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False, comment="hash of the rule's definition"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("falsepositives", sa.JSON(), nullable=False),
        sa.Column("runbook", sa.Text(), nullable=False),
        sa.Column("yaml", sa.Text(), nullable=False),
        sa.Column("loaded_at", UtcDateTime(), server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "version", name=op.f("pk_rules")),
    )
    op.create_table(
        "source_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("event_uid", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_event_id", sa.Text(), nullable=False, comment="the id the source gave the event"),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=True),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        sa.Column("raw_data", sa.JSON(), nullable=False),
        sa.Column(
            "attributes",
            sa.JSON(),
            nullable=True,
            comment="normalised facts of a native payload; null: raw_data holds them",
        ),
        sa.Column(
            "detected",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="its own detections are stored",
        ),
        sa.Column(
            "processed", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="its rules have run"
        ),
        sa.Column("ingested_at", UtcDateTime(), server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_events")),
        sa.UniqueConstraint("event_uid", name=op.f("uq_source_events_event_uid")),
    )
    op.create_index(
        "ix_source_events_event_type_timestamp_id", "source_events", ["event_type", "timestamp", "id"], unique=False
    )
    op.create_index("ix_source_events_timestamp_id", "source_events", ["timestamp", "id"], unique=False)
    op.create_index(
        "ix_source_events_unprocessed",
        "source_events",
        ["id"],
        unique=False,
        postgresql_where=sa.text("processed IS false"),
        sqlite_where=sa.text("processed IS false"),
    )
    op.create_index("ix_source_events_user_timestamp_id", "source_events", ["user", "timestamp", "id"], unique=False)
    op.create_table(
        "findings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False, comment="hash of rule, group key and bucket start"),
        sa.Column("version", sa.Integer(), nullable=False, comment="rises with each change by the engine"),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("rule_version", sa.Text(), nullable=False),
        sa.Column("rule_name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("severity_rank", sa.SmallInteger(), nullable=False),
        sa.Column(
            "severity",
            sa.Text(),
            sa.Computed(
                "CASE severity_rank WHEN 1 THEN 'low' WHEN 2 THEN 'medium' WHEN 3 THEN 'high' ELSE 'critical' END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("user", sa.Text(), nullable=True),
        sa.Column("group_key", sa.Text(), nullable=False, comment="canonical JSON of the group's fields and values"),
        sa.Column("series_id", sa.Uuid(), nullable=False, comment="the series in detections that raised it"),
        sa.Column("bucket_start", UtcDateTime(), nullable=False),
        sa.Column("bucket_end", UtcDateTime(), nullable=False),
        sa.Column("first_seen", UtcDateTime(), nullable=False),
        sa.Column("last_seen", UtcDateTime(), nullable=False),
        sa.Column("detection_count", sa.BigInteger(), nullable=False),
        sa.Column(
            "event_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="the event of the earliest detection",
        ),
        sa.Column("event_uid", sa.Uuid(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("extra_data", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("risk_score", sa.SmallInteger(), nullable=True),
        sa.Column("ai_explanation", sa.Text(), nullable=True),
        sa.Column("ai_source", sa.Text(), nullable=True, comment="what wrote it: heuristic"),
        sa.Column("ai_version", sa.Integer(), nullable=True, comment="version of the finding it was written for"),
        sa.Column("ai_data", sa.JSON(), nullable=True, comment="the score's factors"),
        sa.Column("ai_enriched_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("risk_score BETWEEN 0 AND 100", name=op.f("ck_findings_risk_score")),
        sa.CheckConstraint("severity_rank BETWEEN 1 AND 4", name=op.f("ck_findings_severity_rank")),
        sa.ForeignKeyConstraint(["event_id"], ["source_events.id"], name=op.f("fk_findings_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        sa.UniqueConstraint("uid", name=op.f("uq_findings_uid")),
    )
    op.create_index("ix_findings_event_id", "findings", ["event_id"], unique=False)
    op.create_index("ix_findings_first_seen_id", "findings", ["first_seen", "id"], unique=False)
    op.create_index(
        "ix_findings_severity_rank_first_seen_id", "findings", ["severity_rank", "first_seen", "id"], unique=False
    )
    op.create_index(
        "ix_findings_unenriched",
        "findings",
        ["id"],
        unique=False,
        postgresql_where=sa.text("risk_score IS NULL"),
        sqlite_where=sa.text("risk_score IS NULL"),
    )
    op.create_index("ix_findings_user_first_seen_id", "findings", ["user", "first_seen", "id"], unique=False)


def downgrade() -> None:
    """Takes the change back."""
    op.drop_index("ix_findings_user_first_seen_id", table_name="findings")
    op.drop_index(
        "ix_findings_unenriched",
        table_name="findings",
        postgresql_where=sa.text("risk_score IS NULL"),
        sqlite_where=sa.text("risk_score IS NULL"),
    )
    op.drop_index("ix_findings_severity_rank_first_seen_id", table_name="findings")
    op.drop_index("ix_findings_first_seen_id", table_name="findings")
    op.drop_index("ix_findings_event_id", table_name="findings")
    op.drop_table("findings")
    op.drop_index("ix_source_events_user_timestamp_id", table_name="source_events")
    op.drop_index(
        "ix_source_events_unprocessed",
        table_name="source_events",
        postgresql_where=sa.text("processed IS false"),
        sqlite_where=sa.text("processed IS false"),
    )
    op.drop_index("ix_source_events_timestamp_id", table_name="source_events")
    op.drop_index("ix_source_events_event_type_timestamp_id", table_name="source_events")
    op.drop_table("source_events")
    op.drop_table("rules")
    op.drop_table("event_rollups")
    op.drop_table("tumbling_counts")
    op.drop_index("ix_detections_value", table_name="detections")
    op.drop_index("uq_detections_series_id", table_name="detections")
    op.drop_table("detections")
