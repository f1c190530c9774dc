"""The catalogue says which rules are active, where they come from, and which filters apply to them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change; of each rule, the version loaded last becomes active."""
    empty = sa.text("''")
    op.add_column(
        "rules",
        sa.Column("family", sa.Text(), nullable=False, server_default=empty, comment="the folder of the rule's file"),
    )
    op.add_column(
        "rules",
        sa.Column(
            "pack", sa.Text(), nullable=False, server_default=empty, comment="the pack of the rule; '' if unknown"
        ),
    )
    op.add_column(
        "rules",
        sa.Column(
            "filters",
            sa.JSON(),
            nullable=False,
            server_default=sa.text("'[]'"),
            comment="YAML of the filters that apply",
        ),
    )
    op.add_column(
        "rules",
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.false(), comment="part of the newest load"),
    )
    op.create_table(
        "rule_catalogue",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False, comment="one row"),
        sa.Column("revision", sa.BigInteger(), nullable=False, comment="incremented by every load of rules"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_catalogue")),
    )
    op.execute(
        "UPDATE rules SET active = true WHERE loaded_at = "
        "(SELECT max(other.loaded_at) FROM rules other WHERE other.rule_id = rules.rule_id)"
    )


def downgrade() -> None:
    """Takes the change back."""
    op.drop_table("rule_catalogue")
    for column in ("active", "filters", "pack", "family"):
        op.drop_column("rules", column)
