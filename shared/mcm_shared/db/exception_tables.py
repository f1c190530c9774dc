"""Exceptions: what was requested never changes, and what people did with it is appended."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    func,
)

from mcm_shared.db.metadata import METADATA
from mcm_shared.db.types import BigId, UtcDateTime

EXCEPTIONS: Final = Table(
    "exceptions",
    METADATA,
    Column("id", BigId, primary_key=True, autoincrement=True, comment="shown as EX-id"),
    Column("matcher", JSON, nullable=False, comment="which findings it covers"),
    Column("owner", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ticket", Text),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("requester", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, server_default=func.current_timestamp()),
    CheckConstraint("starts_at < expires_at", name="period"),
)
Index("ix_exceptions_expires_at", EXCEPTIONS.c.expires_at)

EXCEPTION_ACTIONS: Final = Table(
    "exception_actions",
    METADATA,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("exception_id", ForeignKey("exceptions.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False, server_default=func.current_timestamp()),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text),
    CheckConstraint("kind IN ('approve', 'revoke')", name="kind"),
    # of two people who do the same at once, one is refused
    UniqueConstraint("exception_id", "kind"),
)

EXCEPTION_MATCHES: Final = Table(
    "exception_matches",
    METADATA,
    Column("exception_id", BigInteger, primary_key=True, autoincrement=False),
    Column("finding_id", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False, comment="of the finding that was evaluated"),
    Column("covered", Boolean, nullable=False, comment="the Sigma filter excludes all events of the finding"),
)

EXCEPTION_FILTERS: Final = Table(
    "exception_filters",
    METADATA,
    Column("exception_id", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "rules", JSON(none_as_null=True), comment="rules that the Sigma filter names, by id, name or title; null: any"
    ),
    Column("problem", Text, comment="why the Sigma filter is invalid and covers nothing; null: valid"),
)
