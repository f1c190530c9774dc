"""Subscriber of the live stream: a bounded queue of frames."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

from mcm_api.live.frames import FrameFilter

MAX_WAITING_BYTES: Final = 8 * 1024 * 1024
"""Bytes that may wait for one subscriber; the subscribers share the frames that wait."""

MAX_CHUNK_BYTES: Final = 32 * 1024
"""Bytes that are handed to one subscriber's connection at once."""


class Subscriber:
    """Bounded queue of a subscriber. A subscriber that reads too slowly is sent a resync, and the stream ends."""

    def __init__(self, filters: FrameFilter, most_bytes: int = MAX_WAITING_BYTES) -> None:
        self.filters = filters
        self.too_slow = False
        self._most_bytes = most_bytes
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._sent = 0
        self._woken = asyncio.Event()
        self._ended = False

    def enqueue(self, frames: Sequence[bytes]) -> None:
        """Lets frames wait for the listener."""
        if self.too_slow or self._ended or not frames:
            return
        self._waiting.extend(frames)
        self._bytes += sum(map(len, frames))
        if self._bytes > self._most_bytes:
            self.too_slow = True
            self._waiting.clear()
            self._sent = 0
        self._woken.set()

    def greet(self, frames: Sequence[bytes]) -> None:
        """Puts frames before those that wait already."""
        self._waiting.extendleft(reversed(frames))
        self._woken.set()

    def end(self) -> None:
        """Ends the stream after what waits."""
        self._ended = True
        self._woken.set()

    async def take(self) -> bytes | None:
        """Waits for frames and returns the next bytes, at most MAX_CHUNK_BYTES; None when the stream has ended."""
        while True:
            if self._waiting:
                return self._next_chunk()
            if self.too_slow or self._ended:
                return None
            self._woken.clear()
            await self._woken.wait()

    def _next_chunk(self) -> bytes:
        # frames wait shared with other subscribers; only what is being sent is copied
        parts: list[bytes] = []
        left = MAX_CHUNK_BYTES
        while left and self._waiting:
            part = self._waiting[0][self._sent : self._sent + left]
            parts.append(part)
            left -= len(part)
            self._sent += len(part)
            if self._sent == len(self._waiting[0]):
                self._waiting.popleft()
                self._sent = 0
        chunk = b"".join(parts)
        self._bytes = max(0, self._bytes - len(chunk))
        return chunk
