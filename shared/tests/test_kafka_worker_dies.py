"""A worker that dies at its work: the next one of its group does the work again, and nothing is lost."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.consumer.worker import Subscription, Worker
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.records import Outgoing, Record
from mcm_shared.settings import KafkaSettings

GROUP = "readers"
BATCH = 5


class HandlerDiedError(Exception):
    """The process ends in the middle of a batch, as by a kill or a bug."""


def decode(records: Sequence[Record]) -> list[bytes]:
    return [record.value or b"" for record in records]


async def test_what_a_worker_died_at_the_next_one_is_given_again(
    kafka: KafkaSettings, topics: Topics, producer: Producer
) -> None:
    sent = [b"%d" % number for number in range(4 * BATCH)]
    await producer.send([Outgoing(topics.raw, value, key=b"one partition") for value in sent])
    done: list[bytes] = []

    async def die_at_the_third(values: list[bytes], _: Callable[[], None]) -> list[Outgoing]:
        if len(done) >= 2 * BATCH:
            raise HandlerDiedError
        done.extend(values)
        return []

    async def go_on(values: list[bytes], _: Callable[[], None]) -> list[Outgoing]:
        done.extend(values)
        if values[-1] == sent[-1]:
            second.stop()
        return []

    subscription = Subscription(topics.raw, topics.group(GROUP), BATCH)
    with pytest.raises(HandlerDiedError):
        await asyncio.wait_for(Worker(kafka, subscription, decode=decode, handle=die_at_the_third).run(), 60)
    second = Worker(kafka, subscription, decode=decode, handle=go_on)
    await asyncio.wait_for(second.run(), 60)
    assert sorted(set(done), key=int) == sent
