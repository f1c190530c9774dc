"""One subscriber's stream: the frames after its position, then those that come."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing
from typing import Final

from mcm_api.identity.restriction import UNRESTRICTED, restricted
from mcm_api.live.frames import FindingFrame, FrameFilter, other_frame
from mcm_api.live.position import encode_position
from mcm_api.live.schemas import HEARTBEAT_S
from mcm_api.live.stored_frames import read_frames
from mcm_api.live.stream_config import StreamConfig
from mcm_api.live.subscriber import MAX_CHUNK_BYTES
from mcm_shared.errors import BrokerDownError, DatabaseDownError, PositionGoneError
from mcm_shared.kafka.tail import Offsets, read_between

MAX_REPLAYED: Final = 20_000
"""Records that are read again for one subscriber, at most; beyond that, fetching everything afresh costs less."""

MAX_REPLAY_S: Final = 60.0
"""Seconds that a replay from Kafka may take: others wait for it."""

_AHEAD_S: Final = 5.0


async def stream_frames(
    stream: StreamConfig, filters: FrameFilter, since: Offsets | None
) -> AsyncGenerator[bytes, None]:
    """Yields the frames after a position, each exactly once and in the order of its partition, then those that come.

    Ends after a ``resync`` frame, when the API stops, and when Kafka or the database goes away during a replay: come
    back then with the last position heard.
    """
    broadcaster = stream.broadcaster
    if since is not None and stream.kafka is not None:
        while broadcaster.offsets is None and not broadcaster.ended:
            yield other_frame("heartbeat", broadcaster.heartbeat.model_dump(mode="json"), None)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(broadcaster.until_moved(), HEARTBEAT_S)
        if not broadcaster.ended and not await broadcaster.wait_for(since, _AHEAD_S):
            yield other_frame("resync", {"reason": "the topics end before the position"}, broadcaster.position)
            return
    if since is not None and stream.kafka is not None and broadcaster.offsets is not None:
        try:
            # a position from before partitions were added does not name them: they are read from their beginning
            position = {**dict.fromkeys(broadcaster.offsets, 0), **since}
            async with aclosing(_missed(stream, filters, position)) as chunks:
                async for chunk in chunks:
                    yield chunk
        except PositionGoneError as error:
            yield other_frame("resync", {"reason": str(error)}, broadcaster.position)
            return
        except (BrokerDownError, DatabaseDownError):
            return
    # nothing is awaited between the last frame read above and this: none comes in between
    subscriber = broadcaster.subscribe(filters)
    try:
        subscriber.greet(broadcaster.initial_frames(filters.restriction))
        while (taken := await subscriber.take()) is not None:
            yield taken
        if subscriber.too_slow:
            yield other_frame("resync", {"reason": "you read too slowly"}, broadcaster.position)
    finally:
        broadcaster.unsubscribe(subscriber)


async def _missed(stream: StreamConfig, filters: FrameFilter, position: Offsets) -> AsyncGenerator[bytes, None]:
    """Yields what was published after a position, until there is nothing left; moves the position."""
    broadcaster = stream.broadcaster
    following: int | None = 0
    while following is not None and not broadcaster.ended:
        if not broadcaster.retains(position):
            async with aclosing(_from_kafka(stream, filters, position)) as chunks:
                async for chunk in chunks:
                    yield chunk
            following = 0
            continue
        async with stream.turn:
            # one piece for one client each time around the loop, however many clients return at once
            await asyncio.sleep(0)
            if not broadcaster.retains(position):
                continue
            frames, following = broadcaster.read_retained(position, following, MAX_CHUNK_BYTES)
            pieces = list(_chunks(broadcaster.topics, position, frames, filters))
        for chunk in pieces:
            yield chunk
            if following is None:
                # other frames may have come meanwhile
                following = 0


async def _from_kafka(stream: StreamConfig, filters: FrameFilter, position: Offsets) -> AsyncGenerator[bytes, None]:
    broadcaster, kafka = stream.broadcaster, stream.kafka
    until = dict(broadcaster.offsets or {})
    if sum(max(0, offset - position.get(place, 0)) for place, offset in until.items()) > MAX_REPLAYED:
        raise PositionGoneError("the position is too old")
    if kafka is None or broadcaster.ended:
        return
    async with stream.replays, aclosing(read_between(kafka, dict(position), until)) as batches:
        due = asyncio.get_running_loop().time() + MAX_REPLAY_S
        async for records in batches:
            if asyncio.get_running_loop().time() > due:
                raise PositionGoneError("you read too slowly")
            # the filter restricts the frames; to read fewer would take those of other sources for findings not stored
            with restricted(UNRESTRICTED):
                frames = await read_frames(stream.reader, records)
            for chunk in _chunks(broadcaster.topics, position, frames, filters):
                yield chunk
    for place, offset in until.items():
        position[place] = max(position.get(place, 0), offset)


def _chunks(
    topics: Sequence[str], position: Offsets, frames: Iterable[FindingFrame], filters: FrameFilter
) -> Iterator[bytes]:
    """Writes frames for a returning subscriber, in pieces; moves its position to after them."""
    written: list[bytes] = []
    size = 0
    for frame in frames:
        position[frame.place] = max(position.get(frame.place, 0), frame.offset + 1)
        if filters.takes(frame):
            written.append(filters.written(frame.at(encode_position(topics, position))))
            size += len(written[-1])
        if size >= MAX_CHUNK_BYTES:
            yield b"".join(written)
            written, size = [], 0
    if written:
        yield b"".join(written)
