"""Records whose bytes break the client itself: stepped over and told, and no batch beside theirs is lost."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.record.util import calc_crc32c

from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.read_topic import read_topic
from mcm_shared.kafka.records import Outgoing, header
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.workers import Handler, a_worker

_PLACEHOLDER = b"QQQQ"


async def send_unreadable(kafka: KafkaSettings, topic: str, partition: int, between: Sequence[bytes]) -> None:
    """Sends one batch: the records of ``between`` around one with a header whose name is not UTF-8."""
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as client:
        batch = client.create_batch()
        for value in (*between[:1], b"unreadable", *between[1:]):
            headers = [(_PLACEHOLDER.decode(), b"")] if value == b"unreadable" else []
            batch.append(timestamp=None, key=None, value=value, headers=headers)
        content = bytearray(batch._build().replace(_PLACEHOLDER, b"\xff\xfe\xfd\xfc"))
        # of a batch the checksum stands at byte 17, over all that follows
        content[17:21] = calc_crc32c(memoryview(content)[21:]).to_bytes(4, "big")
        batch._buffer = bytes(content)
        await (await client.send_batch(batch, topic, partition=partition))


async def test_a_record_the_client_cannot_decode_is_stepped_over_and_told(
    kafka: KafkaSettings, topics: Topics, producer: Producer, committed: Callable[[str], Awaitable[dict[int, int]]]
) -> None:
    handler = Handler(topics)
    neighbours = [str(number).encode() for number in range(40)]
    await producer.send([Outgoing(topics.raw, value, key=value) for value in neighbours[:30]])
    await send_unreadable(kafka, topics.raw, 0, neighbours[30:33])
    await send_unreadable(kafka, topics.raw, 1, neighbours[33:34])
    await send_unreadable(kafka, topics.raw, 1, neighbours[34:36])
    await producer.send([Outgoing(topics.raw, value, key=value) for value in neighbours[36:]])
    worker = a_worker(kafka, handler)

    task = asyncio.create_task(worker.run())
    deadline = time.monotonic() + 60
    while sum((await committed("readers")).values()) < 43:
        assert time.monotonic() < deadline, sorted(handler.handled)
        await asyncio.sleep(0.05)
    worker.stop()
    await task

    behind_it_in_its_batch = {b"31", b"32", b"35"}
    assert set(handler.handled) == set(neighbours) - behind_it_in_its_batch
    dead_letters = [record async for record in read_topic(kafka, topics.dead)]
    assert len({header(letter, "origin") for letter in dead_letters}) == 3 + len(behind_it_in_its_batch)
    assert {header(letter, "reason") for letter in dead_letters} == {
        "it, or a record sent in one batch with it, has a header whose name is not UTF-8; it stays where it is"
    }
