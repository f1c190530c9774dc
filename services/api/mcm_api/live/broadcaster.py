"""Where the stream's frames come together: the newest are kept, and everyone who listens is given theirs."""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from mcm_api.live.frames import FindingFrame, FrameFilter, other_frame
from mcm_api.live.position import encode_position
from mcm_api.live.schemas import StreamHeartbeat
from mcm_api.live.subscriber import Subscriber
from mcm_shared.kafka.tail import Offsets, Place

KEPT_FRAMES: Final = 10_000
KEPT_BYTES: Final = 32 * 1024 * 1024


class Broadcaster:
    """Fans frames out to listeners, and keeps the newest ones for those who come back.

    ``offsets`` says where each partition has come to; None until Kafka has answered for the first time.
    """

    def __init__(self, topics: Sequence[str], kept_frames: int = KEPT_FRAMES, kept_bytes: int = KEPT_BYTES) -> None:
        self.topics = topics
        self.offsets: Offsets | None = None
        self.subscribers: set[Subscriber] = set()
        self.ended = False
        self.heartbeat = StreamHeartbeat()
        self._kept: deque[FindingFrame] = deque()
        self._kept_bytes = 0
        self._most_frames = kept_frames
        self._most_bytes = kept_bytes
        # by partition: every record from this offset on is kept
        self._kept_from: Offsets = {}
        self._moved = asyncio.Event()
        self._summary: bytes | None = None

    @property
    def position(self) -> str | None:
        """The position after the last frame; None until Kafka has answered for the first time."""
        return None if self.offsets is None else encode_position(self.topics, self.offsets)

    def open(self, offsets: Mapping[Place, int]) -> None:
        """Starts at ``offsets``, or resumes there: records between are unknown, so every subscriber gets a resync."""
        if self.offsets is not None and self.offsets.items() <= dict(offsets).items():
            self.offsets = dict(offsets)
            self._kept_from = {**dict.fromkeys(offsets, 0), **self._kept_from}
            return
        self.offsets = dict(offsets)
        self._kept.clear()
        self._kept_bytes = 0
        self._kept_from = dict(offsets)
        self.resync("live updates begin only now")
        self._announce()

    def publish(self, frames: Sequence[FindingFrame], offsets: Mapping[Place, int]) -> None:
        """Broadcasts frames of findings and retains them; ``offsets`` is the position of the topics after them."""
        now = dict(self.offsets or {})
        written = []
        for frame in frames:
            now[frame.place] = frame.offset + 1
            written.append(frame.at(encode_position(self.topics, now)))
            self._keep(frame)
        self.offsets = dict(offsets)
        together = [b"".join(written)] if written else []
        for subscriber in self.subscribers:
            if subscriber.filters.takes_all:
                subscriber.enqueue(together)
            else:
                takes = subscriber.filters.takes
                subscriber.enqueue([text for frame, text in zip(frames, written, strict=True) if takes(frame)])
        self._announce()

    def announce(self, event: str, data: object) -> None:
        """Broadcasts a frame that is not a finding."""
        frame = other_frame(event, data, self.position)
        if event == "summary":
            self._summary = frame
        for subscriber in self.subscribers:
            subscriber.enqueue([frame])

    def resync(self, reason: str) -> None:
        """Tells everyone to fetch everything afresh, and ends their streams."""
        frame = other_frame("resync", {"reason": reason}, self.position)
        for subscriber in list(self.subscribers):
            subscriber.enqueue([frame])
            subscriber.end()
        self.subscribers.clear()

    def join(self, filters: FrameFilter) -> Subscriber:
        """Adds a subscriber; its first frame is the position of the stream."""
        subscriber = Subscriber(filters)
        if self.ended:
            subscriber.end()
            return subscriber
        self.subscribers.add(subscriber)
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Forgets a listener."""
        self.subscribers.discard(subscriber)
        if not self.subscribers:
            self._summary = None

    def initial_frames(self) -> list[bytes]:
        """Writes what a listener hears first: where the stream is, and the figures as last told."""
        heartbeat = other_frame("heartbeat", self.heartbeat.model_dump(mode="json"), self.position)
        return [heartbeat] if self._summary is None else [heartbeat, self._summary]

    def kept_since(self, since: Mapping[Place, int]) -> list[FindingFrame] | None:
        """Lists the frames after a position; None when not all of them are kept."""
        if any(since.get(place, 0) < offset for place, offset in self._kept_from.items()):
            return None
        return [frame for frame in self._kept if frame.offset >= since.get(frame.place, 0)]

    def is_ahead(self, position: Mapping[Place, int]) -> bool:
        """Says whether a position lies after what was read so far."""
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
        """Ends every stream, and those that come; their listeners come back with their positions."""
        self.ended = True
        for subscriber in self.subscribers:
            subscriber.end()
        self.subscribers.clear()
        self._announce()

    async def until_moved(self) -> None:
        """Waits until something was read, or the hub was opened or ended."""
        await self._moved.wait()

    def _keep(self, frame: FindingFrame) -> None:
        self._kept.append(frame)
        self._kept_bytes += len(frame.lines)
        while len(self._kept) > self._most_frames or self._kept_bytes > self._most_bytes:
            evicted = self._kept.popleft()
            self._kept_bytes -= len(evicted.lines)
            self._kept_from[evicted.place] = evicted.offset + 1

    def _announce(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()


def replayed(topics: Sequence[str], since: Offsets, frames: Iterable[FindingFrame], filters: FrameFilter) -> bytes:
    """Replays retained frames for a returning subscriber; moves ``since`` to after them."""
    written = []
    for frame in frames:
        since[frame.place] = max(since.get(frame.place, 0), frame.offset + 1)
        if filters.takes(frame):
            written.append(frame.at(encode_position(topics, since)))
    return b"".join(written)
