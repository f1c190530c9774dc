"""The batches of a worker that are being handled."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from aiokafka.errors import KafkaError

_MAX: Final = 2
_CANCELLED_WITHIN_S: Final = 0.5

Handling = Callable[["asyncio.Task[bool] | None", Callable[[], None]], Coroutine[Any, Any, bool]]
"""Handles a batch: given the batch before it, and what to call when the next one may begin; says whether it was."""


@dataclass(frozen=True, slots=True)
class _Batch:
    task: "asyncio.Task[bool]"
    next_allowed: "asyncio.Future[None]"


class InFlightBatches:
    """Batches in their order; another one may begin beside them when the newest lets it, and as long as they are few.

    More of them would be handled no sooner: they share one thread.
    """

    def __init__(self) -> None:
        self._batches: list[_Batch] = []

    def begin(self, handling: Handling) -> None:
        """Begins to handle a batch."""
        before = self._batches[-1].task if self._batches else None
        next_allowed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def allow_next(_: object = None) -> None:
            if not next_allowed.done():
                next_allowed.set_result(None)

        task = asyncio.create_task(handling(before, allow_next))
        task.add_done_callback(allow_next)
        self._batches.append(_Batch(task, next_allowed))

    def blocker(self) -> "asyncio.Future[Any] | None":
        """Returns what must end before another batch may begin, None where one may; raises what a batch ended with."""
        while self._batches and self._batches[0].task.done():
            self._batches.pop(0).task.result()
        if len(self._batches) >= _MAX:
            return self._batches[0].task
        if self._batches and not self._batches[-1].next_allowed.done():
            return self._batches[-1].next_allowed
        return None

    async def settle(self, within_s: float) -> None:
        """Waits until all are handled, for so many seconds at most."""
        if self._batches:
            await asyncio.wait([batch.task for batch in self._batches], timeout=within_s)

    async def end(self, within_s: float) -> None:
        """Waits for them, and gives up what takes longer: uncommitted, it is simply read again."""
        await self.settle(within_s)
        undone = [batch.task for batch in self._batches if not batch.task.done()]
        for task in undone:
            task.cancel()
        if undone:
            await asyncio.wait(undone, timeout=_CANCELLED_WITHIN_S)
        for batch in self._batches:
            if batch.task.done():
                with contextlib.suppress(asyncio.CancelledError, KafkaError):
                    batch.task.result()
