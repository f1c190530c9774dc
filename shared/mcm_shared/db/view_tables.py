"""Saved views of the list of findings."""

from typing import Final

from sqlalchemy import JSON, Column, Table, Text, UniqueConstraint, Uuid

from mcm_shared.db.metadata import METADATA
from mcm_shared.db.types import UtcDateTime

SAVED_VIEWS: Final = Table(
    "saved_views",
    METADATA,
    Column("id", Uuid, primary_key=True, comment="random: who has the link may open the view"),
    Column("owner", Text, nullable=False, comment="id of the user; local while authentication is off"),
    Column("owner_name", Text, nullable=False, comment="of the owner, when the view was saved"),
    Column("name", Text, nullable=False),
    Column("filter", JSON, nullable=False),
    Column("columns", JSON(none_as_null=True), comment="null: those of the list without a view"),
    Column("sort", Text, nullable=False),
    Column("order", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    UniqueConstraint("owner", "name"),
)
