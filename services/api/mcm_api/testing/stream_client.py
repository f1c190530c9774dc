"""Listening to the live stream as a browser does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import orjson

WITHIN_S = 30.0


@dataclass(frozen=True)
class Frame:
    """One frame as it came."""

    event: str
    data: Any
    id: str | None


@dataclass
class Listening:
    """Frames that a test client has received so far."""

    status: int = 0
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    frames: list[Frame] = field(default_factory=list)
    ended: bool = False
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    def of(self, event: str) -> list[Frame]:
        """The frames of one kind."""
        return [frame for frame in self.frames if frame.event == event]

    async def hears(self, event: str, count: int = 1) -> list[Frame]:
        """Waits until that many frames of a kind have come, and returns them."""
        async with asyncio.timeout(WITHIN_S):
            while len(self.of(event)) < count:
                assert not self.ended, f"the stream ended after {[frame.event for frame in self.frames]}"
                self._came.clear()
                await self._came.wait()
        return self.of(event)

    async def hears_of(self, uid: UUID) -> None:
        """Waits until a finding has come."""
        while str(uid) not in self.uids():
            await self.hears("finding", len(self.uids()) + 1)

    async def until_the_end(self) -> None:
        """Waits until the stream ends."""
        async with asyncio.timeout(WITHIN_S):
            while not self.ended:
                self._came.clear()
                await self._came.wait()

    def uids(self) -> list[str]:
        """The findings heard of, in their order."""
        return [frame.data["uid"] for frame in self.of("finding")]

    async def read(self, answer: httpx.Response) -> None:
        """Reads frames until the stream ends."""
        self.status, self.headers = answer.status_code, answer.headers
        try:
            text = ""
            async for piece in answer.aiter_text():
                text += piece
                *whole, text = text.split("\n\n")
                self.frames += [frame for frame in map(_frame, whole) if frame.event]
                self._came.set()
        finally:
            self.ended = True
            self._came.set()


@asynccontextmanager
async def listening(
    url: str, query: str = "", last_event_id: str | None = None, *, headers: Mapping[str, str] | None = None
) -> AsyncIterator[Listening]:
    """Listens to the stream of the API at ``url`` meanwhile."""
    heard = Listening()
    headers = {**(headers or {}), **({} if last_event_id is None else {"Last-Event-ID": last_event_id})}
    async with (
        httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(WITHIN_S, read=None)) as client,
        client.stream("GET", f"/stream?{query}", headers=headers) as answer,
    ):
        reading = asyncio.create_task(heard.read(answer))
        try:
            yield heard
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


def _frame(text: str) -> Frame:
    fields = dict(line.split(": ", 1) for line in text.split("\n") if ": " in line)
    return Frame(fields.get("event", ""), orjson.loads(fields.get("data", "null")), fields.get("id"))
