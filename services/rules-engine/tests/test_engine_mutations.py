"""The engine's safeguards, one by one: late, repeated and lost work does not change the findings."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import func, select

from mcm_rules_engine.correlation.protocol import LatestByValue, RangeQuery, RangeResult
from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.store.detections import range_query
from mcm_rules_engine.testing.deliveries import (
    SteppedEngine,
    WorkerDiedError,
    engine_for,
    handle,
    read_messages,
)
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import FindingMessage, Severity
from mcm_shared.db.engine import AsyncConnection, AsyncEngine, transaction
from mcm_shared.db.tables import EVENT_ROLLUPS, SOURCE_EVENTS, TUMBLING_COUNTS, USER_TOTALS
from mcm_shared.testing.builders import NOON, an_event

FAILURES = """
title: Failed login
id: 00000000-0000-4000-8000-000000000001
name: login_failed
level: low
logsource: {category: activity}
detection: {one: {event_type: login_failed}, condition: one}
---
title: Repeated failed logins
id: 00000000-0000-4000-8000-000000000002
name: failures
level: medium
correlation: {type: event_count, rules: [login_failed], group-by: [user], timespan: 10m, condition: {gte: 3}}
escalate: {high: 5}
"""
WAVES = (
    FAILURES
    + """
---
title: Repeated waves of failed logins
id: 00000000-0000-4000-8000-000000000003
name: waves
level: high
correlation: {type: event_count, rules: [failures], timespan: 1h, condition: {gte: 2}}
"""
)
BURST = """
title: Anything
id: 00000000-0000-4000-8000-000000000004
name: anything
level: low
logsource: {category: activity}
detection: {one: {event_type|exists: true}, condition: one}
---
title: A lot of events
id: 00000000-0000-4000-8000-000000000005
name: burst
level: low
correlation: {type: event_count, rules: [anything], timespan: 1h, condition: {gte: 3}, window: tumbling}
"""


def failed(minute: float, user: str = "mona@example.com", name: str | None = None) -> SourceEvent:
    return an_event(
        id=name or f"{user} {minute}", event_type="login_failed", user=user, timestamp=NOON + timedelta(minutes=minute)
    )


class Worker:
    """Handles batches with some rules."""

    def __init__(self, engine: AsyncEngine, rules: str = FAILURES, shard: int = 0) -> None:
        self._engine = engine
        self._ruleset: Ruleset = parse_rules(rules)
        self._shard = shard

    async def handle(self, *events: SourceEvent) -> None:
        await self._handle(self._engine, events)

    async def store_and_die(self, *events: SourceEvent) -> None:
        """Stores the events and dies before looking at what they complete."""
        begun = 0

        async def before_each() -> None:
            nonlocal begun
            begun += 1
            if begun == 2:
                raise WorkerDiedError

        with pytest.raises(WorkerDiedError):
            await self._handle(SteppedEngine(self._engine, before_each), events)

    async def findings(self, name: str) -> list[FindingMessage]:
        """Reads the findings of one rule, in order."""
        found = (await read_messages(self._engine)).values()
        return sorted((f for f in found if f.rule_name == name), key=lambda f: f.first_seen)

    async def _handle(self, engine: AsyncEngine, events: Sequence[SourceEvent]) -> None:
        await handle(engine, self._ruleset, events, self._shard)


async def test_an_event_that_comes_again_counts_once(engine: AsyncEngine) -> None:
    worker, another = Worker(engine, BURST), Worker(engine, BURST, shard=1)
    events = [failed(minute) for minute in range(4)]
    await worker.handle(*events)
    await another.handle(*events, events[0])
    async with transaction(engine, read_only=True) as connection:
        stored = (await connection.execute(select(func.count()).select_from(SOURCE_EVENTS))).scalar_one()
        rolled_up = (await connection.execute(select(func.sum(EVENT_ROLLUPS.c.count)))).scalar_one()
        tumbled = (await connection.execute(select(func.sum(TUMBLING_COUNTS.c.count)))).scalar_one()
    assert (stored, rolled_up, tumbled) == (4, 4, 4)


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_the_totals_of_a_user_join_in_any_order(engine: AsyncEngine, order: Sequence[int]) -> None:
    events = [failed(minute) for minute in range(3)]
    for number in order:
        await Worker(engine).handle(events[number])
    async with transaction(engine, read_only=True) as connection:
        (total,) = (await connection.execute(select(USER_TOTALS))).mappings()
    assert (total["count"], total["first_at"], total["last_at"]) == (3, events[0].timestamp, events[2].timestamp)


async def test_a_late_event_completes_what_came_before_it(engine: AsyncEngine) -> None:
    worker = Worker(engine)
    await worker.handle(failed(1), failed(9))
    await worker.handle(failed(0))
    (finding,) = await worker.findings("failures")
    assert (finding.first_seen, finding.event_uid) == (failed(9).timestamp, failed(9).uid)


async def test_looking_again_counts_no_detection_twice(engine: AsyncEngine) -> None:
    worker = Worker(engine)
    await worker.handle(*(failed(minute) for minute in range(4)))
    await worker.handle(failed(3))
    await worker.handle(failed(0))
    (finding,) = await worker.findings("failures")
    assert finding.detection_count == 2


async def test_severity_never_falls(engine: AsyncEngine) -> None:
    worker = Worker(engine)
    await worker.handle(*(failed(minute) for minute in range(5)))
    await worker.handle(*(failed(minute) for minute in (30, 31, 32)))
    (finding,) = await worker.findings("failures")
    assert (finding.severity, finding.detection_count) == (Severity.HIGH, 4)


async def test_what_a_worker_stored_and_did_not_look_at_is_made_up_for(engine: AsyncEngine) -> None:
    worker = Worker(engine)
    events = [failed(minute) for minute in range(3)]
    await worker.store_and_die(*events)
    assert await worker.findings("failures") == []
    await Worker(engine, shard=1).handle(*events)
    (finding,) = await worker.findings("failures")
    assert finding.detection_count == 1


async def test_a_correlation_counts_what_another_finds_in_the_same_batch(engine: AsyncEngine) -> None:
    worker = Worker(engine, WAVES)
    await worker.handle(*(failed(minute) for minute in range(4)))
    (finding,) = await worker.findings("waves")
    assert finding.event_uid == failed(3).uid


async def test_of_two_contents_under_one_id_the_first_stored_counts_to_the_end(engine: AsyncEngine) -> None:
    worker = Worker(engine)
    first = [failed(minute, name=f"n{minute}") for minute in range(3)]
    await worker.store_and_die(*first)
    # the worker that takes over reads the other content before the first
    others = [failed(minute, "omar@example.com", name=f"n{minute}") for minute in range(3)]
    await Worker(engine, shard=1).handle(*others, *first)
    (finding,) = await worker.findings("failures")
    assert finding.user == "mona@example.com"


async def test_each_level_is_committed_before_the_next_one_looks(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (waves,) = parse_rules(WAVES).correlations[1:]
    together = asyncio.Barrier(2)
    engines = [engine_for(database_url) for _ in range(2)]
    waited = set()

    async def range_query_together(
        connection: AsyncConnection, requested: Sequence[RangeQuery | LatestByValue]
    ) -> list[RangeResult]:
        worker = connection.engine.sync_engine
        if worker not in waited and any(one.series_id == waves.inputs[0].id for one in requested):
            waited.add(worker)
            await asyncio.wait_for(together.wait(), 30)
        return await range_query(connection, requested)

    monkeypatch.setattr("mcm_rules_engine.pipeline.detect.range_query", range_query_together)
    first, second = Worker(engines[0], WAVES), Worker(engines[1], WAVES, shard=1)
    await asyncio.gather(
        first.handle(*(failed(minute) for minute in range(3))),
        second.handle(*(failed(minute, "omar@example.com") for minute in range(3))),
    )
    assert len(waited) == 2
    assert len(await first.findings("waves")) == 1
    for one in engines:
        await one.dispose()
