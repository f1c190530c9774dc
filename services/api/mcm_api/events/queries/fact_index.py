"""Index of facts: built behind the engine, block by block, so that storing an event costs nothing more."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any, Final

import orjson
import structlog
from sqlalchemy import Text, cast, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mcm_api.events.fact_hashes import hashes_of
from mcm_shared.db.engine import transaction
from mcm_shared.db.fact_tables import EVENT_FACT_BLOCKS, FACT_BLOCK_EVENTS
from mcm_shared.db.tables import SOURCE_EVENTS
from mcm_shared.errors import McmError

log = structlog.get_logger()

_BLOCK: Final = EVENT_FACT_BLOCKS.c
_EVENT: Final = SOURCE_EVENTS.c
MAX_INDEXED_FACTS: Final = 4_000
"""Different facts of an event that the index holds; by facts beyond them the event is not found."""

# compressed: they may expand a hundredfold
_PORTION_BYTES: Final = 64 * 1024
_EVENTS_PER_STEP: Final = 8 * FACT_BLOCK_EVENTS
_IDLE_S: Final = 5.0
_RETRY_S: Final = 15.0
# a fifth of one core while there is a backlog
_REST: Final = 4.0
# one builder at a time among all API processes; the number is arbitrary
_LOCK: Final = text("SELECT pg_try_advisory_xact_lock(6211408293)")
_IN_PROGRESS: Final = text(
    "SELECT CAST(CAST(pg_snapshot_xmin(now) AS text) AS bigint), CAST(CAST(pg_snapshot_xmax(now) AS text) AS bigint)"
    " FROM pg_current_snapshot() AS now"
)


@dataclass(slots=True)
class FactIndexer:
    """Builds the index of facts up to the newest events that no open transaction can still precede."""

    engine: AsyncEngine
    settle_s: float = 2.0
    _settled: int = 0
    _candidate: tuple[int, int, float] | None = None

    async def run(self) -> None:
        """Builds the index until cancelled; SQLite has none."""
        if self.engine.dialect.name != "postgresql":
            return
        failing = False
        while True:
            started = time.monotonic()
            try:
                built = await self.build_next()
            except McmError as error:
                if not failing:
                    log.warning("the index of facts is not built now; retrying automatically", reason=str(error))
                failing = True
                await asyncio.sleep(_RETRY_S)
                continue
            failing = False
            await asyncio.sleep(_REST * (time.monotonic() - started) if built else _IDLE_S)

    async def build_next(self) -> int:
        """Indexes the next blocks; returns how many. Raises DatabaseDownError."""
        async with transaction(self.engine) as connection:
            if not (await connection.execute(_LOCK)).scalar_one():
                return 0
            await self._settle(connection)
            start = await first_unindexed(connection)
            end = (self._settled + 1) // FACT_BLOCK_EVENTS * FACT_BLOCK_EVENTS
            blocks = await _complete_blocks(connection, start, end)
            for number, rows in blocks:
                block = await _read_block(connection, number, rows)
                await connection.execute(insert(EVENT_FACT_BLOCKS).on_conflict_do_nothing(), [block])
        return len(blocks)

    async def _settle(self, connection: AsyncConnection) -> None:
        """Moves the end of what can be indexed.

        Ids are handed out before their transactions commit, so a lower id can appear after a higher one. Ids seen
        at one time are complete once every transaction that was open then has ended; the seconds are for one that was
        about to open.
        """
        oldest, following = (await connection.execute(_IN_PROGRESS)).one()
        if self._candidate is not None:
            newest, open_until, seen_at = self._candidate
            if oldest < open_until or time.monotonic() - seen_at < self.settle_s:
                return
            self._settled = newest
        newest = (await connection.execute(select(func.max(_EVENT.id)))).scalar_one()
        self._candidate = (newest or 0, following, time.monotonic())


async def first_unindexed(connection: AsyncConnection) -> int:
    """Returns the id from which on events are not in the index."""
    if connection.dialect.name != "postgresql":
        return 0
    last = (await connection.execute(select(func.max(_BLOCK.block)))).scalar_one()
    return 0 if last is None else (int(last) + 1) * FACT_BLOCK_EVENTS


async def _complete_blocks(connection: AsyncConnection, start: int, end: int) -> list[tuple[int, list[Any]]]:
    """Reads the ids of the next blocks with the bytes that each event is stored in."""
    stored = func.pg_column_size(_EVENT.raw_data) + func.coalesce(func.pg_column_size(_EVENT.attributes), 0)
    query = select(_EVENT.id, stored.label("stored")).where(_EVENT.id >= start, _EVENT.id < end)
    rows = (await connection.execute(query.order_by(_EVENT.id).limit(_EVENTS_PER_STEP))).all()
    blocks = [(number, list(of)) for number, of in groupby(rows, lambda row: row.id // FACT_BLOCK_EVENTS)]
    # the last block may go on beyond the limit
    return blocks[:-1] if len(rows) == _EVENTS_PER_STEP else blocks


async def _read_block(connection: AsyncConnection, number: int, rows: Sequence[Any]) -> dict[str, Any]:
    """Hashes the facts of a block in small portions, beside the event loop: events may be large."""
    hashes: set[int] = set()
    times: list[datetime] = []
    for first, last in _portions(rows):
        query = (
            select(_EVENT.timestamp, _EVENT.event_type, _EVENT.source, _EVENT.user)
            .add_columns(
                cast(_EVENT.raw_data, Text).label("raw_data"), cast(_EVENT.attributes, Text).label("attributes")
            )
            .where(_EVENT.id.between(first, last))
        )
        events = (await connection.execute(query)).all()
        times += [event.timestamp for event in events]
        await asyncio.to_thread(_add_hashes, hashes, events)
    return {"block": number, "first_at": min(times), "last_at": max(times), "hashes": sorted(hashes)}


def _portions(rows: Sequence[Any]) -> Iterator[tuple[int, int]]:
    """Splits a block into ranges of ids of at most _PORTION_BYTES, compressed as they are stored, or one event."""
    first, size = rows[0].id, 0
    for before, row in pairwise(rows):
        size += before.stored
        if size + row.stored > _PORTION_BYTES:
            yield first, before.id
            first, size = row.id, 0
    yield first, rows[-1].id


def _add_hashes(hashes: set[int], events: Sequence[Any]) -> None:
    for event in events:
        payloads = [orjson.loads(text) for text in (event.raw_data, event.attributes) if text is not None]
        of_event: set[int] = set()
        for each in hashes_of(event, payloads):
            of_event.add(each)
            if len(of_event) >= MAX_INDEXED_FACTS:
                break
        hashes |= of_event
