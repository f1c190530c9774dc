"""Outbox of findings of recomputed rules, in the place of the event that a decided result was published with."""

import sqlalchemy as sa
from alembic import op

from mcm_shared.db.types import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_WHERE = sa.text("touched_by IS NOT NULL")


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "finding_outbox",
        sa.Column("finding_uid", sa.Uuid(), nullable=False),
        sa.Column(
            "version",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="the change that is to be published",
        ),
        sa.Column("written_at", UtcDateTime(), server_default=sa.func.current_timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("finding_uid", "version", name=op.f("pk_finding_outbox")),
    )
    # what a worker may have decided and not published
    op.execute(
        "INSERT INTO finding_outbox (finding_uid, version) SELECT DISTINCT f.uid, f.version FROM findings f "
        "JOIN rule_results x ON x.series_id = f.series_id AND x.group_key = f.group_key WHERE x.touched_by IS NOT NULL"
    )
    op.drop_index("ix_rule_results_touched_by", "rule_results")
    op.execute("ALTER TABLE rule_results DROP COLUMN touched_by")


def downgrade() -> None:
    """Takes the change back."""
    comment = "an event of the batch that decided a pending result"
    op.add_column("rule_results", sa.Column("touched_by", sa.Uuid(), nullable=True, comment=comment))
    op.create_index(
        "ix_rule_results_touched_by",
        "rule_results",
        ["touched_by"],
        postgresql_where=_WHERE,
        sqlite_where=_WHERE,
    )
    op.drop_table("finding_outbox")
