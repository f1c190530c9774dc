"""Where findings come from, what is counted of days and of users, and how readers know that findings changed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SHARD = "spreads workers over rows; sum over it"


def upgrade() -> None:
    """Applies the change."""
    op.add_column(
        "findings",
        sa.Column("source", sa.Text(), nullable=True, comment="the source of the event of the earliest detection"),
    )
    op.execute(
        "UPDATE findings SET source = (SELECT e.source FROM source_events e WHERE e.event_uid = findings.event_uid)"
    )
    _index_findings("severity_rank", "rule_name", "source", "risk_score")
    op.create_table(
        "event_days",
        sa.Column("day", sa.Date(), nullable=False, comment="of the event time, in UTC"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False, comment=_SHARD),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "source", "event_type", "shard", name=op.f("pk_event_days")),
    )
    op.create_table(
        "user_days",
        sa.Column("user", sa.Text(), nullable=False, comment="events without a user are not counted here"),
        sa.Column("day", sa.Date(), nullable=False, comment="of the event time, in UTC"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False, comment=_SHARD),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user", "day", "source", "shard", name=op.f("pk_user_days")),
    )
    op.create_table(
        "finding_changes",
        sa.Column("shard", sa.SmallInteger(), autoincrement=False, nullable=False, comment="spreads writers over rows"),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shard", name=op.f("pk_finding_changes")),
    )
    _count_what_is_there()


def downgrade() -> None:
    """Takes the change back."""
    op.drop_table("finding_changes")
    op.drop_table("user_days")
    op.drop_table("event_days")
    _index_findings()
    op.drop_column("findings", "source")


def _index_findings(*included: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_findings_first_seen_id", table_name="findings")
        op.create_index(
            "ix_findings_first_seen_id", "findings", ["first_seen", "id"], postgresql_include=list(included) or None
        )


def _count_what_is_there() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        # an engine that still runs waits, so that no event is missed or counted twice
        op.execute("LOCK TABLE source_events IN SHARE ROW EXCLUSIVE MODE")
    day = "CAST(timezone('UTC', timestamp) AS date)" if postgresql else "date(timestamp)"
    op.execute(
        f"""INSERT INTO event_days (day, source, event_type, shard, "count")
        SELECT {day}, source, event_type, 0, count(*) FROM source_events GROUP BY 1, 2, 3"""  # noqa: S608 (our own)
    )
    op.execute(
        f"""INSERT INTO user_days ("user", day, source, shard, "count")
        SELECT "user", {day}, source, 0, count(*) FROM source_events
        WHERE "user" IS NOT NULL GROUP BY 1, 2, 3"""  # noqa: S608 (our own)
    )
