"""The fixtures every other suite rests on."""

import signal
from collections.abc import Callable, Iterator

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from mcm_shared.contracts.topics import Topics
from mcm_shared.db.migrate import upgrade
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import KafkaSettings
from tests.databases import Databases, execute
from tests.services import Service
from tests.stack import StartPrivateStack
from tests.threads import run


async def _count_events(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM source_events"))
    finally:
        await connection.close()


async def test_a_test_gets_a_migrated_database_of_its_own(database_url: str) -> None:
    assert await _count_events(database_url) == 0


_AN_EVENT = (
    "INSERT INTO source_events (event_uid, source, source_event_id, event_type, timestamp, raw_data, processed)"
    " VALUES (gen_random_uuid(), 'test-app', '1', 'login_failed', now(), '{}', false) RETURNING id"
)


async def _insert_event(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(_AN_EVENT))
    finally:
        await connection.close()


def test_a_database_given_back_is_empty_for_the_next_and_counts_from_one(databases: Databases) -> None:
    url = databases.take()
    first = run(_insert_event(url))
    databases.give_back(url)

    assert databases.take() == url
    assert run(_count_events(url)) == 0
    assert run(_insert_event(url)) == first == 1
    databases.give_back(url)


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE more (id int)",
        "DROP INDEX ix_detections_value",
        "ALTER TABLE findings ALTER COLUMN severity_rank DROP NOT NULL",
        "UPDATE alembic_version SET version_num = '0000'",
        "CREATE SCHEMA other",
    ],
)
def test_a_database_whose_schema_was_changed_is_not_used_again(databases: Databases, change: str) -> None:
    url = databases.take()
    run(execute(url, change))
    databases.give_back(url)

    assert databases.take() != url


def test_a_sqlite_database_is_migrated_too(sqlite_url: str) -> None:
    upgrade(sqlite_url)


async def test_topics_of_a_test_carry_records(bootstrap_servers: str, topic_prefix: str) -> None:
    kafka = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=bootstrap_servers, MCM_TOPIC_PREFIX=topic_prefix)
    await ensure_topics(kafka)
    topic = Topics(topic_prefix).raw

    async with AIOKafkaProducer(bootstrap_servers=bootstrap_servers) as producer:
        await producer.send_and_wait(topic, b"hello")

    async with AIOKafkaConsumer(topic, bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest") as consumer:
        assert (await consumer.getone()).value == b"hello"


def test_a_service_runs_with_the_settings_of_the_test(run_service: Callable[..., Service]) -> None:
    migration = run_service("mcm-migrate")

    assert migration.wait() == 0
    assert "up to date" in migration.stderr()


def test_a_service_can_be_killed(run_service: Callable[..., Service]) -> None:
    # nothing listens on port 1, so it waits for its database until it is killed
    migration = run_service("mcm-migrate", DATABASE_URL="postgresql://mcm:mcm@127.0.0.1:1/mcm")
    migration.wait_for_log("waiting for the database")

    migration.kill()

    assert migration.wait() == -signal.SIGKILL


@pytest.fixture
def checks_that_services_ended(service_env: dict[str, str], services_seen: list[Service]) -> Iterator[None]:
    yield
    assert [service.running for service in services_seen] == [False]


@pytest.fixture
def services_seen() -> list[Service]:
    return []


def test_a_service_has_ended_before_its_database_is_taken_away(
    run_service: Callable[..., Service], services_seen: list[Service], checks_that_services_ended: None
) -> None:
    services_seen.append(run_service("mcm-migrate", DATABASE_URL="postgresql://mcm:mcm@127.0.0.1:1/mcm"))


async def test_a_private_stack_comes_back_with_its_data_after_kill(private_stack: StartPrivateStack) -> None:
    stack = private_stack()
    kafka = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=stack.kafka.bootstrap_servers)
    await ensure_topics(kafka)
    async with AIOKafkaProducer(bootstrap_servers=stack.kafka.bootstrap_servers) as producer:
        await producer.send_and_wait(Topics().raw, b"hello")

    for server in (stack.kafka, stack.postgres):
        server.kill()
        server.start()

    assert await _count_events(stack.database_url) == 0
    async with AIOKafkaConsumer(
        Topics().raw, bootstrap_servers=stack.kafka.bootstrap_servers, auto_offset_reset="earliest"
    ) as consumer:
        assert (await consumer.getone()).value == b"hello"
