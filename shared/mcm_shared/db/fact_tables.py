"""Index of facts: which blocks of events have a fact. It is built after the events are stored."""

from typing import Final

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, Table
from sqlalchemy.dialects.postgresql import ARRAY

from mcm_shared.db.metadata import METADATA
from mcm_shared.db.types import UtcDateTime

FACT_BLOCK_EVENTS: Final = 256
"""Events of a block: those whose ids have the same quotient by this number."""

EVENT_FACT_BLOCKS: Final = Table(
    "event_fact_blocks",
    METADATA,
    Column("block", BigInteger, primary_key=True, autoincrement=False, comment="id of its events divided by 256"),
    Column("first_at", UtcDateTime, nullable=False, comment="the earliest event time"),
    Column("last_at", UtcDateTime, nullable=False, comment="the latest event time"),
    # SQLite reads the events themselves and leaves the table empty
    Column(
        "hashes",
        ARRAY(Integer).with_variant(JSON(), "sqlite"),
        nullable=False,
        comment="the facts of its events, each as a number",
    ),
)
Index("ix_event_fact_blocks_hashes", EVENT_FACT_BLOCKS.c.hashes, postgresql_using="gin").ddl_if(dialect="postgresql")
