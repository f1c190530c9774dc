"""The failure policy on a real broker: which records are dead-lettered and why, and that the rest goes on."""

import random
from collections.abc import Sequence

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from mcm_shared.contracts.topics import MAX_MESSAGE_BYTES, REASON_HEADER, Topics
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.read_topic import read_topic
from mcm_shared.kafka.records import Outgoing, header
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.waiting import until
from mcm_shared.testing.workers import GROUP, Committed, Handler, a_worker, running


async def dead_letters(kafka: KafkaSettings) -> dict[bytes, str]:
    """Reads the dead letters: each value with its reason."""
    topic = Topics(kafka.topic_prefix).dead
    return {record.value or b"": header(record, REASON_HEADER) or "" async for record in read_topic(kafka, topic)}


async def copies(kafka: KafkaSettings) -> list[bytes]:
    """Reads what the handler sent."""
    return [record.value or b"" async for record in read_topic(kafka, Topics(kafka.topic_prefix).findings)]


async def handle(kafka: KafkaSettings, handler: Handler, committed: Committed, values: Sequence[bytes]) -> None:
    """Runs a worker until it has committed every record."""

    async def is_committed() -> bool:
        return sum((await committed(GROUP)).values()) == len(values)

    async with running(a_worker(kafka, handler)):
        await until(is_committed)


async def send(producer: Producer, topics: Topics, values: Sequence[bytes]) -> None:
    """Sends values to one partition of ``events.raw``."""
    await producer.send([Outgoing(topics.raw, value, key=b"k") for value in values])


def incompressible(size: int) -> bytes:
    """Makes bytes that stay as large when they are sent compressed."""
    return random.Random(1).randbytes(size)


NUMBERS = [b"%d" % number for number in range(9)]


async def test_a_poison_record_is_dead_lettered_and_its_neighbours_are_handled(
    kafka: KafkaSettings, topics: Topics, producer: Producer, handler: Handler, committed: Committed
) -> None:
    values = [*NUMBERS[:4], b"poison 1", *NUMBERS[4:], b"poison 2"]
    await send(producer, topics, values)

    await handle(kafka, handler, committed, values)

    assert handler.handled == NUMBERS
    assert await dead_letters(kafka) == {b"poison 1": "poison 1 is refused", b"poison 2": "poison 2 is refused"}


async def test_of_a_record_that_is_partly_poison_the_rest_is_handled_and_the_whole_dead_lettered(
    kafka: KafkaSettings, topics: Topics, producer: Producer, handler: Handler, committed: Committed
) -> None:
    values = [*NUMBERS[:4], b"partly 4", *NUMBERS[5:]]
    await send(producer, topics, values)

    await handle(kafka, handler, committed, values)

    assert handler.handled == NUMBERS
    assert await dead_letters(kafka) == {b"partly 4": "one of two is refused"}


@pytest.mark.parametrize(
    "refused",
    [{b"0"}, {b"3", b"4"}, {b"0", b"8"}, set(NUMBERS)],
    ids=lambda refused: b"".join(sorted(refused)).decode(),
)
@pytest.mark.parametrize("step", ["store", "complete"])
async def test_records_that_the_database_refuses_are_dead_lettered_and_the_others_are_handled(
    kafka: KafkaSettings,
    topics: Topics,
    producer: Producer,
    handler: Handler,
    committed: Committed,
    refused: set[bytes],
    step: str,
) -> None:
    handler.refused, handler.refused_later = (refused, set()) if step == "store" else (set(), refused)
    await send(producer, topics, NUMBERS)

    await handle(kafka, handler, committed, NUMBERS)

    assert await dead_letters(kafka) == dict.fromkeys(refused, "the database refuses the record: a value is refused")
    assert await copies(kafka) == [value for value in NUMBERS if value not in refused]
    assert set(handler.handled) >= set(NUMBERS) - refused


class LargeMessageHandler(Handler):
    """Answers the record "3" with a message that no topic takes."""

    async def complete(self, stored: list[bytes]) -> list[Outgoing]:
        messages = await super().complete(stored)
        large = Outgoing(self.topics.findings, incompressible(MAX_MESSAGE_BYTES + 1), key=b"k")
        return [large if message.value == b"3" else message for message in messages]


async def test_a_message_that_kafka_refuses_holds_up_no_other(
    kafka: KafkaSettings, topics: Topics, producer: Producer, committed: Committed
) -> None:
    await send(producer, topics, NUMBERS)

    await handle(kafka, LargeMessageHandler(topics), committed, NUMBERS)

    # some messages of a batch may be stored before one of it is refused, and are then sent again
    assert list(dict.fromkeys(await copies(kafka))) == [value for value in NUMBERS if value != b"3"]


async def test_a_dead_letter_that_kafka_refuses_is_cut(
    bootstrap_servers: str, topic_prefix: str, producer: Producer, handler: Handler, committed: Committed
) -> None:
    topics = Topics(f"{topic_prefix}small-")
    kafka = KafkaSettings(
        KAFKA_BOOTSTRAP_SERVERS=bootstrap_servers, MCM_TOPIC_PREFIX=topics.prefix, MCM_TOPIC_PARTITIONS=1
    )
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic(topics.dead, 1, 1, topic_configs={"max.message.bytes": "200000"})])
    await admin.close()
    await ensure_topics(kafka)
    value = b"poison 1" + incompressible(1_000_000)
    await send(producer, topics, [value])

    async with running(a_worker(kafka, Handler(topics))):

        async def is_dead_lettered() -> bool:
            return len(await dead_letters(kafka)) == 1

        await until(is_dead_lettered)

    ((piece, reason),) = (await dead_letters(kafka)).items()
    assert piece == value[: 64 * 1024]
    assert reason.endswith("(Kafka refuses the whole letter: of its 1,000,008 bytes the first 65,536 are kept here)")
