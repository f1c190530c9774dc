"""Coalesced calls: one batch for those that come together, and each caller gets its own result or error."""

import asyncio
from collections.abc import Sequence

import pytest

from mcm_shared.concurrency.coalesce import Coalescer
from mcm_shared.errors import DatabaseDownError, DataRefusedError, TransientError


class Work:
    """Doubles numbers; refuses 13, and is down for 99."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun = asyncio.Event()
        self.held = asyncio.Event()
        self.held.set()

    async def __call__(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        self.begun.set()
        await self.held.wait()
        if 13 in items:
            raise DataRefusedError("13 is refused")
        if 99 in items:
            raise DatabaseDownError("the database does not respond")
        return [2 * item for item in items]


async def test_concurrent_calls_form_one_batch_and_later_ones_the_next() -> None:
    work = Work()
    coalescer = Coalescer(work)
    work.held.clear()
    calls = [asyncio.create_task(coalescer.do(1))]
    await work.begun.wait()
    calls += [asyncio.create_task(coalescer.do(item)) for item in (2, 3)]
    await asyncio.sleep(0)
    work.held.set()

    assert await asyncio.gather(*calls) == [2, 4, 6]
    assert work.batches == [[1], [2, 3]]


async def test_an_item_that_is_refused_fails_its_own_caller_only() -> None:
    results = await asyncio.gather(*map(Coalescer(Work()).do, (1, 13, 3, 4)), return_exceptions=True)

    assert [results[0], *results[2:]] == [2, 6, 8]
    assert isinstance(results[1], DataRefusedError)


async def test_an_error_that_concerns_no_item_fails_all_of_its_batch() -> None:
    results = await asyncio.gather(*map(Coalescer(Work()).do, (1, 99)), return_exceptions=True)

    assert [type(result) for result in results] == [DatabaseDownError, DatabaseDownError]


async def test_a_batch_keeps_to_its_size_and_a_larger_item_goes_alone() -> None:
    work = Work()
    coalescer = Coalescer(work, max_size=10, size_of=lambda item: item)

    await asyncio.gather(*map(coalescer.do, (4, 5, 6, 50, 1)))

    assert work.batches == [[4, 5], [6], [50], [1]]


async def test_an_item_whose_caller_gave_up_is_left_out() -> None:
    work = Work()
    coalescer = Coalescer(work)
    gone, stays = asyncio.create_task(coalescer.do(1)), asyncio.create_task(coalescer.do(2))
    await asyncio.sleep(0)
    gone.cancel()

    assert await stays == 4
    assert work.batches in ([[2]], [[1, 2]])


async def test_work_that_is_interrupted_fails_its_callers() -> None:
    work = Work()
    coalescer = Coalescer(work)
    work.held.clear()
    call = asyncio.create_task(coalescer.do(1))
    await work.begun.wait()
    assert coalescer._task is not None
    coalescer._task.cancel()

    with pytest.raises(TransientError):
        await call
