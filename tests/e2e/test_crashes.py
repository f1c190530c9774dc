"""Crashes under load: whatever dies comes back or is started again, nothing is lost and nothing counted twice."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from mcm_ingestor.generator import generate_fake_events_batch
from mcm_rules_engine.sigma.load import load_rules
from mcm_rules_engine.testing.agreement import differences
from mcm_rules_engine.testing.deliveries import read_result
from mcm_rules_engine.testing.oracle import evaluate
from mcm_shared.contracts.events import SourceEvent, from_raw_event
from mcm_shared.kafka.topics_admin import wait_for_topics
from tests.disposable_stack import DisposableStack
from tests.pipeline import Pipeline, canonical, until
from tests.services import Service

EVENTS = 5_000
# small batches: enough of them for a crash to fall into the middle of the load
SETTINGS = {"MCM_BATCH_SIZE": "100", "MCM_ENRICHER_BATCH_SIZE": "20"}

RunService = Callable[..., Service]


@pytest.fixture(scope="module")
def events() -> list[SourceEvent]:
    """A month of a company with every planted story."""
    generated = generate_fake_events_batch(EVENTS, seed=20261120, now=datetime(2026, 11, 20, tzinfo=UTC))
    return list({one.uid: one for one in (from_raw_event(raw, "") for raw in generated)}.values())


@asynccontextmanager
async def load(pipeline: Pipeline, events: list[SourceEvent]) -> AsyncIterator[None]:
    """Pushes events while the test does its worst; all have been pushed at the end."""
    await wait_for_topics(pipeline.kafka)
    pushing = asyncio.create_task(pipeline.push(*map(canonical, events)))
    yield
    await pushing


async def until_stored(pipeline: Pipeline, count: int) -> None:
    async def stored() -> bool:
        return await pipeline.count_events() >= count

    await until(stored, what=f"{count} events are stored", every=0.02)


async def assert_nothing_lost_nothing_double(pipeline: Pipeline, events: list[SourceEvent]) -> None:
    await until(pipeline.is_scored, 90, "the rules-engine has committed and scored all")
    await pipeline.assert_counted_once(events)
    engine = pipeline.connect()
    expected, found = evaluate(load_rules(), events), await read_result(engine)
    await engine.dispose()
    assert list(differences(expected.findings, found.findings)) == []
    assert found.hits == expected.hits
    assert len(expected.findings) > 10
    await pipeline.assert_published()
    assert await pipeline.records(pipeline.topics.dead) == []


async def test_a_rules_engine_that_is_killed_again_and_again(
    pipeline: Pipeline, run_service: RunService, events: list[SourceEvent]
) -> None:
    async with load(pipeline, events):
        for kill in (1, 2):
            engine = run_service("mcm-rules-engine", "run", env=pipeline.environment, **SETTINGS)
            await until_stored(pipeline, kill * EVENTS // 4)
            engine.kill()
    assert await pipeline.count_events() < len(events)
    run_service("mcm-rules-engine", "run", env=pipeline.environment, **SETTINGS)

    await assert_nothing_lost_nothing_double(pipeline, events)


async def test_a_rules_engine_that_is_stopped_under_load(
    pipeline: Pipeline, run_service: RunService, events: list[SourceEvent]
) -> None:
    async with load(pipeline, events):
        engine = run_service("mcm-rules-engine", "run", env=pipeline.environment, **SETTINGS)
        await until_stored(pipeline, EVENTS // 3)
        asked = time.monotonic()
        engine.terminate()
        assert await asyncio.to_thread(engine.wait) == 0
        assert time.monotonic() - asked < 8
    assert await pipeline.count_events() < len(events)
    run_service("mcm-rules-engine", "run", env=pipeline.environment, **SETTINGS)

    await assert_nothing_lost_nothing_double(pipeline, events)


@pytest.mark.parametrize("victim", ["kafka", "postgres"])
async def test_everything_goes_on_by_itself_when_a_server_is_killed(
    disposable_stack: DisposableStack,
    disposable_pipeline: Pipeline,
    run_service: RunService,
    events: list[SourceEvent],
    victim: str,
) -> None:
    pipeline = disposable_pipeline
    services = [
        run_service(name, "run", env=pipeline.environment, **SETTINGS) for name in ("mcm-rules-engine", "mcm-enricher")
    ]
    server = disposable_stack.kafka if victim == "kafka" else disposable_stack.postgres
    async with load(pipeline, events):
        await until_stored(pipeline, EVENTS // 4)
        assert await pipeline.count_events() < len(events)
        await asyncio.to_thread(server.kill)
        await asyncio.sleep(2)
        await asyncio.to_thread(server.start)

    await assert_nothing_lost_nothing_double(pipeline, events)
    await until(lambda: pipeline.is_idle("enricher"), what="the enricher has told all")
    await pipeline.assert_enrichments_published()
    assert all(service.running for service in services)
