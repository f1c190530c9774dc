"""The batch over stored events: each is run once, also when a run dies, also beside other runs."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, text, true
from sqlalchemy.util import await_

from mcm_rules_engine.pipeline.apply_rules import apply_rules_to_event
from mcm_rules_engine.pipeline.run_rules import run_rules
from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.store.events import lock_unprocessed
from mcm_rules_engine.testing.deliveries import (
    SteppedEngine,
    WorkerDiedError,
    engine_for,
    handle,
    read_messages,
)
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.db.events import insert_events
from mcm_shared.db.tables import FINDINGS, SOURCE_EVENTS
from mcm_shared.testing.builders import NOON, an_event
from mcm_shared.testing.rows import Rows

RULES = parse_rules("""
title: Upload
id: 00000000-0000-4000-8000-000000000001
name: upload
level: low
logsource: {category: activity}
detection: {one: {event_type: upload}, condition: one}
---
title: Three uploads in a window of time
id: 00000000-0000-4000-8000-000000000002
name: uploads
description: '{count} uploads'
level: low
correlation:
  {type: event_count, rules: [upload], group-by: [user], timespan: 1h, condition: {gte: 3}, window: tumbling,
   generate: true}
""")


async def stored(engine: AsyncEngine, count: int) -> list[SourceEvent]:
    events = [an_event(event_type="upload", timestamp=NOON + timedelta(seconds=number)) for number in range(count)]
    async with transaction(engine) as connection:
        await insert_events(connection, events, processed=False)
    return events


async def processed(engine: AsyncEngine) -> int:
    columns = SOURCE_EVENTS.c
    async with transaction(engine, read_only=True) as connection:
        query = select(func.count()).where(columns.processed.is_(true()))
        return int((await connection.execute(query)).scalar_one())


async def detections(engine: AsyncEngine) -> Sequence[tuple[str, int]]:
    return sorted((f.rule_name, f.detection_count) for f in (await read_messages(engine)).values())


async def test_every_event_is_run_once_and_the_findings_are_given_in_their_last_state(engine: AsyncEngine) -> None:
    await stored(engine, 5)
    outcome = await run_rules(engine, RULES, batch_size=2)
    assert (outcome.events, await processed(engine)) == (5, 5)
    assert {finding.uid: finding for finding in outcome.findings} == await read_messages(engine)
    assert sorted(finding.description for finding in outcome.findings) == ["5 uploads", "Upload"]
    again = await run_rules(engine, RULES, batch_size=2)
    assert (again.events, again.findings) == (0, [])


@pytest.mark.parametrize("dies_at", range(1, 5))
async def test_a_run_that_dies_leaves_nothing_out_and_nothing_counted_twice(engine: AsyncEngine, dies_at: int) -> None:
    await stored(engine, 4)
    begun = 0

    async def before_each() -> None:
        nonlocal begun
        begun += 1
        if begun > dies_at:
            raise WorkerDiedError

    with pytest.raises(WorkerDiedError):
        await run_rules(SteppedEngine(engine, before_each), RULES, batch_size=10)
    await run_rules(engine, RULES, batch_size=10)
    assert await processed(engine) == 4
    assert await detections(engine) == [("upload", 4), ("uploads", 1)]
    (burst,) = (f for f in (await read_messages(engine)).values() if f.rule_name == "uploads")
    assert burst.description == "4 uploads"


async def test_runs_beside_each_other_find_the_same(engines: list[AsyncEngine]) -> None:
    await stored(engines[0], 30)
    await asyncio.gather(*(run_rules(engine, RULES, batch_size=3) for engine in engines))
    assert await processed(engines[0]) == 30
    assert await detections(engines[0]) == [("upload", 30), ("uploads", 1)]


async def test_an_event_applied_by_itself_and_a_batch_of_the_stream_do_not_block_each_other(database_url: str) -> None:
    both_hold = asyncio.Barrier(2)
    stream, library = engine_for(database_url), engine_for(database_url)
    first, second, third = (an_event(event_type="upload", timestamp=NOON + timedelta(seconds=n)) for n in range(3))
    await apply_rules_to_event(first, stream, RULES)
    _wait_before(stream, "INSERT INTO event_rollups", both_hold)
    _wait_before(library, "INSERT INTO detections", both_hold)
    await asyncio.gather(
        handle(stream, RULES, [second]),
        apply_rules_to_event(third, library, RULES),
    )
    assert await detections(stream) == [("upload", 3), ("uploads", 1)]
    await stream.dispose()
    await library.dispose()


def _wait_before(engine: AsyncEngine, what: str, barrier: asyncio.Barrier) -> None:
    waiting = True

    def before_cursor_execute(*published: Any) -> None:
        nonlocal waiting
        if waiting and what in published[2]:
            waiting = False
            await_(asyncio.wait_for(barrier.wait(), 30))

    event.listen(engine.sync_engine, "before_cursor_execute", before_cursor_execute)


async def test_a_finding_can_refer_to_an_event_that_a_run_has_in_hand(database_url: str) -> None:
    engine = engine_for(database_url)
    (upload,) = await stored(engine, 1)
    finding = await Rows(engine).finding()
    async with transaction(engine) as running:
        (in_flight,) = await lock_unprocessed(running, 10)
        # a run and a worker of the stream that wait for each other would both be stopped by the database
        async with transaction(engine) as worker:
            await worker.execute(text("SET LOCAL lock_timeout = '2s'"))
            refers = {"event_id": in_flight.known.row_id, "event_uid": upload.uid}
            await worker.execute(FINDINGS.update().where(FINDINGS.c.id == finding).values(refers))
    await engine.dispose()
