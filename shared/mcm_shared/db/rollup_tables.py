"""What is counted of events as they are stored, in the transaction that stores them."""

from typing import Final

from sqlalchemy import BigInteger, Column, Date, SmallInteger, Table, Text, Uuid, text

from mcm_shared.db.metadata import METADATA
from mcm_shared.db.types import SortableText, UtcDateTime

EVENT_ROLLUPS: Final = Table(
    "event_rollups",
    METADATA,
    Column("hour", UtcDateTime, primary_key=True, comment="event time floored to the hour"),
    Column("source", Text, primary_key=True),
    Column("shard", SmallInteger, primary_key=True, comment="spreads workers over rows; sum over it"),
    Column("count", BigInteger, nullable=False),
)

EVENT_DAYS: Final = Table(
    "event_days",
    METADATA,
    Column("day", Date, primary_key=True, comment="of the event time, in UTC"),
    Column("source", Text, primary_key=True),
    Column("event_type", Text, primary_key=True),
    Column("shard", SmallInteger, primary_key=True, comment="spreads workers over rows; sum over it"),
    Column("count", BigInteger, nullable=False),
)

USER_DAYS: Final = Table(
    "user_days",
    METADATA,
    Column("user", Text, primary_key=True, comment="events without a user are not counted here"),
    Column("day", Date, primary_key=True, comment="of the event time, in UTC"),
    Column("source", Text, primary_key=True),
    Column("shard", SmallInteger, primary_key=True, comment="spreads workers over rows; sum over it"),
    Column("count", BigInteger, nullable=False),
)

USER_TOTALS: Final = Table(
    "user_totals",
    METADATA,
    Column("user", Text, primary_key=True, comment="events without a user are not counted here"),
    Column("shard", SmallInteger, primary_key=True, comment="spreads workers over rows; combine over it"),
    Column("count", BigInteger, nullable=False),
    Column("first_at", UtcDateTime, nullable=False, comment="the earliest event time"),
    Column("last_at", UtcDateTime, nullable=False, comment="the latest event time"),
)

SOURCE_PROGRESS: Final = Table(
    "source_progress",
    METADATA,
    Column("source", Text, primary_key=True),
    Column("shard", SmallInteger, primary_key=True, comment="spreads workers over rows; combine over it"),
    Column(
        "complete_until",
        UtcDateTime,
        nullable=False,
        comment="the source's latest event time, or what a source_polled record says",
    ),
)

TUMBLING_COUNTS: Final = Table(
    "tumbling_counts",
    METADATA,
    Column("series_id", Uuid, primary_key=True),
    Column("group_key", Text, primary_key=True),
    Column("bucket", BigInteger, primary_key=True, comment="start, in microseconds since 1970"),
    Column("shard", SmallInteger, primary_key=True, comment="spreads workers over rows; sum over it"),
    Column("count", BigInteger, nullable=False),
    Column("first", SortableText, nullable=False, comment="position of the earliest event: time and uid"),
    Column("last", SortableText, nullable=False, comment="position of the latest event: time and uid"),
    Column("sum_high", BigInteger, nullable=False, server_default=text("0"), comment="sum of values, in 2^32 parts"),
    Column("sum_low", BigInteger, nullable=False, server_default=text("0"), comment="the rest of it, in millionths"),
)

ROLLUPS: Final = (EVENT_ROLLUPS, EVENT_DAYS, USER_DAYS, USER_TOTALS, SOURCE_PROGRESS)
"""Roll-ups of the stored events, maintained in the storing transaction."""
