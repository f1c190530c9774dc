"""The producer: all is acknowledged or it says so, in order by key, and in bounded time."""

import asyncio
import os
import time
from typing import NoReturn
from uuid import uuid4

import aiokafka.errors
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from mcm_local.kafka import Kafka
from mcm_shared.contracts.topics import MAX_MESSAGE_BYTES, Topics
from mcm_shared.errors import BrokerDownError, MessageRefusedError, PoisonEventError
from mcm_shared.kafka.dead_letters import dead_letter
from mcm_shared.kafka.producer import DELIVERY_TIMEOUT_S, Producer
from mcm_shared.kafka.read_topic import read_topic
from mcm_shared.kafka.records import Outgoing
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.builders import ARecord


async def test_messages_are_there_when_send_returns_in_order_by_key_with_their_headers(
    kafka: KafkaSettings, topics: Topics, producer: Producer
) -> None:
    headers = (("source", b"aws.cloudtrail"), ("none", None), ("source", b"again"))
    sent = [Outgoing(topics.raw, b"%d" % number, b"%d" % (number % 7), headers) for number in range(5_000)]

    await producer.send(sent)

    records = [record async for record in read_topic(kafka, topics.raw)]
    assert len(records) == 5_000
    for key in {message.key for message in sent}:
        assert [int(record.value or b"") for record in records if record.key == key] == [
            int(message.value) for message in sent if message.key == key
        ]
    assert {tuple(record.headers) for record in records} == {headers}


async def test_messages_without_a_key_are_spread_batch_by_batch(
    kafka: KafkaSettings, topics: Topics, producer: Producer
) -> None:
    for number in range(4):
        await producer.send([Outgoing(topics.raw, b"%d" % number)] * 10)

    records = [record async for record in read_topic(kafka, topics.raw)]
    assert [sum(record.partition == partition for record in records) for partition in (0, 1)] == [20, 20]
    assert len({(record.partition, record.value) for record in records}) == 4


async def test_nothing_to_send_is_nothing_to_do() -> None:
    # nothing listens there
    await Producer(KafkaSettings(KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")).send([])


async def test_what_fills_a_topic_s_limit_goes_through_as_does_the_letter_about_it(
    kafka: KafkaSettings, topics: Topics, producer: Producer
) -> None:
    value = os.urandom(MAX_MESSAGE_BYTES - 64 * 1024)
    await producer.send([Outgoing(topics.raw, value)])

    (record,) = [record async for record in read_topic(kafka, topics.raw)]
    full = ARecord(os.urandom(MAX_MESSAGE_BYTES), os.urandom(128 * 1024), (("a", os.urandom(128 * 1024 - 1)),))
    await producer.send([dead_letter(record, "why", topics), dead_letter(full, "w" * 10_000, topics)])

    dead_letters = [letter.value async for letter in read_topic(kafka, topics.dead)]
    assert sorted(map(len, filter(None, dead_letters))) == [MAX_MESSAGE_BYTES - 64 * 1024, MAX_MESSAGE_BYTES]


async def test_what_the_broker_finds_too_large_is_poison(
    kafka: KafkaSettings, topics: Topics, producer: Producer
) -> None:
    with pytest.raises(PoisonEventError, match="too large"):
        await producer.send([Outgoing(topics.raw, os.urandom(MAX_MESSAGE_BYTES + 1_000))])

    await producer.send([Outgoing(topics.raw, b"the next one goes through")])


CLIENT_ERRORS_BY_NAME = {
    name: each
    for name, each in vars(aiokafka.errors).items()
    if isinstance(each, type)
    and issubclass(each, Exception)
    and each.__module__ == aiokafka.errors.__name__
    and each is not aiokafka.errors.BrokerResponseError
}
CONCERN_THE_MESSAGE = {
    "InvalidTimestampError",
    "MessageSizeTooLargeError",
    "RecordListTooLargeError",
    "RecordTooLargeError",
}


@pytest.mark.parametrize("name", CLIENT_ERRORS_BY_NAME)
async def test_an_error_of_the_client_is_retried_unless_it_concerns_the_message(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_producer: Producer) -> NoReturn:
        raise CLIENT_ERRORS_BY_NAME[name]

    monkeypatch.setattr(Producer, "_connected", refuse)
    expected = MessageRefusedError if name in CONCERN_THE_MESSAGE else BrokerDownError
    with pytest.raises(expected):
        await Producer(KafkaSettings()).send([Outgoing("events.raw", b"1")])


async def test_a_record_that_the_broker_finds_invalid_is_refused_and_the_others_are_stored(
    kafka: KafkaSettings, producer: Producer
) -> None:
    name = f"compacted-{uuid4().hex}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 1, 1, topic_configs={"cleanup.policy": "compact"})])
    finally:
        await admin.close()

    with pytest.raises(MessageRefusedError, match="as invalid"):
        await producer.send([Outgoing(name, b"without a key")])

    await producer.send([Outgoing(name, b"with one", b"key")])
    assert [record.value async for record in read_topic(kafka, name)] == [b"with one"]


async def test_a_broker_that_is_not_there_is_said_at_once() -> None:
    producer = Producer(KafkaSettings(KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1"))

    with pytest.raises(BrokerDownError, match="Kafka did not take the messages"):
        await producer.send([Outgoing("events.raw", b"1")])


async def test_a_broker_that_goes_away_is_given_a_bounded_time_and_found_again(
    own_kafka: KafkaSettings, own_broker: Kafka
) -> None:
    topics = Topics(own_kafka.topic_prefix)
    producer = Producer(own_kafka)
    await producer.send([Outgoing(topics.raw, b"1")])
    own_broker.kill()

    began = time.monotonic()
    with pytest.raises(BrokerDownError):
        await producer.send([Outgoing(topics.raw, b"2")])
    assert time.monotonic() - began < DELIVERY_TIMEOUT_S + 10

    await asyncio.to_thread(own_broker.start)
    deadline = time.monotonic() + 30
    while True:
        try:
            await producer.send([Outgoing(topics.raw, b"3")])
            break
        except BrokerDownError:
            assert time.monotonic() < deadline
    await producer.close()
    values = [record.value async for record in read_topic(own_kafka, topics.raw)]
    assert {b"1", b"3"} <= set(values)
