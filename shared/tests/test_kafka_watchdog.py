"""The watchdog tells a quiet topic from a consumer that has silently stopped, and an outage from both."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from mcm_local.kafka import Kafka
from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.consumer.watchdog import StuckError, Watchdog
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.records import Outgoing
from mcm_shared.settings import KafkaSettings


@pytest.fixture
async def consumer(kafka: KafkaSettings, topics: Topics) -> AsyncIterator[AIOKafkaConsumer]:
    """A member of a group that has its partitions and has stopped reading."""
    async with AIOKafkaConsumer(
        topics.raw,
        bootstrap_servers=kafka.bootstrap_servers,
        group_id=topics.group("readers"),
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    ) as consumer:
        while not consumer.assignment():
            await consumer.getmany(timeout_ms=50)
        consumer.pause(*consumer.assignment())
        yield consumer


async def check_often(watchdog: Watchdog, consumer: AIOKafkaConsumer) -> None:
    for _ in range(5):
        await watchdog.check(consumer)


def impatient() -> Watchdog:
    return Watchdog(stuck_after_s=0, check_every_s=0)


async def test_records_that_wait_while_nothing_moves_end_the_process(
    consumer: AIOKafkaConsumer, producer: Producer, topics: Topics
) -> None:
    await producer.send([Outgoing(topics.raw, b"1"), Outgoing(topics.raw, b"2")])
    watchdog = impatient()

    await watchdog.check(consumer)
    with pytest.raises(
        StuckError, match=r"^2 records are waiting but nothing has moved for 0 s; the worker exits to be restart"
    ):
        await watchdog.check(consumer)


async def test_one_look_is_not_enough_and_any_move_begins_anew(
    consumer: AIOKafkaConsumer, producer: Producer, topics: Topics
) -> None:
    await producer.send([Outgoing(topics.raw, b"1")])
    watchdog = impatient()

    for _ in range(5):
        await watchdog.check(consumer)
        watchdog.moved()


async def test_an_idle_topic_is_no_reason_to_end(consumer: AIOKafkaConsumer) -> None:
    await check_often(impatient(), consumer)


async def test_a_minute_has_to_pass_first(consumer: AIOKafkaConsumer, producer: Producer, topics: Topics) -> None:
    await producer.send([Outgoing(topics.raw, b"1")])

    await check_often(Watchdog(), consumer)


async def test_without_partitions_there_is_nothing_to_look_at(kafka: KafkaSettings, topics: Topics) -> None:
    # not yet a member of its group
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers, group_id=topics.group("readers"))
    await check_often(impatient(), consumer)


async def test_a_consumer_that_stays_silent_while_kafka_answers_others_is_given_up(
    consumer: AIOKafkaConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_partition: TopicPartition) -> int:
        await asyncio.Event().wait()
        return 0

    monkeypatch.setattr(consumer, "position", never)
    watchdog = impatient()

    await watchdog.check(consumer)
    with pytest.raises(TimeoutError, match="the consumer had no response"):
        await watchdog.check(consumer)


async def test_one_answer_missed_is_not_enough(consumer: AIOKafkaConsumer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(_partition: TopicPartition) -> int:
        raise KafkaError

    watchdog = impatient()
    for _ in range(3):
        with monkeypatch.context() as patch:
            patch.setattr(consumer, "position", at_once)
            await watchdog.check(consumer)
        await watchdog.check(consumer)


class TestWhileTheBrokerIsDown:
    """On a broker of its own."""

    @pytest.fixture
    def kafka(self, own_kafka: KafkaSettings) -> KafkaSettings:
        return own_kafka

    async def test_after_an_outage_it_is_a_new_consumer_that_waits(
        self, consumer: AIOKafkaConsumer, producer: Producer, topics: Topics, own_broker: Kafka
    ) -> None:
        await producer.send([Outgoing(topics.raw, b"1")])
        watchdog = impatient()
        await watchdog.check(consumer)

        own_broker.kill()

        await watchdog.check(consumer)
        with pytest.raises(TimeoutError, match="the consumer had no response"):
            await watchdog.check(consumer)
