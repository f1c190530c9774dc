"""``mcm-enricher enrich-missing``: the batch, with and without Kafka."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_enricher.enrich import missing_ids
from mcm_shared.contracts.findings import FindingMessage, parse_finding
from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.read_topic import read_topic
from mcm_shared.settings import KafkaSettings
from tests.services import Service

SomeFindings = Callable[[AsyncEngine, int], Awaitable[list[FindingMessage]]]
RunService = Callable[..., Service]


@pytest.fixture
def run_without_kafka(run_service: RunService, engine: AsyncEngine) -> Callable[..., Service]:
    """Runs the command with a database and nothing else."""
    url = engine.url.set(drivername=engine.url.get_backend_name()).render_as_string(hide_password=False)
    return lambda *arguments: run_service("mcm-enricher", *arguments, env={"DATABASE_URL": url})


async def test_it_enriches_what_is_missing_without_kafka(
    engine: AsyncEngine, some_findings: SomeFindings, run_without_kafka: RunService
) -> None:
    findings = await some_findings(engine, 3)

    service = run_without_kafka("enrich-missing", "--format", "json")

    assert await asyncio.to_thread(service.wait) == 0
    printed = [json.loads(line) for line in service.stdout().splitlines()]
    assert [(finding["id"], finding["risk_score"]) for finding in printed] == [(f.id, 69) for f in findings]
    assert await missing_ids(engine, 10) == []


async def test_it_keeps_to_its_limit_and_prints_a_table(
    engine: AsyncEngine, some_findings: SomeFindings, run_without_kafka: RunService
) -> None:
    findings = await some_findings(engine, 3)

    service = run_without_kafka("enrich-missing", "--limit", "2")

    assert await asyncio.to_thread(service.wait) == 0
    assert "2 findings enriched" in service.stdout()
    assert await missing_ids(engine, 10) == [findings[2].id]


async def test_it_tells_kafka_where_kafka_is_set(
    postgres: AsyncEngine, kafka: KafkaSettings, some_findings: SomeFindings, run_service: RunService
) -> None:
    findings = await some_findings(postgres, 3)

    service = run_service("mcm-enricher", "enrich-missing")

    assert await asyncio.to_thread(service.wait) == 0
    topic = Topics(kafka.topic_prefix).enriched
    published = [parse_finding(record.value) async for record in read_topic(kafka, topic)]
    assert {(finding.uid, finding.risk_score) for finding in published} == {(f.uid, 69) for f in findings}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(("enrich-missing",), "DATABASE_URL: is not set"), (("enrich-missing", "--limit", "0"), "--limit")],
)
def test_wrong_use_ends_with_2_and_says_why(
    run_service: RunService, arguments: tuple[str, ...], complaint: str
) -> None:
    service = run_service("mcm-enricher", *arguments, env={})

    assert service.wait() == 2
    assert complaint in service.stderr()
