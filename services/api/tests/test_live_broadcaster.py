"""What is kept of the stream and for whom: never more than fits."""

import asyncio
from collections.abc import Callable

import httpx
import pytest
from tests.listening import listening
from tests.test_serving import url_of

from mcm_api.live.frames import FrameFilter, finding_frame
from mcm_api.live.broadcaster import Hub
from mcm_api.live.subscriber import Listener
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.testing.builders import ARecord, a_finding
from tests.services import Service

TOPICS = ("findings", "findings.enriched")
START = {("findings", 0): 10, ("findings", 1): 0, ("findings.enriched", 0): 0}
EVERYTHING = FrameFilter()


def publish(hub: Hub, *findings: FindingMessage, partition: int = 0) -> None:
    for finding in findings:
        place = ("findings", partition)
        assert hub.offsets is not None
        offset = hub.offsets[place]
        record = ARecord(finding.model_dump_json().encode(), topic="findings", partition=partition, offset=offset)
        frame = finding_frame(record)
        assert frame is not None
        hub.publish([frame], {**hub.offsets, place: offset + 1})


def opened(**limits: int) -> Hub:
    hub = Hub(TOPICS, **limits)
    hub.open(START)
    return hub


async def test_who_does_not_read_is_dropped_and_holds_nothing_back() -> None:
    listener = Listener(EVERYTHING, most_bytes=100)

    listener.offer([b"x" * 60])
    assert not listener.too_slow
    listener.offer([b"x" * 60])
    listener.offer([b"x"])

    assert listener.too_slow
    assert await listener.take() is None


async def test_who_reads_makes_room() -> None:
    listener = Listener(EVERYTHING, most_bytes=100)
    for _ in range(5):
        listener.offer([b"x" * 90])
        assert await listener.take() == b"x" * 90

    assert not listener.too_slow


async def test_only_the_newest_frames_are_kept_and_no_gap_is_passed_off_as_none() -> None:
    hub = opened(kept_frames=3)
    positions = [dict(hub.offsets or {})]
    for number in range(5):
        publish(hub, a_finding(), partition=number % 2)
        positions.append(dict(hub.offsets or {}))

    kept = [hub.kept_since(position) for position in positions]

    assert kept[:2] == [None, None]
    assert [None if frames is None else len(frames) for frames in kept[2:]] == [3, 2, 1, 0]


async def test_frames_are_kept_by_their_size_too() -> None:
    hub = opened(kept_bytes=20_000)
    begin = dict(hub.offsets or {})
    publish(hub, *(a_finding() for _ in range(5)))
    assert hub.kept_since(begin) is not None

    publish(hub, a_finding(description="x" * 19_000))

    assert hub.kept_since(begin) is None


async def test_going_on_elsewhere_than_where_it_was_sends_everyone_back() -> None:
    hub = opened()
    listener = hub.join(EVERYTHING)
    hub.open(dict(hub.offsets or {}))
    assert listener in hub.listeners

    hub.open({**START, ("findings", 0): 99})

    assert b"event: resync" in (await listener.take() or b"")
    assert await listener.take() is None
    assert not hub.listeners


async def test_a_partition_more_changes_nothing_for_those_who_listen() -> None:
    hub = opened()
    begin = dict(hub.offsets or {})
    listener = hub.join(EVERYTHING)

    hub.open({**begin, ("findings", 2): 0})
    publish(hub, a_finding(), partition=2)

    assert b"event: finding" in (await listener.take() or b"")
    assert len(hub.kept_since(begin) or []) == 1


async def test_more_than_may_listen_are_told_so(
    run_service: Callable[..., Service], service_env: dict[str, str]
) -> None:
    env = {name: value for name, value in service_env.items() if not name.startswith("KAFKA_")}
    api = run_service("mcm-api", "run", env=env, MCM_API_PORT="0", MCM_API_MAX_STREAMS="1")
    url = await asyncio.to_thread(url_of, api)
    async with listening(url) as one, httpx.AsyncClient(base_url=url) as client:
        await one.hears("heartbeat")
        refused = await client.get("/stream")

    assert refused.status_code == 503
    assert "MCM_API_MAX_STREAMS" in refused.json()["detail"]


@pytest.mark.parametrize("stop_first", [True, False])
async def test_nobody_joins_a_hub_that_has_ended(stop_first: bool) -> None:
    hub = opened()
    if stop_first:
        hub.end()
    listener = hub.join(EVERYTHING)
    hub.end()

    assert await listener.take() is None
