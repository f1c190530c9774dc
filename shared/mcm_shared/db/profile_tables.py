"""Behaviour profiles: what each user does on each day, what everyone does in each week, and the scores of days."""

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Date, Index, SmallInteger, Table, Text, text

from mcm_shared.db.metadata import METADATA
from mcm_shared.db.types import SortableText


def _user_day() -> tuple[Column[Any], ...]:
    return (
        Column("user", SortableText, primary_key=True, comment="in canonical form, as groups of rules hold users"),
        Column("day", Date, primary_key=True, comment="of the event time, in UTC"),
    )


PROFILE_VALUES: Final = Table(
    "profile_values",
    METADATA,
    *_user_day(),
    Column("features", Text, nullable=False, comment="each value of a feature that the day has, once"),
)

PROFILE_DAYS: Final = Table(
    "profile_days",
    METADATA,
    *_user_day(),
    Column("shard", SmallInteger, primary_key=True, comment="spreads workers over rows; sum over it"),
    Column("events", BigInteger, nullable=False),
    Column("failures", BigInteger, nullable=False),
    Column("first", SortableText, nullable=False, comment="position of the earliest event: time and uid"),
    Column("last", SortableText, nullable=False, comment="position of the latest event: time and uid"),
    Column("pending", Text, nullable=False, comment="values that are not in profile_values yet"),
    Column("touched", BigInteger, nullable=False, comment="random at each change; 0 once the day is scored"),
)
_TOUCHED: Final = text("touched <> 0")
Index(
    "ix_profile_days_touched",
    PROFILE_DAYS.c.user,
    PROFILE_DAYS.c.day,
    postgresql_where=_TOUCHED,
    sqlite_where=_TOUCHED,
)
Index("ix_profile_days_day", PROFILE_DAYS.c.day)

PROFILE_TOTALS: Final = Table(
    "profile_totals",
    METADATA,
    Column("week", Date, primary_key=True, comment="its Monday"),
    Column("feature", SortableText, primary_key=True),
    Column("value", SortableText, primary_key=True),
    Column("count", BigInteger, nullable=False, comment="days of users with the value"),
)

PROFILE_WEEKS: Final = Table(
    "profile_weeks",
    METADATA,
    Column("week", Date, primary_key=True, comment="its Monday"),
    Column("count", BigInteger, nullable=False, comment="sum of the week's totals: the same while they are the same"),
    Column("touched", BigInteger, nullable=False, comment="random at each change; 0 once later days are touched"),
)

PROFILE_SCORES: Final = Table(
    "profile_scores",
    METADATA,
    *_user_day(),
    Column("login", BigInteger, nullable=False, comment="in thousandths of a bit"),
    Column("activity", BigInteger, nullable=False, comment="in thousandths of a bit"),
    Column("volume", BigInteger, nullable=False, comment="in thousandths of a bit"),
)

PROFILE_TABLES: Final = (PROFILE_VALUES, PROFILE_DAYS, PROFILE_TOTALS, PROFILE_WEEKS, PROFILE_SCORES)
