"""Leases on rows: one worker at a time has a row, and another takes it over when the lease has expired.

The table has the columns ``id``, ``leased_by`` and ``leased_until``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Select, Table, or_, select, update

from mcm_shared.db.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease: its owner, when it begins, and its length in seconds."""

    owner: UUID
    now: datetime
    for_s: float

    @property
    def until(self) -> datetime:
        """When it expires."""
        return self.now + timedelta(seconds=self.for_s)


async def lease_rows(
    connection: AsyncConnection,
    table: Table,
    candidates: Select[tuple[Any]],
    lease: Lease,
    *,
    returning: Sequence[Column[Any]],
    values: Mapping[str, Any] | None = None,
) -> list[Any]:
    """Leases those of the candidates (ids, in order, with a limit) that have no live lease; returns their columns.

    Rows that another worker is leasing at the moment are skipped. ``values`` are set as well.
    """
    expired = or_(table.c.leased_until.is_(None), table.c.leased_until <= lease.now)
    free = candidates.where(expired)
    if connection.dialect.name == "postgresql":
        free = free.with_for_update(skip_locked=True)
    chosen = free.cte("chosen")
    taken = (
        update(table)
        .where(table.c.id.in_(select(chosen.c.id)))
        .values(leased_by=lease.owner, leased_until=lease.until, **(values or {}))
        .returning(*returning)
    )
    return list((await connection.execute(taken)).all())
