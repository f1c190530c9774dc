"""The event loop serves others between the pieces of a stream, and returning clients take turns."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

from mcm_api.http.pacing import Pacer
from mcm_api.live.broadcaster import Broadcaster
from mcm_api.live.frames import FindingFrame, FrameFilter
from mcm_api.live.replay import stream_frames
from mcm_api.live.routes import FrameStream
from mcm_api.live.stream_config import StreamConfig
from mcm_api.live.subscriber import MAX_CHUNK_BYTES
from mcm_shared.contracts.findings import Severity
from mcm_shared.contracts.triage import Status
from mcm_shared.settings import KafkaSettings

TOPICS = ["findings", "findings.enriched"]
PIECES = 1000


async def test_the_stream_of_a_client_that_has_gone_is_not_read_to_its_end() -> None:
    taken, ended = 0, []

    async def pieces() -> AsyncGenerator[bytes, None]:
        nonlocal taken
        for _ in range(PIECES):
            taken += 1
            yield b"piece"

    gone = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(_message: Any) -> None:
        # a server accepts what is for a connection that was lost, without waiting
        gone.set()

    stream = FrameStream(pieces(), lambda: ended.append(True), Pacer(1))
    await stream({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send)

    assert taken < 10
    assert ended == [True]


async def test_returning_clients_get_one_piece_each_time_around_the_loop() -> None:
    broadcaster = Broadcaster(TOPICS)
    places = {(topic, 0): 0 for topic in TOPICS}
    broadcaster.open(places)
    frames = [a_frame(number) for number in range(20)]
    broadcaster.publish(frames, {**places, (TOPICS[0], 0): len(frames)})
    reader: Any = None
    stream = StreamConfig(broadcaster, KafkaSettings(KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1"), reader, 100, 100)
    turns = 0
    taken: list[int] = []

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def read_all() -> None:
        async for piece in stream_frames(stream, FrameFilter(), dict(places)):
            if b"finding" not in piece:
                return
            taken.append(turns)

    counting = asyncio.create_task(count_turns())
    await asyncio.gather(*(read_all() for _ in range(10)))
    counting.cancel()

    assert len(taken) >= 10 * len(frames)
    assert max(map(taken.count, taken)) <= 2


def a_frame(number: int) -> FindingFrame:
    return FindingFrame(
        place=(TOPICS[0], 0),
        offset=number,
        severity=Severity.HIGH,
        user="mona@example.com",
        rule_name="a_rule",
        source="test-app",
        first_seen=datetime(2026, 11, 20, tzinfo=UTC),
        status=Status.OPEN,
        assignee=None,
        labels=(),
        suppressed_by=None,
        lines=b"event: finding\ndata: " + b"x" * MAX_CHUNK_BYTES + b"\n",
    )
