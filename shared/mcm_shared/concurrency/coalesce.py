"""Call coalescing: concurrent calls are done in one batch; calls that come meanwhile form the next batch."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from mcm_shared.concurrency.bisect import bisect_failures
from mcm_shared.errors import DataRefusedError, McmError, TransientError

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

_MAX_ITEMS: Final = 500


class Coalescer(Generic[ItemT, ResultT]):
    """Coalesces concurrent calls into one batch; ``work`` takes a batch and returns a result for each item, in order.

    A batch has at most ``max_size``, by ``size_of`` each item. When ``work`` raises ``rejection``, the batch is
    bisected and only the callers of the items at fault get the error; ``work`` must then have undone itself, or do no
    harm when done again.
    """

    def __init__(
        self,
        work: Callable[[Sequence[ItemT]], Awaitable[Sequence[ResultT]]],
        *,
        rejection: type[McmError] = DataRefusedError,
        max_size: int = _MAX_ITEMS,
        size_of: Callable[[ItemT], int] = lambda _: 1,
    ) -> None:
        self._work = work
        self._rejection = rejection
        self._max_size = max_size
        self._size_of = size_of
        self._waiting: list[tuple[ItemT, asyncio.Future[ResultT]]] = []
        self._task: asyncio.Task[None] | None = None

    async def do(self, item: ItemT) -> ResultT:
        """Does one item with those of concurrent calls, in the order of the calls; raises what ``work`` raises."""
        done: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._do_waiting())
        return await done

    async def _do_waiting(self) -> None:
        while batch := self._next_batch():
            try:
                await bisect_failures(batch, self._do_batch, self._rejection, _reject)
            except McmError as error:
                _fail(batch, error)
            except BaseException:
                _fail([*batch, *self._waiting], TransientError("the work was interrupted before it was done"))
                self._waiting.clear()
                raise

    def _next_batch(self) -> list[tuple[ItemT, "asyncio.Future[ResultT]"]]:
        batch: list[tuple[ItemT, asyncio.Future[ResultT]]] = []
        size = 0
        taken = 0
        for item, done in self._waiting:
            size += self._size_of(item)
            if batch and size > self._max_size:
                break
            taken += 1
            if not done.done():  # its caller may have given up
                batch.append((item, done))
        del self._waiting[:taken]
        return batch

    async def _do_batch(self, batch: Sequence[tuple[ItemT, "asyncio.Future[ResultT]"]]) -> None:
        results = await self._work([item for item, _ in batch])
        for (_, done), result in zip(batch, results, strict=True):
            if not done.done():
                done.set_result(result)


def _reject(call: tuple[object, "asyncio.Future[ResultT]"], error: McmError) -> None:
    _fail([call], error)


def _fail(batch: Sequence[tuple[object, "asyncio.Future[ResultT]"]], error: McmError) -> None:
    for _, done in batch:
        if not done.done():
            done.set_exception(error)
