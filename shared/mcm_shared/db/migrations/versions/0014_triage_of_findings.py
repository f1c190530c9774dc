"""Triage of findings: people's actions, and the state that they add up to."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from mcm_shared.db.generated import Generated
from mcm_shared.db.types import BigId, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_CLOSED: Final = "chosen_status IN ('resolved', 'false_positive', 'accepted_risk')"
_STATUS: Final = f"CASE WHEN {_CLOSED} AND last_seen > seen_until THEN 'reopened' ELSE chosen_status END"
_LATE: Final = (
    f"CASE WHEN {_CLOSED} AND last_seen <= seen_until AND detection_count > seen_detections"
    " THEN detection_count - seen_detections ELSE 0 END"
)
_LABELLED: Final = sa.text("labels IS NOT NULL")


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "finding_actions",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("finding_uid", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), server_default=sa.func.current_timestamp(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "seen_until",
            UtcDateTime(),
            nullable=True,
            comment="the latest event time that the person who closed it had seen",
        ),
        sa.Column(
            "seen_detections",
            sa.BigInteger(),
            nullable=True,
            comment="the detections that the person who closed it had seen",
        ),
        sa.CheckConstraint("kind IN ('status', 'assign', 'note', 'label')", name=op.f("ck_finding_actions_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_actions")),
    )
    op.create_index("ix_finding_actions_finding_uid_id", "finding_actions", ["finding_uid", "id"])
    _rename("status", "chosen_status")
    for column in (
        sa.Column("status_reason", sa.Text()),
        sa.Column("seen_until", UtcDateTime(), comment="last_seen as the person who closed it saw it"),
        sa.Column("seen_detections", sa.BigInteger(), comment="detection_count as that person saw it"),
        sa.Column("labels", sa.JSON(none_as_null=True), comment="null: none"),
        sa.Column("triage_version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("status", sa.Text(), Generated(_STATUS)),
        sa.Column("late_detections", sa.BigInteger(), Generated(_LATE)),
    ):
        op.add_column("findings", column)
    op.create_index("ix_findings_labelled", "findings", ["id"], postgresql_where=_LABELLED, sqlite_where=_LABELLED)
    _index_lists("severity_rank", "rule_name", "source", "risk_score", "withdrawn", "status", "assignee")


def downgrade() -> None:
    """Takes the change back."""
    op.drop_table("finding_actions")
    op.drop_index("ix_findings_labelled", "findings")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_findings_first_seen_id", "findings")
    for name in (
        "late_detections",
        "status",
        "triage_version",
        "labels",
        "seen_detections",
        "seen_until",
        "status_reason",
    ):
        op.execute(f"ALTER TABLE findings DROP COLUMN {name}")
    _rename("chosen_status", "status")
    if op.get_bind().dialect.name == "postgresql":
        _index_lists("severity_rank", "rule_name", "source", "risk_score", "withdrawn")


def _rename(old: str, new: str) -> None:
    # PostgreSQL names the constraint after the column, and keeps the name when the column is renamed
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute(f"ALTER TABLE findings ALTER COLUMN {old} DROP NOT NULL")
    op.execute(f"ALTER TABLE findings RENAME COLUMN {old} TO {new}")
    if postgresql:
        op.execute(f"ALTER TABLE findings ALTER COLUMN {new} SET NOT NULL")


def _index_lists(*columns: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX IF EXISTS ix_findings_first_seen_id")
        op.create_index("ix_findings_first_seen_id", "findings", ["first_seen", "id"], postgresql_include=list(columns))
