"""Event store: writes events to the database for setups without Kafka, unprocessed, for ``run-rules``."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_shared.contracts.events import RawEvent, SourceEvent, content_id, from_raw_event
from mcm_shared.db.engine import create_engine, transaction
from mcm_shared.db.events import add_to_rollups, insert_events
from mcm_shared.db.migrate import bring_up_sqlite
from mcm_shared.errors import DataRefusedError, PoisonEventError
from mcm_shared.settings import DatabaseSettings, load_settings

_BATCH: Final = 2_000
_SHARD: Final = 0


class EventStore:
    """Writer of events to a database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def write(self, events: Iterable[RawEvent]) -> int:
        """Inserts new events as unprocessed and returns how many were new.

        An event without an id gets an id from its content. Raises DatabaseDownError, and PoisonEventError for an event
        that the database cannot store.
        """
        saved = 0
        batch: list[SourceEvent] = []
        for event in events:
            batch.append(from_raw_event(event, fallback_id=content_id(event) if event.id is None else ""))
            if len(batch) == _BATCH:
                saved += await _save_batch(self._engine, batch)
                batch = []
        return saved + await _save_batch(self._engine, batch)


@asynccontextmanager
async def open_store() -> AsyncIterator[EventStore]:
    """Opens the database of DATABASE_URL; connects at the first write."""
    engine = create_engine(load_settings(DatabaseSettings))
    try:
        await bring_up_sqlite(engine)
        yield EventStore(engine)
    finally:
        await engine.dispose()


async def save_events_to_db(events: Iterable[RawEvent], engine: AsyncEngine | None = None) -> int:
    """Inserts new events as unprocessed and returns how many were new.

    Without ``engine``, uses DATABASE_URL. Raises what ``EventStore.write`` raises.
    """
    if engine is not None:
        return await EventStore(engine).write(events)
    async with open_store() as store:
        return await store.write(events)


async def _save_batch(engine: AsyncEngine, events: Sequence[SourceEvent]) -> int:
    if not events:
        return 0
    by_uid = {event.uid: event for event in events}
    try:
        async with transaction(engine) as connection:
            inserted = await insert_events(connection, list(by_uid.values()), processed=False)
            await add_to_rollups(connection, (by_uid[uid] for uid in inserted), _SHARD)
    except DataRefusedError as error:
        raise PoisonEventError(f"the database refuses the events: {error}") from error
    return len(inserted)
