"""Postgres dies at random moments under load: no worker exits, the API answers 503, no event is lost or counted twice.

``MCM_DATABASE_KILLS`` says how often; ``make chaos KILLS=200`` is the long run.
"""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import asyncpg
import httpx
import pytest

from mcm_ingestor.generator import generate_fake_events_batch
from mcm_rules_engine.sigma.load import load_rules
from mcm_rules_engine.testing.agreement import differences
from mcm_rules_engine.testing.deliveries import read_result
from mcm_rules_engine.testing.oracle import evaluate
from mcm_shared.contracts.events import SourceEvent, from_raw_event
from mcm_shared.errors import DatabaseDownError
from mcm_shared.kafka.topics_admin import wait_for_topics
from tests.disposable_stack import DisposableStack
from tests.pipeline import Pipeline, canonical, until
from tests.services import Service

KILLS = int(os.environ.get("MCM_DATABASE_KILLS", "10"))
_EVENTS_A_KILL = 100
_SETTINGS = {"MCM_BATCH_SIZE": "20", "MCM_ENRICHER_BATCH_SIZE": "10", "MCM_API_PORT": "0"}
_GOES_ON_WITHIN_S = 60
_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_DOWN = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


class Killer:
    """Ends connections, server processes or the whole server."""

    def __init__(self, stack: DisposableStack, database_url: str, seed: int) -> None:
        self._stack = stack
        self._url = database_url
        self._draw = random.Random(seed)
        self.done: Counter[str] = Counter()

    async def strike(self) -> None:
        """Waits for a random moment and ends something; when it returns, the server answers or recovers by itself."""
        ways = (self._terminate_one, self._terminate_all, self._kill_backend, self._kill_server, self._stop_server)
        (way,) = self._draw.choices(ways, weights=(4, 4, 4, 2, 1))
        await asyncio.sleep(self._draw.uniform(0, 0.5))
        await way()
        self.done[way.__name__.strip("_")] += 1

    async def _terminate_one(self) -> None:
        pids = await self._backends()
        await self._execute(f"SELECT pg_terminate_backend({self._draw.choice(pids)})")

    async def _terminate_all(self) -> None:
        await self._execute(_BACKENDS.replace("SELECT pid", "SELECT pg_terminate_backend(pid)"))

    async def _kill_backend(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._draw.choice(await self._backends()), signal.SIGKILL)

    async def _kill_server(self) -> None:
        await asyncio.to_thread(self._stack.postgres.kill)
        await asyncio.to_thread(self._stack.postgres.start)

    async def _stop_server(self) -> None:
        await asyncio.to_thread(self._stack.postgres.stop)
        await asyncio.to_thread(self._stack.postgres.start)

    async def _backends(self) -> list[int]:
        pids: list[int] = []
        while not pids:
            pids = [row["pid"] for row in await self._execute(_BACKENDS)]
        return pids

    async def _execute(self, statement: str) -> Sequence[asyncpg.Record]:
        while True:
            try:
                connection = await asyncpg.connect(self._url)
                try:
                    return await connection.fetch(statement)
                finally:
                    await connection.close()
            except _DOWN:
                await asyncio.sleep(0.02)  # it recovers from the strike before


@asynccontextmanager
async def in_background(job: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs a job until the block ends, and raises what it failed with."""
    task = asyncio.create_task(job)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.timeout(120 + 20 * KILLS)
async def test_workers_outlive_a_database_that_dies_again_and_again(
    disposable_stack: DisposableStack, disposable_pipeline: Pipeline, run_service: Callable[..., Service]
) -> None:
    pipeline = disposable_pipeline
    count = max(500, KILLS * _EVENTS_A_KILL)
    generated = generate_fake_events_batch(count, seed=KILLS, now=datetime(2026, 11, 20, tzinfo=UTC))
    events = list({one.uid: one for one in (from_raw_event(raw, "") for raw in generated)}.values())
    await wait_for_topics(pipeline.kafka)
    services = [
        run_service(name, "run", env=pipeline.environment, **_SETTINGS)
        for name in ("mcm-rules-engine", "mcm-rules-engine", "mcm-enricher", "mcm-api")
    ]
    services[3].wait_for_log("listening", seconds=60)
    statuses: Counter[int] = Counter()
    killer = Killer(disposable_stack, pipeline.database_url, seed=KILLS)

    async with in_background(read_on(services[3], statuses)):
        share = len(events) // KILLS
        for number in range(KILLS):
            await pipeline.push(*map(canonical, events[number * share : (number + 1) * share]))
            await killer.strike()
            # what came with the strike before: the workers have outlived that one, and are busy with this one
            await until(partial(has_stored, pipeline, number * share), _GOES_ON_WITHIN_S, "the workers go on", 0.02)
            assert_alive(services, killer)
        await pipeline.push(*map(canonical, events[KILLS * share :]))
        await until(pipeline.is_scored, 120, "the rules-engines have committed and scored all")
        await until(lambda: pipeline.is_idle("enricher"), 120, "the enricher has published all")

    print(f"{sum(killer.done.values())} kills: {dict(killer.done)}; the API answered {dict(statuses)}")
    assert_alive(services, killer)
    assert statuses.keys() <= {200, 503}
    assert statuses[200]
    await assert_findings_of(pipeline, events)


async def assert_findings_of(pipeline: Pipeline, events: list[SourceEvent]) -> None:
    await pipeline.assert_counted_once(events)
    engine = pipeline.connect()
    expected, found = evaluate(load_rules(), events), await read_result(engine)
    await engine.dispose()
    assert list(differences(expected.findings, found.findings)) == []
    assert found.hits == expected.hits
    await pipeline.assert_published()
    assert await pipeline.records(pipeline.topics.dead) == []


def assert_alive(services: list[Service], killer: Killer) -> None:
    for service in services:
        assert service.running, f"{service.log.stem} ended after {dict(killer.done)}:\n{service.stderr()[-3000:]}"
        assert "Traceback" not in service.stderr(), f"after {dict(killer.done)}:\n{service.stderr()[-6000:]}"


async def read_on(api: Service, statuses: Counter[int]) -> None:
    (line,) = [line for line in api.stderr().splitlines() if "listening" in line]
    async with httpx.AsyncClient(base_url=line.split('"url": "')[1].split('"')[0], timeout=30) as client:
        while True:
            for path in ("/findings", "/events?limit=5", "/stats/summary"):
                response = await client.get(path)
                statuses[response.status_code] += 1
                assert response.status_code == 200 or response.headers["Retry-After"]
            await asyncio.sleep(0.1)


async def has_stored(pipeline: Pipeline, count: int) -> bool:
    try:
        return await pipeline.count_events() >= count
    except DatabaseDownError:
        return False
