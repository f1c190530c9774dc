"""Recomputed results of rules, withdrawn findings, and how far each source is complete."""

import sqlalchemy as sa
from alembic import op

from mcm_shared.db.types import SortableText, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change, and notes the progress of the sources whose events are stored."""
    _create_results()
    op.create_table(
        "finding_history",
        sa.Column("finding_uid", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="the finding's version from then on"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("event_uid", sa.Uuid(), nullable=False, comment="the event that decided"),
        sa.Column("event_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), server_default=sa.func.current_timestamp(), nullable=False),
        sa.CheckConstraint("state IN ('standing', 'withdrawn')", name=op.f("ck_finding_history_state")),
        sa.PrimaryKeyConstraint("finding_uid", "version", name=op.f("pk_finding_history")),
    )
    op.create_table(
        "source_progress",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False, comment="spreads workers over rows; combine over it"),
        sa.Column(
            "complete_until",
            UtcDateTime(),
            nullable=False,
            comment="the source's latest event time, or what a source_polled record says",
        ),
        sa.PrimaryKeyConstraint("source", "shard", name=op.f("pk_source_progress")),
    )
    for name, comment in (
        ("sum_high", "sum of values, in 2^32 millionths"),
        ("sum_low", "the rest of it, in millionths"),
    ):
        op.add_column(
            "tumbling_counts",
            sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment=comment),
        )
    op.add_column(
        "findings",
        sa.Column(
            "withdrawn",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="later evidence says otherwise",
        ),
    )
    _index_findings("withdrawn")
    if op.get_bind().dialect.name == "postgresql":
        # an engine that still runs waits, so that no event is missed
        op.execute("LOCK TABLE source_events IN SHARE ROW EXCLUSIVE MODE")
    op.execute(
        "INSERT INTO source_progress (source, shard, complete_until) "
        "SELECT source, 0, max(timestamp) FROM source_events GROUP BY source"
    )


def downgrade() -> None:
    """Takes the change back."""
    _index_findings()
    op.drop_column("findings", "withdrawn")
    op.drop_column("tumbling_counts", "sum_low")
    op.drop_column("tumbling_counts", "sum_high")
    op.drop_table("source_progress")
    op.drop_table("finding_history")
    op.drop_table("rule_results")


def _index_findings(*also: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for columns, included in (
        (["first_seen", "id"], ["severity_rank", "rule_name", "source", "risk_score"]),
        (["user", "first_seen", "id"], ["severity_rank", "risk_score"]),
    ):
        name = f"ix_findings_{'_'.join(columns)}"
        op.drop_index(name, table_name="findings")
        op.create_index(name, "findings", columns, postgresql_include=[*included, *also])


def _create_results() -> None:
    op.create_table(
        "rule_results",
        sa.Column("series_id", sa.Uuid(), nullable=False, comment="hash of the rule's definition"),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, autoincrement=False, comment="microseconds since 1970"),
        sa.Column(
            "event_uid", sa.Uuid(), nullable=False, comment="the event that the result is about, or the window's name"
        ),
        sa.Column(
            "value",
            SortableText,
            server_default=sa.text("''"),
            nullable=False,
            comment="the new value, for new_value",
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("waits_for", sa.Text(), comment="while pending: the source that must be complete"),
        sa.Column("due_at", sa.BigInteger(), comment="while pending: until when, in microseconds since 1970"),
        sa.Column("decided_at", sa.BigInteger(), nullable=False, comment="time of the event that decided"),
        sa.Column("decided_by", sa.Uuid(), nullable=False, comment="uid of the event that decided"),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("first_uid", sa.Uuid(), nullable=False, comment="the earliest event of the result"),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.Uuid(), nullable=False, comment="the latest event of the result"),
        sa.Column("amount", sa.Text(), comment="what was measured in a window, as a decimal number"),
        sa.Column("touched_by", sa.Uuid(), comment="an event of the batch that decided a pending result"),
        sa.CheckConstraint("state IN ('pending', 'standing', 'withdrawn')", name=op.f("ck_rule_results_state")),
        sa.PrimaryKeyConstraint("series_id", "group_key", "at", "event_uid", "value", name=op.f("pk_rule_results")),
    )
    pending, touched = sa.text("state = 'pending'"), sa.text("touched_by IS NOT NULL")
    op.create_index(
        "ix_rule_results_due",
        "rule_results",
        ["series_id", "waits_for", "due_at"],
        postgresql_where=pending,
        sqlite_where=pending,
    )
    op.create_index(
        "ix_rule_results_touched_by",
        "rule_results",
        ["touched_by"],
        postgresql_where=touched,
        sqlite_where=touched,
    )
