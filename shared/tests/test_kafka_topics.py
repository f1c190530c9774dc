"""Topics made at start: those that are missing, once, however many services start at once."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from mcm_shared.contracts.topics import Topics
from mcm_shared.errors import BrokerDownError, ConfigurationError
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import KafkaSettings
from tests.services import Service


async def described(servers: str, prefix: str) -> dict[str, tuple[int, dict[str, str]]]:
    """Says of each topic how many partitions it has and how it is set."""
    client = AIOKafkaAdminClient(bootstrap_servers=servers)
    await client.start()
    try:
        names: list[str] = []
        while len(names) < 6:
            # the broker hears of new topics a little later than they are made
            names = [name for name in await client.list_topics() if name.startswith(prefix)]
        partitions = {topic["topic"]: len(topic["partitions"]) for topic in await client.describe_topics(names)}
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        responses: list[Any] = await client.describe_configs(resources) if names else []
    finally:
        await client.close()
    configs = {
        resource[3]: {entry[0]: entry[1] for entry in resource[4]}
        for response in responses
        for resource in response.resources
    }
    return {name.removeprefix(prefix): (partitions[name], configs[name]) for name in names}


def settings(servers: str, prefix: str, **others: Any) -> KafkaSettings:
    return KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=servers, MCM_TOPIC_PREFIX=prefix, **others)


async def test_topics_are_made_once_with_twelve_partitions(bootstrap_servers: str, topic_prefix: str) -> None:
    kafka = settings(bootstrap_servers, topic_prefix)

    await asyncio.gather(*(ensure_topics(kafka) for _ in range(5)))
    await ensure_topics(kafka)

    made = await described(bootstrap_servers, topic_prefix)
    assert {name: partitions for name, (partitions, _) in made.items()} == {
        "events.raw": 12,
        "events.dead": 12,
        "findings": 12,
        "findings.enriched": 12,
        "findings.triaged": 12,
        "audit.head": 12,
    }
    assert made["events.raw"][1]["message.timestamp.type"] == "LogAppendTime"
    assert (
        int(made["events.dead"][1]["max.message.bytes"]) > int(made["events.raw"][1]["max.message.bytes"]) > 3 * 2**20
    )
    assert made["events.dead"][1]["retention.ms"] == str(30 * 24 * 60 * 60 * 1000)


async def test_a_topic_that_is_there_stays_as_it_is(bootstrap_servers: str, topic_prefix: str) -> None:
    await ensure_topics(settings(bootstrap_servers, topic_prefix, MCM_TOPIC_PARTITIONS=2))
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await client.start()
    await client.delete_topics([Topics(topic_prefix).enriched])
    while len([name for name in await client.list_topics() if name.startswith(topic_prefix)]) != 5:
        continue
    await client.close()

    await ensure_topics(settings(bootstrap_servers, topic_prefix, MCM_TOPIC_PARTITIONS=3))

    made = await described(bootstrap_servers, topic_prefix)
    assert {name: partitions for name, (partitions, _) in made.items()} == {
        "events.raw": 2,
        "events.dead": 2,
        "findings": 2,
        "findings.enriched": 3,
        "findings.triaged": 2,
        "audit.head": 2,
    }


async def test_more_replicas_than_brokers_is_a_wrong_setting(bootstrap_servers: str, topic_prefix: str) -> None:
    with pytest.raises(ConfigurationError, match=r"Kafka refuses to make the topic .*eplication"):
        await ensure_topics(settings(bootstrap_servers, topic_prefix, MCM_TOPIC_REPLICATION=3))


async def test_a_broker_that_is_not_there_is_named() -> None:
    with pytest.raises(BrokerDownError, match=r"Kafka does not answer at 127.0.0.1:1:"):
        await ensure_topics(settings("127.0.0.1:1", ""))


async def test_the_command_makes_them_before_any_service_is_there(
    run_service: Callable[..., Service], bootstrap_servers: str, topic_prefix: str
) -> None:
    made = run_service("mcm-topics")

    assert await asyncio.to_thread(made.wait) == 0, made.stderr()
    assert set(await described(bootstrap_servers, topic_prefix)) == {
        "events.raw", "events.dead", "findings", "findings.enriched", "findings.triaged", "audit.head"
    }  # fmt: skip
