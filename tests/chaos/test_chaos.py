"""Whatever happens to workers, broker, database and connections, the findings are those of the set of events.

``make chaos SEEDS=1,2,3`` runs more seeds, ``MCM_CHAOS_STEPS`` and ``MCM_CHAOS_EVENTS`` make them longer.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from mcm_rules_engine.sigma.load import load_rules
from mcm_rules_engine.testing import oracle
from mcm_rules_engine.testing.agreement import assert_same_results, differences
from mcm_rules_engine.testing.deliveries import read_result
from mcm_shared.kafka.topics_admin import wait_for_topics
from tests.chaos.arena import Arena
from tests.chaos.arrivals import arrivals, events_of
from tests.chaos.proxy import Proxy
from tests.chaos.schedule import Step, schedule
from tests.disposable_stack import DisposableStack
from tests.pipeline import Pipeline, canonical, until
from tests.services import Service

SEEDS = [int(seed) for seed in os.environ.get("MCM_CHAOS_SEEDS", "1").split(",")]
STEPS = int(os.environ.get("MCM_CHAOS_STEPS", "7"))
EVENTS = int(os.environ.get("MCM_CHAOS_EVENTS", "4000"))
RULES = Path(__file__).parent / "rules.yml"
_SETTLED_WITHIN_S = 120.0
# many batches, so that something is always in hand
_SMALL_BATCHES = {"MCM_BATCH_SIZE": "50", "MCM_ENRICHER_BATCH_SIZE": "20"}
_PUSHES_A_STEP = 6


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", SEEDS)
async def test_findings_are_those_of_the_set_of_events(
    seed: int, disposable_stack: DisposableStack, disposable_pipeline: Pipeline, run_service: Callable[..., Service]
) -> None:
    pipeline = disposable_pipeline
    events = events_of(seed, EVENTS)
    print(f"replay with: make chaos SEEDS={seed}")
    await wait_for_topics(pipeline.kafka)
    with Proxy(disposable_stack.postgres.port.number) as proxy:
        environment = {
            **pipeline.environment,
            **_SMALL_BATCHES,
            "DATABASE_URL": _with_port(pipeline.database_url, proxy.port),
            "MCM_RULES_PATH": str(RULES),
        }
        arena = Arena(
            disposable_stack,
            proxy,
            lambda: run_service("mcm-rules-engine", "run", env=environment),
            lambda: run_service("mcm-enricher", "run", env=environment),
        )
        await _go_through(schedule(seed, STEPS), arena, pipeline, [canonical(one) for one in arrivals(events, seed)])
        await until(pipeline.is_scored, _SETTLED_WITHIN_S, "all that was sent is committed and scored")
        await until(lambda: pipeline.is_idle("enricher"), _SETTLED_WITHIN_S, "all findings are published")
        arena.assert_none_ended_by_itself()
        await arena.end()

    engine = pipeline.connect()
    expected, found = oracle.evaluate(load_rules([RULES]), events), await read_result(engine)
    await engine.dispose()
    assert list(differences(expected.findings, found.findings)) == []
    assert found.hits == expected.hits
    assert_same_results(expected, found)
    await pipeline.assert_counted_once(events)
    await pipeline.assert_published()
    await pipeline.assert_enrichments_published()
    assert await pipeline.records(pipeline.topics.dead) == []


async def _go_through(steps: list[Step], arena: Arena, pipeline: Pipeline, payloads: list[bytes]) -> None:
    """Lets one trouble follow the other while events keep arriving."""
    pushes = len(steps) * _PUSHES_A_STEP
    parts = iter([payloads[number::pushes] for number in range(pushes)])
    for step in steps:
        print(f"  {step.trouble}")
        await asyncio.gather(_push(pipeline, [next(parts) for _ in range(_PUSHES_A_STEP)]), arena.suffer(step))


async def _push(pipeline: Pipeline, parts: list[list[bytes]]) -> None:
    for part in parts:
        await pipeline.push(*part)
        await asyncio.sleep(0.2)


def _with_port(url: str, port: int) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{host}:{port}"))
