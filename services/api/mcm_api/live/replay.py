"""One listener's stream: what was missed, then what comes."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from mcm_api.live.broadcaster import Broadcaster, replayed
from mcm_api.live.frames import FrameFilter, finding_frame, other_frame
from mcm_api.live.schemas import HEARTBEAT_S
from mcm_shared.errors import BrokerDownError, PositionGoneError
from mcm_shared.kafka.tail import Offsets, read_between
from mcm_shared.settings import KafkaSettings

MAX_REPLAYED: Final = 20_000
"""Records that are read again for one listener, at most; who missed more does better to fetch everything afresh."""

_AHEAD_S: Final = 5.0


async def stream_frames(
    broadcaster: Broadcaster, kafka: KafkaSettings | None, filters: FrameFilter, since: Offsets | None
) -> AsyncGenerator[bytes, None]:
    """Yields the frames after a position, each exactly once and in the order of its partition, then those that come.

    Ends after a ``resync`` frame, when the API stops, and when Kafka goes away during a replay: come back then with
    the last position heard.
    """
    if since is not None and kafka is not None:
        while broadcaster.offsets is None and not broadcaster.ended:
            yield other_frame("heartbeat", broadcaster.heartbeat.model_dump(mode="json"), None)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(broadcaster.until_moved(), HEARTBEAT_S)
        if not broadcaster.ended and not await broadcaster.wait_for(since, _AHEAD_S):
            yield other_frame("resync", {"reason": "the topics end before the position"}, broadcaster.position)
            return
    subscriber = broadcaster.subscribe(filters)
    try:
        if since is not None and kafka is not None and broadcaster.offsets is not None:
            try:
                # a position from before partitions were added does not name them: they are read from their beginning
                since = {**dict.fromkeys(broadcaster.offsets, 0), **since}
                async with aclosing(_missed(broadcaster, kafka, filters, since, dict(broadcaster.offsets))) as chunks:
                    async for chunk in chunks:
                        yield chunk
            except PositionGoneError as error:
                yield other_frame("resync", {"reason": str(error)}, broadcaster.position)
                return
            except BrokerDownError:
                return
        subscriber.greet(broadcaster.initial_frames())
        while (taken := await subscriber.take()) is not None:
            yield taken
        if subscriber.too_slow:
            yield other_frame("resync", {"reason": "you read too slowly"}, broadcaster.position)
    finally:
        broadcaster.unsubscribe(subscriber)


async def _missed(
    broadcaster: Broadcaster, kafka: KafkaSettings, filters: FrameFilter, since: Offsets, until: Offsets
) -> AsyncGenerator[bytes, None]:
    position = dict(since)
    retained = broadcaster.retained_since(since)
    if retained is not None:
        yield replayed(broadcaster.topics, position, retained, filters)
        return
    if sum(max(0, offset - since.get(place, 0)) for place, offset in until.items()) > MAX_REPLAYED:
        raise PositionGoneError("the position is too old")
    async with aclosing(read_between(kafka, since, until)) as batches:
        async for records in batches:
            yield replayed(broadcaster.topics, position, filter(None, map(finding_frame, records)), filters)
