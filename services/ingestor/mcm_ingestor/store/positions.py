"""Rows of positions and their leases; on PostgreSQL and SQLite."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.db.source_tables import SOURCE_POSITIONS

LIVE: Final = "live"
BACKFILL: Final = "backfill"
"""Lanes of a source: what happens from the first start on, and what happened before."""

_COLUMNS: Final = SOURCE_POSITIONS.c


@dataclass(frozen=True, slots=True)
class LaneKey:
    """One lane of a source, and the process that holds its lease."""

    source: str
    lane: str
    owner: UUID


async def insert_positions(engine: AsyncEngine, rows: list[dict[str, Any]], current: dict[str, Any]) -> None:
    """Inserts the first positions of a source unless it has some, and updates its settings either way."""
    async with transaction(engine) as connection:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        source = rows[0]["source"]
        known = (await connection.execute(select(_COLUMNS.lane).where(_COLUMNS.source == source))).first()
        if known is None:
            statement = dialect.insert(SOURCE_POSITIONS).on_conflict_do_nothing()
            await connection.execute(statement, [{**current, **row} for row in rows])
        else:
            await connection.execute(update(SOURCE_POSITIONS).where(_COLUMNS.source == source).values(current))


async def lease_lane(engine: AsyncEngine, key: LaneKey, now: datetime, for_s: float) -> dict[str, Any] | None:
    """Leases a lane and returns its position; None while another process holds the lease, or when it is done."""
    free = or_(_COLUMNS.leased_until.is_(None), _COLUMNS.leased_until <= now, _COLUMNS.leased_by == key.owner)
    taken = (
        update(SOURCE_POSITIONS)
        .where(_COLUMNS.source == key.source, _COLUMNS.lane == key.lane, _COLUMNS.done.is_(False), free)
        .values(leased_by=key.owner, leased_until=now + timedelta(seconds=for_s))
        .returning(_COLUMNS.position)
    )
    async with transaction(engine) as connection:
        row = (await connection.execute(taken)).first()
    return None if row is None else row.position


async def read_lane(engine: AsyncEngine, source: str, lane: str) -> Any:
    """Reads the row of a lane; None when there is none."""
    query = select(SOURCE_POSITIONS).where(_COLUMNS.source == source, _COLUMNS.lane == lane)
    async with transaction(engine, read_only=True) as connection:
        return (await connection.execute(query)).first()


async def is_done(engine: AsyncEngine, source: str, lane: str) -> bool:
    """Returns whether a lane has read everything that it will ever read, or does not exist."""
    row = await read_lane(engine, source, lane)
    return row is None or bool(row.done)


async def change_lane(engine: AsyncEngine, key: LaneKey, values: dict[str, Any]) -> bool:
    """Updates a lane whose lease this process holds; False when the lease was lost."""
    ours = (_COLUMNS.source == key.source, _COLUMNS.lane == key.lane, _COLUMNS.leased_by == key.owner)
    async with transaction(engine) as connection:
        changed = await connection.execute(update(SOURCE_POSITIONS).where(*ours).values(values))
    return bool(changed.rowcount)


async def release_lane(engine: AsyncEngine, key: LaneKey) -> None:
    """Ends the lease, so that another process can continue at once."""
    await change_lane(engine, key, {"leased_by": None, "leased_until": None})


def counted(records: int, refused: int) -> dict[str, Any]:
    """Returns the values that add to the numbers of records sent and refused."""
    return {"records": _COLUMNS.records + records, "refused": _COLUMNS.refused + refused}
