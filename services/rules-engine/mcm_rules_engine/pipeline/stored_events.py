"""Processing of stored events: detect, correlate, mark as processed."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from mcm_rules_engine.pipeline.decode import MatchedEvent
from mcm_rules_engine.pipeline.detect import Detector
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.store.events import Unprocessed, mark_detected, mark_processed
from mcm_shared.db.engine import AsyncConnection, AsyncEngine, transaction

Take = Callable[[AsyncConnection], Awaitable[list[Unprocessed]]]
"""Reads and locks the events to process, in the transaction that stores their detections."""


async def process_stored(
    engine: AsyncEngine, ruleset: Ruleset, detector: Detector, take: Take
) -> tuple[int, set[UUID]]:
    """Processes the events that ``take`` reads; returns how many, and the uids of the findings they touch.

    Safe beside other processes and again after a crash: an event's detections are counted once, and it is
    marked as processed only after the correlations over it are evaluated.
    """
    async with transaction(engine) as connection:
        events = await take(connection)
        new = {one.known.event.uid: one.known.row_id for one in events if not one.detected}
        matched = [MatchedEvent(one.known.event, ruleset.match(one.known.event)) for one in events]
        affected = await detector.detect(connection, matched, new)
        await mark_detected(connection, list(new.values()))
    await detector.correlate(engine, affected)
    async with transaction(engine) as connection:
        await mark_processed(connection, [one.known.row_id for one in events])
    return len(events), affected.findings | affected.recomputed
