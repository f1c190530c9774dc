"""What two workers pay for when they are killed and findings come again: real Kafka, Postgres, processes and HTTP."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_enricher.testing.model_server import ModelServer, answering
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import FINDINGS
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.kafka.read_topic import read_topic
from mcm_shared.kafka.records import Outgoing
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.builders import a_finding
from mcm_shared.testing.waiting import until
from tests.services import Service

Store = Callable[[AsyncEngine, Sequence[FindingMessage]], Awaitable[list[FindingMessage]]]
RunService = Callable[..., Service]


async def publish(kafka: KafkaSettings, findings: Sequence[FindingMessage]) -> None:
    topic = Topics(kafka.topic_prefix).findings
    async with connect_producer(kafka) as producer:
        await producer.send([Outgoing(topic, f.model_dump_json().encode(), key=f.uid.bytes) for f in findings])


async def explained_by_model(engine: AsyncEngine) -> int:
    async with transaction(engine, read_only=True) as connection:
        by_model = FINDINGS.c.ai_source.in_(["openai", "cache"])
        return (await connection.execute(select(func.count()).select_from(FINDINGS).where(by_model))).scalar_one()


async def test_workers_killed_and_findings_repeated_every_finding_is_explained_and_hardly_one_paid_twice(
    postgres: AsyncEngine,
    kafka: KafkaSettings,
    store_findings: Store,
    model_server: ModelServer,
    run_service: RunService,
) -> None:
    model_server.behave = answering(after_s=0.1)
    findings = await store_findings(
        postgres, [a_finding(description=f"mona@example.com was made admin of app-{number}") for number in range(400)]
    )
    settings = {
        "OPENAI_API_KEY": "test-key",
        "OPENAI_BASE_URL": model_server.url,
        "OPENAI_MODEL": "test-model",
        "MCM_AI_TIMEOUT_S": "3",
        "MCM_AI_CONCURRENCY": "4",
        "MCM_ENRICHER_BATCH_SIZE": "50",
    }
    await ensure_topics(kafka)
    await publish(kafka, findings)

    async def asked(count: int) -> bool:
        return len(model_server.requests) >= count

    one = run_service("mcm-enricher", "run", **settings)
    two = run_service("mcm-enricher", "run", **settings)
    await until(lambda: asked(80), 90)
    one.kill()
    three = run_service("mcm-enricher", "run", **settings)
    await until(lambda: asked(200), 90)
    two.kill()
    await publish(kafka, findings)
    four = run_service("mcm-enricher", "run", **settings)

    async def all_explained() -> bool:
        return await explained_by_model(postgres) == len(findings)

    await until(all_explained, 90)
    await publish(kafka, findings)
    topic = Topics(kafka.topic_prefix).enriched

    async def all_told() -> bool:
        return {f.uid.bytes for f in findings} <= {record.key async for record in read_topic(kafka, topic)}

    await until(all_told, 90)
    for worker in (three, four):
        worker.terminate()
    assert [await asyncio.to_thread(worker.wait) for worker in (three, four)] == [0, 0]
    assert len(findings) <= len(model_server.requests) <= 1.05 * len(findings)
