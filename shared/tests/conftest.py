"""Topics of the test's own, what is committed in them, and a broker to kill."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CoordinatorNotAvailableError
from pydantic import SecretStr

from mcm_local.checkout import JARS
from mcm_local.kafka import Kafka
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import AsyncEngine, create_engine
from mcm_shared.kafka.producer import Producer, connect_producer
from mcm_shared.kafka.topics_admin import ensure_topics, wait_for_topics
from mcm_shared.settings import DatabaseSettings, KafkaSettings
from mcm_shared.testing.workers import Committed, Handler


@pytest.fixture
async def kafka(bootstrap_servers: str, topic_prefix: str) -> KafkaSettings:
    """The broker, with topics of this test's own that have two partitions."""
    kafka = KafkaSettings(
        KAFKA_BOOTSTRAP_SERVERS=bootstrap_servers, MCM_TOPIC_PREFIX=topic_prefix, MCM_TOPIC_PARTITIONS=2
    )
    await ensure_topics(kafka)
    return kafka


@pytest.fixture
def topics(kafka: KafkaSettings) -> Topics:
    """This test's topics."""
    return Topics(kafka.topic_prefix)


@pytest.fixture
def handler(topics: Topics) -> Handler:
    """What a worker of this test handles its batches with."""
    return Handler(topics)


@pytest.fixture
async def producer(kafka: KafkaSettings) -> AsyncIterator[Producer]:
    """A producer."""
    async with connect_producer(kafka) as producer:
        yield producer


@pytest.fixture
def committed(kafka: KafkaSettings, topics: Topics) -> Committed:
    """Reads what a group has committed in ``events.raw``, by partition."""

    async def read(group: str) -> dict[int, int]:
        client = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
        await client.start()
        try:
            offsets = await client.list_consumer_group_offsets(topics.group(group))
        except CoordinatorNotAvailableError:
            # the first group of a new broker
            return {}
        finally:
            await client.close()
        return {place.partition: found.offset for place, found in offsets.items()}

    return read


@pytest.fixture
def members(kafka: KafkaSettings, topics: Topics) -> Callable[[str], Awaitable[int]]:
    """Counts the members that share the partitions of a group; 0 while they are being shared out."""

    async def count(group: str) -> int:
        client = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
        await client.start()
        try:
            (response,) = await client.describe_consumer_groups([topics.group(group)])
        finally:
            await client.close()
        ((_, _, state, _, _, found),) = response.groups
        return len(found) if state == "Stable" else 0

    return count


@pytest.fixture(scope="session")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker that tests may kill; ``own_kafka`` starts it."""
    broker = Kafka(tmp_path_factory.mktemp("own-kafka"), jars=JARS)
    yield broker
    broker.kill()


@pytest.fixture
async def own_kafka(own_broker: Kafka, topic_prefix: str) -> KafkaSettings:
    """That broker, running, with topics of this test's own that have two partitions."""
    await asyncio.to_thread(own_broker.start)
    kafka = KafkaSettings(
        KAFKA_BOOTSTRAP_SERVERS=own_broker.bootstrap_servers, MCM_TOPIC_PREFIX=topic_prefix, MCM_TOPIC_PARTITIONS=2
    )
    await wait_for_topics(kafka)
    return kafka


@pytest.fixture(params=["postgresql", "sqlite"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[AsyncEngine]:
    """An empty database with the schema, once of each kind."""
    url = request.getfixturevalue("database_url" if request.param == "postgresql" else "sqlite_url")
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(url)), pooled=False)
    yield engine
    await engine.dispose()
