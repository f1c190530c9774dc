"""Behaviour profiles of users, and the scores of their days."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from mcm_shared.db.types import SortableText

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_USER: Final = "in canonical form, as groups of rules hold users"
_DAY: Final = "of the event time, in UTC"


def upgrade() -> None:
    """Applies the change; profiles begin with the events that are stored from now on."""
    op.create_table(
        "profile_values",
        *_user_day(),
        sa.Column("features", sa.Text(), nullable=False, comment="each value of a feature that the day has, once"),
        sa.PrimaryKeyConstraint("user", "day", name=op.f("pk_profile_values")),
    )
    op.create_table(
        "profile_days",
        *_user_day(),
        sa.Column("shard", sa.SmallInteger(), nullable=False, comment="spreads workers over rows; sum over it"),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("first", SortableText, nullable=False, comment="position of the earliest event: time and uid"),
        sa.Column("last", SortableText, nullable=False, comment="position of the latest event: time and uid"),
        sa.Column("pending", sa.Text(), nullable=False, comment="values that are not in profile_values yet"),
        *_touched(
            "random at each change; 0 once the day is scored",
            "an event that changed the day's score, or an earlier day's",
        ),
        sa.PrimaryKeyConstraint("user", "day", "shard", name=op.f("pk_profile_days")),
    )
    touched = sa.text("touched <> 0")
    op.create_index(
        "ix_profile_days_touched", "profile_days", ["user", "day"], postgresql_where=touched, sqlite_where=touched
    )
    op.create_index("ix_profile_days_day", "profile_days", ["day"])
    op.create_table(
        "profile_totals",
        sa.Column("week", sa.Date(), nullable=False, comment="its Monday"),
        sa.Column("feature", SortableText, nullable=False),
        sa.Column("value", SortableText, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False, comment="days of users with the value"),
        sa.PrimaryKeyConstraint("week", "feature", "value", name=op.f("pk_profile_totals")),
    )
    op.create_table(
        "profile_weeks",
        sa.Column("week", sa.Date(), nullable=False, comment="its Monday"),
        sa.Column(
            "count",
            sa.BigInteger(),
            nullable=False,
            comment="sum of the week's totals: the same while they are the same",
        ),
        *_touched("random at each change; 0 once later days are touched", "an event that changed the week"),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_profile_weeks")),
    )
    op.create_table(
        "profile_scores",
        *_user_day(),
        sa.Column("login", sa.BigInteger(), nullable=False, comment="in thousandths of a bit"),
        sa.Column("activity", sa.BigInteger(), nullable=False, comment="in thousandths of a bit"),
        sa.Column("volume", sa.BigInteger(), nullable=False, comment="in thousandths of a bit"),
        sa.Column("evidence", sa.JSON(), nullable=False, comment="the counts that the scores are computed from"),
        sa.PrimaryKeyConstraint("user", "day", name=op.f("pk_profile_scores")),
    )


def downgrade() -> None:
    """Takes the change back."""
    for table in ("profile_scores", "profile_weeks", "profile_totals", "profile_days", "profile_values"):
        op.drop_table(table)


def _user_day() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("user", SortableText, nullable=False, comment=_USER),
        sa.Column("day", sa.Date(), nullable=False, comment=_DAY),
    )


def _touched(touched: str, touched_by: str) -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("touched", sa.BigInteger(), nullable=False, comment=touched),
        sa.Column("touched_by", sa.Uuid(), nullable=False, comment=touched_by),
    )
