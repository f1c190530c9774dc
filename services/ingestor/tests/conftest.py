"""A broker with topics of the test's own, AWS, our command with something on standard input, and what it has sent."""

import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from moto.server import ThreadedMotoServer
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_ingestor.testing.reading import Reading
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import create_engine
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.kafka.read_topic import read_topic
from mcm_shared.kafka.records import Outgoing, Record
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import DatabaseSettings, KafkaSettings
from tests.forked_commands import run_forked

Ingestor = Callable[..., subprocess.CompletedProcess[bytes]]
RecordsOf = Callable[[str], Awaitable[list[Record]]]


@pytest.fixture(scope="module")
def aws_url() -> Iterator[str]:
    """A server that speaks S3 and SQS."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def topics(kafka: KafkaSettings) -> Topics:
    """This test's topics."""
    return Topics(kafka.topic_prefix)


@pytest.fixture(params=["postgresql", "sqlite"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[AsyncEngine]:
    """An empty database, once of each kind."""
    url = request.getfixturevalue("database_url" if request.param == "postgresql" else "sqlite_url")
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(url)), pooled=False)
    yield engine
    await engine.dispose()


@pytest.fixture
async def reading(database_url: str, kafka: KafkaSettings) -> AsyncIterator[Reading]:
    """An empty database and topics of the test's own."""
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(database_url)))
    await ensure_topics(kafka)
    yield Reading(engine, kafka)
    await engine.dispose()


@pytest.fixture
def ingestor(request: pytest.FixtureRequest) -> Ingestor:
    """Runs ``mcm-ingestor`` to its end, with the test's Kafka unless ``env`` says otherwise."""

    def run(*arguments: str, stdin: bytes = b"", **env: str) -> subprocess.CompletedProcess[bytes]:
        environment = {} if env else request.getfixturevalue("service_env")
        return run_forked("mcm-ingestor", *arguments, given=stdin, env={**environment, **env})

    return run


@pytest.fixture
def records_of(kafka: KafkaSettings) -> RecordsOf:
    """Reads all that a topic holds, each partition in its order."""

    async def read(topic: str) -> list[Record]:
        return [record async for record in read_topic(kafka, topic)]

    return read


@pytest.fixture
async def send(kafka: KafkaSettings) -> Callable[..., Awaitable[None]]:
    """Sends messages and waits until they are there; the topics are made before."""
    await ensure_topics(kafka)

    async def deliver(*messages: Outgoing) -> None:
        async with connect_producer(kafka) as producer:
            await producer.send(messages)

    return deliver
