"""A worker that dies at its work: the next one of its group does the work again, and nothing is lost."""

import asyncio

import pytest

from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.records import Outgoing
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.waiting import until
from mcm_shared.testing.workers import GROUP, Committed, Handler, a_worker

BATCH = 5


class HandlerDiedError(Exception):
    """The process ends in the middle of a batch, as by a kill or a bug."""


async def test_what_a_worker_died_at_the_next_one_is_given_again(
    kafka: KafkaSettings, topics: Topics, producer: Producer, committed: Committed
) -> None:
    sent = [b"%d" % number for number in range(4 * BATCH)]
    messages = [Outgoing(topics.raw, value, key=b"one partition") for value in sent]
    done: list[bytes] = []

    class Dying(Handler):
        async def work(self, values: list[bytes]) -> None:
            if len(done) >= 2 * BATCH:
                raise HandlerDiedError
            done.extend(values)

    class Surviving(Handler):
        async def work(self, values: list[bytes]) -> None:
            done.extend(values)
            if values[-1] == sent[-1]:
                second.stop()

    async def two_batches_are_committed() -> bool:
        return sum((await committed(GROUP)).values()) == 2 * BATCH

    first = asyncio.create_task(a_worker(kafka, Dying(topics), BATCH).run())
    await producer.send(messages[: 2 * BATCH])
    # else the commit of the second batch may come after that of the third, and hide it
    await until(two_batches_are_committed)
    await producer.send(messages[2 * BATCH :])
    with pytest.raises(HandlerDiedError):
        await asyncio.wait_for(first, 60)
    second = a_worker(kafka, Surviving(topics), BATCH)
    await asyncio.wait_for(second.run(), 60)
    assert sorted(set(done), key=int) == sent
