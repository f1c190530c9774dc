"""The engine in the benchmark's own process, on a durable Postgres: batches of records in, µs for each event out."""

import statistics
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from mcm_rules_engine.pipeline.decode import Matcher
from mcm_rules_engine.pipeline.handler import DetectionHandler
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_shared.contracts.events import RawEvent
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import AsyncEngine, create_engine
from mcm_shared.gc_tuning import freeze_heap
from mcm_shared.settings import DatabaseSettings
from mcm_shared.testing.builders import ARecord

MAX_EVENT_BYTES = 1024 * 1024
NEVER_AHEAD = 1 << 42
"""A record's time, in milliseconds since 1970, after any event's."""


Batch = Sequence[ARecord]


@dataclass(frozen=True, slots=True)
class RunningEngine:
    """One worker's handler; ``engine`` is for whatever a benchmark prepares or counts."""

    engine: AsyncEngine
    handler: DetectionHandler

    async def costs(self, batches: Iterable[Batch]) -> list[float]:
        """Handles batches one after the other; returns µs for each event, batch by batch."""
        found = []
        for batch in batches:
            started = time.perf_counter()
            stored = await self.handler.store([self.handler.decode(record) for record in batch])
            await self.handler.complete(stored)
            found.append((time.perf_counter() - started) / len(batch) * 1e6)
        return found

    async def cost(self, batches: Sequence[Batch]) -> float:
        """Handles batches; returns µs for each event, the median of the batches."""
        return statistics.median(await self.costs(batches))


@asynccontextmanager
async def running_engine(database_url: str, ruleset: Ruleset) -> AsyncIterator[RunningEngine]:
    """Connects a worker's parts to a migrated database."""
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(database_url)))
    topics = Topics()
    # as a worker does when its rules are loaded
    freeze_heap()
    try:
        matcher = Matcher(ruleset, MAX_EVENT_BYTES)
        yield RunningEngine(engine, DetectionHandler(engine, matcher, ruleset, topics, shard=0))
    finally:
        await engine.dispose()


def batches_of(events: Sequence[RawEvent], size: int) -> list[Batch]:
    """Makes the records of canonical events, ``size`` to a batch."""
    records = [
        ARecord(event.model_dump_json().encode(), offset=number, timestamp=NEVER_AHEAD)
        for number, event in enumerate(events)
    ]
    return [records[start : start + size] for start in range(0, len(records), size)]


def renamed(events: Iterable[RawEvent], suffix: str) -> list[RawEvent]:
    """Gives events ids of their own, so that they are new."""
    return [event.model_copy(update={"id": f"{event.id}{suffix}"}) for event in events]


def said(name: str, cost: float, normal: float | None = None, target: float | None = None) -> str:
    """Writes one line of figures, with the ratio to the normal cost."""
    ratio = "" if normal is None else f"{cost / normal:5.2f} times"
    aim = "" if target is None else f" (target {target})"
    return f"{cost:9.1f} µs/event  {ratio:11}  {name}{aim}"
