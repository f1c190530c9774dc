"""Broadcaster of the live stream: fans frames out to subscribers and retains the newest."""

import asyncio
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

from mcm_api.identity.restriction import UNRESTRICTED, Restriction
from mcm_api.live.frames import FindingFrame, FrameFilter, other_frame
from mcm_api.live.position import encode_position
from mcm_api.live.schemas import StreamHeartbeat
from mcm_api.live.subscriber import Subscriber
from mcm_shared.kafka.tail import Offsets, Place

RETAINED_FRAMES: Final = 10_000
RETAINED_BYTES: Final = 32 * 1024 * 1024


class Broadcaster:
    """Fans frames out to subscribers, and retains the newest for those that reconnect.

    ``offsets`` is the position in each partition; None until Kafka has responded for the first time.
    """

    def __init__(
        self, topics: Sequence[str], retained_frames: int = RETAINED_FRAMES, retained_bytes: int = RETAINED_BYTES
    ) -> None:
        self.topics = topics
        self.offsets: Offsets | None = None
        self.subscribers: set[Subscriber] = set()
        self.ended = False
        self.heartbeat = StreamHeartbeat()
        self._retained: deque[FindingFrame] = deque()
        self._retained_bytes = 0
        self._first = 0
        self._max_frames = retained_frames
        self._max_bytes = retained_bytes
        # by partition: every record from this offset on is retained
        self._retained_from: Offsets = {}
        self._moved = asyncio.Event()
        self._summaries: dict[Restriction, bytes] = {}

    @property
    def position(self) -> str | None:
        """The position after the last frame; None until Kafka has responded for the first time."""
        return None if self.offsets is None else encode_position(self.topics, self.offsets)

    def open(self, offsets: Mapping[Place, int]) -> None:
        """Starts at ``offsets``, or resumes there: records between are unknown, so every subscriber gets a resync."""
        if self.offsets is not None and self.offsets.items() <= dict(offsets).items():
            self.offsets = dict(offsets)
            self._retained_from = {**dict.fromkeys(offsets, 0), **self._retained_from}
            return
        self.offsets = dict(offsets)
        self._first += len(self._retained)
        self._retained.clear()
        self._retained_bytes = 0
        self._retained_from = dict(offsets)
        self.resync("live updates begin only now")
        self._wake_waiters()

    def publish(self, frames: Sequence[FindingFrame], offsets: Mapping[Place, int]) -> None:
        """Broadcasts frames of findings and retains them; ``offsets`` is the position of the topics after them."""
        now = dict(self.offsets or {})
        written = []
        for frame in frames:
            now[frame.place] = frame.offset + 1
            written.append(frame.at(encode_position(self.topics, now)))
            self._retain(frame)
        self.offsets = dict(offsets)
        together = [b"".join(written)] if written else []
        for subscriber in self.subscribers:
            if subscriber.filters.takes_all:
                subscriber.enqueue(together)
            else:
                takes, as_read = subscriber.filters.takes, subscriber.filters.written
                pairs = zip(frames, written, strict=True)
                subscriber.enqueue([as_read(text) for frame, text in pairs if takes(frame)])
        self._wake_waiters()

    def announce(self, event: str, data: object) -> None:
        """Broadcasts a frame that is not a finding."""
        frame = other_frame(event, data, self.position)
        for subscriber in self.subscribers:
            subscriber.enqueue([frame])

    def announce_summary(self, data: object, restriction: Restriction) -> None:
        """Broadcasts figures to the subscribers whose identity has this restriction."""
        frame = self._summaries[restriction] = other_frame("summary", data, self.position)
        for subscriber in self.subscribers:
            if subscriber.filters.restriction == restriction:
                subscriber.enqueue([frame])

    def restrictions(self) -> Counter[Restriction]:
        """Counts the subscribers by restriction of their identity."""
        return Counter(subscriber.filters.restriction for subscriber in self.subscribers)

    def resync(self, reason: str) -> None:
        """Instructs every subscriber to refetch, and ends their streams."""
        frame = other_frame("resync", {"reason": reason}, self.position)
        for subscriber in list(self.subscribers):
            subscriber.enqueue([frame])
            subscriber.end()
        self.subscribers.clear()

    def subscribe(self, filters: FrameFilter) -> Subscriber:
        """Adds a subscriber; its first frame is the position of the stream."""
        subscriber = Subscriber(filters)
        if self.ended:
            subscriber.end()
            return subscriber
        self.subscribers.add(subscriber)
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Removes a subscriber."""
        self.subscribers.discard(subscriber)
        if all(other.filters.restriction != subscriber.filters.restriction for other in self.subscribers):
            self._summaries.pop(subscriber.filters.restriction, None)

    def initial_frames(self, restriction: Restriction = UNRESTRICTED) -> list[bytes]:
        """Returns the first frames of a subscriber: a heartbeat with the position, and the last summary."""
        heartbeat = other_frame("heartbeat", self.heartbeat.model_dump(mode="json"), self.position)
        summary = self._summaries.get(restriction)
        return [heartbeat] if summary is None else [heartbeat, summary]

    def retains(self, position: Mapping[Place, int]) -> bool:
        """Whether every frame after a position is retained."""
        return all(position.get(place, 0) >= offset for place, offset in self._retained_from.items())

    def read_retained(
        self, position: Mapping[Place, int], start: int, max_bytes: int
    ) -> tuple[list[FindingFrame], int | None]:
        """Returns the next frames after a position, about ``max_bytes`` of them, and where to continue.

        ``start`` is 0, then what the call before returned; None says that there are no more. Call it only while the
        broadcaster ``retains`` the position. Frames are read in pieces so that a slow reader keeps none of them.
        """
        frames: list[FindingFrame] = []
        size = 0
        begin = max(start, self._first)
        for number, frame in enumerate(islice(self._retained, begin - self._first, None), begin):
            if size >= max_bytes:
                return frames, number
            if frame.offset >= position.get(frame.place, 0):
                frames.append(frame)
                size += len(frame.lines)
        return frames, None

    def is_ahead(self, position: Mapping[Place, int]) -> bool:
        """Returns whether a position lies after what was read so far."""
        return any(offset > (self.offsets or {}).get(place, 0) for place, offset in position.items())

    async def wait_for(self, position: Mapping[Place, int], seconds: float) -> bool:
        """Waits until everything up to a position was read; False when it was not within ``seconds``."""
        try:
            async with asyncio.timeout(seconds):
                while self.is_ahead(position):
                    await self._moved.wait()
        except TimeoutError:
            return False
        return True

    def end(self) -> None:
        """Ends every stream, also later ones; their clients reconnect with their positions."""
        self.ended = True
        for subscriber in self.subscribers:
            subscriber.end()
        self.subscribers.clear()
        self._wake_waiters()

    async def until_moved(self) -> None:
        """Waits until something was read, or the broadcaster was opened or ended."""
        await self._moved.wait()

    def _retain(self, frame: FindingFrame) -> None:
        self._retained.append(frame)
        self._retained_bytes += len(frame.lines)
        while len(self._retained) > self._max_frames or self._retained_bytes > self._max_bytes:
            evicted = self._retained.popleft()
            self._first += 1
            self._retained_bytes -= len(evicted.lines)
            self._retained_from[evicted.place] = evicted.offset + 1

    def _wake_waiters(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()
