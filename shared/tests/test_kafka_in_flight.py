"""Pipelined batches on a real broker: side by side, sent and committed in order, cancelled together."""

import asyncio
import time

import pytest

from mcm_shared.contracts.topics import Topics
from mcm_shared.errors import DatabaseDownError
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.read_topic import read_topic
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.waiting import until
from mcm_shared.testing.workers import GROUP, Committed, Handler, a_worker, numbered, running


async def test_the_next_batch_is_stored_while_the_one_before_completes(
    kafka: KafkaSettings, topics: Topics, producer: Producer, committed: Committed, handler: Handler
) -> None:
    await producer.send(numbered(topics.raw, 1, 2, 3, key=b"k"))
    first_goes_on = asyncio.Event()

    async def slow_first(values: list[bytes]) -> None:
        if values == [b"1"]:
            await first_goes_on.wait()
        handler.batches.append(values)

    handler.completes = True
    handler.work = slow_first  # type: ignore[method-assign]
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


@pytest.mark.parametrize("completes", [False, True])
async def test_a_batch_left_undone_by_a_stop_is_not_passed_by_the_next_one(
    kafka: KafkaSettings,
    topics: Topics,
    producer: Producer,
    committed: Committed,
    handler: Handler,
    completes: bool,
) -> None:
    await producer.send(numbered(topics.raw, 1, 2, key=b"k"))

    failures = 0

    async def fail_first(values: list[bytes]) -> None:
        nonlocal failures
        if values == [b"1"]:
            failures += 1
            raise DatabaseDownError("it is back for the next batch")
        handler.batches.append(values)

    handler.completes = completes
    handler.work = fail_first  # type: ignore[method-assign]
    worker = a_worker(kafka, handler, max_records=1)
    async with running(worker):
        # the second one has been fetched by now, and waits for the first: to begin, or to be committed
        await until(lambda: failures >= 3)

    assert handler.batches == ([[b"2"]] if completes else [])
    assert await committed(GROUP) == {}

    again = Handler(topics)
    async with running(a_worker(kafka, again, max_records=1)):
        await until(lambda: len(again.handled) == 2)
    assert again.handled == [b"1", b"2"]


@pytest.mark.parametrize("completes", [False, True])
async def test_batches_that_hang_are_given_up_when_stopping(
    kafka: KafkaSettings,
    topics: Topics,
    producer: Producer,
    committed: Committed,
    handler: Handler,
    completes: bool,
) -> None:
    await producer.send(numbered(topics.raw, 1, 2, 3, key=b"k"))
    handler.held.clear()
    handler.completes = completes
    worker = a_worker(kafka, handler, max_records=1)
    task = asyncio.create_task(worker.run())
    await until(lambda: len(handler.tried) == 1 + completes)

    asked = time.monotonic()
    worker.stop()
    await task

    assert time.monotonic() - asked < 8
    assert await committed(GROUP) == {}
