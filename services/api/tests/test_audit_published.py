"""The head of the audit trail in Kafka and as a metric, which ``mcm-api audit verify`` compares with the table."""

import asyncio
from contextlib import suppress

from prometheus_client import REGISTRY

from mcm_api.access.audit.entry import AuditEntry
from mcm_api.access.audit.publish import publish_heads, read_published
from mcm_api.access.store.audit_log import append_entries
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.access_tables import AUDIT_HEAD, AUDIT_LOG
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import KafkaSettings
from tests.forked_commands import run_forked_text

from .access_helpers import fill_audit_trail

SECONDS = 60


async def published_head(kafka: KafkaSettings, seq: int) -> dict[int, str]:
    deadline = asyncio.get_running_loop().time() + SECONDS
    while True:
        heads = await read_published(kafka)
        if seq in heads or asyncio.get_running_loop().time() > deadline:
            return heads
        await asyncio.sleep(0.1)


async def test_a_rebuilt_table_no_longer_matches_the_head_in_kafka(
    engine: AsyncEngine, database_url: str, bootstrap_servers: str, topic_prefix: str
) -> None:
    kafka = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=bootstrap_servers, MCM_TOPIC_PREFIX=topic_prefix)
    await ensure_topics(kafka)
    rows = await fill_audit_trail(engine)
    producer = Producer(kafka)
    publishing = asyncio.create_task(publish_heads(engine, producer, Topics(topic_prefix)))
    heads = await published_head(kafka, 9)
    publishing.cancel()
    with suppress(asyncio.CancelledError):
        await publishing
    await producer.close()
    environment = {
        "DATABASE_URL": database_url,
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
        "MCM_TOPIC_PREFIX": topic_prefix,
    }

    intact = run_forked_text("mcm-api", "audit", "verify", env=environment)
    async with transaction(engine) as connection:
        await connection.execute(AUDIT_LOG.delete())
        await connection.execute(AUDIT_HEAD.delete())
        entries = [{name: row[name] for name in AuditEntry.__slots__} | {"actor": "eve"} for row in rows]
        await append_entries(connection, [AuditEntry(**each) for each in entries])
    rebuilt = run_forked_text("mcm-api", "audit", "verify", env=environment)
    alone = run_forked_text("mcm-api", "audit", "verify", env={"DATABASE_URL": database_url})

    assert heads == {9: rows[-1]["hash"]}
    assert REGISTRY.get_sample_value("mcm_audit_entries") == 9
    assert REGISTRY.get_sample_value("mcm_audit_head") == int(rows[-1]["hash"][:13], 16)
    assert (intact.returncode, "1 published heads match" in intact.stdout) == (0, True)
    assert (rebuilt.returncode, "entry 9: rewritten" in rebuilt.stderr) == (1, True)
    assert (alone.returncode, "without published heads" in alone.stdout) == (0, True)
