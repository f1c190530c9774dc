"""The worker on a real broker: handle, send, commit last, and end in time whatever is down."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable

import pytest
from prometheus_client import REGISTRY

from mcm_local.kafka import Kafka
from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.producer import Producer, connect_producer
from mcm_shared.kafka.read_topic import read_topic
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.waiting import until
from mcm_shared.testing.workers import GROUP, Committed, Handler, a_worker, numbered, running


async def test_a_batch_is_handled_its_messages_sent_and_its_offsets_committed(
    kafka: KafkaSettings, topics: Topics, producer: Producer, committed: Committed, handler: Handler
) -> None:
    await producer.send(numbered(topics.raw, *range(50), key=b"k"))

    async with running(a_worker(kafka, handler, max_records=20)):
        await until(lambda: len(handler.handled) == 50)
        await producer.send(numbered(topics.raw, 50, key=b"k"))
        await until(lambda: len(handler.handled) == 51)

    assert handler.handled == [str(number).encode() for number in range(51)]
    assert max(map(len, handler.batches)) == 20
    assert sorted([record.value or b"" async for record in read_topic(kafka, topics.findings)]) == sorted(
        handler.handled
    )
    assert sum((await committed(GROUP)).values()) == 51


async def test_while_a_dependency_is_down_the_same_batch_is_tried_again_and_nothing_is_committed(
    kafka: KafkaSettings, topics: Topics, producer: Producer, committed: Committed, handler: Handler
) -> None:
    await producer.send(numbered(topics.raw, 1, 2, 3, key=b"k"))
    handler.down = True

    async with running(a_worker(kafka, handler, max_records=2)):
        await until(lambda: len(handler.tried) >= 3)
        assert await committed(GROUP) == {}
        handler.down = False
        await until(lambda: len(handler.handled) == 3)

    assert handler.tried[:3] == [[b"1", b"2"]] * 3
    assert handler.batches == [[b"1", b"2"], [b"3"]]
    assert sum((await committed(GROUP)).values()) == 3


async def test_a_worker_that_stops_hands_its_partitions_over_at_once(
    kafka: KafkaSettings, topics: Topics, producer: Producer, handler: Handler
) -> None:
    other = Handler(topics)
    async with running(a_worker(kafka, handler)):
        await producer.send(numbered(topics.raw, 1))
        await until(lambda: len(handler.handled) == 1)

    stopped = time.monotonic()
    async with running(a_worker(kafka, other)):
        await producer.send(numbered(topics.raw, 2))
        await until(lambda: len(other.handled) == 1)

    # a member that did not say goodbye would be waited for until its session ends, 10 s later
    assert time.monotonic() - stopped < 9
    assert (handler.handled, other.handled) == ([b"1"], [b"2"])


async def test_two_workers_share_the_partitions_and_no_batch_is_read_twice(
    kafka: KafkaSettings, topics: Topics, producer: Producer, committed: Committed, handler: Handler
) -> None:
    other = Handler(topics)
    sent = 0
    enough = asyncio.Event()
    batch_takes_s = 0.2

    def take_a_while(one: Handler) -> None:
        async def work(values: list[bytes]) -> None:
            await asyncio.sleep(batch_takes_s)
            one.batches.append(values)

        one.completes = True
        one.work = work  # type: ignore[method-assign]

    take_a_while(handler)
    take_a_while(other)

    async def trickle() -> None:
        nonlocal sent
        # faster than one worker is, so that batches are in flight, and one waits decoded, whenever partitions move
        while not enough.is_set():
            for key in (b"a", b"b", b"c", b"d"):
                await producer.send(numbered(topics.raw, *range(sent, sent + 8), key=key))
            sent += 8
            await asyncio.sleep(0.2)

    async with running(a_worker(kafka, handler, max_records=8)):
        sending = asyncio.create_task(trickle())
        await until(lambda: len(handler.handled) > 20)
        async with running(a_worker(kafka, other, max_records=8)):
            await until(lambda: len(other.handled) > 20)
            before = len(handler.handled)
            await until(lambda: len(handler.handled) > before + 20)
        # not cancelled: what is being sent arrives all the same
        enough.set()
        batch_takes_s = 0
        await sending
        await until(lambda: len(handler.handled) + len(other.handled) >= 4 * sent)

    assert sorted(handler.handled + other.handled) == sorted(
        str(number).encode() for number in range(sent) for _ in "abcd"
    )
    assert sum((await committed(GROUP)).values()) == 4 * sent


@pytest.mark.parametrize("completes", [False, True])
async def test_a_batch_that_outlives_its_partitions_does_not_set_the_group_back(
    kafka: KafkaSettings,
    topics: Topics,
    producer: Producer,
    committed: Committed,
    members: Callable[[str], Awaitable[int]],
    handler: Handler,
    completes: bool,
) -> None:
    other = Handler(topics)
    handler.completes = completes
    may_end = asyncio.Semaphore(0)

    async def one_at_a_time(values: list[bytes]) -> None:
        await may_end.acquire()
        handler.batches.append(values)

    handler.work = one_at_a_time  # type: ignore[method-assign]

    async def both_partitions(*numbers: int) -> None:
        for key in (b"a", b"b", b"c", b"d"):
            await producer.send(numbered(topics.raw, *numbers, key=key))

    await both_partitions(*range(5))
    async with running(a_worker(kafka, handler)):
        await until(lambda: len(handler.tried) >= 1)
        async with running(a_worker(kafka, other)):
            await until(lambda: len(other.handled) > 0)
            await both_partitions(*range(5, 10))

            async def far() -> bool:
                return any(offset >= 10 for offset in (await committed(GROUP)).values())

            await until(far)

        async def alone_again() -> bool:
            return await members(GROUP) == 1

        await until(alone_again)
        before = await committed(GROUP)
        ended = records_ended(topics)
        may_end.release()
        await until(lambda: records_ended(topics) > ended)
        # the batch after it would commit its partitions anew, and waits
        assert await committed(GROUP) == before
        for _ in range(10):
            may_end.release()

        async def all_committed() -> bool:
            return sum((await committed(GROUP)).values()) == 40

        await until(all_committed)

    assert {value for one in (handler, other) for value in one.handled} == {str(n).encode() for n in range(10)}


def records_ended(topics: Topics) -> float:
    """Counts the records of ended batches, committed or not."""
    return REGISTRY.get_sample_value("mcm_records_total", {"topic": topics.raw}) or 0


class TestWhenTheBrokerIsDown:
    """On a broker of its own."""

    @pytest.fixture
    def kafka(self, own_kafka: KafkaSettings) -> KafkaSettings:
        return own_kafka

    async def test_a_worker_goes_on_when_the_broker_is_back(
        self, kafka: KafkaSettings, topics: Topics, handler: Handler, own_broker: Kafka, committed: Committed
    ) -> None:
        async with running(a_worker(kafka, handler)), connect_producer(kafka) as producer:
            await producer.send(numbered(topics.raw, 1))
            await until(lambda: len(handler.handled) == 1)
            await asyncio.to_thread(own_broker.kill)
            await asyncio.to_thread(own_broker.start)
            await producer.send(numbered(topics.raw, 2))
            await until(lambda: b"2" in handler.handled, seconds=60)

            async def all_committed() -> bool:
                return sum((await committed(GROUP)).values()) == 2

            await until(all_committed)

    @pytest.mark.parametrize("freeze", [True, False], ids=["frozen", "killed"])
    async def test_a_worker_still_stops_in_time(
        self, kafka: KafkaSettings, topics: Topics, handler: Handler, own_broker: Kafka, freeze: bool
    ) -> None:
        worker = a_worker(kafka, handler)
        task = asyncio.create_task(worker.run())
        async with connect_producer(kafka) as producer:
            await producer.send(numbered(topics.raw, 1))
            await until(lambda: len(handler.handled) == 1)
            handler.held.clear()
            await producer.send(numbered(topics.raw, 2))
            await until(lambda: len(handler.tried) == 2)
        pid = own_broker.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP if freeze else signal.SIGKILL)
        # now its answer cannot be sent
        handler.held.set()
        await asyncio.sleep(0.5)

        asked = time.monotonic()
        worker.stop()
        await task

        assert time.monotonic() - asked < 8
        if freeze:
            os.kill(pid, signal.SIGCONT)
