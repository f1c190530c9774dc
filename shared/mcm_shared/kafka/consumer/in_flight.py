"""Batches in flight: pipelined, at most two, in order."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from aiokafka.errors import KafkaError

_MAX: Final = 2
_CANCELLED_WITHIN_S: Final = 0.5

Handling = Callable[["asyncio.Task[bool] | None", Callable[[], None]], Coroutine[Any, Any, bool]]
"""Handles a batch, given the task of the batch before it and a callback that lets the next batch begin.

Returns False when the batch was left uncommitted.
"""


@dataclass(frozen=True, slots=True)
class _InFlight:
    task: "asyncio.Task[bool]"
    next_allowed: "asyncio.Future[None]"


class InFlightBatches:
    """The batches in flight, in order. The next one may begin when the newest allows it, up to two.

    More would gain nothing: they share one thread.
    """

    def __init__(self) -> None:
        self._batches: list[_InFlight] = []

    def begin(self, handling: Handling) -> None:
        """Starts a batch."""
        before = self._batches[-1].task if self._batches else None
        next_allowed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def allow_next(_: object = None) -> None:
            if not next_allowed.done():
                next_allowed.set_result(None)

        task = asyncio.create_task(handling(before, allow_next))
        task.add_done_callback(allow_next)
        self._batches.append(_InFlight(task, next_allowed))

    def blocker(self) -> "asyncio.Future[Any] | None":
        """Returns what the next batch must wait for, or None; raises the error that a batch ended with."""
        while self._batches and self._batches[0].task.done():
            self._batches.pop(0).task.result()
        if len(self._batches) >= _MAX:
            return self._batches[0].task
        if self._batches and not self._batches[-1].next_allowed.done():
            return self._batches[-1].next_allowed
        return None

    async def settle(self, within_s: float) -> None:
        """Waits until all batches are done, at most ``within_s`` seconds."""
        if self._batches:
            await asyncio.wait([batch.task for batch in self._batches], timeout=within_s)

    async def end(self, within_s: float) -> None:
        """Waits for the batches and cancels those that take longer; uncommitted, their records are read again."""
        await self.settle(within_s)
        unfinished = [batch.task for batch in self._batches if not batch.task.done()]
        for task in unfinished:
            task.cancel()
        if unfinished:
            await asyncio.wait(unfinished, timeout=_CANCELLED_WITHIN_S)
        for batch in self._batches:
            if batch.task.done():
                with contextlib.suppress(asyncio.CancelledError, KafkaError):
                    batch.task.result()
