"""One listener's stream: what was missed, then what comes."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from mcm_api.live.frames import FrameFilter, finding_frame, other_frame
from mcm_api.live.broadcaster import Hub, replayed
from mcm_shared.kafka.tail import Offsets, read_between
from mcm_shared.errors import BrokerDownError, PositionGoneError
from mcm_shared.settings import KafkaSettings

MAX_REPLAYED: Final = 20_000
"""Records that are read again for one listener, at most; who missed more does better to fetch everything afresh."""

_HEARTBEAT_S: Final = 15.0
_AHEAD_S: Final = 5.0


async def stream_frames(
    hub: Hub, kafka: KafkaSettings | None, wanted: FrameFilter, since: Offsets | None
) -> AsyncGenerator[bytes, None]:
    """Yields the frames after a position, each exactly once and in the order of its partition, then those that come.

    Ends after a ``resync`` frame, when the API stops, and when Kafka goes away during a replay: come back then with
    the last position heard.
    """
    if since is not None and kafka is not None:
        while hub.offsets is None and not hub.ended:
            yield other_frame("heartbeat", {}, None)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(hub.until_moved(), _HEARTBEAT_S)
        if not hub.ended and not await hub.wait_for(since, _AHEAD_S):
            yield other_frame("resync", {"reason": "the topics end before the position"}, hub.position)
            return
    listener = hub.join(wanted)
    try:
        if since is not None and kafka is not None and hub.offsets is not None:
            try:
                async with aclosing(_missed(hub, kafka, wanted, since, dict(hub.offsets))) as chunks:
                    async for chunk in chunks:
                        yield chunk
            except PositionGoneError as error:
                yield other_frame("resync", {"reason": str(error)}, hub.position)
                return
            except BrokerDownError:
                return
        listener.greet(hub.greeting())
        while (taken := await listener.take()) is not None:
            yield taken
        if listener.too_slow:
            yield other_frame("resync", {"reason": "you read too slowly"}, hub.position)
    finally:
        hub.leave(listener)


async def _missed(
    hub: Hub, kafka: KafkaSettings, wanted: FrameFilter, since: Offsets, until: Offsets
) -> AsyncGenerator[bytes, None]:
    position = dict(since)
    kept = hub.kept_since(since)
    if kept is not None:
        yield replayed(hub.topics, position, kept, wanted)
        return
    if sum(max(0, offset - since.get(place, 0)) for place, offset in until.items()) > MAX_REPLAYED:
        raise PositionGoneError("the position is too old")
    async with aclosing(read_between(kafka, since, until)) as batches:
        async for records in batches:
            yield replayed(hub.topics, position, filter(None, map(finding_frame, records)), wanted)
