"""Two batches of a worker in hand, on a real broker: side by side, sent and committed in order, given up together."""

import asyncio
import time
from collections.abc import Callable

import pytest

from mcm_shared.contracts.topics import Topics
from mcm_shared.errors import DatabaseDownError
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.read_topic import read_topic
from mcm_shared.kafka.records import Outgoing
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.workers import GROUP, Committed, Handler, a_worker, numbered, running, until


async def test_the_next_batch_begins_beside_the_rest_of_one_that_lets_it(
    kafka: KafkaSettings, topics: Topics, producer: Producer, committed: Committed, handler: Handler
) -> None:
    await producer.send(numbered(topics.raw, 1, 2, 3, key=b"k"))
    first_goes_on = asyncio.Event()

    async def slow_first(values: list[bytes], allow_next: Callable[[], None]) -> list[Outgoing]:
        handler.tried.append(values)
        allow_next()
        if values == [b"1"]:
            await first_goes_on.wait()
        handler.batches.append(values)
        return [Outgoing(topics.findings, value, key=b"k") for value in values]

    handler.handle = slow_first  # type: ignore[method-assign]
    async with running(a_worker(kafka, handler, max_records=1)):
        await until(lambda: handler.batches == [[b"2"]])
        await asyncio.sleep(0.5)
        # the second is done and waits for the first, and the third is not begun
        assert handler.tried == [[b"1"], [b"2"]]
        assert await committed(GROUP) == {}
        assert [record async for record in read_topic(kafka, topics.findings)] == []
        first_goes_on.set()

        async def all_committed() -> bool:
            return sum((await committed(GROUP)).values()) == 3

        await until(all_committed)

    assert [record.value async for record in read_topic(kafka, topics.findings)] == [b"1", b"2", b"3"]


async def test_what_comes_while_a_batch_is_handled_makes_one_batch(
    kafka: KafkaSettings, topics: Topics, producer: Producer, handler: Handler
) -> None:
    handler.held.clear()
    async with running(a_worker(kafka, handler)):
        for number in range(10):
            await producer.send(numbered(topics.raw, number, key=str(number).encode()))
            await until(lambda: len(handler.tried) == 1)
        handler.held.set()
        await until(lambda: len(handler.handled) == 10)

    assert len(handler.batches) <= 3


@pytest.mark.parametrize("lets_follow", [False, True])
async def test_a_batch_left_undone_by_a_stop_is_not_passed_by_the_next_one(
    kafka: KafkaSettings,
    topics: Topics,
    producer: Producer,
    committed: Committed,
    handler: Handler,
    lets_follow: bool,
) -> None:
    await producer.send(numbered(topics.raw, 1, 2, key=b"k"))

    async def fail_first(values: list[bytes], allow_next: Callable[[], None]) -> list[Outgoing]:
        handler.tried.append(values)
        if lets_follow:
            allow_next()
        if values == [b"1"]:
            raise DatabaseDownError("it is back for the next batch")
        handler.batches.append(values)
        return []

    handler.handle = fail_first  # type: ignore[method-assign]
    worker = a_worker(kafka, handler, max_records=1)
    async with running(worker):
        # the second one has been fetched by now, and waits for the first: to begin, or to be committed
        await until(lambda: len(handler.tried) >= 4)

    assert handler.batches == ([[b"2"]] if lets_follow else [])
    assert await committed(GROUP) == {}

    again = Handler(topics)
    async with running(a_worker(kafka, again, max_records=1)):
        await until(lambda: len(again.handled) == 2)
    assert again.handled == [b"1", b"2"]


@pytest.mark.parametrize("lets_follow", [False, True])
async def test_batches_that_hang_are_given_up_when_stopping(
    kafka: KafkaSettings,
    topics: Topics,
    producer: Producer,
    committed: Committed,
    handler: Handler,
    lets_follow: bool,
) -> None:
    await producer.send(numbered(topics.raw, 1, 2, 3, key=b"k"))
    handler.held.clear()
    handler.lets_follow = lets_follow
    worker = a_worker(kafka, handler, max_records=1)
    task = asyncio.create_task(worker.run())
    await until(lambda: len(handler.tried) == 1 + lets_follow)

    asked = time.monotonic()
    worker.stop()
    await task

    assert time.monotonic() - asked < 8
    assert await committed(GROUP) == {}
