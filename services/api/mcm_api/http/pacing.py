"""Pacing: spreads a burst of one kind of work over several iterations of the event loop."""

import asyncio
from collections import deque


class Pacer:
    """Gives out ``max_turns`` turns in each iteration of the event loop, in the order in which they were requested."""

    def __init__(self, max_turns: int) -> None:
        self._max_turns = max_turns
        self._left = max_turns
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._renewing = False

    async def turn(self) -> None:
        """Waits for a turn; not at all while this iteration has turns left."""
        loop = asyncio.get_running_loop()
        if not self._renewing:
            self._renewing = True
            loop.call_soon(self._renew, loop)
        if self._left and not self._waiting:
            self._left -= 1
            return
        turn = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _renew(self, loop: asyncio.AbstractEventLoop) -> None:
        self._left = self._max_turns
        while self._left and self._waiting:
            turn = self._waiting.popleft()
            # what was cancelled does not use its turn
            if not turn.done():
                turn.set_result(None)
                self._left -= 1
        self._renewing = self._left < self._max_turns
        if self._renewing:
            loop.call_soon(self._renew, loop)
