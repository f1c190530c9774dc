"""Kafka transactions: records of open and aborted transactions are never read, and markers leave no lag."""

from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer
from prometheus_client import REGISTRY

from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.consumer_groups import read_kafka_state
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.read_topic import read_ends, read_topic
from mcm_shared.kafka.tail import read_between, tail_topics
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.waiting import until
from mcm_shared.testing.workers import GROUP, Handler, a_worker, numbered, running


@pytest.fixture
async def transactional(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    """A producer with transactions."""
    async with AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap_servers, transactional_id=f"{kafka.topic_prefix}transactions"
    ) as client:
        yield client


async def lags(kafka: KafkaSettings, topics: Topics) -> tuple[int, float]:
    """Reads the lag of the group as the API shows it, and as the worker reports it."""
    state = await read_kafka_state(kafka, [(topics.group(GROUP), topics.raw)], [])
    group = state.groups[0]
    reported = [
        REGISTRY.get_sample_value("mcm_lag", {"topic": topics.raw, "partition": str(partition)})
        for partition in group.ends
    ]
    return sum(group.lag(partition) for partition in group.ends), sum(lag or 0.0 for lag in reported)


async def values_of(kafka: KafkaSettings, topic: str) -> list[bytes]:
    """Reads a topic."""
    return [record.value or b"" async for record in read_topic(kafka, topic)]


async def test_a_worker_reads_committed_records_only(
    kafka: KafkaSettings, topics: Topics, producer: Producer, transactional: AIOKafkaProducer, handler: Handler
) -> None:
    async with running(a_worker(kafka, handler)):
        await transactional.begin_transaction()
        await transactional.send_and_wait(topics.raw, b"aborted", partition=0)
        await transactional.abort_transaction()
        await producer.send(numbered(topics.raw, 1, key=b"k"))
        await until(lambda: handler.handled == [b"1"])

        await transactional.begin_transaction()
        await transactional.send_and_wait(topics.raw, b"committed", partition=0)
        await transactional.send_and_wait(topics.raw, b"committed", partition=1)
        await producer.send(numbered(topics.raw, 2, key=b"k"))
        # records behind the open transaction wait too; those of topics without transactions go on
        assert b"committed" not in await values_of(kafka, topics.raw)
        assert b"committed" not in handler.handled
        await transactional.commit_transaction()
        await until(lambda: sorted(handler.handled) == [b"1", b"2", b"committed", b"committed"])

        async def has_no_lag() -> bool:
            return await lags(kafka, topics) == (0, 0.0)

        await until(has_no_lag)

    assert sorted(await values_of(kafka, topics.raw)) == [b"1", b"2", b"committed", b"committed"]


async def test_a_marker_without_records_leaves_no_lag_after_a_restart_either(
    kafka: KafkaSettings, topics: Topics, transactional: AIOKafkaProducer, handler: Handler
) -> None:
    async with running(a_worker(kafka, handler)):
        await transactional.begin_transaction()
        await transactional.send_and_wait(topics.raw, b"committed", partition=0)
        await transactional.commit_transaction()
        await until(lambda: handler.handled == [b"committed"])

        async def has_no_lag() -> bool:
            return await lags(kafka, topics) == (0, 0.0)

        await until(has_no_lag)
    await transactional.begin_transaction()
    await transactional.send_and_wait(topics.raw, b"aborted", partition=0)
    await transactional.abort_transaction()
    assert (await lags(kafka, topics))[0] == 2

    async with running(a_worker(kafka, handler)):
        await until(has_no_lag)

    assert handler.handled == [b"committed"]


async def test_a_tail_and_a_range_hold_committed_records_only(
    kafka: KafkaSettings, topics: Topics, transactional: AIOKafkaProducer
) -> None:
    begins, _ = await read_ends(kafka, topics.findings)
    tail = tail_topics(kafka, [topics.findings], begins)
    await anext(tail)
    await transactional.begin_transaction()
    await transactional.send_and_wait(topics.findings, b"aborted", partition=0)
    await transactional.abort_transaction()
    await transactional.begin_transaction()
    await transactional.send_and_wait(topics.findings, b"committed", partition=0)
    assert (await read_ends(kafka, topics.findings))[1][topics.findings, 0] == 2
    await transactional.commit_transaction()

    records, offsets = await anext(tail)

    assert [record.value for record in records] == [b"committed"]
    assert offsets[topics.findings, 0] == 3
    _, ends = await read_ends(kafka, topics.findings)
    between = [record.value async for batch in read_between(kafka, begins, ends) for record in batch]
    assert between == [b"committed"]
    await tail.aclose()
