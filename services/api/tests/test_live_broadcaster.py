"""What is kept of the stream and for whom: never more than fits."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from mcm_api.live.broadcaster import Broadcaster
from mcm_api.live.frames import FrameFilter, finding_frame
from mcm_api.live.subscriber import MAX_CHUNK_BYTES, Subscriber
from mcm_api.testing.stream_client import listening
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.contracts.triage import TriagedFinding
from mcm_shared.kafka.tail import Offsets
from mcm_shared.testing.builders import a_finding
from tests.services import Service, url_of

TOPICS = ("findings", "findings.enriched")
START = {("findings", 0): 10, ("findings", 1): 0, ("findings.enriched", 0): 0}
EVERYTHING = FrameFilter()


def publish(broadcaster: Broadcaster, *findings: FindingMessage, partition: int = 0) -> None:
    for finding in findings:
        place = ("findings", partition)
        assert broadcaster.offsets is not None
        offset = broadcaster.offsets[place]
        frame = finding_frame(TriagedFinding(**finding.model_dump()), place, offset)
        broadcaster.publish([frame], {**broadcaster.offsets, place: offset + 1})


def retained_since(broadcaster: Broadcaster, position: Offsets) -> int | None:
    """How many frames after a position are retained; None when not all are."""
    if not broadcaster.retains(position):
        return None
    count, start = 0, 0
    while True:
        frames, following = broadcaster.read_retained(position, start, max_bytes=1)
        count += len(frames)
        if following is None:
            return count
        start = following


def opened(**limits: int) -> Broadcaster:
    broadcaster = Broadcaster(TOPICS, **limits)
    broadcaster.open(START)
    return broadcaster


async def test_who_does_not_read_is_dropped_and_holds_nothing_back() -> None:
    subscriber = Subscriber(EVERYTHING, most_bytes=100)

    subscriber.enqueue([b"x" * 60])
    assert not subscriber.too_slow
    subscriber.enqueue([b"x" * 60])
    subscriber.enqueue([b"x"])

    assert subscriber.too_slow
    assert await subscriber.take() is None


async def test_who_reads_makes_room() -> None:
    subscriber = Subscriber(EVERYTHING, most_bytes=100)
    for _ in range(5):
        subscriber.enqueue([b"x" * 90])
        assert await subscriber.take() == b"x" * 90

    assert not subscriber.too_slow


async def test_what_waits_is_handed_over_in_small_pieces() -> None:
    subscriber = Subscriber(EVERYTHING)
    waiting = [bytes([65 + number]) * 30_000 for number in range(20)] + [b"x" * 200_000]
    subscriber.enqueue(waiting)
    subscriber.end()

    taken = []
    while (piece := await subscriber.take()) is not None:
        taken.append(piece)

    assert b"".join(taken) == b"".join(waiting)
    assert {len(piece) for piece in taken[:-1]} == {MAX_CHUNK_BYTES}


async def test_only_the_newest_frames_are_kept_and_no_gap_is_passed_off_as_none() -> None:
    broadcaster = opened(retained_frames=3)
    positions = [dict(broadcaster.offsets or {})]
    for number in range(5):
        publish(broadcaster, a_finding(), partition=number % 2)
        positions.append(dict(broadcaster.offsets or {}))

    assert [retained_since(broadcaster, position) for position in positions] == [None, None, 3, 2, 1, 0]


async def test_frames_are_kept_by_their_size_too() -> None:
    broadcaster = opened(retained_bytes=20_000)
    begin = dict(broadcaster.offsets or {})
    publish(broadcaster, *(a_finding() for _ in range(5)))
    assert retained_since(broadcaster, begin) == 5

    publish(broadcaster, a_finding(description="x" * 19_000))

    assert retained_since(broadcaster, begin) is None


async def test_going_on_elsewhere_than_where_it_was_sends_everyone_back() -> None:
    broadcaster = opened()
    subscriber = broadcaster.subscribe(EVERYTHING)
    broadcaster.open(dict(broadcaster.offsets or {}))
    assert subscriber in broadcaster.subscribers

    broadcaster.open({**START, ("findings", 0): 99})

    assert b"event: resync" in (await subscriber.take() or b"")
    assert await subscriber.take() is None
    assert not broadcaster.subscribers


async def test_a_partition_more_changes_nothing_for_those_who_listen() -> None:
    broadcaster = opened()
    begin = dict(broadcaster.offsets or {})
    subscriber = broadcaster.subscribe(EVERYTHING)

    broadcaster.open({**begin, ("findings", 2): 0})
    publish(broadcaster, a_finding(), partition=2)

    assert b"event: finding" in (await subscriber.take() or b"")
    assert retained_since(broadcaster, begin) == 1


@pytest.mark.parametrize("setting", ["MCM_API_MAX_STREAMS", "MCM_API_MAX_STREAMS_PER_ADDRESS"])
async def test_more_than_may_listen_are_told_so(
    run_service: Callable[..., Service], service_env: dict[str, str], setting: str
) -> None:
    env = {name: value for name, value in service_env.items() if not name.startswith("KAFKA_")}
    api = run_service("mcm-api", "run", env=env, MCM_API_PORT="0", **{setting: "1"})
    url = await asyncio.to_thread(url_of, api)
    async with listening(url) as one, httpx.AsyncClient(base_url=url) as client:
        await one.hears("heartbeat")
        refused = await client.get("/stream")
    async with listening(url) as again:
        await again.hears("heartbeat")

    assert refused.status_code == 503
    assert f"({setting})" in refused.json()["detail"]


@pytest.mark.parametrize("stop_first", [True, False])
async def test_nobody_joins_a_hub_that_has_ended(stop_first: bool) -> None:
    broadcaster = opened()
    if stop_first:
        broadcaster.end()
    subscriber = broadcaster.subscribe(EVERYTHING)
    broadcaster.end()

    assert await subscriber.take() is None
