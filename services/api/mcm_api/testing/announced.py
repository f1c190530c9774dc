"""Findings of tests: stored, and announced on their topic."""

from collections.abc import Sequence

from pydantic import SecretStr

from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import create_engine
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.kafka.records import Outgoing
from mcm_shared.settings import DatabaseSettings, KafkaSettings
from mcm_shared.testing.rows import Rows


async def publish(
    database_url: str, kafka: KafkaSettings, findings: Sequence[FindingMessage], *, enriched: bool = False
) -> None:
    """Stores findings and writes them to their topic, as the services do."""
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(database_url)))
    await Rows(engine).travelling(findings)
    await engine.dispose()
    await announce(kafka, findings, enriched=enriched)


async def announce(kafka: KafkaSettings, findings: Sequence[FindingMessage], *, enriched: bool = False) -> None:
    """Writes findings to their topic, whether or not they are stored."""
    topics = Topics(kafka.topic_prefix)
    topic = topics.enriched if enriched else topics.findings
    async with connect_producer(kafka) as producer:
        await producer.send([Outgoing(topic, one.model_dump_json().encode(), key=one.uid.bytes) for one in findings])
