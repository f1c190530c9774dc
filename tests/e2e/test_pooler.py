"""The pipeline with PgBouncer between it and Postgres, in transaction mode: the findings are the same."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mcm_ingestor.generator import generate_fake_events_batch
from mcm_rules_engine.sigma.load import load_rules
from mcm_rules_engine.testing.agreement import differences
from mcm_rules_engine.testing.deliveries import read_result
from mcm_rules_engine.testing.oracle import evaluate
from mcm_shared.contracts.events import from_raw_event
from mcm_shared.kafka.topics_admin import wait_for_topics
from tests.pgbouncer import MISSING, PROGRAM, PgBouncer
from tests.pipeline import Pipeline, canonical, until
from tests.services import Service

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=MISSING)

# fewer server connections than the services have, so that they are shared
_SERVER_CONNECTIONS = 2


@pytest.fixture
def pooled_pipeline(pipeline: Pipeline, tmp_path: Path) -> Iterator[Pipeline]:
    """The pipeline, whose database is reached through PgBouncer."""
    server = PgBouncer(tmp_path / "pgbouncer", pipeline.database_url, "transaction", _SERVER_CONNECTIONS)
    server.start()
    yield replace(pipeline, database_url=server.url)
    server.kill()


async def test_findings_are_the_same_through_a_pooler(
    pooled_pipeline: Pipeline, run_service: Callable[..., Service]
) -> None:
    pipeline = pooled_pipeline
    generated = generate_fake_events_batch(400, seed=7, now=datetime(2026, 11, 20, tzinfo=UTC))
    events = list({one.uid: one for one in (from_raw_event(raw, "") for raw in generated)}.values())
    services = [
        run_service(name, "run", env=pipeline.environment, MCM_BATCH_SIZE="100")
        for name in ("mcm-rules-engine", "mcm-rules-engine", "mcm-enricher")
    ]
    await wait_for_topics(pipeline.kafka)
    await pipeline.push(*map(canonical, events))
    await until(pipeline.is_scored, 90, "the rules-engines have committed and scored all")
    await until(lambda: pipeline.is_idle("enricher"), what="the enricher has published all")

    await pipeline.assert_counted_once(events)
    engine = pipeline.connect()
    expected, found = evaluate(load_rules(), events), await read_result(engine)
    await engine.dispose()
    assert list(differences(expected.findings, found.findings)) == []
    await pipeline.assert_published()
    for service in services:
        assert "connected through a pooler" in service.stderr()
        assert "deferred" not in service.stderr()
