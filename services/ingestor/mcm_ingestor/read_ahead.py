"""Read-ahead of a blocking iterator in a thread, so that a command can still be stopped."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Final, Generic, TypeVar

ItemT = TypeVar("ItemT")

_AHEAD: Final = 4


class _End:
    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class ReadAhead(Generic[ItemT]):
    """Iterates over ``items`` in a thread, a few items ahead; ends early when ``stop`` is set."""

    def __init__(self, items: Iterator[ItemT], stop: asyncio.Event) -> None:
        self._items = items
        self._stop = stop
        self._queue: asyncio.Queue[ItemT | _End] = asyncio.Queue()
        self._room = threading.Semaphore(_AHEAD)
        self._loop = asyncio.get_running_loop()

    async def __aiter__(self) -> AsyncIterator[ItemT]:
        """Yields the items; re-raises errors of the iterator."""
        # daemon: a read that blocks forever must not keep the process alive
        threading.Thread(target=self._pump, daemon=True).start()
        while (item := await self._next()) is not None:
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            self._room.release()
            yield item

    async def _next(self) -> ItemT | _End | None:
        getting = asyncio.ensure_future(self._queue.get())
        stopping = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait((getting, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if getting.done():
            return getting.result()
        getting.cancel()
        return None

    def _pump(self) -> None:
        end = _End(None)
        try:
            for item in self._items:
                self._room.acquire()
                if not self._hand_over(item):
                    return
        except BaseException as error:  # noqa: BLE001 (raised again by the iteration)
            end = _End(error)
        self._hand_over(end)

    def _hand_over(self, item: ItemT | _End) -> bool:
        try:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)
        except RuntimeError:
            # the loop is closed: the command has ended
            return False
        return True
