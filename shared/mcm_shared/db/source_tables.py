"""How far each source was read, by whom, and how that went."""

from typing import Final

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Table, Text, Uuid, false, text

from mcm_shared.db.metadata import METADATA
from mcm_shared.db.types import UtcDateTime

SOURCE_POSITIONS: Final = Table(
    "source_positions",
    METADATA,
    Column("source", Text, primary_key=True, comment="name in sources.yml"),
    Column("lane", Text, primary_key=True, comment="live, or backfill of what happened before the first start"),
    Column("connector", Text, nullable=False),
    Column("feeds", JSON, nullable=False, comment="names of the sources of its events"),
    Column("position", JSON, nullable=False, comment="everything before it is acknowledged by Kafka"),
    Column("done", Boolean, nullable=False, server_default=false(), comment="a backfill that has read all there was"),
    Column("leased_by", Uuid, comment="the process that reads it"),
    Column("leased_until", UtcDateTime, comment="afterwards another process may continue with it"),
    Column("interval_s", Float, nullable=False),
    Column("silent_after_s", Float, comment="from sources.yml; null: learned from the source's own events"),
    Column("complete_from", UtcDateTime, comment="where the first start began"),
    Column("complete_until", UtcDateTime, comment="no event up to this time is missing"),
    Column("polled_at", UtcDateTime, comment="the last page or failure"),
    Column("succeeded_at", UtcDateTime, comment="the last poll that read to the end"),
    Column("failing_since", UtcDateTime),
    Column("error_kind", Text),
    Column("error", Text),
    Column("records", BigInteger, nullable=False, server_default=text("0"), comment="sent to Kafka"),
    Column("refused", BigInteger, nullable=False, server_default=text("0"), comment="refused by Kafka"),
)
