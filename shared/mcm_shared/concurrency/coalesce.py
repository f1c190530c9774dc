"""Work done together: what comes while a group is under way goes with the next one, in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from mcm_shared.errors import DataRefusedError, McmError

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

_MAX_TOGETHER: Final = 500


class Coalescer(Generic[ItemT, ResultT]):
    """Does for many callers at once what costs a transaction each time; ``work`` gives a result for each item."""

    def __init__(self, work: Callable[[Sequence[ItemT]], Awaitable[Sequence[ResultT]]]) -> None:
        self._work = work
        self._waiting: list[tuple[ItemT, asyncio.Future[ResultT]]] = []
        self._task: asyncio.Task[None] | None = None

    async def do(self, item: ItemT) -> ResultT:
        """Does one item's work with that of others.

        Raises what the work raises; what the database refuses of one item is its own caller's failure only.
        """
        done: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._do_waiting())
        return await done

    async def _do_waiting(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:_MAX_TOGETHER], self._waiting[_MAX_TOGETHER:]
            await self._do_group(group)

    async def _do_group(self, group: Sequence[tuple[ItemT, asyncio.Future[ResultT]]]) -> None:
        try:
            results = await self._work([item for item, _ in group])
        except DataRefusedError as error:
            if len(group) == 1:
                _fail(group, error)
            for one in group if len(group) > 1 else ():
                await self._do_group([one])
        except McmError as error:
            _fail(group, error)
        except BaseException as error:
            _fail(group, error)
            raise
        else:
            for (_, done), result in zip(group, results, strict=True):
                if not done.done():  # its caller may have given up
                    done.set_result(result)


def _fail(group: Sequence[tuple[object, "asyncio.Future[ResultT]"]], error: BaseException) -> None:
    for _, done in group:
        if not done.done():
            done.set_exception(error)
